#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of each stage in turn, under a load of opens and execs: it comes back, every later
# trigger alerts, once, and the ledger balances.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

status() { "$mews" status --json --run-dir "$work/run"; }
pid_of() { status | jq -r ".stages[] | select(.name==\"$1\") | .pid"; }
is_back() { # STAGE OLDPID
	local pid
	pid=$(pid_of "$1") && [ -n "$pid" ] && [ "$pid" != null ] && [ "$pid" != "$2" ] &&
		[ "$(status | jq -r ".stages[] | select(.name==\"$1\") | .state")" = running ]
}
balanced() { [ "$(status | jq '[.ledger[] | select(.balanced | not)] | length')" = 0 ]; }

# sees MARK: a trigger made now alerts, so all stages are there again.
sees() {
	"$trigger" read /etc/shadow "$1"
	sleep 0.1
	grep -q "$1" "$work/alerts"
}

# Opens and execs as fast as one shell makes them; ends by itself.
load() {
	local end=$((SECONDS + 120))
	while [ $SECONDS -lt $end ] && [ -e "$work/load" ]; do
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			cat /etc/hostname /etc/passwd >/dev/null
			"$trigger" read /etc/hostname
		done
	done
}

start_mews -r "$top/rules/mews_rules.yaml"
touch "$work/load"
load &
load_pid=$!
trap 'rm -f "$work/load"; wait "$load_pid"; finish' EXIT

for stage in emitter evaluator enricher collector; do
	old=$(pid_of "$stage")
	before=$(date +%s%N)
	kill -9 "$old"
	# How long it takes is measured and shown, not judged: the machine may be busy with other things.
	if wait_for 10 is_back "$stage" "$old"; then
		ok "$stage is back ($((($(date +%s%N) - before) / 1000000)) ms)"
	else
		not_ok "$stage is back" "$(status 2>&1 | head -n 3)" "$(tail -n 5 "$work/mews.log")"
	fi
	wait_for 10 sees "ready-$stage"
	for i in 1 2 3 4 5; do
		"$trigger" read /etc/shadow "after-$stage-$i-end"
	done
	check "every later trigger alerts after the death of the $stage" \
		wait_for 10 grep -q "after-$stage-5-end" "$work/alerts"
	for i in 1 2 3 4 5; do
		n=$(grep -c "after-$stage-$i-end" "$work/alerts")
		[ "$n" = 1 ] || not_ok "one alert for each trigger after the death of the $stage" "trigger $i: $n alerts"
	done
done
rm -f "$work/load"
wait "$load_pid"
if wait_for 10 balanced; then
	ok "the ledger balances"
else
	not_ok "the ledger balances" "$(status | jq -c '.ledger[] | select(.balanced | not)')"
fi
status | jq -r '.ledger[] | "# \(.name): \(.terms | to_entries | map("\(.key)=\(.value)") | join(" "))"'
check "Ctrl-C ends it with exit code 0" stop_mews
