/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
 *
 * calls_seen.bpf.c -- which system calls the stages make behind their jail, and which are refused
 * them: a row for each program and number, counted.
 */
#include <linux/bpf.h>

#include <asm/unistd.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "calls_seen.h"

#define SECCOMP_FILTER 2
#define SIGSYS	       31
#define EPERM	       1
#define UNKNOWN	       ~0u

struct seccomp {
	int mode;
} __attribute__((preserve_access_index));

struct pid {
	unsigned level;
} __attribute__((preserve_access_index));

struct task_struct {
	struct pid *thread_pid;
	char comm[SEEN_NAME];
	struct task_struct *group_leader;
	struct seccomp seccomp;
} __attribute__((preserve_access_index));

/* The first three arguments of a call. */
struct pt_regs {
#ifdef __TARGET_ARCH_x86
	unsigned long di, si, dx, orig_ax;
#else
	unsigned long regs[31], orig_x0;
	int syscallno;
#endif
} __attribute__((preserve_access_index));

struct kernel_siginfo {
	union {
		struct {
			void *_call_addr;
			int _syscall;
		} _sigsys;
	} _sifields;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct seen_call);
	__type(value, __u64);
} seen SEC(".maps");

static void count(const struct seen_call *call)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&seen, call);

	if (n != NULL)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&seen, call, &one, BPF_NOEXIST);
}

static int is_stage(const char name[SEEN_NAME])
{
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'w' && name[3] == 's' &&
	       name[4] == '-';
}

/* Which argument says what the call does; -1: its number alone. */
static int choice_of(unsigned nr)
{
	switch (nr) {
	case __NR_bpf:
	case __NR_prctl:
	case __NR_socket:
	case __NR_clone:
		return 0;
	case __NR_fcntl:
	case __NR_ioctl:
		return 1;
	case __NR_mmap:
	case __NR_openat:
	case __NR_mprotect:
		return 2;
	default:
		return -1;
	}
}

static unsigned argument(const struct pt_regs *regs, int which)
{
#ifdef __TARGET_ARCH_x86
	return which == 0   ? BPF_CORE_READ(regs, di)
	       : which == 1 ? BPF_CORE_READ(regs, si)
			    : BPF_CORE_READ(regs, dx);
#else
	return which == 0   ? BPF_CORE_READ(regs, orig_x0)
	       : which == 1 ? BPF_CORE_READ(regs, regs[1])
			    : BPF_CORE_READ(regs, regs[2]);
#endif
}

static unsigned number(const struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	return BPF_CORE_READ(regs, orig_ax);
#else
	return BPF_CORE_READ(regs, syscallno);
#endif
}

/* Who is in a call: the filter has let it in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u32);
} inside SEC(".maps");

/* How deep the tests' pid namespace lies: what runs further down has another's filter as well. */
unsigned own_level = UNKNOWN;

/* It is that of the process that loaded this. */
static void find_own_level(struct task_struct *task)
{
	static const char own[] = "calls_seen";
	char name[SEEN_NAME] = "";

	BPF_CORE_READ_STR_INTO(&name, task, group_leader, comm);
	for (unsigned i = 0; i < sizeof(own); i++)
		if (name[i] != own[i])
			return;
	own_level = BPF_CORE_READ(task, thread_pid, level);
}

/* False: it is no stage under its filter. */
static int name_caller(struct seen_call *call)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (BPF_CORE_READ(task, seccomp.mode) != SECCOMP_FILTER ||
	    BPF_CORE_READ(task, thread_pid, level) != own_level)
		return 0;
	BPF_CORE_READ_STR_INTO(&call->name, task, group_leader, comm);
	return is_stage(call->name);
}

SEC("raw_tp/sys_enter")
int on_call(struct bpf_raw_tracepoint_args *ctx)
{
	struct seen_call call = { .nr = ctx->args[1] };
	__u32 tid = (__u32)bpf_get_current_pid_tgid(), one = 1;

	if (own_level == UNKNOWN)
		find_own_level((void *)bpf_get_current_task());
	if (!name_caller(&call))
		return 0;
	bpf_map_update_elem(&inside, &tid, &one, BPF_ANY);
	call.has_arg = choice_of(call.nr) >= 0;
	if (call.has_arg)
		call.arg = argument((struct pt_regs *)ctx->args[0], choice_of(call.nr));
	count(&call);
	return 0;
}

/* What the filter refuses comes out and never went in. */
SEC("raw_tp/sys_exit")
int on_return(struct bpf_raw_tracepoint_args *ctx)
{
	struct seen_call call = { .nr = number((struct pt_regs *)ctx->args[0]), .is_refused = 1 };
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	long ret = ctx->args[1];

	if (!name_caller(&call))
		return 0;
	if (bpf_map_delete_elem(&inside, &tid) == 0 || ret != -EPERM)
		return 0;
	call.has_arg = choice_of(call.nr) >= 0;
	if (call.has_arg)
		call.arg = argument((struct pt_regs *)ctx->args[0], choice_of(call.nr));
	count(&call);
	return 0;
}

/* Nor does what ends the process. */
SEC("raw_tp/signal_generate")
int on_signal(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_siginfo *info = (void *)ctx->args[1];
	struct task_struct *task = (void *)ctx->args[2];
	struct seen_call call = { .is_refused = 1 };

	if ((int)ctx->args[0] != SIGSYS)
		return 0;
	if ((unsigned long)info > 1) /* 0 and 1 say where it is from, and point nowhere */
		call.nr = BPF_CORE_READ(info, _sifields._sigsys._syscall);
	BPF_CORE_READ_STR_INTO(&call.name, task, group_leader, comm);
	if (is_stage(call.name) && BPF_CORE_READ(task, thread_pid, level) == own_level)
		count(&call);
	return 0;
}

char _license[] SEC("license") = "GPL";
