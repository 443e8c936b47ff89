#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The real stages on a real capture, killed in the middle of it: the alerts are the same, none lost, none
# double.  (replay.sh has the rest of what a supervisor must see to, with stand-ins.)
. "$(dirname -- "$0")/../support/pipeline.sh"
captures=${MEWS_CAPTURES:-$top/../shared/captures} capture=$captures/large/L2_net.scap
[ -x "$mews" ] || skip_all "mews is not built"
[ -r "$capture" ] || skip_all "there is no $capture"
export TZ=UTC
# Tens of thousands of alerts, so that every stage is at work at any time.
cat >"$work/rules.yaml" <<'E2'
- rule: Program started
  desc: each
  condition: evt.type in (execve, execveat, clone, clone3) and evt.rawres = 0
  output: "%evt.num %proc.name %proc.pname %proc.aname[2] %proc.cmdline %proc.cwd %user.name %fd.name"
  priority: NOTICE
- rule: Connection made
  desc: each
  condition: evt.type in (connect, accept4) and fd.sport >= 0
  output: "%evt.num %proc.name %fd.name %evt.args"
  priority: INFO
E2
replay=("$mews" replay "$capture" -r "$work/rules.yaml" -o json_output=true -o log_level=warning)

"${replay[@]}" >"$work/want" 2>"$work/err"
check "a replay that nobody disturbs ends with 0" [ $? -eq 0 ]
check "with tens of thousands of alerts" [ "$(wc -l <"$work/want")" -gt 10000 ]
size=$(stat -c %s "$work/want")
if command -v script >/dev/null; then
	script -qec "'$mews' replay '$capture' -r '$work/rules.yaml' >/dev/null" /dev/null </dev/null >"$work/terminal"
	check "on a terminal it says how far it is" grep -q '[1-9][0-9.]* MB of 19.6 MB, [1-9][0-9]* %, [1-9][0-9]* events' "$work/terminal"
fi

# killed PERCENT STAGE...: the first when that much of the alerts is out, each further one a little later; those
# that a plus joins at once.
killed() {
	local percent=$1 stage victims
	shift
	: >"$work/out"
	"${replay[@]}" >>"$work/out" 2>"$work/err" </dev/null &
	mews_pid=$!
	for stage in "$@"; do
		until [ "$(stat -c %s "$work/out")" -ge $((size / 100 * percent)) ] || ! kill -0 "$mews_pid" 2>/dev/null; do
			sleep 0.005
		done
		victims=$(pgrep -P "$mews_pid" -f "^mews-(${stage//+/|}) ") && kill -9 $victims
		percent=$((percent + 3))
	done
	ends "$mews_pid" 60 "$work/err"
	code=$?
	mews_pid=
}
rounds=1
[ -z "${MEWS_LONG:-}" ] || rounds=20
for ((round = 0; round < rounds; round++)); do
	pairs=(collector+enricher collector+evaluator collector+emitter enricher+evaluator enricher+emitter evaluator+emitter)
	[ -n "${MEWS_LONG:-}" ] || pairs=("${pairs[RANDOM % 6]}")
	for stages in "${pairs[@]}" collector+enricher+evaluator+emitter collector enricher evaluator emitter "emitter emitter emitter" "evaluator emitter" "emitter enricher emitter collector"; do
		when=$((10 + RANDOM % 60))
		killed $when $stages
		check "kill -9 $stages ($when %): it ends with 0" [ $code -eq 0 ]
		check "kill -9 $stages ($when %): a stage was killed" grep -q 'killed by signal 9' "$work/err"
		check "kill -9 $stages ($when %): the alerts are the same" cmp "$work/out" "$work/want"
	done
done
echo "1..$tests"
