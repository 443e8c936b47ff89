/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_inherit.c -- counters that were there before us.
 *
 * Counters outlive the process: a predecessor's are in the memory that a
 * neighbour kept.  They are added once, from the reader's side where there is
 * one (they were committed with the cursor), else from the writer's.
 */
#include "stage_core.h"

static void inherit(struct runtime *rt, const struct ring_counts *counts, const uint8_t *sheets)
{
	rt->inheritance = INHERIT_DONE;
	if (rt->ops->inherit != NULL) {
		rt->ops->inherit(&rt->st, rt->st.ctx, counts, sheets);
		return;
	}
	for (unsigned i = 0; i < RING_COUNTS; i++)
		rt->st.counts.v[i] += counts->v[i];
}

void stage_offered(void *ctx, const struct ring_counts *counts, const uint8_t *sheets)
{
	struct runtime *rt = ctx;

	/* A replay that starts over counts from the beginning, too. */
	if (rt->inheritance != INHERIT_NOTHING || rt->st.replay)
		return;
	if (rt->st.in == NULL) { /* there is nobody who might know better */
		inherit(rt, counts, sheets);
		return;
	}
	rt->offered = *counts;
	rt->inheritance = INHERIT_OFFERED;
}

/* The inlet's are the better ones; without an inlet, or when its writer knows
 * of none, those that the reader brought count. */
void stage_look_for_inheritance(struct runtime *rt)
{
	struct ring_counts counts;
	struct inlet_status in;

	if (rt->inheritance == INHERIT_DONE)
		return;
	if (rt->st.in != NULL) {
		inlet_status(rt->st.in, &in);
		if (!in.attached)
			return;
		if (inlet_inherited(rt->st.in, &counts)) {
			inherit(rt, &counts, NULL);
			return;
		}
	}
	if (rt->inheritance == INHERIT_OFFERED)
		inherit(rt, &rt->offered, NULL);
}
