/* SPDX-License-Identifier: Apache-2.0
 *
 * ring_layout.h -- the shared pages of a ring, to the byte.  For ring.c, shm.c
 * and those tests that play a lying peer; nobody else looks inside.
 *
 *        header (the writer's)    cursor (the reader's)
 *      0  identity                 identity
 *    128  head                     tail
 *    136                           kept
 *    256  futex, asleep            futex, asleep
 *    512  slot 0                   slot 0
 *   1072  slot 1                   slot 1
 *   1792                           wants
 *   2048                           asks
 *   2560                           mutes
 *   4096                           names
 *
 * Head and tail are multiples of 8, so their low bit is free: it says which slot
 * goes with them.  One store moves the position and all that belongs to it.  What lies before the tail
 * was dealt with; what lies before KEPT, which follows it some way behind, may be overwritten.
 * Words of one use lie 128 bytes apart, since processors fetch lines in pairs.
 */
#ifndef MEWS_RING_LAYOUT_H
#define MEWS_RING_LAYOUT_H

#include <stdatomic.h>

#include "ring.h"

#define RING_MAGIC   UINT64_C(0x676e69727377656d) /* "mewsring" */
#define CURSOR_MAGIC UINT64_C(0x737275637377656d) /* "mewscurs" */

#define RING_SLOT_BIT  UINT64_C(1)
#define RING_WORD_BITS UINT64_C(7) /* of a word: not part of the position */

struct ring_identity {
	_Atomic uint64_t magic;
	_Atomic uint64_t abi;
	_Atomic uint64_t size;	     /* of the data area */
	_Atomic uint64_t generation; /* of the ring */
};

/* What goes with a position.  BEGIN and END are the same number in a slot that
 * is whole; it grows with each use, so a copy that was taken meanwhile shows. */
struct ring_slot {
	_Atomic uint64_t begin;
	_Atomic uint64_t position, seq;	 /* the frame there will have this number */
	_Atomic uint64_t kept, kept_seq; /* from where frames are still there; 0 in a header */
	_Atomic uint64_t counts[RING_COUNTS];
	_Atomic uint64_t notes[RING_NOTES]; /* 0 in a header */
	_Atomic uint64_t end;
};

/* In the form of a slot: BEGIN and END are the version. */
struct ring_wants_page {
	_Atomic uint64_t begin, events[8], extras, syscalls[8], end;
};

/* ASKED counts all that was ever asked; ask N (from 0) lies at N modulo RING_ASKS until N +
 * RING_ASKS is asked: thread in the high half, descriptor or enum ring_ask_of in the low one. */
struct ring_asks_page {
	_Atomic uint64_t asked, ask[RING_ASKS];
};

/* In the form of the asks: numbers of events. */
struct ring_mutes_page {
	_Atomic uint64_t said, num[RING_MUTES];
};

/* In the form of the wants: BEGIN and END are the version, LENGTH is in bytes.  What stands behind these is
 * what was said before. */
struct ring_names_page {
	_Atomic uint64_t begin, length, text[RING_NAMES / 8], end;
};

struct ring_page {
	struct ring_identity id;
	uint8_t pad0[128 - sizeof(struct ring_identity)];
	_Atomic uint64_t word; /* head or tail: position | slot */
	_Atomic uint64_t kept; /* of a cursor: no further may the writer go, a lap on */
	uint8_t pad1[112];
	_Atomic uint32_t futex;	 /* of the page's owner; changes when it wakes the other */
	_Atomic uint32_t asleep; /* which of its naps the page's owner takes; 0: none */
	uint8_t pad2[248];
	struct ring_slot slot[2];
	struct ring_wants_page wants __attribute__((aligned(256))); /* 0 in a header */
	struct ring_asks_page asks __attribute__((aligned(256)));   /* so is this */
	struct ring_mutes_page mutes __attribute__((aligned(256))); /* and this */
};

/* All of a cursor.  The names stand there whatever the system's page is. */
struct ring_cursor {
	struct ring_page page;
	uint8_t pad[RING_PAGE - sizeof(struct ring_page)];
	struct ring_names_page names;
};

_Static_assert(sizeof(struct ring_slot) == 560, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, word) == 128, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, kept) == 136, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, futex) == 256, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, slot) == 512, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, wants) == 1792, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, asks) == 2048, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_page, mutes) == 2560, "docs/wire.md has the layout");
_Static_assert(sizeof(struct ring_page) <= RING_PAGE, "a page is enough");
_Static_assert(RING_NAMES % 8 == 0, "names are whole words");
_Static_assert(offsetof(struct ring_cursor, names) == 4096, "docs/wire.md has the layout");
_Static_assert(offsetof(struct ring_names_page, end) == 16376, "docs/wire.md has the layout");
_Static_assert(sizeof(struct ring_cursor) == RING_CURSOR, "docs/wire.md has the layout");

#endif
