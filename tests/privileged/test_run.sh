#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a user does first: start it, read /etc/shadow, see the alert on the terminal and in a file, as
# text and as JSON; two pipelines side by side; Ctrl-C, and nothing is left: no process, socket, BPF
# program or mount.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

mounts() { awk '{print $5}' /proc/self/mountinfo | sort; }
left_in() { find "$1" 2>/dev/null; }

mounts >"$work/mounts.before"

# One prints text, the other writes JSON to a file.
"$mews" run --run-dir "$work/a" -r "$top/rules" >"$work/a.out" 2>"$work/a.err" </dev/null &
first=$!
"$mews" run --run-dir "$work/b" -r "$top/rules" -o json_output=true -o stdout_output.enabled=false \
	-o file_output.enabled=true -o file_output.filename="$work/b.json" >"$work/b.out" 2>"$work/b.err" </dev/null &
second=$!
trap 'kill -INT $first $second 2>/dev/null; wait; finish' EXIT

both_see() {
	"$trigger" read /etc/shadow "$1"
	sleep 0.1
	grep -q "$1" "$work/a.out" && grep -q "$1" "$work/b.json"
}
check "two pipelines side by side both see it" wait_for 20 both_see started
"$trigger" read /etc/shadow one-more-mark
check "the alert is there as text" wait_for 5 grep -qE \
	'^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}: Warning Sensitive file read \(file=/etc/shadow .* command=trigger read /etc/shadow one-more-mark parent=' \
	"$work/a.out"
check "and as JSON in a file" wait_for 5 grep -q one-more-mark "$work/b.json"
check "with typed fields" jq -es 'map(select(.output_fields["proc.cmdline"] // "" | test("one-more-mark"))) | .[0] |
	.rule == "Sensitive file read" and .priority == "Warning" and .source == "syscall" and
	(.output_fields["evt.time"] | type) == "number" and (.output_fields["proc.pid"] | type) == "number" and
	.output_fields["fd.name"] == "/etc/shadow" and .output_fields["user.name"] == "root" and
	(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$")) and (.tags | index("T1003.008"))' "$work/b.json"
check "each alert stands there once" [ "$(grep -c one-more-mark "$work/a.out")" = 1 ]
check "stdout holds nothing when it is off" [ ! -s "$work/b.out" ]
check "status says that all is balanced" sh -c \
	"'$mews' status --json --run-dir '$work/a' | jq -e '[.ledger[] | .balanced] | all' && '$mews' status --run-dir '$work/a'"

programs=$(bpf_programs "$work/")
check "the collectors hold BPF programs" [ -n "$programs" ]
kill -INT $first
wait $first
check "Ctrl-C ends one with exit code 0" [ $? -eq 0 ]
check "nothing of it is left in the run directory" [ -z "$(left_in "$work/a")" ]
"$trigger" read /etc/shadow still-there
check "the other one runs on" wait_for 5 grep -q still-there "$work/b.json"
kill -INT $second
wait $second
check "Ctrl-C ends the other" [ $? -eq 0 ]
check "no process is left" [ -z "$(pgrep -f "run-dir $work/")" ]
check "no BPF program is left" wait_for 5 programs_are_gone "$programs"
check "no mount is left" sh -c "awk '{print \$5}' /proc/self/mountinfo | sort | diff '$work/mounts.before' -"
