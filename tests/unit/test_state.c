/* SPDX-License-Identifier: Apache-2.0
 *
 * What events make of state, and what they leave as it was, by the fields that show it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "support/raw_kit.h"
#include "support/state_kit.h"

#define CGROUPS "cpu=/docker/3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"

enum { CLONE_VFORK = 1 << 27, CLONE_THREAD = 1 << 13, LIMIT_NOFILE = 7 };

TestSuite(state, .init = setup, .fini = teardown);

static void give(struct raw_event ev)
{
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

static void call_of(int64_t tid)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_GETCWD_X, tid);

	set_int(&ev, "res", -2);
	give(ev);
}

/* TID's event about RES, which is the child, or 0 if it is itself. */
static struct raw_event clone_event(int64_t tid, int64_t res, int64_t pid, int64_t flags)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_CLONE_20_X, tid);

	set_int(&ev, "res", res);
	set_int(&ev, "tid", tid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", 1);
	set_int(&ev, "vtid", tid);
	set_int(&ev, "vpid", pid);
	set_int(&ev, "flags", flags);
	set_int(&ev, "fdlimit", 1024);
	set_text(&ev, "comm", "sh");
	set_text(&ev, "cgroups", CGROUPS);
	return ev;
}

static void process(int64_t pid)
{
	give(clone_event(pid, 0, pid, 0));
}

static struct raw_event exec_event(int64_t tid)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_EXECVE_19_X, tid);

	set_int(&ev, "res", 0);
	set_int(&ev, "pid", tid);
	set_text(&ev, "exe", "env");
	set_text(&ev, "comm", "env");
	return ev;
}

/* ---- programs ---- */

Test(state, what_an_execve_leaves_empty_stays_as_it_was)
{
	struct raw_event ev;

	process(10);
	ev = exec_event(10);
	set_bytes(&ev, "env", span_of("A=1\0", 4));
	set_text(&ev, "cgroups", CGROUPS);
	set_text(&ev, "trusted_exepath", "/usr/bin/env");
	set_int(&ev, "tty", 5);
	set_int(&ev, "vpgid", 10);
	set_int(&ev, "pgid", 10);
	set_int(&ev, "flags", 1);
	set_int(&ev, "cap_effective", 1);
	set_int(&ev, "exe_ino", 77);
	set_int(&ev, "vm_size", 512);
	give(ev);
	give(exec_event(10));
	STATE_ARE({ "proc.env", "A=1" }, { "container.id", "3f5ae0a1b2c3" },
		  { "proc.exepath", "/usr/bin/env" }, { "proc.tty", "5" }, { "proc.vpgid", "10" },
		  { "proc.pgid", "-1" }, { "proc.is_exe_writable", "true" },
		  { "thread.cap_effective", "CAP_CHOWN" }, { "proc.exe_ino", "77" },
		  { "proc.vmsize", "512" });
}

Test(state, an_enter_event_that_says_nothing_is_none)
{
	struct raw_event ev;

	process(10);
	ev = exec_event(10);
	set_text(&ev, "trusted_exepath", "/usr/bin/env");
	give(ev);
	give(raw_event(EVENT_SYSCALL_EXECVE_19_E, 10));
	give(exec_event(10));
	state_is("proc.exepath", "/usr/bin/env");
}

Test(state, of_a_child_that_its_maker_waits_for_the_child_tells)
{
	process(10);
	give(clone_event(10, 20, 10, CLONE_VFORK));
	call_of(20);
	state_is("proc.name", "<NA>");
}

Test(state, a_child_whose_parent_nobody_knows_makes_none)
{
	struct raw_event ev = clone_event(30, 0, 30, 0);

	set_int(&ev, "ptid", 25);
	give(ev);
	STATE_ARE({ "proc.name", "sh" }, { "proc.ppid", NULL }, { "proc.pname", NULL });
	call_of(25);
	state_is("proc.name", "<NA>");
}

static void limit_by(int64_t tid, int64_t files)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_SETRLIMIT_X, tid);

	set_int(&ev, "res", 0);
	set_int(&ev, "cur", files);
	set_int(&ev, "resource", LIMIT_NOFILE);
	give(ev);
}

Test(state, a_limit_is_the_processs_whichever_thread_set_it)
{
	process(10);
	give(clone_event(10, 11, 10, CLONE_THREAD));
	limit_by(11, 77);
	call_of(10);
	state_is("proc.fdlimit", "77");
}

Test(state, who_leaves_the_processor_says_what_memory_it_has)
{
	struct raw_event ev = raw_event(EVENT_SCHEDSWITCH_6_E, 10);

	process(10);
	set_int(&ev, "next", 1);
	set_int(&ev, "pgft_maj", 3);
	set_int(&ev, "pgft_min", 4);
	set_int(&ev, "vm_size", 500);
	set_int(&ev, "vm_rss", 50);
	set_int(&ev, "vm_swap", 5);
	give(ev);
	limit_by(10, 77); /* what memory there is is told along with other things */
	STATE_ARE({ "proc.vmsize", "500" }, { "proc.vmrss", "50" }, { "proc.vmswap", "5" },
		  { "thread.pfmajor", "3" }, { "thread.pfminor", "4" });
}

/* ---- sockets ---- */

/* Family, address, port, as a parameter has it; the addresses of two calls are apart. */
static struct span address(const char *text, uint16_t port)
{
	static uint8_t bytes[4][19];
	static unsigned next;
	uint8_t *p = bytes[next++ % ARRAY_LEN(bytes)];
	size_t n = strchr(text, ':') == NULL ? 4 : 16;

	p[0] = n == 4 ? 2 : 10;
	cr_assert(eq(int, inet_pton(n == 4 ? AF_INET : AF_INET6, text, p + 1), 1));
	p[1 + n] = (uint8_t)port;
	p[2 + n] = (uint8_t)(port >> 8);
	return span_of(p, n + 3);
}

static struct span tuple(const char *from, uint16_t sport, const char *to, uint16_t dport)
{
	static uint8_t bytes[37];
	struct span a = address(from, sport), b = address(to, dport);

	memcpy(bytes, a.p, a.n);
	memcpy(bytes + a.n, b.p + 1, b.n - 1);
	return span_of(bytes, a.n + b.n - 1);
}

static void socket_of(int64_t tid, int64_t fd, int64_t domain, int64_t type, int64_t proto)
{
	struct raw_event ev = raw_event(EVENT_SOCKET_SOCKET_X, tid);

	set_int(&ev, "fd", fd);
	set_int(&ev, "domain", domain);
	set_int(&ev, "type", type);
	set_int(&ev, "proto", proto);
	give(ev);
}

static void bind_to(int64_t fd, struct span addr)
{
	struct raw_event ev = raw_event(EVENT_SOCKET_BIND_X, 10);

	set_int(&ev, "res", 0);
	set_int(&ev, "fd", fd);
	set_bytes(&ev, "addr", addr);
	give(ev);
}

static void connect_to(int64_t fd, struct span ends, struct span addr)
{
	struct raw_event ev = raw_event(EVENT_SOCKET_CONNECT_X, 10);

	set_int(&ev, "res", -EINPROGRESS);
	set_int(&ev, "fd", fd);
	if (ends.n > 0)
		set_bytes(&ev, "tuple", ends);
	if (addr.n > 0)
		set_bytes(&ev, "addr", addr);
	give(ev);
}

static void begin_connect(int64_t fd, struct span addr)
{
	struct raw_event ev = raw_event(EVENT_SOCKET_CONNECT_E, 10);

	set_int(&ev, "fd", fd);
	set_bytes(&ev, "addr", addr);
	give(ev);
}

static void with_data(unsigned code, int64_t fd, struct span ends)
{
	struct raw_event ev = raw_event(code, 10);

	set_int(&ev, "res", 5);
	set_int(&ev, "fd", fd);
	if (ends.n > 0)
		set_bytes(&ev, "tuple", ends);
	give(ev);
}

Test(state, who_listens_at_any_address_listens_at_any_of_ipv4)
{
	process(10);
	socket_of(10, 3, 10, 1, 0);
	bind_to(3, address("::", 80));
	STATE_ARE({ "fd.name", ":::80" }, { "fd.type", "ipv4" }, { "fd.typechar", "4" },
		  { "fd.sip", "0.0.0.0" }, { "fd.sport", "80" });
	socket_of(10, 4, 10, 1, 0);
	bind_to(4, address("::1", 80));
	STATE_ARE({ "fd.type", "ipv6" }, { "fd.sip", "::1" });
}

Test(state, a_datagram_socket_that_was_bound_serves_whom_it_connects_to)
{
	process(10);
	socket_of(10, 3, 2, 2, 0);
	bind_to(3, address("10.0.0.1", 5000));
	connect_to(3, tuple("10.0.0.1", 5000, "8.8.8.8", 53), SPAN_NONE);
	STATE_ARE({ "fd.name", "8.8.8.8:53->10.0.0.1:5000" }, { "fd.sip", "10.0.0.1" },
		  { "fd.cip", "8.8.8.8" });
	socket_of(10, 4, 2, 2, 0);
	connect_to(4, tuple("10.0.0.1", 5000, "8.8.8.8", 53), SPAN_NONE);
	state_is("fd.name", "10.0.0.1:5000->8.8.8.8:53");
}

Test(state, a_connect_of_which_only_the_beginning_is_known_names_nobody)
{
	process(10);
	socket_of(10, 3, 2, 1, 0);
	begin_connect(3, address("1.2.3.4", 443));
	connect_to(3, SPAN_NONE, SPAN_NONE);
	STATE_ARE({ "fd.name", "" }, { "fd.sip", NULL }, { "fd.connected", "true" });
}

Test(state, whom_a_program_named_first_is_whom_it_connected_to)
{
	static const char pointers[] = "\1\x11\0\0\0\0\0\0\0\x22\0\0\0\0\0\0\0/run/exit.sock";

	process(10);
	socket_of(10, 3, 2, 1, 0);
	begin_connect(3, address("1.2.3.4", 443));
	connect_to(3, tuple("10.0.0.1", 5000, "9.9.9.9", 53), address("9.9.9.9", 53));
	state_is("fd.name", "10.0.0.1:5000->1.2.3.4:443");
	socket_of(10, 4, 1, 1, 0);
	begin_connect(4, span_str("\1/run/enter.sock"));
	connect_to(4, span_of(pointers, sizeof(pointers)), span_str("\1/run/exit.sock"));
	state_is("fd.name", "11->22 /run/enter.sock");
}

Test(state, who_could_read_or_write_is_connected)
{
	process(10);
	socket_of(10, 3, 2, 1, 0);
	with_data(EVENT_SYSCALL_WRITE_X, 3, SPAN_NONE);
	state_is("fd.connected", "true");
	socket_of(10, 4, 2, 2, 0);
	with_data(EVENT_SOCKET_RECVFROM_X, 4, SPAN_NONE);
	state_is("fd.connected", "true");
	socket_of(10, 5, 2, 2, 0);
	bind_to(5, address("10.0.0.1", 5000));
	with_data(EVENT_SOCKET_RECVFROM_X, 5, tuple("10.0.0.2", 7, "10.0.0.1", 5000));
	STATE_ARE({ "fd.connected", "false" }, { "fd.name_changed", "true" });
	with_data(EVENT_SOCKET_RECVFROM_X, 5, tuple("10.0.0.3", 7, "10.0.0.1", 5000));
	STATE_ARE({ "fd.connected", "true" }, { "fd.name_changed", "true" });
}

Test(state, a_raw_socket_with_flags_has_its_protocol)
{
	enum { RAW = 3, CLOEXEC = 02000000 };

	process(10);
	socket_of(10, 3, 2, RAW | CLOEXEC, 1);
	connect_to(3, tuple("10.0.0.1", 0, "8.8.8.8", 0), SPAN_NONE);
	state_is("fd.l4proto", "icmp");
	socket_of(10, 4, 2, RAW, 1);
	connect_to(4, tuple("10.0.0.1", 0, "8.8.8.8", 0), SPAN_NONE);
	state_is("fd.l4proto", "raw");
}
