#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews events`: live events by a filter, in a form that is asked for; what is wrong with either is said;
# who looks on and goes ends it; nothing is left behind.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/left.sh"
need_live
trap 'kill $pid 2>/dev/null; wait; finish' EXIT

said() { # EXPECTED WORDS...: exit code and text
	local want=$1 text=$2 code
	shift 2
	"$mews" events "$@" >"$work/out" 2>"$work/err"
	code=$?
	cat "$work/err"
	[ $code = "$want" ] && grep -qF -- "$text" "$work/err"
}
check "a filter that is none is refused, with its place" said 1 "--filter 'evt.type=opennat': column" --filter evt.type=opennat
check "so is a format" said 1 "--format '%fd.nam': column" --format %fd.nam
check "and an option of another command" said 2 "no such option '-r'" -r rules.yaml

first=first-$$ second=second-$$ # others may trigger, too
filter="evt.type in (open, openat) and fd.name=/etc/shadow and proc.name=trigger and proc.args endswith -$$"
"$mews" events --filter "$filter" --format '%proc.cmdline read "%fd.name"' >"$work/text" 2>"$work/text.err" &
pid=$!
seen() { "$trigger" read /etc/shadow "$2"; sleep 0.1; grep -q "$2" "$1"; }
check "an event is shown when it comes" wait_for 20 seen "$work/text" $first
check "in its form, and nothing beside" sh -c "! grep -vxE 'trigger read /etc/shadow $first read \"/etc/shadow\"' '$work/text'"
kill -INT $pid
wait $pid
check "Ctrl-C ends it with exit code 0" [ $? -eq 0 ]
check "nothing was said on standard error" [ ! -s "$work/text.err" ]

"$mews" events --json --filter "$filter" --format '%proc.args %evt.num %fd.num' >"$work/json" 2>/dev/null &
pid=$!
check "as JSON, too" wait_for 20 seen "$work/json" $second
check "a line is the fields that the format names" jq -es --arg args "read /etc/shadow $second" 'all(.["proc.args"] == $args and
	(.["evt.num"] | type) == "number" and (.["fd.num"] | type) == "number" and length == 3)' "$work/json"
kill -TERM $pid
wait $pid

one() { timeout 20 "$mews" events 2>"$work/one.err" | head -n 1 | grep -qE '^[0-9]+ [0-9:.]+ [0-9]+ '; [ "${PIPESTATUS[0]}" = 0 ]; }
check "who has seen enough ends it" one
check "without a word" [ ! -s "$work/one.err" ]
check "nothing is left in /run" wait_for 5 no_dirs_left

capture=${MEWS_CAPTURES:-$top/../shared/captures}/falco_test_trace_files_cat_write.scap
if [ -r "$capture" ]; then
	read_one() { "$mews" events --read "$capture" --filter 'evt.type=open and fd.name=/dev/null' --format '%proc.name %fd.name' | grep -x 'cat /dev/null'; }
	check "a capture's events" read_one
else
	ok "a capture's events # SKIP no captures here"
fi
