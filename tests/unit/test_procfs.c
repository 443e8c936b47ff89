/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts under /proc are read as the kernel writes them, with the odd names that
 * programs put in, and cut or garbled ones are refused.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "procfs.h"

#define TEXT(s) span_of(s, sizeof(s) - 1)

static const char stat_text[] =
	"4242 (a) (b c)) S 17 4240 4100 34816 4242 4194304 1234 5 6 7 8 9 0 0 20 0 3 0 987654 "
	"12345678 100 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0\n";

Test(procfs, a_name_with_brackets_and_blanks_does_not_shift_the_fields)
{
	struct procfs_stat st;

	cr_assert(eq(int, procfs_parse_stat(TEXT(stat_text), &st), 0));
	cr_assert(span_is(st.comm, "a) (b c)"));
	cr_assert(eq(i64, st.ppid, 17));
	cr_assert(eq(i64, st.pgid, 4240));
	cr_assert(eq(i64, st.sid, 4100));
	cr_assert(eq(u64, st.tty, 34816));
	cr_assert(eq(u64, st.pfminor, 1234));
	cr_assert(eq(u64, st.pfmajor, 6));
	cr_assert(eq(u64, st.start_ticks, 987654));
	cr_assert(eq(u64, st.threads, 3));
	cr_assert_not(st.is_kernel_thread);
}

Test(procfs, a_kernel_thread_is_known_by_its_flag)
{
	static const char text[] =
		"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12 0 0 0\n";
	struct procfs_stat st;

	cr_assert(eq(int, procfs_parse_stat(TEXT(text), &st), 0));
	cr_assert(st.is_kernel_thread);
	cr_assert(eq(u64, st.start_ticks, 12));
}

Test(procfs, a_stat_that_is_cut_before_the_start_time_is_refused)
{
	size_t last = (size_t)(strstr(stat_text, " 987654") - stat_text);
	struct procfs_stat st;

	for (size_t n = 0; n <= last; n++)
		cr_assert(eq(int, procfs_parse_stat(span_of(stat_text, n), &st), -EPROTO));
	cr_assert(eq(int, procfs_parse_stat(TEXT(") ("), &st), -EPROTO));
	cr_assert(eq(int, procfs_parse_stat(SPAN_NONE, &st), -EPROTO));
}

Test(procfs, status_gives_ids_of_all_namespaces_and_capabilities)
{
	static const char text[] =
		"Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t812\nNgid:\t0\n"
		"Pid:\t813\nPPid:\t800\nUid:\t1000\t1001\t1002\t1003\n"
		"Gid:\t100\t101\t102\t103\nNStgid:\t812\t20\t3\nNSpid:\t813\t21\t4\n"
		"NSpgid:\t812\t20\t0\nNSsid:\t700\t0\t2\nVmSize:\t    3060 kB\n"
		"VmRSS:\t    1624 kB\nVmSwap:\t       7 kB\n"
		"CapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\n"
		"CapEff:\t00000000a80425fb\nThreads:\t2\n";
	struct procfs_status st;

	cr_assert(eq(int, procfs_parse_status(TEXT(text), &st), 0));
	cr_assert(eq(i64, st.pid, 812));
	cr_assert(eq(i64, st.ppid, 800));
	cr_assert(eq(u32, st.euid, 1001));
	cr_assert(eq(u32, st.egid, 101));
	cr_assert(eq(i64, st.vtid, 4));
	cr_assert(eq(i64, st.vpid, 3));
	cr_assert(eq(i64, st.vpgid, 0));
	cr_assert(eq(i64, st.vsid, 2));
	cr_assert(eq(uint, st.pidns_level, 2));
	cr_assert(eq(u64, st.vmsize_kb, 3060));
	cr_assert(eq(u64, st.vmrss_kb, 1624));
	cr_assert(eq(u64, st.vmswap_kb, 7));
	cr_assert(eq(u64, st.cap_inheritable, 1));
	cr_assert(eq(u64, st.cap_permitted, 0x1ffffffffff));
	cr_assert(eq(u64, st.cap_effective, 0xa80425fb));
}

Test(procfs, a_status_without_tgid_or_with_letters_for_numbers_is_refused)
{
	struct procfs_status st;

	cr_assert(eq(int, procfs_parse_status(TEXT("Name:\tx\nPPid:\t1\n"), &st), -EPROTO));
	cr_assert(eq(int, procfs_parse_status(TEXT("Tgid:\t1x\n"), &st), -EPROTO));
	cr_assert(eq(int, procfs_parse_status(TEXT("Tgid:\t1\nUid:\t5\n"), &st), -EPROTO));
	cr_assert(eq(int, procfs_parse_status(TEXT("Tgid:\t1\nUid:\t5\t4294967296\n"), &st),
		     -EPROTO));
	cr_assert(
		eq(int, procfs_parse_status(TEXT("Tgid:\t99999999999999999999\n"), &st), -EPROTO));
}

Test(procfs, cgroups_of_all_hierarchies_come_in_falcos_form)
{
	static const char text[] = "9:name=systemd:/a\n4:cpu,cpuacct:/b:c\n1:memory:/\n0::/u/x\n";
	static const char want[] = "name=systemd=/a\0cpu=/b:c\0cpuacct=/b:c\0memory=/\0"
				   "hugetlb=/u/x\0misc=/u/x";
	struct span unified, got;
	uint8_t buf[256];

	got = procfs_cgroups(TEXT(text), TEXT("hugetlb misc\n"), buf, sizeof(buf), &unified);
	cr_assert(span_eq(got, span_of(want, sizeof(want))));
	cr_assert(span_is(unified, "/u/x"));
}

Test(procfs, a_unified_hierarchy_without_controllers_still_shows_its_path)
{
	struct span unified, got;
	uint8_t buf[64];

	got = procfs_cgroups(TEXT("0::/u\n"), SPAN_NONE, buf, sizeof(buf), &unified);
	cr_assert(span_eq(got, span_of("unified=/u", 11)));
}

Test(procfs, cgroups_that_do_not_fit_are_left_out_whole)
{
	static const char text[] = "2:cpu:/aaaaaaaaaa\n1:memory:/b\n";
	struct span unified, got;
	uint8_t buf[10];

	got = procfs_cgroups(TEXT(text), SPAN_NONE, buf, sizeof(buf), &unified);
	cr_assert(span_eq(got, span_of("memory=/b", 10)));
	cr_assert(eq(sz, unified.n, 0));
}

Test(procfs, the_limit_of_open_files_is_the_soft_one)
{
	static const char text[] =
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max open files            1024                 524288               files     \n";

	cr_assert(eq(i64, procfs_parse_fdlimit(TEXT(text)), 1024));
	cr_assert(eq(i64, procfs_parse_fdlimit(TEXT("Max open files            unlimited\n")), -1));
	cr_assert(eq(i64, procfs_parse_fdlimit(TEXT("Max open files            \n")), -1));
	cr_assert(eq(i64, procfs_parse_fdlimit(SPAN_NONE), -1));
}

Test(procfs, fdinfo_gives_flags_mount_and_the_process_of_a_pidfd)
{
	struct procfs_fdinfo info;

	cr_assert(eq(int,
		     procfs_parse_fdinfo(TEXT("pos:\t0\nflags:\t02100002\nmnt_id:\t29\n"), &info),
		     0));
	cr_assert(eq(u32, info.flags, 02100002));
	cr_assert(eq(u64, info.mnt_id, 29));
	cr_assert(eq(i64, info.pid, 0));
	cr_assert(eq(int, procfs_parse_fdinfo(TEXT("flags:\t02\nmnt_id:\t15\nPid:\t77\n"), &info),
		     0));
	cr_assert(eq(i64, info.pid, 77));
	cr_assert(eq(int, procfs_parse_fdinfo(TEXT("pos:\t0\n"), &info), -EPROTO));
	cr_assert(eq(int, procfs_parse_fdinfo(TEXT("flags:\t09\n"), &info), -EPROTO));
}

Test(procfs, open_flags_are_falcos)
{
	cr_assert(eq(u32, procfs_open_flags(0), 0x1));		       /* O_RDONLY */
	cr_assert(eq(u32, procfs_open_flags(02 | 02000), 0x3 | 0x8));  /* O_RDWR | O_APPEND */
	cr_assert(eq(u32, procfs_open_flags(02000000), 0x1 | 0x1000)); /* O_CLOEXEC */
	cr_assert(eq(u32, procfs_open_flags(010000), 0x1 | 0x10));     /* O_DSYNC alone */
	cr_assert(
		eq(u32, procfs_open_flags(04010000), 0x1 | 0x10 | 0x80)); /* O_SYNC has it in it */
}

Test(procfs, sockets_of_ip_have_their_addresses_and_inode)
{
	static const char v4[] =
		"   0: 0100007F:1F90 0200000A:0016 01 00000000:00000000 00:00000000 "
		"00000000     0        0 31337 1 ffff 100 0";
	static const char v6[] = "   1: 00000000000000000000000001000000:0050 "
				 "00000000000000000000000000000000:0000 0A 00000000:00000000 "
				 "00:00000000 00000000     0        0 77 1 ffff 100";
	static const uint8_t lo[] = { 127, 0, 0, 1 }, ten[] = { 10, 0, 0, 2 };
	static const uint8_t lo6[16] = { [15] = 1 };
	struct procfs_inet s;

	cr_assert(eq(int, procfs_parse_inet(TEXT(v4), &s), 0));
	cr_assert(eq(u8, s.width, 4));
	cr_assert(eq(int, memcmp(s.local, lo, 4), 0));
	cr_assert(eq(int, memcmp(s.remote, ten, 4), 0));
	cr_assert(eq(u16, s.local_port, 8080));
	cr_assert(eq(u16, s.remote_port, 22));
	cr_assert(eq(u8, s.state, 1));
	cr_assert(eq(u64, s.ino, 31337));
	cr_assert(eq(int, procfs_parse_inet(TEXT(v6), &s), 0));
	cr_assert(eq(u8, s.width, 16));
	cr_assert(eq(int, memcmp(s.local, lo6, 16), 0));
	cr_assert(eq(u8, s.state, 10));
	cr_assert(eq(u64, s.ino, 77));
	for (size_t n = 0; n <= (size_t)(strstr(v4, "31337") - v4); n++)
		cr_assert(eq(int, procfs_parse_inet(span_of(v4, n), &s), -EPROTO));
	cr_assert(eq(int, procfs_parse_inet(TEXT("  sl  local_address rem_address   st"), &s),
		     -EPROTO));
}

Test(procfs, a_unix_socket_may_have_any_name_or_none)
{
	struct procfs_unix s;

	cr_assert(eq(int,
		     procfs_parse_unix(
			     TEXT("ffff9a: 00000002 00000000 00010000 0001 01 19052 /run/a b"), &s),
		     0));
	cr_assert(eq(u64, s.address, 0xffff9a));
	cr_assert(eq(u64, s.ino, 19052));
	cr_assert(span_is(s.name, "/run/a b"));
	cr_assert(eq(int, procfs_parse_unix(TEXT("0000: 00000002 00000000 00010000 0001 01 5"), &s),
		     0));
	cr_assert(eq(sz, s.name.n, 0));
	cr_assert(eq(int, procfs_parse_unix(TEXT("0000: 00000002 00000000 00010000 0001 01"), &s),
		     -EPROTO));
	cr_assert(eq(int,
		     procfs_parse_unix(
			     TEXT("Num       RefCount Protocol Flags    Type St Inode Path"), &s),
		     -EPROTO));
}

Test(procfs, netlink_lines_end_with_the_inode)
{
	uint64_t ino;

	cr_assert(eq(
		int,
		procfs_parse_netlink(
			TEXT("0000000000000000 0   1      00000000 0        0        0     2        0        4711    "),
			&ino),
		0));
	cr_assert(eq(u64, ino, 4711));
	cr_assert(eq(int, procfs_parse_netlink(TEXT("sk Eth Pid"), &ino), -EPROTO));
}

Test(procfs, memory_and_the_unified_mount_are_found)
{
	static const char mounts[] =
		"30 1 0:26 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu\n"
		"31 1 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 master:1 - cgroup2 cgroup2 rw\n";

	cr_assert(eq(u64, procfs_parse_memory(TEXT("MemFree: 1 kB\n")), 0));
	cr_assert(eq(u64, procfs_parse_memory(TEXT("MemTotal:   100 kB\n")), 102400));
	cr_assert(span_is(procfs_find_cgroup2(TEXT(mounts)), "/sys/fs/cgroup/unified"));
	cr_assert(eq(sz, procfs_find_cgroup2(TEXT("30 1 0:26 / /x rw - cgroup cgroup rw\n")).n, 0));
}

Test(procfs, lists_of_cpus_are_single_ones_and_ranges)
{
	static const struct {
		const char *list;
		unsigned n;
		bool listed;
	} rows[] = {
		{ "0-3,8,10-11\n", 0, true },
		{ "0-3,8,10-11\n", 3, true },
		{ "0-3,8,10-11\n", 4, false },
		{ "0-3,8,10-11\n", 8, true },
		{ "0-3,8,10-11\n", 11, true },
		{ "0-3,8,10-11\n", 12, false },
		{ "0", 0, true },
		{ "", 0, false },
		{ "x-3,5", 2, false },
		{ "x-3,5", 5, true },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(eq(int, procfs_listed(span_str(rows[i].list), rows[i].n), rows[i].listed),
			  "%u in %s", rows[i].n, rows[i].list);
}
