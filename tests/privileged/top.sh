#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews top`: as text once, and on a terminal until q.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live
trap finish EXIT

refused() { ! "$mews" top "$@" >"$work/out" 2>"$work/err" && grep -q "$refusal" "$work/err"; }
refusal="no pipeline runs in" check "without a pipeline it says so" refused --once --run-dir "$work/none"
refusal="not a number" check "an interval that is none is refused" refused --interval often

start_mews -r "$top/rules"
"$trigger" read /etc/shadow once-mark
work_off() { for _ in $(seq 200); do "$trigger" read /etc/hostname x; done; }
busy() { work_off & "$mews" top --once --interval 0.5 --run-dir "$work/run" >"$work/once"; wait $!; grep -q "$1" "$work/once"; }
check "it shows the stages" busy "^emitter .* running "
check "rings" grep -qE '^alerts +[0-9.]+ +\[ *\]' "$work/once"
check "outputs" grep -qE '^stdout +[0-9]+ ' "$work/once"
check "rules and how often they matched" wait_for 10 busy '^ *[1-9][0-9]*  [0-9]* *[0-9]*\.[0-9]*  Sensitive file read$'
check "processes with their events" wait_for 10 busy '^ *[1-9][0-9]*  [0-9]* [^ ]* .*/'

terminal() { TERM=xterm python3 "$top/tests/support/on_terminal.py" q 1.5 "$mews" top --interval 0.5 --run-dir "$work/run" >"$work/terminal"; }
check "on a terminal it ends with q" terminal
check "and was there" grep -q "STAGE" "$work/terminal"
plain() { NO_COLOR=1 terminal && ! grep -qE "$(printf '\033')\[3[1-3]m" "$work/terminal"; }
check "without colours where they are not wanted" plain
stop_mews
