/* SPDX-License-Identifier: Apache-2.0
 *
 * mute.c -- see mute.h.
 */
#include "mute.h"

#include "span.h"

enum { PLACES = ARRAY_LEN(((struct mutes *)0)->mute) };

static void store(_Atomic uint64_t *word, uint64_t v)
{
	atomic_store_explicit(word, v, memory_order_relaxed);
}

/* In an empty place of its row, or in another's. */
void mute_table_add(struct mute_table *t, uint64_t mute)
{
	_Atomic uint64_t *row = t->words + (size_t)PLACES * mute_row(mute), *to = NULL;

	for (unsigned i = 0; i < PLACES; i++) {
		uint64_t there = atomic_load_explicit(&row[i], memory_order_relaxed);

		if (there == mute)
			return;
		if (there == 0)
			to = &row[i];
	}
	store(to != NULL ? to : &row[t->victim++ % PLACES], mute);
}

void mute_table_clear(struct mute_table *t)
{
	for (size_t i = 0; i < (size_t)PLACES * MUTE_ROWS; i++)
		if (atomic_load_explicit(&t->words[i], memory_order_relaxed) != 0)
			store(&t->words[i], 0);
}

uint64_t mute_log_find(const struct mute_log *l, uint64_t num)
{
	const struct muted_event *e = &l->events[num % MUTE_EVENTS];

	return num >= l->from && e->num == num ? e->mute : 0;
}

void mute_log_begin(struct mute_log *l, uint64_t num)
{
	l->from = num;
}
