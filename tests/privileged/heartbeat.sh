#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Heartbeats of a live pipeline: a call of the collector's own that comes out of each output that wants it;
# nobody else can make one; where none comes any more, and which output is to blame, is said.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live
for program in curl jq python3; do
	command -v $program >/dev/null || skip_all "needs $program"
done
port=$((20000 + RANDOM % 20000))

beat() { jq -c 'select(.rule == "Mews internal: heartbeat")' "$1"; }
beats() { beat "$1" | wc -l; }
has_beats() { [ "$(beats "$1")" -ge "$2" ]; }
rule_says() { jq -se --arg rule "$2" --arg text "$3" 'any(.rule == $rule and (.output | contains($text)))' "$1"; }
emitter_says() { status_of run | jq -e "$1"; }
health() { curl -sS --max-time 10 "http://127.0.0.1:$port/healthz"; }
health_is() { [[ $(health) == *"$1"* ]]; }
# The call that a heartbeat is, by somebody else, as often as it is told.
pretend() {
	python3 - "$1" <<-'END'
		import ctypes, os, sys
		call = 146 if os.uname().machine == "x86_64" else 125
		libc = ctypes.CDLL(None)
		for i in range(int(sys.argv[1])):
		    libc.syscall(ctypes.c_long(call), ctypes.c_long(0), ctypes.c_long(2 * i + 1), ctypes.c_long(i))
	END
}
cat >"$work/rules.yaml" <<-'END'
	- rule: Asks of priorities
	  desc: the call that a heartbeat is, by anybody
	  condition: evt.type = sched_get_priority_max
	  output: asked by %proc.name
	  priority: NOTICE
	- rule: Read shadow
	  desc: what the pipeline is tried with
	  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
	  output: read with %proc.cmdline
	  priority: NOTICE
END

# ---- off ----

start_mews
check "without heartbeat.interval there are none" emitter_says '.heartbeat == null and .outputs[0].heartbeat == null'
stop_mews
check "and none came" [ "$(beats "$work/alerts")" -eq 0 ]

# ---- on ----

start_mews -r "$work/rules.yaml" -o heartbeat.interval=200ms -o webserver.enabled=true -o webserver.listen_port=$port \
	-o metrics.enabled=true -o webserver.prometheus_metrics_enabled=true -o "file_output[0].enabled=true" \
	-o "file_output[0].filename=$work/second" -o "file_output[0].name=second" -o "file_output[0].minimum_priority=emergency" \
	-o "file_output[1].enabled=true" -o "file_output[1].filename=$work/without" -o "file_output[1].name=without" \
	-o "file_output[1].heartbeat=false"
check "heartbeats come out" wait_for 20 has_beats "$work/alerts" 5
check "of an output that wants none but the most severe alerts, too" wait_for 20 has_beats "$work/second" 5
check "and of no other" [ "$(beats "$work/without")" -eq 0 ]
check "in the form of Falco's internal alerts" bash -c "jq -se 'map(select(.rule == \"Mews internal: heartbeat\")) | all(.source == \"internal\" and .priority == \"Informational\" and .output_fields.n_heartbeat > 0 and .output_fields.ns_to_rules > 0 and (.time | length) == 30)' '$work/alerts'"
check "none is missing or doubled" bash -c "jq -es '[.[] | select(.rule == \"Mews internal: heartbeat\") | .output_fields.n_heartbeat] | . == [range(.[0]; .[0] + length)]' '$work/alerts'"
check "status has their latencies" emitter_says '.heartbeat.state == "ok" and (.outputs | map(select(.name != "without")) | length == 2 and all(.heartbeat.state == "ok" and .heartbeat.latency_us > 0 and .heartbeat.count > 0 and .heartbeat.last > 0))'
check "and nothing where none are wanted" emitter_says '.outputs[] | select(.name == "without") | .heartbeat == null'
check "people see them" bash -c "'$mews' status --run-dir '$work/run' | grep -qE '^second +ok +[0-9]+ +[0-9.]+ +[0-9]+'"
curl -sS "http://127.0.0.1:$port/metrics" >"$work/metrics"
check "metrics have them" bash -c "grep -qE '^mews_heartbeat_missing 0' '$work/metrics' && grep -qE '^mews_output_heartbeat_latency_seconds\{kind=\"file_output\",output=\"second\"\} 0\.' '$work/metrics' && ! grep -q 'heartbeat.*output=\"without\"' '$work/metrics'"
check "all is well" health_is '{"status": "ok"}'

# ---- not to be forged ----

evaluated() { counter run evaluator heartbeats; }
pretend 500
wait_for 10 bash -c "grep -q 'Asks of priorities' '$work/alerts'"
asked() { [ "$(grep -c 'asked by python3' "$work/alerts")" -ge 500 ]; }
check "the same call by others is what it is" wait_for 20 asked
check "and no heartbeat" bash -c "jq -es '[.[] | select(.rule == \"Mews internal: heartbeat\") | .output_fields.n_heartbeat] | . == [range(.[0]; .[0] + length)]' '$work/alerts'"
check "nor is a heartbeat what rules see" bash -c "! grep -q 'asked by mews' '$work/alerts'"
check "the ledger balances" wait_for 10 balanced run

# ---- missing ----

enricher=$(stage_pid run enricher)
kill -STOP "$enricher"
check "a stage that stands still: none comes, which is an alert" wait_for 20 rule_says "$work/alerts" "Mews internal: heartbeat missing" "None came from the kernel"
check "of each output" wait_for 10 grep -q "None came from the kernel" "$work/without"
check "status says so" emitter_says '.heartbeat.state == "missing"'
check "and no output is to blame" emitter_says '.outputs | map(select(.heartbeat.state == "missing")) | length == 0'
kill -CONT "$enricher"
check "when it goes on, they are back" wait_for 20 rule_says "$work/alerts" "Mews internal: heartbeat back" "from the kernel again"
check "and all is well" wait_for 20 health_is '{"status": "ok"}'
check "the ledger balances all the same" wait_for 10 balanced run
stop_mews

# ---- an output without pulse ----

start_mews -r "$work/rules.yaml" -o heartbeat.interval=200ms -o webserver.enabled=true -o webserver.listen_port=$port \
	-o http_output.enabled=true -o http_output.url=http://127.0.0.1:9/ -o http_output.timeout_ms=200
check "an output that is away gives no pulse, which the others say" wait_for 20 rule_says "$work/alerts" "Mews internal: heartbeat missing" "None came out of output http"
check "with its name" bash -c "jq -se 'map(select(.rule == \"Mews internal: heartbeat missing\")) | length == 1 and all(.priority == \"Critical\" and .output_fields.output == \"http\" and .output_fields.silent_ns > 600000000)' '$work/alerts'"
check "health says so, with status 503" bash -c "[ \"\$(curl -s -o '$work/health' -w '%{http_code}' http://127.0.0.1:$port/healthz)\" = 503 ] && grep -q 'no heartbeat comes out of output http' '$work/health'"
check "the other one has its pulse" emitter_says '.outputs[] | select(.name == "stdout") | .heartbeat.state == "ok"'
check "the sums close" wait_for 10 balanced run
stop_mews
echo "1..$tests"
