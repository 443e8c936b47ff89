/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.c -- the table of stages and the restart policy of plan.h.
 */
#include "log.h"
#include "plan.h"

static const struct plan_stage stages[PLAN_STAGES] = {
	{ STAGE_EMITTER, "mews-emitter", PLAN_STDOUT_PASSED_ON, 0 },
	{ STAGE_EVALUATOR, "mews-evaluator", PLAN_STDOUT_NONE, 0 },
	{ STAGE_ENRICHER, "mews-enricher", PLAN_STDOUT_NONE, 0 },
	{ STAGE_COLLECTOR, "mews-collector", PLAN_STDOUT_NONE, -10 },
};

const struct plan_stage *plan_stage(unsigned i)
{
	return i < PLAN_STAGES ? &stages[i] : NULL;
}

void plan_started(struct plan_life *life, struct mono now)
{
	life->started = now;
	life->starts++;
}

/* Remember this death; how many there were within the window. */
static unsigned count_death(struct plan_life *life, struct mono now)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < life->ndeaths; i++)
		if (mono_since(life->deaths[i], now) < PLAN_DEATHS_NS)
			life->deaths[keep++] = life->deaths[i];
	if (keep == PLAN_MAX_DEATHS)
		return keep;
	life->deaths[keep++] = now;
	life->ndeaths = keep;
	return keep;
}

/* Codes by which a program says that it will not be better next time. */
static int is_final(int code)
{
	return code == EXIT_INPUT || code == EXIT_USAGE || code == EXIT_HOST;
}

struct plan_decision plan_ended(struct plan_life *life, struct plan_end end, struct mono now)
{
	struct plan_decision d = { .verdict = PLAN_START_AGAIN, .at = now };

	if (end.kind == PLAN_END_ASKED)
		return d;
	if (life->starts <= 1 && end.kind == PLAN_END_EXIT && is_final(end.code))
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = end.code };
	if (count_death(life, now) >= PLAN_MAX_DEATHS)
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = EXIT_STAGE };
	if (life->delay_ns == 0 || mono_since(life->started, now) >= PLAN_GOOD_LIFE_NS)
		life->delay_ns = PLAN_FIRST_DELAY_NS;
	d.at = mono_after(now, life->delay_ns);
	life->delay_ns *= 2;
	if (life->delay_ns > PLAN_MOST_DELAY_NS)
		life->delay_ns = PLAN_MOST_DELAY_NS;
	return d;
}
