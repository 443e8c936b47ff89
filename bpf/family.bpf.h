/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * family.bpf.h -- what every family of exit programs starts with.  A family's
 * program is reached by tail call from sys_exit, with its arguments: the
 * registers, and what the system call returned.
 */
#ifndef MEWS_FAMILY_BPF_H
#define MEWS_FAMILY_BPF_H

#include "path.bpf.h"
#include "socket.bpf.h"

#include <bpf/bpf_tracing.h>

/* Start the record of the system call that REGS belong to; its row in `wanted`,
 * NULL if there is nothing to do. */
static __always_inline const struct wanted *begin_exit(struct build *b, struct pt_regs *regs)
{
	__u32 nr = REGS_NR(regs);
	const struct wanted *w = bpf_map_lookup_elem(&wanted, &nr);

	struct task_struct *task = bpf_get_current_task_btf();

	if (w == NULL || in_compat_syscall(task)) /* another table's number */
		return NULL;
	return begin(b, task, w->code, w->flags & WANTED_STATE) ? w : NULL;
}

/* Put the file that the task has open at FD behind the header, if it has: its numbers, and both ends
 * if it is a socket.  */
static __always_inline struct sock *put_file_of_fd(struct build *b, unsigned long fd)
{
	struct file *file = file_of_fd(b->task, (__s32)fd);
	struct sock *sk;
	__u32 n;

	if (file == NULL)
		return NULL;
	put_file(b, file, (__s32)fd);
	sk = sock_of_file(file, FILE_OF(b)->mode);
	if (sk == NULL)
		return NULL;
	FILE_OF(b)->sock_type = LOOK(struct sock, sk, sk_type);
	FILE_OF(b)->sock_proto = LOOK(struct sock, sk, sk_protocol);
	n = append_tuple(b, sk, TUPLE_OUT, NULL);
	FILE_OF(b)->tuple_len = n;
	b->off = forget(b, b->off + n);
	return sk;
}

/* begin_exit() of a system call on the descriptor FD. */
static __always_inline const struct wanted *begin_exit_on_fd(struct build *b, struct pt_regs *regs,
							     unsigned long fd)
{
	const struct wanted *w = begin_exit(b, regs);

	if (w != NULL)
		put_file_of_fd(b, fd);
	return w;
}

#endif
