/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.c -- the table of stages and the restart policy of plan.h.
 */
#include "log.h"
#include "plan.h"

static const struct plan_stage stages[PLAN_PROCESSES] = {
	{ STAGE_EMITTER, "mews-emitter", PLAN_STDOUT_PASSED_ON, 0 },
	{ STAGE_EVALUATOR, "mews-evaluator", PLAN_STDOUT_NONE, 0 },
	{ STAGE_ENRICHER, "mews-enricher", PLAN_STDOUT_NONE, 0 },
	{ STAGE_COLLECTOR, "mews-collector", PLAN_STDOUT_NONE, -10 },
	{ STAGE_RECORDER, "mews-recorder", PLAN_STDOUT_NONE, 0 },
};

const struct plan_stage *plan_stage(unsigned i)
{
	return i < PLAN_PROCESSES ? &stages[i] : NULL;
}

void plan_started(struct plan_life *life, struct mono now)
{
	life->started = now;
	life->starts++;
}

/* Remember this death; how many there were within WINDOW_NS. */
static unsigned count_death(struct plan_life *life, struct mono now, uint64_t window_ns,
			    unsigned most)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < life->ndeaths; i++)
		if (mono_since(life->deaths[i], now) < window_ns)
			life->deaths[keep++] = life->deaths[i];
	if (keep >= most)
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

/* When a stage that died starts again: after twice as long each time. */
static struct mono after_delay(struct plan_life *life, struct mono now, unsigned max_deaths)
{
	uint64_t most_ns = PLAN_DEATHS_NS / max_deaths;
	struct mono at;

	if (life->delay_ns == 0 || mono_since(life->started, now) >= PLAN_GOOD_LIFE_NS)
		life->delay_ns = PLAN_FIRST_DELAY_NS;
	at = mono_after(now, life->delay_ns);
	life->delay_ns *= 2;
	if (most_ns > PLAN_MOST_DELAY_NS)
		most_ns = PLAN_MOST_DELAY_NS;
	if (life->delay_ns > most_ns)
		life->delay_ns = most_ns;
	return at;
}

struct plan_decision plan_ended(struct plan_life *life, struct plan_end end, unsigned max_deaths,
				struct mono now)
{
	struct plan_decision d = { .verdict = PLAN_START_AGAIN, .at = now };

	if (end.kind == PLAN_END_ASKED)
		return d;
	if (life->starts <= 1 && end.kind == PLAN_END_EXIT && is_final(end.code))
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = end.code };
	if (end.kind == PLAN_END_EXIT && end.code == EXIT_DROPS) /* Falco's code for it */
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = EXIT_INPUT };
	if (count_death(life, now, PLAN_DEATHS_NS, max_deaths) >= max_deaths)
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = EXIT_STAGE };
	d.at = after_delay(life, now, max_deaths);
	return d;
}

struct plan_decision plan_replay_ended(struct plan_life *life, enum stage_id id,
				       struct plan_end end, struct plan_reached reached,
				       struct mono now)
{
	struct plan_decision d = { .verdict =
					   id == STAGE_EMITTER ? PLAN_START_AGAIN : PLAN_START_OVER,
				   .at = now };

	/* A capture that breaks off has told what it holds before that: its reader is done with a
	 * code, when the others have it. */
	if (reached.done || reached.over)
		return (struct plan_decision){ .verdict = PLAN_DONE,
					       .code = reached.done && end.kind == PLAN_END_EXIT
							       ? end.code
							       : EXIT_OK };
	if (end.kind == PLAN_END_ASKED)
		return d;
	if (end.kind == PLAN_END_EXIT && !reached.ready && is_final(end.code))
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = end.code };
	if (count_death(life, now, UINT64_MAX, PLAN_MAX_DEATHS) >= PLAN_MAX_DEATHS)
		return (struct plan_decision){ .verdict = PLAN_END_ALL, .code = EXIT_STAGE };
	d.at = after_delay(life, now, PLAN_MAX_DEATHS);
	return d;
}
