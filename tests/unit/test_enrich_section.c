/* SPDX-License-Identifier: Apache-2.0
 *
 * A capture of several sections: each begins with nobody, as if it stood alone.
 */
#include "support/enrich_kit.h"

TestSuite(enrich_section, .init = setup_capture, .fini = teardown);

/* What the last event's process is, as its reader knows it from all that was told. */
static struct process_frame whole(uint64_t key)
{
	struct process_frame found = { 0 }, p;

	for (unsigned i = 0; i < count_of(FRAME_PROCESS); i++) {
		p = process(i);
		if (p.key == key && p.mask == PROCESS_ALL)
			found = p;
	}
	cr_assert(eq(u64, found.key, key));
	return found;
}

static void listed(int64_t tid, const char *comm, const char *exepath, uint64_t ino)
{
	struct task_frame f = { .info.tid = tid, .info.pid = tid, .info.ptid = 1 };

	f.info.vtid = f.info.vpid = tid;
	f.info.comm = f.info.exe = span_str(comm);
	f.info.exepath = span_str(exepath);
	f.info.exe_ino = ino;
	f.info.clone_ts = ino;
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
}

/* A list without programs' files looks as if all had ended: what was known of them was of somebody else. */
Test(enrich_section, who_has_the_same_number_in_the_next_one_is_another)
{
	struct event_frame first, second;
	struct process_frame p;

	begin();
	listed(5, "first", "/bin/first", 11);
	end();
	open_file(5, 3, "/etc/passwd", 1);
	first = last_event();
	clear();
	begin();
	listed(5, "second", "", 0);
	end();
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1));
	close_file(5, 3);
	second = last_event();
	cr_assert_neq(second.process, first.process);
	cr_assert(eq(i8, second.fd_file, -1), "its files are not the other one's");
	p = whole(second.process);
	cr_assert(span_is(p.info.comm, "second"));
	cr_assert(eq(sz, p.info.exepath.n, 0));
	cr_assert(eq(u64, p.info.exe_ino, 0));
	cr_assert(eq(u64, p.info.clone_ts, 0));
}

/* Its time may be the first one's once more. */
Test(enrich_section, exits_of_the_one_before_say_nothing)
{
	struct raw_event ev;

	for (unsigned i = 0; i < 2; i++) {
		now = UINT64_C(1700000000000000000);
		clear();
		two_tasks();
		ev = clone_event(10, 50, 10, 1, 0);
		send_event(&ev);
		close_file(50, 3);
		procexit(50);
		cr_assert(eq(u64, counts[ENRICHER_PROCESS_MISSES], 0));
	}
}

Test(enrich_section, what_leads_it_is_state)
{
	struct raw_event user = event(EVENT_USER_ADDED_E, -1);

	set_int(&user, "uid", 1000);
	set_text(&user, "name", "ann");
	for (unsigned i = 0; i < 2; i++) {
		two_tasks();
		send_event(&user);
		cr_assert(eq(uint, count_of(FRAME_EVENT), 0));
		close_file(10, 3);
		send_event(&user);
		cr_assert(eq(uint, count_of(FRAME_EVENT), 2));
	}
}
