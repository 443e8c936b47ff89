/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that are held: in order, no more than there is room for, and found by a
 * successor, whatever lies in the memory.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "park.h"

static struct park_area *area;
static struct park *park;
static const struct mono soon = { 1000 }, later = { 2000 };

static void setup(void)
{
	area = calloc(1, sizeof(*area));
	cr_assert_not_null(area);
	park = park_new(area, span_str("me"), soon);
	cr_assert_not_null(park);
}

static void teardown(void)
{
	park_free(park);
	free(area);
}

TestSuite(park, .init = setup, .fini = teardown);

static bool put(uint64_t seq, struct span payload)
{
	static const uint32_t done[] = { 7, 9 };
	struct parked e = { .generation = 5, .seq = seq, .payload = payload, .until = soon };

	if (seq % 2 == 1) {
		e.ndone = 2;
		e.done = done;
	}
	return park_put(park, &e);
}

/* As after a kill -9: nothing but the area is left. */
static void die(const char *owner)
{
	park_free(park);
	park = park_new(area, span_str(owner), later);
	cr_assert_not_null(park);
}

Test(park, what_is_held_is_there_in_order_with_what_was_done)
{
	cr_assert(put(1, span_str("one")) && put(2, span_str("two")));
	cr_assert(eq(uint, park_count(park), 2));
	cr_assert(span_is(park_at(park, 0).payload, "one"));
	cr_assert(eq(uint, park_at(park, 0).ndone, 2));
	cr_assert(eq(u32, park_at(park, 0).done[1], 9));
	cr_assert(span_is(park_at(park, 1).payload, "two"));
	cr_assert(eq(uint, park_at(park, 1).ndone, 0));
	cr_assert(park_holds(park, 5, 2));
	cr_assert(not(park_holds(park, 4, 2)));
	cr_assert(eq(u64, park_next(park).ns, soon.ns));
}

Test(park, what_is_decided_makes_room_once_it_is_settled)
{
	cr_assert(put(1, span_str("one")) && put(2, span_str("two")));
	park_decided(park, 0);
	cr_assert(park_is_decided(park, 0));
	die("me"); /* before it was published: it is there again */
	cr_assert(eq(uint, park_count(park), 2));
	cr_assert(eq(u64, park_next(park).ns, later.ns));
	park_decided(park, 0);
	park_settle(park);
	cr_assert(eq(uint, park_count(park), 1));
	cr_assert(span_is(park_at(park, 0).payload, "two"));
	die("me");
	cr_assert(eq(uint, park_count(park), 1));
	park_decided(park, 0);
	cr_assert(eq(u64, park_next(park).ns, UINT64_MAX));
	park_settle(park);
	die("me");
	cr_assert(eq(uint, park_count(park), 0));
}

Test(park, a_successor_finds_all_of_it_in_the_order_of_the_names)
{
	for (uint64_t i = 0; i < 10; i++)
		cr_assert(put((i * 7) % 10, span_str("event")));
	die("me");
	cr_assert(eq(uint, park_count(park), 10));
	for (uint64_t i = 0; i < 10; i++) {
		cr_assert(eq(u64, park_at(park, (unsigned)i).seq, i));
		cr_assert(span_is(park_at(park, (unsigned)i).payload, "event"));
		cr_assert(eq(uint, park_at(park, (unsigned)i).ndone, i % 2 == 1 ? 2 : 0));
	}
	die("somebody else");
	cr_assert(eq(uint, park_count(park), 0));
}

Test(park, it_is_full_of_events_or_of_bytes_and_has_room_again)
{
	static uint8_t big[PARK_BLOCKS * PARK_BLOCK_BYTES + 1];
	unsigned n = 0;

	cr_assert(not(put(2, span_of(big, sizeof(big)))));
	cr_assert(not(put(2, SPAN_NONE)));
	cr_assert(put(2, span_of(big, sizeof(big) - 1)));
	cr_assert(not(put(4, span_str("x"))));
	park_decided(park, 0);
	park_settle(park);
	while (put(2 * n, span_str("x")))
		n++;
	cr_assert(eq(uint, n, PARK_EVENTS));
	for (unsigned i = 0; i < n; i += 2)
		park_decided(park, i);
	park_settle(park);
	/* single free blocks do not make a row */
	cr_assert(put(3 * PARK_EVENTS, span_of(big, 3 * PARK_BLOCK_BYTES)));
	cr_assert(not(put(4 * PARK_EVENTS, span_of(big, PARK_BLOCKS * PARK_BLOCK_BYTES))));
	die("me");
	cr_assert(eq(uint, park_count(park), PARK_EVENTS / 2 + 1));
}

Test(park, blocks_are_used_again_and_never_twice)
{
	uint8_t text[4 * PARK_BLOCK_BYTES];
	uint32_t random = 1;

	for (uint64_t i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		memset(text, (int)(i & 0xff), sizeof(text));
		(void)put(2 * i, span_of(text, 1 + (random >> 8) % sizeof(text)));
		random = random * 1664525 + 1013904223;
		if (park_count(park) > 0 && random >> 31 != 0) {
			park_decided(park, (random >> 8) % park_count(park));
			park_settle(park);
		}
		for (unsigned k = 0; i % 100 == 0 && k < park_count(park); k++) {
			struct parked e = park_at(park, k);

			for (size_t b = 0; b < e.payload.n; b++)
				cr_assert(e.payload.p[b] == (uint8_t)(e.seq / 2));
		}
	}
	cr_assert(ne(uint, park_count(park), 0));
}

Test(park, garbage_is_left_out)
{
	cr_assert(put(0, span_str("good")));
	for (unsigned i = 1; i < 8; i++)
		area->slots[i] = area->slots[0];
	area->slots[1].first = PARK_BLOCKS;
	area->slots[2].bytes = UINT32_MAX;
	area->slots[3].ndone = UINT32_MAX;
	area->slots[4].bytes = 0;
	area->slots[5].first = PARK_BLOCKS - 1;
	area->slots[5].bytes = 2 * PARK_BLOCK_BYTES;
	area->slots[6].seq = 6;	 /* in blocks that are another's */
	area->slots[7].held = 3; /* no such word */
	die("me");
	cr_assert(eq(uint, park_count(park), 1));
	cr_assert(span_is(park_at(park, 0).payload, "good"));
}
