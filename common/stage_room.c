/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_room.c -- room in the outlet, and the wait for it; and the end of a capture, which goes
 * down the line like any frame and is waited for like room.
 */
#include <errno.h>

#include "log.h"
#include "stage_core.h"
#include "wire.h"

/* No turn follows on a frame that found no room: the loop ends behind it. */
static uint8_t *give_up(struct runtime *rt)
{
	rt->in_reserve = false;
	rt->no_commit = true;
	rt->st.stopping = true;
	return NULL;
}

uint8_t *stage_reserve(struct stage *st, size_t cap)
{
	struct runtime *rt = runtime_of(st);
	uint8_t *room = outlet_reserve(st->out, cap, RING_BULK);

	if (__builtin_expect(room != NULL, 1))
		return room;
	if (!outlet_fits(st->out, cap, RING_BULK)) {
		log_error("a frame of %zu bytes can never fit the ring", cap);
		rt->broken = true;
		return give_up(rt);
	}
	/* What is written must be seen, or no room ever comes; what was read is not
	 * committed, since it is not all dealt with. */
	outlet_publish(st->out, &st->counts);
	rt->in_reserve = true;
	while ((room = outlet_reserve(st->out, cap, RING_BULK)) == NULL) {
		struct mono now = mono_now();

		if (mono_since(rt->last_poll, now) >= POLL_HOT_NS)
			stage_keep_house(rt, now);
		if (stage_must_stop(rt, now))
			return give_up(rt);
		stage_wait_for_room(rt);
	}
	rt->in_reserve = false;
	return room;
}

int stage_end(struct stage *st)
{
	uint8_t *room;
	ssize_t n;

	if (st->out == NULL)
		return STAGE_DONE;
	room = stage_reserve(st, WIRE_EMPTY_BOUND);
	if (room == NULL) /* told to stop */
		return 0;
	n = wire_encode_empty(room, WIRE_EMPTY_BOUND);
	BUG_ON(n < 0);
	outlet_submit(st->out, FRAME_END, 0, (size_t)n);
	return STAGE_DONE;
}

/* The source is at its end: stay until a reader has committed all of it; that one
 * may be gone by now, since its work is done. */
void stage_outstay(struct runtime *rt)
{
	struct outlet_status out;

	rt->done = true;
	while (rt->st.out != NULL) {
		struct mono now = mono_now();

		stage_keep_house(rt, now);
		if (rt->stop_at.ns != 0)
			rt->done = false;
		outlet_status(rt->st.out, &out);
		if (!rt->done || (out.frames > 0 && out.used == 0))
			return;
		stage_wait_for_room(rt);
	}
}
