/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done about missing events: Falco's threshold, rate and fields, and that what has to
 * wait is told with what comes next.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "event.h"
#include "gapalert.h"

static struct gapalert g;
static struct alert_frame alert;
static uint8_t block[16384];
static struct arena arena;
static struct mono t;

static void begin_with(struct drop_policy policy)
{
	gapalert_init(&g, &policy);
	arena_init(&arena, block, sizeof(block));
	t.ns = NS_PER_SEC;
}

static void begin(void)
{
	begin_with((struct drop_policy){
		.actions = DROP_LOG | DROP_ALERT, .rate = 1, .max_burst = 1 });
}

static void miss(unsigned cause, uint64_t count, uint64_t events)
{
	struct gap_frame gap = {
		.cause = (uint8_t)cause, .to_ns = 5, .count = count, .events = events
	};

	gapalert_add(&g, &gap);
}

static enum gap_verdict look(uint64_t after_ms)
{
	t.ns += after_ms * NS_PER_MSEC;
	return gapalert_look(&g, 0, t);
}

static struct span field(const char *name)
{
	for (unsigned i = 0; i < alert.nfields; i++)
		if (span_is(alert.fields[i].name, name))
			return alert.fields[i].value.s;
	cr_fatal("no field %s", name);
	return SPAN_NONE;
}

static void make(void)
{
	cr_assert(gapalert_make(&g, &arena, &alert));
	gapalert_clear(&g);
}

Test(gapalert, gaps_make_one_alert_a_second_and_are_added_up, .init = begin)
{
	cr_assert(eq(int, look(0), GAP_WAIT));
	miss(GAP_KERNEL_BUFFER, 30, 100);
	miss(GAP_RING, 12, 0);
	cr_assert(eq(int, look(0), GAP_ACT));
	make();
	cr_assert(span_is(alert.message, "Falco internal: syscall event drop. 42 system calls "
					 "dropped in last second."));
	cr_assert(span_is(alert.source, "internal"));
	cr_assert(span_is(field("n_evts"), "100"));
	cr_assert(span_is(field("n_drops"), "42"));
	cr_assert(span_is(field("n_drops_buffer_total"), "42"));
	cr_assert(span_is(field("n_drops_ring"), "12"));
	cr_assert(span_is(field("ebpf_enabled"), "1"));
	miss(GAP_RING, 1, 1);
	cr_assert(eq(int, look(500), GAP_WAIT));
	cr_assert(eq(int, look(500), GAP_ACT));
}

Test(gapalert, the_events_are_counted_in_falcos_groups_and_named, .init = begin)
{
	static const struct gap_frame gap = {
		.cause = GAP_KERNEL_BUFFER,
		.count = 21,
		.events = 50,
		.ntypes = 6,
		.ncpus = 2,
		.types = { { EVENT_SYSCALL_CLOSE_X, 1 },
			   { EVENT_SYSCALL_OPENAT_2_X, 2 },
			   { EVENT_SYSCALL_OPEN_X, 3 },
			   { EVENT_SYSCALL_CLONE3_X, 4 },
			   { EVENT_SYSCALL_KILL_X, 5 },
			   { GAP_OTHERS, 6 } },
		.cpus = { { 0, 1 }, { 7, 20 } },
	};
	uint64_t groups = 0;

	gapalert_add(&g, &gap);
	gapalert_add(&g, &gap);
	cr_assert(eq(int, look(0), GAP_ACT));
	make();
	cr_assert(span_is(field("n_drops_buffer_close_exit"), "2"));
	cr_assert(span_is(field("n_drops_buffer_open_exit"), "10"));
	cr_assert(span_is(field("n_drops_buffer_clone_fork_exit"), "8"));
	cr_assert(span_is(field("n_drops_buffer_execve_exit"), "0"));
	cr_assert(span_is(field("n_drops_by_type"),
			  "others 12, kill 10, clone3 8, open 6, openat 4, close 2"));
	cr_assert(span_is(field("n_drops_by_cpu"), "7 40, 0 2"));
	for (unsigned i = 0; i < alert.nfields; i++) {
		cr_assert(eq(int, alert.fields[i].value.kind, ALERT_STRING),
			  "Falco's are all texts");
		groups += span_starts(alert.fields[i].name, span_str("n_drops_buffer_"));
	}
	cr_assert(eq(u64, groups, 9), "eight groups and their total");
}

Test(gapalert, up_to_the_threshold_nothing_is_done)
{
	begin_with((struct drop_policy){
		.threshold = 0.1, .actions = DROP_ALERT, .rate = 1, .max_burst = 1 });
	miss(GAP_RING, 10, 100);
	cr_assert(eq(int, look(0), GAP_FORGET));
	miss(GAP_RING, 11, 100);
	cr_assert(eq(int, look(1000), GAP_ACT));
	make();
	cr_assert(span_is(field("n_drops"), "11"), "what was forgotten is not told later");
	miss(GAP_RESTART, 0, 1000);
	cr_assert(eq(int, look(1000), GAP_ACT), "nobody knows how many: it may be all");
	make();
	cr_assert(span_is(alert.message, "Falco internal: syscall event drop. System calls were "
					 "missed, nobody knows how many."));
}

Test(gapalert, without_a_token_it_waits_and_is_told_together)
{
	begin_with((struct drop_policy){ .actions = DROP_ALERT, .rate = 0.25, .max_burst = 2 });
	for (unsigned i = 0; i < 2; i++) {
		miss(GAP_RING, 1, 10);
		cr_assert(eq(int, look(1000), GAP_ACT), "the burst");
		gapalert_clear(&g);
	}
	miss(GAP_RING, 5, 10);
	cr_assert(eq(int, look(1000), GAP_HELD));
	miss(GAP_RING, 6, 10);
	cr_assert(eq(int, look(1000), GAP_WAIT), "this is said once");
	cr_assert(eq(int, look(1000), GAP_ACT));
	make();
	cr_assert(span_is(field("n_drops"), "11"));
	cr_assert(eq(int, look(1000), GAP_WAIT));
}

Test(gapalert, to_ignore_is_to_do_nothing)
{
	static const unsigned nothing[] = { 0, DROP_IGNORE };

	for (unsigned i = 0; i < ARRAY_LEN(nothing); i++) {
		begin_with(
			(struct drop_policy){ .actions = nothing[i], .rate = 1, .max_burst = 1 });
		miss(GAP_RING, 1000, 1000);
		cr_assert(eq(int, look(0), GAP_FORGET));
	}
}

Test(gapalert, a_simulated_drop_is_over_any_threshold_and_needs_events)
{
	begin_with((struct drop_policy){ .threshold = 1,
					 .actions = DROP_ALERT,
					 .rate = 1,
					 .max_burst = 1,
					 .simulate = true });
	cr_assert(eq(int, gapalert_look(&g, 0, t), GAP_WAIT));
	t.ns += NS_PER_SEC;
	cr_assert(eq(int, gapalert_look(&g, 500, t), GAP_ACT));
	make();
	cr_assert(span_is(field("n_drops"), "1"));
	cr_assert(span_is(field("n_evts"), "501"));
	t.ns += NS_PER_SEC;
	cr_assert(eq(int, gapalert_look(&g, 500, t), GAP_WAIT));
}
