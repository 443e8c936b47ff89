/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.h -- memory for one event or one rules file: handed out in order, given
 * back all at once.  The block is the caller's; it never grows by itself, so the
 * event path allocates nothing.
 */
#ifndef MEWS_ARENA_H
#define MEWS_ARENA_H

#include "span.h"

struct arena {
	uint8_t *block;
	size_t cap, used;
};

static inline void arena_init(struct arena *a, void *block, size_t cap)
{
	*a = (struct arena){ block, cap, 0 };
}

static inline void arena_clear(struct arena *a)
{
	a->used = 0;
}

/* N bytes, 16-byte aligned, not cleared; NULL when the arena is full. */
static inline void *arena_get(struct arena *a, size_t n)
{
	size_t at = (a->used + 15) & ~(size_t)15;

	if (at > a->cap || n > a->cap - at)
		return NULL;
	a->used = at + n;
	return a->block + at;
}

#endif
