/* SPDX-License-Identifier: Apache-2.0
 *
 * The history of frames: what comes out is what went in, in order, until it is dropped.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>

#include "history.h"

static struct history h;
static uint8_t bytes[RING_MAX_PAYLOAD];

static void setup(void)
{
	cr_assert(eq(int, history_init(&h, 1 << 20), 0));
}

static void teardown(void)
{
	history_release(&h);
}

TestSuite(history, .init = setup, .fini = teardown);

/* A frame that is known again by its number. */
static bool put(uint64_t n, size_t len)
{
	struct ring_frame f = { .type = (uint16_t)(1 + n % 30),
				.flags = (uint16_t)(n % 7),
				.seq = n,
				.payload = span_of(bytes, len) };

	memset(bytes, (int)n, len);
	return history_put(&h, &f);
}

static void is_frame(const struct ring_frame *f, uint64_t n, size_t len)
{
	cr_assert(eq(u64, f->seq, n));
	cr_assert(eq(u16, f->type, (uint16_t)(1 + n % 30)));
	cr_assert(eq(u16, f->flags, (uint16_t)(n % 7)));
	cr_assert(eq(sz, f->payload.n, len));
	for (size_t i = 0; i < len; i++)
		cr_assert_eq(f->payload.p[i], (uint8_t)n, "byte %zu of frame %lu", i,
			     (unsigned long)n);
}

Test(history, is_empty_at_first)
{
	struct ring_frame f;

	cr_assert(eq(u64, history_at(&h, h.first, &f), 0));
	history_drop(&h);
	cr_assert(eq(u64, history_at(&h, h.first, &f), 0));
}

Test(history, frames_come_out_as_they_went_in_round_and_round)
{
	enum { FRAMES = 20000 };
	static size_t len[FRAMES];
	struct ring_frame f;
	uint64_t oldest = 0, place, n;
	unsigned seed = 1;

	for (uint64_t i = 0; i < FRAMES; i++) {
		len[i] = (size_t)rand_r(&seed) % (i % 100 == 0 ? RING_MAX_PAYLOAD : 3000);
		while (!put(i, len[i])) {
			cr_assert(lt(u64, oldest, i), "an empty one has room");
			cr_assert_neq(history_at(&h, h.first, &f), 0);
			is_frame(&f, oldest, len[oldest]);
			history_drop(&h);
			oldest++;
		}
		cr_assert(le(u64, h.end - h.first, h.cap));
	}
	for (n = oldest, place = h.first; (place = history_at(&h, place, &f)) != 0; n++)
		is_frame(&f, n, len[n]);
	cr_assert(eq(u64, n, FRAMES));
	cr_assert(lt(u64, oldest, FRAMES - 100), "it holds more than a few");
}

Test(history, a_place_stays_good_while_others_are_dropped)
{
	struct ring_frame f;
	uint64_t third;

	for (uint64_t i = 0; i < 4; i++)
		cr_assert(put(i, 100));
	third = history_at(&h, history_at(&h, h.first, &f), &f);
	history_drop(&h);
	history_drop(&h);
	cr_assert(eq(u64, h.first, third));
	cr_assert_neq(history_at(&h, third, &f), 0);
	is_frame(&f, 2, 100);
}

Test(history, a_place_at_the_end_is_good_for_the_next_frame_wherever_that_goes)
{
	struct ring_frame f;
	uint64_t end;

	/* All is dropped, then one comes that does not fit before the ring's end. */
	for (uint64_t i = 0; i < 2000; i++) {
		end = h.end;
		cr_assert(put(i, 200 * 1024 + i * 8));
		cr_assert_neq(history_at(&h, end, &f), 0);
		is_frame(&f, i, 200 * 1024 + i * 8);
		history_drop(&h);
		if (200 * 1024 + (i + 1) * 8 > RING_MAX_PAYLOAD)
			break;
	}
}

Test(history, what_can_never_fit_is_refused)
{
	struct history small;
	struct ring_frame f = { .type = 1, .payload = { bytes, RING_MAX_PAYLOAD + 1 } };

	cr_assert(eq(int, history_init(&small, RING_MAX_PAYLOAD), -EINVAL));
	cr_assert_not(history_put(&h, &f));
	f = (struct ring_frame){ .type = 0, .payload = { bytes, 1 } };
	cr_assert_not(history_put(&h, &f));
}
