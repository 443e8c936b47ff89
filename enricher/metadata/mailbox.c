/* SPDX-License-Identifier: Apache-2.0
 *
 * mailbox.c -- see mailbox.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "mailbox.h"

/* ---- lanes ---- */

static int lane_init(struct lane *l, uint32_t count, uint32_t slot_bytes)
{
	if (count == 0 || (count & (count - 1)) != 0)
		return -EINVAL;
	*l = (struct lane){ .count = count, .slot_bytes = slot_bytes };
	l->slots = calloc(count, slot_bytes);
	return l->slots == NULL ? -ENOMEM : 0;
}

static uint8_t *slot_of(const struct lane *l, uint32_t at)
{
	return l->slots + (size_t)(at & (l->count - 1)) * l->slot_bytes;
}

static bool lane_push(struct lane *l, const void *slot)
{
	uint32_t head = atomic_load_explicit(&l->head, memory_order_relaxed);

	/* M3: acquire; pairs with M4: the reader is through with the slot. */
	if (head - atomic_load_explicit(&l->tail, memory_order_acquire) == l->count)
		return false;
	memcpy(slot_of(l, head), slot, l->slot_bytes);
	/* M2: release; pairs with M1: who sees the new head also sees the slot. */
	atomic_store_explicit(&l->head, head + 1, memory_order_release);
	return true;
}

static bool lane_pop(struct lane *l, void *ret)
{
	uint32_t tail = atomic_load_explicit(&l->tail, memory_order_relaxed);

	if (atomic_load_explicit(&l->head, memory_order_acquire) == tail) /* M1 */
		return false;
	memcpy(ret, slot_of(l, tail), l->slot_bytes);
	/* M4: release; pairs with M3. */
	atomic_store_explicit(&l->tail, tail + 1, memory_order_release);
	return true;
}

static bool lane_is_full(const struct lane *l)
{
	return atomic_load_explicit(&l->head, memory_order_relaxed) -
		       atomic_load_explicit(&l->tail, memory_order_relaxed) ==
	       l->count;
}

/* ---- updates ---- */

int mailbox_init(struct mailbox *m, uint32_t slots, size_t bytes)
{
	*m = (struct mailbox){ .cap_bytes = bytes };
	return lane_init(&m->lane, slots, sizeof(struct meta_update *));
}

void mailbox_release(struct mailbox *m)
{
	if (m->lane.slots == NULL)
		return;
	for (struct meta_update *u; (u = mailbox_take(m)) != NULL;)
		free(u);
	free(m->lane.slots);
	m->lane.slots = NULL;
}

static size_t size_of(const struct meta_update *u)
{
	return sizeof(*u) + u->id.n + u->text.n;
}

static struct span copy(uint8_t **at, struct span s)
{
	struct span ret = span_of(*at, s.n);

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return ret;
}

int mailbox_put(struct mailbox *m, const struct meta_update *u)
{
	size_t n = size_of(u);
	size_t waiting = m->put_bytes - atomic_load_explicit(&m->taken_bytes, memory_order_relaxed);
	struct meta_update *own;
	uint8_t *at;

	if (n > m->cap_bytes)
		return -EMSGSIZE;
	if (n > m->cap_bytes - waiting || lane_is_full(&m->lane))
		return -EAGAIN;
	own = malloc(n);
	if (own == NULL)
		return -ENOMEM;
	*own = *u;
	at = (uint8_t *)(own + 1);
	own->id = copy(&at, u->id);
	own->text = copy(&at, u->text);
	m->put_bytes += n;
	lane_push(&m->lane, &own); /* we alone make it fuller */
	return 0;
}

struct meta_update *mailbox_take(struct mailbox *m)
{
	struct meta_update *u;

	if (!lane_pop(&m->lane, &u))
		return NULL;
	atomic_fetch_add_explicit(&m->taken_bytes, size_of(u), memory_order_relaxed);
	return u;
}

/* ---- wishes ---- */

int wishbox_init(struct wishbox *w, uint32_t slots)
{
	return lane_init(&w->lane, slots, sizeof(struct meta_wish));
}

void wishbox_release(struct wishbox *w)
{
	free(w->lane.slots);
	w->lane.slots = NULL;
}

bool wishbox_put(struct wishbox *w, const struct meta_wish *wish)
{
	return lane_push(&w->lane, wish);
}

bool wishbox_take(struct wishbox *w, struct meta_wish *ret)
{
	return lane_pop(&w->lane, ret);
}

bool wishbox_is_empty(const struct wishbox *w)
{
	return atomic_load_explicit(&w->lane.head, memory_order_acquire) ==
	       atomic_load_explicit(&w->lane.tail, memory_order_relaxed);
}
