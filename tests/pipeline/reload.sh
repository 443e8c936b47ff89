#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Other rules and settings while the pipeline runs: all or nothing, and no event is missed.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live
rules=$work/rules
mkdir "$rules"

# reads NAME FILE: a rule.
reads() {
	printf -- '- rule: %s\n  desc: d\n  condition: evt.type in (open, openat, openat2) and fd.name = %s and proc.name = trigger\n  output: "%%proc.cmdline"\n  priority: WARNING\n' "$1" "$2"
}
settings() { printf '%s\n' "$@" >"$work/new" && mv "$work/new" "$work/mews.yaml"; }
reload() { "$mews" reload --run-dir "$work/run"; }
ruleset() { status_of run | grep -o 'in force ([0-9a-f]*)' | head -n 1; }
# alerts_on FILE MARK RULE: to read the file makes an alert of this rule.
alerts_on() {
	"$trigger" read "$1" "mark-$2" 2>/dev/null
	wait_for 5 grep -q "mark-$2\".*\"rule\":\"$3\"" "$work/alerts"
}
# soon_alerts_on FILE MARK RULE: the same, when the rule is not yet there.
soon_alerts_on() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"$trigger" read "$1" "mark-$2" 2>/dev/null
		sleep 0.2
		grep -q "mark-$2\".*\"rule\":\"$3\"" "$work/alerts" && return
	done
	return 1
}
said() { wait_for 5 grep -qF -- "$1" "$work/mews.log"; }

reads shadow /etc/shadow >"$rules/a.yaml"
settings 'watch_config_files: false'
start_mews -c "$work/mews.yaml" -r "$rules"
first=$(ruleset)
check "the ruleset has a hash" [ -n "$first" ]

# ---- what is wrong changes nothing ----

printf -- '- rule: broken\n  desc: d\n  condition: proc.nam = x\n  output: o\n  priority: INFO\n' >"$rules/b.yaml"
reload >"$work/out" 2>"$work/err"
check "broken rules: mews reload is 1" [ $? -eq 1 ]
check "and has file, line and column" grep -q "$rules/b.yaml:3:[0-9]*: " "$work/err"
check "the old ones are in force" [ "$(ruleset)" = "$first" ]
check "and alert" alerts_on /etc/shadow old shadow
check "an alert says that it failed" wait_for 5 grep -q '"rule":"Falco internal: hot restart failure".*internal' "$work/alerts"
check "with the reason" grep -q "hot restart failure: $rules/b.yaml:3:" "$work/alerts"
check "of priority Critical" grep -q '"priority":"Critical","rule":"Falco internal: hot' "$work/alerts"
old=$(stage_pid run evaluator)
kill -9 "$old"
check "an evaluator that dies meanwhile comes back" wait_for 10 came_back run evaluator "$old"
check "with the rules in force, not with the broken files" [ "$(ruleset)" = "$first" ]
check "which alert" alerts_on /etc/shadow after shadow
rm "$rules/b.yaml"
for wrong in 'priority: loud' 'priority: [' 'rules: [{disable: x}]' 'config_files: [x, {y: 1}]'; do
	settings "$wrong"
	check "settings with $wrong are refused" eval '! reload 2>"$work/err" && grep -q "$work/mews.yaml:[12]:" "$work/err"'
done
check "and change nothing" alerts_on /etc/shadow still shadow

# ---- what is right is in force ----

settings 'watch_config_files: false'
reads passwd /etc/passwd >>"$rules/a.yaml"
check "mews reload" reload
check "the ruleset is another one" [ "$(ruleset)" != "$first" ]
check "the new rule alerts" alerts_on /etc/passwd new passwd
check "an output that cannot be opened makes all go back" eval '
	settings "watch_config_files: false" "stdout_output: {enabled: false}" \
		"file_output: {enabled: true, filename: $work/none/x}"
	reads group /etc/group >"$rules/c.yaml"
	! reload 2>"$work/err" && grep -q "emitter does not start with the new settings" "$work/err"'
rm "$rules/c.yaml"
check "the rules, too" soon_alerts_on /etc/passwd back passwd
check "what the emitter does is followed" eval '
	settings "watch_config_files: false" "json_include_tags_property: false" && reload | grep -q "started again: emitter"'
"$trigger" read /etc/passwd mark-tags 2>/dev/null
check "in its alerts" wait_for 5 grep -q mark-tags "$work/alerts"
check "as the settings say" eval '! grep mark-tags "$work/alerts" | grep -q "\"tags\""'
check "what needs a restart by hand is said" eval '
	settings "watch_config_files: false" "mews: {rings: {raw_mb: 8}}" && reload | grep -q "mews restart collector.: mews.rings.raw_mb"'
check "rules can be disabled" eval '
	settings "rules: [{disable: {rule: \"pass*\"}}]" && reload && alerts_on /etc/shadow dis shadow'
"$trigger" read /etc/passwd mark-gone 2>/dev/null
check "and are" eval 'alerts_on /etc/shadow dis2 shadow && ! grep -q mark-gone "$work/alerts"'

# ---- without being told: these settings watch files ----

reads hosts /etc/hosts >"$rules/w.yaml"
check "a new file is heard of" soon_alerts_on /etc/hosts watched hosts
settings 'rules: [{disable: {tag: x}}]'
check "so are other settings" soon_alerts_on /etc/passwd watched2 passwd
reads hosts2 /etc/hosts >"$rules/.w.yaml.swp" && mv "$rules/.w.yaml.swp" "$rules/w.yaml"
check "and a file that takes another's place" soon_alerts_on /etc/hosts watched3 hosts2
settings 'watch_config_files: false'
check "until they say that they do not" said "reloaded"
sleep 0.3
reads hostname /etc/hostname >"$rules/h.yaml"
kill -HUP "$mews_pid"
check "SIGHUP reloads" soon_alerts_on /etc/hostname hup hostname
reads issue /etc/hostname >"$rules/h.yaml"
kill -HUP "$(stage_pid run evaluator)"
check "so does one to a stage" soon_alerts_on /etc/hostname hup2 issue

# ---- no event is missed, none is told twice ----

# Every reload has rules that differ; every fourth has other settings for the emitter.
events=600
(for ((i = 0; i < events; i++)); do "$trigger" read /etc/shadow "count-$i-" 2>/dev/null; done) &
load=$!
failed=0
for ((i = 0; i < 20; i++)); do
	reads "other$i" /etc/motd >"$rules/w.yaml"
	[ $((i % 4)) -ne 0 ] || settings 'watch_config_files: false' "json_include_tags_property: $([ $((i % 8)) -eq 0 ] && echo false || echo true)"
	reload >/dev/null 2>>"$work/err" || failed=$((failed + 1))
done
wait $load
check "20 reloads under load" [ $failed -eq 0 ]
all_alert() {
	grep -o 'trigger read /etc/shadow count-[0-9]*-' "$work/alerts" | sort | uniq -c >"$work/counted"
	awk -v want=$events '$1 != 2 { print; bad = 1 } END { print NR " of " want; exit bad || NR != want }' "$work/counted"
}
check "every event alerts, and once" wait_for 10 all_alert
check "nothing was lost on the way" eval 'wait_for 5 balanced run && ! grep -q "Falco internal: syscall event drop" "$work/alerts"'
check "it ends as ever" stop_mews

# ---- settings that only root can read ----

chmod 600 "$work/mews.yaml" "$rules"/*.yaml
: >"$work/alerts"
start_mews -c "$work/mews.yaml" -r "$rules"
reads later /etc/hosts >"$rules/w.yaml" && chmod 600 "$rules/w.yaml"
check "stages need not be able to read the files" eval 'reload && alerts_on /etc/hosts root later'
stop_mews

# ---- a stage alone, whom nobody supervises ----

mkdir -m 777 "$work/alone"
"$build/bin/mews-evaluator" -c "$work/mews.yaml" -r "$rules" --run-dir "$work/alone" 2>"$work/alone.log" &
alone=$!
chmod 644 "$work/mews.yaml" "$rules"/*.yaml
check "a stage alone listens" wait_for 10 [ -S "$work/alone/evaluator.ctl" ]
check "and reloads its files itself" eval '"$mews" reload --run-dir "$work/alone" | grep -q "in force, ruleset"'
echo '- rule: x' >"$rules/w.yaml"
"$mews" reload --run-dir "$work/alone" >/dev/null 2>"$work/err"
check "or says what is wrong" [ $? -eq 1 -a -n "$(grep "$rules/w.yaml:1:" "$work/err")" ]
rm "$rules/w.yaml"
settings "mews: {rings: {alerts_mb: 8}}"
chmod 644 "$work/mews.yaml"
for again in "is said" "and said again"; do
	"$mews" reload --run-dir "$work/alone" >/dev/null 2>"$work/err"
	check "what is in force only when it is started again $again" \
		[ $? -eq 1 -a -n "$(grep "evaluator: .* rules, .*mews restart evaluator.: mews.rings.alerts_mb" "$work/err")" ]
done
settings "priority: error"
chmod 644 "$work/mews.yaml"
check "not what is followed, or is no longer asked for" eval '"$mews" reload --run-dir "$work/alone" >/dev/null'
kill "$alone"
wait "$alone" 2>/dev/null
"$mews" reload --run-dir "$work/nowhere" 2>/dev/null
check "where nothing runs, mews reload is 1" [ $? -eq 1 ]
echo "1..$tests"
