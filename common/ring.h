/* SPDX-License-Identifier: Apache-2.0
 *
 * ring.h -- one writer process, one reader process, whole frames.
 *
 * This is the protocol on memory that is already mapped; shm.h makes that
 * memory, door.h hands it over.  The two ends are two types, so that using the
 * wrong end does not compile.  Neither end trusts the other: sizes come from
 * the own mapping, every word that the peer writes is loaded once and checked,
 * frames are copied out, then read.
 *
 *   writer's memfd  [ header page(s): magic, ABI, generation, head, futex, counts ][ data ][ data again ]
 *   reader's memfd  [ cursor page(s): tail, futex, wants, counts, notes ]
 *
 * A frame is 8-byte aligned: u32 length of the payload, u16 type, u16 flags,
 * u64 sequence number, payload, padding.  docs/wire.md has it to the byte.
 * Pure: no system call, no clock, no allocation.  One thread per end.
 */
#ifndef MEWS_RING_H
#define MEWS_RING_H

#include "span.h"

#define RING_ABI	  1
#define RING_FRAME_HEADER 16
#define RING_MIN_SIZE	  (64u * 1024)
#define RING_MAX_SIZE	  (1024u * 1024 * 1024)
#define RING_COUNTS	  48 /* words of a stage's counters that travel with the ring */
#define RING_NOTES	  16 /* words that a reader leaves to its successor */

/* Flags of a frame. */
enum {
	RING_FRAME_SNAPSHOT = 1 << 0, /* came with the ring at the door, not through it */
};

/* Which part of the ring a frame may fill. */
enum ring_class {
	RING_BULK,  /* all but the reserve */
	RING_STATE, /* the reserve as well: exec, exit, credentials, gaps */
};

struct ring_frame {
	uint16_t type, flags;
	uint64_t seq;
	struct span payload;
};

/* A stage's counters (counter.h says which word is what). */
struct ring_counts {
	uint64_t v[RING_COUNTS];
};

/* What a reader asks of the stages before it: lives in its cursor page. */
struct ring_wants {
	uint64_t version;   /* 0: nothing said yet; grows with each change */
	uint64_t events[8]; /* bit per event code */
	uint64_t extras;    /* bit per enum want_extra */
};

/* ---- writer ---- */

struct ring_writer {
	/* Private copies; the layout of the shared side is in ring.c. */
	void *header;	    /* the own memory, writable */
	uint8_t *data;	    /* mapped twice in a row */
	const void *cursor; /* the reader's page, read only; NULL: no reader yet */
	uint64_t size, mask, reserve;
	uint64_t head; /* next byte, published or not */
	uint64_t published;
	uint64_t tail; /* the reader's, as last seen and believed */
	uint64_t seq;  /* of the next frame */
	uint64_t generation;
	uint64_t turn;	   /* of the header's slots */
	uint32_t open_cap; /* payload room of the frame that is being written */
	bool frame_open;
	bool reader_lies; /* its page held nonsense: treated as no reader */
};

/* The writer's end of fresh memory (zeros) of SIZE bytes of data, mapped twice. */
void ring_writer_init(struct ring_writer *w, void *header, uint8_t *data, uint64_t size,
		      uint64_t reserve, uint64_t generation);

/* Take CURSOR (mapped read only) as the reader's page.  -EAGAIN: the reader has not filled it yet;
 * -EPROTO: it cannot be one of this ring's.  The reader stays as it was then. */
int ring_writer_attach(struct ring_writer *w, const void *cursor);
void ring_writer_detach(struct ring_writer *w);

/* Where a reader without a cursor begins: the oldest frame that is still there. */
void ring_writer_start(const struct ring_writer *w, uint64_t *ret_tail, uint64_t *ret_seq);

/* Say that the writer waits for room, or no longer does; after saying so look
 * with ring_writer_refresh() once more before sleeping. */
void ring_writer_set_waiting(struct ring_writer *w, bool waiting);

/* Room for one payload of up to CAP bytes, 8-byte aligned, straight in the
 * ring.  NULL: full for this class (-EAGAIN in errno terms; look again after
 * ring_writer_refresh()), or CAP can never fit (ring_fits() tells). */
uint8_t *ring_reserve(struct ring_writer *w, size_t cap, enum ring_class cls);
bool ring_fits(const struct ring_writer *w, size_t cap, enum ring_class cls);

/* The reserved frame is LEN bytes long and done.  It is not visible before
 * ring_publish(). */
void ring_submit(struct ring_writer *w, uint16_t type, uint16_t flags, size_t len);

/* The reserved frame is not wanted after all. */
void ring_abandon(struct ring_writer *w);

/* Make all submitted frames visible, and COUNTS with them, in one step: whoever
 * looks after a crash finds counters that fit the frames.  True: the reader
 * sleeps and must be woken (shm_wake()). */
bool ring_publish(struct ring_writer *w, const struct ring_counts *counts);

/* Read the reader's cursor again.  -EPROTO: it lies. */
int ring_writer_refresh(struct ring_writer *w);

/* The reader's wants, if it has said any and they are newer than *VERSION. */
bool ring_writer_wants(struct ring_writer *w, struct ring_wants *ret);

/* The reader's counters, consistent with its cursor. */
bool ring_writer_peer_counts(const struct ring_writer *w, struct ring_counts *ret);

/* ---- reader ---- */

struct ring_reader {
	const void *header; /* the writer's, read only */
	const uint8_t *data;
	void *cursor; /* the own page, writable */
	uint64_t size, mask;
	uint64_t head; /* the writer's, as last seen and believed */
	uint64_t tail; /* next byte to read */
	uint64_t committed;
	uint64_t seq; /* expected of the next frame */
	uint64_t generation;
	uint64_t turn;		    /* of the cursor page's slots */
	uint64_t notes[RING_NOTES]; /* go with the next commit */
};

/* The reader's end: HEADER and DATA are the writer's, read only; MAPPED is the size of
 * the data as this process mapped it.  CURSOR is the own page: fresh (zeros), then
 * reading begins where
 * PREDECESSOR (a cursor page, or NULL) committed, its counters and notes taken over, or else at
 * TAIL, SEQ; or one that was in use for this ring.
 * -EPROTO: the header is no ring of this ABI and size; -EINVAL: so is the cursor. */
int ring_reader_init(struct ring_reader *r, const void *header, const uint8_t *data,
		     uint64_t mapped, void *cursor, const void *predecessor, uint64_t tail,
		     uint64_t seq);

/* The counters that lie in the own cursor page since the last commit. */
bool ring_reader_own_counts(const struct ring_reader *r, struct ring_counts *ret);

/* Say that the reader sleeps, or no longer does; after saying so look once more
 * before sleeping. */
void ring_reader_set_sleeping(struct ring_reader *r, bool sleeping);
bool ring_reader_has_more(const struct ring_reader *r);

/* Copy the oldest frame that was not yet read into BUF (8-byte aligned).
 * 1: done, RET's payload lies in BUF; 0: none; -EMSGSIZE: BUF is too small;
 * -EPROTO: the writer lies and the ring is dead. */
int ring_next(struct ring_reader *r, uint8_t *buf, size_t cap, struct ring_frame *ret);

/* All frames that were read are dealt with: their room is free, and COUNTS goes
 * with the cursor in one step.  True: the writer waits and must be woken. */
bool ring_commit(struct ring_reader *r, const struct ring_counts *counts);

void ring_reader_want(struct ring_reader *r, const struct ring_wants *wants);
uint64_t ring_reader_note(const struct ring_reader *r, unsigned i);
void ring_reader_set_note(struct ring_reader *r, unsigned i, uint64_t value);

/* The writer's counters, consistent with its published head; works on the
 * memory of a writer that is dead. */
bool ring_reader_peer_counts(const struct ring_reader *r, struct ring_counts *ret);

/* Bytes that wait in the ring now. */
uint64_t ring_used(const struct ring_reader *r);

#endif
