/* SPDX-License-Identifier: Apache-2.0
 *
 * mute.h -- which opens need no record: struct mutes in record.h.  The evaluator names an event
 * by its number, and what its record said it would be muted by was noted down when it was
 * passed on.
 *
 * Who says so may lie, and could as well say nothing: so all that it can name is what is told of
 * events of late, and nothing stays muted for longer than MUTE_NS.  Core; nothing is allocated.
 */
#ifndef MEWS_MUTE_H
#define MEWS_MUTE_H

#include <stdatomic.h>

#include "clock.h"
#include "record.h"

#define MUTE_NS (60 * NS_PER_SEC)

/* ---- the kernel side's table ---- */

struct mute_table {
	_Atomic uint64_t *words; /* mapped: MUTE_ROWS struct mutes */
	unsigned victim;
};

void mute_table_add(struct mute_table *t, uint64_t mute);
void mute_table_clear(struct mute_table *t);

/* ---- events of late ---- */

enum { MUTE_EVENTS = 4096 };

struct mute_log {
	struct muted_event {
		uint64_t num, mute;
	} events[MUTE_EVENTS]; /* by number */
	uint64_t from;	       /* the number from which on what is said holds */
};

/* Event NUM, which has MUTE, was passed on. */
static inline void mute_log_note(struct mute_log *l, uint64_t num, uint64_t mute)
{
	l->events[num % MUTE_EVENTS] = (struct muted_event){ num, mute };
}

/* What event NUM is muted by; 0: it is not known any more, or what is said of it was said for other rules. */
uint64_t mute_log_find(const struct mute_log *l, uint64_t num);

/* From event NUM on other rules are asked. */
void mute_log_begin(struct mute_log *l, uint64_t num);

#endif
