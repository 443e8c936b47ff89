/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry of metrics: what its rows must be like, and the text that is made of them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"

#define ALL (~0u)

static struct stage_status stages[STAGE_COUNT];
static char text[1 << 20];

static struct metrics_view full_view(void)
{
	struct metrics_view v = {
		.now_ns = UINT64_C(1700000010000000000),
		.host = { .version = "0.1.0",
			  .kernel_release = "6.1.0",
			  .hostname = "a\"host\\\n",
			  .engine = "modern_bpf",
			  .start_ns = UINT64_C(1700000000000000000),
			  .boot_ns = 5,
			  .cpus = 4,
			  .busy = 0.25,
			  .memory_used = 1 << 20,
			  .procs_running = 3,
			  .open_fds = 99 },
		.knows_rules = true,
	};

	memset(stages, 0, sizeof(stages));
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		stages[id].stage = id;
		stages[id].uptime_ns = 1500000000;
		stages[id].usage = (struct stage_usage){ 500000000, 1 << 20, 1 << 22, 1 << 24 };
		v.stage[id] = &stages[id];
	}
	stages[STAGE_COLLECTOR].nrings = 1;
	stages[STAGE_COLLECTOR].rings[0] = (struct ring_status){ "raw", 4096, 64, 0, 1, true, 0 };
	losses_add(&stages[STAGE_COLLECTOR].losses,
		   &(struct loss){ .cpu = 0, .code = 3, .cause = GAP_RING, .count = 5 });
	losses_add(&stages[STAGE_COLLECTOR].losses,
		   &(struct loss){ .cpu = 1, .code = 3, .cause = GAP_RING, .count = 7 });
	stages[STAGE_ENRICHER].nsources = 1;
	stages[STAGE_ENRICHER].sources[0] = (struct source_status){
		"docker", "/run/docker.sock", "", SOURCE_CONNECTED, 1, 2000000, 3, 4, 5, 6,
	};
	stages[STAGE_EMITTER].noutputs = 2;
	stages[STAGE_EMITTER].outputs[0] = (struct output_status){
		.name = "stdout",
		.kind = "stdout_output",
		.state = OUTPUT_STATE_OK,
		.journalled = 10,
		.delivered = 4,
		.filtered = 3,
		.pending = 2,
		.lost = 1,
		.last_delivery_ns = 1500000000,
	};
	stages[STAGE_EMITTER].outputs[1] = (struct output_status){
		.name = "http",
		.kind = "http_output",
		.last_error = "down",
		.state = OUTPUT_STATE_RETRYING,
		.journalled = 10,
		.pending = 4,
		.lost = 5,
		.refused = 1,
		.retries = 9,
	};
	stages[STAGE_EMITTER].spool = (struct spool_status){ .is_used = true, .bytes = 77 };
	histogram_add(&stages[STAGE_EMITTER].outputs[0].latency, 3000000);
	stages[STAGE_EMITTER].heartbeat =
		(struct heartbeat_status){ HEARTBEAT_OK, 3, 2500000000, 1000 };
	stages[STAGE_EMITTER].outputs[0].heartbeat =
		(struct heartbeat_status){ HEARTBEAT_MISSING, 2, 3500000000, 4500000 };
	histogram_add(&stages[STAGE_EMITTER].latency, 30000);
	histogram_add(&stages[STAGE_EMITTER].latency, 600000);
	v.rules = span_str(
		"{\"rule\":\"Read \\\"it\\\" \\u0001\\\\\",\"source\":\"syscall\","
		"\"priority\":4,\"tags\":[\"T1-2\",\"T1.2\",\"b:c\",\"a\"],\"matches\":12}\n"
		"no JSON\n"
		"{\"rule\":\"Quiet\",\"source\":\"syscall\",\"priority\":4,\"tags\":[],"
		"\"matches\":0,\"looks\":2048,\"ns\":1500000}\n");
	return v;
}

static const char *say(const struct metrics_view *v)
{
	struct line t;
	ssize_t n;

	line_init(&t, (uint8_t *)text, sizeof(text) - 1);
	metrics_text(v, ALL, &t);
	n = line_length(&t);
	cr_assert(lt(long, 0, (long)n));
	text[n] = '\0';
	return text;
}

static bool has(const char *line)
{
	size_t n = strlen(line);

	for (const char *p = text; (p = strstr(p, line)) != NULL; p++)
		if ((p == text || p[-1] == '\n') && p[n] == '\n')
			return true;
	return false;
}

static bool ends(const char *s, const char *with)
{
	return strlen(s) >= strlen(with) && strcmp(s + strlen(s) - strlen(with), with) == 0;
}

Test(metrics, each_row_is_fit_to_be_read)
{
	unsigned rows = 0, n;

	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		counter_rows(id, &n);
		rows += n;
		gauge_rows(id, &n);
		rows += n;
	}
	cr_assert(lt(uint, rows, metrics_count()));
	n = 0;
	for (unsigned i = 0; i < metrics_count(); i++) {
		const struct metric *m = metrics_at(i);

		n += m->collect == NULL;
		cr_assert(m->name[0] != '\0' || m->field[0] != '\0');
		cr_assert(m->help[0] != '\0');
		cr_assert_eq(strspn(m->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
			     strlen(m->name), "%s", m->name);
		if (m->group == METRICS_OWN) {
			cr_assert_eq(strncmp(m->name, "mews_", 5), 0, "%s", m->name);
			cr_assert_eq(ends(m->name, "_total"), m->kind == METRIC_COUNTER, "%s",
				     m->name);
		} else {
			cr_assert_neq(m->field[0], '\0', "%s", m->name);
		}
		for (unsigned k = 0; k < i; k++)
			cr_assert(m->name[0] == '\0' || strcmp(m->name, metrics_at(k)->name) != 0,
				  "%s is there twice", m->name);
	}
	cr_assert(eq(uint, n, rows), "a metric for each counter and each gauge");
}

Test(metrics, every_line_is_of_the_format)
{
	static const char form[] =
		"^(# (HELP|TYPE) [a-z_0-9]+ .+|"
		"[a-z_0-9]+(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\[\"\\\\n])*\",?)+\\})? "
		"-?[0-9.e+-]+)$";
	struct metrics_view v = full_view();
	char *save, *seen[4096];
	unsigned n = 0;
	regex_t re;

	say(&v);
	cr_assert(eq(int, regcomp(&re, form, REG_EXTENDED), 0));
	cr_assert(has("# TYPE mews_event_latency_seconds histogram"));
	for (char *l = strtok_r(text, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save)) {
		cr_assert_eq(regexec(&re, l, 0, NULL, 0), 0, "%s", l);
		if (l[0] == '#')
			continue;
		*strrchr(l, ' ') = '\0'; /* the series */
		for (unsigned i = 0; i < n; i++)
			cr_assert_str_neq(seen[i], l);
		cr_assert(lt(uint, n, 4096));
		seen[n++] = l;
	}
	regfree(&re);
	cr_assert(lt(uint, 100, n));
}

Test(metrics, values_come_from_where_they_are_counted)
{
	struct metrics_view v = full_view();

	stages[STAGE_COLLECTOR].counts.v[COLLECTOR_SEEN] = 1000;
	stages[STAGE_COLLECTOR].counts.v[COLLECTOR_LOST_RING] = 12;
	say(&v);
	cr_assert(has("falcosecurity_scap_n_evts_total 1000"));
	cr_assert(has("mews_collector_seen_total 1000"));
	cr_assert(has("falcosecurity_scap_n_drops_total 12"));
	cr_assert(has("mews_ring_used_bytes{ring=\"raw\"} 64"));
	cr_assert(has("falcosecurity_falco_duration_seconds_total 10"));
	cr_assert(has("falcosecurity_falco_cpu_usage_ratio 0.25"));
	cr_assert(has("mews_up{stage=\"evaluator\"} 1"));
	cr_assert(has("mews_lost_events_by_cpu_total{cause=\"ring\",cpu=\"1\"} 7"));
	cr_assert(has(
		"mews_metadata_source_connected{place=\"/run/docker.sock\",source=\"docker\"} 1"));
	cr_assert(has("mews_event_latency_seconds_bucket{le=\"5e-05\",stage=\"emitter\"} 1"));
	cr_assert(has("mews_event_latency_seconds_bucket{le=\"0.001\",stage=\"emitter\"} 2"));
	cr_assert(has("mews_event_latency_seconds_bucket{le=\"+Inf\",stage=\"emitter\"} 2"));
	cr_assert(has("mews_event_latency_seconds_count{stage=\"emitter\"} 2"));
	cr_assert(has("mews_output_up{kind=\"http_output\",output=\"http\"} 0"));
	cr_assert(has("mews_output_alerts_total{kind=\"stdout_output\",output=\"stdout\","
		      "result=\"delivered\"} 4"));
	cr_assert(has("mews_output_last_delivery_timestamp_seconds{kind=\"stdout_output\","
		      "output=\"stdout\"} 1.5"));
	cr_assert(has("mews_output_latency_seconds_bucket{kind=\"stdout_output\",le=\"0.002\","
		      "output=\"stdout\"} 0"));
	cr_assert(has("mews_output_latency_seconds_bucket{kind=\"stdout_output\",le=\"0.005\","
		      "output=\"stdout\"} 1"));
	cr_assert(has("mews_output_latency_seconds_sum{kind=\"stdout_output\",output=\"stdout\"} "
		      "0.003"));
	cr_assert(has("mews_output_latency_seconds_count{kind=\"http_output\",output=\"http\"} 0"));
	cr_assert(has("mews_heartbeat_missing 0"));
	cr_assert(has("mews_heartbeat_timestamp_seconds 2.5"));
	cr_assert(has("mews_output_heartbeat_missing{kind=\"stdout_output\",output=\"stdout\"} 1"));
	cr_assert(has("mews_output_heartbeat_timestamp_seconds{kind=\"stdout_output\","
		      "output=\"stdout\"} 3.5"));
	cr_assert(has("mews_output_heartbeat_latency_seconds{kind=\"stdout_output\","
		      "output=\"stdout\"} 0.0045"));
	cr_assert(strstr(text, "heartbeat_missing{kind=\"http_output\"") == NULL);
	cr_assert(has("falcosecurity_falco_outputs_queue_num_drops_total 6"));
	cr_assert(has("mews_spool_on_disk 0"));
	cr_assert(has("mews_spool_bytes 77"));
	/* the types of both cells are one */
	cr_assert(strstr(text, "mews_lost_events_total{cause=\"ring\",type=") != NULL);
	cr_assert(strstr(strstr(text, "mews_lost_events_total{cause="), "} 12\n") != NULL);
}

/* So that the first loss is an increase: a series that begins with it has none. */
Test(metrics, losses_are_none_before_the_first)
{
	struct metrics_view v = full_view();

	memset(&stages[STAGE_COLLECTOR].losses, 0, sizeof(stages[STAGE_COLLECTOR].losses));
	say(&v);
	cr_assert(has("falcosecurity_scap_n_drops_total 0"));
	cr_assert(strstr(text, "\nmews_lost_events_total") == NULL);
}

Test(metrics, what_others_named_stays_in_its_label)
{
	struct metrics_view v = full_view();

	say(&v);
	cr_assert(has("falcosecurity_evt_hostname_info{hostname=\"a\\\"host\\\\\\n\"} 1"));
	cr_assert(has("falcosecurity_falco_rules_matches_total{priority=\"4\","
		      "rule_name=\"Read \\\"it\\\" \xef\xbf\xbd\\\\\",source=\"syscall\","
		      "tag_T1_2=\"true\",tag_a=\"true\",tag_b_c=\"true\"} 12"));
	cr_assert(strstr(text,
			 "falcosecurity_falco_rules_matches_total{priority=\"4\",rule_name=\"Q") ==
		  NULL);
	cr_assert(has("mews_rule_looks_total{rule_name=\"Quiet\",source=\"syscall\"} 2048"));
	cr_assert(has("mews_rule_seconds_total{rule_name=\"Quiet\",source=\"syscall\"} 0.0015"));
	cr_assert(strstr(text, "mews_rule_looks_total{rule_name=\"Read") == NULL);
}

Test(metrics, a_stage_that_is_away_has_no_metric_but_that)
{
	struct metrics_view v = full_view();

	v.stage[STAGE_EVALUATOR] = NULL;
	v.stage[STAGE_RECORDER] = NULL;
	say(&v);
	cr_assert(has("mews_up{stage=\"evaluator\"} 0"));
	cr_assert(strstr(text, "mews_evaluator_") == NULL);
	cr_assert(strstr(text, "recorder") == NULL);
	cr_assert(strstr(text, "mews_enricher_in_total 0\n") != NULL);
}

Test(metrics, groups_are_left_out)
{
	struct metrics_view v = full_view();
	struct line t;

	line_init(&t, (uint8_t *)text, sizeof(text));
	metrics_text(&v, 1u << METRICS_STATE, &t);
	text[line_length(&t)] = '\0';
	cr_assert(has("falcosecurity_scap_n_threads_total 0"));
	cr_assert(strstr(text, "mews_") == NULL);
	cr_assert(strstr(text, "n_evts") == NULL);
}

Test(metrics, names_are_cleaned_as_falco_does)
{
	char buf[32];

	metric_clean_name(span_str("Read (it), now!"), buf, sizeof(buf));
	cr_assert_str_eq(buf, "Read_it_now");
	metric_clean_name(span_str("a__b"), buf, sizeof(buf));
	cr_assert_str_eq(buf, "a_b");
	metric_clean_name(span_str("0123456789"), buf, 5);
	cr_assert_str_eq(buf, "0123");
	metric_clean_name(SPAN_NONE, buf, sizeof(buf));
	cr_assert_str_eq(buf, "");
}
