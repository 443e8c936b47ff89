/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics.c -- the table behind metrics.h: the rows of metrics.def, and one for each counter and
 * gauge of each stage, whose names are put together once, before main(); constant from then on.
 */
#include "metrics.h"

#include <stdio.h>

#include "metrics_rows.h"

static const struct metric rows[] = {
#define METRIC(symbol, name, kind, group, labels, field, help)                                     \
	{                                                                                          \
		name,	    field, labels, help, METRIC_##kind, METRICS_##group, collect_##symbol, \
		STAGE_NONE, 0                                                                      \
	},
#include "metrics.def"
#undef METRIC
};

#define NAME_MAX_LENGTH 80
#define HELP_MAX_LENGTH 128
#define MADE_MAX	256

static struct {
	struct metric metric;
	char name[NAME_MAX_LENGTH], help[HELP_MAX_LENGTH];
} made[MADE_MAX];
static unsigned made_count;

static void put_uint(struct metric_out *out, uint64_t u)
{
	struct metric_sample s = { .suffix = "", .u = u };

	out->take(out, &s);
}

static void make_row(enum stage_id stage, unsigned word, const struct counter_info *info,
		     enum metric_kind kind)
{
	if (made_count == MADE_MAX)
		return; /* a unit test counts them */
	snprintf(made[made_count].name, NAME_MAX_LENGTH, "mews_%s_%s%s", stage_name(stage),
		 info->name, kind == METRIC_COUNTER ? "_total" : "");
	snprintf(made[made_count].help, HELP_MAX_LENGTH, "%s %s", info->unit, info->text);
	made[made_count].metric = (struct metric){
		made[made_count].name,
		"",
		"",
		made[made_count].help,
		kind,
		METRICS_OWN,
		NULL,
		stage,
		word,
	};
	made_count++;
}

/* Behind counter.c's, which names the rows and has a number. */
__attribute__((constructor)) static void lay_out(void)
{
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		unsigned n;
		const struct counter_info *info = counter_rows(id, &n);

		for (unsigned i = 0; i < n; i++)
			make_row(id, i, &info[i], METRIC_COUNTER);
		info = gauge_rows(id, &n);
		for (unsigned i = 0; i < n; i++)
			make_row(id, i, &info[i], METRIC_GAUGE);
	}
}

unsigned metrics_count(void)
{
	return ARRAY_LEN(rows) + made_count;
}

const struct metric *metrics_at(unsigned i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : &made[i - ARRAY_LEN(rows)].metric;
}

const char *metric_kind_name(enum metric_kind kind)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_INFO] = "gauge",
	};

	return names[kind];
}

void metric_walk(const struct metric *m, const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[m->stage];

	out->metric = m;
	if (m->collect != NULL)
		m->collect(v, out);
	else if (s != NULL)
		put_uint(out,
			 m->kind == METRIC_COUNTER ? s->counts.v[m->word] : s->gauges.v[m->word]);
}

void metric_clean_name(struct span name, char *buf, size_t cap)
{
	size_t at = 0;

	for (size_t i = 0; i < name.n && at + 1 < cap; i++) {
		char c = (char)name.p[i];
		bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			    (c >= 'a' && c <= 'z') || c == ':';

		if (good)
			buf[at++] = c;
		else if (at == 0 || buf[at - 1] != '_')
			buf[at++] = '_';
	}
	if (at > 0 && buf[at - 1] == '_')
		at--;
	buf[at] = '\0';
}
