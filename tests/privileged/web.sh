#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The web server of a live pipeline: health, versions and metrics, with Prometheus as who reads them, and
# clients that mean it no good.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$top/tests/support/status.sh"
need_live
for program in curl jq openssl; do
	command -v $program >/dev/null || skip_all "needs $program"
done
port=$((20000 + RANDOM % 20000))
prometheus_pid=
end_prometheus() {
	[ -z "$prometheus_pid" ] || { kill "$prometheus_pid"; wait "$prometheus_pid"; } 2>/dev/null
	finish
}
trap end_prometheus EXIT

get() { curl -sS --max-time 20 "http://127.0.0.1:$port$1"; }
status_of_page() { curl -sS --max-time 20 -o /dev/null -w '%{http_code}' "$@"; }
metrics() { get /metrics >"$work/metrics"; }
value() { sed -n "s/^$1 //p" "$work/metrics"; } # SERIES, as a pattern
says() { [[ $(get "$1") == *"$2"* ]]; }

# ---- switched off ----

start_mews
check "nobody listens unless it is switched on" bash -c "! ss -ltnp | grep -q mews-emitter"
check "and libmicrohttpd is not there" bash -c "! grep -q microhttpd /proc/$(stage_pid run emitter)/maps"
stop_mews
check "an address that is none is refused" bash -c \
	"timeout 20 '$mews' run --run-dir '$work/no' -o webserver.enabled=true -o webserver.listen_address=localhost 2>&1 | grep -q 'is no IPv4 or IPv6 address'"

# ---- switched on ----

start_mews -o webserver.enabled=true -o webserver.listen_port=$port -o metrics.enabled=true \
	-o webserver.prometheus_metrics_enabled=true -o mews.rule_cost_sample=1
check "it is well" wait_for 10 says /healthz '{"status": "ok"}'
check "the address is that of loopback" [ "$(ss -Hltn "sport = $port" | awk '{print $4}')" = "127.0.0.1:$port" ]
check "the versions are Falco's object" [ "$(get /versions | jq -r '[.engine_version, .engine_version_semver] | join(" ")')" = "63 0.63.0" ]
check "there is no other page" [ "$(status_of_page "http://127.0.0.1:$port/else")" = 404 ]
check "and nothing to be posted" [ "$(status_of_page -d x "http://127.0.0.1:$port/healthz")" = 405 ]
check "metrics are of Prometheus' type" bash -c "curl -sI http://127.0.0.1:$port/metrics | grep -qi '^content-type: text/plain; version=0.0.4'"

metrics
check "all four stages are up" [ "$(grep -cE '^mews_up\{stage="[a-z]*"\} 1$' "$work/metrics")" -eq 4 ]
rule=$(jq -r .rule "$work/alerts" | head -n 1)
# Alerts are counted before they come out, and others may come meanwhile.
rule_is_counted() {
	local written counted
	written=$(grep -cF "\"rule\":\"$rule\"" "$work/alerts")
	metrics
	counted=$(grep '^falcosecurity_falco_rules_matches_total' "$work/metrics" | grep -F "rule_name=\"$rule\"" | sed 's/.* //')
	[ "$written" -gt 0 ] && [ "${counted:-0}" -ge "$written" ]
}
check "a rule's matches are counted" wait_for 10 rule_is_counted
rule_is_measured() { metrics; [[ $(grep -F "mews_rule_seconds_total{rule_name=\"$rule\"" "$work/metrics") =~ \ 0*\.?[0-9.e-]*[1-9] ]]; }
check "and what it costs is measured" wait_for 10 rule_is_measured
check "status has that, too" bash -c "'$mews' status --json --run-dir '$work/run' | jq -e --arg rule '$rule' '.metrics | any(.name == \"mews_rule_looks_total\" and .labels.rule_name == \$rule and .value > 0)'"
check "latencies of all stages are there" [ "$(grep -cE '^mews_event_latency_seconds_count\{stage="[a-z]*"\} [1-9]' "$work/metrics")" -eq 4 ]
check "the output is up and has delivered" grep -qE '^mews_output_alerts_total\{kind="stdout_output",output="[a-z]*",result="delivered"\} [1-9]' "$work/metrics"
check "in the time that it took, which is measured" grep -qE '^mews_output_latency_seconds_count\{kind="stdout_output",output="[a-z]*"\} [1-9]' "$work/metrics"
check "memory and processors are known" bash -c "grep -qE '^falcosecurity_falco_memory_rss_bytes [1-9]' '$work/metrics' && grep -q '^falcosecurity_falco_host_cpu_usage_ratio 0\\.' '$work/metrics'"

if command -v promtool >/dev/null; then
	check "promtool finds nothing wrong with our own" bash -c "grep -vE '^(# (HELP|TYPE) )?falcosecurity_' '$work/metrics' | promtool check metrics"
	promtool check metrics <"$work/metrics" >"$work/lint" 2>&1
	check "and with Falco's only how Falco names them" bash -c \
		"! grep -vE '^falcosecurity_[a-z_]* (use base unit \"seconds\"|non-counter metrics should not have \"_total\")' '$work/lint'"
else
	ok "promtool # SKIP package prometheus is not installed"
fi
if command -v prometheus >/dev/null; then
	mkdir "$work/prometheus"
	cat >"$work/prometheus.yml" <<-END
		scrape_configs:
		  - job_name: mews
		    scrape_interval: 1s
		    static_configs: [{ targets: ["127.0.0.1:$port"] }]
	END
	prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
		--web.listen-address=127.0.0.1:$((port + 1)) >"$work/prometheus.log" 2>&1 &
	prometheus_pid=$!
	ask() { curl -sG "http://127.0.0.1:$((port + 1))/api/v1/query" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // "nothing"'; }
	scraped() { [ "$(ask 'up{job="mews"}')" = 1 ] && [ "$(ask 'sum(mews_up)')" = 4 ]; }
	check "Prometheus takes every line" wait_for 30 scraped
	check "as many samples as there are lines" bash -c "[ '$(ask scrape_samples_scraped)' -ge 130 ]"
	check "and can tell quantiles" bash -c "[[ '$(ask 'histogram_quantile(0.9, sum by (le) (mews_event_latency_seconds_bucket{stage="evaluator"}))')' =~ ^[0-9.e-]+$ ]]"
	kill "$prometheus_pid"
	wait "$prometheus_pid" 2>/dev/null
	prometheus_pid=
else
	ok "Prometheus reads it # SKIP package prometheus is not installed"
fi

# ---- bad clients ----

exec 9<>/dev/tcp/127.0.0.1/$port
printf 'GET /metrics HTTP/1.1\r\nHost: a\r\nX: ' >&9
for fd in {10..40}; do
	eval "exec $fd<>/dev/tcp/127.0.0.1/$port"
	head -c 2000 /dev/urandom >&$fd 2>/dev/null
done
check "slow and mad clients keep nobody else out" says /healthz ok
check "nor alerts in" wait_for 10 pipeline_is_live
check "a path without end is refused" bash -c "[ \"\$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:$port/\$(head -c 60000 /dev/zero | tr '\\0' a))\" -ge 400 ]"
check "the emitter is the one that it was" says /healthz ok
for fd in 9 {10..40}; do
	eval "exec $fd>&-"
done

# ---- a stage that is away ----

kill -STOP "$(stage_pid run enricher)"
check "a stage that stands still is said" wait_for 5 says /healthz '"reason":"the enricher does not answer"'
check "by status 503" [ "$(status_of_page "http://127.0.0.1:$port/healthz")" = 503 ]
metrics
check "it is down, and has no other metric" bash -c "grep -qx 'mews_up{stage=\"enricher\"} 0' '$work/metrics' && ! grep -q '^mews_enricher_' '$work/metrics'"
kill -CONT "$(stage_pid run enricher)"
check "it is well again" wait_for 10 says /healthz '{"status": "ok"}'
check "the ledger balances" wait_for 10 balanced run
kill -9 "$(stage_pid run emitter)"
check "the next emitter listens there, too" wait_for 10 says /healthz '{"status": "ok"}'
stop_mews

# ---- somebody else listens there ----

python3 -m http.server --bind 127.0.0.1 --directory "$work" $port >/dev/null 2>&1 &
other=$!
wait_for 10 bash -c "ss -Hltn 'sport = $port' | grep -q ."
start_mews -o webserver.enabled=true -o webserver.listen_port=$port
check "where another listens it waits, which is said" wait_for 10 grep -q "somebody listens at 127.0.0.1, port $port, it is tried again" "$work/mews.log"
emitter=$(stage_pid run emitter)
kill $other
wait $other 2>/dev/null
check "and listens when that one is gone" wait_for 20 says /healthz '{"status": "ok"}'
check "as the emitter that it was" [ "$(stage_pid run emitter)" = "$emitter" ]
stop_mews

# ---- TLS, and another path ----

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout "$work/key" -out "$work/cert" 2>/dev/null
cat "$work/cert" "$work/key" >"$work/both.pem"
start_mews -o webserver.enabled=true -o webserver.listen_port=$port -o webserver.ssl_enabled=true \
	-o webserver.ssl_certificate="$work/both.pem" -o webserver.k8s_healthz_endpoint=/alive -o webserver.threadiness=1 \
	-o metrics.enabled=true -o metrics.interval=200ms -o metrics.output_rule=true -o metrics.output_file="$work/snapshots"
check "with TLS" [ "$(curl -sS --cacert "$work/cert" --connect-to "localhost:$port:127.0.0.1:$port" "https://localhost:$port/alive")" = '{"status": "ok"}' ]
check "and without metrics unless they are on" [ "$(curl -sS --cacert "$work/cert" --connect-to "localhost:$port:127.0.0.1:$port" -o /dev/null -w '%{http_code}' "https://localhost:$port/metrics")" = 404 ]

# ---- snapshots ----

of_snapshots() { grep -F '"rule":"Falco internal: metrics snapshot"' "$work/alerts" | jq -es "$1"; }
# From the second on they have rates.
check "snapshots are alerts of their own" wait_for 10 of_snapshots \
	'.[-1] | .source == "internal" and .priority == "Informational" and .output_fields["falco.num_evts"] > 0 and
	.output_fields["scap.n_evts"] > 0 and .output_fields["falco.memory_rss_mb"] > 1 and .output_fields["falco.num_evts_prev"] > 0'
check "the first one that all stages answered has all that Falco always says" jq -es \
	'["falco.outputs_queue_num_drops", "falco.num_evts_prev", "scap.n_evts_prev", "scap.n_drops", "scap.n_drops_prev", "scap.n_drops_perc",
	"scap.evts_rate_sec", "scap.evts_drop_rate_sec", "falco.rules.matches_total"] -
	([.[].output_fields | select(has("falco.num_evts") and has("scap.n_evts"))][0] | keys) == []' "$work/snapshots"
check "and lines of a file, numbered" jq -es \
	'map(.sample) == [range(1; length + 1)] and length > 1 and (.[1].output_fields["evt.source"] == "syscall")' "$work/snapshots"
check "the ledger balances with them" wait_for 10 balanced run
# The file is the emitter's, and the directory is not: whoever rotates makes the new one, as logrotate does.
mv "$work/snapshots" "$work/snapshots.1"
install -o "$(stat -c %u "/proc/$(stage_pid run emitter)")" -m 640 /dev/null "$work/snapshots"
check "when it is rotated they go to the new one" wait_for 10 test -s "$work/snapshots"
stop_mews
for wrong in metrics.interval=5000 metrics.interval=99ms metrics.output_rule=false; do
	check "$wrong is refused" bash -c \
		"timeout 20 '$mews' run --run-dir '$work/no' -o metrics.enabled=true -o metrics.output_rule=true -o '$wrong' 2>&1 | grep -q 'error: -o: .metrics\\.'"
done
