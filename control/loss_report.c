/* SPDX-License-Identifier: Apache-2.0
 *
 * loss_report.c -- see loss_report.h.  Event codes that share a name are one event to
 * whoever reads this; so counts are summed up by name.
 */
#include "loss_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event.h"

enum { SHOWN = 5 }; /* to people, of each kind */

/* What is counted by: an event's name, or a processor's number. */
struct share {
	char name[32];
	uint64_t count;
};

struct shares {
	unsigned n;
	struct share share[LOSSES_CELLS];
};

typedef void share_name(const struct loss *loss, char *buf, size_t cap);

static void type_name(const struct loss *loss, char *buf, size_t cap)
{
	const struct event_info *info = event_info(loss->code);

	snprintf(buf, cap, "%s", info != NULL ? info->name : "unknown");
}

static void cpu_name(const struct loss *loss, char *buf, size_t cap)
{
	if (loss->cpu == LOSS_ANY_CPU)
		snprintf(buf, cap, "unknown");
	else
		snprintf(buf, cap, "%u", loss->cpu);
}

static int larger_first(const void *a, const void *b)
{
	uint64_t x = ((const struct share *)a)->count, y = ((const struct share *)b)->count;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* CAUSE's cells by NAME, the largest first. */
static void sum_up(const struct losses *l, unsigned cause, share_name *name, struct shares *ret)
{
	ret->n = 0;
	for (unsigned i = 0; i < l->count; i++) {
		struct share *s = &ret->share[ret->n];
		unsigned k = 0;

		if (l->cell[i].cause != cause)
			continue;
		name(&l->cell[i], s->name, sizeof(s->name));
		while (strcmp(ret->share[k].name, s->name) != 0)
			k++; /* S itself, if no other */
		if (k == ret->n) {
			s->count = 0;
			ret->n++;
		}
		ret->share[k].count += l->cell[i].count;
	}
	qsort(ret->share, ret->n, sizeof(ret->share[0]), larger_first);
}

static void print_shares(const struct shares *s, const char *before)
{
	uint64_t rest = 0;

	for (unsigned i = 0; i < s->n; i++) {
		if (i < SHOWN)
			printf("%s%s %" PRIu64, i == 0 ? before : ", ", s->share[i].name,
			       s->share[i].count);
		else
			rest += s->share[i].count;
	}
	if (rest > 0)
		printf(", others %" PRIu64, rest);
}

void loss_report_print(const struct losses *l)
{
	static struct shares s; /* large */

	if (l->count > 0)
		printf("\nLOST\n");
	for (unsigned cause = 0; cause < GAP_CAUSE_COUNT; cause++) {
		uint64_t sum = losses_sum(l, cause);

		if (sum == 0)
			continue;
		printf("%-14s %" PRIu64, loss_cause_name(cause), sum);
		sum_up(l, cause, type_name, &s);
		print_shares(&s, ": ");
		sum_up(l, cause, cpu_name, &s);
		print_shares(&s, "; by processor: ");
		putchar('\n');
	}
}

static void json_shares(const struct losses *l, struct jout *j, const char *key, share_name *name)
{
	static struct shares s; /* large */

	jout_object(j, key);
	for (unsigned cause = 0; cause < GAP_CAUSE_COUNT; cause++) {
		sum_up(l, cause, name, &s);
		if (s.n == 0)
			continue;
		jout_object(j, loss_cause_name(cause));
		for (unsigned i = 0; i < s.n; i++)
			jout_uint(j, s.share[i].name, s.share[i].count);
		jout_end(j);
	}
	jout_end(j);
}

void loss_report_json(const struct losses *l, struct jout *j)
{
	char name[32];

	json_shares(l, j, "lost", type_name);
	json_shares(l, j, "lost_by_cpu", cpu_name);
	jout_array(j, "cells");
	for (unsigned i = 0; i < l->count; i++) {
		const struct loss *c = &l->cell[i];

		jout_object(j, NULL);
		jout_str(j, "cause", loss_cause_name(c->cause));
		if (c->cpu == LOSS_ANY_CPU)
			jout_null(j, "cpu");
		else
			jout_uint(j, "cpu", c->cpu);
		type_name(c, name, sizeof(name));
		jout_str(j, "type", name);
		jout_uint(j, "count", c->count);
		jout_end(j);
	}
	jout_end(j);
}
