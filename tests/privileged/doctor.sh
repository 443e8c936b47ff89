#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What mews doctor says: on this host as it is, with programs that the kernel refuses, without rights,
# with broken rules; and nothing of it stays behind.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

# doctor STATUS ARGS...: its exit code is STATUS; what it said is in $work/said.json.
doctor() {
	local want=$1
	shift
	"$mews" doctor --json --run-dir "$work/run" "$@" >"$work/said.json" 2>"$work/said.err"
	local got=$?
	[ $got -eq "$want" ] || { echo "exit code $got"; jq -c '.checks[] | select(.state != "ok")' "$work/said.json"; cat "$work/said.err"; return 1; }
}
said() { jq -e "$1" "$work/said.json"; }

"$mews" doctor --json --run-dir "$work/run" -r "$top/rules" >"$work/said.json"
usual=$?
check "it says what can be seen here" said '.verdict != "missing" and ([.checks[] | select(.state == "missing")] == [])'
check "and its exit code is the worst of it" [ $usual -eq "$(jq 'if .verdict == "ok" then 0 else 1 end' "$work/said.json")" ]
named=$(sed -n 's/^FAMILY(.*, \([a-z_]*\)).*/\1/p; s/^TRACE(.*, \([a-z_]*\)).*/\1/p; s/^RING(\([a-z_]*\)).*/\1/p' "$top/bpf/family.def" | sort)
looked=$(jq -r '.checks[] | select(.area == "program") | .name' "$work/said.json" | sort)
check "the table of programs is found" [ "$(wc -w <<<"$named")" -gt 30 ]
check "every program in it is looked at" [ -z "$(comm -23 <(echo "$named") <(echo "$looked"))" ]
check "each once" [ -z "$(uniq -d <<<"$looked")" ]
check "with the time that loading took" said '[.checks[] | select(.area == "program" and .state == "ok") |
	.found | test("loaded in [0-9.]+ ms, [1-9][0-9]* instructions")] | all'
check "and the kernel, rights, users, places and settings" said \
	'["version", "types (BTF)", "lockdown", "CAP_BPF", "io_uring", "Landlock", "mews-emitter", "run directory", "rules", "ring buffers"] - [.checks[].name] == []'
"$mews" doctor --run-dir "$work/run" -r "$top/rules" >"$work/text"
check "people get a line for each" [ "$(grep -cE '^(ok|limited|missing) ' "$work/text")" = "$(jq '.checks | length' "$work/said.json")" ]
check "no run directory is made" [ ! -e "$work/run" ]
check "and no collector is left" [ -z "$(pgrep -f -- '--probe --run-dir '"$work")" ]

export MEWS_BREAK_PROGRAMS=exit_poll,uring_done
check "programs that are refused are a limit" doctor 1 -r "$top/rules"
check "what they see is named" said '[.checks[] | select(.area == "program" and .state == "limited") | .name] as $n |
	($n | index("exit_poll")) and ($n | index("uring_done")) and
	(.checks[] | select(.name == "exit_poll") | .found | test("R9 !read_ok; not seen: poll, ppoll"))'
check "with all that the verifier said" said '.checks[] | select(.name == "exit_poll") | .log | test("r0 = r9\nR9 !read_ok\nprocessed ")'
"$mews" doctor --run-dir "$work/run" -r "$top/rules" --verbose >"$work/text"
check "people see it with --verbose" grep -q '^    | R9 !read_ok$' "$work/text"
"$mews" doctor --run-dir "$work/run" -r "$top/rules" >"$work/text"
check "and only then" sh -c "! grep -q '^    |' '$work/text' && grep -qE '^limited +program +exit_poll ' '$work/text'"
export MEWS_BREAK_PROGRAMS=process_exit
check "without an essential program nothing is to be had" doctor 3 -r "$top/rules"
check "and it is named" said '.verdict == "missing" and (.checks[] | select(.name == "kernel side") |
	(.found | test("process_exit.*R9 !read_ok")) and (.log | test("r0 = r9")))'
unset MEWS_BREAK_PROGRAMS

printf -- '- rule: Broken\n  desc: x\n  condition: evt.type = \n  output: x\n  priority: INFO\n' >"$work/broken.yaml"
check "broken rules are found" doctor 3 -r "$work/broken.yaml"
check "and said to be so" said '.checks[] | select(.name == "rules") | .state == "missing" and (.found | length) > 10'
base() { "$mews" doctor --json --run-dir "$work/run" -r "$top/rules" "$@" >"$work/said.json"; }
base
check "which calls are watched for the state is said" said '.checks[] | select(.name == "base_syscalls") | .state == "ok" and (.found | test("^all that state"))'
base -o 'base_syscalls.custom_set[]=open' -o 'base_syscalls.custom_set[]=!dup'
check "and when the settings leave some out" said '.checks[] | select(.name == "base_syscalls") | .state == "limited" and .found == "custom_set: open, !dup"'
check "so are settings" doctor 3 -r "$top/rules" -o log_level=loud
mkdir "$work/foreign" && touch "$work/foreign/file"
"$mews" doctor --json -r "$top/rules" --run-dir "$work/foreign" >"$work/said.json"
check "and a run directory that is something else's" said '.checks[] | select(.name == "run directory") | .state == "missing"'
check "which stays as it is" [ "$(stat -c %a "$work/foreign")" = 755 ]
check "usage is checked" sh -c "'$mews' doctor --nonsense 2>/dev/null; [ \$? -eq 2 ] && { '$mews' doctor word 2>/dev/null; [ \$? -eq 2 ]; }"
if cp "$build/bin/mews" "$build/bin/mews-collector" "$tools/" && command -v setpriv >/dev/null; then
	setpriv --reuid=65534 --regid=65534 --clear-groups "$tools/mews" doctor --json --run-dir "$work/other" >"$work/said.json" 2>/dev/null
	check "without rights its exit code is 3" [ $? -eq 3 ]
	check "and it says which are missing" said '[.checks[] | select(.state == "missing") | .name] as $n |
		["user", "CAP_BPF", "CAP_PERFMON", "kernel side"] - $n == []'
fi
echo "1..$tests"
