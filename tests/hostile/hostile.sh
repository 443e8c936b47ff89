#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One stage of the pipeline is a traitor: a twin with its user stands in its place, and lies to its neighbours through
# all that it can reach (kit.h).  The others are as they are.  They must not end, not hang, not grow; they must refuse
# and count what they are told; and when the traitor is gone and a true stage has come, all goes on as if nothing had been.
#
# The rigs run side by side, each with a run directory of its own: 7 seconds, a minute under sanitizers, 5 with --long.
# $HOSTILE_SECONDS says otherwise; $HOSTILE_SEED repeats what was done; $HOSTILE_ONLY names some rigs.
. "$(dirname -- "$0")/../support/pipeline.sh"
renice -n 15 -p $$ >/dev/null # whoever else runs waits for something; this does not
need_live
command -v jq >/dev/null || skip_all "needs jq"
captures=${MEWS_CAPTURES:-$top/../shared/captures}
known=$captures/01_read_shadow.scap more=$captures/14_cred_search.scap noise=$captures/21_noise_build.scap
[ -r "$known" ] && [ -r "$more" ] && [ -r "$noise" ] || skip_all "there are no captures in $captures"
twins=$build/tests/hostile
sanitized=
[[ ${MEWS_CMAKE:-} != *SANITIZE* ]] || sanitized=1
seconds=${HOSTILE_SECONDS:-$([ -n "${MEWS_LONG:-}" ] && echo 300 || { [ -n "$sanitized" ] && echo 60 || echo 7; })}
seed=${HOSTILE_SEED:-$RANDOM}
# What a stage may have of its own: its tables are bounded, and sanitizers keep what was let go.
most_mb=$([ -n "$sanitized" ] && echo 1600 || echo 400)
silence_ms=20000
wait_s=$([ -n "$sanitized" ] && echo 60 || echo 30)
export TZ=UTC

cat >"$work/rules.yaml" <<'END'
- rule: Program started
  desc: each
  condition: evt.type in (execve, execveat, clone, clone3) and evt.rawres = 0
  output: "%evt.num %evt.type %proc.name %proc.pname %proc.cmdline"
  priority: NOTICE
- rule: File opened
  desc: each
  condition: evt.type in (open, openat, openat2) and fd.name startswith /etc and not proc.name startswith twin_
  output: "%evt.num %evt.type %fd.name %proc.name %proc.cmdline"
  priority: INFO
  capture: true
  capture_duration: 100
- rule: Connection made
  desc: each
  condition: evt.type in (connect, accept4) and fd.sport >= 0
  output: "%evt.num %proc.name %fd.name"
  priority: INFO
END
chmod 644 "$work/rules.yaml"

# ---- stages by hand; $dir is the rig's place ----

declare -A pid
# start STAGE ARGS...
start() {
	local stage=$1 args=()
	shift
	case $stage in
	evaluator) args=(-r "$work/rules.yaml") ;;
	emitter) args=(-o json_output=true -o "outputs_spool.directory=$dir/spool") ;;
	esac
	"$build/bin/mews-$stage" --run-dir "$dir/run" -o capture.enabled=true -o capture.mode=rules -o "capture.path_prefix=$dir/captures/x" \
		-o mews.rings.raw_mb=4 -o mews.rings.enriched_mb=4 "${args[@]}" "$@" >>"$dir/$stage.out" 2>>"$dir/$stage.err" </dev/null &
	pid[$stage]=$!
}
is_alive() { kill -0 "${pid[$1]}" 2>/dev/null && ! grep -q ') Z' "/proc/${pid[$1]}/stat"; }
# end STAGE
end() {
	[ -n "${pid[$1]:-}" ] || return 0
	kill -TERM "${pid[$1]}" 2>/dev/null
	for _ in $(seq 50); do
		is_alive "$1" || break
		sleep 0.1
	done
	kill -KILL "${pid[$1]}" 2>/dev/null
	wait "${pid[$1]}" 2>/dev/null
	unset "pid[$1]"
}
# Captures one after the other, for who needs events to have something to lie about.
feed() {
	local one=
	trap 'kill -TERM $one; wait $one; exit 0' TERM
	while :; do
		"$build/bin/mews-collector" --run-dir "$dir/run" --replay "$noise" -o mews.rings.raw_mb=4 >>"$dir/collector.out" 2>>"$dir/collector.err" </dev/null &
		one=$!
		wait $one
		sleep 0.1
	done
}

# Something for a live collector to see: matches, too.
stir() {
	while :; do
		/bin/cat /etc/hostname
		sleep 0.1
	done >/dev/null
}

# ---- what is seen ----

# Which event, and which file: not who, for a process of the capture may have the number of one that lives just now.
alerts_of() {
	jq -c 'select(.source == "syscall") | [.rule, .time, (.output | split(" ") | .[:if .[3] == "openat" then 5 else 4 end] | join(" "))]' \
		"$1" 2>/dev/null | sort
}
# each_once: all that the known capture makes came, and came once.
each_once() {
	alerts_of "$dir/emitter.out" >"$dir/got"
	comm -23 "$work/want" "$dir/got" >"$dir/missing"
	head -n 3 "$dir/missing"
	# What came in the place of these: events of the same time.
	cut -d '"' -f 4 "$dir/missing" | head -n 3 | grep -Ff - "$dir/got" | grep -vxFf "$work/want" | sed 's/^/came: /'
	[ -z "$(comm -23 "$work/want" "$dir/got")" ] || return 1
	[ "$(grep -cxFf "$work/want" "$dir/got")" = "$(wc -l <"$work/want")" ]
}
# By how much each sum of the ledger is out: what a liar had counted stays counted.
sums() {
	"$mews" status --json --run-dir "$dir/run" | python3 -c '
import json, sys
for s in json.load(sys.stdin)["ledger"]:
    first, *others = s["terms"].values()
    print(s["name"], (first - sum(others)) % 2**64)'
}

say() { printf '%s\n' "$*" >>"$dir/result"; }
# expect NAME COMMAND...
expect() {
	local name=$1
	shift
	if "$@" >"$dir/check" 2>&1; then
		say "ok $rig: $name"
	else
		say "not ok $rig: $name"
		tail -n 6 "$dir/check" | cut -c 1-400 | sed 's/^/# /' >>"$dir/result"
	fi
}
# The last words of a stage that ended.
no_victim_ended() {
	local stage ended=
	for stage in "$@"; do
		is_alive "$stage" && continue
		wait "${pid[$stage]}"
		echo "mews-$stage ended with $?"
		tail -n 30 "$dir/$stage.err" | grep -vE '^mews-' | head -n 12
		ended=1
	done
	[ -z "$ended" ]
}
all_answered() { # ... and none of them grew
	awk -v most=$((most_mb * 1024)) -v silence=$silence_ms '
		{ print } $3 == 0 || $4 > silence || $5 > most { bad = 1 } END { exit bad || NR == 0 }' "$dir/watched"
}
reached() { # DEED...: each at least once
	local deed
	for deed; do
		grep -qE "^twin .* $deed [1-9]" "$dir/twin.out" || { echo "nothing $deed"; cat "$dir/twin.out"; return 1; }
	done
}
# attack TWIN VICTIM...: both at the same time; then the twin is gone.
attack() {
	local twin=$1 stage watched=()
	shift
	for stage; do watched+=("${pid[$stage]}:$stage"); done
	HOSTILE_SPOOL=$dir/spool nice -n 15 "$twins/twin_$twin" "$dir/run" "$seconds" "$seed" >"$dir/twin.out" 2>"$dir/twin.err" &
	local traitor=$!
	stir &
	local stirrer=$!
	"$twins/vigil" "$dir/run" "$seconds" "${watched[@]}" >"$dir/watched" 2>&1 &
	local watcher=$!
	sleep $((seconds / 2))
	timeout 60 "$mews" status --run-dir "$dir/run" >"$dir/status" 2>&1
	[ $? -lt 124 ] || say "not ok $rig: mews status ended by itself"
	wait $traitor
	local outcome=$?
	kill $stirrer
	expect "the twin came to its end" [ $outcome -eq 0 ]
	wait $watcher
	expect "nobody ended that was lied to" no_victim_ended "$@"
	expect "each of them answered all the time, and none grew" all_answered
}

# squat STAGE NAME...: what stands in the places of a stage that is not there, made by another.
squat() {
	local uid
	uid=$(id -u "mews-$1" 2>/dev/null) || uid=64863
	(shift; cd "$dir/run" && rm -f "$@")
	(shift; cd "$dir/run" && setpriv --reuid "$uid" --regid "$(stat -c %g .)" --clear-groups touch "$@")
	expect "another stage can take the places of one that is not there" test -f "$dir/run/$2"
}

# recovers: a true stage is there; a known set of events comes through, each once, and the sums close from here on.
replay() { timeout "$wait_s" "$build/bin/mews-collector" --run-dir "$dir/run" --replay "$1" -o mews.rings.raw_mb=4 2>>"$dir/collector.err" </dev/null; }
recovers() {
	local before
	expect "events go through again" replay "$more"
	expect "the sums come to rest" wait_for_rig at_rest
	before=$(sums)
	expect "a capture's events are taken" replay "$known"
	expect "all that is known to come of them comes, once" wait_for_rig each_once
	expect "the sums are as they were" wait_for_rig same_sums "$before"
}
at_rest() { local now; now=$(sums); sleep 0.5; [ -n "$now" ] && [ "$now" = "$(sums)" ]; }
same_sums() { local now; now=$(sums); diff <(printf '%s\n' "$1") <(printf '%s\n' "$now") && [ -n "$now" ]; }
wait_for_rig() {
	local end=$((SECONDS + wait_s))
	until "$@" >"$dir/said" 2>&1; do
		[ $SECONDS -lt $end ] || { cat "$dir/said"; return 1; }
		sleep 0.2
	done
}
has_refused() { awk '{ print } $6 != 0 { refused = 1 } END { exit !refused }' "$dir/watched"; }

# ---- the rigs ----

rig_none() { # what is to come
	start enricher; start evaluator; start emitter
	expect "a capture's events are taken" replay "$known"
	sleep 1
}
rig_collector() {
	start enricher; start evaluator; start emitter; start recorder
	sleep 0.5
	attack collector enricher recorder evaluator emitter
	expect "the twin's rings were taken, and read" reached called taken frames mutations answers
	expect "lies were counted" has_refused
	recovers
}
rig_enricher_live() {
	start collector; start evaluator; start emitter
	wait_for_rig test -S "$dir/run/raw.door"
	local seconds=$((seconds + 5)) # a snapshot of the machine takes its time
	attack enricher collector evaluator emitter
	expect "the twin was given rings, and its own were taken" reached called taken frames attached read mutations answers
	expect "lies were counted" has_refused
	start enricher
	sleep 1
	end collector
	recovers
}
rig_enricher() {
	start evaluator; start emitter
	feed &
	pid[collector]=$!
	sleep 0.5
	attack enricher evaluator emitter
	end collector
	expect "the twin was given rings, and its own were taken" reached called taken frames attached read mutations answers
	start enricher
	recovers
}
rig_evaluator() {
	start enricher; start emitter; start recorder
	feed &
	pid[collector]=$!
	sleep 0.5
	attack evaluator enricher emitter recorder
	end collector
	expect "the twin was given rings, and its own were taken" reached called taken frames attached read mutations answers
	expect "lies were counted" has_refused
	squat emitter alerts.door evaluator.ctl captures.door
	start evaluator
	recovers
}
rig_emitter() {
	start enricher; start evaluator; start emitter
	feed &
	pid[collector]=$!
	sleep 1
	end emitter # there is a spool now
	attack emitter enricher evaluator
	end collector
	expect "the twin was given rings" reached attached read mutations answers files
	expect "lies were counted" has_refused
	start emitter
	recovers
}
rig_recorder() {
	start collector; start enricher; start evaluator; start emitter
	wait_for_rig test -S "$dir/run/tap.door"
	local seconds=$((seconds + 5))
	attack recorder collector enricher evaluator emitter
	expect "the twin was given rings" reached attached read mutations answers
	expect "lies were counted" has_refused
	start recorder
	sleep 1
	end collector
	recovers
}

run_rig() {
	rig=$1 dir=$work/$1
	mkdir -p "$dir" "$dir/spool"
	chmod 755 "$dir"
	mkdir -m 777 "$dir/captures"
	chown mews-emitter:mews "$dir/spool" 2>/dev/null || chown 64863:64860 "$dir/spool"
	: >"$dir/result"
	trap 'for s in "${!pid[@]}"; do end "$s"; done' EXIT
	"rig_$rig"
	for s in "${!pid[@]}"; do end "$s"; done
	trap - EXIT
	expect "no sanitizer has found anything" eval "! grep -hE 'ERROR: AddressSanitizer|runtime error|SUMMARY' '$dir'/*.err"
	rm -rf "$dir/captures"
}

(run_rig none)
alerts_of "$work/none/emitter.out" >"$work/want"
check "without a traitor the capture makes alerts" [ "$(sort -u "$work/want" | wc -l)" -ge 10 ]
rigs=${HOSTILE_ONLY:-collector enricher enricher_live evaluator emitter recorder}
for one in $rigs; do
	(run_rig "$one") &
done
wait
for one in $rigs; do
	while read -r line; do
		case $line in
		ok*) ok "${line#ok }" ;;
		not\ ok*) not_ok "${line#not ok }" ;;
		*) echo "$line" ;;
		esac
	done <"$work/$one/result"
	sed 's/^/# /' "$work/$one/twin.out"
	sed "s/^/# $one: /" "$work/$one/watched"
done
[ -z "${HOSTILE_KEEP:-}" ] || cp -r "$work" "$HOSTILE_KEEP"
echo "1..$tests"
