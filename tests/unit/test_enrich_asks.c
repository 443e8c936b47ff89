/* SPDX-License-Identifier: Apache-2.0
 *
 * What the enricher asks to be told again, and what it makes of the answers.
 */
#include "support/enrich_kit.h"

TestSuite(enrich_asks, .init = setup, .fini = teardown);

static void asked(unsigned n, int32_t tid, int32_t of)
{
	cr_assert(lt(uint, n, nasks));
	cr_assert(eq(i32, asks[n].tid, tid));
	cr_assert(eq(i32, asks[n].of, of));
}

static void told(int32_t tid, int32_t of, bool gone)
{
	struct task_read_frame f = { tid, of, gone };

	give(FRAME_TASK_READ, wire_encode_task_read(scratch, sizeof(scratch), &f));
}

static void told_file(int64_t tid, int64_t fd, const char *name, uint64_t ino)
{
	struct task_file_frame f = { .tid = tid };

	f.file = (struct file_info){ .fd = fd, .type = FILE_REGULAR, .dev = 0x10, .ino = ino };
	f.file.name = f.file.resolved = span_str(name);
	give(FRAME_TASK_FILE, wire_encode_task_file(scratch, sizeof(scratch), &f));
}

static void gap(bool doubt)
{
	struct gap_frame f = { .cause = GAP_KERNEL_BUFFER, .count = 9, .doubt = doubt };

	give(FRAME_GAP, wire_encode_gap(scratch, sizeof(scratch), &f));
}

static struct raw_event read_event(int64_t tid, int64_t fd)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, tid);

	set_int(&ev, "res", 5);
	set_int(&ev, "fd", fd);
	return ev;
}

static void read_by(int64_t tid, int64_t fd)
{
	struct raw_event ev = read_event(tid, fd);

	send_event(&ev);
}

Test(enrich_asks, a_thread_that_nobody_told_of_is_asked_for_once_and_known_when_it_is_told)
{
	struct event_frame f;

	two_tasks();
	may_ask = true;
	read_by(77, 3);
	read_by(77, 3);
	read_by(10, 3);
	cr_assert(eq(uint, nasks, 1));
	asked(0, 77, RING_ASK_FILES);
	clear();
	task(77, 77, 10, 0, "daemon");
	told_file(77, 3, "/srv/data", 55);
	told(77, RING_ASK_FILES, false);
	cr_assert(span_is(process(0).info.comm, "daemon"));
	read_by(77, 3);
	f = last_event();
	cr_assert(own_file_is(&f, "/srv/data"));
	cr_assert(eq(uint, nasks, 1));
	cr_assert(eq(u64, counts[ENRICHER_ASKED], 1));
	cr_assert(eq(u64, counts[ENRICHER_ANSWERED], 1));
}

Test(enrich_asks, behind_a_gap_of_state_each_is_asked_for_when_it_does_something)
{
	two_tasks();
	may_ask = true;
	read_by(10, 3);
	gap(false);
	read_by(10, 3);
	cr_assert(eq(uint, nasks, 0));
	gap(true);
	read_by(10, 3);
	cr_assert(eq(uint, nasks, 1));
	asked(0, 10, RING_ASK_FILES);
	task(10, 10, 1, 0, "bash");
	told(10, RING_ASK_FILES, false);
	read_by(10, 3);
	cr_assert(eq(uint, nasks, 1));
	enrich_look_again(en); /* nobody needs 1 now */
	cr_assert(eq(uint, nasks, 2));
	asked(1, 1, RING_ASK_FILES);
	task(1, 1, 0, 0, "init");
	told(1, RING_ASK_FILES, false);
	enrich_look_again(en);
	cr_assert(eq(uint, nasks, 2));
}

Test(enrich_asks, a_child_of_one_that_is_doubted_is_doubted_too)
{
	struct raw_event ev;

	two_tasks();
	may_ask = true;
	gap(true);
	ev = clone_event(10, 11, 10, 1, 0);
	send_event(&ev);
	asked(0, 10, RING_ASK_FILES);
	read_by(11, 3);
	asked(1, 11, RING_ASK_FILES);
}

Test(enrich_asks, a_thread_is_asked_for_without_the_files_that_are_known_of_its_process)
{
	two_tasks();
	task(12, 10, 1, 0, "bash");
	may_ask = true;
	gap(true);
	read_by(12, 3);
	asked(0, 10, RING_ASK_FILES); /* its process first */
	task(10, 10, 1, 0, "bash");
	told(10, RING_ASK_FILES, false);
	read_by(12, 3);
	asked(1, 12, RING_ASK_TASK);
	task(12, 10, 1, 0, "bash");
	told(12, RING_ASK_TASK, false);
	read_by(12, 3);
	cr_assert(eq(uint, nasks, 2));
}

Test(enrich_asks, files_that_are_told_again_keep_the_name_that_they_were_opened_by)
{
	struct event_frame f;

	two_tasks();
	may_ask = true;
	open_file(10, 3, "/link/passwd", 1);
	open_file(10, 4, "/link/group", 1);
	open_file(10, 5, "/link/closed", 1);
	gap(true);
	read_by(10, 3);
	task(10, 10, 1, 0, "bash");
	told_file(10, 3, "/etc/passwd", 1234); /* the same */
	told_file(10, 4, "/etc/shadow", 99);   /* another one by now */
	told(10, RING_ASK_FILES, false);
	read_by(10, 3);
	f = last_event();
	cr_assert(own_file_is(&f, "/link/passwd"));
	read_by(10, 4);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/shadow"));
	read_by(10, 5);
	f = last_event();
	cr_assert(eq(i64, f.fd_file, -1));
}

Test(enrich_asks, who_is_found_gone_stays_for_its_last_events)
{
	two_tasks();
	may_ask = true;
	gap(true);
	read_by(10, 3);
	told(10, RING_ASK_FILES, true);
	enrich_sweep(en);
	clear();
	read_by(10, 3);
	cr_assert(ne(u64, last_event().process, 0));
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 0));
	now += UINT64_C(3000000000);
	read_by(1, 3);
	enrich_sweep(en);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1));
}

Test(enrich_asks, the_first_thread_that_is_found_gone_stays_for_those_that_live)
{
	two_tasks();
	task(12, 10, 1, 0, "bash");
	open_file(10, 3, "/etc/passwd", 1);
	may_ask = true;
	told(10, RING_ASK_FILES, true);
	now += UINT64_C(3000000000);
	read_by(1, 3);
	enrich_sweep(en);
	clear();
	read_by(12, 3);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 0));
	enrich_sweep(en);
	procexit(12);
	read_by(1, 3);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 2));
}

Test(enrich_asks, who_was_found_gone_and_is_told_of_stays)
{
	two_tasks();
	may_ask = true;
	told(10, RING_ASK_FILES, true);
	task(10, 10, 1, 0, "bash");
	now += UINT64_C(3000000000);
	read_by(1, 3);
	clear();
	enrich_sweep(en);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 0));
}

Test(enrich_asks, no_more_is_asked_than_may_wait_and_who_never_answers_is_forgotten)
{
	two_tasks();
	may_ask = true;
	for (unsigned i = 0; i < RING_ASKS + 8; i++)
		read_by(100 + i, 3);
	cr_assert(eq(uint, nasks, RING_ASKS));
	cr_assert(eq(u64, counts[ENRICHER_ASKS_PUT_OFF], 8));
	told(100, RING_ASK_FILES, true);
	read_by(100 + RING_ASKS, 3);
	asked(RING_ASKS, 100 + RING_ASKS, RING_ASK_FILES);
	now += UINT64_C(11000000000);
	read_by(101 + RING_ASKS, 3);
	cr_assert(eq(uint, nasks, RING_ASKS + 2));
	enrich_look_again(en); /* not all at once, where nobody needs them */
	cr_assert(le(uint, nasks, RING_ASKS + 2 + RING_ASKS / 2));
}

Test(enrich_asks, a_snapshot_answers_all_asks_and_nobody_is_asked_who_cannot_answer)
{
	two_tasks();
	read_by(77, 3);
	cr_assert(eq(uint, nasks, 0));
	may_ask = true;
	read_by(77, 3);
	cr_assert(eq(uint, nasks, 1));
	gap(true);
	two_tasks();
	read_by(10, 3);
	cr_assert(eq(uint, nasks, 1));
	read_by(77, 3); /* the snapshot had it not */
	cr_assert(eq(uint, nasks, 2));
}

Test(enrich_asks, a_socket_that_was_missed_is_asked_for_to_know_who_began_it)
{
	static const uint8_t tuple[] = { 2, 10, 0, 0, 2, 0, 80, 10, 0, 0, 1, 0, 90 };
	struct raw_event ev;
	struct event_frame f;

	two_tasks();
	may_ask = true;
	ev = read_event(10, 6);
	ev.has_kernel = ev.has_file = true;
	ev.file = (struct kernel_file){ .fd = 6, .mode = 0140777, .ino = 42, .sock_type = 1 };
	ev.file.tuple = span_of(tuple, sizeof(tuple));
	send_event(&ev);
	cr_assert(eq(uint, nasks, 1));
	asked(0, 10, 6);
	send_event(&ev);
	cr_assert(eq(uint, nasks, 1));
	add_socket(10, 6, FILE_IPV4, "\x0a\x00\x00\x01", 90, 80);
	told(10, 6, false);
	read_by(10, 6);
	f = last_event();
	cr_assert(eq(u16, f.files[f.fd_file].dport, 80));
}

/* A task whose program is the file INO, and that calls itself COMM. */
static void task_of_program(uint64_t ino, const char *comm, const char *args)
{
	struct task_frame f = { 0 };

	f.info.tid = f.info.vtid = f.info.pid = f.info.vpid = 10;
	f.info.ptid = 1;
	f.info.exe = span_str("prog");
	f.info.comm = span_str(comm);
	f.info.args = span_of(args, strlen(args) + 1);
	f.info.exe_ino = ino;
	f.info.cgroups = span_of("cpu=/\0", 6);
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
}

Test(enrich_asks, a_program_that_is_told_again_keeps_the_name_that_it_was_executed_by)
{
	two_tasks();
	task_of_program(7, "prog", "arg");
	clear();
	task_of_program(7, "sshd", "arg"); /* prctl(PR_SET_NAME) */
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 0));
	task_of_program(7, "sshd", "other");
	cr_assert(span_is(process(0).info.comm, "sshd"));
	clear();
	task_of_program(8, "cat", "other"); /* an execve that was lost */
	cr_assert(span_is(process(0).info.comm, "cat"));
}

Test(enrich_asks, what_was_dealt_with_makes_state_and_nothing_else)
{
	uint64_t before[ENRICHER_COUNTERS];
	struct gap_frame gap = { .count = 1 };
	struct event_frame f;

	two_tasks();
	memcpy(before, counts, sizeof(before));
	again = RING_FRAME_AGAIN;
	exec(10, "prog", "");
	open_file(10, 3, "/etc/shadow", 1);
	give(FRAME_GAP, wire_encode_gap(scratch, sizeof(scratch), &gap));
	cr_assert(eq(int, give(FRAME_RAW_EVENT, 0), -EPROTO));
	cr_assert(eq(uint, count_of(FRAME_EVENT), 0));
	cr_assert(eq(uint, count_of(FRAME_GAP), 0));
	cr_assert(count_of(FRAME_PROCESS) > 0);
	before[ENRICHER_STATE_OUT] = counts[ENRICHER_STATE_OUT];
	cr_assert(eq(int, memcmp(before, counts, sizeof(before)), 0), "it was counted before");
	again = 0;
	f = read_of(3);
	cr_assert(own_file_is(&f, "/etc/shadow"));
}
