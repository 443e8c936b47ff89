#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A program of the kernel side that the kernel refuses costs its own events and no others: the
# pipeline runs on, and says what it does not see, and which of that rules ask for.  Without a program that
# all stands on there is nothing to run.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live

cat >"$work/rules.yaml" <<'END'
- rule: Shadow
  desc: a file is read
  condition: evt.type in (open, openat) and fd.name = /etc/shadow
  output: read %proc.cmdline
  priority: WARNING
- rule: Traced
  desc: a call that nobody sees here
  condition: evt.type = ptrace
  output: traced %proc.cmdline
  priority: WARNING
- rule: Removed
  desc: a call that is seen
  condition: evt.type in (unlink, unlinkat) and evt.arg.name contains gap-mark
  output: removed %proc.cmdline
  priority: WARNING
END

export MEWS_BREAK_PROGRAMS=exit_other,exit_poll,signal_deliver,uring_submit
start_mews -r "$work/rules.yaml"
unset MEWS_BREAK_PROGRAMS
ok "the pipeline starts, and sees what is left"
rm -f "$work/gap-mark"; touch "$work/gap-mark"; rm "$work/gap-mark"
check "a call of another program is seen" wait_for 5 grep -q '"rule":"Removed"' "$work/alerts"
check "what is not seen is in the status" status '.coverage.complete == false and
	([.coverage.gaps[].program] | sort) == ["exit_other", "exit_poll", "signal_deliver", "uring_submit"]'
check "with the events and the verifier's word" status '.coverage.gaps[] | select(.program == "exit_other") |
	.events == ["ptrace", "process_vm_readv", "process_vm_writev"] and (.reason | test("R9 !read_ok")) and .state == false'
check "and which of them rules ask for" status \
	'[.coverage.gaps[] | select(.io_uring | not) | {(.program): .wanted}] | add == {"exit_other": ["ptrace"], "exit_poll": [], "signal_deliver": []}'
check "what is missing through io_uring alone says so" status \
	'.coverage.gaps[] | select(.io_uring) | .program == "uring_submit" and (.wanted | index("openat"))'
check "people are shown the same" sh -c "'$mews' status --run-dir '$work/run' | grep -A 3 '^NOT SEEN' |
	tr -d '\n' | grep -q 'exit_other .*R9 !read_ok.*events: ptrace, .*rules ask for: ptrace'"
check "the log has a warning for each" [ "$(grep -c 'warning: program .* cannot be loaded: .* not seen' "$work/mews.log")" = 4 ]
check "and one for the rules" grep -q 'warning: rules ask for events that are not seen on this host: ptrace$' "$work/mews.log"
check "the ledger balances" wait_for 5 status '[.ledger[].balanced] | all'
stop_mews
check "it ends as always" [ $? -eq 0 ]

start_mews -r "$work/rules.yaml"
check "where nothing is refused all is seen" status '.coverage == {"complete": true, "gaps": []}'
check "and nothing is said of it" sh -c "! '$mews' status --run-dir '$work/run' | grep -q 'NOT SEEN'"
stop_mews

for program in sys_exit process_exec exit_clone; do
	MEWS_BREAK_PROGRAMS=$program "$mews" run --run-dir "$work/run" -r "$work/rules.yaml" >/dev/null 2>"$work/mews.log"
	check "without $program it ends with exit code 3" [ $? -eq 3 ]
	check "and says why" grep -q "error: program '$program', without which nothing is seen, cannot be loaded: .*R9 !read_ok" "$work/mews.log"
done
broken=$(sed -n 's/^FAMILY(.*, \(exit_[a-z]*\)).*/\1/p' "$top/bpf/family.def" | grep -v 'exec\|clone' | head -n 17 | paste -sd,)
MEWS_BREAK_PROGRAMS=$broken "$mews" run --run-dir "$work/run" -r "$work/rules.yaml" >/dev/null 2>"$work/mews.log"
check "with too many refused it ends, too" [ $? -eq 3 ]
check "and says that they are too many" grep -q 'error: more than 16 programs cannot be loaded' "$work/mews.log"
echo "1..$tests"
