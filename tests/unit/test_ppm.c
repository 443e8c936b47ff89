/* SPDX-License-Identifier: Apache-2.0
 *
 * test_ppm.c -- the kernel side's numbers of flags are those of common/flag.def: each
 * of the C library's flags is translated, and the value looked up by its name.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/ptrace.h>

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
