/* SPDX-License-Identifier: Apache-2.0
 *
 * From the source to the ring: the ledger balances whatever happens, gaps stand
 * where events are missing, and a full ring neither stops the feed nor fills up
 * with gaps.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "feed.h"

/* A ring as an array of frames, with room counted as the real one does. */
static struct {
	uint16_t type[4096];
	struct gap_frame gap[4096];
	uint64_t num[4096];
	unsigned count;
	size_t room, reserve; /* bytes left; of them for RING_STATE only */
	bool open;
	uint8_t buf[WIRE_MAX_PAYLOAD];
} ring;

static uint8_t *reserve(void *ctx, size_t cap, enum ring_class cls)
{
	(void)ctx;
	cr_assert_not(ring.open);
	if (cap + RING_FRAME_HEADER > ring.room - (cls == RING_BULK ? ring.reserve : 0) ||
	    (cls == RING_BULK && ring.room < ring.reserve))
		return NULL;
	ring.open = true;
	return ring.buf;
}

static void submit(void *ctx, uint16_t type, uint16_t flags, size_t len)
{
	struct raw_event ev;

	(void)ctx;
	(void)flags;
	cr_assert(ring.open);
	ring.open = false;
	ring.type[ring.count] = type;
	if (type == FRAME_GAP)
		cr_assert(
			eq(int, wire_decode_gap(span_of(ring.buf, len), &ring.gap[ring.count]), 0));
	if (type == FRAME_RAW_EVENT) {
		cr_assert(eq(int, wire_decode_raw_event(span_of(ring.buf, len), &ev), 0));
		ring.num[ring.count] = ev.num;
	}
	ring.count++;
	ring.room -= len + RING_FRAME_HEADER;
}

static void abandon(void *ctx)
{
	(void)ctx;
	ring.open = false;
}

static struct ring_counts counts;
static struct feed feed;

#define V(name) counts.v[COLLECTOR_##name]

static void begin(void)
{
	struct feed_out out = { NULL, reserve, submit, abandon };

	memset(&ring, 0, sizeof(ring));
	memset(&counts, 0, sizeof(counts));
	ring.room = SIZE_MAX / 2;
	feed_init(&feed, &out, &counts, 4242);
}

static void event(unsigned code, uint64_t ts, int64_t pid)
{
	struct raw_event ev = { .code = (uint16_t)code,
				.ts_ns = ts,
				.tid = pid,
				.pid = pid,
				.nparams = event_info(code)->nparams };

	feed_event(&feed, &ev);
}

static void taken_balances(void)
{
	cr_assert(eq(u64, V(TAKEN), V(OUT) + V(REFUSED) + V(LOST_RING) + V(FILTERED)));
}

Test(feed, events_are_numbered_from_one_and_counted, .init = begin)
{
	event(EVENT_SYSCALL_CLOSE_X, 1, 7);
	event(EVENT_SYSCALL_KILL_X, 2, 7);     /* wanted by nobody */
	event(EVENT_SYSCALL_CLOSE_X, 3, 4242); /* the collector's own */
	feed_refused(&feed);
	event(EVENT_PROCEXIT_1_E, 4, 7);
	cr_assert(eq(uint, ring.count, 2));
	cr_assert(eq(u64, ring.num[0], 1));
	cr_assert(eq(u64, ring.num[1], 2));
	cr_assert(eq(u64, V(TAKEN), 5));
	cr_assert(eq(u64, V(OUT), 2));
	cr_assert(eq(u64, V(FILTERED), 2));
	cr_assert(eq(u64, V(REFUSED), 1));
	taken_balances();
}

Test(feed, a_gap_stands_where_events_found_no_room, .init = begin)
{
	event(EVENT_SYSCALL_CLOSE_X, 10, 7);
	ring.room = 0;
	event(EVENT_SYSCALL_CLOSE_X, 20, 7);
	event(EVENT_SYSCALL_CLOSE_X, 30, 7);
	ring.room = 100000;
	event(EVENT_SYSCALL_CLOSE_X, 40, 7);
	cr_assert(eq(uint, ring.count, 3));
	cr_assert(eq(u16, ring.type[1], FRAME_GAP));
	cr_assert(eq(u8, ring.gap[1].cause, GAP_RING));
	cr_assert(eq(u64, ring.gap[1].count, 2));
	cr_assert(eq(u64, ring.gap[1].from_ns, 20));
	cr_assert(eq(u64, ring.gap[1].to_ns, 30));
	cr_assert(eq(u16, ring.type[2], FRAME_RAW_EVENT));
	cr_assert(eq(u64, ring.num[2], 2));
	cr_assert(eq(u64, V(LOST_RING), 2));
	cr_assert(eq(u64, V(GAPS), 1));
	cr_assert(feed.stale);
	taken_balances();
}

Test(feed, a_gap_does_not_wait_for_the_next_event, .init = begin)
{
	ring.room = 0;
	event(EVENT_SYSCALL_CLOSE_X, 20, 7);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 0));
	ring.room = 100000;
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 1));
	cr_assert(eq(u64, ring.gap[0].count, 1));
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 1));
}

Test(feed, the_reserve_takes_vital_events_and_does_not_fill_with_gaps, .init = begin)
{
	ring.room = ring.reserve = 4000;
	for (unsigned i = 0; i < 1000; i++)
		event(EVENT_SYSCALL_CLOSE_X, 10 + i, 7);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 0));
	event(EVENT_PROCEXIT_1_E, 2000, 7);
	cr_assert(eq(uint, ring.count, 2));
	cr_assert(eq(u16, ring.type[0], FRAME_GAP));
	cr_assert(eq(u64, ring.gap[0].count, 1000));
	cr_assert(eq(u16, ring.type[1], FRAME_RAW_EVENT));
	taken_balances();
}

Test(feed, the_ledger_balances_through_a_ring_that_fills_and_empties, .init = begin)
{
	uint32_t seed = 1;

	ring.room = 0;
	ring.reserve = 2000;
	for (unsigned i = 0; i < 2000; i++) {
		seed = seed * 1664525 + 1013904223;
		ring.room += (seed >> 24) / 3;
		event(seed >> 20 & 1 ? EVENT_SYSCALL_CLOSE_X : EVENT_PROCEXIT_1_E, i, 7);
	}
	cr_assert(lt(u64, 0, V(LOST_RING)));
	cr_assert(lt(u64, 0, V(OUT)));
	taken_balances();
	ring.room = 100000;
	feed_gaps(&feed);
	for (unsigned i = 0; i < ring.count; i++)
		if (ring.type[i] == FRAME_GAP)
			V(LOST_RING) -= ring.gap[i].count;
	cr_assert(eq(u64, V(LOST_RING), 0), "the gaps account for each lost event");
}

Test(feed, losses_in_the_kernel_make_a_gap_and_are_counted_once, .init = begin)
{
	struct source_counts c = { .seen = 100, .lost = 0 };

	feed_counts(&feed, &c, 1000);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 0));
	c = (struct source_counts){ .seen = 200, .lost = 30, .lost_state = 0 };
	feed_counts(&feed, &c, 2000);
	cr_assert_not(feed.stale);
	feed_counts(&feed, &c, 3000);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 1));
	cr_assert(eq(u8, ring.gap[0].cause, GAP_KERNEL_BUFFER));
	cr_assert(eq(u64, ring.gap[0].count, 30));
	cr_assert(eq(u64, ring.gap[0].from_ns, 1000));
	cr_assert(eq(u64, ring.gap[0].to_ns, 2000));
	cr_assert(eq(u64, V(SEEN), 200));
	cr_assert(eq(u64, V(LOST_KERNEL), 30));
	c.lost_state = 1;
	feed_counts(&feed, &c, 4000);
	cr_assert(feed.stale);
}

Test(feed, a_predecessors_counts_go_on_and_what_it_had_not_taken_is_lost, .init = begin)
{
	struct ring_counts old = { 0 };
	struct source_counts c = { .seen = 10 };

	old.v[COLLECTOR_SEEN] = 1000;
	old.v[COLLECTOR_TAKEN] = 900;
	old.v[COLLECTOR_OUT] = 890;
	old.v[COLLECTOR_FILTERED] = 10;
	old.v[COLLECTOR_LOST_KERNEL] = 60;
	feed_counts(&feed, &c, 5);
	event(EVENT_SYSCALL_CLOSE_X, 6, 7);
	feed_inherit(&feed, &old, 2000);
	feed_gaps(&feed);
	cr_assert(eq(u64, V(LOST_RESTART), 40));
	cr_assert(eq(u64, V(SEEN), 1010));
	cr_assert(eq(u64, V(TAKEN), 901));
	cr_assert(eq(u16, ring.type[1], FRAME_GAP));
	cr_assert(eq(u8, ring.gap[1].cause, GAP_RESTART));
	cr_assert(eq(u64, ring.gap[1].count, 40));
	c.seen = 25;
	feed_counts(&feed, &c, 2500);
	cr_assert(eq(u64, V(SEEN), 1025));
	for (unsigned i = 0; i < 24; i++)
		event(EVENT_SYSCALL_CLOSE_X, 3000 + i, 7);
	cr_assert(eq(u64, V(SEEN), V(TAKEN) + V(LOST_KERNEL) + V(LOST_RESTART)));
	cr_assert(eq(u64, ring.num[ring.count - 1], V(OUT)));
	taken_balances();
}

Test(feed, a_predecessor_that_died_before_its_last_look_leaves_no_hole, .init = begin)
{
	struct ring_counts old = { 0 };
	struct source_counts c = { .seen = 3 };

	old.v[COLLECTOR_SEEN] = 100; /* its last look was before it took the last 50 */
	old.v[COLLECTOR_TAKEN] = old.v[COLLECTOR_OUT] = 150;
	feed_inherit(&feed, &old, 2000);
	feed_counts(&feed, &c, 2500);
	cr_assert(eq(u64, V(SEEN), 153));
	cr_assert(eq(u64, V(LOST_RESTART), 0));
}

Test(feed, what_was_taken_was_seen_even_before_the_next_look, .init = begin)
{
	struct source_counts c = { .seen = 2 };

	event(EVENT_SYSCALL_CLOSE_X, 1, 7);
	event(EVENT_SYSCALL_CLOSE_X, 2, 7);
	feed_settle(&feed);
	cr_assert(eq(u64, V(SEEN), 2));
	feed_counts(&feed, &c, 10);
	feed_settle(&feed);
	cr_assert(eq(u64, V(SEEN), 2));
}

/* ---- a recorded source ---- */

static void recorded_event(uint64_t num, struct span data)
{
	struct raw_event ev = {
		.code = EVENT_SYSCALL_WRITE_X, /* of no state, and nobody wants it */
		.num = num,
		.tid = 7,
		.pid = -1,
		.nparams = 2
	};

	ev.params[1] = (struct param){ .kind = PARAM_BYTES, .s = data };
	feed_event(&feed, &ev);
}

static void begin_recorded(void)
{
	begin();
	feed.own_pid = -1;
	feed.is_recorded = true;
}

Test(feed, of_a_recorded_source_all_goes_with_its_numbers, .init = begin_recorded)
{
	recorded_event(10, SPAN_NONE);
	feed_state(&feed, FRAME_SNAPSHOT_BEGIN, span_of("\x90", 1));
	feed_skipped(&feed);
	recorded_event(12, SPAN_NONE);
	cr_assert(eq(uint, ring.count, 3));
	cr_assert(eq(u64, ring.num[0], 10));
	cr_assert(eq(u16, ring.type[1], FRAME_SNAPSHOT_BEGIN));
	cr_assert(eq(u64, ring.num[2], 12));
	cr_assert(eq(u64, V(TAKEN), 3));
	cr_assert(eq(u64, V(OUT), 2));
	cr_assert(eq(u64, V(FILTERED), 1));
	cr_assert(eq(u64, V(STATE_OUT), 1));
	taken_balances();
}

Test(feed, no_room_for_a_recorded_event_is_the_end_and_no_loss, .init = begin_recorded)
{
	ring.room = 0;
	recorded_event(1, SPAN_NONE);
	feed_state(&feed, FRAME_SNAPSHOT_END, span_of("\x90", 1));
	ring.room = SIZE_MAX / 2;
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 0));
	cr_assert(eq(u64, V(TAKEN), 0));
	cr_assert(eq(u64, V(LOST_RING), 0));
	cr_assert(eq(u64, V(STATE_OUT), 0));
	cr_assert_not(feed.stale);
}

Test(feed, an_event_that_is_too_long_for_a_frame_is_refused, .init = begin_recorded)
{
	static uint8_t data[WIRE_MAX_PAYLOAD];

	recorded_event(1, span_of(data, sizeof(data)));
	cr_assert(eq(uint, ring.count, 0));
	cr_assert(eq(u64, V(REFUSED), 1));
	recorded_event(2, span_of(data, sizeof(data) - 400));
	cr_assert(eq(u64, V(OUT), 1));
	taken_balances();
}
