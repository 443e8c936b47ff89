/* SPDX-License-Identifier: Apache-2.0
 *
 * The enricher's core from frame to frame: what goes in is what ring raw would
 * bring, what comes out is decoded and kept in a mirror, as a reader would.
 */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "enrich.h"
#include "netaddr.h"
#include "support/raw_kit.h"

enum { MAX_OUT = 4096, MAX_ENTRIES = 64 };

/* What came out since the last clear. */
static struct {
	uint16_t type;
	uint8_t *payload;
	size_t len;
} out[MAX_OUT];
static unsigned nout;
static uint8_t room[WIRE_MAX_PAYLOAD], scratch[WIRE_MAX_PAYLOAD];
static bool sink_full;
static uint64_t counts[ENRICHER_COUNTERS];
static struct enrich *en;
static uint64_t written_at, read_at; /* of what went out, and came to its reader, in frames */
static uint16_t again;		     /* flags of what is given */
static uint64_t seq, now = UINT64_C(1700000000000000000);

static uint8_t *reserve(void *ctx, size_t cap)
{
	(void)ctx;
	return sink_full || cap > sizeof(room) ? NULL : room;
}

static void submit(void *ctx, uint16_t type, size_t len)
{
	(void)ctx;
	cr_assert(lt(uint, nout, MAX_OUT));
	out[nout].type = type;
	out[nout].payload = malloc(len + 1);
	memcpy(out[nout].payload, room, len);
	out[nout++].len = len;
	written_at++;
}

static uint64_t written(void *ctx)
{
	(void)ctx;
	return written_at;
}

static uint64_t read_by_now(void *ctx)
{
	(void)ctx;
	return read_at;
}

static void abandon(void *ctx)
{
	(void)ctx;
	cr_assert(false, "a frame was given up");
}

static void clear(void)
{
	while (nout > 0)
		free(out[--nout].payload);
}

/* What was asked for, if it may be. */
static struct ring_ask asks[256];
static unsigned nasks;
static bool may_ask;

static bool read_again(void *ctx, const struct ring_ask *ask)
{
	(void)ctx;
	if (!may_ask)
		return false;
	cr_assert(lt(uint, nasks, ARRAY_LEN(asks)));
	asks[nasks++] = *ask;
	return true;
}

static void make(uint32_t threads)
{
	struct enrich_params p = { .sink = { NULL, reserve, submit, abandon },
				   .read_again = read_again,
				   .written = written,
				   .read = read_by_now,
				   .counts = counts,
				   .seed = 7,
				   .threads = threads,
				   .users = 64,
				   .containers = 4 };

	cr_assert_eq(enrich_new(&p, &en), 0);
}

static void setup(void)
{
	make(256);
}

static void teardown(void)
{
	cr_assert_eq(counts[ENRICHER_IN],
		     counts[ENRICHER_OUT] + counts[ENRICHER_FOLDED] + counts[ENRICHER_REFUSED]);
	enrich_free(en);
	clear();
}

TestSuite(enrich, .init = setup, .fini = teardown);

/* ---- in ---- */

static int give(uint16_t type, ssize_t len)
{
	struct ring_frame f = {
		.type = type, .flags = again, .seq = ++seq, .payload = span_of(scratch, 0)
	};

	cr_assert(ge(i64, len, 0));
	f.payload.n = (size_t)len;
	return enrich_frame(en, &f, 99);
}

static struct raw_event event(unsigned code, int64_t tid)
{
	struct raw_event ev = raw_event(code, tid);

	ev.ts_ns = now += 1000;
	return ev;
}

static int send_event(const struct raw_event *ev)
{
	return give(FRAME_RAW_EVENT, wire_encode_raw_event(scratch, sizeof(scratch), ev));
}

static void task(int64_t tid, int64_t pid, int64_t ptid, uint64_t start_ns, const char *comm)
{
	struct task_frame f = { .start_ns = start_ns };

	f.info.tid = f.info.vtid = tid;
	f.info.pid = f.info.vpid = pid;
	f.info.ptid = ptid;
	f.info.comm = f.info.exe = span_str(comm);
	f.info.cwd = span_str("/home/user");
	f.info.cgroups = span_of("cpu=/\0", 6);
	give(FRAME_TASK, wire_encode_task(scratch, sizeof(scratch), &f));
}

static void begin(void)
{
	give(FRAME_SNAPSHOT_BEGIN, wire_encode_empty(scratch, sizeof(scratch)));
}

static void end(void)
{
	give(FRAME_SNAPSHOT_END, wire_encode_empty(scratch, sizeof(scratch)));
}

/* init and a shell, 1 and 10. */
static void two_tasks(void)
{
	begin();
	task(10, 10, 1, 0, "bash");
	task(1, 1, 0, 0, "init");
	end();
	clear();
}

static int64_t open_file(int64_t tid, int64_t fd, const char *name, int64_t flags)
{
	struct raw_event ev = event(EVENT_SYSCALL_OPENAT_2_X, tid);

	set_int(&ev, "fd", fd);
	set_int(&ev, "dirfd", -100);
	set_text(&ev, "name", name);
	set_int(&ev, "flags", flags);
	set_int(&ev, "dev", 0x10);
	set_int(&ev, "ino", 1234);
	send_event(&ev);
	return fd;
}

static void close_file(int64_t tid, int64_t fd)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLOSE_X, tid);

	set_int(&ev, "res", 0);
	set_int(&ev, "fd", fd);
	send_event(&ev);
}

static struct raw_event clone_event(int64_t tid, int64_t res, int64_t pid, int64_t ptid,
				    int64_t flags)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLONE_20_X, tid);

	set_int(&ev, "res", res);
	set_text(&ev, "exe", "bash");
	set_bytes(&ev, "args", span_of("-c\0x\0", 5));
	set_int(&ev, "tid", tid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", ptid);
	set_text(&ev, "comm", "bash");
	set_bytes(&ev, "cgroups", span_of("cpu=/\0", 6));
	set_int(&ev, "flags", flags);
	set_int(&ev, "uid", 1000);
	set_int(&ev, "gid", 1000);
	set_int(&ev, "vtid", tid);
	set_int(&ev, "vpid", pid);
	set_int(&ev, "fdlimit", 1024);
	return ev;
}

static void exec(int64_t tid, const char *exe, const char *cgroups)
{
	struct raw_event ev = event(EVENT_SYSCALL_EXECVE_19_X, tid);

	set_int(&ev, "res", 0);
	set_text(&ev, "exe", exe);
	set_bytes(&ev, "args", span_of("arg\0", 4));
	set_int(&ev, "tid", tid);
	set_int(&ev, "pid", tid);
	set_text(&ev, "comm", exe);
	set_text(&ev, "trusted_exepath", "/usr/bin/prog");
	set_text(&ev, "cgroups", cgroups);
	set_int(&ev, "uid", 0);
	set_int(&ev, "gid", 0);
	send_event(&ev);
}

static void procexit(int64_t tid)
{
	struct raw_event ev = event(EVENT_PROCEXIT_1_E, tid);

	set_int(&ev, "status", 0);
	set_int(&ev, "reaper_tid", 0);
	send_event(&ev);
}

/* ---- out ---- */

static unsigned count_of(uint16_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nout; i++)
		n += out[i].type == type;
	return n;
}

/* The Nth frame of TYPE. */
static struct span frame(uint16_t type, unsigned n)
{
	for (unsigned i = 0; i < nout; i++)
		if (out[i].type == type && n-- == 0)
			return span_of(out[i].payload, out[i].len);
	cr_assert(false, "no such frame of type %u", type);
	return SPAN_NONE;
}

static struct event_frame last_event(void)
{
	struct event_frame f;

	cr_assert_eq(wire_decode_event(frame(FRAME_EVENT, count_of(FRAME_EVENT) - 1), &f), 0);
	return f;
}

static struct process_frame process(unsigned n)
{
	struct process_frame f;

	cr_assert_eq(wire_decode_process(frame(FRAME_PROCESS, n), &f), 0);
	return f;
}

static bool own_file_is(const struct event_frame *f, const char *name)
{
	return f->fd_file >= 0 && span_is(f->files[f->fd_file].name, name);
}

/* ---- tests ---- */

Test(enrich, an_open_is_seen_by_its_event_and_by_those_after_it)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 10);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "../etc//passwd", 1);
	f = last_event();
	cr_assert(eq(i64, f.fd, 3));
	cr_assert(own_file_is(&f, "/home/etc/passwd"));
	cr_assert(span_is(f.files[f.fd_file].name_raw, "../etc//passwd"));
	cr_assert(eq(u64, f.files[f.fd_file].ino, 1234));
	cr_assert(eq(u64, f.origin_generation, 99));
	cr_assert(eq(u64, f.origin_seq, seq));

	set_int(&ev, "res", 5);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/home/etc/passwd"));
}

Test(enrich, a_failed_open_leaves_nothing)
{
	struct event_frame f;

	two_tasks();
	open_file(10, -2, "/etc/none", 1);
	f = last_event();
	cr_assert(eq(i64, f.fd, -1));
	cr_assert(eq(i8, f.fd_file, -1));
}

Test(enrich, a_close_still_sees_the_file_and_the_next_event_does_not)
{
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/etc/passwd", 1);
	close_file(10, 3);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/passwd"));
	close_file(10, 3);
	f = last_event();
	cr_assert(eq(i64, f.fd, 3));
	cr_assert(eq(i8, f.fd_file, -1));
}

Test(enrich, what_the_enter_event_saw_wins_over_the_exit)
{
	struct raw_event enter = event(EVENT_SYSCALL_OPENAT_2_E, 10);
	struct event_frame f;

	two_tasks();
	set_int(&enter, "dirfd", -100);
	set_text(&enter, "name", "/etc/shadow");
	set_int(&enter, "flags", 2);
	send_event(&enter);
	cr_assert(eq(uint, count_of(FRAME_EVENT), 0));
	open_file(10, 3, "/tmp/harmless", 0x4001);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/shadow"));
	cr_assert(eq(u32, f.files[f.fd_file].open_flags, 0x4002));
	open_file(10, 4, "/tmp/next", 1);
	f = last_event();
	cr_assert(own_file_is(&f, "/tmp/next"), "an enter event is good for one exit");
}

Test(enrich, a_child_inherits_files_directory_and_only_differences_are_sent)
{
	struct raw_event child = clone_event(11, 0, 11, 10, 0);
	struct process_frame p;
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/etc/passwd", 1);
	clear();
	send_event(&child);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
	p = process(0);
	f = last_event();
	cr_assert(eq(u64, p.key, f.process));
	cr_assert(eq(u64, p.version, f.version));
	cr_assert(ne(u64, p.base, 0));
	cr_assert(eq(u64, p.mask & PROCESS_BIT(cwd), 0), "as the parent's");
	cr_assert(ne(u64, p.mask & PROCESS_BIT(tid), 0));
	cr_assert(eq(i64, p.info.ptid, 10));
	close_file(11, 3);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/passwd"));
	cr_assert_neq(f.files[f.fd_file].flags & FILE_CLONED, 0);
}

Test(enrich, a_child_whose_arguments_cannot_be_read_has_its_parents)
{
	struct raw_event child = clone_event(11, 0, 11, 10, 0);
	struct process_frame p;

	two_tasks();
	set_text(&child, "exe", "");
	set_bytes(&child, "args", SPAN_NONE);
	child.has_kernel = true;
	send_event(&child);
	p = process(0);
	cr_assert(ne(u64, p.base, 0));
	cr_assert(eq(u64, p.mask & (PROCESS_BIT(exe) | PROCESS_BIT(args)), 0));
	cr_assert(ne(u64, p.mask & PROCESS_BIT(tid), 0));
}

Test(enrich, the_callers_side_makes_the_child_once)
{
	struct raw_event caller = clone_event(10, 11, 10, 1, 0),
			 child = clone_event(11, 0, 11, 10, 0);
	uint64_t key;

	two_tasks();
	send_event(&caller);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
	key = process(0).key;
	child.ts_ns = now;
	send_event(&child);
	cr_assert(eq(u64, last_event().process, key));
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
}

Test(enrich, a_number_taken_again_is_another_process)
{
	struct raw_event caller = clone_event(10, 11, 10, 1, 0);
	uint64_t key;

	two_tasks();
	send_event(&caller);
	key = process(0).key;
	caller.ts_ns += UINT64_C(60000000000);
	send_event(&caller);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1));
	cr_assert(lt(u64, key, process(1).key));
}

Test(enrich, a_number_in_another_pid_namespace_makes_no_child)
{
	struct raw_event caller = clone_event(10, 2, 10, 1, 0x20000000);

	two_tasks();
	send_event(&caller);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 0));
}

Test(enrich, an_execve_changes_the_entry_and_finds_the_container)
{
	static const char path[] =
		"cpu=/docker/3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d";
	struct container_frame c;
	struct process_frame p;

	two_tasks();
	open_file(10, 3, "/etc/keep", 1);
	open_file(10, 4, "/etc/drop", 0x1001);
	clear();
	exec(10, "prog", path);
	p = process(0);
	cr_assert(eq(u64, p.base, p.key));
	cr_assert(span_is(p.info.comm, "prog"));
	cr_assert(span_is(p.info.exepath, "/usr/bin/prog"));
	cr_assert(span_is(p.info.container_id, "3f5ae0a1b2c3"));
	cr_assert(eq(u64, p.mask & PROCESS_BIT(cwd), 0));
	cr_assert_eq(wire_decode_container(frame(FRAME_CONTAINER, 0), &c), 0);
	cr_assert(span_is(c.id, "3f5ae0a1b2c3"));
	cr_assert_eq(out[0].type, FRAME_CONTAINER, "before the process that is in it");
	close_file(10, 3);
	cr_assert(eq(i8, last_event().fd_file, 0));
	close_file(10, 4);
	cr_assert(eq(i8, last_event().fd_file, -1));
}

Test(enrich, the_end_is_told_behind_the_exit_event)
{
	two_tasks();
	procexit(10);
	cr_assert(ne(u64, last_event().process, 0));
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 0));
	open_file(1, 3, "/x", 1);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1));
	cr_assert_eq(out[2].type, FRAME_PROCESS_GONE);
}

Test(enrich, an_unknown_thread_gets_a_placeholder)
{
	struct process_frame p;

	two_tasks();
	open_file(4711, 3, "/etc/passwd", 1);
	p = process(0);
	cr_assert(eq(i64, p.info.pid, -1));
	cr_assert(span_is(p.info.comm, "<NA>"));
	cr_assert(eq(u64, p.base, 0));
	cr_assert(eq(u64, counts[ENRICHER_PROCESS_MISSES], 1));
}

Test(enrich, the_first_event_that_is_no_meta_event_begins_time)
{
	struct host_frame host = { .boot_ts_ns = 5 }, told;
	struct raw_event user = event(EVENT_USER_ADDED_E, -1);
	uint64_t first;

	give(FRAME_HOST, wire_encode_host(scratch, sizeof(scratch), &host));
	send_event(&user);
	cr_assert(eq(uint, count_of(FRAME_HOST), 1));
	open_file(4711, 3, "/etc/passwd", 1);
	first = now;
	open_file(4711, 4, "/etc/passwd", 1);
	cr_assert(eq(uint, count_of(FRAME_HOST), 2));
	clear();
	give(FRAME_HOST, wire_encode_host(scratch, sizeof(scratch), &host));
	cr_assert(eq(int, wire_decode_host(span_of(out[0].payload, out[0].len), &told), 0));
	cr_assert(eq(u64, told.first_event_ns, first));
	cr_assert(eq(u64, told.boot_ts_ns, 5));
}

static const uint8_t udp_tuple[] = { 2, 10, 0, 0, 1, 0x39, 0x30, 10, 0, 0, 2, 0x35, 0 };

Test(enrich, a_datagram_names_its_socket_and_guesses_who_serves)
{
	struct raw_event s = event(EVENT_SOCKET_SOCKET_X, 10),
			 to = event(EVENT_SOCKET_SENDTO_X, 10);
	struct event_frame f;

	two_tasks();
	set_int(&s, "fd", 5);
	set_int(&s, "domain", 2);
	set_int(&s, "type", 2);
	set_int(&s, "proto", 0);
	send_event(&s);
	f = last_event();
	cr_assert(eq(u8, f.files[0].l4proto, L4_UDP));
	cr_assert(own_file_is(&f, ""));
	set_int(&to, "res", 10);
	set_int(&to, "fd", 5);
	set_bytes(&to, "tuple", span_of(udp_tuple, sizeof(udp_tuple)));
	send_event(&to);
	f = last_event();
	cr_assert(own_file_is(&f, "10.0.0.1:12345->10.0.0.2:53"));
	cr_assert_neq(f.files[0].flags & FILE_ROLE_CLIENT, 0);
	cr_assert_neq(f.files[0].flags & FILE_NAME_CHANGED, 0);
	cr_assert(eq(u16, f.files[0].dport, 53));
}

Test(enrich, an_accepted_connection_is_a_servers)
{
	struct raw_event a = event(EVENT_SOCKET_ACCEPT4_6_X, 10);
	struct event_frame f;

	two_tasks();
	set_int(&a, "fd", 6);
	set_bytes(&a, "tuple", span_of(udp_tuple, sizeof(udp_tuple)));
	send_event(&a);
	f = last_event();
	cr_assert(own_file_is(&f, "10.0.0.1:12345->10.0.0.2:53"));
	cr_assert(eq(u8, f.files[0].l4proto, L4_TCP));
	cr_assert_neq(f.files[0].flags & FILE_ROLE_SERVER, 0);
}

Test(enrich, the_kernel_puts_a_descriptor_right_that_was_missed)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 10);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/etc/old", 1);
	ev.has_kernel = ev.has_file = true;
	ev.start_ns = 5;
	ev.file = (struct kernel_file){
		.fd = 3, .mode = 0100644, .dev = 0x10, .ino = 99, .path = span_str("/etc/new")
	};
	set_int(&ev, "res", 1);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/new"));
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 1));
	send_event(&ev);
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 1), "right now");
}

Test(enrich, a_socket_that_was_missed_is_known_when_it_connects)
{
	struct raw_event ev = event(EVENT_SOCKET_CONNECT_X, 10);
	struct event_frame f;

	two_tasks();
	ev.has_kernel = ev.has_file = true;
	ev.start_ns = 5;
	ev.file = (struct kernel_file){
		.fd = 6, .mode = 0140777, .ino = 5, .sock_type = 1, .sock_proto = 6
	};
	set_int(&ev, "res", 0);
	set_int(&ev, "fd", 6);
	set_bytes(&ev, "tuple", span_of(udp_tuple, sizeof(udp_tuple)));
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "10.0.0.1:12345->10.0.0.2:53"));
	cr_assert(eq(u8, f.files[0].type, FILE_IPV4));
	cr_assert(eq(u8, f.files[0].l4proto, L4_TCP));
	cr_assert_neq(f.files[0].flags & FILE_ROLE_CLIENT, 0);
}

/* Of one that connects to nobody, too: as if its making had been told. */
Test(enrich, what_a_socket_is_that_was_missed_says_its_family)
{
	static const struct {
		uint16_t family;
		uint8_t type, proto, is, l4;
	} rows[] = {
		{ 1, 1, 0, FILE_UNIX, L4_UNKNOWN },	{ 2, 1, 6, FILE_IPV4, L4_TCP },
		{ 10, 1, 6, FILE_IPV6, L4_TCP },	{ 10, 2, 17, FILE_IPV6, L4_UDP },
		{ 16, 3, 0, FILE_NETLINK, L4_UNKNOWN }, { 17, 3, 0, FILE_UNKNOWN, L4_UNKNOWN },
	};

	two_tasks();
	may_ask = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct raw_event ev = event(EVENT_SOCKET_CONNECT_X, 10);
		struct event_frame f;

		ev.has_kernel = ev.has_file = true;
		ev.start_ns = 5;
		ev.file = (struct kernel_file){ .fd = 6,
						.mode = 0140777,
						.ino = 5 + i,
						.sock_family = rows[i].family,
						.sock_type = rows[i].type,
						.sock_proto = rows[i].proto };
		set_int(&ev, "res", (uint64_t)-ECONNREFUSED);
		set_int(&ev, "fd", 6);
		set_bytes(&ev, "tuple", SPAN_NONE);
		send_event(&ev);
		f = last_event();
		cr_assert(eq(u8, f.files[0].type, rows[i].is), "family %u", rows[i].family);
		cr_assert(eq(u8, f.files[0].l4proto, rows[i].l4), "family %u", rows[i].family);
		cr_assert(eq(sz, f.files[0].name.n, 0), "family %u", rows[i].family);
	}
	cr_assert(eq(uint, nasks, 0), "nobody else would know more");
}

/* An event by the kernel's account: what is open at FD is PATH, of inode INO. */
static struct raw_event fd_event(unsigned code, int64_t fd, const char *path, uint64_t ino)
{
	struct raw_event ev = event(code, 10);

	ev.has_kernel = ev.has_file = true;
	ev.start_ns = 5;
	ev.file = (struct kernel_file){
		.fd = fd, .mode = 0100644, .dev = 0x10, .ino = ino, .path = span_str(path)
	};
	return ev;
}

Test(enrich, a_directory_that_was_replaced_unseen_is_what_the_kernel_says)
{
	struct raw_event ev;
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/tmp/decoy", 1);
	ev = fd_event(EVENT_SYSCALL_OPENAT_2_X, 4, "/etc/shadow", 77);
	ev.nmore = 1;
	ev.more[0] = (struct kernel_file){
		.fd = 3, .mode = 0040755, .dev = 0x10, .ino = 2, .path = span_str("/etc")
	};
	set_int(&ev, "fd", 4);
	set_int(&ev, "dirfd", 3);
	set_text(&ev, "name", "shadow");
	set_int(&ev, "dev", 0x10);
	set_int(&ev, "ino", 77);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/shadow"));
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 1));
}

Test(enrich, a_bad_descriptor_is_forgotten)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 10);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/etc/old", 1);
	set_int(&ev, "res", -EBADF);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/old"), "a capture tells of each close");
	ev.has_kernel = true;
	ev.start_ns = 5;
	send_event(&ev);
	f = last_event();
	cr_assert(eq(int, f.fd_file, -1));
}

/* Its end was not told, but that one of its own is not open for reading is no end. */
Test(enrich, a_descriptor_of_the_wrong_kind_is_not_forgotten)
{
	struct raw_event ev = fd_event(EVENT_SYSCALL_READ_X, 3, "/etc/old", 1234);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/etc/old", 2);
	set_int(&ev, "res", -EBADF);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/old"));
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 0));
}

/* All of them are the same inode to the kernel. */
Test(enrich, descriptors_without_a_file_are_told_apart_by_their_names)
{
	struct raw_event made = event(EVENT_SYSCALL_EVENTFD2_X, 10), ev;
	struct event_frame f;

	two_tasks();
	set_int(&made, "res", 5);
	send_event(&made);
	ev = fd_event(EVENT_SYSCALL_READ_X, 5, "[eventfd]", 9);
	ev.file.mode = 0600;
	set_int(&ev, "res", 8);
	set_int(&ev, "fd", 5);
	send_event(&ev);
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 0));
	ev.file.path = span_str("[perf_event]");
	send_event(&ev);
	f = last_event();
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 1));
	cr_assert(eq(u8, f.files[0].type, FILE_UNSUPPORTED));
	ev.file.path = span_str("inotify");
	send_event(&ev);
	f = last_event();
	cr_assert(eq(u8, f.files[0].type, FILE_INOTIFY));
}

Test(enrich, a_file_that_was_renamed_has_its_new_path)
{
	struct raw_event ev = fd_event(EVENT_SYSCALL_FCHMOD_X, 3, "/etc/new", 1234);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "/etc/old", 1);
	set_int(&ev, "res", 0);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/old"), "its name is that by which it was opened");
	cr_assert(span_is(f.files[0].resolved, "/etc/new"));
}

/* Nobody tells that the ends of one pair are closed, and the next pair's have their numbers. */
Test(enrich, a_socket_of_another_pair_is_another_socket)
{
	uint8_t tuple[18] = { FAMILY_UNIX };
	struct raw_event made = event(EVENT_SOCKET_SOCKETPAIR_X, 10), ev;
	uint64_t ends[2] = { 0x200, 0x100 };

	two_tasks();
	set_int(&made, "res", 0);
	set_int(&made, "fd1", 5);
	set_int(&made, "fd2", 6);
	set_int(&made, "source", 0x100);
	set_int(&made, "peer", 0x200);
	send_event(&made);
	ev = fd_event(EVENT_SYSCALL_READ_X, 5, "", 900);
	ev.file.mode = 0140777;
	memcpy(tuple + 1, ends, sizeof(ends));
	ev.file.tuple = span_of(tuple, sizeof(tuple));
	set_int(&ev, "res", 1);
	set_int(&ev, "fd", 5);
	send_event(&ev);
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 0));
	ev.file.fd = 6;
	set_int(&ev, "fd", 6);
	ends[0] = 0x300;
	memcpy(tuple + 1, ends, sizeof(ends));
	send_event(&ev);
	cr_assert(eq(u64, counts[ENRICHER_HEALED], 1));
}

Test(enrich, another_start_time_is_another_thread)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 20);

	begin();
	task(20, 20, 0, 50000000, "old"); /* /proc is coarse */
	end();
	clear();
	ev.has_kernel = true;
	ev.start_ns = 54321098;
	send_event(&ev);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 0));
	ev.start_ns = 90000000;
	send_event(&ev);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1));
	cr_assert(eq(u64, counts[ENRICHER_PROCESS_MISSES], 1));
}

Test(enrich, a_second_snapshot_keeps_who_is_there_and_ends_who_is_not)
{
	uint64_t key;

	begin();
	task(1, 1, 0, 1000000007, "init");
	task(20, 20, 1, 2000000008, "stays");
	task(30, 30, 1, 3000000009, "goes");
	end();
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 3));
	key = process(1).key;
	clear();
	begin();
	task(1, 1, 0, 1000000007, "init");
	task(20, 20, 1, 2000000008, "renamed");
	end();
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
	cr_assert(eq(u64, process(0).key, key));
	cr_assert(eq(u64, process(0).mask, PROCESS_BIT(comm) | PROCESS_BIT(exe)));
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 0), "its last events may be on their way");
	exec(30, "last", "");
	now += UINT64_C(3000000000);
	open_file(20, 3, "/etc/passwd", 1);
	enrich_sweep(en);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1));
}

Test(enrich, who_began_while_a_snapshot_came_is_not_gone_for_not_being_in_it)
{
	struct raw_event ev;

	two_tasks();
	begin();
	task(1, 1, 0, 0, "init");
	ev = clone_event(1, 40, 1, 0, 0);
	send_event(&ev);
	end();
	now += UINT64_C(3000000000);
	open_file(1, 3, "/etc/passwd", 1);
	clear();
	enrich_sweep(en);
	cr_assert(eq(uint, count_of(FRAME_PROCESS_GONE), 1), "10, and not 40");
	exec(40, "prog", "");
	cr_assert(ne(u64, process(0).base, 0), "it is known");
}

Test(enrich, only_wanted_events_go_on_and_all_are_counted)
{
	struct ring_wants wants = { .version = 1 };

	two_tasks();
	wants.events[EVENT_SYSCALL_CLOSE_X / 64] |= UINT64_C(1) << EVENT_SYSCALL_CLOSE_X % 64;
	enrich_want(en, &wants);
	open_file(10, 3, "/etc/passwd", 1);
	cr_assert(eq(uint, count_of(FRAME_EVENT), 0));
	close_file(10, 3);
	cr_assert(eq(uint, count_of(FRAME_EVENT), 1));
	cr_assert(eq(u64, counts[ENRICHER_FOLDED], 1));
	cr_assert(eq(u64, counts[ENRICHER_OUT], 1));
}

Test(enrich, wanted_extras_ride_along)
{
	struct ring_wants wants = {
		.version = 1, .extras = 1u << WANT_FD_COUNT | 1u << WANT_THREADS | 1u << WANT_STDIO
	};
	struct wire_stdio stdio[3];
	struct event_frame f;
	uint64_t n, rest;

	two_tasks();
	memset(wants.events, 0xff, sizeof(wants.events));
	enrich_want(en, &wants);
	open_file(10, 0, "/dev/null", 1);
	open_file(10, 3, "/etc/passwd", 1);
	f = last_event();
	cr_assert(wire_extra_get_fd_count(f.extra, &n));
	cr_assert(eq(u64, n, 2));
	cr_assert(wire_extra_get_threads(f.extra, &n, &rest));
	cr_assert(eq(u64, n, 1));
	cr_assert(eq(u64, rest, 0));
	cr_assert(wire_extra_get_stdio(f.extra, stdio));
	cr_assert(span_is(stdio[0].name, "/dev/null"));
	cr_assert_not(stdio[1].is_open);
}

Test(enrich, nonsense_is_refused_and_counted)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLOSE_X, 10);

	scratch[0] = 0xc1;
	cr_assert_eq(give(FRAME_RAW_EVENT, 1), -EPROTO);
	cr_assert_eq(give(FRAME_TASK, 1), -EPROTO);
	cr_assert_eq(give(77, 1), -EPROTO);
	ev.code = 0xffff;
	cr_assert_eq(send_event(&ev), -EPROTO);
	ev.code = EVENT_SYSCALL_KEYCTL_E; /* a number without an event */
	cr_assert_eq(send_event(&ev), -EPROTO);
	cr_assert(eq(u64, counts[ENRICHER_REFUSED], 3));
	cr_assert(eq(u64, counts[ENRICHER_STATE_REFUSED], 2));
}

Test(enrich, an_event_without_its_parameters_does_no_harm)
{
	two_tasks();
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		struct raw_event ev = { .code = (uint16_t)code, .tid = 10, .ts_ns = now++ };

		if (event_info(code)->generated == GENERATED_NEVER)
			continue;
		cr_assert_eq(send_event(&ev), 0, "%u", code);
		ev.nparams = event_info(code)->nparams;
		cr_assert_eq(send_event(&ev), 0, "%u", code);
		clear();
	}
}

Test(enrich, a_full_table_goes_on_without_the_new_ones)
{
	enrich_free(en);
	make(4);
	for (int64_t tid = 1; tid < 20; tid++)
		open_file(tid, 3, "/etc/passwd", 1);
	cr_assert(eq(u64, counts[ENRICHER_PROCESSES_EVICTED], 15));
	cr_assert(eq(u64, last_event().process, 0));
	cr_assert(eq(u64, counts[ENRICHER_OUT], 19));
}

Test(enrich, a_sink_that_says_stop_ends_it)
{
	two_tasks();
	sink_full = true;
	cr_assert_eq(open_file(10, 3, "/x", 1), 3);
	cr_assert(eq(u64, counts[ENRICHER_OUT], 0));
	counts[ENRICHER_IN]--; /* of the event that was not done, and is read again */
	begin();
	cr_assert_eq(give(FRAME_SNAPSHOT_END, 0), -ECANCELED);
	sink_full = false;
}

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

Test(enrich, a_snapshot_tells_all_state)
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
Test(enrich, who_has_ended_when_it_is_told_of_is_still_who_it_was)
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

Test(enrich, a_reader_that_was_behind_is_told_how_it_was_there)
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

Test(enrich, each_frame_of_a_change_has_a_before)
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

Test(enrich, what_was_read_of_is_let_go)
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

Test(enrich, who_reads_from_the_beginning_knows_everybody_and_believes_what_he_reads)
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

static void add_socket(int64_t tid, int64_t fd, enum file_type type, const char ip[4],
		       uint16_t sport, uint16_t dport)
{
	struct task_file_frame f = { .tid = tid };

	f.file = (struct file_info){ .fd = fd, .type = (uint8_t)type, .l4proto = L4_TCP };
	f.file.sport = sport;
	f.file.dport = dport;
	memcpy(f.file.sip, ip, 4);
	memcpy(f.file.dip, "\x0a\x00\x00\x02", 4);
	give(FRAME_TASK_FILE, wire_encode_task_file(scratch, sizeof(scratch), &f));
}

/* The file that a read of FD by thread 10 has. */
static struct event_frame read_of(int64_t fd)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 10);

	set_int(&ev, "res", 5);
	set_int(&ev, "fd", fd);
	send_event(&ev);
	return last_event();
}

Test(enrich, what_the_raw_snapshot_tells_makes_the_same_state_elsewhere)
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
	make(256);
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

Test(enrich, a_snapshot_in_the_middle_of_one_from_upstream_tells_what_is_known)
{
	begin();
	give(FRAME_SNAPSHOT_BEGIN, wire_encode_empty(scratch, sizeof(scratch)));
	task(10, 10, 1, 0, "bash");
	cr_assert_eq(enrich_snapshot(en, UINT64_MAX, take_frame, NULL), 0);
	cr_assert(eq(uint, snapshot_frames[FRAME_PROCESS], 1));
}

Test(enrich, users_that_leave_the_file_are_told_gone)
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

Test(enrich, files_behind_other_descriptors_and_directories_come_along)
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

/* ---- what is asked for ---- */

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

Test(enrich, a_thread_that_nobody_told_of_is_asked_for_once_and_known_when_it_is_told)
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

Test(enrich, behind_a_gap_of_state_each_is_asked_for_when_it_does_something)
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

Test(enrich, a_child_of_one_that_is_doubted_is_doubted_too)
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

Test(enrich, a_thread_is_asked_for_without_the_files_that_are_known_of_its_process)
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

Test(enrich, files_that_are_told_again_keep_the_name_that_they_were_opened_by)
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

Test(enrich, who_is_found_gone_stays_for_its_last_events)
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

Test(enrich, the_first_thread_that_is_found_gone_stays_for_those_that_live)
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

Test(enrich, who_was_found_gone_and_is_told_of_stays)
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

Test(enrich, no_more_is_asked_than_may_wait_and_who_never_answers_is_forgotten)
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

Test(enrich, a_snapshot_answers_all_asks_and_nobody_is_asked_who_cannot_answer)
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

Test(enrich, a_socket_that_was_missed_is_asked_for_to_know_who_began_it)
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

Test(enrich, a_program_that_is_told_again_keeps_the_name_that_it_was_executed_by)
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

Test(enrich, what_was_dealt_with_makes_state_and_nothing_else)
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
