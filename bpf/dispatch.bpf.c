/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * dispatch.bpf.c -- the one program that sees every system call return.  It looks
 * the number up and is done unless somebody wants it; then it goes on, by tail
 * call, in the program of the event's family.
 */
#include "family.bpf.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	__u32 nr = REGS_NR(regs);
	const struct wanted *w = bpf_map_lookup_elem(&wanted, &nr);
	struct task_struct *task;

	if (w == NULL || !(w->flags & WANTED_YES))
		return 0;
	task = bpf_get_current_task_btf();
	if (in_compat_syscall(task))
		return 0; /* another table's number */
	if (settings.own_pid != 0 && task->tgid == (int)settings.own_pid)
		return 0;
	/* By constant index: the kernel makes a plain jump of it, and no indirect one, which the
	 * defences against speculation make dear. */
	switch (w->family) {
#define FAMILY(name, program)                                                                      \
	case FAMILY_##name:                                                                        \
		bpf_tail_call_static(ctx, &families, FAMILY_##name);                               \
		break;
#include "family.def"
#undef FAMILY
	}
	return 0;
}

/* A system call that has no event of its own. */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_generic, struct pt_regs *regs, long ret)
{
	struct build b;
	const struct wanted *w = begin_exit(&b, regs);

	if (w == NULL)
		return 0;
	params(&b, 2);
	put_u16(&b, w->sc);
	put_u16(&b, REGS_NR(regs));
	send(&b);
	return 0;
}
