/* SPDX-License-Identifier: Apache-2.0
 *
 * selection.c -- see selection.h.
 */
#include "selection.h"

#include "wire.h"

static const uint16_t ends[] = { EVENT_SYSCALL_CLOSE_X, EVENT_SYSCALL_CLOSE_RANGE_X };

static bool asks(const struct ring_wants *wants, unsigned code)
{
	return (wants->events[code / 64] >> (code % 64) & 1) != 0;
}

static bool asks_extra(const struct ring_wants *wants, unsigned extra)
{
	return (wants->extras >> extra & 1) != 0;
}

/* Is anything asked for that is wrong when descriptors stay that were closed?  (The standard ones are
 * told of in any case.) */
static bool asks_for_ends(const struct ring_wants *wants)
{
	bool polls = asks(wants, EVENT_SYSCALL_POLL_X) || asks(wants, EVENT_SYSCALL_PPOLL_X);

	return asks_extra(wants, WANT_FD_COUNT) || asks_extra(wants, WANT_FD_TYPES) ||
	       (polls && asks_extra(wants, WANT_FDLIST)) ||
	       (wants->extras & (WANT_TAP | WANT_CLOSES)) != 0;
}

static void spare(struct selection *s, unsigned code)
{
	event_set_add(&s->spared, code);
}

void selection_fill(struct selection *s, const struct ring_wants *wants)
{
	*s = (struct selection){ 0 };
	state_set_with(wants, &s->events);
	if (wants == NULL || wants->version == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(ends) && !asks_for_ends(wants); i++)
		if (!asks(wants, ends[i]))
			spare(s, ends[i]);
	if (!asks(wants, EVENT_SYSCALL_FCNTL_X))
		spare(s, EVENT_SYSCALL_FCNTL_X);
}

bool selection_grows(const struct selection *from, const struct selection *to)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (event_set_has(&from->spared, ends[i]) && !event_set_has(&to->spared, ends[i]))
			return true;
	return false;
}
