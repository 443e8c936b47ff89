/* SPDX-License-Identifier: Apache-2.0
 *
 * The enricher's state as it is told to a reader that is new or was behind, and in raw form.
 */
#include "support/enrich_kit.h"

TestSuite(enrich_state, .init = setup, .fini = teardown);

static unsigned snapshot_frames[FRAME_TYPE_COUNT];

static int take_frame(void *ctx, uint16_t type, struct span payload)
{
	struct process_frame p;

	(void)ctx;
	snapshot_frames[type]++;
	if (type == FRAME_PROCESS) {
		cr_assert_eq(wire_decode_process(payload, &p), 0);
		cr_assert(eq(u64, p.base, 0));
		cr_assert(eq(u64, p.mask, PROCESS_ALL));
		cr_assert(lt(u64, 0, p.version)); /* 0 is no version, and refused */
	}
	return 0;
}

Test(enrich_state, a_snapshot_tells_all_state)
{
	struct user_frame root;
	static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\nbad line\nu:x:5:6::/h:/s\n"
				     "toor:x:0:0::/:/bin/sh\n",
			  group[] = "root:x:0:\n";

	two_tasks();
	enrich_host_users(en, span_str(passwd), span_str(group));
	cr_assert(eq(uint, count_of(FRAME_USER), 2));
	cr_assert(eq(uint, count_of(FRAME_GROUP), 1));
	cr_assert_eq(wire_decode_user(frame(FRAME_USER, 0), &root), 0);
	cr_assert(span_is(root.name, "root"), "the first of an id counts");
	cr_assert_eq(enrich_snapshot(en, UINT64_MAX, take_frame, NULL), 0);
	cr_assert(eq(uint, snapshot_frames[FRAME_SNAPSHOT_BEGIN], 1));
	cr_assert(eq(uint, snapshot_frames[FRAME_USER], 2));
	cr_assert(eq(uint, snapshot_frames[FRAME_GROUP], 1));
	cr_assert(eq(uint, snapshot_frames[FRAME_PROCESS], 2));
	cr_assert(eq(uint, snapshot_frames[FRAME_SNAPSHOT_END], 1));
}

/* A process that has ended, and whose parent does not know it yet, has no memory, and so no arguments. */
Test(enrich_state, who_has_ended_when_it_is_told_of_is_still_who_it_was)
{
	struct raw_event ev = event(EVENT_SYSCALL_EXECVE_19_X, 10);
	struct task_frame f = { .info = {
					.tid = 10, .pid = 10, .ptid = 1, .vtid = 10, .vpid = 10 } };
	struct event_frame read;
	struct process_frame p;

	two_tasks();
	set_int(&ev, "res", 0);
	set_text(&ev, "exe", "cat");
	set_bytes(&ev, "args", span_of("file\0", 5));
	set_int(&ev, "pid", 10);
	set_text(&ev, "comm", "cat");
	set_int(&ev, "exe_ino", 77);
	send_event(&ev);
	open_file(10, 3, "/etc/passwd", 1);
	clear();
	f.info.comm = span_str("cat");
	begin();
	task(1, 1, 0, 0, "init");
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
	end();
	for (unsigned i = 0; i < count_of(FRAME_PROCESS); i++) {
		p = process(i);
		cr_assert(eq(u64, p.mask & (PROCESS_BIT(args) | PROCESS_BIT(exe)), 0));
	}
	ev = event(EVENT_SYSCALL_READ_X, 10);
	set_int(&ev, "res", 5);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	read = last_event();
	cr_assert(own_file_is(&read, "/etc/passwd"));
}

/* ---- the state as a reader left it ---- */

static struct process_frame given[64];
static unsigned ntold;
static uint8_t told_texts[256][32];

static int keep_process(void *ctx, uint16_t type, struct span payload)
{
	struct process_frame *p = &given[ntold];

	(void)ctx;
	if (type != FRAME_PROCESS)
		return 0;
	cr_assert(lt(uint, ntold, ARRAY_LEN(given)));
	cr_assert_eq(wire_decode_process(payload, p), 0);
	cr_assert(lt(sz, p->info.comm.n, sizeof(told_texts[0])));
	memcpy(told_texts[ntold], p->info.comm.p, p->info.comm.n);
	p->info.comm.p = told_texts[ntold++];
	return 0;
}

/* What a reader that goes on at FROM is told of TID; NULL: nothing, and never of anybody twice. */
static const struct process_frame *told_of(uint64_t from, int64_t tid)
{
	const struct process_frame *found = NULL;

	ntold = 0;
	cr_assert_eq(enrich_snapshot(en, from, keep_process, NULL), 0);
	for (unsigned i = 0; i < ntold; i++) {
		if (given[i].info.tid != tid)
			continue;
		cr_assert_null(found);
		found = &given[i];
	}
	return found;
}

Test(enrich_state, a_reader_that_was_behind_is_told_how_it_was_there)
{
	struct raw_event child = clone_event(11, 0, 11, 10, 0),
			 later = clone_event(12, 0, 12, 10, 0);
	const struct process_frame *p;
	uint64_t version;

	two_tasks();
	send_event(&child);
	read_at = written_at;
	version = told_of(read_at, 11)->version;
	exec(11, "prog", "cpu=/");
	exec(11, "other", "cpu=/");
	procexit(11);
	later.ts_ns = now += 1000;
	send_event(&later);
	cr_assert_null(told_of(UINT64_MAX, 11), "it is gone now");
	cr_assert_not_null(told_of(UINT64_MAX, 12));
	p = told_of(read_at, 11);
	cr_assert_not_null(p);
	cr_assert(span_is(p->info.comm, "bash"));
	cr_assert(eq(u64, p->version, version));
	cr_assert_null(told_of(read_at, 12), "its beginning is still to be read");
	p = told_of(read_at, 10);
	cr_assert_not_null(p);
	cr_assert(span_is(p->info.comm, "bash"));
}

Test(enrich_state, each_frame_of_a_change_has_a_before)
{
	uint64_t at[3];

	two_tasks();
	exec(10, "first", "cpu=/");
	at[0] = written_at;
	exec(10, "second", "cpu=/");
	at[1] = written_at;
	exec(10, "third", "cpu=/");
	at[2] = written_at;
	cr_assert(span_is(told_of(at[0], 10)->info.comm, "first"));
	cr_assert(span_is(told_of(at[1], 10)->info.comm, "second"));
	cr_assert(span_is(told_of(at[2], 10)->info.comm, "third"));
	cr_assert(lt(u64, told_of(at[0], 10)->version, told_of(at[1], 10)->version));
}

static unsigned nnames;

static int keep_names(void *ctx, uint16_t type, struct span payload)
{
	struct address_frame f;

	(void)ctx;
	if (type != FRAME_ADDRESS)
		return 0;
	cr_assert_eq(wire_decode_address(payload, &f), 0);
	nnames = f.nnames;
	return 0;
}

/* How many names the one address has for a reader that goes on at FROM. */
static unsigned names_at(uint64_t from)
{
	nnames = 0;
	cr_assert_eq(enrich_snapshot(en, from, keep_names, NULL), 0);
	return nnames;
}

Test(enrich_state, a_reader_that_was_behind_is_told_the_names_of_an_address_there)
{
	static struct host_names names;
	struct span address = span_of("\4\12\0\0\1", 5), x = span_str("x"), y = span_str("y");
	uint64_t at[3];

	two_tasks();
	names = (struct host_names){ .n = 2, .name = { x, y } };
	enrich_want_names(en, &names);
	enrich_name(en, x, address);
	enrich_name(en, y, address);
	at[0] = written_at;
	enrich_name(en, x, SPAN_NONE);
	at[1] = written_at;
	enrich_name(en, y, SPAN_NONE);
	at[2] = written_at;
	cr_assert(eq(uint, names_at(UINT64_MAX), 0));
	cr_assert(eq(uint, names_at(at[0]), 2));
	cr_assert(eq(uint, names_at(at[1]), 1));
	cr_assert(eq(uint, names_at(at[2]), 0));
}

Test(enrich_state, what_was_read_of_is_let_go)
{
	struct raw_event child = clone_event(11, 0, 11, 10, 0),
			 next = clone_event(13, 0, 13, 10, 0);
	uint64_t behind;

	two_tasks();
	send_event(&child);
	behind = written_at;
	procexit(11);
	close_file(10, 3);
	cr_assert_not_null(told_of(behind, 11));
	read_at = written_at;
	next.ts_ns = now += 1000;
	send_event(&next);
	exec(13, "prog", "cpu=/");
	cr_assert_null(told_of(behind, 11));
	cr_assert(eq(u64, counts[ENRICHER_PAST_DROPPED], 0), "nobody misses it");
}

Test(enrich_state, who_reads_from_the_beginning_knows_everybody_and_believes_what_he_reads)
{
	struct raw_event child = clone_event(11, 0, 11, 10, 0);

	two_tasks();
	send_event(&child);
	exec(10, "prog", "cpu=/");
	procexit(11);
	close_file(10, 3);
	cr_assert_not_null(told_of(0, 11), "of another ring only its number is known");
	cr_assert(eq(u64, told_of(0, 11)->version, 1));
	cr_assert(eq(u64, told_of(0, 10)->version, 1));
	cr_assert(lt(u64, 1, process(0).version));
}

/* ---- the state in raw form ---- */

static struct {
	uint16_t type;
	uint8_t payload[4096];
	size_t len;
} raw[64];
static unsigned nraw;

static int keep_raw(void *ctx, uint16_t type, struct span payload)
{
	(void)ctx;
	cr_assert(lt(uint, nraw, ARRAY_LEN(raw)));
	cr_assert(le(sz, payload.n, sizeof(raw[0].payload)));
	raw[nraw].type = type;
	raw[nraw].len = payload.n;
	memcpy(raw[nraw++].payload, payload.p, payload.n);
	return 0;
}

/* The file that a read of FD by thread 10 has. */
Test(enrich_state, what_the_raw_snapshot_tells_makes_the_same_state_elsewhere)
{
	static const int64_t fds[] = { 3, 4, 5, 6 };
	struct event_frame before[ARRAY_LEN(fds)], after;
	struct process_frame is;

	begin();
	task(1, 1, 0, 0, "init");
	task(10, 10, 1, 0, "bash");
	add_socket(10, 5, FILE_IPV4_SERVER, "\x0a\x00\x00\x02", 0, 80);
	add_socket(10, 6, FILE_IPV4, "\x0a\x00\x00\x01", 80, 5000);  /* somebody came */
	add_socket(10, 4, FILE_IPV4, "\x0a\x00\x00\x01", 6000, 443); /* we went */
	end();
	open_file(10, 3, "/etc/passwd", 1);
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		before[i] = read_of(fds[i]);
	exec(10, "prog",
	     "cpu=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	cr_assert_eq(enrich_raw_snapshot(en, keep_raw, NULL), 0);

	enrich_free(en);
	make(256, false);
	memset(counts, 0, sizeof(counts));
	nout = 0; /* kept: BEFORE points there */
	for (unsigned i = 0; i < nraw; i++) {
		memcpy(scratch, raw[i].payload, raw[i].len);
		cr_assert(eq(int, give(raw[i].type, (ssize_t)raw[i].len), 0));
	}
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
		after = read_of(fds[i]);
		cr_assert(eq(i8, after.fd_file, before[i].fd_file));
		cr_assert(ge(i8, after.fd_file, 0));
		cr_assert(span_eq(after.files[after.fd_file].name,
				  before[i].files[after.fd_file].name),
			  "descriptor %d", (int)fds[i]);
		cr_assert(eq(u16, after.files[after.fd_file].flags,
			     before[i].files[after.fd_file].flags));
	}
	for (unsigned i = 0; i < count_of(FRAME_PROCESS); i++) {
		is = process(i);
		if (is.info.tid == 10 && is.mask == PROCESS_ALL)
			break;
	}
	cr_assert(eq(i64, is.info.tid, 10));
	cr_assert(span_is(is.info.exepath, "/usr/bin/prog"));
	cr_assert(span_is(is.info.comm, "prog"));
	cr_assert(span_is(is.info.container_id, "0123456789ab"));
	cr_assert(eq(i64, is.info.ptid, 1));
	cr_assert(span_is(is.info.cwd, "/home/user/"));
}

Test(enrich_state, a_snapshot_in_the_middle_of_one_from_upstream_tells_what_is_known)
{
	begin();
	give(FRAME_SNAPSHOT_BEGIN, wire_encode_empty(scratch, sizeof(scratch)));
	task(10, 10, 1, 0, "bash");
	cr_assert_eq(enrich_snapshot(en, UINT64_MAX, take_frame, NULL), 0);
	cr_assert(eq(uint, snapshot_frames[FRAME_PROCESS], 1));
}

Test(enrich_state, users_that_leave_the_file_are_told_gone)
{
	struct user_frame u;

	enrich_host_users(en, span_str("a:x:1:1::/:/s\nb:x:2:2::/:/s\n"), SPAN_NONE);
	clear();
	enrich_host_users(en, span_str("a:x:1:1::/:/s\n"), SPAN_NONE);
	cr_assert(eq(uint, count_of(FRAME_USER), 1));
	cr_assert_eq(wire_decode_user(frame(FRAME_USER, 0), &u), 0);
	cr_assert(u.gone);
	cr_assert(eq(u32, u.uid, 2));
}

Test(enrich_state, files_behind_other_descriptors_and_directories_come_along)
{
	struct raw_event ev = event(EVENT_SYSCALL_RENAMEAT2_X, 10);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/a", 0x400);
	open_file(10, 4, "/b", 0x400);
	set_int(&ev, "res", 0);
	set_int(&ev, "olddirfd", 3);
	set_text(&ev, "oldpath", "x");
	set_int(&ev, "newdirfd", 4);
	set_text(&ev, "newpath", "y");
	send_event(&ev);
	f = last_event();
	cr_assert(eq(u8, f.nfiles, 2));
	cr_assert(eq(i64, f.fd, FD_NONE));
	cr_assert(span_is(f.files[0].name, "/a"));
	cr_assert(span_is(f.files[1].name, "/b"));
}
