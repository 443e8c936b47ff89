/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_change.c -- see conf_change.h.
 */
#include <stddef.h>
#include <string.h>

#include "conf_change.h"
#include "conf_output.h"

#define ONE(stage) (1u << STAGE_##stage)

/* By what a key begins with, the first that fits.  The others are followed by a reload. */
static const struct {
	const char *prefix;
	struct conf_change change;
} changes[] = {
	{ "json_", { ONE(EMITTER), 0 } },
	{ "time_format_iso_8601", { ONE(EMITTER), 0 } },
	{ "outputs", { ONE(EMITTER), 0 } }, /* outputs.*, outputs_spool.* */
	{ "webserver.", { ONE(EMITTER), 0 } },
	{ "metrics.", { ONE(EMITTER), 0 } },
	{ "heartbeat.", { ONE(EMITTER), ONE(COLLECTOR) } },
	{ "capture.", { ONE(RECORDER), 0 } },
	{ "mews.capture.", { ONE(RECORDER), 0 } },
	{ "container_engines.", { ONE(ENRICHER), 0 } },
	{ "kubernetes.", { ONE(ENRICHER), 0 } },
	{ "mews.resolve_names", { ONE(ENRICHER), 0 } },
	{ "base_syscalls.", { 0, ONE(COLLECTOR) } },
	{ "engine.", { 0, ONE(COLLECTOR) } },
	{ "falco_libs.snaplen", { 0, ONE(COLLECTOR) } },
	{ "mews.rings.raw_mb", { 0, ONE(COLLECTOR) } },
	{ "mews.rings.tap_mb", { 0, ONE(COLLECTOR) } },
	{ "mews.rings.enriched_mb", { 0, ONE(ENRICHER) } },
	{ "mews.rings.alerts_mb", { 0, ONE(EVALUATOR) } },
	{ "falco_libs.thread_table_size", { 0, ONE(ENRICHER) | ONE(EVALUATOR) } },
};

struct conf_change conf_change_of(const char *key)
{
	if (conf_output_kind(key, strcspn(key, ".[")) != OUTPUT_KIND_COUNT)
		return (struct conf_change){ ONE(EMITTER), 0 };
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (strncmp(changes[i].prefix, key, strlen(changes[i].prefix)) == 0)
			return changes[i].change;
	return (struct conf_change){ 0, 0 };
}

static bool same_list(const struct conf_list *a, const struct conf_list *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return true;
}

/* ROW's member in A and in B.  Trees are the evaluator's, which reads all again. */
static bool is_same(const struct conf_row *row, const void *a, const void *b)
{
	const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

	switch (row->type) {
	case CONF_LIST:
	case CONF_PAIRS:
		return same_list(x, y);
	case CONF_STRING:
		return strcmp(*(char *const *)x, *(char *const *)y) == 0;
	case CONF_CHOICE:
		return row->size == sizeof(char *)
			       ? strcmp(*(char *const *)x, *(char *const *)y) == 0
			       : memcmp(x, y, row->size) == 0;
	case CONF_APPEND:
	case CONF_CHOICES:
	case CONF_FILES:
	case CONF_UNUSED:
		return true;
	default:
		return memcmp(x, y, row->size) == 0;
	}
}

/* Of the Ith, one kind in both.  What json_output says of all that do not say it themselves is that key's. */
static bool same_output(const struct conf *a, const struct conf *b, unsigned i)
{
	unsigned n;
	const struct conf_output_row *rows = conf_output_rows(&n);

	for (unsigned k = 0; k < n; k++)
		if (!is_same(&rows[k].row, &a->outputs[i], &b->outputs[i]) &&
		    (a->json_output == b->json_output ||
		     rows[k].row.offset != offsetof(struct conf_output, json)))
			return false;
	return true;
}

static enum output_kind kind_at(const struct conf *c, unsigned i)
{
	return i < c->output_count ? c->outputs[i].kind : OUTPUT_KIND_COUNT;
}

/* The kind of the first output that is not the same in both, in their order; OUTPUT_KIND_COUNT: all are. */
static enum output_kind other_output(const struct conf *a, const struct conf *b)
{
	for (unsigned i = 0; i < a->output_count || i < b->output_count; i++) {
		enum output_kind x = kind_at(a, i), y = kind_at(b, i);

		if (x != y || !same_output(a, b, i))
			return x < y ? x : y;
	}
	return OUTPUT_KIND_COUNT;
}

struct conf_change conf_compare(const struct conf *a, const struct conf *b,
				void (*say)(void *ctx, const char *key, struct conf_change change),
				void *ctx)
{
	struct conf_change all = { 0, 0 };
	enum output_kind kind = other_output(a, b);
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	if (kind != OUTPUT_KIND_COUNT) {
		all.again = ONE(EMITTER);
		say(ctx, conf_output_key(kind), all);
	}
	for (unsigned i = 0; i < n; i++) {
		struct conf_change one;

		if (is_same(&rows[i], a, b))
			continue;
		one = conf_change_of(rows[i].key);
		all.again |= one.again;
		all.by_hand |= one.by_hand;
		if ((one.again | one.by_hand) != 0)
			say(ctx, rows[i].key, one);
	}
	return all;
}
