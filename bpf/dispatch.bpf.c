/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * dispatch.bpf.c -- the one program that sees every system call return.  It looks
 * the number up and is done unless somebody wants it; then it notes down which call
 * it is, and goes on, by tail call, in the program of the event's family.
 */
#include "family.bpf.h"

enum { CMD_DUPFD = 0, CMD_SETFD = 2, CMD_DUPFD_CLOEXEC = 1030, LAST_STANDARD_FD = 2 };
enum { SOCKET_TYPE = 0xf, SOCKET_STREAM = 1 };

/* A stream whose family and ends come with each event that uses it. */
static __always_inline bool is_common_socket(__u32 domain, __u32 type)
{
	return (domain == FAMILY_UNIX || domain == FAMILY_INET || domain == FAMILY_INET6) &&
	       (type & SOCKET_TYPE) == SOCKET_STREAM;
}

/* Is this a call that W's row spares? */
static __always_inline bool is_spared(const struct wanted *w, struct pt_regs *regs,
				      enum call_abi abi, long ret)
{
	__u32 first = abi == ABI_32 ? NARROW_ARG0(regs) : REGS_ARG0(regs);
	__u32 second = abi == ABI_32 ? NARROW_ARG1(regs) : REGS_ARG1(regs);

	if (!(w->family & WANTED_SPARED))
		return false;
	switch (w->code) {
	case EVENT_SYSCALL_FCNTL_X:
		return ret < 0 ||
		       (second != CMD_DUPFD && second != CMD_SETFD && second != CMD_DUPFD_CLOEXEC);
	case EVENT_SOCKET_SOCKET_X: /* of socketcall the arguments are in memory */
		return !(w->flags & WANTED_MANY) && is_common_socket(first, second) &&
		       (ret < 0 || ret > LAST_STANDARD_FD);
	default:
		return ret < 0 || first > LAST_STANDARD_FD;
	}
}

/* The collector's own calls are passed over, but for its heartbeat, whose row may be nobody else's. */
static __always_inline bool is_told(const struct wanted *w, const struct task_struct *task,
				    struct pt_regs *regs)
{
	if (!(w->family & WANTED_BEAT))
		return !is_own(task);
	return is_beat(task, REGS_ARG1(regs), REGS_ARG2(regs)) || (beat.others && !is_own(task));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	__u32 nr = REGS_NR(regs), cpu;
	const struct wanted *w = bpf_map_lookup_elem(&wanted, &nr);
	struct task_struct *task;
	struct scratch *s;
	enum call_abi abi;

	if (w != NULL ? !(w->flags & (WANTED_YES | WANTED_NARROW)) : !(nr & X32_BIT))
		return 0;
	/* Most closes end here: whose call it is need not be asked. */
	if (w != NULL && !(w->flags & WANTED_NARROW) && is_spared(w, regs, ABI_NATIVE, ret))
		return 0;
	task = bpf_get_current_task_btf();
	w = row_of_call(task, regs, w, &abi);
	if (w == NULL || is_spared(w, regs, abi, ret) || !is_told(w, task, regs) ||
	    (is_dropped(ret) && w->code != EVENT_SOCKET_CONNECT_X)) /* it has a note to forget */
		return 0;
	cpu = bpf_get_smp_processor_id();
	s = bpf_map_lookup_elem(&scratch, &cpu);
	if (s == NULL)
		return 0;
	s->call.task = (__u64)task;
	note_call(&s->call, w, regs, abi);
	/* By constant index: the kernel makes a plain jump of it, and no indirect one, which the
	 * defences against speculation make dear. */
	switch (w->family & ~(WANTED_SPARED | WANTED_BEAT)) {
#define FAMILY(name, program)                                                                      \
	case FAMILY_##name:                                                                        \
		bpf_tail_call_static(ctx, &families, FAMILY_##name);                               \
		break;
#include "family.def"
#undef FAMILY
	}
	return 0;
}

/* A system call that has no event of its own; the heartbeat is one. */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_generic, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	if (is_beat(b.task, arg(&b, 1), arg(&b, 2))) {
		HEADER_OF(&b)->flags |= RECORD_HEARTBEAT;
		b.state = true;
	}
	params(&b, 2);
	put_u16(&b, b.s->call.sc);
	put_u16(&b, b.s->call.native);
	send(&b);
	return 0;
}
