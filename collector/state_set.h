/* SPDX-License-Identifier: Apache-2.0
 *
 * state_set.h -- which events the state of the stages behind is folded from: they
 * are always collected, wanted by a rule or not.  Core, constant data.
 */
#ifndef MEWS_STATE_SET_H
#define MEWS_STATE_SET_H

#include "event.h"
#include "ring.h"

#define EVENT_SET_WORDS ARRAY_LEN(((struct ring_wants *)0)->events)

/* A bit per event code, as in struct ring_wants. */
struct event_set {
	uint64_t bits[EVENT_SET_WORDS];
};
_Static_assert(EVENT_CODE_COUNT <= 64 * EVENT_SET_WORDS, "each event code has a bit");

static inline bool event_set_has(const struct event_set *s, unsigned code)
{
	return code < EVENT_CODE_COUNT && (s->bits[code / 64] >> (code % 64) & 1);
}

static inline void event_set_add(struct event_set *s, unsigned code)
{
	s->bits[code / 64] |= UINT64_C(1) << (code % 64);
}

/* Which part of a ring an event of CODE may fill. */
enum ring_class state_set_class(unsigned code);

/* Without this event the state behind is wrong: a snapshot has to make it good. */
bool state_set_matters(unsigned code);

/* It is about descriptors alone: nothing else of a process is folded from it. */
bool state_set_is_of_files(unsigned code);

/* Without this event there are no processes: who begins, executes and ends. */
bool state_set_is_lineage(unsigned code);

#endif
