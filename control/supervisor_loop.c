/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_loop.c -- one loop over all that comes in and the clock: signals, the stages' words, control,
 * settings, and, in a replay, the emitter's standard output, which goes through a pipe that is held here.
 */
#include <poll.h>
#include <unistd.h>

#include "log.h"
#include "playback.h"
#include "supervisor_core.h"
#include "watch.h"

enum {
	SIGNALS,
	NOTIFY,
	CONTROL,
	FORWARD,
	READER,
	GATHER,
	WATCH,
	SUPPLY,
	ALL = SUPPLY + PLAN_PROCESSES,
};

/* When C is to be started.  Those of a replay that start over do so together. */
static struct mono due_of(const struct supervisor *sv, const struct child *c)
{
	if (sv->stopping || c->pid != 0)
		return never();
	if (sv->p->playback != NULL && c->stage->id != STAGE_EMITTER &&
	    supervisor_is_starting_over(sv))
		return never();
	return c->due;
}

/* The collector is the first to start: it has the most to do until it is ready. */
static void clockwork(struct supervisor *sv, struct mono now)
{
	for (unsigned i = PLAN_PROCESSES; i-- > 0;) {
		struct child *c = &sv->child[i];

		supervisor_kill_overdue(c, now);
		if (now.ns >= due_of(sv, c).ns)
			supervisor_start(sv, c, now);
	}
	if (!sv->complete && !sv->stopping && now.ns >= sv->give_up.ns) {
		log_error("not all stages are ready after %u s, ending",
			  (unsigned)(READY_NS / NS_PER_SEC));
		supervisor_begin_stop(sv, EXIT_STAGE);
	}
}

/* What is due; when there is something to do next but for the stages. */
static struct mono step(struct supervisor *sv, struct mono now)
{
	clockwork(sv, now);
	if (sv->p->playback != NULL)
		return playback_step(sv->p->playback, now);
	if (sv->p->launch != NULL && !sv->stopping)
		return reload_step(&sv->reload, now);
	return never();
}

static bool is_over(struct supervisor *sv, struct mono now)
{
	return (sv->stopping && supervisor_stop_step(sv, now)) ||
	       (sv->p->playback != NULL && supervisor_all_is_out(sv));
}

static int timeout_ms(const struct supervisor *sv, struct mono now, struct mono next)
{
	if (!sv->complete && !sv->stopping && sv->give_up.ns < next.ns)
		next = sv->give_up;
	if (sv->control != NULL && control_server_due(sv->control).ns < next.ns)
		next = control_server_due(sv->control);
	for (unsigned i = 0; i < PLAN_PROCESSES; i++) {
		const struct child *c = &sv->child[i];
		struct mono at = c->pid == 0 ? due_of(sv, c) : c->asked ? c->kill_at : never();

		if (at.ns < next.ns)
			next = at;
	}
	if (next.ns == NEVER_NS)
		return -1;
	return (int)((mono_since(now, next) + NS_PER_MSEC - 1) / NS_PER_MSEC);
}

static void fill_fds(struct supervisor *sv, struct pollfd fds[ALL])
{
	struct playback *pb = sv->p->playback;

	for (unsigned i = 0; i < ALL; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	fds[SIGNALS].fd = sv->signal_fd;
	fds[NOTIFY].fd = sv->notify_fd;
	if (sv->control != NULL)
		fds[CONTROL].fd = control_server_fd(sv->control);
	if (pb != NULL)
		fds[FORWARD].fd = forward_fd(&pb->out, &fds[FORWARD].events);
	fds[READER].events = 0; /* POLLERR comes unasked */
	if (sv->p->until_nobody_reads && !sv->stopping)
		fds[READER].fd = STDOUT_FILENO;
	if (sv->p->launch != NULL)
		fds[GATHER].fd = sv->reload.gather_fd;
	if (sv->p->launch != NULL && !sv->stopping)
		fds[WATCH].fd = watch_fd(sv->reload.watch);
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		fds[SUPPLY + i].fd = sv->child[i].supply;
}

void supervisor_loop(struct supervisor *sv)
{
	struct pollfd fds[ALL];

	for (;;) {
		struct mono now = mono_now(), next = step(sv, now);

		if (is_over(sv, now))
			return;
		fill_fds(sv, fds);
		(void)poll(fds, ALL, timeout_ms(sv, now, next));
		now = mono_now();
		supervisor_hear_supplied(sv);
		supervisor_hear_stages(sv);
		supervisor_hear_signals(sv, now);
		if ((fds[READER].revents & (POLLERR | POLLNVAL)) != 0)
			supervisor_begin_stop(sv, EXIT_OK);
		supervisor_answer_control(sv);
	}
}
