/* SPDX-License-Identifier: Apache-2.0
 *
 * park.h -- events that are held back for the rules which ask what a container is,
 * until that is told or the time is up.
 *
 * The events lie in an area of memory that may outlive the process: what is held
 * there is complete with one store, so a successor finds each event that was not
 * decided, and what was done about it.  It is believed no more than any other
 * foreign bytes.  What the area cannot hold, the state at the event, is the
 * process's own; a successor decides by the state that it has.
 *
 * Core; one thread; a put allocates nothing.
 */
#ifndef MEWS_PARK_H
#define MEWS_PARK_H

#include <stdatomic.h>

#include "clock.h"
#include "mirror.h"

enum {
	PARK_EVENTS = 1024,
	PARK_BLOCKS = 2048,
	PARK_BLOCK_BYTES = 512,
	PARK_MAX_DONE = 64,
};

/* The area as a successor finds it. */
struct park_slot {
	_Atomic uint64_t held; /* 0: free; stored behind all else */
	uint64_t generation, seq;
	uint32_t first, bytes;	/* block; of the event */
	uint32_t ndone;		/* numbers of rules, in front of the event */
	uint8_t awaited, needs; /* METADATA_* */
	uint16_t pad;
};

struct park_area {
	uint8_t owner[64]; /* who it is good for: zeros are nobody */
	struct park_slot slots[PARK_EVENTS];
	uint8_t blocks[PARK_BLOCKS][PARK_BLOCK_BYTES];
};

/* An event that is held. */
struct parked {
	uint64_t generation, seq; /* its name */
	struct span payload;	  /* EVENT frame */
	unsigned ndone;
	const uint32_t *done; /* rules that had their alert at once */
	uint8_t awaited;      /* METADATA_* that were, when it came */
	uint8_t needs;	      /* those for which it is held */
	struct mono until;
	struct mirror *then; /* the state at the event, the park's; NULL: as it is now */
};

struct park;

/* Use AREA, which is the caller's and stays until park_free().  OWNER: up to 64 bytes; what the area
 * holds of the same owner is held on, until UNTIL, in the order of the names.  NULL: no memory. */
struct park *park_new(struct park_area *area, struct span owner, struct mono until);
void park_free(struct park *p);

unsigned park_count(const struct park *p);

bool park_holds(const struct park *p, uint64_t generation, uint64_t seq);

/* Hold a copy of E, which it does not hold yet, behind all others.  False: it is full, or E is too
 * large; THEN stays the caller's. */
bool park_put(struct park *p, const struct parked *e);

/* The I-th of them, in order.  Its spans are good until it is dropped. */
struct parked park_at(const struct park *p, unsigned i);

/* It is decided.  It stays in the area until park_settle(), which is called when what came of it is
 * safe: who dies between the two leaves it to be decided again. */
void park_decided(struct park *p, unsigned i);
bool park_is_decided(const struct park *p, unsigned i);
void park_settle(struct park *p);

/* When the time of one is up; ns UINT64_MAX: none is held. */
struct mono park_next(const struct park *p);

#endif
