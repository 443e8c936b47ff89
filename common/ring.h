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
 *   writer's memfd  [ header page(s): magic, ABI, generation, head, futex, counts ][ sheets ][ data ][ data again ]
 *   reader's memfd  [ cursor page: tail, futex, wants, asks, mutes, counts, notes ][ names ]
 *
 * A frame is 8-byte aligned: u32 length of the payload, u16 type, u16 flags,
 * u64 sequence number, payload, padding.  The first frame of a ring is number 1.
 * docs/wire.md has it to the byte, ring_layout.h the pages.
 * Pure: no system call, no clock, no allocation.  One thread per end.
 */
#ifndef MEWS_RING_H
#define MEWS_RING_H

#include "span.h"

#define RING_ABI	  6
#define RING_FRAME_HEADER 16
#define RING_MAX_PAYLOAD  (256u * 1024)
#define RING_PAGE	  4096 /* of a cursor; of a header too, or the system's page if that is larger */
#define RING_MIN_SIZE	  (64u * 1024)
#define RING_MAX_SIZE	  (1024u * 1024 * 1024)
#define RING_COUNTS	  48	/* words of a stage's counters that travel with the ring */
#define RING_NOTES	  16	/* words that a reader leaves to its successor */
#define RING_ASKS	  32	/* of a reader's that may wait for an answer */
#define RING_NAMES	  16360 /* bytes, of what a reader says in names */
#define RING_CURSOR	  (RING_PAGE + 24 + RING_NAMES) /* bytes: its page, then the names */
#define RING_MUTES	  64 /* events like which no more are wanted, that were not taken yet */
#define RING_SHEETS	  2  /* behind the header: room for what the writer leaves to its own */
#define RING_SHEET	  (16u * 1024) /* bytes of each; what stands there is not the ring's matter */
#define RING_MARKS	  8	       /* places to which what a reader keeps can reach back */

/* Flags of a frame. */
enum {
	RING_FRAME_SNAPSHOT = 1 << 0, /* came with the ring at the door, not through it */
	/* Said by the reader's end, and by no writer: */
	RING_FRAME_AGAIN =
		1 << 14, /* a predecessor has dealt with it: it is here for the state's sake */
	RING_FRAME_ORPHAN = 1 << 15, /* its writer is dead, and the state came from another one */
	RING_FRAME_READERS = RING_FRAME_AGAIN | RING_FRAME_ORPHAN,
};

/* Which part of the ring a frame may fill. */
enum ring_class {
	RING_BULK,  /* all but the reserve */
	RING_QUIET, /* half of the reserve as well: of those that had few events of late */
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
	uint64_t
		syscalls[8]; /* of calls without an event of their own: bit per enum syscall_code */
};

/* What a reader wants to be told again, in line: a thread and what of it. */
struct ring_ask {
	int32_t tid;
	int32_t of; /* a descriptor, or enum ring_ask_of */
};

enum ring_ask_of {
	RING_ASK_TASK = -1,  /* the thread alone */
	RING_ASK_FILES = -2, /* with its process and all that this has open */
};

/* Where a reader stands, and what it leaves to its successor. */
struct ring_place {
	uint64_t generation; /* of the ring that this is about */
	uint64_t position, seq;
	uint64_t kept, kept_seq; /* the oldest frame that is still there */
	struct ring_counts counts;
	uint64_t notes[RING_NOTES];
	struct ring_wants wants;
};

/* Where a frame begins, and which. */
struct ring_mark {
	uint64_t position, seq;
};

struct ring_page; /* ring_layout.h */

/* How often an own page was brought to a new position, and what its two slots hold
 * by now, so that only what has changed is stored. */
struct ring_own {
	uint64_t turns;
	uint64_t counts[2][RING_COUNTS];
	uint64_t kept[2];
	bool notes_fit[2];
};

/* The word to sleep on, as long as it has this value: FUTEX_WAIT's arguments. */
struct ring_nap {
	const void *word;
	uint32_t value;
};

/* ---- writer ---- */

struct ring_writer {
	/* Private copies; the layout of the shared side is in ring_layout.h. */
	struct ring_page *header;	/* the own memory, writable */
	uint8_t *data;			/* mapped twice in a row */
	const struct ring_page *cursor; /* the reader's page, read only; NULL: no reader yet */
	uint64_t size, mask, reserve;
	uint64_t head; /* next byte, published or not */
	uint64_t published;
	uint64_t tail; /* what the reader keeps, as last seen and believed: room ends there */
	uint64_t read; /* the reader's tail, as last seen */
	uint64_t seq;  /* of the next frame */
	uint64_t generation;
	uint32_t open_cap; /* payload room of the frame that is being written */
	bool frame_open;
	uint64_t answered;	/* of the reader's asks, how many were taken */
	uint64_t muted;		/* of its mutes */
	bool reader_lies;	/* its page held nonsense: treated as no reader */
	uint64_t published_seq; /* of the next frame behind PUBLISHED */
	uint32_t naps;		/* of the own, so far */
	uint32_t woken;		/* the reader's nap that it was woken from last */
	struct ring_own own;
};

/* Start a ring of SIZE bytes (a power of two) in zeroed memory: HEADER of
 * RING_PAGE bytes, DATA mapped twice in a row.  RESERVE: see enum ring_class. */
void ring_writer_init(struct ring_writer *w, void *header, uint8_t *data, uint64_t size,
		      uint64_t reserve, uint64_t generation);

/* Believe CURSOR from here on; NULL: there is no reader now, its tail stays.
 * -EPROTO: it is not a cursor of this ring, or it stands where it cannot. */
int ring_writer_attach(struct ring_writer *w, const void *cursor);

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

/* Make all submitted frames visible, and COUNTS (NULL: as they were) with them,
 * in one step: whoever looks after a crash finds counters that fit the frames.
 * True: there are new frames, and the reader sleeps and must be woken (ring_writer_bell()):
 * once for each of its naps, for it may take its time to get up. */
bool ring_publish(struct ring_writer *w, const struct ring_counts *counts);

/* Read the reader's cursor again.  -EPROTO: it lies. */
int ring_writer_refresh(struct ring_writer *w);

/* The reader's wants, if it has said any and their version is not RET's. */
bool ring_writer_wants(struct ring_writer *w, struct ring_wants *ret);

/* The reader's next ask, which then is taken.  Nothing but the reader's good manners bounds how many
 * follow each other, or what they name. */
bool ring_writer_asked(struct ring_writer *w, struct ring_ask *ret);

/* The number of the next event like which the reader wants no more, which then is taken: as asks are. */
bool ring_writer_muted(struct ring_writer *w, uint64_t *ret_num);

/* The bytes that the reader said with ring_reader_say_names(), RING_NAMES at most, if it has said any and their
 * version is not *VERSION (0: none was seen), which becomes theirs.  Nobody but the caller looks at what they are.
 * After false RET may hold anything: they were being said just then, or never come whole. */
bool ring_writer_names(const struct ring_writer *w, uint64_t *version, uint8_t ret[RING_NAMES],
		       size_t *ret_n);

/* Sleep is due: nothing has changed since the last refresh.  True: sleep on RET,
 * then call ring_writer_awake(), which is not needed after false. */
bool ring_writer_nap(struct ring_writer *w, struct ring_nap *ret);
void ring_writer_awake(struct ring_writer *w);

/* The word on which this ring's reader sleeps: FUTEX_WAKE's argument. */
const void *ring_writer_bell(const struct ring_writer *w);

/* What the writer of ring GENERATION, whose header that is, counted last.  -EPROTO: it is no such ring. */
int ring_counts_left(const void *header, uint64_t generation, struct ring_counts *ret);

/* The reader's counters, consistent with its cursor. */
bool ring_writer_peer_counts(const struct ring_writer *w, struct ring_counts *ret);

/* Bytes that the reader has not yet dealt with. */
uint64_t ring_unread(const struct ring_writer *w);

/* ---- reader ---- */

struct ring_reader {
	const struct ring_page *header; /* the writer's, read only */
	const uint8_t *data;
	struct ring_page *cursor; /* the own page, writable */
	uint64_t size, mask;
	uint64_t head; /* the writer's, as last seen and believed */
	uint64_t tail; /* next byte to read */
	uint64_t committed, committed_seq;
	uint64_t seq; /* expected of the next frame */
	bool rewound; /* what lies before COMMITTED is read once more */
	uint64_t lag; /* bytes to keep behind what was committed; 0: none */
	uint64_t next_mark;
	struct ring_mark mark[RING_MARKS]; /* the oldest at FIRST_MARK: what is kept begins there */
	unsigned first_mark, marks;
	uint64_t generation;
	uint32_t naps, woken; /* as the writer's */
	struct ring_own own;
	uint64_t notes[RING_NOTES];
	uint64_t wants_version;
};

/* Read the ring at HEADER and DATA (mapped twice in a row, SIZE bytes as the own
 * mapping knows) from PLACE on; CURSOR is zeroed memory of RING_CURSOR bytes, and
 * holds all of PLACE before anyone sees it.  PLACE's generation must be the
 * header's.  -EPROTO: this is no such ring, or PLACE is nowhere in it. */
int ring_reader_init(struct ring_reader *r, const void *header, const uint8_t *data, uint64_t size,
		     void *cursor, const struct ring_place *place);

/* What a cursor says; the owner may be dead, or a liar.  -EPROTO: it is none. */
int ring_place_read(const void *cursor, struct ring_place *ret);

/* From here on keep up to a quarter of the ring that was committed, for a successor to read once more, as
 * long as less than half of it waits.  Small rings are spared that. */
void ring_reader_keep(struct ring_reader *r);

/* Read what a predecessor kept once more, up to where it had committed: false, there is nothing.  Meanwhile
 * ring_commit() commits counters alone. */
bool ring_reader_rewind(struct ring_reader *r);

/* On to what was not committed, wherever the end that was rewound is by now. */
void ring_reader_resume(struct ring_reader *r);

/* Where R's cursor stands, as last committed. */
void ring_reader_place(const struct ring_reader *r, struct ring_place *ret);

/* Copy the oldest frame that was not yet read into BUF (8-byte aligned).
 * 1: done, RET's payload lies in BUF; 0: none; -EMSGSIZE: BUF is too small;
 * -EPROTO: the writer lies and the ring is dead. */
int ring_next(struct ring_reader *r, uint8_t *buf, size_t cap, struct ring_frame *ret);

/* All frames that were read are dealt with: their room is free, and COUNTS (NULL:
 * as they were) and the notes go with the cursor in one step.  True: the writer
 * waits and must be woken (ring_reader_bell()). */
bool ring_commit(struct ring_reader *r, const struct ring_counts *counts);

/* WANTS's version is kept if it is larger than what was said before, else it gets
 * the next one. */
void ring_reader_want(struct ring_reader *r, const struct ring_wants *wants);

/* Asks outlive neither their ring nor their reader, and of more than RING_ASKS that were not
 * taken yet the oldest are forgotten: who asks has a limit and a time. */
void ring_reader_ask(struct ring_reader *r, const struct ring_ask *ask);

/* Event NUM (evt.num) is of a kind of which no more need come, as long as the wants stay as they are.  Nobody waits
 * for it: of more than RING_MUTES that were not taken the oldest are forgotten. */
void ring_reader_mute(struct ring_reader *r, uint64_t num);

/* TEXT, RING_NAMES bytes at most (-EMSGSIZE), is for the writer, whole, and replaces what was said before.  It ends with
 * the cursor: a successor says its own. */
int ring_reader_say_names(struct ring_reader *r, struct span text);

/* A note as it will be with the next commit. */
uint64_t ring_reader_note(const struct ring_reader *r, unsigned i);
void ring_reader_set_note(struct ring_reader *r, unsigned i, uint64_t value);

/* The writer's counters, consistent with its published head; works on the
 * memory of a writer that is dead. */
bool ring_reader_peer_counts(const struct ring_reader *r, struct ring_counts *ret);

/* As the writer's functions of these names. */
bool ring_reader_nap(struct ring_reader *r, struct ring_nap *ret);
void ring_reader_awake(struct ring_reader *r);
const void *ring_reader_bell(const struct ring_reader *r);

/* Is there something that was not yet read?  A lie counts: ring_next() says so. */
bool ring_has_more(const struct ring_reader *r);

/* Bytes that wait in the ring now. */
uint64_t ring_used(const struct ring_reader *r);

#endif
