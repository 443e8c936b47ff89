/* SPDX-License-Identifier: Apache-2.0
 *
 * The rings of several CPUs come out as one stream in order, nothing waits
 * longer than the window, and a broken ring costs itself only.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdatomic.h>

#include "merge.h"
#include "timeline.h"

#define SIZE   4096u
#define NCPUS  3
#define WINDOW 100u
#define BUSY   (UINT32_C(1) << 31)
#define DROP   (UINT32_C(1) << 30)

/* The kernel's side of a ring: what it would write, written by the test. */
struct kernel_ring {
	_Atomic uint64_t consumer, producer;
	_Alignas(8) uint8_t data[2 * SIZE];
};

static struct kernel_ring kernel[NCPUS];
static struct kring rings[NCPUS];
static struct merge_head heap[NCPUS];
static bool in_heap[NCPUS];
static struct merge merge;

static void begin(void)
{
	memset(kernel, 0, sizeof(kernel));
	for (unsigned i = 0; i < NCPUS; i++)
		kring_init(&rings[i], &kernel[i].consumer, &kernel[i].producer, kernel[i].data,
			   SIZE, 0);
	merge_init(&merge, rings, NCPUS, heap, in_heap, WINDOW);
}

/* Both copies of the data: a record may run over the end. */
static void store(struct kernel_ring *k, uint64_t at, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		k->data[(at + i) % SIZE] = ((const uint8_t *)p)[i];
		k->data[(at + i) % SIZE + SIZE] = ((const uint8_t *)p)[i];
	}
}

static uint64_t write_record(unsigned cpu, uint64_t ts, uint32_t len, uint32_t flags)
{
	struct kernel_ring *k = &kernel[cpu];
	uint64_t at = k->producer;
	uint32_t header[2] = { len | flags, 0 };

	store(k, at, header, sizeof(header));
	store(k, at + 8, &ts, len < 8 ? len : 8);
	k->producer = at + 8 + ((len + 7) & ~7u);
	return at;
}

static uint64_t next_ts(void)
{
	struct span record;
	uint64_t ts;

	if (merge_next(&merge, &record) == 0)
		return 0;
	memcpy(&ts, record.p, sizeof(ts));
	return ts;
}

Test(merge, records_of_all_cpus_come_in_order_of_time, .init = begin)
{
	write_record(0, 10, 24, 0);
	write_record(0, 40, 24, 0);
	write_record(1, 20, 17, 0);
	write_record(1, 30, 24, 0);
	write_record(2, 5, 24, 0);
	merge_begin(&merge, 1000);
	for (uint64_t want = 0, i = 0; i < 5; i++) {
		want = (const uint64_t[]){ 5, 10, 20, 30, 40 }[i];
		cr_assert(eq(u64, next_ts(), want));
	}
	cr_assert(eq(u64, next_ts(), 0));
	cr_assert(eq(u64, merge.late, 0));
	cr_assert(eq(u64, kernel[0].consumer, 0));
	merge_commit(&merge);
	for (unsigned i = 0; i < NCPUS; i++)
		cr_assert(eq(u64, kernel[i].consumer, kernel[i].producer));
}

Test(merge, a_record_waits_for_the_window_and_not_longer, .init = begin)
{
	write_record(0, 500, 24, 0);
	merge_begin(&merge, 500 + WINDOW - 1);
	cr_assert(eq(u64, next_ts(), 0));
	write_record(1, 450, 24, 0); /* older, visible later: what the window is for */
	merge_begin(&merge, 500 + WINDOW);
	cr_assert(eq(u64, next_ts(), 450));
	cr_assert(eq(u64, next_ts(), 500));
}

Test(merge, a_record_in_the_making_holds_back_its_own_cpu_only, .init = begin)
{
	uint64_t at = write_record(0, 10, 24, BUSY);
	uint32_t done = 24;

	write_record(0, 11, 24, 0);
	write_record(1, 300, 24, 0);
	merge_begin(&merge, 1000);
	cr_assert(eq(u64, next_ts(), 300));
	cr_assert(eq(u64, next_ts(), 0));
	store(&kernel[0], at, &done, sizeof(done));
	merge_begin(&merge, 1000);
	cr_assert(eq(u64, next_ts(), 10));
	cr_assert(eq(u64, next_ts(), 11));
	cr_assert(eq(u64, merge.late, 2));
}

Test(merge, a_stamp_from_far_in_the_future_does_not_wait_for_it, .init = begin)
{
	write_record(0, UINT64_MAX / 2, 24, 0);
	write_record(0, 20, 24, 0);
	write_record(1, 1050, 24, 0); /* just a little younger than "now": waits as usual */
	merge_begin(&merge, 1000);
	cr_assert(eq(u64, next_ts(), UINT64_MAX / 2));
	cr_assert(eq(u64, next_ts(), 20));
	cr_assert(eq(u64, next_ts(), 0));
	merge_begin(&merge, 1050 + WINDOW);
	cr_assert(eq(u64, next_ts(), 1050));
}

Test(merge, discarded_records_are_passed_over, .init = begin)
{
	write_record(0, 1, 24, DROP);
	write_record(0, 2, 24, 0);
	write_record(0, 3, 24, DROP);
	merge_begin(&merge, 1000);
	cr_assert(eq(u64, next_ts(), 2));
	cr_assert(eq(u64, next_ts(), 0));
	merge_commit(&merge);
	cr_assert(eq(u64, kernel[0].consumer, kernel[0].producer));
}

Test(merge, records_run_over_the_end_of_the_data_many_times, .init = begin)
{
	uint64_t ts = 1;

	for (unsigned round = 0; round < 1000; round++) {
		for (unsigned i = 0; i < 4; i++)
			write_record(i % NCPUS, ts + i, 40 + 7 * i, 0);
		merge_begin(&merge, ts + 1000);
		for (unsigned i = 0; i < 4; i++)
			cr_assert(eq(u64, next_ts(), ts + i));
		merge_commit(&merge);
		ts += 4;
	}
	cr_assert(eq(u64, kring_used(&rings[0]), 0));
}

Test(merge, a_record_longer_than_what_is_there_breaks_its_ring_only, .init = begin)
{
	uint64_t at = write_record(0, 1, 24, 0);
	uint32_t lie = 3000;

	store(&kernel[0], at, &lie, sizeof(lie));
	write_record(1, 2, 24, 0);
	merge_begin(&merge, 1000);
	cr_assert(eq(u64, next_ts(), 2));
	cr_assert(eq(u64, next_ts(), 0));
	cr_assert(eq(u64, merge.broken, 1));
	write_record(0, 3, 24, 0); /* it goes on behind the nonsense */
	merge_begin(&merge, 1000);
	cr_assert(eq(u64, next_ts(), 3));
}

Test(merge, a_producer_ahead_of_the_ring_is_not_followed, .init = begin)
{
	struct span record;

	kernel[0].producer = SIZE + 8;
	cr_assert(eq(int, kring_peek(&rings[0], &record), -EPROTO));
	cr_assert(eq(int, kring_peek(&rings[0], &record), 0));
}

Test(merge, a_record_without_a_stamp_comes_first_to_be_refused, .init = begin)
{
	struct span record;

	write_record(0, 50, 24, 0);
	write_record(1, 0, 4, 0);
	merge_begin(&merge, 1000);
	cr_assert(eq(int, merge_next(&merge, &record), 1));
	cr_assert(eq(sz, record.n, 4));
	cr_assert(eq(u64, next_ts(), 50));
}

Test(timeline, small_corrections_never_run_backwards_and_steps_do)
{
	struct timeline t = { 0 };

	timeline_set(&t, 10 * NS_PER_SEC, 1000);
	cr_assert(eq(u64, timeline_stamp(&t, 2000), 10 * NS_PER_SEC + 1000));
	timeline_set(&t, 10 * NS_PER_SEC - 5000, 1000); /* slewed back by 5 us */
	cr_assert(eq(u64, timeline_stamp(&t, 2001), 10 * NS_PER_SEC + 1000));
	cr_assert(eq(u64, timeline_stamp(&t, 9000), 10 * NS_PER_SEC + 3000));
	timeline_set(&t, 5 * NS_PER_SEC, 9000); /* set back by 5 s */
	cr_assert(eq(u64, timeline_stamp(&t, 9001), 5 * NS_PER_SEC + 1));
	cr_assert(eq(u64, timeline_wall(&t, 9000), 5 * NS_PER_SEC));
}

/* ---- what waits ---- */

struct sought {
	uint64_t ts;
	unsigned asked;
};

static bool is_sought(void *ctx, struct span record)
{
	struct sought *s = ctx;
	uint64_t ts;

	memcpy(&ts, record.p, sizeof(ts));
	s->asked++;
	return ts == s->ts;
}

static bool any(unsigned most, uint64_t ts)
{
	return kring_any(&rings[0], most, is_sought, &(struct sought){ .ts = ts });
}

/* ---- a buffer of our own ---- */

enum { SLACK = 1024 };

static struct {
	_Atomic uint64_t tail, head;
	_Alignas(8) uint8_t data[SIZE + SLACK];
} own;
static struct kring own_ring;

static void begin_own(void)
{
	memset(&own, 0, sizeof(own));
	kring_init(&own_ring, &own.tail, &own.head, own.data, SIZE, SLACK);
}

/* As the kernel side does: what runs over goes on in the slack, and the next begins a round. */
static void write_own(uint32_t len, uint8_t fill)
{
	uint64_t at = own.head, end = at + 8 + ((len + 7) & ~7u), round = (at | (SIZE - 1)) + 1;
	uint8_t *p = own.data + at % SIZE;
	uint64_t header = len;

	memcpy(p, &header, sizeof(header));
	memset(p + 8, fill, len);
	own.head = end > round ? round : end;
}

Test(kring, what_runs_over_the_end_of_our_own_buffer_is_whole_and_the_next_begins_a_round,
     .init = begin_own)
{
	unsigned over = 0;

	for (unsigned i = 0; i < 5000; i++) {
		uint32_t len = 1 + i * 37 % 900;
		struct span record;

		over += own.head % SIZE + 8 + len > SIZE;
		write_own(len, (uint8_t)i);
		cr_assert(eq(int, kring_peek(&own_ring, &record), 1));
		cr_assert(eq(sz, record.n, len));
		cr_assert(eq(u8, record.p[0], (uint8_t)i));
		cr_assert(eq(u8, record.p[len - 1], (uint8_t)i));
		kring_pop(&own_ring);
		cr_assert(eq(int, kring_peek(&own_ring, &record), 0));
		kring_commit(&own_ring);
		cr_assert(eq(u64, own.tail, own.head));
	}
	cr_assert(over > 100, "%u", over);
}

Test(kring, a_record_that_the_slack_cannot_take_is_nonsense, .init = begin_own)
{
	struct span record;
	uint64_t lie = SLACK;

	own.head = SIZE;
	memcpy(own.data, &lie, sizeof(lie));
	cr_assert(eq(int, kring_peek(&own_ring, &record), -EPROTO));
	cr_assert(eq(u64, own.tail, SIZE), "it was passed over");
	cr_assert(eq(int, kring_peek(&own_ring, &record), 0));
}

Test(kring, it_is_asked_of_each_whole_record_that_waits_and_nothing_moves, .init = begin)
{
	struct sought s = { .ts = 99 };
	struct span record;

	cr_assert_not(any(8, 1), "nothing waits");
	write_record(0, 1, 24, 0);
	write_record(0, 2, 24, DROP);
	write_record(0, 3, 24, 0);
	cr_assert(any(8, 1));
	cr_assert(any(8, 3));
	cr_assert_not(any(8, 2), "it was dropped");
	cr_assert_not(kring_any(&rings[0], 8, is_sought, &s));
	cr_assert(eq(uint, s.asked, 2));
	cr_assert(any(1, 99), "there are more than that");
	cr_assert(eq(int, kring_peek(&rings[0], &record), 1));
	cr_assert(eq(u64, *(const uint64_t *)(const void *)record.p, 1));
	cr_assert(eq(u64, kernel[0].consumer, 0));
}

Test(kring, of_one_in_the_making_nothing_is_known_and_of_nonsense_the_worst, .init = begin)
{
	write_record(0, 1, 24, BUSY);
	cr_assert_not(any(8, 1));
	kernel[0].producer = 8 + SIZE * 4;
	cr_assert(any(8, 99));
	cr_assert(eq(u64, kernel[0].consumer, 0));
}
