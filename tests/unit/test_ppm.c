/* SPDX-License-Identifier: Apache-2.0
 *
 * test_ppm.c -- the kernel side's numbers of flags are those of common/flag.def: each
 * of the C library's flags is translated, and the value looked up by its name.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <linux/quota.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "event.h"
#include "ppm.h"

static uint32_t value_of(unsigned table, const char *name)
{
	const struct flag_table *t = flag_table(table);

	for (unsigned i = 0; i < t->count; i++)
		if (strcmp(t->flags[i].name, name) == 0)
			return t->flags[i].value;
	cr_fatal("no flag %s in %s", name, t->name);
}

#define OPEN_FLAG(flag)                                                                            \
	{                                                                                          \
#flag, flag                                                                        \
	}

Test(ppm, open_flags_have_falcos_values)
{
	static const struct {
		const char *name;
		uint32_t native;
	} rows[] = {
		OPEN_FLAG(O_WRONLY),   OPEN_FLAG(O_RDWR),  OPEN_FLAG(O_CREAT),
		OPEN_FLAG(O_APPEND),   OPEN_FLAG(O_DSYNC), OPEN_FLAG(O_EXCL),
		OPEN_FLAG(O_NONBLOCK), OPEN_FLAG(O_TRUNC), OPEN_FLAG(O_DIRECT),
		OPEN_FLAG(O_CLOEXEC),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t want = value_of(FLAG_TABLE_file_flags, rows[i].name);

		if ((rows[i].native & O_ACCMODE) == O_RDONLY)
			want |= value_of(FLAG_TABLE_file_flags, "O_RDONLY");
		cr_assert(eq(u32, ppm_open_flags(rows[i].native), want), "%s", rows[i].name);
	}
	cr_assert(eq(u32, ppm_open_flags(O_RDONLY), value_of(FLAG_TABLE_file_flags, "O_RDONLY")));
	cr_assert(eq(u32, ppm_open_flags(O_SYNC),
		     1 | value_of(FLAG_TABLE_file_flags, "O_SYNC") |
			     value_of(FLAG_TABLE_file_flags, "O_DSYNC")));
}

/* A capture has 0x3441 for O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_DIRECTORY. */
Test(ppm, a_directory_has_falcos_tmpfile_bit_too)
{
	cr_assert(eq(u32, ppm_open_flags(O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_DIRECTORY), 0x3441));
}

Test(ppm, what_the_driver_adds_to_open_flags_has_its_name)
{
	cr_assert(eq(u32, PPM_O_F_CREATED, value_of(FLAG_TABLE_file_flags, "O_F_CREATED")));
	cr_assert(eq(u32, PPM_FD_UPPER_LAYER, value_of(FLAG_TABLE_file_flags, "FD_UPPER_LAYER")));
	cr_assert(eq(u32, PPM_FD_LOWER_LAYER, value_of(FLAG_TABLE_file_flags, "FD_LOWER_LAYER")));
	cr_assert(eq(u32, PPM_EXE_WRITABLE, value_of(FLAG_TABLE_execve_flags, "EXE_WRITABLE")));
	cr_assert(
		eq(u32, PPM_EXE_UPPER_LAYER, value_of(FLAG_TABLE_execve_flags, "EXE_UPPER_LAYER")));
	cr_assert(
		eq(u32, PPM_EXE_LOWER_LAYER, value_of(FLAG_TABLE_execve_flags, "EXE_LOWER_LAYER")));
	cr_assert(eq(u32, PPM_EXE_FROM_MEMFD, value_of(FLAG_TABLE_execve_flags, "EXE_FROM_MEMFD")));
}

Test(ppm, clone_flags_have_falcos_values)
{
	static const struct {
		const char *name;
		uint32_t native;
	} rows[] = {
		OPEN_FLAG(CLONE_FILES),	       OPEN_FLAG(CLONE_FS),
		OPEN_FLAG(CLONE_IO),	       OPEN_FLAG(CLONE_NEWIPC),
		OPEN_FLAG(CLONE_NEWNET),       OPEN_FLAG(CLONE_NEWNS),
		OPEN_FLAG(CLONE_NEWPID),       OPEN_FLAG(CLONE_NEWUTS),
		OPEN_FLAG(CLONE_PARENT),       OPEN_FLAG(CLONE_PARENT_SETTID),
		OPEN_FLAG(CLONE_PTRACE),       OPEN_FLAG(CLONE_SIGHAND),
		OPEN_FLAG(CLONE_SYSVSEM),      OPEN_FLAG(CLONE_THREAD),
		OPEN_FLAG(CLONE_UNTRACED),     OPEN_FLAG(CLONE_VM),
		OPEN_FLAG(CLONE_NEWUSER),      OPEN_FLAG(CLONE_CHILD_CLEARTID),
		OPEN_FLAG(CLONE_CHILD_SETTID), OPEN_FLAG(CLONE_SETTLS),
		OPEN_FLAG(CLONE_VFORK),	       OPEN_FLAG(CLONE_NEWCGROUP),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(eq(u32, ppm_clone_flags(rows[i].native),
			     value_of(FLAG_TABLE_clone_flags, rows[i].name)),
			  "%s", rows[i].name);
	cr_assert(eq(u32, PPM_CL_CHILD_IN_PIDNS,
		     value_of(FLAG_TABLE_clone_flags, "CLONE_CHILD_IN_PIDNS")));
}

Test(ppm, resolve_flags_have_falcos_values)
{
	static const struct {
		const char *name;
		uint32_t native;
	} rows[] = {
		OPEN_FLAG(RESOLVE_BENEATH),	  OPEN_FLAG(RESOLVE_IN_ROOT),
		OPEN_FLAG(RESOLVE_NO_MAGICLINKS), OPEN_FLAG(RESOLVE_NO_SYMLINKS),
		OPEN_FLAG(RESOLVE_NO_XDEV),	  OPEN_FLAG(RESOLVE_CACHED),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(eq(u32, ppm_resolve_flags(rows[i].native),
			     value_of(FLAG_TABLE_openat2_flags, rows[i].name)),
			  "%s", rows[i].name);
}

Test(ppm, fcntl_commands_have_falcos_values)
{
	static const struct {
		const char *name;
		uint32_t native;
	} rows[] = {
		OPEN_FLAG(F_DUPFD),	 OPEN_FLAG(F_GETFD),	  OPEN_FLAG(F_SETFD),
		OPEN_FLAG(F_GETFL),	 OPEN_FLAG(F_SETFL),	  { "F_GETLK", 5 },
		{ "F_SETLK", 6 },	 { "F_SETLKW", 7 },	  OPEN_FLAG(F_SETOWN),
		OPEN_FLAG(F_GETOWN),	 OPEN_FLAG(F_SETSIG),	  OPEN_FLAG(F_GETSIG),
		OPEN_FLAG(F_SETOWN_EX),	 OPEN_FLAG(F_GETOWN_EX),  OPEN_FLAG(F_OFD_GETLK),
		OPEN_FLAG(F_OFD_SETLK),	 OPEN_FLAG(F_OFD_SETLKW), OPEN_FLAG(F_SETLEASE),
		OPEN_FLAG(F_GETLEASE),	 OPEN_FLAG(F_NOTIFY),	  OPEN_FLAG(F_DUPFD_CLOEXEC),
		OPEN_FLAG(F_SETPIPE_SZ), OPEN_FLAG(F_GETPIPE_SZ),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(eq(u32, ppm_fcntl(rows[i].native),
			     value_of(FLAG_TABLE_fcntl_commands, rows[i].name)),
			  "%s", rows[i].name);
	cr_assert(eq(u32, ppm_fcntl(0xffff), value_of(FLAG_TABLE_fcntl_commands, "UNKNOWN")));
}

Test(ppm, ptrace_requests_have_falcos_values)
{
	static const struct {
		const char *name;
		uint32_t native;
	} rows[] = {
		{ "PTRACE_TRACEME", 0 },
		{ "PTRACE_PEEKTEXT", 1 },
		{ "PTRACE_PEEKDATA", 2 },
		{ "PTRACE_PEEKUSR", 3 },
		{ "PTRACE_POKETEXT", 4 },
		{ "PTRACE_POKEDATA", 5 },
		{ "PTRACE_POKEUSR", 6 },
		{ "PTRACE_CONT", 7 },
		{ "PTRACE_KILL", 8 },
		{ "PTRACE_SINGLESTEP", 9 },
		{ "PTRACE_GETREGS", 12 },
		{ "PTRACE_SETREGS", 13 },
		{ "PTRACE_GETFPREGS", 14 },
		{ "PTRACE_SETFPREGS", 15 },
		{ "PTRACE_ATTACH", 16 },
		{ "PTRACE_DETACH", 17 },
		{ "PTRACE_GETFPXREGS", 18 },
		{ "PTRACE_SETFPXREGS", 19 },
		{ "PTRACE_OLDSETOPTIONS", 21 },
		{ "PTRACE_SYSCALL", 24 },
		{ "PTRACE_GET_THREAD_AREA", 25 },
		{ "PTRACE_SET_THREAD_AREA", 26 },
		{ "PTRACE_ARCH_PRCTL", 30 },
		{ "PTRACE_SYSEMU", 31 },
		{ "PTRACE_SYSEMU_SINGLESTEP", 32 },
		{ "PTRACE_SINGLEBLOCK", 33 },
		{ "PTRACE_SETOPTIONS", 0x4200 },
		{ "PTRACE_GETEVENTMSG", 0x4201 },
		{ "PTRACE_GETSIGINFO", 0x4202 },
		{ "PTRACE_SETSIGINFO", 0x4203 },
		{ "PTRACE_GETREGSET", 0x4204 },
		{ "PTRACE_SETREGSET", 0x4205 },
		{ "PTRACE_SEIZE", 0x4206 },
		{ "PTRACE_INTERRUPT", 0x4207 },
		{ "PTRACE_LISTEN", 0x4208 },
		{ "PTRACE_PEEKSIGINFO", 0x4209 },
		{ "PTRACE_GETSIGMASK", 0x420a },
		{ "PTRACE_SETSIGMASK", 0x420b },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(eq(u32, ppm_ptrace(rows[i].native),
			     value_of(FLAG_TABLE_ptrace_requests, rows[i].name)),
			  "%s", rows[i].name);
	cr_assert(eq(u32, ppm_ptrace(0x9999),
		     value_of(FLAG_TABLE_ptrace_requests, "PTRACE_UNKNOWN")));
}

/* Rows of native flags and a function: each becomes the flag of its name in TABLE. */
#define TRANSLATES(table, function, ...)                                                           \
	do {                                                                                       \
		static const struct {                                                              \
			const char *name;                                                          \
			uint32_t native;                                                           \
		} rows_[] = { __VA_ARGS__ };                                                       \
		for (size_t i_ = 0; i_ < ARRAY_LEN(rows_); i_++)                                   \
			cr_assert(eq(u32, function(rows_[i_].native),                              \
				     value_of(FLAG_TABLE_##table, rows_[i_].name)),                \
				  "%s", rows_[i_].name);                                           \
	} while (0)

Test(ppm, flags_of_memory_have_falcos_values)
{
	TRANSLATES(mmap_flags, ppm_mmap_flags, OPEN_FLAG(MAP_SHARED), OPEN_FLAG(MAP_PRIVATE),
		   OPEN_FLAG(MAP_FIXED), OPEN_FLAG(MAP_ANONYMOUS), OPEN_FLAG(MAP_NORESERVE),
		   OPEN_FLAG(MAP_POPULATE), OPEN_FLAG(MAP_NONBLOCK), OPEN_FLAG(MAP_GROWSDOWN),
		   OPEN_FLAG(MAP_DENYWRITE), OPEN_FLAG(MAP_EXECUTABLE), OPEN_FLAG(MAP_LOCKED));
#if defined(__x86_64__)
	TRANSLATES(mmap_flags, ppm_mmap_flags, OPEN_FLAG(MAP_32BIT));
#endif
	TRANSLATES(prot_flags, ppm_prot_flags, OPEN_FLAG(PROT_NONE), OPEN_FLAG(PROT_READ),
		   OPEN_FLAG(PROT_WRITE), OPEN_FLAG(PROT_EXEC), OPEN_FLAG(PROT_GROWSDOWN),
		   OPEN_FLAG(PROT_GROWSUP), { "PROT_SEM", 8 });
}

Test(ppm, futex_operations_have_falcos_values)
{
	TRANSLATES(futex_operations, ppm_futex_op, OPEN_FLAG(FUTEX_WAIT), OPEN_FLAG(FUTEX_WAKE),
		   OPEN_FLAG(FUTEX_REQUEUE), OPEN_FLAG(FUTEX_CMP_REQUEUE), OPEN_FLAG(FUTEX_WAKE_OP),
		   OPEN_FLAG(FUTEX_LOCK_PI), OPEN_FLAG(FUTEX_UNLOCK_PI),
		   OPEN_FLAG(FUTEX_TRYLOCK_PI), OPEN_FLAG(FUTEX_WAIT_BITSET),
		   OPEN_FLAG(FUTEX_WAKE_BITSET), OPEN_FLAG(FUTEX_WAIT_REQUEUE_PI),
		   OPEN_FLAG(FUTEX_CMP_REQUEUE_PI), OPEN_FLAG(FUTEX_PRIVATE_FLAG),
		   OPEN_FLAG(FUTEX_CLOCK_REALTIME));
	cr_assert(eq(u32, ppm_futex_op(100 | FUTEX_PRIVATE_FLAG), 0x80));
}

Test(ppm, limits_have_falcos_values)
{
	TRANSLATES(rlimit_resources, ppm_rlimit, OPEN_FLAG(RLIMIT_CPU), OPEN_FLAG(RLIMIT_FSIZE),
		   OPEN_FLAG(RLIMIT_DATA), OPEN_FLAG(RLIMIT_STACK), OPEN_FLAG(RLIMIT_CORE),
		   OPEN_FLAG(RLIMIT_RSS), OPEN_FLAG(RLIMIT_NPROC), OPEN_FLAG(RLIMIT_NOFILE),
		   OPEN_FLAG(RLIMIT_MEMLOCK), OPEN_FLAG(RLIMIT_AS), { "RLIMIT_LOCKS", 10 },
		   { "RLIMIT_SIGPENDING", 11 }, { "RLIMIT_MSGQUEUE", 12 }, { "RLIMIT_NICE", 13 },
		   { "RLIMIT_RTPRIO", 14 }, { "RLIMIT_RTTIME", 15 }, { "RLIMIT_UNKNOWN", 16 });
}

Test(ppm, semaphores_have_falcos_values)
{
	TRANSLATES(semctl_commands, ppm_semctl, OPEN_FLAG(IPC_STAT), OPEN_FLAG(IPC_SET),
		   OPEN_FLAG(IPC_RMID), { "IPC_INFO", 3 }, { "SEM_INFO", 19 }, { "SEM_STAT", 18 },
		   OPEN_FLAG(GETALL), OPEN_FLAG(GETNCNT), OPEN_FLAG(GETPID), OPEN_FLAG(GETVAL),
		   OPEN_FLAG(GETZCNT), OPEN_FLAG(SETALL), OPEN_FLAG(SETVAL));
	TRANSLATES(semget_flags, ppm_semget_flags, OPEN_FLAG(IPC_CREAT), OPEN_FLAG(IPC_EXCL));
	TRANSLATES(semop_flags, ppm_semop_flags, OPEN_FLAG(IPC_NOWAIT), OPEN_FLAG(SEM_UNDO));
	cr_assert(eq(u32, ppm_semctl(0x100 | SETVAL), ppm_semctl(SETVAL)), "IPC_64 is no command");
}

Test(ppm, poll_flags_have_falcos_values)
{
	TRANSLATES(poll_flags, ppm_poll_flags, OPEN_FLAG(POLLIN), OPEN_FLAG(POLLPRI),
		   OPEN_FLAG(POLLOUT), { "POLLRDHUP", 0x2000 }, OPEN_FLAG(POLLERR),
		   OPEN_FLAG(POLLHUP), OPEN_FLAG(POLLNVAL), { "POLLRDNORM", 0x40 },
		   { "POLLRDBAND", 0x80 }, { "POLLWRNORM", 0x100 }, { "POLLWRBAND", 0x200 });
}

static uint32_t socket_option(uint32_t option)
{
	return ppm_sockopt_option(SOL_SOCKET, option);
}

Test(ppm, options_of_sockets_have_falcos_values)
{
	TRANSLATES(sockopt_options, socket_option, OPEN_FLAG(SO_DEBUG), OPEN_FLAG(SO_REUSEADDR),
		   OPEN_FLAG(SO_TYPE), OPEN_FLAG(SO_ERROR), OPEN_FLAG(SO_SNDBUF),
		   OPEN_FLAG(SO_RCVBUF), OPEN_FLAG(SO_KEEPALIVE), OPEN_FLAG(SO_NO_CHECK),
		   OPEN_FLAG(SO_PRIORITY), OPEN_FLAG(SO_LINGER), OPEN_FLAG(SO_REUSEPORT),
		   OPEN_FLAG(SO_PASSCRED), OPEN_FLAG(SO_PEERCRED), { "SO_RCVTIMEO", 20 },
		   { "SO_RCVTIMEO", 66 }, { "SO_SNDTIMEO", 21 }, { "SO_SNDTIMEO", 67 },
		   OPEN_FLAG(SO_BINDTODEVICE), OPEN_FLAG(SO_ATTACH_FILTER),
		   OPEN_FLAG(SO_DETACH_FILTER), OPEN_FLAG(SO_PEERNAME), OPEN_FLAG(SO_ACCEPTCONN),
		   OPEN_FLAG(SO_PEERSEC), OPEN_FLAG(SO_SNDBUFFORCE), OPEN_FLAG(SO_RCVBUFFORCE),
		   OPEN_FLAG(SO_MARK), OPEN_FLAG(SO_PROTOCOL), OPEN_FLAG(SO_DOMAIN),
		   OPEN_FLAG(SO_PEEK_OFF), OPEN_FLAG(SO_LOCK_FILTER), OPEN_FLAG(SO_BUSY_POLL),
		   OPEN_FLAG(SO_INCOMING_CPU), OPEN_FLAG(SO_ATTACH_BPF), OPEN_FLAG(SO_MEMINFO),
		   OPEN_FLAG(SO_COOKIE), OPEN_FLAG(SO_PEERGROUPS));
	TRANSLATES(sockopt_levels, ppm_sockopt_level, OPEN_FLAG(SOL_SOCKET), { "SOL_TCP", 6 },
		   { "UNKNOWN", 41 });
	cr_assert(eq(u32, ppm_sockopt_option(6, SO_DEBUG), 0), "only of the sockets' own level");
}

Test(ppm, quotas_have_falcos_values)
{
#define QUOTA(cmd) { #cmd, QCMD(cmd, USRQUOTA) }
	TRANSLATES(quotactl_cmds, ppm_quota_cmd, QUOTA(Q_QUOTAON), QUOTA(Q_QUOTAOFF),
		   QUOTA(Q_GETFMT), QUOTA(Q_GETINFO), QUOTA(Q_SETINFO), QUOTA(Q_GETQUOTA),
		   QUOTA(Q_SETQUOTA), QUOTA(Q_SYNC), { "Q_XQUOTAON", 0x580100 },
		   { "Q_XQUOTAOFF", 0x580200 }, { "Q_XGETQUOTA", 0x580300 },
		   { "Q_XSETQLIM", 0x580400 }, { "Q_XGETQSTAT", 0x580500 },
		   { "Q_XQUOTARM", 0x580600 }, { "Q_XQUOTASYNC", 0x580700 });
	TRANSLATES(quotactl_types, ppm_quota_type, OPEN_FLAG(USRQUOTA), OPEN_FLAG(GRPQUOTA));
	TRANSLATES(quotactl_quota_fmts, ppm_quota_fmt, OPEN_FLAG(QFMT_VFS_OLD),
		   OPEN_FLAG(QFMT_VFS_V0), OPEN_FLAG(QFMT_VFS_V1), { "QFMT_NOT_USED", 99 });
}

/* Each bit of the processor's code says one of two things. */
Test(ppm, page_faults_have_falcos_values)
{
	cr_assert(eq(u32, ppm_fault_flags(0),
		     value_of(FLAG_TABLE_pf_flags, "PAGE_NOT_PRESENT") |
			     value_of(FLAG_TABLE_pf_flags, "READ_ACCESS") |
			     value_of(FLAG_TABLE_pf_flags, "SUPERVISOR_FAULT")));
	cr_assert(eq(u32, ppm_fault_flags(0x1f),
		     value_of(FLAG_TABLE_pf_flags, "PROTECTION_VIOLATION") |
			     value_of(FLAG_TABLE_pf_flags, "WRITE_ACCESS") |
			     value_of(FLAG_TABLE_pf_flags, "USER_FAULT") |
			     value_of(FLAG_TABLE_pf_flags, "RESERVED_PAGE") |
			     value_of(FLAG_TABLE_pf_flags, "INSTRUCTION_FETCH")));
}
