/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_replay.c -- the end of a stage in a replay.  The stages end by themselves there; one that
 * dies may take others with it to the beginning of the capture, and all is over when standard output has
 * all that the emitter wrote.
 */
#include <signal.h>

#include "log.h"
#include "playback.h"
#include "supervisor_core.h"

static bool is_done(struct supervisor *sv, enum stage_id id)
{
	const struct child *c = supervisor_child(sv, id);

	return c->pid == 0 && c->done;
}

/* All but the emitter start over when all of them are gone: what a living one does with
 * another's new ring is nobody's business. */
static void start_over(struct supervisor *sv, struct mono at)
{
	playback_over(sv->p->playback);
	sv->exit_code = EXIT_OK;
	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		struct child *c = &sv->child[i];

		if (c->stage->id == STAGE_EMITTER)
			continue;
		c->due = at;
		c->done = false;
		if (c->pid == 0)
			continue;
		c->asked = true;
		kill(c->pid, SIGKILL);
	}
}

bool supervisor_is_starting_over(const struct supervisor *sv)
{
	for (unsigned i = 0; i < PLAN_STAGES; i++)
		if (sv->child[i].pid != 0 && sv->child[i].due.ns != NEVER_NS)
			return true;
	return false;
}

/* It has brought to its outputs all that there is, or the evaluator would not be done, and is on its way out; but not
 * one that came after that had read all, and one that has died with that done need not come back. */
static void end_emitter(struct supervisor *sv, struct mono now)
{
	struct child *c = supervisor_child(sv, STAGE_EMITTER);

	supervisor_ask_to_end(c, now);
	if (c->pid == 0) {
		c->due = never();
		c->done = true;
	}
}

void supervisor_replay_ended(struct supervisor *sv, struct child *c, struct plan_end end,
			     struct mono now)
{
	struct plan_reached reached = {
		.ready = c->ready,
		.done = c->done,
		.over = is_done(sv,
				c->stage->id == STAGE_EMITTER ? STAGE_EVALUATOR : STAGE_EMITTER),
	};
	struct plan_decision d;

	if (c->due.ns != NEVER_NS) /* killed to start over with another */
		return;
	d = plan_replay_ended(&c->life, c->stage->id, end, reached, now);
	c->done = d.verdict == PLAN_DONE;
	if (end.kind != PLAN_END_ASKED && !reached.done)
		supervisor_say_ended(c, end, d, now);
	if (d.verdict == PLAN_END_ALL) {
		supervisor_begin_stop(sv, d.code);
	} else if (d.verdict == PLAN_START_OVER) {
		start_over(sv, d.at);
	} else if (d.verdict == PLAN_START_AGAIN) {
		c->due = d.at;
	} else {
		if (d.code != EXIT_OK)
			sv->exit_code = d.code;
		if (c->stage->id == STAGE_EVALUATOR)
			end_emitter(sv, now);
	}
}

bool supervisor_all_is_out(struct supervisor *sv)
{
	for (unsigned i = 0; i < PLAN_STAGES; i++)
		if (!is_done(sv, sv->child[i].stage->id))
			return false;
	return forward_is_done(&sv->p->playback->out);
}
