/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * trace.bpf.c -- what the kernel does with a process, and no system call asked for:
 * the CPU goes to another, a signal arrives, a page is missing.  Attached while
 * somebody wants it: see TRACE in family.def.
 */
#include "family.bpf.h"

#include "task.bpf.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(task_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct build b;

	if (is_own(prev) || !begin(&b, prev, EVENT_SCHEDSWITCH_6_E, false))
		return 0;
	params(&b, NPARAMS_SCHEDSWITCH_6_E);
	put_u64(&b, next->pid);
	put_memory(&b, b.task);
	send(&b);
	return 0;
}

enum { SI_TIMER_CODE = -2, SIGCHLD_NUMBER = 17 };

/* Who sent the signal that INFO tells of; 0: the kernel, or nobody knows.  Codes above 0 are the
 * kernel's own reasons, and but for a child's they name nobody.  INFO may be a number, and the
 * kernels that know take it for one. */
static __always_inline __s32 sender_of(int sig, const struct kernel_siginfo *info)
{
	int code;

	if ((unsigned long)info <= 2) /* SEND_SIG_NOINFO, SEND_SIG_PRIV */
		return 0;
	code = LOOK(struct kernel_siginfo, info, si_code);
	if ((code > 0 && sig != SIGCHLD_NUMBER) || code == SI_TIMER_CODE)
		return 0;
	return LOOK(struct kernel_siginfo, info, _sifields._kill._pid);
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int sig, struct kernel_siginfo *info)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct build b;

	if (is_own(task) || !begin(&b, task, EVENT_SIGNALDELIVER_E, false))
		return 0;
	params(&b, NPARAMS_SIGNALDELIVER_E);
	put_u64(&b, sender_of(sig, info));
	put_u64(&b, b.task->pid);
	put_u8(&b, sig);
	send(&b);
	return 0;
}

/* ---- page faults ---- */

static __always_inline int put_fault(struct pt_regs *regs, unsigned long address,
				     unsigned long error)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct build b;

	if (is_own(task) || !begin(&b, task, EVENT_PAGE_FAULT_E, false))
		return 0;
	params(&b, NPARAMS_PAGE_FAULT_E);
	put_u64(&b, address);
	put_u64(&b, REGS_IP(regs));
	put_u32(&b, ppm_fault_flags(error));
	send(&b);
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(fault_user, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	return put_fault(regs, address, error);
}

/* A fault that whoever looks has said he can do without, as all programs here do that read the
 * user's memory, is none of the process's; and this CPU's scratch is in use then. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(fault_kernel, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->pagefault_disabled != 0 || (long)address < 0)
		return 0;
	return put_fault(regs, address, error);
}
