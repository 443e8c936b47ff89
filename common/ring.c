/* SPDX-License-Identifier: Apache-2.0
 *
 * ring.c -- the protocol of a ring.  Positions are free-running byte counts, so
 * only differences mean anything; all of them are multiples of 8.
 *
 * What one side stores and the other loads, by label:
 *   P (publish)  the writer's head; frames and slot lie behind it
 *   C (commit)   the reader's tail, or what it keeps behind that; the copies of its frames
 *                lie behind it
 *   S (slot)     the numbers that bracket a slot, the wants or the names
 *   A (ask)      how many there are; the words of these lie behind it
 *   Z (sleep)    ASLEEP against head or tail: sequentially consistent on both
 *                sides, so that never both miss each other
 */
#include <errno.h>

#include "ring_layout.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* How far behind the frame that is copied the reader fetches.  Behind the data lies
 * a page that cannot be touched: fetching there does no harm. */
#define PREFETCH 512

/* How far before the frame that is written the writer fetches.  The other side has
 * read those lines a lap ago and still holds them. */
#define PREFETCH_WRITE 256

/* From this size on a quarter of the ring can be kept, and the largest frame still finds room beside it. */
#define RING_KEEPING_SIZE (1024u * 1024)

#define relaxed memory_order_relaxed
#define acquire memory_order_acquire
#define release memory_order_release
#define seq_cst memory_order_seq_cst

static inline uint64_t frame_size(uint64_t len)
{
	return (RING_FRAME_HEADER + len + 7) & ~UINT64_C(7);
}

/* Have the line at P to write to: nobody else keeps a copy. */
static inline void fetch_to_write(const void *p)
{
#if defined(__x86_64__)
	/* What the compiler makes of the general form is a fetch to read. */
	__asm__ volatile("prefetchw %0" : : "m"(*(const uint8_t *)p));
#else
	__builtin_prefetch(p, 1);
#endif
}

/* ---- slots and identity ---- */

static void identity_write(struct ring_identity *id, uint64_t magic, uint64_t size,
			   uint64_t generation)
{
	atomic_store_explicit(&id->abi, RING_ABI, relaxed);
	atomic_store_explicit(&id->size, size, relaxed);
	atomic_store_explicit(&id->generation, generation, relaxed);
	atomic_store_explicit(&id->magic, magic, release);
}

static bool identity_is(const struct ring_identity *id, uint64_t magic, uint64_t size,
			uint64_t generation)
{
	return atomic_load_explicit(&id->magic, acquire) == magic &&
	       atomic_load_explicit(&id->abi, relaxed) == RING_ABI &&
	       atomic_load_explicit(&id->size, relaxed) == size &&
	       atomic_load_explicit(&id->generation, relaxed) == generation;
}

/* TO holds what HELD says; bring both to COUNTS.  Word by word: each store takes room
 * behind those of the frames, which wait for their lines, and a comparison wider than
 * a word waits for the counter that was counted just now.
 * S1: each store is a release. */
static inline void counts_store(_Atomic uint64_t *to, uint64_t *held, const uint64_t *counts)
{
#pragma GCC unroll 16
	for (unsigned i = 0; i < RING_COUNTS; i++)
		if (unlikely(held[i] != counts[i])) {
			held[i] = counts[i];
			atomic_store_explicit(&to[i], counts[i], release);
		}
}

/* Bring the slot that is not in force to POSITION, in the next turn.  COUNTS NULL:
 * those of the slot in force; NOTES NULL: there are none.  Returns the word that puts
 * it in force. */
static uint64_t slot_write(struct ring_page *page, struct ring_own *own, uint64_t position,
			   uint64_t seq, struct ring_mark kept, const struct ring_counts *counts,
			   const uint64_t *notes)
{
	uint64_t turn = own->turns++, which = turn & RING_SLOT_BIT;
	struct ring_slot *s = &page->slot[which];

	/* S1: whoever sees one of the words below also sees this number, since each of
	 * them is a release; pairs with S2, which loads them first. */
	atomic_store_explicit(&s->begin, turn, relaxed);
	atomic_store_explicit(&s->position, position, release);
	atomic_store_explicit(&s->seq, seq, release);
	if (own->kept[which] != kept.position) {
		own->kept[which] = kept.position;
		atomic_store_explicit(&s->kept, kept.position, release);
		atomic_store_explicit(&s->kept_seq, kept.seq, release);
	}
	counts_store(s->counts, own->counts[which],
		     counts != NULL ? counts->v : own->counts[which ^ RING_SLOT_BIT]);
	for (unsigned i = 0; notes != NULL && !own->notes_fit[which] && i < RING_NOTES; i++)
		atomic_store_explicit(&s->notes[i], notes[i], release);
	own->notes_fit[which] = true;
	atomic_store_explicit(&s->end, turn, release);
	return position | which;
}

/* The slot that PAGE's word puts in force; false if its owner used it again
 * meanwhile, or it makes no sense. */
static bool slot_read(const struct ring_page *page, struct ring_place *ret)
{
	uint64_t word = atomic_load_explicit(&page->word, acquire); /* P2, C2 */
	const struct ring_slot *s = &page->slot[word & RING_SLOT_BIT];
	uint64_t end = atomic_load_explicit(&s->end, acquire);

	/* S2: acquire, so that BEGIN is loaded behind them; pairs with S1. */
	ret->position = atomic_load_explicit(&s->position, acquire);
	ret->seq = atomic_load_explicit(&s->seq, acquire);
	ret->kept = atomic_load_explicit(&s->kept, acquire);
	ret->kept_seq = atomic_load_explicit(&s->kept_seq, acquire);
	for (unsigned i = 0; i < RING_COUNTS; i++)
		ret->counts.v[i] = atomic_load_explicit(&s->counts[i], acquire);
	for (unsigned i = 0; i < RING_NOTES; i++)
		ret->notes[i] = atomic_load_explicit(&s->notes[i], acquire);
	return atomic_load_explicit(&s->begin, relaxed) == end &&
	       ret->position == (word & ~RING_SLOT_BIT) && (ret->position & RING_WORD_BITS) == 0;
}

/* A live owner may be at it just now; a liar may be so for ever. */
static bool slot_read_patiently(const struct ring_page *page, struct ring_place *ret)
{
	for (unsigned i = 0; i < 16; i++)
		if (slot_read(page, ret))
			return true;
	return false;
}

static bool wants_read(const struct ring_page *page, struct ring_wants *ret)
{
	const struct ring_wants_page *p = &page->wants;
	uint64_t end = atomic_load_explicit(&p->end, acquire);

	for (unsigned i = 0; i < ARRAY_LEN(ret->events); i++) /* S2 */
		ret->events[i] = atomic_load_explicit(&p->events[i], acquire);
	ret->extras = atomic_load_explicit(&p->extras, acquire);
	for (unsigned i = 0; i < ARRAY_LEN(ret->syscalls); i++)
		ret->syscalls[i] = atomic_load_explicit(&p->syscalls[i], acquire);
	ret->version = end;
	return atomic_load_explicit(&p->begin, relaxed) == end;
}

static void wants_write(struct ring_page *page, const struct ring_wants *wants)
{
	struct ring_wants_page *p = &page->wants;

	atomic_store_explicit(&p->begin, wants->version, relaxed);
	for (unsigned i = 0; i < ARRAY_LEN(wants->events); i++) /* S1 */
		atomic_store_explicit(&p->events[i], wants->events[i], release);
	atomic_store_explicit(&p->extras, wants->extras, release);
	for (unsigned i = 0; i < ARRAY_LEN(wants->syscalls); i++)
		atomic_store_explicit(&p->syscalls[i], wants->syscalls[i], release);
	atomic_store_explicit(&p->end, wants->version, release);
}

/* VERSION is the one that was seen last; the new one, 0: there is none that is whole. */
static uint64_t names_read(const struct ring_names_page *p, uint64_t version, uint8_t *ret,
			   size_t *ret_n)
{
	uint64_t end = atomic_load_explicit(&p->end, acquire), length, word;

	if (end == 0 || end == version)
		return 0;
	length = atomic_load_explicit(&p->length, acquire); /* S2 */
	if (length > RING_NAMES)
		return 0;
	for (uint64_t i = 0; i < (length + 7) / 8; i++) {
		word = atomic_load_explicit(&p->text[i], acquire);
		memcpy(ret + i * 8, &word, sizeof(word));
	}
	if (atomic_load_explicit(&p->begin, relaxed) != end)
		return 0;
	*ret_n = length;
	return end;
}

static void names_write(struct ring_names_page *p, uint64_t version, struct span text)
{
	atomic_store_explicit(&p->begin, version, relaxed);
	atomic_store_explicit(&p->length, text.n, release); /* S1 */
	for (size_t at = 0; at < text.n; at += 8) {
		uint64_t word = 0;

		memcpy(&word, text.p + at, text.n - at < 8 ? text.n - at : 8);
		atomic_store_explicit(&p->text[at / 8], word, release);
	}
	atomic_store_explicit(&p->end, version, release);
}

/* ---- naps ---- */

static uint32_t next_nap(uint32_t *naps)
{
	return ++*naps != 0 ? *naps : ++*naps;
}

/* Does PEER sleep, and was not woken from that nap yet?  Then OWN's futex changes. */
static bool must_wake(struct ring_page *own, const struct ring_page *peer, uint32_t *woken)
{
	uint32_t nap = atomic_load_explicit(&peer->asleep, seq_cst);

	if (likely(nap == 0 || nap == *woken))
		return false;
	*woken = nap;
	atomic_fetch_add_explicit(&own->futex, 1, release);
	return true;
}

/* ---- writer ---- */

void ring_writer_init(struct ring_writer *w, void *header, uint8_t *data, uint64_t size,
		      uint64_t reserve, uint64_t generation)
{
	*w = (struct ring_writer){
		.header = header,
		.data = data,
		.size = size,
		.mask = size - 1,
		.reserve = reserve < size ? reserve : size,
		.seq = 1,
		.generation = generation,
		.published_seq = 1,
	};
	atomic_store_explicit(
		&w->header->word,
		slot_write(w->header, &w->own, 0, w->seq, (struct ring_mark){ 0 }, NULL, NULL),
		relaxed);
	identity_write(&w->header->id, RING_MAGIC, size, generation);
}

/* What the reader keeps and how far it is, each loaded once, if they can be believed: between what was
 * kept and what the reader can have seen.  What is kept is loaded first: it follows the tail. */
static bool tail_is_sane(struct ring_writer *w, const struct ring_page *cursor)
{
	/* C2: acquire; pairs with C1 in ring_commit(): what lies before it has been
	 * copied and may be overwritten. */
	uint64_t kept = atomic_load_explicit(&cursor->kept, acquire);
	uint64_t tail = atomic_load_explicit(&cursor->word, acquire) & ~RING_SLOT_BIT;

	if (((tail | kept) & RING_WORD_BITS) != 0 || tail - w->read > w->published - w->read ||
	    kept - w->tail > tail - w->tail)
		return false;
	w->tail = kept;
	w->read = tail;
	return true;
}

int ring_writer_attach(struct ring_writer *w, const void *cursor)
{
	const struct ring_page *page = cursor;

	if (page != NULL && (!identity_is(&page->id, CURSOR_MAGIC, w->size, w->generation) ||
			     !tail_is_sane(w, page)))
		return -EPROTO;
	w->cursor = page;
	w->woken = 0;
	w->answered = w->muted = 0;
	w->reader_lies = false;
	return 0;
}

int ring_writer_refresh(struct ring_writer *w)
{
	if (w->reader_lies)
		return -EPROTO;
	if (w->cursor == NULL)
		return 0;
	if (tail_is_sane(w, w->cursor))
		return 0;
	w->reader_lies = true;
	return -EPROTO;
}

static uint64_t limit_of(const struct ring_writer *w, enum ring_class cls)
{
	switch (cls) {
	case RING_BULK:
		return w->size - w->reserve;
	case RING_QUIET:
		return w->size - w->reserve / 2;
	case RING_STATE:
		break;
	}
	return w->size;
}

bool ring_fits(const struct ring_writer *w, size_t cap, enum ring_class cls)
{
	return cap <= RING_MAX_PAYLOAD && frame_size(cap) <= limit_of(w, cls);
}

uint8_t *ring_reserve(struct ring_writer *w, size_t cap, enum ring_class cls)
{
	uint64_t limit = limit_of(w, cls), need;
	uint8_t *frame;

	if (unlikely(cap > RING_MAX_PAYLOAD))
		return NULL;
	need = frame_size(cap);
	if (unlikely(w->head - w->tail + need > limit) &&
	    (ring_writer_refresh(w) < 0 || w->head - w->tail + need > limit))
		return NULL;
	w->open_cap = (uint32_t)cap;
	w->frame_open = true;
	frame = w->data + (w->head & w->mask);
	fetch_to_write(frame + PREFETCH_WRITE);
	fetch_to_write(frame + PREFETCH_WRITE + 64);
	return frame + RING_FRAME_HEADER;
}

void ring_submit(struct ring_writer *w, uint16_t type, uint16_t flags, size_t len)
{
	uint8_t *frame = w->data + (w->head & w->mask);
	struct {
		uint32_t len;
		uint16_t type, flags;
		uint64_t seq;
	} h = { (uint32_t)len, type, flags, w->seq };

	/* The payload was written past its room: nothing in this ring can be trusted. */
	if (unlikely(!w->frame_open || len > w->open_cap))
		__builtin_trap();
	memcpy(frame, &h, sizeof(h));
	w->head += frame_size(len);
	w->seq++;
	w->frame_open = false;
}

void ring_abandon(struct ring_writer *w)
{
	w->frame_open = false;
}

bool ring_publish(struct ring_writer *w, const struct ring_counts *counts)
{
	bool has_frames = w->head != w->published;
	uint64_t word;

	/* A reader that spins has this line; it comes while the slot is written. */
	fetch_to_write(&w->header->word);
	word = slot_write(w->header, &w->own, w->head, w->seq, (struct ring_mark){ 0 }, counts,
			  NULL);
	w->published = w->head;
	w->published_seq = w->seq;
	/* P1: release; pairs with P2 in ring_next(): who sees the head also sees the
	 * bytes of the frames before it, and the slot.
	 * Z1: before the load below; pairs with Z2 in ring_reader_nap(). */
	atomic_store_explicit(&w->header->word, word, seq_cst);
	/* Counters alone are nothing to get up for. */
	return w->cursor != NULL && has_frames && must_wake(w->header, w->cursor, &w->woken);
}

bool ring_writer_wants(struct ring_writer *w, struct ring_wants *ret)
{
	struct ring_wants wants;

	if (w->cursor == NULL || w->reader_lies ||
	    atomic_load_explicit(&w->cursor->wants.end, relaxed) == ret->version ||
	    !wants_read(w->cursor, &wants) || wants.version == 0 || wants.version == ret->version)
		return false;
	*ret = wants;
	return true;
}

/* The next of the words that the reader has said, of which there are COUNT and room for MOST, and TAKEN were
 * taken. */
static bool take_word(const struct ring_writer *w, const _Atomic uint64_t *count,
		      const _Atomic uint64_t *words, unsigned most, uint64_t *taken, uint64_t *ret)
{
	uint64_t n;

	if (w->reader_lies)
		return false;
	n = atomic_load_explicit(count, acquire); /* A2: pairs with A1 */
	if (n == *taken)
		return false;
	if (n - *taken > most)
		*taken = n - most; /* a lie, too, ends here */
	*ret = atomic_load_explicit(&words[(*taken)++ % most], relaxed);
	return true;
}

bool ring_writer_asked(struct ring_writer *w, struct ring_ask *ret)
{
	const struct ring_asks_page *p;
	uint64_t word;

	if (w->cursor == NULL)
		return false;
	p = &w->cursor->asks;
	if (!take_word(w, &p->asked, p->ask, RING_ASKS, &w->answered, &word))
		return false;
	*ret = (struct ring_ask){ (int32_t)(word >> 32), (int32_t)word };
	return true;
}

bool ring_writer_muted(struct ring_writer *w, uint64_t *ret_num)
{
	const struct ring_mutes_page *p;

	if (w->cursor == NULL)
		return false;
	p = &w->cursor->mutes;
	return take_word(w, &p->said, p->num, RING_MUTES, &w->muted, ret_num);
}

bool ring_writer_names(const struct ring_writer *w, uint64_t *version, uint8_t ret[RING_NAMES],
		       size_t *ret_n)
{
	const struct ring_cursor *cursor = (const void *)w->cursor;
	uint64_t said;

	if (cursor == NULL || w->reader_lies)
		return false;
	said = names_read(&cursor->names, *version, ret, ret_n);
	if (said == 0)
		return false;
	*version = said;
	return true;
}

bool ring_writer_peer_counts(const struct ring_writer *w, struct ring_counts *ret)
{
	struct ring_place place;

	if (w->cursor == NULL || w->reader_lies || !slot_read_patiently(w->cursor, &place))
		return false;
	*ret = place.counts;
	return true;
}

int ring_counts_left(const void *header, uint64_t generation, struct ring_counts *ret)
{
	const struct ring_page *page = header;
	struct ring_place place;

	if (atomic_load_explicit(&page->id.magic, acquire) != RING_MAGIC ||
	    atomic_load_explicit(&page->id.abi, relaxed) != RING_ABI ||
	    atomic_load_explicit(&page->id.generation, relaxed) != generation ||
	    !slot_read_patiently(page, &place))
		return -EPROTO;
	*ret = place.counts;
	return 0;
}

bool ring_writer_nap(struct ring_writer *w, struct ring_nap *ret)
{
	uint32_t value;

	if (w->cursor == NULL || w->reader_lies)
		return false;
	value = atomic_load_explicit(&w->cursor->futex, acquire);
	/* Z3: before the load of the tail; pairs with Z4 in ring_commit(). */
	atomic_store_explicit(&w->header->asleep, next_nap(&w->naps), seq_cst);
	if ((atomic_load_explicit(&w->cursor->word, seq_cst) & ~RING_SLOT_BIT) != w->read ||
	    atomic_load_explicit(&w->cursor->kept, seq_cst) != w->tail) {
		ring_writer_awake(w);
		return false;
	}
	*ret = (struct ring_nap){ &w->cursor->futex, value };
	return true;
}

void ring_writer_awake(struct ring_writer *w)
{
	atomic_store_explicit(&w->header->asleep, 0, relaxed);
}

uint64_t ring_unread(const struct ring_writer *w)
{
	return w->head - w->read;
}

const void *ring_writer_bell(const struct ring_writer *w)
{
	return &w->header->futex;
}

/* ---- reader ---- */

int ring_place_read(const void *cursor, struct ring_place *ret)
{
	const struct ring_page *page = cursor;
	struct ring_place place;

	if (atomic_load_explicit(&page->id.magic, acquire) != CURSOR_MAGIC ||
	    atomic_load_explicit(&page->id.abi, relaxed) != RING_ABI ||
	    !slot_read_patiently(page, &place) || (place.kept & RING_WORD_BITS) != 0 ||
	    place.position - place.kept > RING_MAX_SIZE)
		return -EPROTO;
	place.generation = atomic_load_explicit(&page->id.generation, relaxed);
	if (!wants_read(page, &place.wants))
		place.wants = (struct ring_wants){ 0 }; /* its owner died in the middle of it */
	*ret = place;
	return 0;
}

/* The writer's head, loaded once, if it can be believed: it never goes back, and
 * never laps what was committed. */
static bool head_is_sane(const struct ring_reader *r, uint64_t *ret_head)
{
	/* P2: acquire; pairs with P1 in ring_publish(): who sees the new head also sees
	 * the bytes of the frames before it. */
	uint64_t head = atomic_load_explicit(&r->header->word, acquire) & ~RING_SLOT_BIT;

	if ((head & RING_WORD_BITS) != 0 || head - r->committed > r->size ||
	    head - r->committed < r->head - r->committed)
		return false;
	*ret_head = head;
	return true;
}

int ring_reader_init(struct ring_reader *r, const void *header, const uint8_t *data, uint64_t size,
		     void *cursor, const struct ring_place *place)
{
	const struct ring_page *page = header;
	struct ring_reader new = {
		.header = page,
		.data = data,
		.cursor = cursor,
		.size = size,
		.mask = size - 1,
		.head = place->position,
		.tail = place->position,
		.committed = place->position,
		.committed_seq = place->seq,
		.seq = place->seq,
		.mark[0] = { place->kept, place->kept_seq },
		.marks = 1,
		.own.kept = { UINT64_MAX, UINT64_MAX }, /* so that both slots are told */
		.generation = place->generation,
		.wants_version = place->wants.version,
	};

	if (size < RING_MIN_SIZE || size > RING_MAX_SIZE || (size & (size - 1)) != 0 ||
	    ((place->position | place->kept) & RING_WORD_BITS) != 0 ||
	    place->position - place->kept > size ||
	    !identity_is(&page->id, RING_MAGIC, size, place->generation) ||
	    !head_is_sane(&new, &new.head))
		return -EPROTO;
	memcpy(new.notes, place->notes, sizeof(new.notes));
	wants_write(new.cursor, &place->wants);
	atomic_store_explicit(&new.cursor->word,
			      slot_write(new.cursor, &new.own, place->position, place->seq,
					 new.mark[0], &place->counts, place->notes),
			      relaxed);
	atomic_store_explicit(&new.cursor->kept, place->kept, relaxed);
	identity_write(&new.cursor->id, CURSOR_MAGIC, size, place->generation);
	*r = new;
	return 0;
}

void ring_reader_place(const struct ring_reader *r, struct ring_place *ret)
{
	/* The own page: nobody else writes it, so it is whole. */
	if (ring_place_read(r->cursor, ret) < 0)
		__builtin_trap();
}

/* As much as is taken, so that all of what comes is fetched; of frames that are longer
 * still the processor sees by itself that they go on. */
static __attribute__((noinline)) void fetch_more(const uint8_t *frame, uint64_t len)
{
	for (uint64_t at = 128; at < len && at < PREFETCH; at += 64)
		__builtin_prefetch(frame + PREFETCH + at);
}

int ring_next(struct ring_reader *r, uint8_t *buf, size_t cap, struct ring_frame *ret)
{
	const uint8_t *frame;
	uint64_t first, seq, waiting, len;

	if (unlikely(r->tail == r->head)) {
		if (!head_is_sane(r, &r->head))
			return -EPROTO;
		if (r->tail == r->head)
			return 0;
	}
	/* The peer can write this memory: each word is loaded once, here, and what was
	 * checked is what is used. */
	frame = r->data + (r->tail & r->mask);
	first = *(const volatile uint64_t *)(const void *)frame;
	seq = *(const volatile uint64_t *)(const void *)(frame + 8);
	waiting = r->head - r->tail;
	len = (uint32_t)first;
	if (unlikely(frame_size(len) > waiting || seq != r->seq))
		return -EPROTO;
	if (unlikely(len > cap))
		return -EMSGSIZE;
	__builtin_prefetch(frame + PREFETCH);
	__builtin_prefetch(frame + PREFETCH + 64);
	if (len > 128)
		fetch_more(frame, len);
	memcpy(buf, frame + RING_FRAME_HEADER, len);
	r->tail += frame_size(len);
	r->seq = seq + 1;
	*ret = (struct ring_frame){ .type = (uint16_t)(first >> 32),
				    .flags = (uint16_t)(first >> 48) & ~RING_FRAME_READERS,
				    .seq = seq,
				    .payload = { buf, len } };
	return 1;
}

/* ---- what is kept ---- */

void ring_reader_keep(struct ring_reader *r)
{
	if (r->size < RING_KEEPING_SIZE)
		return;
	r->lag = r->size / 4;
	r->next_mark = r->committed;
}

static struct ring_mark kept_mark(const struct ring_reader *r)
{
	return r->mark[r->first_mark];
}

/* What is committed has come a step further: so does what is kept, so that it is no more than it may be. */
static __attribute__((noinline)) void put_mark(struct ring_reader *r)
{
	r->next_mark = r->tail + r->lag / (RING_MARKS - 1);
	if (r->head - r->tail > r->size / 2)
		r->marks = 0;
	while (r->marks > 0 &&
	       (r->marks == RING_MARKS || r->tail - kept_mark(r).position > r->lag)) {
		r->first_mark = (r->first_mark + 1) % RING_MARKS;
		r->marks--;
	}
	r->mark[(r->first_mark + r->marks++) % RING_MARKS] = (struct ring_mark){ r->tail, r->seq };
}

bool ring_reader_rewind(struct ring_reader *r)
{
	struct ring_mark kept = kept_mark(r);

	if (r->tail != r->committed || kept.position == r->committed)
		return false;
	r->tail = kept.position;
	r->seq = kept.seq;
	r->rewound = true;
	return true;
}

void ring_reader_resume(struct ring_reader *r)
{
	r->tail = r->committed;
	r->seq = r->committed_seq;
	r->rewound = false;
}

/* Counters and notes alone. */
static void commit_rewound(struct ring_reader *r, const struct ring_counts *counts)
{
	uint64_t word = slot_write(r->cursor, &r->own, r->committed, r->committed_seq, kept_mark(r),
				   counts, r->notes);

	atomic_store_explicit(&r->cursor->word, word, release);
}

bool ring_commit(struct ring_reader *r, const struct ring_counts *counts)
{
	bool makes_room = r->tail != r->committed;
	uint64_t word, kept = kept_mark(r).position;

	if (unlikely(r->rewound)) {
		commit_rewound(r, counts);
		return false;
	}
	if (r->lag == 0)
		r->mark[r->first_mark] = (struct ring_mark){ r->tail, r->seq };
	else if (unlikely(r->tail - r->next_mark <= r->size))
		put_mark(r);
	word = slot_write(r->cursor, &r->own, r->tail, r->seq, kept_mark(r), counts, r->notes);
	r->committed = r->tail;
	r->committed_seq = r->seq;
	/* C1: release; pairs with C2 in tail_is_sane(): the frames before it have been
	 * copied.  What is kept moves behind the tail: who dies between the two leaves a slot
	 * that is younger than what the writer may overwrite.  Z4: before the load below; pairs with Z3
	 * in ring_writer_nap(). */
	if (kept_mark(r).position != kept) {
		atomic_store_explicit(&r->cursor->word, word, release);
		atomic_store_explicit(&r->cursor->kept, kept_mark(r).position, seq_cst);
	} else {
		atomic_store_explicit(&r->cursor->word, word, seq_cst);
	}
	return makes_room && must_wake(r->cursor, r->header, &r->woken);
}

void ring_reader_want(struct ring_reader *r, const struct ring_wants *wants)
{
	struct ring_wants said = *wants;

	/* Whose word the last version was nobody knows: it may be the greatest that there is.  The writer
	 * looks whether it is another one, and 0 is none. */
	if (said.version <= r->wants_version)
		said.version = r->wants_version == UINT64_MAX ? 1 : r->wants_version + 1;
	r->wants_version = said.version;
	wants_write(r->cursor, &said);
}

static void say_word(_Atomic uint64_t *count, _Atomic uint64_t *words, unsigned most, uint64_t word)
{
	uint64_t n = atomic_load_explicit(count, relaxed);

	atomic_store_explicit(&words[n % most], word, relaxed);
	/* A1: release; pairs with A2: who sees the number also sees the word. */
	atomic_store_explicit(count, n + 1, release);
}

void ring_reader_ask(struct ring_reader *r, const struct ring_ask *ask)
{
	struct ring_asks_page *p = &r->cursor->asks;

	say_word(&p->asked, p->ask, RING_ASKS,
		 (uint64_t)(uint32_t)ask->tid << 32 | (uint32_t)ask->of);
}

void ring_reader_mute(struct ring_reader *r, uint64_t num)
{
	struct ring_mutes_page *p = &r->cursor->mutes;

	say_word(&p->said, p->num, RING_MUTES, num);
}

int ring_reader_say_names(struct ring_reader *r, struct span text)
{
	struct ring_names_page *p = &((struct ring_cursor *)(void *)r->cursor)->names;
	uint64_t version;

	if (text.n > RING_NAMES)
		return -EMSGSIZE;
	/* The own memory.  0 is no version, not even behind the last one. */
	version = atomic_load_explicit(&p->end, relaxed) + 1;
	names_write(p, version != 0 ? version : 1, text);
	return 0;
}

uint64_t ring_reader_note(const struct ring_reader *r, unsigned i)
{
	return i < RING_NOTES ? r->notes[i] : 0;
}

void ring_reader_set_note(struct ring_reader *r, unsigned i, uint64_t value)
{
	if (i >= RING_NOTES || r->notes[i] == value)
		return;
	r->notes[i] = value;
	r->own.notes_fit[0] = r->own.notes_fit[1] = false;
}

bool ring_reader_peer_counts(const struct ring_reader *r, struct ring_counts *ret)
{
	struct ring_place place;

	if (!slot_read_patiently(r->header, &place))
		return false;
	*ret = place.counts;
	return true;
}

bool ring_has_more(const struct ring_reader *r)
{
	return r->tail != r->head ||
	       (atomic_load_explicit(&r->header->word, relaxed) & ~RING_SLOT_BIT) != r->tail;
}

bool ring_reader_nap(struct ring_reader *r, struct ring_nap *ret)
{
	uint32_t value = atomic_load_explicit(&r->header->futex, acquire);

	/* Z2: before the load of the head; pairs with Z1 in ring_publish(). */
	atomic_store_explicit(&r->cursor->asleep, next_nap(&r->naps), seq_cst);
	if ((atomic_load_explicit(&r->header->word, seq_cst) & ~RING_SLOT_BIT) != r->tail) {
		ring_reader_awake(r);
		return false;
	}
	*ret = (struct ring_nap){ &r->header->futex, value };
	return true;
}

void ring_reader_awake(struct ring_reader *r)
{
	atomic_store_explicit(&r->cursor->asleep, 0, relaxed);
}

const void *ring_reader_bell(const struct ring_reader *r)
{
	return &r->cursor->futex;
}

uint64_t ring_used(const struct ring_reader *r)
{
	uint64_t head;

	return head_is_sane(r, &head) ? head - r->tail : 0;
}
