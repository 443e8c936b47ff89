/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * call.bpf.h -- which system call it is, and its arguments, by whatever ABI it was
 * made: natively, as a 32-bit program does (int 0x80; 32-bit ARM), or as an x32 one.
 *
 * The same numbers mean other calls in each, so a native row says by WANTED_NARROW
 * whether the number is worth a second look when the call was none of its own.
 * x32's numbers have a bit set that takes them out of the array.
 */
#ifndef MEWS_CALL_BPF_H
#define MEWS_CALL_BPF_H

#include "read.bpf.h"

enum call_abi { ABI_NATIVE, ABI_32, ABI_X32 };

#define X32_BIT 0x40000000u

/* The row of a 32-bit call's number NR; of one that holds many, the row of what was made. */
static __always_inline const struct wanted *narrow_row_of(struct pt_regs *regs, __u32 nr)
{
	const struct wanted *w;
	__u32 row = NARROW_32 + nr;

	if (nr >= NARROW_X32)
		return NULL;
	w = bpf_map_lookup_elem(&wanted_narrow, &row);
	if (w == NULL || !(w->flags & WANTED_MANY))
		return w;
	row = NARROW_ARG0(regs);
	if (row == 0 || row >= NARROW_SOCKETCALL_COUNT)
		return w; /* no call at all */
	row += NARROW_SOCKETCALL;
	return bpf_map_lookup_elem(&wanted_narrow, &row);
}

static __always_inline const struct wanted *x32_row(__u32 nr)
{
	const struct wanted *w;
	__u32 row = nr & ~X32_BIT;

	if (!(nr & X32_BIT))
		return NULL;
	w = bpf_map_lookup_elem(&wanted, &row);
	if (w == NULL && row < NARROW_X32 + NARROW_X32_COUNT)
		w = bpf_map_lookup_elem(&wanted_narrow, &row);
	return w;
}

/* The wanted row of TASK's system call, NULL if there is none; NATIVE is what stands at its number
 * among the native ones. */
static __always_inline const struct wanted *row_of_call(const struct task_struct *task,
							struct pt_regs *regs,
							const struct wanted *native,
							enum call_abi *ret_abi)
{
	const struct wanted *w = native;
	__u32 nr = REGS_NR(regs);

	*ret_abi = ABI_NATIVE;
	if (in_compat_syscall(task)) {
		if (native == NULL || !(native->flags & WANTED_NARROW))
			return NULL;
		*ret_abi = ABI_32;
		w = narrow_row_of(regs, nr);
	} else if (native == NULL && HAS_X32) {
		*ret_abi = ABI_X32;
		w = x32_row(nr);
	}
	return w != NULL && w->flags & WANTED_YES ? w : NULL;
}

/* Arguments that the caller put into memory, as 32-bit words. */
static __always_inline void read_packed_args(struct call *c, __u32 n, __u64 user)
{
	__u32 words[6] = { 0 };

	n = n > 6 ? 6 : n;
	bpf_probe_read_user(words, n * sizeof(words[0]), (void *)user);
#pragma unroll
	for (int i = 0; i < 6; i++)
		c->arg[i] = words[i];
}

/* Note down the call of W's row. */
static __always_inline void note_call(struct call *c, const struct wanted *w, struct pt_regs *regs,
				      enum call_abi abi)
{
	__u8 flags = w->flags, packed = flags >> WANTED_ARGS;

	c->code = w->code;
	c->sc = w->sc;
	c->native = w->native;
	c->flags = flags;
	c->other = abi != ABI_NATIVE;
	c->regs32 = abi == ABI_32;
	c->narrow = abi == ABI_32 || (abi == ABI_X32 && (REGS_NR(regs) & ~X32_BIT) >= NARROW_X32);
	c->old32 = abi == ABI_32 && !(flags & WANTED_WIDE);
	c->turn = 0;
	if (abi != ABI_32) {
		c->arg[0] = REGS_ARG0(regs);
		c->arg[1] = REGS_ARG1(regs);
		c->arg[2] = REGS_ARG2(regs);
		c->arg[3] = REGS_ARG3(regs);
		c->arg[4] = REGS_ARG4(regs);
		c->arg[5] = REGS_ARG5(regs);
	} else if (packed != 0) {
		/* socketcall(call, args), and mmap(args) of old */
		read_packed_args(c, packed,
				 flags & WANTED_MANY ? NARROW_ARG1(regs) : NARROW_ARG0(regs));
	} else {
		c->arg[0] = NARROW_ARG0(regs);
		c->arg[1] = NARROW_ARG1(regs);
		c->arg[2] = NARROW_ARG2(regs);
		c->arg[3] = NARROW_ARG3(regs);
		c->arg[4] = NARROW_ARG4(regs);
		c->arg[5] = NARROW_ARG5(regs);
	}
}

#endif
