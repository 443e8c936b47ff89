/* SPDX-License-Identifier: Apache-2.0
 *
 * What a predecessor left of held events: whatever lies there, each event that comes out of it lies
 * inside it, none overlaps another, and there is room for as many as are not taken.
 */
#include <stdlib.h>
#include <string.h>

#include "park.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct park_area area;

/* The bytes are slots in turn, so that few make a whole area. */
static void fill(const uint8_t *data, size_t size)
{
	struct park_slot *slots = area.slots;

	memset(&area, 0, sizeof(area));
	for (size_t i = 0; i < PARK_EVENTS && size > 0; i++) {
		size_t n = size < sizeof(slots[i]) ? size : sizeof(slots[i]);

		memcpy((void *)&slots[i], data, n);
		data += n;
		size -= n;
	}
}

static void check_inside(const struct parked *e)
{
	const uint8_t *from = area.blocks[0], *to = from + sizeof(area.blocks);
	const uint8_t *done = (const uint8_t *)e->done;

	if (e->payload.n == 0 || e->payload.p < from || e->payload.p + e->payload.n > to ||
	    e->ndone > PARK_MAX_DONE || done < from || done + e->ndone * sizeof(*e->done) > to)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct park *p;
	size_t bytes = 0;

	fill(data, size);
	p = park_new(&area, SPAN_NONE, (struct mono){ 1 });
	if (p == NULL)
		return 0;
	for (unsigned i = 0; i < park_count(p); i++) {
		struct parked e = park_at(p, i);

		check_inside(&e);
		bytes += e.payload.n + e.ndone * sizeof(*e.done);
		if (i % 2 == 0)
			park_decided(p, i);
	}
	if (bytes > sizeof(area.blocks))
		abort();
	park_settle(p);
	while (size > 0 && park_put(p, &(struct parked){ .generation = UINT64_MAX,
							 .seq = park_count(p),
							 .payload = span_of(data, size) }))
		;
	park_free(p);
	return 0;
}
