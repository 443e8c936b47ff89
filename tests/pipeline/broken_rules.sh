#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Rules that are wrong: `mews run` says where and what, with its exit code, and starts nothing.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"

# broken NAME PLACE TEXT: the rules on standard input end `mews run` with 1, and stderr has FILE:PLACE
# (LINE:COLUMN) and TEXT.
broken() {
	local rules=$work/rules.yaml status
	cat >"$rules"
	timeout 20 "$mews" run --run-dir "$work/run" -r "$rules" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ $status -ne 1 ]; then
		not_ok "$1: exit code 1" "it was $status" "$(head -n 5 "$work/err")"
	else
		ok "$1: exit code 1"
	fi
	check "$1: file, line and column" grep -qF "$rules:$2" "$work/err"
	check "$1: says what is wrong" grep -qiE "$3" "$work/err"
	if [ -e "$work/run" ] || [ -s "$work/out" ]; then
		not_ok "$1: nothing was started" "$(ls -A "$work/run" 2>/dev/null)"
	else
		ok "$1: nothing was started"
	fi
	[ $failures -eq 0 ] || sed 's/^/# /' "$work/err" | head -n 12
}

rule() {
	printf -- '- rule: r\n  desc: d\n  condition: %s\n  output: o\n  priority: INFO\n' "$1"
}

broken "broken YAML" 4: 'yaml|mapping|expected' <<'END'
- rule: r
  desc: "no end
  condition: evt.type = open
END
broken "a field that there is not" 3: 'proc\.nam' <<<"$(rule 'evt.type = open and proc.nam = x')"
check "a field that there is not: says which is meant" grep -q 'proc\.name' "$work/err"
broken "a macro that there is not" 3: 'my_macro' <<<"$(rule 'evt.type = open and my_macro')"
broken "a value of the wrong type" 3: 'number|valid' <<<"$(rule 'evt.type = open and fd.num = many')"
broken "an operator of the wrong type" 3: 'operator|supported' <<<"$(rule 'evt.type = open and fd.num contains x')"
broken "a condition without end" 3: 'expect|unexpected|\)' <<<"$(rule '(evt.type = open')"
broken "an unknown event type" 3: 'opem' <<<"$(rule 'evt.type = opem')"
broken "a priority that there is not" 5: 'priority' <<'END'
- rule: r
  desc: d
  condition: evt.type = open
  output: o
  priority: LOUD
END
broken "an output with an unknown field" 4: 'proc\.nix' <<'END'
- rule: r
  desc: d
  condition: evt.type = open
  output: "%proc.nix"
  priority: INFO
END
timeout 20 "$mews" run --run-dir "$work/run" -r "$work/none.yaml" >"$work/out" 2>"$work/err" </dev/null
status=$?
check "a file that is not there: exit code 1" [ $status -eq 1 ]
check "a file that is not there: its name" grep -qF "$work/none.yaml" "$work/err"
