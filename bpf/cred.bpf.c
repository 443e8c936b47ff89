/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * cred.bpf.c -- who a process is and what it may: ids, capabilities, namespaces,
 * sessions; and what it does to others: signals, ptrace, modules, bpf.
 */
#include "family.bpf.h"

enum {
	NATIVE_PR_SET_NAME = 15,
	NATIVE_PR_GET_NAME = 16,
	NATIVE_PR_GET_CHILD_SUBREAPER = 37,
};

static __always_inline void put_prctl(struct build *b, long ret)
{
	__u32 option = arg(b, 0), value = 0;

	params(b, 4);
	put_u64(b, ret);
	put_u32(b, option);
	switch (option) {
	case NATIVE_PR_SET_NAME:
	case NATIVE_PR_GET_NAME:
		put_user_text(b, user_arg(b, 1));
		put_u64(b, 0);
		break;
	case NATIVE_PR_GET_CHILD_SUBREAPER:
		put_empty(b);
		if (bpf_probe_read_user(&value, sizeof(value), user_arg(b, 1)) == 0)
			put_u64(b, value);
		else
			put_empty(b);
		break;
	default:
		put_empty(b);
		put_u64(b, arg(b, 1));
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_cred, struct pt_regs *regs, long ret)
{
	const struct cred *cred;
	struct build b;

	if (!begin_exit(&b))
		return 0;
	cred = b.task->cred;
	switch (b.code) {
	case EVENT_SYSCALL_CAPSET_X: /* what they are now, whatever was asked for */
		params(&b, 4);
		put_u64(&b, ret);
		put_u64(&b, CAPS(cred, cap_inheritable));
		put_u64(&b, CAPS(cred, cap_permitted));
		put_u64(&b, CAPS(cred, cap_effective));
		break;
	case EVENT_SYSCALL_PRCTL_X:
		put_prctl(&b, ret);
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

/* ---- to others ---- */

/* ptrace_dynamic_param: what kind of value follows. */
enum { PTRACE_VALUE_U64, PTRACE_VALUE_SIGNAL };

static __always_inline void put_ptrace_u64(struct build *b, __u64 v)
{
	HERE(b, 0, __u8) = PTRACE_VALUE_U64;
	HERE(b, 1, __u64) = v;
	put_len(b, 9);
}

static __always_inline void put_ptrace_data(struct build *b, __u16 request, long ret, __u64 data)
{
	switch (request) {
	case 2: /* PEEKTEXT, PEEKDATA, PEEKUSR: what was read stands at DATA */
	case 3:
	case 4: {
		__u64 v = 0;

		if (b->s->call.narrow)
			v = user_u32((void *)data);
		else
			bpf_probe_read_user(&v, sizeof(v), (void *)data);
		put_ptrace_u64(b, v);
		break;
	}
	case 8:	 /* CONT */
	case 10: /* SINGLESTEP */
	case 12: /* DETACH */
	case 13: /* SYSCALL: a signal to go on with */
		HERE(b, 0, __u8) = PTRACE_VALUE_SIGNAL;
		HERE(b, 1, __u8) = data;
		put_len(b, 2);
		break;
	default:
		put_ptrace_u64(b, data);
	}
}

static __always_inline void put_ptrace(struct build *b, long ret)
{
	__u16 request = ppm_ptrace(arg(b, 0));

	params(b, 5);
	put_u64(b, ret);
	if (ret < 0) {
		put_ptrace_u64(b, 0);
		put_ptrace_u64(b, 0);
	} else {
		put_ptrace_u64(b, arg(b, 2));
		put_ptrace_data(b, request, ret, arg(b, 3));
	}
	put_u16(b, request);
	put_int(b, arg(b, 1));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_other, struct pt_regs *regs, long ret)
{
	struct build b;
	__u64 size;

	if (!begin_exit(&b))
		return 0;
	switch (b.code) {
	case EVENT_SYSCALL_PTRACE_X:
		put_ptrace(&b, ret);
		break;
	case EVENT_SYSCALL_PROCESS_VM_READV_X:
	case EVENT_SYSCALL_PROCESS_VM_WRITEV_X:
		params(&b, 3);
		put_u64(&b, ret);
		put_int(&b, arg(&b, 0));
		put_iov_data(&b, user_arg(&b, 1), arg(&b, 2), ret, &size);
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_module, struct pt_regs *regs, long ret)
{
	struct build b;
	__u64 size;

	if (!begin_exit(&b))
		return 0;
	size = arg(&b, 1);
	params(&b, NPARAMS_SYSCALL_INIT_MODULE_X);
	put_u64(&b, ret);
	put_user_bytes(&b, user_arg(&b, 0), size < settings.snaplen ? size : settings.snaplen);
	put_u64(&b, size);
	put_user_text(&b, user_arg(&b, 2));
	send(&b);
	return 0;
}
