/* SPDX-License-Identifier: Apache-2.0
 *
 * past.h -- state as it was: what changed or went since, as long as the reader of ring enriched has not
 * read that it did.  A reader that starts anew begins where its predecessor ended, and must know who
 * is who there, not now: who has ended since, or become another program, is met in the frames in between.
 *
 * A thread's fields are put aside before the first change that was not told (past_note()), and get their place
 * when the change is told (past_told()).  What the reader has read of is let go.  Bounded: the oldest
 * goes first, and is counted.  Core.
 */
#ifndef MEWS_PAST_H
#define MEWS_PAST_H

#include "proctab.h"

#define PAST_MAX 65536

/* As something was before the frame that begins at AT: since BEFORE, where a frame told of it last. */
struct past_entry {
	struct past_entry *next, *prev;
	uint64_t at, before;
	bool gone; /* that frame says that it is gone */
	uint16_t
		type; /* FRAME_PROCESS: KEY, VERSION and FIELDS; else the PAYLOAD of a frame of this type */
	uint64_t key, version;
	struct blob *payload;
	struct thread_fields fields;
};

struct past {
	struct slab *slab;
	/* Where the next frame begins in the ring, and up to where the reader has read.  NULL: nobody ever starts
	 * in the middle of it, and nothing is put aside. */
	uint64_t (*written)(void *ctx);
	uint64_t (*read)(void *ctx);
	void *ctx;
	struct past_entry *first, *last;
	unsigned count;
	uint64_t dropped; /* before they were read of */
};

/* TH, which was told of, is going to change. */
void past_note(struct past *past, struct thread *th);

/* The frame that is written next tells of TH's change, or, GONE, of its end. */
void past_told(struct past *past, struct thread *th, bool gone);

/* The frame that is written next tells that what PAYLOAD, a frame of TYPE, told of is gone. */
void past_gone(struct past *past, uint16_t type, struct span payload);

/* TH goes without a word. */
void past_forget(struct past *past, struct thread *th);

#endif
