/* SPDX-License-Identifier: Apache-2.0
 *
 * ring.c -- the protocol of ring.h on the memory of ring_layout.h.
 *
 * What always holds: head and tail only grow, are multiples of 8, and differ by
 * at most SIZE; the head is published behind whole frames only; only differences
 * of the two mean anything.  A word from the peer is loaded once, checked, used.
 *
 * Pairs of release and acquire:
 *   W1 head store in ring_publish()      R1 head load in load_head()
 *   R2 tail store in ring_commit()       W2 tail load in ring_writer_refresh()
 *   fences F1/F2: head store, then look at `sleeping` | `sleeping` store, then look at head
 *   fences F3/F4: tail store, then look at `waiting` | `waiting` store, then look at tail
 */
#include "ring_layout.h"

#include <errno.h>

#define ALIGN8(n) (((n) + 7) & ~(uint64_t)7)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct frame_header {
	uint32_t len;
	uint16_t type, flags;
	uint64_t seq;
};
_Static_assert(sizeof(struct frame_header) == RING_FRAME_HEADER, "a frame's header is 16 bytes");

/* ---- slots: counters that become visible in one step with a place ---- */

/* The one that does not hold what is visible now is free to be written. */
static void slot_write(struct ring_slot slots[2], uint64_t turn, uint64_t at, uint64_t seq,
		       const uint64_t *counts, const uint64_t *notes)
{
	struct ring_slot *s = &slots[turn & 1];

	atomic_store_explicit(&s->turn, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release); /* first void, then changed */
	atomic_store_explicit(&s->at, at, memory_order_relaxed);
	s->seq = seq;
	if (counts != NULL)
		memcpy(s->counts, counts, sizeof(s->counts));
	if (notes != NULL)
		memcpy(s->notes, notes, sizeof(s->notes));
	atomic_store_explicit(&s->turn, turn, memory_order_release);
}

/* Copy the slot that belongs to AT.  The peer may write meanwhile: what was torn is
 * thrown away.  False: there is none. */
static bool slot_read(const struct ring_slot slots[2], uint64_t at, struct ring_slot *ret)
{
	uint64_t best = 0;

	for (int i = 0; i < 2; i++) {
		const struct ring_slot *s = &slots[i];
		uint64_t turn = atomic_load_explicit(&s->turn, memory_order_acquire);
		struct ring_slot copy;

		if (turn <= best || atomic_load_explicit(&s->at, memory_order_relaxed) != at)
			continue;
		copy.seq = *(const volatile uint64_t *)&s->seq;
		memcpy(copy.counts, s->counts, sizeof(copy.counts));
		memcpy(copy.notes, s->notes, sizeof(copy.notes));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&s->turn, memory_order_relaxed) != turn)
			continue;
		best = turn;
		ret->seq = copy.seq;
		memcpy(ret->counts, copy.counts, sizeof(copy.counts));
		memcpy(ret->notes, copy.notes, sizeof(copy.notes));
	}
	return best != 0;
}

/* The peer's slot for the place that WORD shows; a few tries, as it may move on. */
static bool slot_read_live(const struct ring_slot slots[2], const _Atomic uint64_t *word,
			   struct ring_slot *ret)
{
	for (int try = 0; try < 64; try++)
		if (slot_read(slots, atomic_load_explicit(word, memory_order_acquire), ret))
			return true;
	return false;
}

/* ---- writer ---- */

void ring_writer_init(struct ring_writer *w, void *header, uint8_t *data, uint64_t size,
		      uint64_t reserve, uint64_t generation)
{
	struct ring_shared *sh = header;

	*w = (struct ring_writer){ .header = header,
				   .data = data,
				   .size = size,
				   .mask = size - 1,
				   .reserve = reserve < size ? reserve : 0,
				   .generation = generation,
				   .turn = 1 };
	sh->magic = RING_MAGIC;
	sh->abi = RING_ABI;
	sh->header_size = RING_HEADER_SIZE;
	sh->size = size;
	sh->generation = generation;
	slot_write(sh->slots, w->turn, 0, 0, NULL, NULL);
}

int ring_writer_attach(struct ring_writer *w, const void *cursor)
{
	const struct ring_cursor *c = cursor;
	uint64_t magic = atomic_load_explicit(&c->magic, memory_order_acquire), tail;

	if (magic == 0)
		return -EAGAIN;
	tail = atomic_load_explicit(&c->tail, memory_order_acquire);
	if (magic != RING_CURSOR_MAGIC || c->abi != RING_ABI || (tail & 7) != 0 ||
	    tail - w->tail > w->published - w->tail)
		return -EPROTO;
	w->cursor = cursor;
	w->tail = tail;
	w->reader_lies = false;
	return 0;
}

void ring_writer_detach(struct ring_writer *w)
{
	w->cursor = NULL;
}

void ring_writer_start(const struct ring_writer *w, uint64_t *ret_tail, uint64_t *ret_seq)
{
	struct frame_header h;

	*ret_tail = w->tail;
	*ret_seq = w->seq;
	if (w->tail != w->head) { /* the own memory: a whole frame begins at the tail */
		memcpy(&h, w->data + (w->tail & w->mask), sizeof(h));
		*ret_seq = h.seq;
	}
}

void ring_writer_set_waiting(struct ring_writer *w, bool waiting)
{
	struct ring_shared *sh = w->header;

	atomic_store_explicit(&sh->waiting, waiting, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst); /* F4 */
}

int ring_writer_refresh(struct ring_writer *w)
{
	const struct ring_cursor *c = w->cursor;
	uint64_t tail;

	if (c == NULL || w->reader_lies)
		return w->reader_lies ? -EPROTO : 0;
	/* W2: acquire; pairs with R2: who sees the new tail may overwrite what lies before it. */
	tail = atomic_load_explicit(&c->tail, memory_order_acquire);
	if ((tail & 7) != 0 || tail - w->tail > w->published - w->tail) {
		w->reader_lies = true;
		return -EPROTO;
	}
	w->tail = tail;
	return 0;
}

bool ring_fits(const struct ring_writer *w, size_t cap, enum ring_class cls)
{
	return cap <= UINT32_MAX / 2 && ALIGN8(RING_FRAME_HEADER + (uint64_t)cap) <=
						(cls == RING_BULK ? w->size - w->reserve : w->size);
}

uint8_t *ring_reserve(struct ring_writer *w, size_t cap, enum ring_class cls)
{
	uint64_t limit = cls == RING_BULK ? w->size - w->reserve : w->size;
	uint64_t need = ALIGN8(RING_FRAME_HEADER + (uint64_t)cap);

	if (unlikely(w->frame_open || cap > UINT32_MAX / 2 || need > limit))
		return NULL;
	if (unlikely(w->head + need - w->tail > limit)) {
		if (ring_writer_refresh(w) < 0 || w->head + need - w->tail > limit)
			return NULL;
	}
	w->frame_open = true;
	w->open_cap = (uint32_t)cap;
	return w->data + (w->head & w->mask) + RING_FRAME_HEADER;
}

void ring_submit(struct ring_writer *w, uint16_t type, uint16_t flags, size_t len)
{
	struct frame_header h = { (uint32_t)len, type, flags, w->seq };

	if (unlikely(!w->frame_open || len > w->open_cap))
		__builtin_trap(); /* ours: the caller wrote beyond what it asked for */
	memcpy(w->data + (w->head & w->mask), &h, sizeof(h));
	w->head += ALIGN8(RING_FRAME_HEADER + (uint64_t)len);
	w->seq++;
	w->frame_open = false;
}

void ring_abandon(struct ring_writer *w)
{
	w->frame_open = false;
}

bool ring_publish(struct ring_writer *w, const struct ring_counts *counts)
{
	struct ring_shared *sh = w->header;
	const struct ring_cursor *c = w->cursor;

	slot_write(sh->slots, ++w->turn, w->head, w->seq, counts == NULL ? NULL : counts->v, NULL);
	w->published = w->head;
	/* W1: release; pairs with R1: who sees the new head sees the frames before it. */
	atomic_store_explicit(&sh->head, w->head, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst); /* F1 */
	if (c == NULL || atomic_load_explicit(&c->sleeping, memory_order_relaxed) == 0)
		return false;
	atomic_fetch_add_explicit(&sh->wake, 1, memory_order_release);
	return true;
}

bool ring_writer_wants(struct ring_writer *w, struct ring_wants *ret)
{
	const struct ring_cursor *c = w->cursor;
	struct ring_wants wants = { 0 };

	if (c == NULL)
		return false;
	wants.version = atomic_load_explicit(&c->wants_version, memory_order_acquire);
	if (wants.version == 0 || (wants.version & 1) != 0 || wants.version == ret->version)
		return false;
	for (int i = 0; i < 8; i++)
		wants.events[i] = atomic_load_explicit(&c->wants[i], memory_order_relaxed);
	wants.extras = atomic_load_explicit(&c->wants[8], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(&c->wants_version, memory_order_relaxed) != wants.version)
		return false; /* torn: the next look gets it */
	*ret = wants;
	return true;
}

bool ring_writer_peer_counts(const struct ring_writer *w, struct ring_counts *ret)
{
	const struct ring_cursor *c = w->cursor;
	struct ring_slot slot;

	if (c == NULL || !slot_read_live(c->slots, &c->tail, &slot))
		return false;
	memcpy(ret->v, slot.counts, sizeof(ret->v));
	return true;
}

/* ---- reader ---- */

/* Fill a fresh page; the magic comes last, and only then the writer looks at the rest. */
static void cursor_begin(struct ring_cursor *c, const struct ring_cursor *predecessor,
			 uint64_t tail, uint64_t seq)
{
	struct ring_slot slot = { .seq = seq };

	if (predecessor != NULL && predecessor->magic == RING_CURSOR_MAGIC &&
	    predecessor->abi == RING_ABI) {
		uint64_t at = atomic_load_explicit(&predecessor->tail, memory_order_acquire);

		if (slot_read(predecessor->slots, at, &slot))
			tail = at;
	}
	c->abi = RING_ABI;
	slot_write(c->slots, 1, tail, slot.seq, slot.counts, slot.notes);
	atomic_store_explicit(&c->tail, tail, memory_order_release);
	atomic_store_explicit(&c->magic, RING_CURSOR_MAGIC, memory_order_release);
}

int ring_reader_init(struct ring_reader *r, const void *header, const uint8_t *data,
		     uint64_t mapped, void *cursor, const void *predecessor, uint64_t tail,
		     uint64_t seq)
{
	const struct ring_shared *sh = header;
	struct ring_cursor *c = cursor;
	struct ring_slot slot;
	uint64_t head = atomic_load_explicit(&sh->head, memory_order_acquire);

	if (sh->magic != RING_MAGIC || sh->abi != RING_ABI || sh->header_size != RING_HEADER_SIZE ||
	    *(const volatile uint64_t *)&sh->size != mapped)
		return -EPROTO;
	if (atomic_load_explicit(&c->magic, memory_order_relaxed) == 0)
		cursor_begin(c, predecessor, tail, seq);
	tail = atomic_load_explicit(&c->tail, memory_order_relaxed);
	if (c->magic != RING_CURSOR_MAGIC || c->abi != RING_ABI ||
	    !slot_read(c->slots, tail, &slot))
		return -EINVAL;
	if ((head & 7) != 0 || (tail & 7) != 0 || head - tail > mapped)
		return -EPROTO;
	*r = (struct ring_reader){ .header = header,
				   .data = data,
				   .cursor = cursor,
				   .size = mapped,
				   .mask = mapped - 1,
				   .head = tail,
				   .tail = tail,
				   .committed = tail,
				   .seq = slot.seq,
				   .generation = *(const volatile uint64_t *)&sh->generation };
	for (int i = 0; i < 2; i++)
		if (atomic_load_explicit(&c->slots[i].turn, memory_order_relaxed) > r->turn)
			r->turn = atomic_load_explicit(&c->slots[i].turn, memory_order_relaxed);
	memcpy(r->notes, slot.notes, sizeof(r->notes));
	atomic_store_explicit(&c->sleeping, 0, memory_order_relaxed);
	return 0;
}

/* The published head, believed only if it can be true. */
static int load_head(struct ring_reader *r)
{
	const struct ring_shared *sh = r->header;
	/* R1: acquire; pairs with W1 in ring_publish(). */
	uint64_t head = atomic_load_explicit(&sh->head, memory_order_acquire);

	/* Free-running counters: a head more than one ring ahead, or behind what it
	 * was, is a lie, whoever wrote it. */
	if ((head & 7) != 0 || head - r->tail > r->size || head - r->head > r->size)
		return -EPROTO;
	r->head = head;
	return 0;
}

int ring_next(struct ring_reader *r, uint8_t *buf, size_t cap, struct ring_frame *ret)
{
	struct frame_header h;
	const uint8_t *p;
	uint64_t total;

	if (r->tail == r->head) {
		if (unlikely(load_head(r) < 0))
			return -EPROTO;
		if (r->tail == r->head)
			return 0;
	}
	p = r->data + (r->tail & r->mask);
	if (unlikely(r->head - r->tail < RING_FRAME_HEADER))
		return -EPROTO;
	memcpy(&h, p, sizeof(h)); /* the one look at the shared header */
	__asm__ volatile("" ::: "memory");
	total = ALIGN8(RING_FRAME_HEADER + (uint64_t)h.len);
	if (unlikely(total > r->head - r->tail || h.seq != r->seq))
		return -EPROTO;
	if (unlikely(h.len > cap))
		return -EMSGSIZE;
	memcpy(buf, p + RING_FRAME_HEADER, h.len);
	/* The next frame is on its way while this one is worked on. */
	__builtin_prefetch(p + total);
	__builtin_prefetch(p + total + RING_LINE);
	r->tail += total;
	r->seq++;
	*ret = (struct ring_frame){ h.type, h.flags, h.seq, { buf, h.len } };
	return 1;
}

bool ring_commit(struct ring_reader *r, const struct ring_counts *counts)
{
	const struct ring_shared *sh = r->header;
	struct ring_cursor *c = r->cursor;

	slot_write(c->slots, ++r->turn, r->tail, r->seq, counts == NULL ? NULL : counts->v,
		   r->notes);
	r->committed = r->tail;
	/* R2: release; pairs with W2: what was copied out is copied out. */
	atomic_store_explicit(&c->tail, r->tail, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst); /* F3 */
	if (atomic_load_explicit(&sh->waiting, memory_order_relaxed) == 0)
		return false;
	atomic_fetch_add_explicit(&c->room, 1, memory_order_release);
	return true;
}

void ring_reader_set_sleeping(struct ring_reader *r, bool sleeping)
{
	struct ring_cursor *c = r->cursor;

	atomic_store_explicit(&c->sleeping, sleeping, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst); /* F2 */
}

bool ring_reader_has_more(const struct ring_reader *r)
{
	const struct ring_shared *sh = r->header;

	return atomic_load_explicit(&sh->head, memory_order_relaxed) != r->tail;
}

void ring_reader_want(struct ring_reader *r, const struct ring_wants *wants)
{
	struct ring_cursor *c = r->cursor;
	uint64_t version = atomic_load_explicit(&c->wants_version, memory_order_relaxed) | 1;

	atomic_store_explicit(&c->wants_version, version, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (int i = 0; i < 8; i++)
		atomic_store_explicit(&c->wants[i], wants->events[i], memory_order_relaxed);
	atomic_store_explicit(&c->wants[8], wants->extras, memory_order_relaxed);
	atomic_store_explicit(&c->wants_version, version + 1, memory_order_release);
}

uint64_t ring_reader_note(const struct ring_reader *r, unsigned i)
{
	return i < RING_NOTES ? r->notes[i] : 0;
}

void ring_reader_set_note(struct ring_reader *r, unsigned i, uint64_t value)
{
	if (i < RING_NOTES)
		r->notes[i] = value;
}

bool ring_reader_peer_counts(const struct ring_reader *r, struct ring_counts *ret)
{
	const struct ring_shared *sh = r->header;
	struct ring_slot slot;

	if (!slot_read_live(sh->slots, &sh->head, &slot))
		return false;
	memcpy(ret->v, slot.counts, sizeof(ret->v));
	return true;
}

bool ring_reader_own_counts(const struct ring_reader *r, struct ring_counts *ret)
{
	const struct ring_cursor *c = r->cursor;
	struct ring_slot slot;

	if (!slot_read(c->slots, r->committed, &slot))
		return false;
	memcpy(ret->v, slot.counts, sizeof(ret->v));
	return true;
}

uint64_t ring_used(const struct ring_reader *r)
{
	const struct ring_shared *sh = r->header;
	uint64_t used = atomic_load_explicit(&sh->head, memory_order_relaxed) - r->tail;

	return used <= r->size ? used : 0;
}
