/* SPDX-License-Identifier: Apache-2.0
 *
 * history.c -- see history.h.
 */
#include "history.h"

#include <errno.h>
#include <stdlib.h>

/* Stands before each payload.  TYPE 0: nothing but the way to the ring's beginning. */
struct entry {
	uint32_t size; /* of all of it, a multiple of 8 */
	uint32_t len;
	uint16_t type, flags;
	uint32_t pad;
	uint64_t seq;
};

static size_t entry_size(size_t len)
{
	return (sizeof(struct entry) + len + 7) & ~(size_t)7;
}

int history_init(struct history *h, size_t bytes)
{
	*h = (struct history){ .cap = bytes & ~(size_t)7 };
	if (h->cap < 2 * entry_size(RING_MAX_PAYLOAD) || h->cap > UINT32_MAX)
		return -EINVAL;
	h->bytes = malloc(h->cap);
	return h->bytes == NULL ? -ENOMEM : 0;
}

void history_release(struct history *h)
{
	free(h->bytes);
	*h = (struct history){ 0 };
}

static uint8_t *memory(const struct history *h, uint64_t place)
{
	return h->bytes + place % h->cap;
}

static void write_entry(struct history *h, const struct entry *e)
{
	memcpy(memory(h, h->end), e, sizeof(*e));
}

/* Pass over the rest of the ring, where SIZE bytes do not fit.  What is too short for an
 * entry needs none: history_at() sees that. */
static void skip_rest(struct history *h, size_t rest)
{
	if (rest >= sizeof(struct entry))
		write_entry(h, &(struct entry){ .size = (uint32_t)rest });
	h->end += rest;
}

bool history_put(struct history *h, const struct ring_frame *frame)
{
	struct entry e = { .len = (uint32_t)frame->payload.n,
			   .type = frame->type,
			   .flags = frame->flags,
			   .seq = frame->seq };
	size_t size = entry_size(frame->payload.n);
	size_t rest = h->cap - (size_t)(h->end % h->cap);
	size_t skip = size > rest ? rest : 0;

	if (frame->type == 0 || frame->payload.n > RING_MAX_PAYLOAD ||
	    h->end - h->first + skip + size > h->cap)
		return false;
	if (skip > 0)
		skip_rest(h, skip);
	e.size = (uint32_t)size;
	write_entry(h, &e);
	if (e.len > 0)
		memcpy(memory(h, h->end) + sizeof(e), frame->payload.p, e.len);
	h->end += size;
	return true;
}

uint64_t history_at(const struct history *h, uint64_t place, struct ring_frame *ret)
{
	size_t rest = h->cap - (size_t)(place % h->cap);
	struct entry e;

	if (place < h->end && rest < sizeof(e)) {
		place += rest;
		rest = h->cap;
	}
	if (place >= h->end)
		return 0;
	memcpy(&e, memory(h, place), sizeof(e));
	if (e.type == 0) /* another one stands at the beginning */
		return history_at(h, place + e.size, ret);
	*ret = (struct ring_frame){ .type = e.type,
				    .flags = e.flags,
				    .seq = e.seq,
				    .payload = span_of(memory(h, place) + sizeof(e), e.len) };
	return place + e.size;
}

void history_drop(struct history *h)
{
	struct ring_frame frame;
	uint64_t next = history_at(h, h->first, &frame);

	h->first = next == 0 ? h->end : next;
}
