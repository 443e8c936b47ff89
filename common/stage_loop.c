/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_loop.c -- the loop of a stage: turns, and between them what is not events.  It
 * ends when the stage is told to stop, when its source is at its end, or when it cannot go on.
 */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "stage_core.h"

#define DRAIN_NS     (2 * NS_PER_SEC)
#define LAST_TURN_NS (100 * NS_PER_MSEC) /* of a stage that reads no ring */

void stage_ask_stop(struct runtime *rt)
{
	if (rt->stop_at.ns == 0)
		rt->stop_at = mono_now();
}

void stage_keep_house(struct runtime *rt, struct mono now)
{
	rt->last_poll = now;
	if (stage_stop_signals() > 0)
		stage_ask_stop(rt);
	if (rt->st.out != NULL)
		outlet_poll(rt->st.out, now);
	if (rt->st.in != NULL && !rt->in_reserve)
		inlet_poll(rt->st.in, now);
	stage_look_for_inheritance(rt);
	if (rt->control != NULL)
		control_server_poll(rt->control, stage_answer, rt);
	if (rt->in_reserve)
		return;
	stage_hear_supplier(rt);
	/* One that is under way may have read the files before they changed. */
	if (!rt->renewing.pending && stage_take_reload_signal())
		stage_reload_by_signal(rt);
}

/* Is there nothing left to wait for?  A live writer waits for our successor, so
 * there is no draining then; a second signal means now. */
bool stage_must_stop(const struct runtime *rt, struct mono now)
{
	struct inlet_status in;

	if (rt->stop_at.ns == 0)
		return false;
	if (stage_stop_signals() > 1)
		return true;
	if (rt->st.in == NULL)
		return mono_since(rt->stop_at, now) > LAST_TURN_NS;
	inlet_status(rt->st.in, &in);
	return in.writer_alive || mono_since(rt->stop_at, now) > DRAIN_NS;
}

static bool is_drained(const struct runtime *rt)
{
	struct inlet_status in;

	if (rt->st.in == NULL)
		return true;
	inlet_status(rt->st.in, &in);
	return in.used == 0;
}

void stage_flush(struct stage *st)
{
	struct runtime *rt = runtime_of(st);

	if (rt->no_commit)
		return;
	if (st->out != NULL)
		outlet_publish(st->out, &st->counts);
	/* As long as nobody else holds what is written, it is gone with us: a successor does it again. */
	rt->uncommitted = st->out != NULL && !outlet_was_taken(st->out);
	if (st->in != NULL && !rt->uncommitted)
		inlet_commit(st->in, &st->counts);
	rt->flushed = st->counts;
}

/* A capture's events are as old as it is.  The clock is read without a system call. */
static void take_sample(struct stage *st)
{
	uint64_t now_ns;

	if (!st->replay) {
		now_ns = wall_now().ns;
		histogram_add(&st->latency, now_ns > st->sample_ns ? now_ns - st->sample_ns : 0);
	}
	st->sample_ns = 0;
}

static bool is_flush_due(const struct runtime *rt)
{
	return memcmp(&rt->flushed, &rt->st.counts, sizeof(rt->flushed)) != 0 ||
	       (rt->uncommitted && outlet_was_taken(rt->st.out));
}

int stage_loop(struct runtime *rt)
{
	for (;;) {
		struct mono now = mono_now();
		int n;

		if (mono_since(rt->last_poll, now) >= POLL_HOT_NS)
			stage_keep_house(rt, now);
		if (stage_must_stop(rt, now))
			break;
		rt->st.due = (struct mono){ 0 };
		n = rt->ops->turn(&rt->st, rt->st.ctx, now);
		if (rt->broken)
			return EXIT_STAGE;
		stage_look_if_ready(rt);
		if (n != 0 || is_flush_due(rt))
			stage_flush(&rt->st);
		if (rt->st.sample_ns != 0)
			take_sample(&rt->st);
		if (rt->st.stopping)
			break;
		if (n == STAGE_DONE) {
			stage_outstay(rt);
			rt->st.stopping = true;
			return rt->st.exit_code;
		}
		if (n < 0) {
			log_error("cannot go on: %s", strerror(-n));
			return EXIT_STAGE;
		}
		if (n > 0)
			continue;
		if (rt->stop_at.ns != 0 && is_drained(rt))
			break;
		stage_wait_for_work(rt);
	}
	rt->st.stopping = true;
	return rt->st.exit_code;
}
