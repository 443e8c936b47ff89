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
check "an engine of old is the one that there is" eval '"$mews" config check "$out" >/dev/null'
printf 'a: &a [*a]\nb: &b {c: *b}\npriority: loud\n' >"$work/odd.yaml"
check "what is wrong is said, and 1" eval '! "$mews" config convert "$work/odd.yaml" >"$out" 2>"$work/err" && [ -s "$work/err" ]'
check "a file that is not there is 1" eval '! "$mews" config convert "$work/none.yaml" 2>"$work/err" && grep -q "none.yaml: cannot read" "$work/err"'

# ---- in the pipeline ----

if [ "$(id -u)" -eq 0 ] && [ -r /sys/kernel/btf/vmlinux ]; then
	"$mews" config convert "$work/falco/falco.yaml" -o "$work/mews.yaml" 2>/dev/null
	sed -i "s,./events .*,$work/events.txt\",; s,http://localhost:2801,http://127.0.0.1:9," "$work/mews.yaml"
	"$mews" run -c "$work/mews.yaml" -o rules=[] -o priority=debug --run-dir "$work/run" >"$work/alerts" 2>"$work/log" </dev/null &
	mews_pid=$!
	check "the pipeline runs with it" eval 'wait_for 20 grep -q watching "$work/log" && wait_for 10 grep -q "\"rule\":\"r\"" "$work/alerts"'
	check "a field of the settings is in conditions and outputs" grep -q '"output":"[^"]*from north 1\.[^}]*"static.site":"north 1"' "$work/alerts"
	check "rules files that are not there are passed over" grep -q "there is no '$work/falco/falco_rules.yaml'" "$work/log"
	stop_mews
fi
echo "1..$tests"
