/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * family.bpf.h -- what every family of exit programs starts with.  A family's
 * program is reached by tail call from sys_exit, with its arguments: the
 * registers, and what the system call returned.  Which call it was and what it was
 * asked for has been noted down by then, and is had by arg().
 */
#ifndef MEWS_FAMILY_BPF_H
#define MEWS_FAMILY_BPF_H

#include "call.bpf.h"
#include "path.bpf.h"
#include "socket.bpf.h"

#include <bpf/bpf_tracing.h>

/* Flags of a task: a thread that the kernel has for a ring of a process; one that it has for itself. */
enum { PF_IO_WORKER_FLAG = 0x10, PF_KTHREAD = 0x00200000 };

static __always_inline struct task_struct *task_of(const struct call *c)
{
	if (!settings.casts)
		return bpf_get_current_task_btf();
	return bpf_rdonly_cast((void *)c->task, bpf_core_type_id_kernel(struct task_struct));
}

/* Start the record of the system call that the dispatcher noted down; stamp() is for later. */
static __always_inline bool begin_exit_unstamped(struct build *b)
{
	const struct call *c;

	if (!find_scratch(b))
		return false;
	c = &b->s->call;
	put_header(b, task_of(c), c->code, c->flags & WANTED_STATE);
	if (c->other)
		HEADER_OF(b)->flags |= RECORD_COMPAT32;
	return true;
}

static __always_inline bool begin_exit(struct build *b)
{
	if (!begin_exit_unstamped(b))
		return false;
	stamp(b);
	return true;
}

/* Has a call that returned RET failed, where those are passed over? */
static __always_inline bool is_dropped(long ret)
{
	return settings.drop_failed && ret < 0 && ret >= -4095;
}

/* Argument N of that call. */
static __always_inline __u64 arg(const struct build *b, __u32 n)
{
	return b->s->call.arg[n];
}

static __always_inline const void *user_arg(const struct build *b, __u32 n)
{
	return (const void *)arg(b, n);
}

/* An id of a user or group; -1: leave it. */
static __always_inline __u32 id_arg(const struct build *b, __u32 n)
{
	__u32 id = arg(b, n);

	if (!b->s->call.old32)
		return id;
	return (id & 0xffff) == 0xffff ? (__u32)-1 : id & 0xffff;
}

/* A position that the call takes in two halves, the low one first; natively the first is all. */
static __always_inline __u64 halves_arg(const struct build *b, __u32 n)
{
	return b->s->call.regs32 ? arg(b, n + 1) << 32 | (__u32)arg(b, n) : arg(b, n);
}

/* A position: one argument, which takes two registers where they are of 32 bits. */
static __always_inline __u64 position_arg(const struct build *b, __u32 n)
{
	return b->s->call.regs32 ? halves_arg(b, PAIRS_EVEN ? (n + 1) & ~1u : n) : arg(b, n);
}

/* An address that was returned; a 32-bit one may look like a negative number. */
static __always_inline __u64 address_result(const struct build *b, long ret)
{
	return b->s->call.regs32 && (unsigned long)ret < -4095ul ? (__u32)ret : ret;
}

/* Events whose own parameters say both ends of the socket, or whose socket has none yet. */
static __always_inline bool says_ends(__u16 code)
{
	return code == EVENT_SOCKET_CONNECT_X || code == EVENT_SOCKET_ACCEPT_5_X ||
	       code == EVENT_SOCKET_ACCEPT4_6_X || code == EVENT_SOCKET_SOCKET_X;
}

/* Say of the file behind the header what kind of socket SK, its own, is. */
static __always_inline void put_kind_of_socket(struct build *b, struct sock *sk)
{
	FILE_OF(b)->sock_family = LOOK(struct sock, sk, __sk_common.skc_family);
	FILE_OF(b)->sock_type = LOOK(struct sock, sk, sk_type);
	FILE_OF(b)->sock_proto = LOOK(struct sock, sk, sk_protocol);
}

/* Put FILE, open at FD, behind the header: its numbers, and its path, or both ends if it is a socket.
 * Whoever keeps descriptors' names sees by them if it is the file that he thinks. */
static __always_inline struct sock *put_open_file(struct build *b, struct file *file, __s32 fd)
{
	struct sock *sk;
	__u32 n;

	put_file(b, file, fd);
	sk = sock_of_file(file, FILE_OF(b)->mode);
	if (sk == NULL) {
		n = path_behind(b->cpu, address_of(b, file), b->off) & (2 * TEXT_MAX - 1);
		FILE_OF(b)->path_len = n;
		move_to(b, forget(b, b->off + n));
		return NULL;
	}
	put_kind_of_socket(b, sk);
	if (says_ends(b->code))
		return sk;
	n = append_tuple(b, sk, TUPLE_OUT, NULL);
	FILE_OF(b)->tuple_len = n;
	move_to(b, forget(b, b->off + n));
	return sk;
}

/* Put a socket of FAMILY and TYPE that is open at FD and not at hand behind the header, in place of what
 * stands there. */
static __always_inline void put_lost_socket(struct build *b, __s32 fd, __u32 family, __u32 type)
{
	struct record_file *rf = FILE_OF(b);

	HEADER_OF(b)->flags |= RECORD_HAS_FILE;
	move_to(b, sizeof(struct record) + sizeof(struct record_file));
	__builtin_memset(rf, 0, sizeof(*rf));
	rf->mode = FMT_SOCKET;
	rf->fd = fd;
	rf->sock_family = family;
	rf->sock_type = type;
}

/* The same of the file that the task has open at FD, if it has. */
static __always_inline struct sock *put_file_of_fd(struct build *b, unsigned long fd)
{
	struct file *file = file_of_fd(b->task, (__s32)fd);

	return file == NULL ? NULL : put_open_file(b, file, (__s32)fd);
}

/* begin_exit() of a system call on the descriptor that its first argument is. */
static __always_inline bool begin_exit_on_fd(struct build *b)
{
	if (!begin_exit(b))
		return false;
	put_file_of_fd(b, arg(b, 0));
	return true;
}

/* begin_exit() of a system call that returns a descriptor. */
static __always_inline bool begin_exit_with_fd(struct build *b, long ret)
{
	if (!begin_exit(b))
		return false;
	if (ret >= 0)
		put_file_of_fd(b, ret);
	return true;
}

#endif
