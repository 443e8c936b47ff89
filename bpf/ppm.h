/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * ppm.h -- the values of flags in Falco's encoding, and how the kernel's own are
 * turned into them.  Names and values are those of common/flag.def; tests compare.
 */
#ifndef MEWS_PPM_H
#define MEWS_PPM_H

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

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
#define NATIVE_O_CREAT	  0100
#define NATIVE_O_CLOEXEC  02000000
#define NATIVE_O_NONBLOCK 04000

static __always_inline __u32 ppm_open_flags(__u32 o)
{
	static const __u32 access[4] = { PPM_O_RDONLY, PPM_O_WRONLY, PPM_O_RDWR, 0 };
	__u32 r = (o & 3) == 3 ? access[3] : (o & 3) + 1;

	r |= PPM_IF(o, NATIVE_O_CREAT, PPM_O_CREAT) | PPM_IF(o, 020000000, PPM_O_TMPFILE);
	r |= PPM_IF(o, 02000, PPM_O_APPEND) | PPM_IF(o, 010000, PPM_O_DSYNC);
	r |= PPM_IF(o, 0200, PPM_O_EXCL) | PPM_IF(o, NATIVE_O_NONBLOCK, PPM_O_NONBLOCK);
	r |= PPM_IF(o, 04000000 | 010000, PPM_O_SYNC) | PPM_IF(o, 01000, PPM_O_TRUNC);
	r |= PPM_IF(o, NATIVE_O_DIRECT, PPM_O_DIRECT);
	r |= PPM_IF(o, NATIVE_O_DIRECTORY, PPM_O_DIRECTORY);
	r |= PPM_IF(o, NATIVE_O_LARGEFILE, PPM_O_LARGEFILE);
	r |= PPM_IF(o, NATIVE_O_CLOEXEC, PPM_O_CLOEXEC);
	return r;
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

#endif
