/* SPDX-License-Identifier: Apache-2.0
 *
 * Every type of parameter prints as Falco prints it, raw and resolved.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support/field_kit.h"

static struct kit kit;

static void at(unsigned code)
{
	kit_begin(&kit, code);
	kit_process(&kit, 1,
		    (struct process_info){ .tid = 100,
					   .pid = 100,
					   .ptid = 1,
					   .comm = span_str("cat"),
					   .cwd = span_str("/opt/demo/") });
	kit_user(&kit, "", 0, "root");
	kit_user(&kit, "", 65534, "nobody");
	kit_group(&kit, 65534, "nogroup");
	kit_is(&kit, 1);
}

#define ARGS_ARE(text) cr_assert_str_eq(kit_text(&kit, "evt.args"), text)

Test(param_text, an_open_shows_its_file_its_flags_and_its_mode)
{
	at(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, 3);
	kit_int(&kit, -100);
	kit_str(&kit, "/dev/null");
	kit_int(&kit, 262);
	kit_int(&kit, 0666);
	kit_int(&kit, 0xfe00);
	kit_int(&kit, 3);
	kit_own_file(&kit, 3, FILE_REGULAR, "/dev/null");
	ARGS_ARE("fd=3(<f>/dev/null) dirfd=-100(AT_FDCWD) name=/dev/null "
		 "flags=262(O_TRUNC|O_CREAT|O_WRONLY) mode=0666 dev=FE00 ino=3");
	KIT_CHECK(&kit, { "evt.arg.fd", "<f>/dev/null" }, { "evt.arg[1]", "AT_FDCWD" },
		  { "evt.arg.mode", "0666" }, { "evt.arg.name", "/dev/null" },
		  { "evt.arg[6]", "3" }, { "evt.arg[7]", NULL }, { "evt.arg.res", NULL });
}

Test(param_text, a_failed_open_below_a_directory_shows_the_error_and_the_path)
{
	at(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, -2);
	kit_int(&kit, 4);
	kit_str(&kit, "userdb");
	kit_int(&kit, 4097);
	kit_int(&kit, 0);
	kit_int(&kit, 0);
	kit_int(&kit, 0);
	kit_file(&kit, 4, FILE_DIRECTORY, "/etc");
	ARGS_ARE("fd=-2(ENOENT) dirfd=4(<d>/etc) name=userdb(/etc/userdb) "
		 "flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=0 ino=0");
	kit.ev.nfiles = 0;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.name"), "<UNKNOWN>userdb");
	cr_assert_str_eq(kit_text(&kit, "evt.arg.dirfd"), "4");
	kit.ev.params[1].i = -100;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.name"), "/opt/demo/userdb");
}

Test(param_text, a_directory_that_is_the_root_adds_no_second_slash)
{
	at(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, 4);
	kit_int(&kit, 3);
	kit_str(&kit, "usr");
	kit_file(&kit, 3, FILE_DIRECTORY, "/");
	kit_file(&kit, 4, FILE_REGULAR, "/usr");
	ARGS_ARE("fd=4(<f>/usr) dirfd=3(<d>/) name=usr(/usr)");
}

Test(param_text, paths_resolve_against_the_working_directory)
{
	at(EVENT_SYSCALL_CHMOD_X);
	kit_int(&kit, 0);
	kit_str(&kit, "t");
	kit_int(&kit, 04755);
	ARGS_ARE("res=0 filename=t(/opt/demo/t) "
		 "mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)");
	kit.ev.params[1].s = span_str("<NA>");
	KIT_CHECK(&kit, { "evt.arg.filename", "<NA>" });
	at(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, -14);
	kit_int(&kit, -100);
	kit_str(&kit, "<NA>");
	ARGS_ARE("fd=-14(EFAULT) dirfd=-100(AT_FDCWD) name=<NA>");
	at(EVENT_SYSCALL_CHDIR_X);
	kit_int(&kit, 0);
	kit_str(&kit, "fs");
	ARGS_ARE("res=0 path=fs");
	cr_assert_str_eq(kit_text(&kit, "evt.info"), "res=0 path=fs");
	at(EVENT_SYSCALL_MKDIR_2_X);
	kit_int(&kit, -17);
	kit_str(&kit, "/tmp");
	kit_int(&kit, 0777);
	ARGS_ARE("res=-17(EEXIST) path=/tmp mode=1FF");
}

Test(param_text, descriptors_carry_the_letter_of_their_type)
{
	static const struct {
		uint8_t type, l4;
		const char *name, *text;
		uint16_t role;
	} cases[] = {
		{ FILE_REGULAR, 0, "/x", "<f>/x", FILE_ROLE_CLIENT },
		{ FILE_DIRECTORY, 0, "/x", "<d>/x", FILE_ROLE_CLIENT },
		{ FILE_FIFO, 0, "", "<p>", FILE_ROLE_CLIENT },
		{ FILE_UNIX, 0, "", "<u>", FILE_ROLE_CLIENT },
		{ FILE_NETLINK, 0, "", "<n>", FILE_ROLE_CLIENT },
		{ FILE_BPF, 0, "", "<b>", FILE_ROLE_CLIENT },
		{ FILE_EVENT, 0, "", "<e>", FILE_ROLE_CLIENT },
		{ FILE_EVENTPOLL, 0, "", "<l>", FILE_ROLE_CLIENT },
		{ FILE_SIGNALFD, 0, "", "<s>", FILE_ROLE_CLIENT },
		{ FILE_INOTIFY, 0, "", "<i>", FILE_ROLE_CLIENT },
		{ FILE_TIMERFD, 0, "", "<t>", FILE_ROLE_CLIENT },
		{ FILE_MEMFD, 0, "m", "<m>m", FILE_ROLE_CLIENT },
		{ FILE_PIDFD, 0, "/proc/1", "<P>/proc/1", FILE_ROLE_CLIENT },
		{ FILE_IO_URING, 0, "", "<r>", FILE_ROLE_CLIENT },
		{ FILE_USERFAULTFD, 0, "", "<u>", FILE_ROLE_CLIENT },
		{ FILE_UNKNOWN, 0, "", "<o>", FILE_ROLE_CLIENT },
		{ FILE_UNSUPPORTED, 0, "", "<X>", FILE_ROLE_CLIENT },
		{ FILE_IPV4, L4_TCP, "1.2.3.4:5->6.7.8.9:10", "<4t>1.2.3.4:5->6.7.8.9:10",
		  FILE_ROLE_CLIENT },
		{ FILE_IPV4_SERVER, L4_UDP, "1.2.3.4:5", "<4u>1.2.3.4:5", FILE_ROLE_CLIENT },
		{ FILE_IPV4, L4_UNKNOWN, "", "<4>", FILE_ROLE_CLIENT },
		{ FILE_IPV6, L4_ICMP, "::1->::1", "<6i>::1->::1", FILE_ROLE_CLIENT },
		{ FILE_IPV6_SERVER, L4_RAW, "", "<6r>", FILE_ROLE_CLIENT },
		{ FILE_IPV4, L4_TCP, "1.2.3.4:5->6.7.8.9:10", "<4>1.2.3.4:5->6.7.8.9:10", 0 },
		{ FILE_IPV4, L4_RAW, "", "<4r>", 0 },
		{ FILE_IPV6_SERVER, L4_TCP, "", "<6t>", 0 },
	};
	struct file_info *f;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		at(EVENT_SYSCALL_CLOSE_X);
		kit_int(&kit, 0);
		kit_int(&kit, 5);
		f = kit_own_file(&kit, 5, cases[i].type, cases[i].name);
		f->l4proto = cases[i].l4;
		f->flags = cases[i].role;
		cr_assert_str_eq(kit_text(&kit, "evt.arg.fd"), cases[i].text);
	}
	at(EVENT_SYSCALL_CLOSE_X);
	kit_int(&kit, -9);
	kit_int(&kit, 4);
	ARGS_ARE("res=-9(EBADF) fd=4");
	at(EVENT_SYSCALL_SETNS_X);
	kit_int(&kit, -1);
	kit_int(&kit, -1);
	kit_int(&kit, 0x20);
	ARGS_ARE("res=-1(EPERM) fd=-1(EPERM) nstype=32(CLONE_NEWNS)");
}

Test(param_text, a_clone_names_the_threads_that_are_known)
{
	static const uint8_t cgroups[] = "cpuset=/\0memory=/x";

	at(EVENT_SYSCALL_CLONE_20_X);
	kit_int(&kit, 0);
	kit_str(&kit, "/bin/bash");
	kit_bytes(&kit, "./a.sh", 7);
	kit_int(&kit, 100);
	kit_int(&kit, 100);
	kit_int(&kit, 8312);
	kit_empty(&kit);
	kit_int(&kit, 20000);
	for (unsigned i = 0; i < 5; i++)
		kit_int(&kit, i);
	kit_str(&kit, "cat");
	kit_bytes(&kit, cgroups, sizeof(cgroups));
	kit_int(&kit, 25165824);
	ARGS_ARE(
		"res=0 exe=/bin/bash args=./a.sh. tid=100(cat) pid=100(cat) ptid=8312 cwd=<NA> "
		"fdlimit=20000 pgft_maj=0 pgft_min=1 vm_size=2 vm_rss=3 vm_swap=4 comm=cat "
		"cgroups=cpuset=/.memory=/x. flags=25165824(CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID)");
	kit.ev.params[15].i = 0;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.flags"), "0");
	kit.ev.params[0].i = -11;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.exe"), "/bin/bash");
}

Test(param_text, socket_addresses_and_tuples_print_by_family)
{
	static const uint8_t v4[] = { 2, 127, 0, 0, 1, 0xad, 0xb3, 127, 0, 0, 1, 0xae, 8 };
	static const uint8_t v6[] = { 10, 0x20, 1, 0xd, 0xb8, 0, 0,    0, 0,   0,    0, 0, 0,
				      0,  0,	0, 4,	1,    0, 0x20, 1, 0xd, 0xb8, 0, 0, 0,
				      0,  0,	0, 0,	0,    0, 0,    0, 3,   0xd2, 4 };
	static const uint8_t un[] = { 1, 0, 0x89, 0x44, 0, 0, 0, 0,   0xff, 0xab,
				      0, 0, 0,	  0,	0, 0, 0, '/', 'r',  0 };
	static const uint8_t path[] = "\1/var/run/nscd/socket";

	at(EVENT_SOCKET_CONNECT_X);
	kit_int(&kit, -115);
	kit_bytes(&kit, v4, sizeof(v4));
	kit_int(&kit, 3);
	kit_bytes(&kit, v4, 7);
	ARGS_ARE("res=-115(EINPROGRESS) tuple=127.0.0.1:45997->127.0.0.1:2222 fd=3 "
		 "addr=127.0.0.1:45997");
	kit.ev.params[1].s = span_of(v6, sizeof(v6));
	kit.ev.params[3].s = span_of(v6, 19);
	ARGS_ARE("res=-115(EINPROGRESS) tuple=2001:db8::4:1->2001:db8::3:1234 fd=3 "
		 "addr=2001:db8::4:1");
	kit.ev.params[1].s = span_of(un, sizeof(un));
	kit.ev.params[3].s = span_of(path, sizeof(path));
	ARGS_ARE(
		"res=-115(EINPROGRESS) tuple=ff00000000448900->ab /r fd=3 addr=/var/run/nscd/socket");
	for (size_t n = 0; n < 13; n++) {
		kit.ev.params[1].s = span_of(v4, n);
		cr_assert_str_eq(kit_text(&kit, "evt.arg.tuple"), "NULL");
	}
	kit.ev.params[1].kind = kit.ev.params[3].kind = PARAM_EMPTY;
	ARGS_ARE("res=-115(EINPROGRESS) tuple=NULL fd=3 addr=<NA>");
}

Test(param_text, a_tuple_of_mapped_addresses_is_one_of_ipv4)
{
	uint8_t v6[37] = { 10,		[11] = 0xff, 0xff, 10, 0, 0, 5,	   0x88, 0x13,
			   [29] = 0xff, 0xff,	     1,	   2,  3, 4, 0xbb, 1 };

	at(EVENT_SOCKET_CONNECT_X);
	kit_int(&kit, 0);
	kit_bytes(&kit, v6, sizeof(v6));
	cr_assert_str_eq(kit_text(&kit, "evt.arg.tuple"), "10.0.0.5:5000->1.2.3.4:443");
	v6[28] = 1;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.tuple"),
			 "::ffff:10.0.0.5:5000->::1:ffff:102:304:443");
}

Test(param_text, a_tuple_of_a_protocol_without_ports_has_none)
{
	static const uint8_t v4[] = { 2, 10, 0, 0, 5, 0, 0, 1, 2, 3, 4, 0, 0 };
	struct file_info *f;

	at(EVENT_SOCKET_CONNECT_X);
	kit_int(&kit, 0);
	kit_bytes(&kit, v4, sizeof(v4));
	kit_int(&kit, 3);
	f = kit_own_file(&kit, 3, FILE_IPV4, "10.0.0.5->1.2.3.4");
	f->flags = FILE_ROLE_CLIENT;
	f->l4proto = L4_ICMP;
	ARGS_ARE("res=0 tuple=10.0.0.5->1.2.3.4 fd=3(<4i>10.0.0.5->1.2.3.4)");
	f->l4proto = L4_RAW;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.tuple"), "10.0.0.5->1.2.3.4");
	f->l4proto = L4_UDP;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.tuple"), "10.0.0.5:0->1.2.3.4:0");
}

Test(param_text, buffers_show_dots_or_in_outputs_base64)
{
	struct value v;

	at(EVENT_SOCKET_SENDTO_X);
	kit_int(&kit, 5);
	kit_bytes(&kit, "\0\1ab\377", 5);
	kit_int(&kit, 3);
	cr_assert_str_eq(kit_text(&kit, "evt.arg.data"), "..ab.");
	cr_assert_str_eq(kit_text(&kit, "evt.buffer"), "..ab.");
	kit.context.buffer_base64 = true;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.data"), "AAFhYv8=");
	cr_assert_str_eq(kit_text(&kit, "evt.buffer"), "AAFhYv8=");
	cr_assert(kit_get(&kit, "evt.arg.data", &v) && span_is(v.s, "..ab."));
	cr_assert(kit_get(&kit, "evt.args", &v) && span_is(v.s, "res=5 data=AAFhYv8= fd=3"));
	kit.context.buffer_base64 = false;
	kit.ev.params[1].kind = PARAM_EMPTY;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.data"), "NULL");
	cr_assert_str_eq(kit_text(&kit, "evt.buffer"), "NULL");
}

Test(param_text, users_and_groups_have_names_or_say_that_they_have_none)
{
	at(EVENT_SYSCALL_SETRESUID_X);
	kit_int(&kit, 0);
	kit_int(&kit, UINT32_MAX);
	kit_int(&kit, 65534);
	kit_int(&kit, 7);
	ARGS_ARE("res=0 ruid=-1(<NONE>) euid=65534(nobody) suid=7(<NA>)");
	at(EVENT_SYSCALL_SETRESGID_X);
	kit_int(&kit, 0);
	kit_int(&kit, UINT32_MAX);
	kit_int(&kit, 65534);
	kit_int(&kit, 0);
	ARGS_ARE("res=0 rgid=-1(<NONE>) egid=65534(nogroup) sgid=0(<NA>)");
}

Test(param_text, names_of_an_enumeration_are_all_that_are_equal)
{
	at(EVENT_SOCKET_SOCKET_X);
	kit_int(&kit, 3);
	kit_int(&kit, 1);
	kit_int(&kit, 526337);
	kit_int(&kit, 0);
	kit_own_file(&kit, 3, FILE_UNIX, "");
	cr_assert_str_eq(kit_text(&kit, "evt.arg.domain"), "AF_LOCAL|AF_UNIX");
	cr_assert_str_eq(kit_text(&kit, "evt.arg.type"), "526337");
	kit.ev.params[1].i = 99;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.domain"), "99");
}

Test(param_text, flags_take_each_bit_once)
{
	at(EVENT_SYSCALL_OPEN_X);
	kit_int(&kit, 3);
	kit_str(&kit, "/x");
	kit_int(&kit, 0x1007);
	kit_int(&kit, 0);
	cr_assert_str_eq(kit_text(&kit, "evt.arg.flags"), "O_CREAT|O_RDWR|O_CLOEXEC");
	kit.ev.params[2].i = 0;
	cr_assert_str_eq(kit_text(&kit, "evt.arg.flags"), "O_NONE");
}

Test(param_text, poll_lists_its_descriptors)
{
	static const uint8_t fds[] = { 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0x81,
				       0, 9, 0, 0, 0, 0, 0, 0, 0, 4, 2 };
	struct file_info files[1] = {
		{ .fd = 4, .type = FILE_IPV6, .name = span_str("a"), .sport = 1, .dport = 2 }
	};

	at(EVENT_SYSCALL_POLL_X);
	kit_int(&kit, 1);
	kit_bytes(&kit, fds, sizeof(fds));
	kit_int(&kit, -1);
	ARGS_ARE("res=1 fds=4:?81 9:?204 timeout=-1");
	wire_extra_put_fdlist(&kit.x, files, 1);
	ARGS_ARE("res=1 fds=4:681 9:?204 timeout=-1");
	KIT_CHECK(&kit, { "fdlist.nums", "4,9" }, { "fdlist.names", "a,<NA>" },
		  { "fdlist.cips", "::" }, { "fdlist.sips", "::" }, { "fdlist.cports", "1" },
		  { "fdlist.sports", "2" });
	kit.ev.params[1].s.n -= 1;
	ARGS_ARE("res=1 fds=4:681 timeout=-1");
	kit.ev.params[1].s.n = 1;
	ARGS_ARE("res=1 fds= timeout=-1");
}

Test(param_text, lists_of_addresses_are_those_of_the_connections_that_are_polled)
{
	static const uint8_t fds[] = { 4, 0, 4, [12] = 5, [22] = 6, [32] = 9, [41] = 0 };
	struct file_info files[] = {
		{ .fd = 4, .type = FILE_REGULAR, .name = span_str("/x") },
		{ .fd = 5,
		  .type = FILE_IPV4,
		  .sip = { 10, 0, 0, 1 },
		  .dip = { 10, 0, 0, 2 },
		  .sport = 1000,
		  .dport = 443 },
		{ .fd = 6,
		  .type = FILE_IPV4_SERVER,
		  .name = span_str("10.0.0.3:80"),
		  .dip = { 10, 0, 0, 3 },
		  .dport = 80 },
	};

	at(EVENT_SYSCALL_POLL_X);
	kit_int(&kit, 1);
	kit_bytes(&kit, fds, sizeof(fds));
	wire_extra_put_fdlist(&kit.x, files, ARRAY_LEN(files));
	KIT_CHECK(&kit, { "fdlist.nums", "4,5,6,9" },
		  { "fdlist.names", "/x,<NA>,10.0.0.3:80,<NA>" }, { "fdlist.cips", "10.0.0.1" },
		  { "fdlist.sips", "10.0.0.2,10.0.0.3" }, { "fdlist.cports", "1000" },
		  { "fdlist.sports", "443" });
	files[1].fd = 7;
	at(EVENT_SYSCALL_POLL_X);
	kit_int(&kit, 1);
	kit_bytes(&kit, fds, sizeof(fds));
	wire_extra_put_fdlist(&kit.x, files, ARRAY_LEN(files));
	KIT_CHECK(&kit, { "fdlist.nums", "4,5,6,9" }, { "fdlist.cips", NULL },
		  { "fdlist.sips", "10.0.0.3" }, { "fdlist.cports", NULL },
		  { "fdlist.sports", NULL });
	kit.ev.params[1].s = span_of("\0", 2);
	KIT_CHECK(&kit, { "fdlist.nums", NULL }, { "fdlist.names", NULL }, { "fdlist.cips", NULL });
}

Test(param_text, dynamic_values_print_as_what_they_are)
{
	static const uint8_t error[] = { 1, 0x91, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t u32[] = { 2, 0, 0x40, 3, 0 };
	static const uint8_t time[] = { 4, 0, 0xca, 0x9a, 0x3b, 0, 0, 0, 0 };
	static const uint8_t bytes[] = { 0, 'a', 1 };

	at(EVENT_SOCKET_GETSOCKOPT_X);
	kit_int(&kit, 0);
	kit_int(&kit, 3);
	kit_int(&kit, 1);
	kit_int(&kit, 4);
	kit_bytes(&kit, error, sizeof(error));
	kit_int(&kit, 4);
	ARGS_ARE(
		"res=0 fd=3 level=1(SOL_SOCKET) optname=4(SO_ERROR) val=-111(ECONNREFUSED) optlen=4");
	kit.ev.params[4].s = span_of(u32, sizeof(u32));
	cr_assert_str_eq(kit_text(&kit, "evt.arg.val"), "212992");
	kit.ev.params[4].s = span_of(time, sizeof(time));
	cr_assert_str_eq(kit_text(&kit, "evt.arg.val"), "1s");
	ARGS_ARE("res=0 fd=3 level=1(SOL_SOCKET) optname=4(SO_ERROR) val=1000000000(1s) optlen=4");
	kit.ev.params[4].s = span_of(bytes, sizeof(bytes));
	cr_assert_str_eq(kit_text(&kit, "evt.arg.val"), "a.");
	for (size_t n = 0; n < sizeof(error); n++) {
		kit.ev.params[4].s = span_of(error, n);
		cr_assert_str_eq(kit_text(&kit, "evt.arg.val"), "NULL");
	}
}

Test(param_text, signals_times_and_big_numbers)
{
	at(EVENT_PROCEXIT_1_E);
	kit_int(&kit, 2);
	kit_int(&kit, 0);
	kit_int(&kit, 2);
	kit_int(&kit, 0);
	kit_int(&kit, 0);
	ARGS_ARE("status=2 ret=0 sig=2(SIGINT) core=0 reaper_tid=0");
	at(EVENT_SYSCALL_PPOLL_X);
	kit_int(&kit, 0);
	kit_empty(&kit);
	kit_int(&kit, 1500000000);
	kit_int(&kit, 0x4001);
	ARGS_ARE("res=0 fds=NULL timeout=1500000000(1.5s) sigmask=16385(SIGHUP SIGTERM)");
	cr_assert_str_eq(kit_text(&kit, "evt.arg.timeout"), "1.5s");
	kit.ev.params[2].i = -1;
	ARGS_ARE("res=0 fds=NULL timeout=none sigmask=16385(SIGHUP SIGTERM)");
	cr_assert_str_eq(kit_text(&kit, "evt.arg.timeout"), "none");
	at(EVENT_SYSCALL_NANOSLEEP_X);
	kit_int(&kit, 0);
	kit_int(&kit, 0);
	ARGS_ARE("res=0 interval=0(0s)");
}

Test(param_text, times_in_parameters_print_with_their_date)
{
	at(EVENT_SYSCALL_EXECVE_19_X);
	for (unsigned i = 0; i < 30; i++)
		kit_empty(&kit);
	kit.ev.params[24] = (struct param){ .kind = PARAM_INT, .u = 1663687649147483648 };
	kit.ev.params[25] = (struct param){ .kind = PARAM_INT, .u = 10887059683854775808u };
	kit.ev.params[21] = (struct param){ .kind = PARAM_INT, .u = 0x1fffeffffff };
	KIT_CHECK(&kit, { "evt.arg.exe_ino_ctime", "2022-09-20 15:27:29.147483648" },
		  { "evt.arg.exe_ino_mtime", "2314-12-31 15:14:43.854775808" },
		  { "evt.arg.cap_permitted", "1FFFEFFFFFF" }, { "evt.arg.env", "NULL" },
		  { "evt.arg.exe", "<NA>" });
}

Test(param_text, what_the_tables_do_not_have_is_left_alone)
{
	at(EVENT_SYSCALL_CLOSE_X);
	kit.ev.nparams = 32;
	ARGS_ARE("res=<NA> fd=<NA>");
	at(EVENT_GENERIC_X);
	kit_int(&kit, SC_openat);
	kit_int(&kit, 257);
	ARGS_ARE("");
	cr_assert_str_eq(kit_text(&kit, "evt.arg.ID"), "openat");
	cr_assert_str_eq(kit_text(&kit, "evt.type"), "openat");
}
