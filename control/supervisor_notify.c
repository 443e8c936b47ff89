/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_notify.c -- what the stages say of themselves: that they are ready, what they want kept,
 * whether rules ask for captures.  Nobody is believed but who the kernel says it is.
 */
#include <unistd.h>

#include "log.h"
#include "notify_socket.h"
#include "playback.h"
#include "supervisor_core.h"

static void look_if_complete(struct supervisor *sv)
{
	unsigned running = 0;

	for (unsigned i = 0; i < PLAN_STAGES; i++)
		running += sv->child[i].ready;
	if (sv->complete || running < PLAN_STAGES)
		return;
	sv->complete = true;
	if (sv->p->playback == NULL)
		log_info("watching, run directory '%s'", sv->p->run_dir);
}

static void hear_ready(struct supervisor *sv, struct child *c)
{
	c->ready = true;
	if (c->state == SUPERVISED_STARTING)
		c->state = SUPERVISED_RUNNING;
	look_if_complete(sv);
	if (sv->p->launch != NULL)
		reload_ready(&sv->reload, c->stage->id);
}

/* Rules ask for captures, or none does any more: the evaluator has read them. */
static void hear_captures(struct supervisor *sv, bool captures)
{
	struct child *c = supervisor_child(sv, STAGE_RECORDER);

	sv->captures = captures;
	if (!captures) {
		c->due = never();
		supervisor_ask_to_end(c, mono_now());
	} else if (c->pid == 0 && c->due.ns == NEVER_NS) {
		c->life = (struct plan_life){ 0 };
		c->due = mono_now();
	}
}

static void hear(struct supervisor *sv, struct child *c, struct span text)
{
	if (span_is(text, NOTIFY_READY))
		hear_ready(sv, c);
	else if (sv->p->launch != NULL && span_is(text, NOTIFY_RELOAD))
		reload_ask(&sv->reload, mono_now());
	else if (sv->p->playback == NULL && c->stage->id == STAGE_EVALUATOR &&
		 span_starts(text, span_str(NOTIFY_CAPTURES)))
		hear_captures(sv, span_is(text, NOTIFY_CAPTURES "1"));
	else if (sv->p->playback != NULL)
		c->done |= playback_heard(sv->p->playback, c->stage->id, text);
}

static struct child *child_with(struct supervisor *sv, pid_t pid)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		if (sv->child[i].pid == pid)
			return &sv->child[i];
	return NULL;
}

void supervisor_hear_stages(struct supervisor *sv)
{
	struct notify_message m;
	int got;

	while ((got = notify_socket_receive(sv->notify_fd, &m)) >= 0) {
		struct span text = span_of(m.text, m.n);
		struct child *c = got == 0 ? NULL : child_with(sv, m.pid);

		if (c != NULL && !fdstore_heard(&c->store, text, m.fds, m.nfds))
			hear(sv, c, text);
		for (unsigned i = 0; got > 0 && i < m.nfds; i++)
			if (m.fds[i] != -1)
				close(m.fds[i]);
	}
}
