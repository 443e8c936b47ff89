/* SPDX-License-Identifier: Apache-2.0
 *
 * The metrics as an alert: Falco's names, units and intervals.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "metrics_alert.h"

#define ALL ((1u << METRICS_OWN) - 1)

static struct alert_frame alert;
static uint8_t bytes[64 * 1024];
static struct stage_status collector, enricher, evaluator, emitter;

static struct metrics_view view_of(uint64_t now_s)
{
	struct metrics_view v = {
		.now_ns = now_s * 1000000000,
		.host = { .version = "0.1.0",
			  .start_ns = UINT64_C(1000000000),
			  .cpus = 2,
			  .busy = 0.256 },
		.rules = span_str("{\"rule\":\"Read (it)\",\"source\":\"syscall\",\"priority\":4,"
				  "\"tags\":[],\"matches\":7}\n"),
	};

	v.stage[STAGE_COLLECTOR] = &collector;
	v.stage[STAGE_ENRICHER] = &enricher;
	v.stage[STAGE_EVALUATOR] = &evaluator;
	v.stage[STAGE_EMITTER] = &emitter;
	collector.usage.rss_bytes = 3 << 20;
	enricher.usage.rss_bytes = 512 << 10;
	return v;
}

static const struct alert_value *make(struct snapshot *s, uint64_t now_s, const char *field)
{
	struct metrics_view v = view_of(now_s);
	struct arena arena;

	arena_init(&arena, bytes, sizeof(bytes));
	snapshot_make(s, &v, &arena, &alert);
	for (unsigned i = 0; i < alert.nfields; i++)
		if (span_is(alert.fields[i].name, field))
			return &alert.fields[i].value;
	return NULL;
}

static bool is_uint(const struct alert_value *v, uint64_t u)
{
	return v != NULL && v->kind == ALERT_UINT && v->u == u;
}

static bool is_double(const struct alert_value *v, double d)
{
	return v != NULL && v->kind == ALERT_DOUBLE && v->d > d - 1e-9 && v->d < d + 1e-9;
}

Test(snapshot, fields_have_falcos_names_and_units)
{
	struct snapshot s = { .groups = ALL, .megabytes = true };
	const struct alert_value *v;

	collector.counts.v[COLLECTOR_SEEN] = 100;
	evaluator.counts.v[EVALUATOR_EVALUATED] = 90;
	cr_assert(is_uint(make(&s, 11, "scap.n_evts"), 100));
	cr_assert(span_is(alert.rule, "Falco internal: metrics snapshot"));
	cr_assert(span_is(alert.message, "Falco metrics snapshot"));
	cr_assert(span_is(alert.source, "internal"));
	cr_assert(eq(int, alert.priority, 6));
	cr_assert(is_uint(make(&s, 11, "falco.rules.Read_it"), 7));
	cr_assert(is_uint(make(&s, 11, "falco.duration_sec"), 10));
	cr_assert(is_double(make(&s, 11, "falco.memory_rss_mb"), 3.5));
	cr_assert(is_double(make(&s, 11, "falco.host_cpu_usage_perc"), 25.6));
	cr_assert(is_uint(make(&s, 11, "evt.time"), UINT64_C(11000000000)));
	v = make(&s, 11, "falco.version");
	cr_assert(v != NULL && v->kind == ALERT_STRING && span_is(v->s, "0.1.0"));
}

Test(snapshot, what_is_zero_is_left_out_unless_it_is_asked_for)
{
	static const char *const fields[] = {
		"scap.n_drops_buffer_open_exit", "scap.n_drops_scratch_map",
		"scap.n_drops_page_faults",	 "scap.n_drops_bug",
		"scap.n_drops_max_event_size",	 "falco.n_fds",
		"falco.n_removed_threads",
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct snapshot s = { .groups = ALL };

		cr_assert_null(make(&s, 11, fields[i]), "%s", fields[i]);
		cr_assert(is_uint(make(&s, 11, "falco.memory_rss_kb"), 3584));
		s.with_empty = true;
		cr_assert(is_uint(make(&s, 11, fields[i]), 0), "%s", fields[i]);
	}
}

Test(snapshot, what_falco_always_says_is_there_from_the_first_one_on)
{
	static const char *const whole[] = {
		"falco.outputs_queue_num_drops",
		"falco.num_evts",
		"falco.num_evts_prev",
		"falco.rules.matches_total",
		"scap.n_evts",
		"scap.n_evts_prev",
		"scap.n_drops",
		"scap.n_drops_prev",
	};
	static const char *const real[] = { "scap.evts_rate_sec", "scap.evts_drop_rate_sec",
					    "scap.n_drops_perc" };

	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		cr_assert(is_uint(make(&(struct snapshot){ .groups = ALL }, 11, whole[i]), 0), "%s",
			  whole[i]);
	for (size_t i = 0; i < ARRAY_LEN(real); i++)
		cr_assert(is_double(make(&(struct snapshot){ .groups = ALL }, 11, real[i]), 0),
			  "%s", real[i]);
}

Test(snapshot, of_a_stage_that_is_away_nothing_is_said)
{
	struct snapshot s = { .groups = ALL, .with_empty = true };
	struct metrics_view v = view_of(11);
	struct arena arena;

	v.stage[STAGE_COLLECTOR] = v.stage[STAGE_EVALUATOR] = NULL;
	arena_init(&arena, bytes, sizeof(bytes));
	snapshot_make(&s, &v, &arena, &alert);
	for (unsigned i = 0; i < alert.nfields; i++) {
		cr_assert_not(span_starts(alert.fields[i].name, span_str("scap.")));
		cr_assert_not(span_starts(alert.fields[i].name, span_str("falco.num_evts")));
	}
}

Test(snapshot, interfaces_have_their_addresses)
{
	static const struct metrics_addresses all[] = {
		{ "eth0.100", "ipv4", "10.0.0.2,10.0.0.3" },
		{ "eth0.100", "ipv6", "fe80::1" },
	};
	const char *name = "falco.host_netinfo.interfaces.eth0.100.protocols.ipv4.addresses";
	struct snapshot s = { .groups = ALL };
	struct metrics_view v = view_of(11);
	struct arena arena;
	unsigned found = 0;

	v.host.addresses = all;
	v.host.naddresses = 2;
	arena_init(&arena, bytes, sizeof(bytes));
	snapshot_make(&s, &v, &arena, &alert);
	for (unsigned i = 0; i < alert.nfields; i++)
		found += span_is(alert.fields[i].name, name) &&
			 span_is(alert.fields[i].value.s, "10.0.0.2,10.0.0.3");
	cr_assert(eq(uint, found, 1));
}

Test(snapshot, threads_and_descriptors_that_went_are_counted)
{
	struct snapshot s = { .groups = ALL };

	enricher.counts.v[ENRICHER_PROCESSES] = 30;
	enricher.gauges.v[ENRICHER_GAUGE_THREADS] = 12;
	enricher.gauges.v[ENRICHER_GAUGE_FILES] = 40;
	enricher.counts.v[ENRICHER_FILES] = 100;
	enricher.counts.v[ENRICHER_FILES_REMOVED] = 55;
	cr_assert(is_uint(make(&s, 11, "falco.n_removed_threads"), 18));
	cr_assert(is_uint(make(&s, 11, "falco.n_fds"), 40));
	cr_assert(is_uint(make(&s, 11, "falco.n_added_fds"), 100));
	cr_assert(is_uint(make(&s, 11, "falco.n_removed_fds"), 55));
}

Test(snapshot, rates_are_there_from_the_second_one_on)
{
	struct snapshot s = { .groups = ALL };

	collector.counts.v[COLLECTOR_SEEN] = 100;
	evaluator.counts.v[EVALUATOR_EVALUATED] = 90;
	cr_assert_null(make(&s, 11, "falco.evts_rate_sec"));
	collector.counts.v[COLLECTOR_SEEN] = 300;
	collector.counts.v[COLLECTOR_LOST_RING] = 20;
	evaluator.counts.v[EVALUATOR_EVALUATED] = 215;
	cr_assert(is_double(make(&s, 21, "falco.evts_rate_sec"), 12.5));
	s.at_ns = UINT64_C(11000000000);
	s.evaluated = 90;
	s.seen = 100;
	s.lost = 0;
	cr_assert(is_double(make(&s, 21, "scap.n_drops_perc"), 10));
	cr_assert(is_uint(make(&s, 22, "falco.num_evts_prev"), 215));
}

Test(snapshot, groups_are_left_out)
{
	struct snapshot s = { .groups = 1u << METRICS_ALWAYS, .with_empty = true };

	cr_assert_null(make(&s, 11, "scap.n_evts"));
	cr_assert_null(make(&s, 11, "falco.rules.matches_total"));
	cr_assert_not_null(make(&s, 11, "falco.num_evts"));
}

Test(snapshot, more_rules_than_fields_are_cut)
{
	struct snapshot s = { .groups = ALL };
	struct metrics_view v = view_of(11);
	char *rules = calloc(2000, 128);
	struct arena arena;
	size_t n = 0;

	for (unsigned i = 0; i < 2000; i++)
		n += (size_t)snprintf(rules + n, 128,
				      "{\"rule\":\"r%u\",\"source\":\"syscall\",\"priority\":4,"
				      "\"tags\":[],\"matches\":1}\n",
				      i);
	v.rules = span_of(rules, n);
	arena_init(&arena, bytes, sizeof(bytes));
	snapshot_make(&s, &v, &arena, &alert);
	cr_assert(lt(uint, alert.nfields, ALERT_MAX_FIELDS));
	cr_assert(lt(uint, 400, alert.nfields));
	free(rules);
}

Test(snapshot, intervals_are_prometheus_durations)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{ "1h", 3600000 },
		{ "1h30m", 5400000 },
		{ "100ms", 100 },
		{ " 1 m 2s 3 ms", 62003 },
		{ "1y", UINT64_C(31536000000) },
		{ "2w1d", 1296000000 },
		{ "5000", 0 },
		{ "", 0 },
		{ "30m1h", 0 },
		{ "1h1h", 0 },
		{ "1x", 0 },
		{ "h", 0 },
		{ "-1s", 0 },
		{ "1.5s", 0 },
		{ "1s ", 1000 },
		{ "99999999999s", 0 },
		{ "1ms1s", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_assert_eq(duration_parse(cases[i].text), cases[i].ms * 1000000, "%s",
			     cases[i].text);
}
