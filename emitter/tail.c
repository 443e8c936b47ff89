/* SPDX-License-Identifier: Apache-2.0
 *
 * tail.c -- see tail.h.  Before each record stands its length; one that would not fit before the
 * memory's end begins at its start again, and a length that none has says so.
 */
#include "tail.h"

#define NOT_HERE UINT64_MAX

static uint64_t padded(size_t n)
{
	return ((uint64_t)n + 7) / 8 * 8;
}

static uint64_t length_at(const struct tail *t, uint64_t at)
{
	uint64_t n;

	memcpy(&n, t->mem + at % t->cap, sizeof(n));
	return n;
}

static void set_length(struct tail *t, uint64_t at, uint64_t n)
{
	memcpy(t->mem + at % t->cap, &n, sizeof(n));
}

static uint64_t next_start(const struct tail *t, uint64_t at)
{
	return at - at % t->cap + t->cap;
}

/* Where the record is that AT leads to. */
static uint64_t settle(const struct tail *t, uint64_t at)
{
	return at < t->end && length_at(t, at) == NOT_HERE ? next_start(t, at) : at;
}

static uint64_t behind(const struct tail *t, uint64_t at)
{
	return at + 8 + padded(length_at(t, at));
}

void tail_init(struct tail *t, void *mem, size_t cap, uint64_t next)
{
	*t = (struct tail){ .mem = mem, .cap = cap / 8 * 8, .first = next, .next = next };
}

void tail_clear(struct tail *t, uint64_t next)
{
	/* At the start of the memory again: what is not needed is not touched. */
	t->begin = t->end = next_start(t, t->end);
	t->first = t->next = next;
}

static void push_out(struct tail *t)
{
	t->begin = behind(t, settle(t, t->begin));
	t->first++;
}

void tail_put(struct tail *t, struct span record)
{
	uint64_t need = 8 + padded(record.n), at = t->end;

	if (t->cap - at % t->cap < need)
		at = next_start(t, at);
	while (t->first < t->next && at + need - t->begin > t->cap)
		push_out(t);
	if (t->first == t->next)
		t->begin = at;
	else if (at != t->end)
		set_length(t, t->end, NOT_HERE);
	set_length(t, at, record.n);
	memcpy(t->mem + at % t->cap + 8, record.p, record.n);
	t->end = at + need;
	t->next++;
}

struct span tail_get(const struct tail *t, uint64_t number, struct tail_place *place)
{
	struct tail_place p = *place;

	if (number < t->first || number >= t->next)
		return SPAN_NONE;
	if (p.at < t->begin || p.at >= t->end || p.number > number || p.number < t->first)
		p = (struct tail_place){ t->begin, t->first };
	for (p.at = settle(t, p.at); p.number < number; p.number++)
		p.at = settle(t, behind(t, p.at));
	*place = p;
	return span_of(t->mem + p.at % t->cap + 8, (size_t)length_at(t, p.at));
}
