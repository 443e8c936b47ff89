#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a process does last, of which the stage that is to know it hears only when the process is gone, and that stage dies:
# old processes, that began further back than a ring is kept, and young ones do something and end (or become another program) while
# evaluator, enricher or both stand still; then they are killed.  Who comes after them makes one alert of each, and
# knows who it was; if both were killed, it knows the young ones.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

cat >"$work/rules.yaml" <<'END'
- macro: opened
  condition: (evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name=/etc/shadow)
- rule: Last words
  desc: somebody who is known, with who began him
  condition: opened and proc.name=bash and proc.cmdline contains words- and proc.pname exists
  output: "last %proc.cmdline of %proc.name %proc.pname"
  priority: NOTICE
- rule: Stranger
  desc: nobody knows who that was
  condition: opened and not (proc.name exists and proc.pname exists)
  output: "stranger %thread.tid %proc.name"
  priority: NOTICE
- rule: Probe
  desc: that it is live
  condition: opened and proc.cmdline contains probe-
  output: "%proc.cmdline"
  priority: NOTICE
END

# old MARK THEN: a process that waits until it is told, reads /etc/shadow, and does THEN.
old() {
	bash -c 'read -r _ <"$2"; exec 3</etc/shadow; exec 3<&-; eval "$3"' bash "words-$1" "$work/go" "$2" &
	olds+=($!)
}
young() { bash -c ': </etc/shadow' bash "words-$1"; }
# More than any ring of 1 MiB holds.
push() { for _ in {1..6000}; do : </etc/hostname; done; }
# came MARK...: one alert of each.
came() {
	local mark
	for mark; do
		[ "$(grep -c "last bash.*words-$mark[^0-9a-z]" "$work/alerts")" -eq 1 ] || { echo "$(grep -c "words-$mark[^0-9a-z]" "$work/alerts") alerts of $mark"; return 1; }
	done
}
sees() {
	young "$1"
	sleep 0.1
	grep -q "last bash.*words-$1[^0-9a-z]" "$work/alerts"
}
are_back() { # STAGE PID...
	while [ $# -gt 0 ]; do
		came_back run "$1" "$2" || return 1
		shift 2
	done
}

# last NAME STAGE...: those stages are stopped, meet nothing of what happens, and are killed.
last() {
	local name=$1 stage pids=() back=() olds=() begun=$(wc -l <"$work/alerts")
	shift
	mkfifo "$work/go"
	old "$name-ends" ""
	old "$name-becomes" "exec /bin/true"
	old "$name-lives" "read -r _ <'$work/end'"
	mkfifo "$work/end"
	push
	wait_for 20 sees "$name-$RANDOM" >/dev/null || not_ok "$name: the pipeline keeps up"
	for stage; do
		pids+=("$(stage_pid run "$stage")")
		back+=("$stage" "${pids[-1]}")
	done
	kill -STOP "${pids[@]}"
	young "$name-young"
	for _ in "${olds[@]}"; do echo; done >"$work/go"
	wait "${olds[0]}" "${olds[1]}"
	young "$name-younger"
	sleep 0.3 # those that live read it all
	kill -KILL "${pids[@]}"
	wait_for 20 are_back "${back[@]}"
	echo >"$work/end"
	wait "${olds[2]}"
	wait_for 20 sees "$name-after" >/dev/null
	# Where nobody is left who knew them, they have no name: docs/THREAT-MODEL.md says so.
	if [ $# -eq 1 ]; then
		check "$name: who began when its ring had forgotten it, and ended" wait_for 5 came "$name-ends"
		check "$name: who became another" wait_for 5 came "$name-becomes"
		check "$name: nobody was unknown" eval "! tail -n +$((begun + 1)) '$work/alerts' | grep stranger"
	fi
	check "$name: who lives" wait_for 5 came "$name-lives"
	check "$name: who began and ended in between" wait_for 5 came "$name-young" "$name-younger"
	check "$name: the ledger balances" wait_for 20 balanced run
	rm "$work/go" "$work/end"
}

start_mews -r "$work/rules.yaml" -o mews.rings.enriched_mb=1 -o mews.rings.raw_mb=1 -o mews.restarts_per_minute=1000
last evaluator evaluator
last enricher enricher
last both enricher evaluator
check "it ends with 0" stop_mews
echo "1..$tests"
