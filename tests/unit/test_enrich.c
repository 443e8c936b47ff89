/* SPDX-License-Identifier: Apache-2.0
 *
 * The enricher's core from frame to frame: what goes in is what ring raw would
 * bring, what comes out is decoded and kept in a mirror, as a reader would.
 */
#include "netaddr.h"
#include "support/enrich_kit.h"

TestSuite(enrich, .init = setup, .fini = teardown);

Test(enrich, an_open_is_seen_by_its_event_and_by_those_after_it)
{
	struct raw_event ev = event(EVENT_SYSCALL_READ_X, 10);
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "../etc//passwd", 1);
	f = last_event();
	cr_assert(eq(i64, f.fd, 3));
	cr_assert(own_file_is(&f, "/home/etc/passwd"));
	cr_assert(span_is(f.files[f.fd_file].name_raw, "../etc/passwd"));
	cr_assert(eq(u64, f.files[f.fd_file].ino, 1234));
	cr_assert(eq(u64, f.origin_generation, 99));
	cr_assert(eq(u64, f.origin_seq, seq));

	set_int(&ev, "res", 5);
	set_int(&ev, "fd", 3);
	send_event(&ev);
	f = last_event();
	cr_assert(own_file_is(&f, "/home/etc/passwd"));
}

Test(enrich, the_name_as_it_was_given_has_no_two_slashes_in_a_row)
{
	struct event_frame f;

	two_tasks();
	open_file(10, 3, "a//b/../c/", 1);
	f = last_event();
	cr_assert(own_file_is(&f, "/home/user/a/c"));
	cr_assert(span_is(f.files[f.fd_file].name_raw, "a/b/../c/"));
	open_file(10, 4, "///etc//shadow", 1);
	f = last_event();
	cr_assert(own_file_is(&f, "/etc/shadow"));
	cr_assert(span_is(f.files[f.fd_file].name_raw, "/etc/shadow"));
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

Test(enrich, a_signal_in_between_parts_an_enter_event_from_its_exit)
{
	struct raw_event enter = event(EVENT_SYSCALL_OPENAT_2_E, 10),
			 sig = event(EVENT_SIGNALDELIVER_E, 10);
	struct event_frame f;

	two_tasks();
	set_int(&enter, "dirfd", -100);
	set_text(&enter, "name", "/etc/shadow");
	send_event(&enter);
	send_event(&sig);
	open_file(10, 3, "/tmp/other", 1);
	f = last_event();
	cr_assert(own_file_is(&f, "/tmp/other"));
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

Test(enrich, orphans_go_to_the_first_of_their_namespace_that_was_listed)
{
	struct process_frame p;

	begin();
	task(1, 1, 0, 0, "init");
	task_in_ns(50, 1, 1);
	task_in_ns(51, 50, 2);
	task_in_ns(52, 51, 3);
	end();
	clear();
	procexit(51);
	close_file(52, 3);
	cr_assert(eq(uint, count_of(FRAME_PROCESS), 1));
	p = process(0);
	cr_assert(eq(u64, p.mask, PROCESS_BIT(ptid)));
	cr_assert(eq(i64, p.info.ptid, 50));
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

Test(enrich, an_accepted_connection_has_its_descriptor_even_if_nobody_says_who_came)
{
	struct raw_event a = event(EVENT_SOCKET_ACCEPT_5_X, 10);
	struct event_frame f;

	two_tasks();
	set_int(&a, "fd", 32);
	send_event(&a);
	f = last_event();
	cr_assert(eq(i64, f.fd, 32));
	cr_assert(eq(i8, f.fd_file, -1));
	set_int(&a, "fd", -11);
	send_event(&a);
	f = last_event();
	cr_assert(eq(i64, f.fd, -1));
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

Test(enrich, descriptors_that_rules_name_by_number_ride_along)
{
	struct ring_wants wants = { .version = 1, .extras = want_fd(3) | want_fd(5) };
	struct event_frame f;
	uint8_t type = 0;

	two_tasks();
	memset(wants.events, 0xff, sizeof(wants.events));
	enrich_want(en, &wants);
	open_file(10, 3, "/etc/passwd", 1);
	open_file(10, 4, "/etc/group", 1);
	open_file(10, 6, "/etc/hosts", 1);
	f = last_event();
	cr_assert(wire_extra_get_fd_named(f.extra, 3, &type));
	cr_assert_eq(type, FILE_REGULAR);
	cr_assert_not(wire_extra_get_fd_named(f.extra, 4, &type), "nobody asked");
	cr_assert_not(wire_extra_get_fd_named(f.extra, 5, &type), "it is not open");
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
	make(4, false);
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
