/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_stop.c -- telling stages to end, one of them or all in their order; who does not is killed.
 */
#include <signal.h>

#include "log.h"
#include "supervisor_core.h"

void supervisor_begin_stop(struct supervisor *sv, int code)
{
	if (sv->stopping)
		return;
	sv->stopping = true;
	sv->exit_code = code;
}

void supervisor_ask_to_end(struct child *c, struct mono now)
{
	if (c->pid == 0 || c->asked)
		return;
	c->asked = true;
	c->state = SUPERVISED_STOPPING;
	c->kill_at = mono_after(now, PLAN_STOP_NS);
	kill(c->pid, SIGTERM);
}

void supervisor_kill_overdue(struct child *c, struct mono now)
{
	if (c->pid == 0 || !c->asked || now.ns < c->kill_at.ns)
		return;
	log_warning("%s does not end, killing it", c->stage->program);
	kill(c->pid, SIGKILL);
	c->kill_at = never();
}

void supervisor_kill_all(struct supervisor *sv)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		if (sv->child[i].pid != 0)
			kill(sv->child[i].pid, SIGKILL);
}

static bool stop_replay(struct supervisor *sv, struct mono now)
{
	bool gone = true;

	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		supervisor_ask_to_end(&sv->child[i], now);
		gone &= sv->child[i].pid == 0;
	}
	return gone;
}

/* Ends the other way round than they were started: the next one is told when
 * the one before it is gone, and has something to work off; not so in a replay that is
 * broken off. */
bool supervisor_stop_step(struct supervisor *sv, struct mono now)
{
	struct child *recorder = supervisor_child(sv, STAGE_RECORDER);

	if (sv->p->playback != NULL)
		return stop_replay(sv, now);
	for (unsigned i = PLAN_STAGES; i-- > 0;) {
		if (sv->child[i].pid == 0)
			continue;
		supervisor_ask_to_end(&sv->child[i], now);
		return false;
	}
	supervisor_ask_to_end(recorder, now);
	return recorder->pid == 0;
}
