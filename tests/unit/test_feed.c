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
	size_t room,
		reserve; /* bytes left; of them not for RING_BULK, and half not for RING_QUIET */
	bool open;
	uint8_t buf[WIRE_MAX_PAYLOAD];
} ring;

static uint8_t *reserve(void *ctx, size_t cap, enum ring_class cls)
{
	size_t keep = cls == RING_BULK ? ring.reserve : cls == RING_QUIET ? ring.reserve / 2 : 0;

	(void)ctx;
	cr_assert_not(ring.open);
	if (ring.room < keep || cap + RING_FRAME_HEADER > ring.room - keep)
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
	cr_assert(ring.gap[1].doubt);
	cr_assert_not(feed.stale);
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
	ring.reserve = 4000;
	ring.room = ring.reserve / 2;
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

Test(feed, a_heartbeat_is_the_collectors_own_and_goes_on_in_a_flood, .init = begin)
{
	struct raw_event ev = { .code = EVENT_GENERIC_X,
				.flags = EVENT_HEARTBEAT,
				.ts_ns = 1,
				.tid = 4242,
				.pid = 4242,
				.nparams = event_info(EVENT_GENERIC_X)->nparams };

	ring.reserve = 4000;
	ring.room = ring.reserve / 4;
	feed.set = (struct event_set){ { 0 } };
	feed_event(&feed, &ev);
	cr_assert(eq(uint, ring.count, 1));
	ev.flags = 0;
	feed_event(&feed, &ev);
	cr_assert(eq(uint, ring.count, 1));
	cr_assert(eq(u64, V(FILTERED), 1));
	taken_balances();
}

Test(feed, a_flood_does_not_hide_those_that_do_little, .init = begin)
{
	unsigned of_flood = 0;

	ring.room = ring.reserve = 1 << 20;
	for (unsigned i = 0; i < 10000; i++) {
		unsigned before = ring.count;

		event(EVENT_SYSCALL_CLOSE_X, i, 7);
		of_flood += ring.count > before;
		if (i % 500 != 0)
			continue;
		before = ring.count;
		event(EVENT_SYSCALL_CLOSE_X, i, 8);
		cr_assert(lt(uint, before, ring.count), "who has few events is seen");
	}
	cr_assert(eq(uint, of_flood, FAIR_EVENTS));
	taken_balances();
	event(EVENT_SYSCALL_CLOSE_X, UINT64_C(1) << FAIR_SHIFT, 7);
	cr_assert(eq(u16, ring.type[ring.count - 1], FRAME_RAW_EVENT),
		  "a period later it has some again");
}

Test(feed, not_even_they_take_what_is_kept_for_state, .init = begin)
{
	ring.reserve = 8000;
	ring.room = ring.reserve / 2 + 50;
	event(EVENT_SYSCALL_CLOSE_X, 1, 7);
	cr_assert(eq(uint, ring.count, 0));
	event(EVENT_PROCEXIT_1_E, 2, 7);
	cr_assert(eq(u16, ring.type[ring.count - 1], FRAME_RAW_EVENT));
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

static void lost(unsigned cause, unsigned cpu, unsigned code, uint64_t count, uint64_t now_ns)
{
	struct loss loss = { .cause = (uint8_t)cause,
			     .cpu = (uint16_t)cpu,
			     .code = (uint16_t)code,
			     .count = count };

	feed_lost(&feed, &loss, now_ns);
}

Test(feed, losses_in_the_kernel_make_a_gap_and_are_counted_once, .init = begin)
{
	feed_counts(&feed, 100, 1000);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 0));
	lost(GAP_KERNEL_BUFFER, 0, EVENT_SYSCALL_KILL_X, 30, 2000);
	feed_counts(&feed, 200, 2000);
	cr_assert_not(feed.stale);
	feed_counts(&feed, 200, 3000);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 1));
	cr_assert(eq(u8, ring.gap[0].cause, GAP_KERNEL_BUFFER));
	cr_assert(eq(u64, ring.gap[0].count, 30));
	cr_assert(eq(u64, ring.gap[0].from_ns, 1000));
	cr_assert(eq(u64, ring.gap[0].to_ns, 2000));
	cr_assert(eq(u64, ring.gap[0].events, 200));
	cr_assert(eq(u64, V(SEEN), 200));
	cr_assert(eq(u64, V(LOST_KERNEL), 30));
	lost(GAP_KERNEL_BUFFER, 1, EVENT_SYSCALL_CLOSE_X, 1, 4000);
	feed_counts(&feed, 201, 4000);
	feed_gaps(&feed);
	cr_assert_not(ring.gap[0].doubt, "nothing is made of kill");
	cr_assert(ring.gap[1].doubt);
	cr_assert_not(feed.stale, "descriptors are asked for");
}

Test(feed, all_is_told_again_when_too_many_that_began_or_ended_are_missing, .init = begin)
{
	lost(GAP_KERNEL_BUFFER, 0, EVENT_SYSCALL_OPENAT_2_X, 100000, 1000);
	lost(GAP_KERNEL_BUFFER, 0, EVENT_SYSCALL_EXECVE_19_X, 1000, 1000);
	lost(GAP_KERNEL_BUFFER, 1, EVENT_PROCEXIT_1_E, 24, 1000);
	cr_assert_not(feed.stale);
	feed_told(&feed);
	lost(GAP_KERNEL_BUFFER, 0, EVENT_SYSCALL_CLONE_20_X, 1024, 1000);
	cr_assert_not(feed.stale);
	lost(GAP_RING, 0, EVENT_SYSCALL_CLONE_20_X, 1, 1000);
	cr_assert(feed.stale);
	feed_told(&feed);
	cr_assert_not(feed.stale);
}

static uint64_t part(const struct gap_part *parts, unsigned n, unsigned of)
{
	for (unsigned i = 0; i < n; i++)
		if (parts[i].of == of)
			return parts[i].count;
	return 0;
}

Test(feed, a_gap_tells_which_events_of_which_processors_were_lost, .init = begin)
{
	const struct gap_frame *g = &ring.gap[0];

	lost(GAP_KERNEL_BUFFER, 0, EVENT_SYSCALL_CLOSE_X, 3, 1000);
	lost(GAP_KERNEL_BUFFER, 1, EVENT_SYSCALL_CLOSE_X, 4, 1000);
	lost(GAP_KERNEL_BUFFER, 1, EVENT_SYSCALL_KILL_X, 5, 1000);
	feed_counts(&feed, 12, 1000);
	feed_gaps(&feed);
	cr_assert(eq(u64, g->count, 12));
	cr_assert(eq(u64, part(g->types, g->ntypes, EVENT_SYSCALL_CLOSE_X), 7));
	cr_assert(eq(u64, part(g->types, g->ntypes, EVENT_SYSCALL_KILL_X), 5));
	cr_assert(eq(u64, part(g->cpus, g->ncpus, 0), 3));
	cr_assert(eq(u64, part(g->cpus, g->ncpus, 1), 9));
	lost(GAP_KERNEL_BUFFER, 1, EVENT_SYSCALL_KILL_X, 2, 2000);
	feed_counts(&feed, 14, 2000);
	feed_gaps(&feed);
	g = &ring.gap[1];
	cr_assert(eq(u64, g->count, 2));
	cr_assert(eq(uint, g->ntypes, 1));
	cr_assert(eq(u64, part(g->types, g->ntypes, EVENT_SYSCALL_KILL_X), 2));
	cr_assert(eq(u64, g->events, 2));
}

Test(feed, of_more_events_than_a_gap_has_places_the_rest_is_told_together, .init = begin)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 2 * GAP_MAX_PARTS; i++)
		lost(GAP_KERNEL_BUFFER, i, EVENT_SYSCALL_CLOSE_X + i, 1, 1000);
	feed_counts(&feed, 2 * GAP_MAX_PARTS, 1000);
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.gap[0].ntypes, GAP_MAX_PARTS));
	cr_assert(eq(u64, part(ring.gap[0].types, GAP_MAX_PARTS, GAP_OTHERS), GAP_MAX_PARTS + 1));
	for (unsigned i = 0; i < GAP_MAX_PARTS; i++)
		sum += ring.gap[0].types[i].count;
	cr_assert(eq(u64, sum, 2 * GAP_MAX_PARTS));
}

static uint8_t sheet_memory[RING_SHEETS][RING_SHEET];
static uint8_t *const sheets[RING_SHEETS] = { sheet_memory[0], sheet_memory[1] };
static struct losses read_back;

static int read_sheet(uint64_t version)
{
	return losses_decode(span_of(sheets[version % RING_SHEETS], RING_SHEET), version,
			     &read_back);
}

Test(feed, the_sheet_that_the_counters_name_has_all_losses_and_the_other_one_those_before,
     .init = begin)
{
	feed_sheets(&feed, sheets);
	cr_assert(eq(u64, V(LOSS_SHEETS), 0), "nothing was lost");
	lost(GAP_KERNEL_BUFFER, 1, EVENT_SYSCALL_CLOSE_X, 3, 1000);
	feed_sheets(&feed, sheets);
	cr_assert(eq(u64, V(LOSS_SHEETS), 1));
	lost(GAP_NOT_MADE, 0, EVENT_SYSCALL_CLOSE_X, 2, 1000);
	feed_sheets(&feed, sheets);
	feed_sheets(&feed, sheets);
	cr_assert(eq(u64, V(LOSS_SHEETS), 2), "only what is new is written");
	cr_assert(eq(int, read_sheet(1), 0), "who dies before it is published leaves this one");
	cr_assert(eq(u64, losses_sum(&read_back, GAP_KERNEL_BUFFER), 3));
	cr_assert(eq(u64, losses_sum(&read_back, GAP_NOT_MADE), 0));
	cr_assert(eq(int, read_sheet(2), 0));
	cr_assert(eq(u64, losses_sum(&read_back, GAP_NOT_MADE), 2));
	cr_assert(eq(u64, V(LOST_NOT_MADE), 2));
}

/* Each counter of a cause is what the cells of the cause add up to. */
static void cells_balance(void)
{
	cr_assert(eq(u64, losses_sum(&feed.losses, GAP_KERNEL_BUFFER), V(LOST_KERNEL)));
	cr_assert(eq(u64, losses_sum(&feed.losses, GAP_RING), V(LOST_RING)));
	cr_assert(eq(u64, losses_sum(&feed.losses, GAP_RESTART), V(LOST_RESTART)));
	cr_assert(eq(u64, losses_sum(&feed.losses, GAP_NOT_MADE), V(LOST_NOT_MADE)));
	cr_assert(eq(u64, losses_sum(&feed.losses, GAP_PASSED_OVER), V(LOST_PASSED_OVER)));
}

Test(feed, losses_of_a_predecessor_keep_their_cells, .init = begin)
{
	struct ring_counts old;

	lost(GAP_KERNEL_BUFFER, 1, EVENT_SYSCALL_CLOSE_X, 3, 1000);
	ring.room = 0;
	event(EVENT_SYSCALL_CLOSE_X, 20, 7);
	feed_counts(&feed, 10, 1000);
	feed_sheets(&feed, sheets);
	old = counts;
	begin();
	cr_assert(eq(int, read_sheet(1), 0));
	feed_inherit(&feed, &old, &read_back, 2000);
	cells_balance();
	cr_assert(eq(uint, feed.losses.count, 3));
	cr_assert(eq(u64, V(LOST_RESTART), 6));
	feed_gaps(&feed);
	cr_assert(eq(uint, ring.count, 1), "what its predecessor lost was told by that one");
	cr_assert(eq(u64, ring.gap[0].count, 6));
	feed_sheets(&feed, sheets);
	cr_assert(eq(u64, V(LOSS_SHEETS), 2));
}

Test(feed, a_table_that_says_more_than_the_counters_is_not_believed, .init = begin)
{
	struct ring_counts old = { 0 };
	struct losses lie = { 0 };
	struct loss loss = { .cause = GAP_RING, .cpu = 1, .code = 2, .count = 100 };

	old.v[COLLECTOR_SEEN] = old.v[COLLECTOR_TAKEN] = 99;
	old.v[COLLECTOR_LOST_RING] = 99;
	losses_add(&lie, &loss);
	feed_inherit(&feed, &old, &lie, 2000);
	cells_balance();
	cr_assert(eq(u16, feed.losses.cell[0].code, LOSS_ANY_CODE));
	cr_assert(eq(u64, feed.losses.cell[0].count, 99));
}

Test(feed, what_the_table_lacks_of_the_counters_was_lost_nobody_knows_where, .init = begin)
{
	struct ring_counts old = { 0 };

	old.v[COLLECTOR_SEEN] = 1000;
	old.v[COLLECTOR_LOST_KERNEL] = 1000;
	feed_inherit(&feed, &old, NULL, 2000);
	cells_balance();
	lost(GAP_PASSED_OVER, LOSS_ANY_CPU, LOSS_ANY_CODE, 7, 2100);
	feed_counts(&feed, 7, 2100);
	cells_balance();
	cr_assert(feed.stale, "it may have been any call");
}

Test(feed, a_predecessors_counts_go_on_and_what_it_had_not_taken_is_lost, .init = begin)
{
	struct ring_counts old = { 0 };

	old.v[COLLECTOR_SEEN] = 1000;
	old.v[COLLECTOR_TAKEN] = 900;
	old.v[COLLECTOR_OUT] = 890;
	old.v[COLLECTOR_FILTERED] = 10;
	old.v[COLLECTOR_LOST_KERNEL] = 60;
	feed_counts(&feed, 10, 5);
	event(EVENT_SYSCALL_CLOSE_X, 6, 7);
	feed_inherit(&feed, &old, NULL, 2000);
	feed_gaps(&feed);
	cr_assert(eq(u64, V(LOST_RESTART), 40));
	cr_assert(eq(u64, V(SEEN), 1010));
	cr_assert(eq(u64, V(TAKEN), 901));
	cr_assert(eq(u16, ring.type[1], FRAME_GAP));
	cr_assert(eq(u8, ring.gap[1].cause, GAP_RESTART));
	cr_assert(eq(u64, ring.gap[1].count, 40));
	feed_counts(&feed, 25, 2500);
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

	old.v[COLLECTOR_SEEN] = 100; /* its last look was before it took the last 50 */
	old.v[COLLECTOR_TAKEN] = old.v[COLLECTOR_OUT] = 150;
	feed_inherit(&feed, &old, NULL, 2000);
	feed_counts(&feed, 3, 2500);
	cr_assert(eq(u64, V(SEEN), 153));
	cr_assert(eq(u64, V(LOST_RESTART), 0));
}

Test(feed, what_was_taken_was_seen_even_before_the_next_look, .init = begin)
{
	event(EVENT_SYSCALL_CLOSE_X, 1, 7);
	event(EVENT_SYSCALL_CLOSE_X, 2, 7);
	feed_settle(&feed);
	cr_assert(eq(u64, V(SEEN), 2));
	feed_counts(&feed, 2, 10);
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
