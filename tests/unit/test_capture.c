/* SPDX-License-Identifier: Apache-2.0
 *
 * What a match writes: the state as it was, the events around it, for so long and no
 * longer; and what happens when there is no file to be had.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "capture.h"
#include "scap_format.h"
#include "support/raw_kit.h"

enum { OWN_PID = 77, BEFORE_NS = 1000, FILES = 8, LIMIT = 4 << 20 };

/* Files as they were written. */
static struct {
	uint8_t bytes[LIMIT];
	size_t n;
	bool closed;
} files[FILES];
static unsigned nfiles;
static int open_error, write_error, close_error;

static struct capture *c;
static uint64_t counts[RECORDER_COUNTERS];
static uint8_t scratch[WIRE_MAX_PAYLOAD];
static struct mono now = { 5 * NS_PER_SEC };

static int open_file(void *ctx, const struct capture_frame *m)
{
	(void)ctx;
	(void)m;
	if (open_error == 0) {
		cr_assert(lt(uint, nfiles, FILES));
		cr_assert(nfiles == 0 || files[nfiles - 1].closed, "one at a time");
		nfiles++;
	}
	return open_error;
}

static int write_file(void *ctx, struct span bytes)
{
	(void)ctx;
	if (write_error < 0)
		return write_error;
	cr_assert(le(sz, bytes.n, LIMIT - files[nfiles - 1].n));
	memcpy(files[nfiles - 1].bytes + files[nfiles - 1].n, bytes.p, bytes.n);
	files[nfiles - 1].n += bytes.n;
	return 0;
}

static int close_file(void *ctx, uint64_t *ret_size)
{
	(void)ctx;
	files[nfiles - 1].closed = true;
	*ret_size = files[nfiles - 1].n;
	return close_error;
}

static void make(size_t history_bytes)
{
	struct capture_params p = { .files = { NULL, open_file, write_file, close_file },
				    .counts = counts,
				    .seed = 7,
				    .history_bytes = history_bytes,
				    .state_bytes = 1 << 20,
				    .before_ns = BEFORE_NS,
				    .threads = 1024,
				    .own_pid = OWN_PID };

	cr_assert(eq(int, capture_new(&p, &c), 0));
}

static void setup(void)
{
	make(1 << 20);
}

static void teardown(void)
{
	capture_end(c);
	capture_free(c);
	cr_assert(nfiles == 0 || files[nfiles - 1].closed);
}

TestSuite(capture, .init = setup, .fini = teardown);

/* ---- in ---- */

static void give(uint16_t type, ssize_t n)
{
	struct ring_frame f = { .type = type, .payload = span_of(scratch, (size_t)n) };

	cr_assert(ge(i64, n, 0));
	capture_frame(c, &f, 1);
}

static void mark(uint16_t type)
{
	give(type, wire_encode_empty(scratch, sizeof(scratch)));
}

static void task(int64_t tid, const char *comm)
{
	struct task_frame f = { .start_ns = 1 };

	f.info.tid = f.info.pid = f.info.vtid = f.info.vpid = tid;
	f.info.ptid = 1;
	f.info.comm = f.info.exe = span_str(comm);
	f.info.cwd = span_str("/");
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
}

static void snapshot(void)
{
	mark(FRAME_SNAPSHOT_BEGIN);
	task(1, "init");
	task(10, "bash");
	task(OWN_PID, "recorder");
	mark(FRAME_SNAPSHOT_END);
}

/* Event NUM, NUM hundred ns after the beginning of time. */
static uint64_t time_of(uint64_t num)
{
	return 100000 + num * 100;
}

static void open_event(uint64_t num, int64_t tid, int64_t fd, const char *name)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_OPENAT_2_X, tid);

	ev.num = num;
	ev.ts_ns = time_of(num);
	ev.pid = tid;
	set_int(&ev, "fd", fd);
	set_int(&ev, "dirfd", -100);
	set_text(&ev, "name", name);
	set_int(&ev, "flags", 1);
	give(FRAME_RAW_EVENT, wire_encode_raw_event(scratch, sizeof(scratch), &ev));
}

static void events(uint64_t from, uint64_t to)
{
	for (uint64_t num = from; num <= to; num++)
		open_event(num, 10, 4, "/tmp/x");
}

static void match(uint64_t num, uint64_t duration_ns)
{
	struct capture_frame m = { time_of(num), num, 10, duration_ns, span_str("rule") };

	capture_match(c, &m, now);
}

static void pass(uint64_t ns)
{
	now.ns += ns;
	capture_step(c, now);
}

/* A file that has all is closed when the evaluator has had its time. */
static void wait_for_close(void)
{
	pass(0);
	pass(CAPTURE_GRACE_NS);
}

/* ---- out ---- */

/* The numbers of the events in file I, by their times. */
static const char *events_of(unsigned i)
{
	static char text[4096];
	size_t at = 0, n = 0;

	text[0] = '\0';
	while (at < files[i].n) {
		uint32_t type, total;
		uint64_t ts;

		memcpy(&type, files[i].bytes + at, 4);
		memcpy(&total, files[i].bytes + at + 4, 4);
		cr_assert(le(sz, total, files[i].n - at));
		if (type == SCAP_BLOCK_EVENT) {
			memcpy(&ts, files[i].bytes + at + 10, 8);
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lu", n > 0 ? " " : "",
					      (unsigned long)(ts - 100000) / 100);
		}
		at += total;
	}
	cr_assert(eq(sz, at, files[i].n), "blocks are whole");
	return text;
}

static bool has(unsigned i, const char *text)
{
	return memmem(files[i].bytes, files[i].n, text, strlen(text)) != NULL;
}

#define EVENTS_ARE(i, want) cr_assert(eq(str, (char *)events_of(i), (char *)(want)))
#define COUNT_IS(what, n)   cr_assert(eq(u64, counts[RECORDER_##what], n))

/* ---- tests ---- */

Test(capture, a_match_writes_what_was_before_it_and_goes_on_for_its_time)
{
	snapshot();
	events(1, 30);
	match(20, 1500);
	EVENTS_ARE(0, "10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30");
	events(31, 40);
	wait_for_close();
	cr_assert(files[0].closed);
	EVENTS_ARE(0,
		   "10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35");
	COUNT_IS(FILES, 1);
	COUNT_IS(IN, 40);
	COUNT_IS(WRITTEN, 26);
	COUNT_IS(LATE, 0);
	COUNT_IS(BYTES, files[0].n);
}

Test(capture, the_state_is_that_before_the_files_first_event)
{
	snapshot();
	open_event(1, 10, 3, "/etc/earlier");
	events(2, 30);
	open_event(31, 10, 5, "/etc/later");
	match(30, 1000);
	cr_assert(has(0, "bash"));
	cr_assert(has(0, "/etc/earlier"), "its event is not in the file, so the state must tell");
	EVENTS_ARE(0, "20 21 22 23 24 25 26 27 28 29 30 31");
}

Test(capture, an_event_that_comes_after_its_match_is_in_the_file)
{
	snapshot();
	events(1, 3);
	match(5, 200);
	events(4, 9);
	wait_for_close();
	EVENTS_ARE(0, "1 2 3 4 5 6 7");
	COUNT_IS(LATE, 0);
}

Test(capture, a_match_meanwhile_makes_the_file_go_on)
{
	snapshot();
	events(1, 10);
	match(5, 1000);
	match(12, 1000);
	events(11, 30);
	wait_for_close();
	cr_assert(eq(uint, nfiles, 1));
	EVENTS_ARE(0, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22");
	COUNT_IS(EXTENDED, 1);
}

Test(capture, a_late_match_finds_the_file_not_yet_closed)
{
	snapshot();
	events(1, 40);
	match(10, 1000);
	pass(0);
	pass(CAPTURE_GRACE_NS / 2);
	match(19, 1000);
	wait_for_close();
	cr_assert(eq(uint, nfiles, 1));
	COUNT_IS(EXTENDED, 1);
	cr_assert(strstr(events_of(0), "29") != NULL);
	cr_assert(strstr(events_of(0), "30") == NULL);
}

Test(capture, a_match_behind_the_files_time_begins_another)
{
	snapshot();
	events(1, 40);
	match(5, 500);
	match(30, 500);
	wait_for_close();
	cr_assert(eq(uint, nfiles, 2));
	EVENTS_ARE(0, "1 2 3 4 5 6 7 8 9 10");
	EVENTS_ARE(1, "20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35");
}

Test(capture, where_no_events_come_the_clock_ends_it)
{
	snapshot();
	events(1, 3);
	match(3, NS_PER_SEC);
	pass(NS_PER_SEC / 2);
	pass(CAPTURE_GRACE_NS);
	cr_assert_not(files[0].closed);
	pass(NS_PER_SEC);
	pass(CAPTURE_GRACE_NS);
	cr_assert(files[0].closed);
	EVENTS_ARE(0, "1 2 3");
}

Test(capture, a_match_whose_event_has_left_the_history_is_counted)
{
	snapshot();
	events(1, 20000);
	match(2, NS_PER_SEC);
	COUNT_IS(LATE, 1);
	COUNT_IS(FILES, 1);
	cr_assert(has(0, "bash"), "what is still there is written all the same");
}

Test(capture, a_file_at_its_end_does_not_keep_the_history_from_going_on)
{
	snapshot();
	events(1, 10);
	match(5, 500);
	events(11, 20000);
	cr_assert(files[0].closed);
	EVENTS_ARE(0, "1 2 3 4 5 6 7 8 9 10");
	COUNT_IS(IN, 20000);
	COUNT_IS(FAILED, 0);
}

Test(capture, a_file_that_goes_on_loses_nothing_when_the_history_turns_over)
{
	snapshot();
	events(1, 10);
	match(5, 20000 * 100);
	events(11, 20100);
	wait_for_close();
	COUNT_IS(WRITTEN, 20005);
}

Test(capture, what_its_own_process_does_is_neither_match_nor_event)
{
	struct capture_frame own = { time_of(2), 2, OWN_PID, 1000, span_str("rule") };

	snapshot();
	events(1, 2);
	open_event(3, OWN_PID, 9, "/tmp/file.scap");
	capture_match(c, &own, now);
	cr_assert(eq(uint, nfiles, 0));
	COUNT_IS(OWN, 1);
	match(2, 1000);
	EVENTS_ARE(0, "1 2");
}

Test(capture, the_same_match_again_is_no_second_file)
{
	snapshot();
	events(1, 40);
	match(5, 100);
	wait_for_close();
	match(5, 100);
	cr_assert(eq(uint, nfiles, 1));
	COUNT_IS(ASKED, 2);
}

Test(capture, a_file_that_cannot_be_opened_is_counted_and_tried_again_after_a_second)
{
	snapshot();
	events(1, 40);
	open_error = -ENOENT;
	match(5, 100);
	COUNT_IS(FAILED, 1);
	open_error = 0;
	match(6, 100);
	COUNT_IS(FAILED, 2);
	cr_assert(eq(uint, nfiles, 0));
	pass(CAPTURE_HOLD_NS);
	match(7, 100);
	cr_assert(eq(uint, nfiles, 1));
	COUNT_IS(FILES, 1);
}

Test(capture, a_disk_that_is_full_ends_the_file_and_nothing_else)
{
	snapshot();
	events(1, 10);
	match(5, 10000);
	write_error = -ENOSPC;
	events(11, 20);
	pass(0);
	cr_assert(files[0].closed);
	COUNT_IS(FAILED, 1);
	COUNT_IS(LIMITED, 0);
	write_error = 0;
	pass(CAPTURE_HOLD_NS);
	match(21, 1000);
	cr_assert(eq(uint, nfiles, 2));
}

Test(capture, a_disk_that_is_full_at_the_very_state_is_no_file)
{
	snapshot();
	events(1, 10);
	write_error = -ENOSPC;
	match(5, 10000);
	cr_assert(files[0].closed);
	COUNT_IS(FAILED, 1);
}

Test(capture, what_the_close_says_counts_too)
{
	snapshot();
	events(1, 40);
	close_error = -EIO;
	match(5, 100);
	wait_for_close();
	COUNT_IS(FAILED, 1);
}

Test(capture, a_file_at_its_largest_size_ends_and_is_counted_apart)
{
	snapshot();
	events(1, 10);
	match(5, 10000);
	write_error = -EFBIG;
	events(11, 20);
	pass(0);
	cr_assert(files[0].closed);
	COUNT_IS(LIMITED, 1);
	COUNT_IS(LIMITED_BYTES, files[0].n);
	COUNT_IS(FAILED, 0);
	write_error = 0;
	match(15, 1000);
	cr_assert(eq(uint, nfiles, 2), "the next match has a file at once");
}

Test(capture, a_snapshot_meanwhile_is_a_new_section)
{
	snapshot();
	events(1, 10);
	match(5, 10000);
	mark(FRAME_SNAPSHOT_BEGIN);
	task(1, "init");
	task(10, "reborn");
	mark(FRAME_SNAPSHOT_END);
	events(11, 12);
	pass(0);
	cr_assert(has(0, "reborn"));
	EVENTS_ARE(0, "1 2 3 4 5 6 7 8 9 10 11 12");
}

Test(capture, nonsense_is_counted_and_passed_over)
{
	snapshot();
	memset(scratch, 0xff, 64);
	give(FRAME_RAW_EVENT, 64);
	give(FRAME_TASK, 64);
	give(FRAME_ALERT, 64);
	events(1, 10);
	match(5, 100);
	wait_for_close();
	EVENTS_ARE(0, "1 2 3 4 5 6");
	COUNT_IS(REFUSED, 3);
}

Test(capture, without_any_state_there_is_a_file_all_the_same)
{
	events(1, 10);
	match(5, 100);
	wait_for_close();
	EVENTS_ARE(0, "1 2 3 4 5 6");
}
