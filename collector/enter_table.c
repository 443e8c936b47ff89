/* SPDX-License-Identifier: Apache-2.0
 *
 * enter_table.c -- see enter_table.h.  Twice as many slots as threads at most, so that a
 * search is short.
 */
#include "enter_table.h"

#include <stdlib.h>

#define SLOTS (2 * ENTER_MAX_THREADS)
#define MASK  (SLOTS - 1)
_Static_assert((SLOTS & MASK) == 0, "a slot is a hash's low bits");

void enter_table_init(struct enter_table *t, uint64_t seed)
{
	*t = (struct enter_table){ .seed = seed | 1 };
}

static void free_event(struct enter_event *e)
{
	free(e->bytes);
	free(e);
}

void enter_table_release(struct enter_table *t)
{
	for (uint32_t i = 0; t->count > 0 && i < SLOTS; i++) {
		if (t->slots[i] == NULL)
			continue;
		free_event(t->slots[i]);
		t->count--;
	}
	while (t->spare != NULL) {
		struct enter_event *next = t->spare->next_free;

		free_event(t->spare);
		t->spare = next;
	}
	free(t->slots);
	t->slots = NULL;
}

static uint32_t home(const struct enter_table *t, int64_t tid)
{
	uint64_t h = ((uint64_t)tid ^ t->seed) * UINT64_C(0x9E3779B97F4A7C15);

	return (uint32_t)((h ^ h >> 29) * t->seed >> 32) & MASK;
}

/* Where the thread is, or would be. */
static uint32_t place(const struct enter_table *t, int64_t tid)
{
	uint32_t i = home(t, tid);

	while (t->slots[i] != NULL && t->slots[i]->tid != tid)
		i = (i + 1) & MASK;
	return i;
}

const struct enter_event *enter_table_find(const struct enter_table *t, int64_t tid)
{
	return t->count == 0 ? NULL : t->slots[place(t, tid)];
}

/* The slot I is free: move up whoever sits behind it because it was not. */
static void close_up(struct enter_table *t, uint32_t i)
{
	for (uint32_t j = (i + 1) & MASK; t->slots[j] != NULL; j = (j + 1) & MASK) {
		uint32_t wants = home(t, t->slots[j]->tid);

		if (((j - wants) & MASK) >= ((j - i) & MASK)) {
			t->slots[i] = t->slots[j];
			t->slots[j] = NULL;
			i = j;
		}
	}
}

void enter_table_remove(struct enter_table *t, int64_t tid)
{
	struct enter_event *e;
	uint32_t i;

	if (t->count == 0)
		return;
	i = place(t, tid);
	e = t->slots[i];
	if (e == NULL)
		return;
	t->slots[i] = NULL;
	close_up(t, i);
	t->count--;
	e->next_free = t->spare;
	t->spare = e;
}

static struct enter_event *take_spare(struct enter_table *t)
{
	struct enter_event *e = t->spare;

	if (e == NULL)
		return calloc(1, sizeof(*e));
	t->spare = e->next_free;
	return e;
}

/* Room for N bytes in E, within what all may have. */
static bool grow(struct enter_table *t, struct enter_event *e, size_t n)
{
	size_t cap = e->cap < 64 ? 64 : e->cap;
	uint8_t *bytes;

	if (n <= e->cap)
		return true;
	while (cap < n)
		cap *= 2;
	if (t->bytes + (cap - e->cap) > ENTER_MAX_BYTES)
		return false;
	bytes = realloc(e->bytes, cap);
	if (bytes == NULL)
		return false;
	t->bytes += cap - e->cap;
	e->bytes = bytes;
	e->cap = cap;
	return true;
}

static void copy(struct enter_event *e, const struct span *params, unsigned nparams)
{
	uint8_t *p = e->bytes;

	e->nparams = (uint8_t)nparams;
	for (unsigned i = 0; i < nparams; i++) {
		e->params[i] = span_of(p, params[i].n);
		if (params[i].n == 0)
			continue;
		memcpy(p, params[i].p, params[i].n);
		p += params[i].n;
	}
}

void enter_table_put(struct enter_table *t, int64_t tid, uint16_t code, const struct span *params,
		     unsigned nparams)
{
	struct enter_event *e;
	size_t n = 0;

	if (t->slots == NULL)
		t->slots = calloc(SLOTS, sizeof(struct enter_event *));
	enter_table_remove(t, tid);
	for (unsigned i = 0; i < nparams; i++)
		n += params[i].n;
	if (t->slots == NULL || nparams > EVENT_MAX_PARAMS || t->count == ENTER_MAX_THREADS ||
	    (e = take_spare(t)) == NULL) {
		t->forgotten++;
		return;
	}
	if (!grow(t, e, n)) {
		t->forgotten++;
		e->next_free = t->spare;
		t->spare = e;
		return;
	}
	e->tid = tid;
	e->code = code;
	copy(e, params, nparams);
	t->slots[place(t, tid)] = e;
	t->count++;
}
