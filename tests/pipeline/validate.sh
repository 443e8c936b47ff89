#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews validate` and `mews list` as people and scripts call them: words, files and directories in
# order, what goes where, exit codes.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"
cd "$work" || exit 1

rule() {
	printf -- '- rule: %s\n  desc: d\n  condition: %s\n  output: o\n  priority: INFO\n' "$1" "$2"
}
# says STATUS WORDS...: mews WORDS ends with STATUS; its output is in out and err.
says() {
	local want=$1 status
	shift
	timeout 60 "$mews" "$@" >out 2>err </dev/null
	status=$?
	[ $status -eq "$want" ] || { echo "exit code $status, not $want"; cat out err; return 1; }
}
empty() { [ ! -s "$1" ]; }

mkdir rules.d
printf -- '- macro: opens\n  condition: evt.type in (open, openat)\n' >rules.d/10.yaml
rule one 'opens and proc.name = a' >rules.d/20.yml
rule no 'not a condition' >rules.d/30.txt
rule two 'opens and proc.name = b' >two.yaml
rule broken 'evt.type = opne' >broken.yaml
rule warned 'proc.name = a' >warned.yaml

check "a good file: exit code 0" says 0 validate rules.d/10.yaml rules.d/20.yml
check "a verdict for each" [ "$(cat out)" = $'rules.d/10.yaml: Ok, with warnings\nrules.d/20.yml: Ok' ]
check "a macro that nobody uses yet is said once, on stderr" [ "$(grep -c LOAD_UNUSED_MACRO err)" -eq 1 ]
mkdir rules.d/dir.yaml
ln -s /nonexistent rules.d/link.yaml
check "a directory, and a file that needs it" says 0 validate rules.d two.yaml
check "what is no rules file is not read" [ "$(grep -c ': Ok' out)" -eq 3 ]
check "the other way round the macro is missing" says 1 validate two.yaml rules.d
check "what follows is looked at all the same" grep -q '^rules.d/10.yaml: ' out
check "a broken file: exit code 1" says 1 validate broken.yaml warned.yaml
check "the place, the caret and the suggestion" \
	grep -Pzq "\nat broken.yaml:3:25\n------\n  condition: evt.type = opne\n {24}\^\n------\nLOAD_ERR_COMPILE_CONDITION \([^)]*\): [^\n]*'open'" out
check "warnings of a good file are on stderr" says 0 validate warned.yaml
check "and the verdict alone on stdout" [ "$(cat out)" = 'warned.yaml: Ok, with warnings' ]
check "with the code" grep -q '^LOAD_NO_EVTTYPE ' err
check "a file that is not there" says 1 validate none.yaml
check "is said with its name" grep -q 'LOAD_ERR_FILE_READ.*No such file' out
check "as JSON: one object" says 1 validate --json rules.d broken.yaml none.yaml
check "with a result for each file" jq -e '[.falco_load_results[].successful] == [true, true, false, false]' out
check "and the exact place" jq -e '.falco_load_results[2].errors[0].place == {"file":"broken.yaml","line":3,"column":25}' out
check "nothing else is printed" empty err
printf -- '- required_plugin_versions:\n  - name: k8saudit\n    version: 0.1.0\n' >plugin.yaml
check "a plugin that there is not" says 1 validate plugin.yaml
check "is said" grep -q 'must load one of: k8saudit (>= 0.1.0)' out
printf -- '- required_plugin_versions:\n  - name: container\n    version: 0.4.0\n  - name: k8smeta\n    version: 0.2.0\n' >plugin.yaml
check "container and k8smeta are native" says 0 validate plugin.yaml
printf -- '- test: t\n  event: close\n  alerts: []\n- rule: r\n  color: red\n' >tests.yaml
rule three 'opens and proc.name = b' >>tests.yaml
check "tests are not what is wrong with a file" says 1 validate rules.d tests.yaml
check "but what is wrong beside them" [ "$(sed -n 's/^failed for //p' out)" = $'<root>[1]: Object contains a property that could not be validated using \'properties\' or \'additionalProperties\' constraints: \'color\'.\n<root>: Failed to validate item #1 in array.' ]
check "as JSON Falco's schema knows none" says 1 validate --json rules.d tests.yaml
check "and says so" jq -e '.falco_load_results[-1].schema_warnings | map(select(contains("[0]"))) | length == 3' out
check "the rules that mews ships, with their tests" says 0 validate "$top/rules"
check "have nothing said of them" [ "$(cat out)" = "$top/rules/mews_rules.yaml: Ok
$top/rules/mews_rules_test.yaml: Ok" ]
check "no file: wrong usage" says 2 validate
check "an unknown option: wrong usage" says 2 validate --jsno two.yaml
check "a full disk is no success" bash -c "! '$mews' validate two.yaml rules.d >/dev/full 2>/dev/null"

check "list fields" says 0 list fields
check "a field with its flags" grep -qE '^proc\.env +\(ARG_ALLOWED' out
check "its class and sources" [ "$(sed -n '2,4s/$/./p' out)" = $'Field Class:                  evt (all sources).\nEvent Sources:                syscall .\n.' ]
check "without types" eval '! grep -q "(Type: " out'
check "what is deprecated or hidden is left out" eval '! grep -qE "^(evt\.dir|evt\.latency.*|evt\.wait_latency|thread\.nametid|evt\.buflen\.in) " out'
check "as JSON: left out as well" says 0 list fields --json
fields_named='[.fieldclasses[].fields[].name] | (index("evt.type"), index("evt.dir"), index("thread.nametid")) != null'
check "and others are there" [ "$(jq -c "$fields_named" out | paste -sd ' ')" = "true false false" ]
check "list fields -v" says 0 list fields -v
check "a field with its type and flags" grep -qE '^proc\.env +\(Type: CHARBUF\) \(ARG_ALLOWED' out
check "list fields --all" says 0 list fields --json --all
check "has all that there are" [ "$(jq -c "$fields_named" out | paste -sd ' ')" = "true true true" ]
check "list events" says 0 list events
check "the version of their schema comes first, then a group" \
	[ "$(sed -n '1,3s/$/./p' out)" = $'The events below are valid for Falco *Schema Version*: 4.3.0.\n## Syscall events.\n.' ]
check "an event with its parameters" grep -q '^< close(ERRNO \*\*res\*\*, FD \*\*fd\*\*)$' out
check "and the flags of these" grep -q '^> open(FSPATH \*\*name\*\*, FLAGS32 \*\*flags\*\*: O_LARGEFILE, ' out
check "a system call without an event of its own begins and ends" [ "$(grep -c '^[<>] sysinfo(SYSCALLID \*\*ID\*\*' out)" -eq 2 ]
groups='Syscall events,Tracepoint events,Plugin events,Metaevents'
check "Falco's groups, and no others" [ "$(sed -n 's/^## //p' out | paste -sd ,)" = "$groups" ]
check "an empty line behind each of them" [ "$(grep -c '^$' out)" -eq 8 -a -z "$(tail -n 1 out)" ]
check "list events as JSON" says 0 list events --json
check "has the same version and groups" [ "$(jq -r '.schema_version, (keys_unsorted | join(","))' out | paste -sd ' ')" = "4.3.0 schema_version,$groups" ]
check "and both ends" [ "$(jq -r '."Syscall events"[] | select(.name == "sysinfo").dir' out | paste -sd '')" = "><" ]
check "list events --all" says 0 list events --all
check "has what only captures hold" [ "$(sed -n 's/^## //p' out | paste -sd ,)" = "$groups,Iterator events,Old events" ]
check "list rules of files" says 0 list rules -r rules.d -r two.yaml
check "names and descriptions" [ "$(sed -n '3p;5p' out | tr -s ' ')" = $'one d\ntwo d' ]
check "list rules as JSON" says 0 list --json rules -r rules.d -r two.yaml
check "their compiled conditions" jq -e '.rules[1].details.condition_compiled == "(evt.type in (open, openat) and proc.name = b)"' out
check "their events" jq -e '.rules[1].details.events == ["asyncevent", "open", "openat"]' out
check "fields that settings add are not there without any" jq -e '[.rules[].details | has("extra_output_formatted_fields")] | any | not' out
echo 'append_output: [{match: {rule: two}, extra_output: at %evt.num, extra_fields: [proc.pid, by: "%proc.name/%proc.pname", of: x]}]' >added.yaml
check "list rules with settings" says 0 list rules --json -c added.yaml -r rules.d -r two.yaml
check "those with a format are named" \
	jq -e '[.rules[] | select(.info.name == "two").details.extra_output_formatted_fields] == [["by", "of"]]' out
check "of the rules that they are added to" jq -e '.rules[] | select(.info.name == "one").details | has("extra_output_formatted_fields") | not' out
check "the output has its own fields, and what is appended" \
	jq -e '.rules[] | select(.info.name == "two").details | (.output_compiled | endswith(" at %evt.num")) and (.output_fields[-1] == "evt.num")' out
check "the same with -o" says 0 list rules --json -o 'append_output[]={"extra_fields": [{"by": "%proc.name"}]}' -r rules.d -r two.yaml
check "for all rules" jq -e '[.rules[].details.extra_output_formatted_fields] == [["by"], ["by"]]' out
check "settings that are wrong: exit code 1" says 1 list rules -o append_output=1 -r two.yaml -r rules.d
check "settings without rules: wrong usage" says 2 list fields -o json_output=true
check "the rules that mews ships, when none are named" says 0 list rules --json
check "are there" jq -e '(.rules | length) > 5' out
check "rules that do not load: exit code 1" says 1 list rules -r broken.yaml
check "and why" grep -q 'broken.yaml:3:25: .*opne' err
check "a list that there is not: wrong usage" says 2 list colours
check "no list: wrong usage" says 2 list
check "-r without rules: wrong usage" says 2 list fields -r two.yaml
