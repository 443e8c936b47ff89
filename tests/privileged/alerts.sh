#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews alerts`: what the emitter has in memory, and what comes, over a kill -9 of the emitter.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live
trap 'kill $viewer 2>/dev/null; finish' EXIT
viewer=

refused() { ! "$mews" alerts "$@" >"$work/out" 2>"$work/err" && grep -q "$refusal" "$work/err"; }
refusal="no pipeline runs in" check "without a pipeline it says so" refused --run-dir "$work/none"
refusal="no such priority" check "a priority that is none is refused" refused --priority loud

start_mews -r "$top/rules"
"$trigger" read /etc/shadow first-mark
has() { "$mews" alerts --run-dir "$work/run" "${@:2}" | grep -q "$1"; }
check "an alert is there" wait_for 10 has "Warning Sensitive file read (file=/etc/shadow .* command=trigger read /etc/shadow first-mark "
as_object() { "$mews" alerts --json --run-dir "$work/run" | jq -es 'map(select(.output_fields["proc.cmdline"] // "" | endswith("first-mark"))) |
	length == 1 and .[0].rule == "Sensitive file read" and .[0].priority == "Warning"'; }
check "as an object, too, and once" as_object
check "not, if only what is worse is asked for" sh -c "! '$mews' alerts --priority error --run-dir '$work/run' | grep -q first-mark"
plain() { ! "$mews" alerts --run-dir "$work/run" | grep -q "$(printf '\033')"; }
check "there are no colours in a pipe" plain

"$mews" alerts --follow --run-dir "$work/run" >"$work/follow" 2>"$work/follow.err" &
viewer=$!
check "who follows sees what was" wait_for 5 grep -q first-mark "$work/follow"
"$trigger" read /etc/shadow second-mark
check "and what comes" wait_for 5 grep -q second-mark "$work/follow"
kill -KILL "$(pgrep -P "$mews_pid" -x mews-emitter)"
"$trigger" read /etc/shadow third-mark
check "and what comes from the next emitter" wait_for 10 grep -q third-mark "$work/follow"
check "each once" [ "$(sort "$work/follow" | uniq -d | wc -l)" = 0 ]
stop_mews
