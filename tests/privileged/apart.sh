#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Four stages started by hand, without a supervisor, each in mount and pid namespaces of its own and in a root that holds
# its program and nothing else to run (deploy/image); all they share is the run directory.  Each is the user that it is in
# deploy/kubernetes, with the capabilities that it has there.  In whatever order they start, and whichever of them starts anew,
# alerts come.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

group=64860 # common/jail.c
declare -A uid=([collector]=0 [enricher]=64861 [evaluator]=64862 [emitter]=64863)
declare -A keeper=() # what holds a stage's namespaces
caps=setuid,setgid,setpcap,bpf,perfmon,sys_ptrace,dac_read_search

# As the kubelet makes an emptyDir with fsGroup.
mkdir "$work/run" "$work/state"
chgrp $group "$work/run" "$work/state"
chmod 2777 "$work/run" "$work/state"

make_image() { "$top/deploy/image" "$1" "$work/root.$1" "$build/bin"; }
for stage in collector enricher evaluator emitter mews; do
	check "an image is made for $stage" make_image $stage
done
# What would go round and round, if the collector did not know its own number among the host's.
mkdir "$work/root.evaluator/etc/mews/rules.d"
cp "$top/rules/mews_rules.yaml" "$work/root.evaluator/etc/mews/rules.d"
cat >"$work/root.evaluator/etc/mews/rules.d/own.yaml" <<'END'
- rule: The collector sees itself
  desc: It must not
  condition: evt.type in (sendto, sendmsg, write, read, poll, ppoll) and proc.cmdline = mews-collector and proc.exepath = /usr/bin/mews-collector
  output: own event %evt.type of %proc.name
  priority: NOTICE
- rule: A child of the elder
  desc: His mother's arguments are in the host's /proc alone
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and proc.cmdline contains elder-mark
  output: of %proc.acmdline[2]
  priority: NOTICE
END
check "there is nothing else to run in an image" test "$(cd "$work" && find root.*/usr/bin -type f | wc -l)" = 5

# Runs with namespaces of its own; CHROOT is left until there is a stage in the root.
cat >"$work/inside" <<'END'
stage=$1 root=$2 run=$3 state=$4 uid=$5 group=$6 keep=$7
shift 7
set -e
mount --bind "$root" "$root"
mount --bind "$run" "$root/run/mews"
mount --bind "$state" "$root/var/lib/mews"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
case $stage in
collector) # what it has to see of the host
	mkdir -p "$root/host/proc"
	mount --rbind -o ro /proc "$root/host/proc"
	mount --rbind /sys "$root/sys"
	export HOST_ROOT=/host FALCO_HOSTNAME=the-node
	;;
enricher)
	mkdir -p "$root/host/etc"
	mount --bind /etc "$root/host/etc"
	export HOST_ROOT=/host
	;;
emitter) export FALCO_HOSTNAME=the-node ;;
esac
mount -o remount,bind,ro "$root"
unset MEWS_RUN_DIR NOTIFY_SOCKET
exec setpriv --bounding-set=-all,+sys_chroot,+setuid,+setgid${keep:+,+${keep//,/,+}} --inh-caps=-all --no-new-privs \
	unshare --root="$root" --wd=/ --setgid="$group" ${uid:+--setuid="$uid"} "/usr/bin/mews-$stage" "$@"
END

# start STAGE
start() {
	local stage=$1 keep= args=() spaces=(--mount --pid --ipc --uts)
	case $stage in
	collector) keep=$caps ;;
	evaluator) spaces+=(--net) args=(-o rule_matching=all) ;;
	emitter) args=(-o json_output=true) ;;
	esac
	unshare "${spaces[@]}" --fork --kill-child=KILL --propagation private bash "$work/inside" $stage "$work/root.$stage" "$work/run" \
		"$work/state" "${uid[$stage]}" $group "$keep" "${args[@]}" >>"$work/$stage.out" 2>>"$work/$stage.err" </dev/null &
	keeper[$stage]=$!
}
# process STAGE: its number here.
process() { pgrep -P "${keeper[$1]}"; }
# stop STAGE SIGNAL
stop() {
	local pid
	pid=$(process "$1") && kill "-$2" "$pid"
	wait "${keeper[$1]}" 2>/dev/null
	unset "keeper[$1]"
}
end_all() {
	local stage
	for stage in "${!keeper[@]}"; do
		stop "$stage" KILL
	done
	finish
}
trap end_all EXIT

sees() { # MARK
	"$trigger" read /etc/shadow "$1"
	sleep 0.1
	grep -q "$1" "$work/emitter.out"
}
said() { for f in "$work"/*.err; do echo "${f##*/}:"; tail -n 3 "$f"; done; }
# alerts NAME MARK
alerts() {
	if wait_for 20 sees "$2" >/dev/null; then ok "$1"; else not_ok "$1" "$(said)"; fi
}

seed=${MEWS_SEED:-$RANDOM}
order=$(shuf -e collector enricher evaluator emitter --random-source=<(yes "$seed") | paste -sd ' ')
# Who was there before any stage was, and does nothing since, is known from the host's /proc alone.
mkfifo "$work/hand"
bash -c ': grandmother; bash -c "while read -r mark; do \"$0\" read /etc/shadow \$mark; done" "$0"; :' "$trigger" <"$work/hand" &
elder=$!
exec {hand}>"$work/hand"
for stage in $order; do
	start "$stage"
	sleep 0.1
done
alerts "alerts come of stages started in the order $order" "first-mark-$$"
echo "elder-mark-$$" >&$hand
elder_is_known() {
	jq -es 'map(select(.rule == "A child of the elder")) | .[0] | .hostname == "the-node" and
		(.output | contains("of bash -c : grandmother"))' "$work/emitter.out"
}
check "the host's processes are known, and its name" wait_for 5 elder_is_known
pkill -P $elder
wait $elder 2>/dev/null

# How many different ones there are of the four's KIND of namespace, and this shell's.
namespaces() {
	local stage
	for stage in collector enricher evaluator emitter; do readlink "/proc/$(process $stage)/ns/$1"; done |
		cat - <(readlink "/proc/self/ns/$1") | sort -u | wc -l
}
check "each has a pid namespace of its own" test "$(namespaces pid)" = 5
check "and a mount namespace" test "$(namespaces mnt)" = 5
check "the run directory is closed to others, and nobody can replace another's doors" \
	test "$(stat -c %A.%u.%g "$work/run")" = "drwxrwx--T.0.$group"
has() { # STAGE FIELD VALUE
	grep -qE "^$2:.*\<$3$" "/proc/$(process "$1")/status" || { grep "^$2" "/proc/$(process "$1")/status"; return 1; }
}
for stage in enricher evaluator emitter; do
	check "$stage has no capability, nor a way to get one" eval "has $stage CapPrm 0+ && has $stage NoNewPrivs 1"
done
check "the collector has four" has collector CapPrm 000000c000080004

# All of them with --long.
for stage in $(head -n $((MEWS_LONG ? 4 : 2)) < <(tr ' ' '\n' <<<"$order")); do
	stop "$stage" KILL
	start "$stage"
	alerts "alerts come when $stage was killed and started again" "mark-$stage-$$"
done
stop "$stage" TERM
start "$stage"
alerts "alerts come when $stage was told to end and started again" "mark-again-$stage-$$"

check "the host's users are known" jq -es 'map(select(.output | contains("first-mark")) | .output_fields["user.name"]) |
	length > 0 and unique == ["root"]' "$work/emitter.out"
check "the collector's own doings make no events" eval "! grep 'own event' '$work/emitter.out'"

"$mews" status --json --run-dir "$work/run" >"$work/status"
check "status names the processes as they are called here" test \
	"$(jq -r '.stages[] | select(.state == "running") | .pid' "$work/status" | sort)" = \
	"$(for stage in $order; do process "$stage"; done | sort)"
check "with their users" test "$(jq -r '.stages[] | select(.state == "running") | .uid' "$work/status" | paste -sd ' ')" = \
	"64860 64861 64862 64863"
check "and the ledger is balanced" jq -e '[.ledger[] | .balanced] | all' "$work/status"
# From inside, as with kubectl exec: there are no other processes there, and what is shown is what the stages say.
check "from inside one of them it can be asked as well" eval "
	nsenter -t $(process emitter) --pid '$mews' status --json --run-dir '$work/run' | tee /dev/stderr |
	jq -e '[.stages[] | select(.state == \"running\") | .rss_kb > 1000 and .cpu_s > 0 and .uid >= 64860] | length == 4 and all'"
