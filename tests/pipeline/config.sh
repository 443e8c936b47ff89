#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mews config`: what is wrong with settings is said with its place, and an installation of Falco is
# taken over.
. "$(dirname -- "$0")/../support/pipeline.sh"
[ -x "$mews" ] || skip_all "mews is not built"

# ---- help ----

for asked in -h --help 'check --help' 'convert -h' 'convert --help'; do
	"$mews" config $asked >"$work/out" 2>&1
	check "config $asked is 0" [ $? -eq 0 ]
	check "and says how to call it" grep -q '^usage: mews config check ' "$work/out"
done
"$mews" config >/dev/null 2>&1
check "config alone is wrong usage" [ $? -eq 2 ]

# ---- check ----

cat >"$work/bad.yaml" <<'END'
priority: loud
json_output: perhaps
prioritty: error
syscall_buf_size_preset: 4
webserver_: {enabled: true}
output_timeout: 2000
http_output: {enabled: true, url: "http://x", ulr: y}
mews: {rings: {raw_mb: 4}}
END
"$mews" config check "$work/bad.yaml" >"$work/out"
check "wrong settings are 1" [ $? -eq 1 ]
says() { check "$1" grep -qF -- "$work/bad.yaml:$2" "$work/out"; }
says "a wrong value has its place" "1:11: error: 'loud' is not a value for 'priority': it takes one of emergency"
says "one error does not hide the next" "2:14: error: 'perhaps' is not a value for 'json_output': it takes true or false"
says "an unknown key says what may be meant" "3:1: warning: 'prioritty' is not a setting, ignored: is 'priority' meant?"
says "an old key says what is in its place" "4:1: warning: 'syscall_buf_size_preset' is not a setting, ignored: it is 'engine.modern_ebpf.buf_size_preset'"
says "a key without effect says why" "6:1: note: 'output_timeout' has no effect: "
says "an output's key, too, says what may be meant" "7:47: warning: 'http_output.ulr' is not a setting, ignored: is 'url' meant?"
says "what a reload does not change is said" "8:16: note: 'mews.rings.raw_mb' is not changed by a reload, but by \`mews restart collector'"
check "nothing is said to be ok" eval '! grep -q "^Ok" "$work/out"'
"$mews" config check "$work/bad.yaml" --json >"$work/json"
check "as JSON it is 1, too" [ $? -eq 1 ]
check "and JSON" python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
assert o["ok"] is False and len(o["findings"]) == 8, o
assert [f["kind"] for f in o["findings"]].count("wrong") == 2
assert all(f["file"] and f["line"] and f["column"] and f["message"] for f in o["findings"])' "$work/json"
printf 'priority: error\n' >"$work/good.yaml"
check "good settings are Ok" [ "$("$mews" config check "$work/good.yaml")" = Ok ]
check "with an option that is wrong they are not" eval '! "$mews" config check "$work/good.yaml" -o priority=x >"$work/out" && grep -q "^-o: error: " "$work/out"'
check "a file that is not there is an error" eval '! "$mews" config check "$work/none.yaml" >"$work/out" && grep -q "none.yaml: error: cannot read" "$work/out"'
"$mews" config frobnicate 2>/dev/null
check "another word is wrong usage" [ $? -eq 2 ]

# ---- what could not start ----

refuses() { # NAME, what is said, OPTION...
	local name=$1 text=$2 option args=()
	shift 2
	for option; do args+=(-o "$option"); done
	"$mews" config check "${args[@]}" >"$work/out"
	check "$name is 1" [ $? -eq 1 ]
	check "$name is said" eval '[ "$(grep -c "^-o: error: " "$work/out")" -eq 1 ] && grep -qF -- "$text" "$work/out"'
}
refuses "no output" "no output is enabled" stdout_output.enabled=false
refuses "metrics that go nowhere" "metrics go nowhere" metrics.enabled=true
refuses "an interval without a unit" "'5000' is no duration" metrics.enabled=true metrics.interval=5000 webserver.prometheus_metrics_enabled=true
refuses "an address that is a name" "'localhost' is no IPv4 or IPv6 address" webserver.enabled=true webserver.listen_address=localhost
refuses "an engine without its capture" "needs 'engine.replay.capture_file'" engine.kind=replay
printf 'priority: error\nhttp_output: {enabled: true}\nsyscall_event_drops: {actions: [ignore, log]}\nconfig_files: {a: b}\n' >"$work/bad.yaml"
"$mews" config check "$work/bad.yaml" >"$work/out"
says "what one key asks of another has a place" "2:24: error: 'http_output.enabled' needs 'http_output.url'"
says "and does not hide the next" "3:32: error: 'syscall_event_drops.actions'"
check "nothing is said twice" [ "$(wc -l <"$work/out")" -eq 3 ]
printf 'config_files: none.yaml\nrules_files: r.yaml\n' >"$work/one.yaml"
check "one text is a list of one" [ "$("$mews" config check "$work/one.yaml")" = Ok ]

# ---- rules files that are not there ----

captures=("${MEWS_CAPTURES:-$top/../shared/captures}"/01_*.scap)
if [ -r "${captures[0]}" ]; then
	printf -- '- rule: r\n  desc: d\n  condition: evt.type = openat\n  output: o\n  priority: INFO\n' >"$work/r1.yaml"
	printf 'rules_files: [%s/none.yaml, %s/r1.yaml]\n' "$work" "$work" >"$work/nx.yaml"
	check "a replay passes them over, where settings name them" eval '
		"$mews" replay "${captures[0]}" -c "$work/nx.yaml" >"$work/alerts" 2>"$work/log" </dev/null && [ -s "$work/alerts" ] &&
			grep -q "there is no .$work/none.yaml" "$work/log"'
	check "the old name does as well" eval '
		"$mews" replay "${captures[0]}" -o rules_file="$work/r1.yaml" >"$work/again" 2>/dev/null </dev/null && cmp "$work/alerts" "$work/again"'
	said_once() { [ "$(grep -c "'nonsuch' is not a setting" "$work/log")" -eq 1 ] || { cat "$work/log"; return 1; }; }
	"$mews" replay "${captures[0]}" -c "$work/nx.yaml" -o nonsuch=1 >"$work/again" 2>"$work/log" </dev/null
	check "an unknown key is said once, not by each stage" said_once
	check "and changes nothing" cmp "$work/alerts" "$work/again"
	"$mews" events --read "${captures[0]}" -o nonsuch=1 >/dev/null 2>"$work/log" </dev/null
	check "by mews events, too" said_once
	"$mews" replay "${captures[0]}" -c "$work/nx.yaml" -r "$work/none.yaml" >"$work/out" 2>"$work/log" </dev/null
	check "what -r names must be there" eval "[ $? -eq 1 ] && grep -q LOAD_ERR_FILE_READ '$work/log'"
fi

# ---- convert: an installation with what people have in theirs ----

mkdir "$work/falco" "$work/falco/config.d" "$work/falco/rules.d"
cat >"$work/falco/rules.d/r.yaml" <<'END'
- rule: r
  desc: d
  condition: evt.type = openat and static.site = "north 1"
  output: from %static.site.
  priority: INFO
END
cat >"$work/falco/falco.yaml" <<END
config_files: [$work/falco/config.d, {path: $work/falco/none.yaml, strategy: override}]
watch_config_files: true
rules_files:
  - $work/falco/falco_rules.yaml
  - $work/falco/rules.d
rules: [{disable: {rule: "*"}}, {enable: {tag: "network"}}]
engine:
  kind: modern_ebpf
  modern_ebpf: {buf_size_preset: 5, drop_failed_exit: false}
  gvisor: {config: /etc/x}
load_plugins: [container, json]
plugins:
  - name: container
    library_path: libcontainer.so
    init_config: {label_max_len: 100, engines: {docker: {enabled: false, sockets: ['/a b']}, cri: {enabled: true, sockets: [/c, /d]}}}
  - {name: json, library_path: libjson.so}
  - name: k8smeta
    init_config: {nodeName: "\${NODE}"}
time_format_iso_8601: true
static_fields: {site: north 1, "a-b": "c=d"}
priority: notice
json_output: false
rule_matching: first
outputs_queue: {capacity: 0}
append_output:
  - {match: {source: syscall}, extra_output: "on \"%evt.hostname\"\t%proc.name"}
  - suggested_output: true
stdout_output: {enabled: true}
syslog_output: {enabled: false}
file_output: {enabled: true, keep_alive: false, filename: "./events \$\${X}.txt"}
http_output:
  enabled: true
  url: "http://localhost:2801"
  ca_bundle: ""
  max_consecutive_timeouts: 5
grpc: {enabled: false, bind_address: "unix:///run/falco/falco.sock"}
log_stderr: true
log_level: info
libs_logger: {enabled: true, severity: info}
syscall_event_timeouts: {max_consecutives: 1000}
syscall_event_drops: {threshold: .1, actions: [log, alert], rate: .03333, max_burst: 1}
base_syscalls: {custom_set: [], repair: false}
falco_libs: {thread_table_size: 262144}
END
printf 'json_output: true\nrules_files: [%s/more.yaml]\n' "$work/falco" >"$work/falco/config.d/a.yaml"
out=$work/mews.yaml
"$mews" config convert "$work/falco/falco.yaml" -o "$out" 2>"$work/err"
check "an installation of Falco is taken over" [ $? -eq 0 ]
check "what comes out is Ok" eval '"$mews" config check "$out" >"$work/checked" && tail -n 1 "$work/checked" | grep -q "^Ok"'
[ "$failures" -eq 0 ] || sed 's/^/# /' "$work/err" "$out"
has() { check "$1" grep -qxF -- "$2" "$out"; }
has "what config.d says is in it" 'json_output: true'
has "rules files of both, in order" "  - $work/falco/more.yaml"
has "texts stay what they are" '    extra_output: "on \"%evt.hostname\"\x09%proc.name"'
has "variables stay variables" '  filename: "./events $${X}.txt"'
has "the container plugin's runtimes are ours to ask" '    sockets:'
check "with their sockets" eval 'grep -A 9 "^container_engines:" "$out" | grep -q "/a b"'
has "k8smeta's node, too" '  node_name: "${NODE}"'
has "what Falco does when told nothing is written down" '    cpus_for_each_buffer: 2'
has "a key without effect is a comment" '# outputs_queue:'
check "with the reason" eval 'grep -B 1 "^# outputs_queue:" "$out" | grep -q "alerts wait"'
has "plugins are comments" '# plugins:'
check "a plugin that nothing takes the place of is said" grep -q "falco.yaml:16:5: plugin 'json' cannot be loaded" "$work/err"
check "so is what is gone" grep -q "'grpc' is not taken over: there is no gRPC" "$work/err"
check "below others as well" grep -q "'engine.gvisor' is not taken over" "$work/err"
check "and nothing else" [ "$(wc -l <"$work/err")" -eq 3 ]
check "rules load with it" eval '"$mews" config check "$out" -o priority=debug >/dev/null'
printf 'stdout_output: {enabled: true}\nrules_file: /x\nsyscall_buf_size_preset: 6\nengine: {kind: ebpf}\n' >"$work/old.yaml"
"$mews" config convert "$work/old.yaml" >"$out" 2>"$work/err"
check "old keys get their new names" eval 'grep -q "buf_size_preset: 6" "$out" && grep -A 1 "^rules_files:" "$out" | grep -q "/x"'
check "and are no comments" eval '! grep -q "rules_file:" "$out"'
check "an engine of old is the one that there is" eval '"$mews" config check "$out" >/dev/null'
cat >"$work/list.yaml" <<'END'
rules_file: [/a, "/b \"c\""]
stdout_output: {enabled: true}
static_fields: {site: "null", other: 'NULL', more: "~", last: Null}
file_output: {filename: "null"}
webserver: {enabled: true}
END
"$mews" config convert "$work/list.yaml" >"$out" 2>"$work/err"
check "a list under an old name is taken over" [ $? -eq 0 ]
check "with all that is in it" eval 'grep -A 2 "^rules_files:" "$out" | grep -qxF "  - \"/b \\\"c\\\"\""'
check "and nothing is said" [ ! -s "$work/err" ]
has "where Falco listens is written down" '  listen_address: 0.0.0.0'
has "and its certificate" '  ssl_certificate: /etc/falco/falco.pem'
has "a text that reads as nothing keeps its quotes" '  filename: "null"'
has "so it does in a map" '  other: "NULL"'
printf 'stdout_output: {enabled: true}\nrules_file: /x\nrules_files: [/y]\n' >"$work/both.yaml"
check "an old name beside the new one is wrong, as it is for Falco" eval '
	! "$mews" config convert "$work/both.yaml" >"$out" 2>"$work/err" && grep -q "one of them must go" "$work/err"'
printf 'stdout_output: {enabled: true}\nprogram_output: {enabled: true, keep_alive: false, program: "cat >/tmp/a"}\n' >"$work/program.yaml"
"$mews" config convert "$work/program.yaml" >"$out" 2>"$work/err"
check "a program is taken over" eval 'grep -q "^  program: \"cat >/tmp/a\"" "$out"'
check "and it is said who runs it" eval '[ "$(wc -l <"$work/err")" -eq 1 ] && grep -q "program.yaml:2:27: .program_output. runs its program as user mews-emitter, not as root" "$work/err"'
sed -i 's/{enabled: true, keep/{enabled: false, keep/' "$work/program.yaml"
"$mews" config convert "$work/program.yaml" >"$out" 2>"$work/err"
check "where it is on" [ ! -s "$work/err" ]
printf 'a: &a [*a]\nb: &b {c: *b}\npriority: loud\n' >"$work/odd.yaml"
check "what is wrong is said, and 1" eval '! "$mews" config convert "$work/odd.yaml" >"$out" 2>"$work/err" && [ -s "$work/err" ]'
check "a file that is not there is 1" eval '! "$mews" config convert "$work/none.yaml" 2>"$work/err" && grep -q "none.yaml: cannot read" "$work/err"'

# ---- in the pipeline ----

if [ "$(id -u)" -eq 0 ] && [ -r /sys/kernel/btf/vmlinux ]; then
	"$mews" config convert "$work/falco/falco.yaml" -o "$work/mews.yaml" 2>/dev/null
	sed -i "s,./events .*,$work/events.txt\",; s,http://localhost:2801,http://127.0.0.1:9," "$work/mews.yaml"
	"$mews" run -c "$work/mews.yaml" -o rules=[] -o priority=debug -o nonsuch=1 --run-dir "$work/run" >"$work/alerts" 2>"$work/log" </dev/null &
	mews_pid=$!
	check "the pipeline runs with it" eval 'wait_for 20 grep -q watching "$work/log" && wait_for 10 grep -q "\"rule\":\"r\"" "$work/alerts"'
	check "a field of the settings is in conditions and outputs" grep -q '"output":"[^"]*from north 1\.[^}]*"static.site":"north 1"' "$work/alerts"
	check "an unknown key is said once" [ "$(grep -c "'nonsuch' is not a setting" "$work/log")" -eq 1 ]
	check "rules files that are not there are passed over" grep -q "there is no '$work/falco/falco_rules.yaml'" "$work/log"
	stop_mews
fi
echo "1..$tests"
