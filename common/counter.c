/* SPDX-License-Identifier: Apache-2.0
 *
 * counter.c -- the tables behind counter.h, laid out from counter.def: one per
 * stage, in the order of its words.  The names are brought to lower case once,
 * before main(); constant from then on.
 */
#include "counter.h"

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

static struct {
	unsigned count;
	struct counter_info info[RING_COUNTS];
} stages[STAGE_COUNT];

static char names[ARRAY_LEN(rows)][NAME_MAX_LENGTH];

static const char *const stage_names[STAGE_COUNT] = {
	[STAGE_NONE] = "?",
	[STAGE_COLLECTOR] = "collector",
	[STAGE_ENRICHER] = "enricher",
	[STAGE_EVALUATOR] = "evaluator",
	[STAGE_EMITTER] = "emitter",
	[STAGE_RECORDER] = "recorder",
};

__attribute__((constructor)) static void lay_out(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		unsigned at = stages[r->stage].count++;

		for (size_t c = 0; c < NAME_MAX_LENGTH - 1 && r->name[c] != '\0'; c++) {
			char ch = r->name[c];

			names[i][c] = ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
		}
		stages[r->stage].info[at] = (struct counter_info){ names[i], r->unit, r->text };
	}
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

const struct counter_info *counter_rows(enum stage_id stage, unsigned *ret_count)
{
	if ((unsigned)stage >= STAGE_COUNT)
		stage = STAGE_NONE;
	*ret_count = stages[stage].count;
	return stages[stage].info;
}
