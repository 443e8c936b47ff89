/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_notify.c -- what a stage tells whoever started it: that it is ready, how far it
 * is, what it counted.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "notify.h"
#include "stage_core.h"

#define PROGRESS_NS (100 * NS_PER_MSEC)

/* False: it can not be said now. */
static bool say_ready(const struct runtime *rt)
{
	int err = rt->notify_fd == -1 ? 0 : notify_say(rt->notify_fd, NOTIFY_READY);

	if (err == -EINTR || err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM)
		return false;
	if (err < 0)
		log_warning("cannot say that we are ready: %s", strerror(-err));
	return true;
}

void stage_look_if_ready(struct runtime *rt)
{
	if (rt->ready || rt->st.starting || rt->st.stopping)
		return;
	if (!say_ready(rt)) /* in the next turn, then */
		return;
	rt->ready = true;
	malloc_trim(0); /* what it took to get there */
	stage_note_ceiling(rt);
}

/* The last word of a stage that is done: what was counted. */
void stage_say_counts(const struct runtime *rt)
{
	char text[sizeof(NOTIFY_COUNTS) + RING_COUNTS * 21];
	int n = snprintf(text, sizeof(text), NOTIFY_COUNTS);

	if (rt->notify_fd == -1)
		return;
	for (unsigned i = 0; i < RING_COUNTS; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%" PRIu64, i == 0 ? "" : " ",
			      rt->st.counts.v[i]);
	(void)notify_say(rt->notify_fd, text);
}

void stage_progress(struct stage *st, uint64_t done, uint64_t total, uint64_t events)
{
	struct runtime *rt = runtime_of(st);
	struct mono now = mono_now();
	char text[128];

	if (rt->notify_fd == -1 || mono_since(rt->last_progress, now) < PROGRESS_NS)
		return;
	rt->last_progress = now;
	snprintf(text, sizeof(text), NOTIFY_PROGRESS "%" PRIu64 " %" PRIu64 " %" PRIu64, done,
		 total, events);
	notify_try(rt->notify_fd, text);
}

void stage_say(struct stage *st, const char *text)
{
	const struct runtime *rt = runtime_of(st);

	if (rt->supervisor != 0)
		notify_try(rt->notify_fd, text);
}
