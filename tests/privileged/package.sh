#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The Debian package as its user has it, on a machine with systemd: installed, it watches, each stage a service that is shut in
# as its unit says; each can end and start again alone; an upgrade keeps settings and starts all anew; what is removed
# ends; a purge leaves nothing.
#
# The machine is this host's files below a layer of its own, with systemd as process 1 (tests/support/systemd.sh).  With --long it is
# a fresh Debian as well, on which apt finds what the package needs, and lintian has its say.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/systemd.sh"
need_live
[[ ${MEWS_CMAKE:-} != *SANITIZE* ]] || skip_all "what is packed is not built with sanitizers"
[ -x /lib/systemd/systemd ] && command -v deb-systemd-helper >/dev/null || skip_all "no systemd here"
command -v cpack >/dev/null && command -v dpkg-deb >/dev/null || skip_all "cannot make packages here"
trap 'machine_stop; finish' EXIT

stages="emitter evaluator enricher collector"

make_package() { (cd "$build" && cpack -G DEB -B "$work/pack") && deb=$(echo "$work"/pack/mews_*.deb) && [ -f "$deb" ]; }
if ! make_package >"$work/cpack.log" 2>&1; then
	not_ok "cpack makes a package" "$(tail -n 5 "$work/cpack.log")"
	exit 1
fi
ok "cpack makes a package"
dpkg-deb -c "$deb" >"$work/contents"
missing=$(for file in usr/bin/mews usr/bin/mews-{collector,enricher,evaluator,emitter,recorder} lib/systemd/system/mews.target \
	lib/systemd/system/mews-{collector,enricher,evaluator,emitter,recorder,rules}.service lib/systemd/system/mews-rules.path usr/lib/sysusers.d/mews.conf usr/lib/tmpfiles.d/mews.conf \
	usr/share/man/man8/mews{,-collector,-enricher,-evaluator,-emitter,-recorder}.8.gz \
	usr/share/man/man5/{mews.yaml,mews-rules,mews-rule-tests,mews-fields,mews-metrics}.5.gz usr/share/bash-completion/completions/mews \
	usr/share/mews/rules/mews_rules.yaml etc/mews/mews.yaml etc/logrotate.d/mews; do
	grep -qE "^-.* \./$file\$" "$work/contents" || echo "no $file"
done)
check "with programs, units, users, pages, completion, rules and settings" eval 'echo "$missing"; [ -z "$missing" ]'
check "of root, and for nobody else to write" eval "! grep -vE '^[-d]rw[x-]r-[x-]r-[x-] root/root ' '$work/contents'"
# The next version of it.
repack() {
	dpkg-deb -R "$deb" "$work/next" && sed -i 's/^Version: .*/&+next/' "$work/next/DEBIAN/control" &&
		dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/next" "$work/next.deb"
}
check "and can be made a next version" repack

count=0
sees() { # MARK
	"$trigger" read /etc/shadow "$1"
	sleep 0.1
	inside journalctl -q -o cat -u mews-emitter | grep -q "$1"
}
alerts() { # NAME
	count=$((count + 1))
	if wait_for 20 sees "mark-$count-$$" >/dev/null; then
		ok "$1"
	else
		not_ok "$1" "$(inside journalctl -q -o cat -u 'mews-*' | grep -v mark- | tail -n 12)"
	fi
}
is_active() { [ "$(inside systemctl is-active "$@" | sort -u)" = active ]; }
services() { for stage in $stages; do echo "mews-$stage.service"; done; }
pid_of() { inside systemctl show -P MainPID "mews-$1"; }
# field STAGE NAME: of its status.
field() { inside sed -n "s/^$2:[[:space:]]*//p" "/proc/$(pid_of "$1")/status"; }
install_package() { cat "$1" | inside tee /tmp/mews.deb >/dev/null && inside env DEBIAN_FRONTEND=noninteractive dpkg -i /tmp/mews.deb; }
# left: what has our name, where packages put things and services write them.
left() {
	inside find /etc /run /var/lib /var/log /var/spool /usr/bin /usr/sbin /usr/lib/systemd /usr/lib/sysusers.d /usr/lib/tmpfiles.d \
		/usr/share/man /usr/share/mews /usr/share/bash-completion /usr/share/doc/mews /usr/share/lintian -name '*mews*' \
		! -path '/var/lib/mews-test*' 2>/dev/null
}

lines_of() { inside journalctl -q -o cat -u mews-emitter | grep -c "$1[^0-9]"; }
# each_has N MARK...: so many lines of each mark are in the journal.
each_has() {
	local n=$1 mark has
	shift
	for mark; do
		has=$(lines_of "$mark")
		[ "$has" = "$n" ] || { echo "$has lines of $mark, not $n"; return 1; }
	done
}
# keeps STAGE...: what lies before those when all of them die, systemd has kept, and their successors find.  All but the collector, which
# publishes it, are stopped, so that it does; and as long as there is a collector, what happens while there are none is not lost either.
keeps() {
	local one=mark-kept-$BASHPID-$RANDOM units=() marks=() stage pids=() readers=() i n
	for stage; do
		units+=("mews-$stage.service")
		pids+=("$(pid_of "$stage")")
		[ "$stage" = collector ] || readers+=("${pids[-1]}")
	done
	wait_for 20 sees "$one-0" || return 1
	"$trigger" read /etc/shadow "$one-1"
	wait_for 10 sees "$one-2" || return 1
	n=$(lines_of "$one-1") # of one trigger
	inside kill -STOP "${readers[@]}"
	for i in 11 12 13 14 15; do
		"$trigger" read /etc/shadow "$one-$i"
		marks+=("$one-$i")
	done
	sleep 2 # the collector has published them by then
	inside kill -KILL "${pids[@]}"
	for i in 21 22 23; do
		"$trigger" read /etc/shadow "$one-$i"
		[[ " $* " == *" collector "* ]] || marks+=("$one-$i")
	done
	wait_for 30 is_active "${units[@]}" || return 1
	wait_for 30 sees "$one-3" || return 1
	if ! wait_for 10 each_has "$n" "${marks[@]}"; then
		inside mews status --json | jq -c '.stages[] | select(.name == "collector") | .counters // . | with_entries(select(.key | test("lost")))'
		return 1
	fi
	sleep 0.5
	each_has "$n" "${marks[@]}" && for i in "${!units[@]}"; do
		[ "$(inside systemctl show -P MainPID "${units[$i]}")" != "${pids[$i]}" ] || { echo "${units[$i]} is the old one"; return 1; }
	done
}

add_rule() { # N
	inside tee "/etc/mews/rules.d/own-$1.yaml" >/dev/null <<-END
		- rule: From the directory $1
		  desc: d
		  condition: evt.type = pipe
		  output: o
		  priority: info
	END
}
# has_rules N: the evaluator's last word about them.
has_rules() { inside journalctl -q -o cat -u mews-evaluator | grep -o '[0-9]* rules,' | tail -n 1 | grep -qx "$1 rules,"; }

# The whole life of a package; $1: where.
live() {
	local stage before i shipped
	shipped=$(grep -c '^- rule:' "$top/rules/mews_rules.yaml")
	left >"$work/before"
	check "it installs $1" install_package "$deb"
	check "the pipeline runs $1" wait_for 20 is_active mews.target $(services)
	alerts "a read of /etc/shadow is in the journal $1"
	check "four users, and no capability but the collector's four" test "$(for stage in $stages; do
		echo "$(inside stat -c %U "/proc/$(pid_of "$stage")") $(field "$stage" CapPrm) $(field "$stage" CapBnd)"
	done)" = "mews-emitter 0000000000000000 0000000000000000
mews-evaluator 0000000000000000 0000000000000000
mews-enricher 0000000000000000 0000000000000000
mews-collector 000000c000080004 000000c000080004"
	check "all of them with a filter, and no way to more" test "$(for stage in $stages; do
		echo "$(field "$stage" Seccomp) $(field "$stage" NoNewPrivs)"
	done | sort -u)" = "2 1"
	check "mews status sees a pipeline whose ledger is balanced" eval \
		"inside mews status --json | jq -e '([.ledger[] | .balanced] | all) and ([.stages[] | select(.state == \"running\")] | length == 4)'"
	check "systemd finds nothing wrong with the units" eval "inside systemd-analyze --man=no verify mews.target $(services | paste -sd ' ') 2>&1 |
		tee /dev/stderr | { ! grep -q 'mews.*service:\\|mews.target:'; }"
	for stage in $(shuf -n $((MEWS_LONG ? 4 : 1)) -e $stages); do
		inside systemctl kill --signal=KILL "mews-$stage"
		alerts "alerts come when $stage was killed"
	done
	# A ring with room for what a busy host does while nobody reads.
	inside sh -c 'printf "mews:\n  rings:\n    raw_mb: 128\n" >>/etc/mews/mews.yaml && systemctl restart mews-collector'
	alerts "the collector starts with another setting"
	check "what enricher and evaluator had before them when both were killed is there once" keeps enricher evaluator
	check "and when all four were" keeps collector enricher evaluator emitter
	check "the ledger is balanced behind that" wait_for 10 eval "inside mews status --json | jq -e '[.ledger[] | .balanced] | all'"
	has_rules "$shipped" || not_ok "there are $shipped rules" "$(inside journalctl -q -o cat -u mews-evaluator | grep rules | tail -n 3)"
	add_rule 0
	check "rules are heard of when they change" wait_for 10 has_rules $((shipped + 1))
	for i in {1..20}; do
		add_rule "$i"
		sleep 0.0$((RANDOM % 10))
	done
	check "and when they change often" wait_for 10 has_rules $((shipped + 21))
	check "which stays so" is_active mews-rules.path
	inside sh -c 'rm /etc/mews/rules.d/own-*'
	inside systemctl stop mews-rules.path mews-rules.service
	check "where nobody watches they are read on a reload" eval 'add_rule 0 && inside systemctl reload mews-evaluator && wait_for 10 has_rules $((shipped + 1))'
	inside systemctl start mews-rules.path

	inside sed -i '$ajson_output: true' /etc/mews/mews.yaml
	check "mews reload says which stage goes on with settings that have changed" eval \
		'inside mews reload 2>&1 | tee "$work/reload" | grep "emitter: .*in force only behind .mews restart emitter.: json_output$"'
	check "and of no other" eval '! grep -v emitter "$work/reload" | grep behind'
	check "which is an error" eval '! inside mews reload'
	inside mews restart emitter
	check "until it is started again" wait_for 10 inside mews reload
	alerts "alerts come behind that"

	inside sed -i '$acapture: {enabled: true, mode: all_rules, default_duration: 500, path_prefix: /var/lib/mews-captures/mews}' /etc/mews/mews.yaml
	check "the evaluator says that nobody writes captures" wait_for 20 eval 'inside journalctl -q -o cat -u mews-evaluator | grep "there is no mews-recorder"'
	inside systemctl start mews-recorder
	check "the recorder runs where it is wanted" wait_for 10 is_active mews-recorder.service
	alerts "alerts come as ever"
	check "and a capture in its place" wait_for 10 inside sh -c 'ls -l /var/lib/mews-captures/mews*.scap'

	inside sh -c 'echo "# mine" >>/etc/mews/mews.yaml'
	before=$(for stage in $stages; do pid_of "$stage"; done)
	check "it is upgraded $1" install_package "$work/next.deb"
	check "the stages are those of the new version" eval 'wait_for 20 is_active mews.target $(services) &&
		for stage in $stages; do ! grep -qx "$(pid_of $stage)" <<<"$before" || exit 1; done'
	alerts "and alerts come"
	check "settings stay as they were changed" inside grep -q '^# mine' /etc/mews/mews.yaml

	check "it is removed" inside dpkg -r mews
	check "and has ended" eval "! inside pgrep -x 'mews-(collector|enricher|evaluator|emitter)' && ! inside test -e /run/mews"
	check "its settings are still there" inside test -e /etc/mews/mews.yaml
	inside rm -f /etc/mews/rules.d/own-0.yaml
	check "it is purged" inside dpkg -P mews
	left >"$work/after"
	check "and nothing is left but its users" diff <(grep -vx /var/lib/mews "$work/before") "$work/after" # a pipeline of this host may have made it before
}

if ! machine_start; then
	not_ok "a machine with systemd starts" "$(tail -n 5 "$work/machine.log")"
	exit 1
fi
live "on this host"
machine_stop
[ -n "${MEWS_LONG:-}" ] || exit 0

. "$top/deploy/packages.sh"
if ! install_packages lintian debootstrap >"$work/apt.log" 2>&1; then
	not_ok "lintian and debootstrap are there" "$(tail -n 3 "$work/apt.log")"
	exit 1
fi
check "lintian finds no error" eval "lintian --fail-on error '$deb' 2>&1"
fresh_debian() {
	debootstrap --variant=minbase --include=systemd,dbus,init-system-helpers,procps,ca-certificates bookworm "$work/fresh" &&
		cp "$deb" "$work/fresh/tmp/mews.deb" && cp /etc/resolv.conf "$work/fresh/etc/" &&
		cp -r /etc/apt/. "$work/fresh/etc/apt/" && printf '#!/bin/sh\nexit 101\n' >"$work/fresh/usr/sbin/policy-rc.d" &&
		chmod 755 "$work/fresh/usr/sbin/policy-rc.d" && chroot "$work/fresh" apt-get update -qq &&
		chroot "$work/fresh" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends /tmp/mews.deb &&
		chroot "$work/fresh" dpkg -P mews
}
if fresh_debian >"$work/debootstrap.log" 2>&1; then
	ok "apt finds all that it needs on a fresh Debian"
	machine_start "$work/fresh" && live "on a fresh Debian"
else
	not_ok "apt finds all that it needs on a fresh Debian" "$(tail -n 8 "$work/debootstrap.log")"
fi
