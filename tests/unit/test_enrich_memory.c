/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory a process has: it changes all the time, and is told when somebody looks.
 */
#include "support/enrich_kit.h"

TestSuite(enrich_memory, .init = setup, .fini = teardown);

static void brk_to(uint64_t vmsize)
{
	struct raw_event ev = event(EVENT_SYSCALL_BRK_4_X, 10);

	set_int(&ev, "vm_size", (int64_t)vmsize);
	set_int(&ev, "vm_rss", 8);
	set_int(&ev, "vm_swap", 7);
	send_event(&ev);
}

static void want(uint64_t extras)
{
	struct ring_wants wants = { .version = 1, .extras = extras };

	memset(wants.events, 0xff, sizeof(wants.events));
	enrich_want(en, &wants);
}

/* The last event is behind a frame that says so, and of the version that it says. */
static void was_told(uint64_t vmsize)
{
	struct process_frame p;

	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
	p = process(0);
	cr_assert_neq(p.mask & PROCESS_BIT(vmsize), 0);
	cr_assert(eq(u64, p.info.vmsize, vmsize));
	cr_assert(eq(u64, last_event().version, p.version));
	clear();
}

Test(enrich_memory, of_a_capture_each_change_is_told, .init = setup_capture)
{
	two_tasks();
	want(0);
	brk_to(9);
	was_told(9);
	brk_to(9);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 0), "it did not change");
	brk_to(19);
	was_told(19);
}

Test(enrich_memory, live_it_is_told_with_other_changes_until_a_rule_looks_at_it)
{
	two_tasks();
	want(0);
	brk_to(9);
	brk_to(19);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 0));
	exec(10, "prog", "");
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
	clear();
	want(WANT_MEMORY);
	brk_to(29);
	was_told(29);
	want(0);
	brk_to(39);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 0));
}

Test(enrich_memory, what_changed_while_nobody_looked_is_told_when_somebody_does)
{
	two_tasks();
	want(0);
	brk_to(9);
	clear();
	want(WANT_MEMORY);
	close_file(10, 3);
	was_told(9);
}

/* A reader that starts anew in the middle of the ring has to find who is met there. */
static unsigned met;

static int meet(void *ctx, uint16_t type, struct span payload)
{
	struct process_frame p;

	(void)ctx;
	if (type != FRAME_PROCESS)
		return 0;
	cr_assert_eq(wire_decode_process(payload, &p), 0);
	met += p.info.tid == 10;
	return 0;
}

Test(enrich_memory, who_was_told_of_again_for_that_is_known_as_it_was)
{
	two_tasks();
	want(0);
	brk_to(9);
	want(WANT_MEMORY);
	read_at = written_at;
	brk_to(29);
	cr_assert_eq(enrich_snapshot(en, read_at, meet, NULL), 0);
	cr_assert(eq(uint, met, 1));
}
