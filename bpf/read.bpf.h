/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * read.bpf.h -- bounded reads of the kernel's and the user's memory.  Pointers
 * that come from a tracepoint's arguments or bpf_get_current_task_btf() are
 * followed as C: the verifier knows their types, and a bad address reads as 0.
 * Pointers from anywhere else go through LOOK().
 */
#ifndef MEWS_READ_BPF_H
#define MEWS_READ_BPF_H

#include "maps.bpf.h"

#include <bpf/bpf_core_read.h>

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak __attribute__((const));

/* Member FIELD of the TYPE at P, an address without a type; 0 if it cannot be read.  Where the
 * kernel has casts (6.2) this is one load, before that a call. */
#define LOOK(type, p, field)                                                                       \
	({                                                                                         \
		const void *look_at_ = (p);                                                        \
		typeof(((type *)0)->field) look_;                                                  \
		if (settings.casts) {                                                              \
			look_ = ((type *)bpf_rdonly_cast(look_at_, bpf_core_type_id_kernel(type))) \
					->field;                                                   \
		} else {                                                                           \
			typeof(look_) read_ = { 0 };                                               \
			bpf_core_read(&read_, sizeof(read_), &((type *)look_at_)->field);          \
			look_ = read_;                                                             \
		}                                                                                  \
		look_;                                                                             \
	})

/* TASK as a pointer that the verifier trusts no more than any other: with one that it trusts it
 * asks, for each pointer read through it and by going through all types that the kernel has, if
 * that is trusted as well, and most of a program's checking is that. */
static __always_inline struct task_struct *plain(struct task_struct *task)
{
	if (!settings.casts)
		return task;
	return bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
}

/* The eight bytes at P; 0 if they cannot be read.  The type is one that every kernel has with a
 * word at its start. */
static __always_inline __u64 look_word(const void *p)
{
	return (__u64)LOOK(struct list_head, p, next);
}

/* ---- system call arguments at sys_exit ---- */

#if defined(__TARGET_ARCH_x86)
#define REGS_NR(regs)	  ((regs)->orig_ax)
#define REGS_ARG0(regs)	  ((regs)->di)
#define REGS_ARG1(regs)	  ((regs)->si)
#define REGS_ARG2(regs)	  ((regs)->dx)
#define REGS_ARG3(regs)	  ((regs)->r10)
#define REGS_ARG4(regs)	  ((regs)->r8)
#define REGS_ARG5(regs)	  ((regs)->r9)
#define REGS_IP(regs)	  ((regs)->ip)
/* The same as a 32-bit program passes them.  x32 is the third ABI; two registers for one argument
 * may be any two. */
#define HAS_X32		  1
#define PAIRS_EVEN	  0
#define NARROW_ARG0(regs) ((__u32)(regs)->bx)
#define NARROW_ARG1(regs) ((__u32)(regs)->cx)
#define NARROW_ARG2(regs) ((__u32)(regs)->dx)
#define NARROW_ARG3(regs) ((__u32)(regs)->si)
#define NARROW_ARG4(regs) ((__u32)(regs)->di)
#define NARROW_ARG5(regs) ((__u32)(regs)->bp)
#else
#define REGS_NR(regs)	  ((unsigned long)(long)(regs)->syscallno)
#define REGS_ARG0(regs)	  ((regs)->orig_x0)
#define REGS_ARG1(regs)	  ((regs)->regs[1])
#define REGS_ARG2(regs)	  ((regs)->regs[2])
#define REGS_ARG3(regs)	  ((regs)->regs[3])
#define REGS_ARG4(regs)	  ((regs)->regs[4])
#define REGS_ARG5(regs)	  ((regs)->regs[5])
#define REGS_IP(regs)	  ((regs)->pc)
/* The same as a 32-bit program passes them: two registers for one argument start at an even one. */
#define HAS_X32		  0
#define PAIRS_EVEN	  1
#define NARROW_ARG0(regs) ((__u32)(regs)->orig_x0)
#define NARROW_ARG1(regs) ((__u32)(regs)->regs[1])
#define NARROW_ARG2(regs) ((__u32)(regs)->regs[2])
#define NARROW_ARG3(regs) ((__u32)(regs)->regs[3])
#define NARROW_ARG4(regs) ((__u32)(regs)->regs[4])
#define NARROW_ARG5(regs) ((__u32)(regs)->regs[5])
#endif

/* Is TASK the collector, which is passed over? */
static __always_inline bool is_own(const struct task_struct *task)
{
	return settings.own_pid != 0 && task->tgid == (int)settings.own_pid;
}

/* Is a call of TASK's with FIRST and SECOND behind its first argument the collector's heartbeat? */
static __always_inline bool is_beat(const struct task_struct *task, __u64 first, __u64 second)
{
	return beat.nonce[0] != 0 && first == beat.nonce[0] && second == beat.nonce[1] &&
	       (settings.own_pid == 0 || is_own(task));
}

/* Is the system call that TASK leaves one of the 32-bit ABI, whose numbers are others? */
static __always_inline bool in_compat_syscall(const struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 2; /* TS_COMPAT */
#else
	return task->thread_info.flags & (1ul << 22); /* TIF_32BIT */
#endif
}

/* ---- files ---- */

/* The open file at FD of the current task; NULL if there is none. */
static __always_inline struct file *file_of_fd(const struct task_struct *task, long fd)
{
	struct fdtable *fdt = task->files->fdt;
	struct file **slots = fdt->fd;

	if (fd < 0 || fd >= fdt->max_fds)
		return NULL;
	return (struct file *)look_word(slots + fd);
}

static __always_inline __u64 ino_of_fd(const struct task_struct *task, long fd)
{
	struct file *file = file_of_fd(task, fd);

	return file == NULL ? 0 : LOOK(struct inode, LOOK(struct file, file, f_inode), i_ino);
}

/* Falco's form of a device number: what new_encode_dev() gives. */
static __always_inline __u32 encode_dev(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

/* ---- processes ---- */

/* A set of capabilities of CRED: eight bytes in every kernel, as one word or as two. */
#define CAPS(cred, which)                                                                          \
	({                                                                                         \
		__u64 caps_ = 0;                                                                   \
		bpf_core_read(&caps_, sizeof(caps_), &(cred)->which);                              \
		caps_;                                                                             \
	})

/* PID's row of namespace LEVEL.  PID comes from LOOK(): older kernels do not let a program count on
 * from a pointer whose type they know. */
static __always_inline const struct upid *upid_of(const struct pid *pid, unsigned level)
{
	return (const void *)((unsigned long)__builtin_preserve_access_index(&pid->numbers) +
			      (level & 31) * bpf_core_type_size(struct upid));
}

/* The number of PID in the namespace that it was made in. */
static __always_inline int pid_inner_nr(const struct pid *pid)
{
	return LOOK(struct upid, upid_of(pid, LOOK(struct pid, pid, level)), nr);
}

/* The number of PID in the initial namespace. */
static __always_inline int pid_outer_nr(const struct pid *pid)
{
	return LOOK(struct upid, upid_of(pid, 0), nr);
}

static __always_inline struct pid_namespace *pid_ns_of(const struct pid *pid)
{
	return LOOK(struct upid, upid_of(pid, LOOK(struct pid, pid, level)), ns);
}

enum { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

#endif
