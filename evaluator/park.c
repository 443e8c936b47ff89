/* SPDX-License-Identifier: Apache-2.0
 *
 * park.c -- see park.h.  Blocks are found by next fit; what is held is a list in
 * order, which is short: what asks for containers is rare, and so is a container
 * that is not known.
 */
#include "park.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct parked e;
	uint32_t slot, first, nblocks;
	bool decided;
};

struct park {
	struct park_area *area;
	struct entry list[PARK_EVENTS];
	unsigned n;
	uint32_t next_block, next_slot;
	bool used[PARK_BLOCKS];
};

static uint32_t blocks_of(unsigned ndone, size_t bytes)
{
	return (uint32_t)((ndone * sizeof(uint32_t) + bytes + PARK_BLOCK_BYTES - 1) /
			  PARK_BLOCK_BYTES);
}

static void mark(struct park *p, uint32_t first, uint32_t n, bool used)
{
	memset(p->used + first, used, n * sizeof(p->used[0]));
}

/* N free ones in a row; PARK_BLOCKS: there are none. */
static uint32_t find_blocks(const struct park *p, uint32_t n)
{
	uint32_t at = p->next_block, run = 0;

	for (uint32_t tried = 0; tried < 2 * PARK_BLOCKS; tried++, at++) {
		if (at >= PARK_BLOCKS) {
			at = 0;
			run = 0;
		}
		run = p->used[at] ? 0 : run + 1;
		if (run == n)
			return at + 1 - n;
	}
	return PARK_BLOCKS;
}

static uint32_t find_slot(struct park *p)
{
	while (atomic_load_explicit(&p->area->slots[p->next_slot].held, memory_order_relaxed) != 0)
		p->next_slot = (p->next_slot + 1) % PARK_EVENTS;
	return p->next_slot;
}

bool park_holds(const struct park *p, uint64_t generation, uint64_t seq)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->list[i].e.generation == generation && p->list[i].e.seq == seq)
			return true;
	return false;
}

/* The event in SLOT, as far as it makes sense. */
static bool read_slot(const struct park *p, uint32_t slot, struct parked *ret)
{
	const struct park_slot *s = &p->area->slots[slot];
	uint32_t first = s->first, bytes = s->bytes, ndone = s->ndone, n;

	if (atomic_load_explicit(&s->held, memory_order_acquire) != 1 || bytes == 0 ||
	    bytes > sizeof(p->area->blocks) || ndone > PARK_MAX_DONE)
		return false;
	n = blocks_of(ndone, bytes);
	if (first >= PARK_BLOCKS || n > PARK_BLOCKS - first)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (p->used[first + i])
			return false;
	*ret = (struct parked){
		.generation = s->generation,
		.seq = s->seq,
		.ndone = ndone,
		/* Nothing: it was held by a version that knew of containers only. */
		.awaited = s->awaited & METADATA_ALL ?: METADATA_CONTAINER,
		.needs = s->needs & METADATA_ALL ?: METADATA_CONTAINER,
		.done = (const uint32_t *)(const void *)p->area->blocks[first],
		.payload = span_of(p->area->blocks[first] + ndone * sizeof(uint32_t), bytes),
	};
	return !park_holds(p, ret->generation, ret->seq);
}

static int by_name(const void *a, const void *b)
{
	const struct parked *x = &((const struct entry *)a)->e, *y = &((const struct entry *)b)->e;

	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static void recover(struct park *p, struct mono until)
{
	for (uint32_t slot = 0; slot < PARK_EVENTS; slot++) {
		struct entry *x = &p->list[p->n];

		*x = (struct entry){ .slot = slot };
		if (!read_slot(p, slot, &x->e)) {
			atomic_store_explicit(&p->area->slots[slot].held, 0, memory_order_relaxed);
			continue;
		}
		x->e.until = until;
		x->nblocks = blocks_of(x->e.ndone, x->e.payload.n);
		x->first = (uint32_t)((const uint8_t *)x->e.done - p->area->blocks[0]) /
			   PARK_BLOCK_BYTES;
		mark(p, x->first, x->nblocks, true);
		p->n++;
	}
	qsort(p->list, p->n, sizeof(p->list[0]), by_name);
}

struct park *park_new(struct park_area *area, struct span owner, struct mono until)
{
	struct park *p = calloc(1, sizeof(*p));
	uint8_t name[sizeof(area->owner)] = { 0 };

	if (p == NULL)
		return NULL;
	if (owner.n > 0)
		memcpy(name, owner.p, owner.n < sizeof(name) ? owner.n : sizeof(name));
	p->area = area;
	if (memcmp(area->owner, name, sizeof(name)) == 0) {
		recover(p, until);
		return p;
	}
	memset(area->slots, 0, sizeof(area->slots));
	memcpy(area->owner, name, sizeof(name));
	return p;
}

void park_free(struct park *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n; i++)
		mirror_free(p->list[i].e.then);
	free(p);
}

unsigned park_count(const struct park *p)
{
	return p->n;
}

bool park_put(struct park *p, const struct parked *e)
{
	uint32_t n, first, slot;
	struct park_slot *s;
	uint8_t *to;

	if (p->n == PARK_EVENTS || e->ndone > PARK_MAX_DONE || e->payload.n == 0 ||
	    e->payload.n > sizeof(p->area->blocks))
		return false;
	n = blocks_of(e->ndone, e->payload.n);
	first = find_blocks(p, n);
	if (first == PARK_BLOCKS)
		return false;
	slot = find_slot(p);
	s = &p->area->slots[slot];
	to = p->area->blocks[first];
	if (e->ndone > 0)
		memcpy(to, e->done, e->ndone * sizeof(uint32_t));
	memcpy(to + e->ndone * sizeof(uint32_t), e->payload.p, e->payload.n);
	s->generation = e->generation;
	s->seq = e->seq;
	s->first = first;
	s->bytes = (uint32_t)e->payload.n;
	s->ndone = e->ndone;
	s->awaited = e->awaited;
	s->needs = e->needs;
	atomic_store_explicit(&s->held, 1, memory_order_release);
	mark(p, first, n, true);
	p->next_block = first + n;
	p->list[p->n] = (struct entry){ .e = *e, .slot = slot, .first = first, .nblocks = n };
	p->list[p->n].e.done = (const uint32_t *)(const void *)to;
	p->list[p->n].e.payload = span_of(to + e->ndone * sizeof(uint32_t), e->payload.n);
	p->n++;
	return true;
}

struct parked park_at(const struct park *p, unsigned i)
{
	return p->list[i].e;
}

void park_decided(struct park *p, unsigned i)
{
	p->list[i].decided = true;
}

bool park_is_decided(const struct park *p, unsigned i)
{
	return p->list[i].decided;
}

static void release(struct park *p, struct entry *x)
{
	mark(p, x->first, x->nblocks, false);
	atomic_store_explicit(&p->area->slots[x->slot].held, 0, memory_order_release);
	mirror_free(x->e.then);
}

void park_settle(struct park *p)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->n; i++) {
		if (p->list[i].decided)
			release(p, &p->list[i]);
		else
			p->list[kept++] = p->list[i];
	}
	p->n = kept;
}

struct mono park_next(const struct park *p)
{
	struct mono next = { UINT64_MAX };

	for (unsigned i = 0; i < p->n; i++)
		if (!p->list[i].decided && p->list[i].e.until.ns < next.ns)
			next = p->list[i].e.until;
	return next;
}
