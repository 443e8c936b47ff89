/* SPDX-License-Identifier: Apache-2.0
 *
 * roster.c -- see roster.h.  Both delays are the same for all, so the lists of those
 * who wait are in the order in which they are due.
 */
#include <stdlib.h>

#include "roster.h"

enum state { IDLE, QUEUED, ASKING, LATER, LEAVING };
enum { FIRST_SIZE = 64, TRIES = 4 };

void roster_init(struct roster *r, uint32_t max, uint64_t seed, uint64_t later_ns,
		 uint64_t leaving_ns)
{
	*r = (struct roster){
		.max = max, .seed = seed, .later_ns = later_ns, .leaving_ns = leaving_ns
	};
}

void roster_release(struct roster *r)
{
	free(r->slots);
	free(r->hash);
	*r = (struct roster){ 0 };
}

/* ---- finding ---- */

static uint32_t bucket_of(const struct roster *r, struct span id)
{
	uint64_t h = r->seed ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * UINT64_C(0x100000001b3);
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32) & r->hash_mask;
}

static struct roster_entry *find(const struct roster *r, struct span id)
{
	if (r->size == 0)
		return NULL;
	for (uint32_t i = r->hash[bucket_of(r, id)]; i != 0; i = r->slots[i - 1].chain)
		if (span_is(id, r->slots[i - 1].id))
			return &r->slots[i - 1];
	return NULL;
}

static uint32_t number_of(const struct roster *r, const struct roster_entry *e)
{
	return (uint32_t)(e - r->slots) + 1;
}

/* ---- lists ---- */

static struct roster_list *list_of(struct roster *r, enum state s)
{
	return s == QUEUED ? &r->queue : s == LATER ? &r->later : s == LEAVING ? &r->leaving : NULL;
}

static void take_out(struct roster *r, struct roster_entry *e)
{
	struct roster_list *l = list_of(r, e->state);

	if (l != NULL) {
		*(e->prev != 0 ? &r->slots[e->prev - 1].next : &l->first) = e->next;
		*(e->next != 0 ? &r->slots[e->next - 1].prev : &l->last) = e->prev;
	}
	e->next = e->prev = 0;
	e->state = IDLE;
}

static void put_last(struct roster *r, struct roster_entry *e, enum state s)
{
	struct roster_list *l = list_of(r, s);
	uint32_t number = number_of(r, e);

	take_out(r, e);
	e->state = s;
	e->prev = l->last;
	*(l->last != 0 ? &r->slots[l->last - 1].next : &l->first) = number;
	l->last = number;
}

static void put_first(struct roster *r, struct roster_entry *e, enum state s)
{
	struct roster_list *l = list_of(r, s);
	uint32_t number = number_of(r, e);

	take_out(r, e);
	e->state = s;
	e->next = l->first;
	*(l->first != 0 ? &r->slots[l->first - 1].prev : &l->last) = number;
	l->first = number;
}

/* ---- coming and going ---- */

static void rehash(struct roster *r)
{
	memset(r->hash, 0, (size_t)(r->hash_mask + 1) * sizeof(*r->hash));
	for (uint32_t i = 0; i < r->fresh; i++) {
		uint32_t *bucket;

		if (r->slots[i].id[0] == '\0')
			continue;
		bucket = &r->hash[bucket_of(r, span_str(r->slots[i].id))];
		r->slots[i].chain = *bucket;
		*bucket = i + 1;
	}
}

static bool grow(struct roster *r)
{
	uint32_t size = r->size == 0 ? FIRST_SIZE : r->size * 2, buckets = FIRST_SIZE;
	struct roster_entry *slots;
	uint32_t *hash;

	if (size > r->max)
		size = r->max;
	if (size == r->size)
		return false;
	while (buckets < size)
		buckets *= 2;
	slots = realloc(r->slots, size * sizeof(*slots));
	if (slots == NULL)
		return false;
	r->slots = slots;
	hash = realloc(r->hash, buckets * sizeof(*hash));
	if (hash == NULL)
		return false;
	r->hash = hash;
	r->hash_mask = buckets - 1;
	r->size = size;
	rehash(r);
	return true;
}

static struct roster_entry *add(struct roster *r, struct span id)
{
	struct roster_entry *e;
	uint32_t number, *bucket;

	if (id.n == 0 || id.n >= ROSTER_ID_MAX || memchr(id.p, 0, id.n) != NULL ||
	    (r->free == 0 && r->fresh == r->size && !grow(r))) {
		r->refused++;
		return NULL;
	}
	number = r->free != 0 ? r->free : ++r->fresh;
	e = &r->slots[number - 1];
	if (r->free != 0)
		r->free = e->chain;
	*e = (struct roster_entry){ .state = IDLE };
	memcpy(e->id, id.p, id.n);
	bucket = &r->hash[bucket_of(r, id)];
	e->chain = *bucket;
	*bucket = number;
	r->count++;
	return e;
}

static void forget(struct roster *r, struct roster_entry *e)
{
	uint32_t *at = &r->hash[bucket_of(r, span_str(e->id))], number = number_of(r, e);

	take_out(r, e);
	while (*at != number)
		at = &r->slots[*at - 1].chain;
	*at = e->chain;
	*e = (struct roster_entry){ .chain = r->free };
	r->free = number;
	r->count--;
}

/* ---- what happens to them ---- */

bool roster_see(struct roster *r, struct span id, enum roster_ask how)
{
	struct roster_entry *e = find(r, id);
	bool is_new = e == NULL;

	if (is_new && (e = add(r, id)) == NULL)
		return false;
	e->round = r->round;
	e->is_over = false;
	if (e->state == LEAVING) {
		take_out(r, e);
		is_new = true;
	}
	e->is_wished |= how == ROSTER_WISHED;
	if (e->state == ASKING) {
		/* What is on its way may be older than what this is about. */
		e->again |= how == ROSTER_AGAIN;
		return true;
	}
	if (how == ROSTER_WISHED)
		put_first(r, e, QUEUED);
	else if (e->state != QUEUED && (is_new || how == ROSTER_AGAIN))
		put_last(r, e, QUEUED);
	return true;
}

void roster_leave(struct roster *r, struct span id, struct mono now)
{
	struct roster_entry *e = find(r, id);

	if (e == NULL || e->state == LEAVING)
		return;
	/* Who was never told of is still asked about: its events may be on their way. */
	if (e->state == ASKING || e->state == QUEUED) {
		e->is_over = true;
		return;
	}
	put_last(r, e, LEAVING);
	e->due = mono_after(now, r->leaving_ns);
}

void roster_list_begin(struct roster *r)
{
	r->round++;
}

void roster_list_end(struct roster *r, struct mono now)
{
	for (uint32_t i = 0; i < r->fresh; i++) {
		struct roster_entry *e = &r->slots[i];

		if (e->id[0] == '\0' || e->round == r->round || e->state == LEAVING ||
		    e->state == ASKING)
			continue;
		put_last(r, e, LEAVING);
		e->due = mono_after(now, r->leaving_ns);
	}
}

const char *roster_next(struct roster *r, struct mono now)
{
	struct roster_entry *e;

	while (r->later.first != 0 && r->slots[r->later.first - 1].due.ns <= now.ns)
		put_last(r, &r->slots[r->later.first - 1], QUEUED);
	if (r->queue.first == 0)
		return NULL;
	e = &r->slots[r->queue.first - 1];
	take_out(r, e);
	e->state = ASKING;
	e->again = false;
	return e->id;
}

bool roster_answered(struct roster *r, struct span id, enum roster_answer what, struct mono now)
{
	struct roster_entry *e = find(r, id);
	bool was_wished;

	if (e == NULL || e->state != ASKING)
		return false;
	was_wished = e->is_wished;
	e->state = IDLE;
	if (e->again && what != ROSTER_ABSENT) {
		put_last(r, e, QUEUED);
		return false;
	}
	if (what >= ROSTER_NOT_YET && ++e->tries < TRIES) {
		put_last(r, e, LATER);
		e->due = mono_after(now, r->later_ns);
		return false;
	}
	e->is_wished = false;
	e->tries = 0;
	e->is_told |= what == ROSTER_TOLD;
	if (what == ROSTER_TOLD && !e->is_over)
		return was_wished;
	if (e->is_told) {
		put_last(r, e, LEAVING);
		e->due = mono_after(now, r->leaving_ns);
	} else {
		forget(r, e);
	}
	return was_wished;
}

bool roster_gone(struct roster *r, struct mono now, char ret[ROSTER_ID_MAX])
{
	struct roster_entry *e = r->leaving.first != 0 ? &r->slots[r->leaving.first - 1] : NULL;

	if (e == NULL || e->due.ns > now.ns)
		return false;
	memcpy(ret, e->id, ROSTER_ID_MAX);
	forget(r, e);
	return true;
}

void roster_reset(struct roster *r)
{
	for (uint32_t i = 0; i < r->fresh; i++)
		if (r->slots[i].state == ASKING || r->slots[i].state == LATER)
			put_last(r, &r->slots[i], QUEUED);
}

struct mono roster_due(const struct roster *r, struct mono now)
{
	struct mono due = { UINT64_MAX };

	if (r->queue.first != 0)
		return now;
	if (r->later.first != 0)
		due = r->slots[r->later.first - 1].due;
	if (r->leaving.first != 0 && r->slots[r->leaving.first - 1].due.ns < due.ns)
		due = r->slots[r->leaving.first - 1].due;
	return due;
}
