/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_ended.c -- a stage's process has ended: when the next one is to start, or whether all is to
 * end.  plan.c decides; a replay's are supervisor_replay.c's.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "log.h"
#include "playback.h"
#include "supervisor_core.h"

static struct plan_end end_of(const struct child *c, int status)
{
	if (c->asked)
		return (struct plan_end){ PLAN_END_ASKED, 0 };
	if (WIFSIGNALED(status))
		return (struct plan_end){ PLAN_END_SIGNAL, WTERMSIG(status) };
	return (struct plan_end){ PLAN_END_EXIT, WEXITSTATUS(status) };
}

void supervisor_say_ended(const struct child *c, struct plan_end end, struct plan_decision d,
			  struct mono now)
{
	char what[64], next[64];

	if (end.kind == PLAN_END_SIGNAL)
		snprintf(what, sizeof(what), "was killed by signal %d (%s)", end.code,
			 strsignal(end.code));
	else
		snprintf(what, sizeof(what), "ended with exit code %d", end.code);
	if (d.verdict == PLAN_END_ALL || d.verdict == PLAN_DONE)
		snprintf(next, sizeof(next), "ending");
	else
		snprintf(next, sizeof(next), "starting %s again in %u ms",
			 d.verdict == PLAN_START_OVER ? "the replay" : "it",
			 (unsigned)(mono_since(now, d.at) / NS_PER_MSEC));
	log_warning("%s %s, %s", c->stage->program, what, next);
}

static unsigned max_deaths(const struct supervisor *sv)
{
	return sv->p->launch == NULL ? PLAN_MAX_DEATHS
				     : (unsigned)sv->reload.conf.restarts_per_minute;
}

/* Nothing of the pipeline depends on it: when it cannot be helped there are no captures. */
static void recorder_ended(struct supervisor *sv, struct child *c, struct plan_end end,
			   struct mono now)
{
	struct plan_decision d = plan_ended(&c->life, end, max_deaths(sv), now);

	c->due = never();
	if (!sv->captures)
		return;
	if (d.verdict != PLAN_END_ALL) {
		if (end.kind != PLAN_END_ASKED)
			supervisor_say_ended(c, end, d, now);
		c->due = d.at;
		return;
	}
	sv->captures = false;
	log_error("%s ended with %s %d: there are no captures from here on, all else goes on",
		  c->stage->program, end.kind == PLAN_END_SIGNAL ? "signal" : "exit code",
		  end.code);
}

static void stage_ended(struct supervisor *sv, struct child *c, struct plan_end end,
			struct mono now)
{
	struct plan_decision d = plan_ended(&c->life, end, max_deaths(sv), now);

	/* It is the new settings' fault: with the old ones it will start. */
	if (sv->p->launch != NULL &&
	    reload_ended(&sv->reload, c->stage->id, d.verdict == PLAN_END_ALL)) {
		c->due = now;
		return;
	}
	if (end.kind != PLAN_END_ASKED)
		supervisor_say_ended(c, end, d, now);
	if (d.verdict == PLAN_END_ALL)
		supervisor_begin_stop(sv, d.code);
	else
		c->due = d.at;
}

static void child_ended(struct supervisor *sv, struct child *c, int status, struct mono now)
{
	struct plan_end end = end_of(c, status);

	c->pid = 0;
	c->state = SUPERVISED_WAITING;
	supervisor_close_supply(c);
	if (sv->stopping)
		return;
	if (sv->p->playback != NULL)
		supervisor_replay_ended(sv, c, end, now);
	else if (c->stage->id == STAGE_RECORDER)
		recorder_ended(sv, c, end, now);
	else
		stage_ended(sv, c, end, now);
}

void supervisor_reap(struct supervisor *sv, struct mono now)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++) {
		struct child *c = &sv->child[i];
		struct rusage ru;
		int status;

		if (c->pid == 0 || wait4(c->pid, &status, WNOHANG, &ru) != c->pid)
			continue;
		supervisor_hear_stages(sv); /* its last words lie there, if it had any */
		if (sv->p->playback != NULL)
			playback_reaped(sv->p->playback, c->stage->id, &ru);
		child_ended(sv, c, status, now);
	}
}
