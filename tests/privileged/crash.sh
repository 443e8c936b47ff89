#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of each stage in turn, on live events, under a load of opens and execs: it comes back, no
# trigger is missed (but for those while there was no collector), and the ledger balances.  How long
# it takes is measured and shown, not judged: the machine may be busy with other things.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

# pull NAME N: N triggers, NAME-1 ...
pull() {
	local i
	for i in $(seq "$2"); do
		"$trigger" read /etc/shadow "$1-$i" >/dev/null 2>&1
	done
}
# came NAME N: an alert of each of them: of none two.
came() {
	local i
	for i in $(seq "$2"); do
		grep -q -- "$1-$i[^0-9]" "$work/alerts" || { echo "no alert for $1-$i"; return 1; }
	done
}
# sees NAME: a trigger made now alerts.
sees() {
	"$trigger" read /etc/shadow "$1" >/dev/null 2>&1
	sleep 0.1
	grep -q "$1" "$work/alerts"
}
# once NAME N: no trigger has two alerts.
once() {
	local i
	for i in $(seq "$2"); do
		[ "$(grep -c -- "$1-$i[^0-9]" "$work/alerts")" -le 1 ] || { echo "$1-$i has several alerts"; return 1; }
	done
}

start_mews
ok "the pipeline is live"
touch "$work/load"
load & load_a=$!
load & load_b=$!
for stage in emitter evaluator enricher collector; do
	old=$(stage_pid run $stage)
	kill -9 "$old"
	before=$(ms_now)
	[ $stage = collector ] || pull "during-$stage-$$" 10
	if wait_for 20 came_back run $stage "$old"; then
		ok "$stage is back ($(($(ms_now) - before)) ms, with the asking)"
	else
		not_ok "$stage is back" "$(tail -n 5 "$work/mews.log")"
	fi
	[ $stage = collector ] && wait_for 20 sees "again-$$"
	pull "after-$stage-$$" 10
	[ $stage = collector ] || check "what happened while there was no $stage makes its alerts" wait_for 20 came "during-$stage-$$" 10
	check "and so does what happens after that" wait_for 20 came "after-$stage-$$" 10
	check "each of them makes one" once "after-$stage-$$" 10
	[ $stage = collector ] || check "also those from between" once "during-$stage-$$" 10
	check "the ledger balances" wait_for 20 balanced run
done
rm -f "$work/load"
wait $load_a $load_b
check "the ledger balances at rest" wait_for 20 balanced run
seen=$(counter run collector seen) lost=$(counter run collector lost_restart)
check "events were counted over all that ($seen seen, $lost lost with a collector)" [ "${seen:-0}" -gt 1000 ]
programs=$(bpf_programs "$work/")
check "the collector holds BPF programs" [ -n "$programs" ]
check "Ctrl-C ends it with 0" stop_mews
check "and leaves nothing in the file system" [ ! -e "$work/run" ]
check "nor in the kernel" wait_for 5 programs_are_gone "$programs"
echo "1..$tests"
