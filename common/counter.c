/* SPDX-License-Identifier: Apache-2.0
 *
 * counter.c -- the tables behind counter.h and gauge.h, laid out from counter.def and
 * gauge.def: one per stage, in the order of its words.  The names are brought to lower
 * case once, before main() and before metrics.c looks; constant from then on.
 */
#include "counter.h"

#include "gauge.h"

#define NAME_MAX_LENGTH 32

struct row {
	enum stage_id stage;
	const char *name, *unit, *text;
};

static const struct row rows[] = {
#define COUNTER(stage, name, unit, text) { STAGE_##stage, #name, unit, text },
#include "counter.def"
#undef COUNTER
};

static const struct row gauges[] = {
#define GAUGE(stage, name, unit, text) { STAGE_##stage, #name, unit, text },
#include "gauge.def"
#undef GAUGE
};

struct stage_rows {
	unsigned count;
	struct counter_info info[RING_COUNTS];
};

static struct stage_rows stages[STAGE_COUNT], stage_gauges[STAGE_COUNT];
static char names[ARRAY_LEN(rows)][NAME_MAX_LENGTH];
static char gauge_names[ARRAY_LEN(gauges)][NAME_MAX_LENGTH];

static const char *const stage_names[STAGE_COUNT] = {
	[STAGE_NONE] = "?",
	[STAGE_COLLECTOR] = "collector",
	[STAGE_ENRICHER] = "enricher",
	[STAGE_EVALUATOR] = "evaluator",
	[STAGE_EMITTER] = "emitter",
	[STAGE_RECORDER] = "recorder",
};

static void lay_out_row(const struct row *r, char name[NAME_MAX_LENGTH], struct stage_rows *all)
{
	struct stage_rows *of = &all[r->stage];

	for (size_t c = 0; c < NAME_MAX_LENGTH - 1 && r->name[c] != '\0'; c++) {
		char ch = r->name[c];

		name[c] = ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
	}
	of->info[of->count++] = (struct counter_info){ name, r->unit, r->text };
}

__attribute__((constructor(1000))) static void lay_out(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		lay_out_row(&rows[i], names[i], stages);
	for (size_t i = 0; i < ARRAY_LEN(gauges); i++)
		lay_out_row(&gauges[i], gauge_names[i], stage_gauges);
}

const char *stage_name(enum stage_id id)
{
	return (unsigned)id < STAGE_COUNT ? stage_names[id] : stage_names[STAGE_NONE];
}

enum stage_id stage_of_name(const char *name)
{
	for (unsigned id = STAGE_NONE + 1; id < STAGE_COUNT; id++)
		if (strcmp(name, stage_names[id]) == 0)
			return (enum stage_id)id;
	return STAGE_NONE;
}

static const struct counter_info *rows_of(const struct stage_rows *all, enum stage_id stage,
					  unsigned *ret_count)
{
	if ((unsigned)stage >= STAGE_COUNT)
		stage = STAGE_NONE;
	*ret_count = all[stage].count;
	return all[stage].info;
}

const struct counter_info *counter_rows(enum stage_id stage, unsigned *ret_count)
{
	return rows_of(stages, stage, ret_count);
}

const struct counter_info *gauge_rows(enum stage_id stage, unsigned *ret_count)
{
	return rows_of(stage_gauges, stage, ret_count);
}
