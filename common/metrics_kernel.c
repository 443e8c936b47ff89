/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_kernel.c -- metrics of the kernel side, and of what was lost there and behind it.
 */
#include <stdio.h>

#include "drop_group.h"
#include "event.h"
#include "metrics_rows.h"

/* ---- the kernel side ---- */

void collect_N_EVTS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_COLLECTOR, COLLECTOR_SEEN);
}

void collect_N_DROPS(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_COLLECTOR];

	if (s != NULL)
		metric_plain(out, s->counts.v[COLLECTOR_LOST_KERNEL] +
					  s->counts.v[COLLECTOR_LOST_RESTART] +
					  s->counts.v[COLLECTOR_LOST_RING] +
					  s->counts.v[COLLECTOR_LOST_NOT_MADE] +
					  s->counts.v[COLLECTOR_LOST_PASSED_OVER]);
}

void collect_N_DROPS_BUFFER_ALL(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_COLLECTOR];

	if (s != NULL)
		metric_plain(out,
			     s->counts.v[COLLECTOR_LOST_KERNEL] + s->counts.v[COLLECTOR_LOST_RING]);
}

void collect_N_DROPS_BUFFER(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *st = v->stage[STAGE_COLLECTOR];
	uint64_t sums[DROP_GROUPS] = { 0 };

	if (st == NULL)
		return;
	for (unsigned i = 0; i < st->losses.count; i++) {
		const struct loss *l = &st->losses.cell[i];

		if (l->cause == GAP_KERNEL_BUFFER || l->cause == GAP_RING)
			sums[drop_group(l->code)] += l->count;
	}
	for (unsigned g = DROP_OTHERS + 1; g < DROP_GROUPS; g++) {
		struct metric_sample s = metric_sample();

		metric_label(&s, "dir", "exit");
		metric_label(&s, "drop", drop_group_name(g));
		metric_take_uint(out, &s, sums[g]);
	}
}

void collect_N_DROPS_SCRATCH(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_COLLECTOR, COLLECTOR_LOST_NOT_MADE);
}

/* What cannot happen here. */
static void never(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_COLLECTOR] != NULL)
		metric_plain(out, 0);
}

void collect_N_DROPS_SIZE(const struct metrics_view *v, struct metric_out *out)
{
	never(v, out);
}

void collect_N_DROPS_FAULTS(const struct metrics_view *v, struct metric_out *out)
{
	never(v, out);
}

void collect_N_DROPS_BUG(const struct metrics_view *v, struct metric_out *out)
{
	never(v, out);
}

/* ---- losses ---- */

typedef void loss_name(const struct loss *l, char *buf, size_t cap);

static void type_name(const struct loss *l, char *buf, size_t cap)
{
	const struct event_info *info = event_info(l->code);

	snprintf(buf, cap, "%s", info != NULL ? info->name : "unknown");
}

static void cpu_name(const struct loss *l, char *buf, size_t cap)
{
	if (l->cpu == LOSS_ANY_CPU)
		snprintf(buf, cap, "unknown");
	else
		snprintf(buf, cap, "%u", l->cpu);
}

/* All cells of one cause and one name are one sample, said at the first of them. */
static void each_loss(const struct losses *l, struct metric_out *out, const char *by,
		      loss_name *name)
{
	char mine[40], other[40];

	for (unsigned i = 0; i < l->count; i++) {
		struct metric_sample s = metric_sample();
		uint64_t sum = 0;
		unsigned first = l->count;

		name(&l->cell[i], mine, sizeof(mine));
		for (unsigned k = 0; k < l->count && first >= i; k++) {
			if (l->cell[k].cause != l->cell[i].cause)
				continue;
			name(&l->cell[k], other, sizeof(other));
			if (strcmp(mine, other) != 0)
				continue;
			first = k < first ? k : first;
			sum += l->cell[k].count;
		}
		if (first < i)
			continue;
		metric_label(&s, "cause", loss_cause_name(l->cell[i].cause));
		metric_label(&s, by, mine);
		metric_take_uint(out, &s, sum);
	}
}

void collect_LOST(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_COLLECTOR] != NULL)
		each_loss(&v->stage[STAGE_COLLECTOR]->losses, out, "type", type_name);
}

void collect_LOST_BY_CPU(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_COLLECTOR] != NULL)
		each_loss(&v->stage[STAGE_COLLECTOR]->losses, out, "cpu", cpu_name);
}
