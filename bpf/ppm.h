/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * ppm.h -- the values of flags in Falco's encoding, and how the kernel's own are
 * turned into them.  Names and values are those of common/flag.def; tests compare.
 */
#ifndef MEWS_PPM_H
#define MEWS_PPM_H

#include <linux/types.h>

#ifdef __bpf__ /* tests include this file too */
#include <bpf/bpf_helpers.h>
#endif

enum { PPM_AT_FDCWD = -100 };

/* file_flags */
enum {
	PPM_O_RDONLY = 1 << 0,
	PPM_O_WRONLY = 1 << 1,
	PPM_O_RDWR = PPM_O_RDONLY | PPM_O_WRONLY,
	PPM_O_CREAT = 1 << 2,
	PPM_O_APPEND = 1 << 3,
	PPM_O_DSYNC = 1 << 4,
	PPM_O_EXCL = 1 << 5,
	PPM_O_NONBLOCK = 1 << 6,
	PPM_O_SYNC = 1 << 7,
	PPM_O_TRUNC = 1 << 8,
	PPM_O_DIRECT = 1 << 9,
	PPM_O_DIRECTORY = 1 << 10,
	PPM_O_LARGEFILE = 1 << 11,
	PPM_O_CLOEXEC = 1 << 12,
	PPM_O_TMPFILE = 1 << 13,
	PPM_O_F_CREATED = 1 << 14,
	PPM_FD_UPPER_LAYER = 1 << 15,
	PPM_FD_LOWER_LAYER = 1 << 16,
};

/* creat_flags */
enum { PPM_FD_UPPER_LAYER_CREAT = 1, PPM_FD_LOWER_LAYER_CREAT = 2 };

/* execve_flags */
enum {
	PPM_EXE_WRITABLE = 1,
	PPM_EXE_UPPER_LAYER = 2,
	PPM_EXE_FROM_MEMFD = 4,
	PPM_EXE_LOWER_LAYER = 8,
};

/* clone_flags */
enum {
	PPM_CL_CLONE_FILES = 1 << 0,
	PPM_CL_CLONE_FS = 1 << 1,
	PPM_CL_CLONE_IO = 1 << 2,
	PPM_CL_CLONE_NEWIPC = 1 << 3,
	PPM_CL_CLONE_NEWNET = 1 << 4,
	PPM_CL_CLONE_NEWNS = 1 << 5,
	PPM_CL_CLONE_NEWPID = 1 << 6,
	PPM_CL_CLONE_NEWUTS = 1 << 7,
	PPM_CL_CLONE_PARENT = 1 << 8,
	PPM_CL_CLONE_PARENT_SETTID = 1 << 9,
	PPM_CL_CLONE_PTRACE = 1 << 10,
	PPM_CL_CLONE_SIGHAND = 1 << 11,
	PPM_CL_CLONE_SYSVSEM = 1 << 12,
	PPM_CL_CLONE_THREAD = 1 << 13,
	PPM_CL_CLONE_UNTRACED = 1 << 14,
	PPM_CL_CLONE_VM = 1 << 15,
	PPM_CL_CLONE_NEWUSER = 1 << 20,
	PPM_CL_CLONE_CHILD_CLEARTID = 1 << 23,
	PPM_CL_CLONE_CHILD_SETTID = 1 << 24,
	PPM_CL_CLONE_SETTLS = 1 << 25,
	PPM_CL_CLONE_STOPPED = 1 << 26,
	PPM_CL_CLONE_VFORK = 1 << 27,
	PPM_CL_CLONE_NEWCGROUP = 1 << 28,
	PPM_CL_CHILD_IN_PIDNS = 1 << 29,
};

/* The bit of FLAGS that is NATIVE becomes PPM; all bits of NATIVE must be set. */
#define PPM_IF(flags, native, ppm) (((flags) & (native)) == (native) ? (ppm) : 0)

/* O_* are octal in the kernel's headers; arm64 has four of its own. */
#if defined(__TARGET_ARCH_arm64)
#define NATIVE_O_DIRECTORY 040000
#define NATIVE_O_DIRECT	   0200000
#define NATIVE_O_LARGEFILE 0400000
#else
#define NATIVE_O_DIRECT	   040000
#define NATIVE_O_LARGEFILE 0100000
#define NATIVE_O_DIRECTORY 0200000
#endif
#define NATIVE_O_CREAT	   0100
#define NATIVE_O_CLOEXEC   02000000
#define NATIVE_O_NONBLOCK  04000
#define NATIVE___O_TMPFILE 020000000

static __always_inline __u32 ppm_open_flags(__u32 o)
{
	__u32 r = (o & 3) == 3 ? 0 : (o & 3) + 1;

	r |= PPM_IF(o, NATIVE_O_CREAT, PPM_O_CREAT) | PPM_IF(o, 02000, PPM_O_APPEND);
	r |= PPM_IF(o, 010000, PPM_O_DSYNC) | PPM_IF(o, 04010000, PPM_O_SYNC);
	r |= PPM_IF(o, 0200, PPM_O_EXCL) | PPM_IF(o, NATIVE_O_NONBLOCK, PPM_O_NONBLOCK);
	r |= PPM_IF(o, 01000, PPM_O_TRUNC) | PPM_IF(o, NATIVE_O_DIRECT, PPM_O_DIRECT);
	r |= PPM_IF(o, NATIVE_O_DIRECTORY, PPM_O_DIRECTORY);
	r |= PPM_IF(o, NATIVE_O_LARGEFILE, PPM_O_LARGEFILE);
	r |= PPM_IF(o, NATIVE_O_CLOEXEC, PPM_O_CLOEXEC);
	/* As Falco has it: any bit of O_TMPFILE, and one of them is O_DIRECTORY. */
	if (o & (NATIVE___O_TMPFILE | NATIVE_O_DIRECTORY))
		r |= PPM_O_TMPFILE;
	return r;
}

/* The flags that sockets, pipes, eventfd and their kind take. */
static __always_inline __u32 ppm_fd_flags(__u32 o)
{
	return PPM_IF(o, NATIVE_O_NONBLOCK, PPM_O_NONBLOCK) |
	       PPM_IF(o, NATIVE_O_CLOEXEC, PPM_O_CLOEXEC);
}

static __always_inline __u32 ppm_clone_flags(__u64 f)
{
	__u32 r = 0;

	r |= PPM_IF(f, 0x00000100, PPM_CL_CLONE_VM) | PPM_IF(f, 0x00000200, PPM_CL_CLONE_FS);
	r |= PPM_IF(f, 0x00000400, PPM_CL_CLONE_FILES);
	r |= PPM_IF(f, 0x00000800, PPM_CL_CLONE_SIGHAND);
	r |= PPM_IF(f, 0x00002000, PPM_CL_CLONE_PTRACE);
	r |= PPM_IF(f, 0x00004000, PPM_CL_CLONE_VFORK);
	r |= PPM_IF(f, 0x00008000, PPM_CL_CLONE_PARENT);
	r |= PPM_IF(f, 0x00010000, PPM_CL_CLONE_THREAD);
	r |= PPM_IF(f, 0x00020000, PPM_CL_CLONE_NEWNS);
	r |= PPM_IF(f, 0x00040000, PPM_CL_CLONE_SYSVSEM);
	r |= PPM_IF(f, 0x00080000, PPM_CL_CLONE_SETTLS);
	r |= PPM_IF(f, 0x00100000, PPM_CL_CLONE_PARENT_SETTID);
	r |= PPM_IF(f, 0x00200000, PPM_CL_CLONE_CHILD_CLEARTID);
	r |= PPM_IF(f, 0x00800000, PPM_CL_CLONE_UNTRACED);
	r |= PPM_IF(f, 0x01000000, PPM_CL_CLONE_CHILD_SETTID);
	r |= PPM_IF(f, 0x02000000, PPM_CL_CLONE_NEWCGROUP);
	r |= PPM_IF(f, 0x04000000, PPM_CL_CLONE_NEWUTS);
	r |= PPM_IF(f, 0x08000000, PPM_CL_CLONE_NEWIPC);
	r |= PPM_IF(f, 0x10000000, PPM_CL_CLONE_NEWUSER);
	r |= PPM_IF(f, 0x20000000, PPM_CL_CLONE_NEWPID);
	r |= PPM_IF(f, 0x40000000, PPM_CL_CLONE_NEWNET);
	r |= PPM_IF(f, 0x80000000, PPM_CL_CLONE_IO);
	return r;
}

static __always_inline __u32 ppm_resolve_flags(__u64 f)
{
	return PPM_IF(f, 0x08, 1) | PPM_IF(f, 0x10, 2) | PPM_IF(f, 0x02, 4) | PPM_IF(f, 0x04, 8) |
	       PPM_IF(f, 0x01, 16) | PPM_IF(f, 0x20, 32);
}

/* fcntl_commands */
static __always_inline __u8 ppm_fcntl(__u32 cmd)
{
	switch (cmd) {
	case 0: /* F_DUPFD */
	case 1:
	case 2:
	case 3:
	case 4: /* F_SETFL */
		return cmd + 1;
	case 5: /* F_GETLK */
		return 6;
	case 6: /* F_SETLK */
		return 8;
	case 7: /* F_SETLKW */
		return 9;
	case 8: /* F_SETOWN */
		return 10;
	case 9: /* F_GETOWN */
		return 12;
	case 10: /* F_SETSIG */
		return 13;
	case 11: /* F_GETSIG */
		return 15;
	case 15: /* F_SETOWN_EX */
		return 21;
	case 16: /* F_GETOWN_EX */
		return 22;
	case 36: /* F_OFD_GETLK */
	case 37:
	case 38: /* F_OFD_SETLKW */
		return cmd - 6;
	case 1024: /* F_SETLEASE */
		return 23;
	case 1025: /* F_GETLEASE */
		return 24;
	case 1026: /* F_NOTIFY */
		return 27;
	case 1029: /* F_CANCELLK */
		return 25;
	case 1030: /* F_DUPFD_CLOEXEC */
		return 26;
	case 1031: /* F_SETPIPE_SZ */
		return 28;
	case 1032: /* F_GETPIPE_SZ */
		return 29;
	default:
		return 0;
	}
}

/* ptrace_requests */
static __always_inline __u16 ppm_ptrace(__u64 request)
{
	if (request <= 9) /* PTRACE_TRACEME ... PTRACE_SINGLESTEP */
		return request == 9 ? 10 : request + 1;
	if (request >= 0x4200 && request <= 0x420b) /* PTRACE_SETOPTIONS ... PTRACE_SETSIGMASK */
		return request - 0x4200 + 14;
	switch (request) {
	case 12: /* PTRACE_GETREGS */
	case 13:
	case 14:
	case 15: /* PTRACE_SETFPREGS */
		return request + 14;
	case 16: /* PTRACE_ATTACH */
		return 11;
	case 17: /* PTRACE_DETACH */
		return 12;
	case 18: /* PTRACE_GETFPXREGS */
		return 30;
	case 19: /* PTRACE_SETFPXREGS */
		return 31;
	case 21: /* PTRACE_OLDSETOPTIONS */
		return 32;
	case 24: /* PTRACE_SYSCALL */
		return 13;
	case 25: /* PTRACE_GET_THREAD_AREA */
		return 33;
	case 26: /* PTRACE_SET_THREAD_AREA */
		return 34;
	case 30: /* PTRACE_ARCH_PRCTL */
		return 35;
	case 31: /* PTRACE_SYSEMU */
	case 32:
	case 33: /* PTRACE_SINGLEBLOCK */
		return request + 5;
	default:
		return 0;
	}
}

/* mmap_flags.  MAP_FIXED_NOREPLACE and newer ones have no bit there. */
static __always_inline __u32 ppm_mmap_flags(__u32 f)
{
	__u32 r = f & 3; /* MAP_SHARED, MAP_PRIVATE */

	r |= PPM_IF(f, 0x10, 1 << 2) | PPM_IF(f, 0x20, 1 << 3); /* MAP_FIXED, MAP_ANONYMOUS */
#if !defined(__TARGET_ARCH_arm64)
	r |= PPM_IF(f, 0x40, 1 << 4); /* MAP_32BIT */
#endif
	r |= PPM_IF(f, 0x4000, 1 << 6) | PPM_IF(f, 0x8000, 1 << 7);   /* NORESERVE, POPULATE */
	r |= PPM_IF(f, 0x10000, 1 << 8) | PPM_IF(f, 0x0100, 1 << 9);  /* NONBLOCK, GROWSDOWN */
	r |= PPM_IF(f, 0x0800, 1 << 10) | PPM_IF(f, 0x1000, 1 << 11); /* DENYWRITE, EXECUTABLE */
	return r | PPM_IF(f, 0x2000, 1 << 14);			      /* MAP_LOCKED */
}

/* prot_flags */
static __always_inline __u32 ppm_prot_flags(__u32 f)
{
	return (f & 0xf) | PPM_IF(f, 0x01000000, 1 << 4) | PPM_IF(f, 0x02000000, 1 << 5);
}

/* futex_operations: the command, and two bits beside it; commands that it has no name for are 0. */
static __always_inline __u16 ppm_futex_op(__u32 op)
{
	__u32 command = op & 0x7f;

	return (op & 0x180) | (command <= 12 ? command : 0);
}

/* rlimit_resources */
static __always_inline __u8 ppm_rlimit(__u32 resource)
{
	return resource <= 15 ? resource : 255;
}

/* semctl_commands.  64-bit kernels take the bit IPC_64 as given. */
static __always_inline __u16 ppm_semctl(__u32 cmd)
{
	switch (cmd & ~0x100u) {
	case 0: /* IPC_RMID */
		return 1 << 2;
	case 1: /* IPC_SET */
		return 1 << 1;
	case 2: /* IPC_STAT */
		return 1 << 0;
	case 3: /* IPC_INFO */
		return 1 << 3;
	case 11: /* GETPID */
		return 1 << 8;
	case 12: /* GETVAL */
		return 1 << 9;
	case 13: /* GETALL */
		return 1 << 6;
	case 14: /* GETNCNT */
		return 1 << 7;
	case 15: /* GETZCNT */
		return 1 << 10;
	case 16: /* SETVAL */
		return 1 << 12;
	case 17: /* SETALL */
		return 1 << 11;
	case 18: /* SEM_STAT */
		return 1 << 5;
	case 19: /* SEM_INFO */
		return 1 << 4;
	default:
		return 0;
	}
}

/* semget_flags and semop_flags */
static __always_inline __u32 ppm_semget_flags(__u32 f)
{
	return PPM_IF(f, 01000, 1 << 13) | PPM_IF(f, 02000, 1 << 14);
}

static __always_inline __u16 ppm_semop_flags(__u16 f)
{
	return PPM_IF(f, 04000, 1 << 0) | PPM_IF(f, 0x1000, 1 << 1);
}

/* poll_flags */
static __always_inline __u16 ppm_poll_flags(__u16 f)
{
	__u16 r = f & 7; /* POLLIN, POLLPRI, POLLOUT */

	r |= PPM_IF(f, 0x2000, 1 << 3); /* POLLRDHUP */
	return r | (f & 0x3f8) << 1;	/* POLLERR ... POLLWRBAND */
}

/* sockopt_levels and sockopt_options */
enum { PPM_SOL_SOCKET = 1, PPM_SOL_TCP = 2 };

static __always_inline __u8 ppm_sockopt_level(__u32 level)
{
	return level == 1 ? PPM_SOL_SOCKET : level == 6 ? PPM_SOL_TCP : 0;
}

static __always_inline __u8 ppm_sockopt_option(__u32 level, __u32 option)
{
	if (level != 1)
		return 0;
	switch (option) {
	case 55: /* SO_MEMINFO */
		return 52;
	case 57: /* SO_COOKIE */
		return 53;
	case 59: /* SO_PEERGROUPS */
		return 51;
	case 63: /* SO_TIMESTAMP_NEW */
		return 29;
	case 64: /* SO_TIMESTAMPNS_NEW */
		return 35;
	case 65: /* SO_TIMESTAMPING_NEW */
		return 37;
	case 66: /* SO_RCVTIMEO_NEW */
		return 20;
	case 67: /* SO_SNDTIMEO_NEW */
		return 21;
	default:
		return option <= 50 ? option : 0;
	}
}

/* quotactl_cmds: of the argument's upper part. */
enum {
	PPM_Q_QUOTAON = 1 << 0,
	PPM_Q_QUOTAOFF = 1 << 1,
	PPM_Q_GETFMT = 1 << 2,
	PPM_Q_GETINFO = 1 << 3,
	PPM_Q_SETINFO = 1 << 4,
	PPM_Q_GETQUOTA = 1 << 5,
	PPM_Q_SETQUOTA = 1 << 6,
	PPM_Q_SYNC = 1 << 7,
	PPM_Q_XGETQUOTA = 1 << 10,
	PPM_Q_XSETQLIM = 1 << 11,
};

static __always_inline __u16 ppm_quota_cmd(__u32 cmd)
{
	__u32 command = cmd >> 8;

	if (command >= 0x5801 && command <= 0x5807) /* Q_XQUOTAON ... Q_XQUOTASYNC */
		return 1u << (command - 0x5801 + 8);
	if (command == 0x800001)
		return PPM_Q_SYNC;
	if (command == 0x800002)
		return PPM_Q_QUOTAON;
	if (command == 0x800003)
		return PPM_Q_QUOTAOFF;
	if (command >= 0x800004 && command <= 0x800008) /* Q_GETFMT ... Q_SETQUOTA */
		return 1u << (command - 0x800004 + 2);
	return 0;
}

/* quotactl_types, quotactl_quota_fmts */
static __always_inline __u8 ppm_quota_type(__u32 cmd)
{
	return (cmd & 0xff) < 2 ? 1 << (cmd & 0xff) : 0;
}

enum { PPM_QFMT_NOT_USED = 1 };

static __always_inline __u8 ppm_quota_fmt(__u32 fmt)
{
	return fmt == 1 ? 2 : fmt == 2 ? 4 : fmt == 4 ? 8 : PPM_QFMT_NOT_USED;
}

/* pf_flags: of x86's error code. */
static __always_inline __u32 ppm_fault_flags(__u64 error)
{
	__u32 r = error & 1 ? 1 << 0 : 1 << 1; /* PROTECTION_VIOLATION, PAGE_NOT_PRESENT */

	r |= error & 2 ? 1 << 2 : 1 << 3; /* WRITE_ACCESS, READ_ACCESS */
	r |= error & 4 ? 1 << 4 : 1 << 5; /* USER_FAULT, SUPERVISOR_FAULT */
	return r | (error & 8 ? 1 << 6 : 0) | (error & 16 ? 1 << 7 : 0); /* RESERVED, FETCH */
}

#endif
