/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.h -- who is started, in which order, with what; and what to do when one
 * of them ends.  Core: the supervisor tells it what happened and when, and does
 * what it says.
 *
 * The policy: a stage that dies comes back after 10 ms, then 20, 40 ... 5 s; ten
 * seconds of life and it begins at 10 ms again.  Ten deaths within a minute (or as many as the settings say,
 * and then it waits no longer than a minute has room for them) and the whole pipeline ends: something is wrong that starting again does not mend.
 * A stage that ends because the settings say so when events are dropped ends the pipeline.
 * A stage that says at its very first start that its input is wrong, or that the
 * host cannot do it, is believed at once.
 *
 * A replay has all of its events for as often as one likes, and each time the same.  So
 * when one of the first three stages dies, all three start over, at the beginning of the
 * capture: none of them needs to know what another did before.  The emitter, which is
 * the one that remembers, goes on alone.  What fails ten times in one replay fails for
 * good: it would not end, however far apart the deaths are.
 */
#ifndef MEWS_PLAN_H
#define MEWS_PLAN_H

#include <stdbool.h>

#include "clock.h"
#include "counter.h"

#define PLAN_FIRST_DELAY_NS (10 * NS_PER_MSEC)
#define PLAN_MOST_DELAY_NS  (5 * NS_PER_SEC)
#define PLAN_GOOD_LIFE_NS   (10 * NS_PER_SEC)
#define PLAN_MAX_DEATHS	    10	 /* if the settings do not say otherwise, */
#define PLAN_MOST_DEATHS    1000 /* up to so many */
#define PLAN_DEATHS_NS	    (60 * NS_PER_SEC)
#define PLAN_STOP_NS	    (3 * NS_PER_SEC) /* from the request to end to SIGKILL */
#define PLAN_STAGES	    4
#define PLAN_PROCESSES	    5 /* the stages, then the recorder, which is there only when asked for */

enum plan_stdout { PLAN_STDOUT_NONE, PLAN_STDOUT_PASSED_ON };

struct plan_stage {
	enum stage_id id;
	const char *program;
	enum plan_stdout out;
	/* What it watches must not be able to starve it: the collector is the one that
	 * loses events when it is late, and it must be back soon when it dies. */
	int nice;
};

/* In the order in which they are started, readers first; they end the other way
 * round, so that each can work off what the one before it has left.  PLAN_STAGES is the
 * recorder's, which ends last; NULL behind it. */
const struct plan_stage *plan_stage(unsigned i);

/* One stage's life as far as the policy needs it; all zero at the beginning. */
struct plan_life {
	struct mono started;
	uint64_t delay_ns;
	uint64_t starts;
	unsigned ndeaths;
	struct mono deaths[PLAN_MOST_DEATHS]; /* the last ones, oldest first */
};

enum plan_end_kind {
	PLAN_END_NONE,
	PLAN_END_ASKED,	 /* we told it to */
	PLAN_END_EXIT,	 /* by itself, with CODE */
	PLAN_END_SIGNAL, /* killed by signal CODE */
};

struct plan_end {
	enum plan_end_kind kind;
	int code;
};

enum plan_verdict {
	PLAN_NONE,
	PLAN_START_AGAIN, /* at AT */
	PLAN_END_ALL,	  /* with CODE */
	PLAN_START_OVER,  /* a replay: this stage and all before it, at AT */
	PLAN_DONE,	  /* a replay: this stage's work is done; CODE */
};

struct plan_decision {
	enum plan_verdict verdict;
	struct mono at;
	int code;
};

void plan_started(struct plan_life *life, struct mono now);
/* MAX_DEATHS: 1 to PLAN_MOST_DEATHS. */
struct plan_decision plan_ended(struct plan_life *life, struct plan_end end, unsigned max_deaths,
				struct mono now);

/* How far a stage of a replay got in this life. */
struct plan_reached {
	bool ready; /* its input was good */
	bool done;  /* it came to the end of the capture, and the next one has all that it wrote */
	bool over;  /* nothing is left to do: of the emitter and the evaluator before it, the
		     * other one is done (for those before: the emitter) */
};

struct plan_decision plan_replay_ended(struct plan_life *life, enum stage_id id,
				       struct plan_end end, struct plan_reached reached,
				       struct mono now);

#endif
