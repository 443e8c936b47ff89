/* SPDX-License-Identifier: Apache-2.0
 *
 * ring_layout.h -- the two pieces of shared memory of a ring, to the byte.
 * For ring.c, shm.c, the door's two ends and the tests.  docs/wire.md says the
 * same in words.
 *
 *   writer's memfd                            reader's memfd
 *   0       struct ring_shared                0   struct ring_cursor
 *   64 KiB  data, SIZE bytes                  (64 KiB in all)
 *
 * The header takes 64 KiB, so that the data starts on a page on every machine.
 * Each side writes its own piece only; each word that the other side reads
 * while it changes is _Atomic.  The words of one side lie on cache lines of their own.
 */
#ifndef MEWS_RING_LAYOUT_H
#define MEWS_RING_LAYOUT_H

#include <stdatomic.h>

#include "ring.h"

#define RING_HEADER_SIZE  (64u * 1024)
#define RING_CURSOR_SIZE  (64u * 1024)
#define RING_MAGIC	  UINT64_C(0x676e697277656d01)
#define RING_CURSOR_MAGIC UINT64_C(0x7372756377656d01)
#define RING_LINE	  64

/* Counters and the place in the ring that they belong to.  Two of them take
 * turns; the valid one is the one whose AT equals the published head (or tail)
 * and, if both do, the one with the larger TURN.  TURN 0: being written. */
struct ring_slot {
	_Alignas(RING_LINE) _Atomic uint64_t turn;
	_Atomic uint64_t at;
	uint64_t seq; /* of the frame that begins there */
	uint64_t counts[RING_COUNTS];
	uint64_t notes[RING_NOTES]; /* the reader's only */
};

struct ring_shared {
	uint64_t magic;
	uint32_t abi, header_size;
	uint64_t size, generation;
	_Alignas(RING_LINE) _Atomic uint64_t head;
	_Alignas(RING_LINE) _Atomic uint32_t wake;    /* the reader sleeps on this word */
	_Alignas(RING_LINE) _Atomic uint32_t waiting; /* the writer waits for room */
	struct ring_slot slots[2];
};

struct ring_cursor {
	_Atomic uint64_t magic; /* 0 until the rest is there */
	uint32_t abi, reserved;
	_Alignas(RING_LINE) _Atomic uint64_t tail;
	_Alignas(RING_LINE) _Atomic uint32_t room;     /* the writer waits on this word */
	_Alignas(RING_LINE) _Atomic uint32_t sleeping; /* the reader sleeps, or is about to */
	/* Wants: VERSION is odd while the words behind it change. */
	_Alignas(RING_LINE) _Atomic uint64_t wants_version;
	_Atomic uint64_t wants[9]; /* 8 words of events, then extras */
	struct ring_slot slots[2];
};

_Static_assert(sizeof(struct ring_shared) <= RING_HEADER_SIZE, "the header has room");
_Static_assert(sizeof(struct ring_cursor) <= RING_CURSOR_SIZE, "the cursor page has room");
_Static_assert(offsetof(struct ring_shared, head) == 64 &&
		       offsetof(struct ring_shared, wake) == 128 &&
		       offsetof(struct ring_shared, waiting) == 192 &&
		       offsetof(struct ring_shared, slots) == 256,
	       "the layout is docs/wire.md's");

#endif
