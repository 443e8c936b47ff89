/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * process.bpf.c -- processes begin, change their program and end.
 *
 * A new task is told of at sched_process_fork, which runs in its parent before the
 * child has run at all: so the child's record comes before anything that the
 * child does, on whatever CPU.  (At its own return from clone it could not say
 * more, and on some machines that return is not traced.)  Its numbers stand in the
 * record's header; `res` is 0, as in a child that returns.  The parent's own
 * event, `res` > 0 or an error, is made at sys_exit.
 *
 * A successful exec is told of at sched_process_exec, when the new program is in
 * place and has not run; a failed one at sys_exit.
 */
#include "family.bpf.h"

#include "task.bpf.h"

/* ---- clone ---- */

/* Flags of a task made by the system call C, in the kernel's encoding. */
static __always_inline __u64 native_clone_flags(const struct call *c)
{
	__u64 flags = 0;

	switch (c->code) {
	case EVENT_SYSCALL_CLONE_20_X:
		return (__u32)c->arg[0];
	case EVENT_SYSCALL_CLONE3_X: /* the first word of struct clone_args */
		if (bpf_probe_read_user(&flags, sizeof(flags), (void *)c->arg[0]) != 0)
			return 0;
		return flags;
	case EVENT_SYSCALL_VFORK_20_X:
		return 0x4100; /* CLONE_VFORK | CLONE_VM */
	default:
		return 0;
	}
}

/* Falco's flag for "the child's numbers are not those of the initial namespace". */
static __always_inline __u32 pidns_flag(const struct task_struct *task)
{
	struct pid *pid = LOOK(struct task_struct, task, thread_pid);

	if (LOOK(struct pid, pid, level) != 0)
		return PPM_CL_CHILD_IN_PIDNS;
	if (task->nsproxy != NULL && task->nsproxy->pid_ns_for_children != pid_ns_of(pid))
		return PPM_CL_CHILD_IN_PIDNS;
	return 0;
}

/* The parameters of all four clone events, about TASK.  Arguments are read from the current
 * task's memory: TASK is it, or a child that has just been given a copy. */
static __always_inline void put_clone(struct build *b, struct task_struct *task, long ret,
				      __u32 flags)
{
	struct mm_struct *mm = task->mm;
	struct pid *pid = LOOK(struct task_struct, task, thread_pid);
	struct pid_namespace *ns;
	__u64 ns_start = 0;

	params(b, 21);
	put_u64(b, ret);
	put_exe_and_args(b, mm->arg_start, mm->arg_end);
	put_u64(b, task->pid);
	put_u64(b, task->tgid);
	put_u64(b, task->real_parent->tgid);
	put_empty(b);
	put_u64(b, task->signal->rlim[RLIMIT_NOFILE_INDEX].rlim_cur);
	put_memory(b, task);
	put_comm(b, task);
	put_cgroups(b, task);
	put_u32(b, flags);
	put_u32(b, task->cred->euid.val);
	put_u32(b, task->cred->egid.val);
	put_u64(b, pid_inner_nr(pid));
	put_u64(b, pid_inner_nr(LOOK(struct task_struct, task->group_leader, thread_pid)));
	if (ret == 0) {
		ns = pid_ns_of(pid);
		ns_start = LOOK(struct task_struct, LOOK(struct pid_namespace, ns, child_reaper),
				start_boottime);
	}
	put_u64(b, ns_start);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_clone, struct pt_regs *regs, long ret)
{
	struct build b;

	if (ret == 0 || !begin_exit(&b))
		return 0;
	put_clone(&b, b.task, ret,
		  ppm_clone_flags(native_clone_flags(&b.s->call)) | pidns_flag(b.task));
	send(&b);
	return 0;
}

enum { CLONE_PARENT = 0x00008000 };

/* Note down in S the system call that PARENT makes a task by; false: by none that is known. */
static __always_inline bool note_clone(struct scratch *s, struct task_struct *parent)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(parent);
	__u32 nr = REGS_NR(regs);
	const struct wanted *w = bpf_map_lookup_elem(&wanted, &nr);
	enum call_abi abi;

	w = row_of_call(parent, regs, w, &abi);
	if (w == NULL || w->family != FAMILY_CLONE)
		return false;
	note_call(&s->call, w, regs, abi);
	return true;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 flags;
	struct build b;

	if (child->flags & PF_KTHREAD)
		return 0;
	if (!begin(&b, child, EVENT_SYSCALL_CLONE_20_X, true))
		return 0;
	/* Tasks are also made by io_uring and for the kernel's own helpers: as if by clone. */
	flags = 0x10000 * (child->tgid == parent->tgid); /* CLONE_THREAD */
	if (!(parent->flags & PF_KTHREAD) && note_clone(b.s, parent)) {
		b.code = HEADER_OF(&b)->code = b.s->call.code;
		flags = native_clone_flags(&b.s->call);
	}
	if (flags & CLONE_PARENT)
		HEADER_OF(&b)->maker = parent->pid;
	put_clone(&b, b.task, 0, ppm_clone_flags(flags) | pidns_flag(b.task));
	send(&b);
	return 0;
}

/* ---- exec ---- */

enum {
	CAP_DAC_OVERRIDE_BIT = 1 << 1,
	S_IWUSR_BIT = 0200,
	S_IWGRP_BIT = 020,
	S_IWOTH_BIT = 02,
	SB_RDONLY_BIT = 1,
	S_IMMUTABLE_BIT = 8,
	GROUPS_LOOKED_AT = 32,
};

/* Is GID among the first GROUPS_LOOKED_AT of the N groups at LIST? */
__noinline int is_listed(__u64 list, __u32 n, __u32 gid)
{
	for (__u32 i = 0; i < GROUPS_LOOKED_AT && i < n; i++) {
		__u32 have;

		if (bpf_probe_read_kernel(&have, sizeof(have), (__u32 *)list + i) == 0 &&
		    have == gid)
			return 1;
	}
	return 0;
}

static __always_inline bool in_group(struct build *b, const struct cred *cred, __u32 gid)
{
	struct group_info *groups = cred->group_info;
	__u32 *list = (void *)__builtin_preserve_access_index(&groups->gid);

	if (cred->fsgid.val == gid)
		return true;
	return is_listed(address_of(b, list), groups->ngroups, gid);
}

/* May CRED write to INODE, going by its owner, mode and the capability to pass over them? */
static __always_inline bool may_write(struct build *b, const struct cred *cred, struct inode *inode,
				      struct super_block *sb)
{
	__u16 mode = LOOK(struct inode, inode, i_mode);
	__u32 uid = LOOK(struct inode, inode, i_uid.val);
	__u32 gid = LOOK(struct inode, inode, i_gid.val);

	if (LOOK(struct super_block, sb, s_flags) & SB_RDONLY_BIT)
		return false;
	if (LOOK(struct inode, inode, i_flags) & S_IMMUTABLE_BIT)
		return false;
	if (uid == (__u32)-1 || gid == (__u32)-1)
		return false;
	if (cred->fsuid.val == uid && (mode & S_IWUSR_BIT))
		return true;
	if (in_group(b, cred, gid) && (mode & S_IWGRP_BIT))
		return true;
	if (mode & S_IWOTH_BIT)
		return true;
	/* In a user namespace the capability counts for the users that live there only. */
	if (cred->user_ns->level != 0)
		return false;
	return CAPS(cred, cap_effective) & CAP_DAC_OVERRIDE_BIT;
}

static __always_inline bool is_memfd(struct dentry *dentry)
{
	char name[6] = { 0 };

	if (LOOK(struct dentry, dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(name, sizeof(name), LOOK(struct dentry, dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

static __always_inline __u64 inode_time(struct inode *inode, bool ctime)
{
	__u64 sec = 0, nsec = 0;

	if (bpf_core_field_exists(inode->i_ctime_sec)) {
		sec = ctime ? LOOK(struct inode, inode, i_ctime_sec)
			    : LOOK(struct inode, inode, i_mtime_sec);
		nsec = ctime ? LOOK(struct inode, inode, i_ctime_nsec)
			     : LOOK(struct inode, inode, i_mtime_nsec);
	} else {
		struct inode___6_6 *mid = (void *)inode;
		struct inode___5 *old = (void *)inode;
		struct timespec64 t = { 0 };

		if (ctime && bpf_core_field_exists(mid->__i_ctime))
			bpf_core_read(&t, sizeof(t), &mid->__i_ctime);
		else if (ctime)
			bpf_core_read(&t, sizeof(t), &old->i_ctime);
		else if (bpf_core_field_exists(mid->__i_mtime))
			bpf_core_read(&t, sizeof(t), &mid->__i_mtime);
		else
			bpf_core_read(&t, sizeof(t), &old->i_mtime);
		sec = t.tv_sec;
		nsec = t.tv_nsec;
	}
	/* The highest bit of the word is the kernel's own note that somebody has asked. */
	return sec * 1000000000 + (nsec & 0x7fffffff);
}

static __always_inline __u32 tty_of(const struct task_struct *task)
{
	struct tty_struct *tty = task->signal->tty;
	__u32 dev;

	if (tty == NULL)
		return 0;
	dev = ((__u32)tty->driver->major << 20 | tty->driver->minor_start) + tty->index;
	return encode_dev(dev);
}

/* What execve and execveat tell beyond the arguments, parameters 3 to 29 without the environment,
 * which BEFORE_ENV and AFTER_ENV stand around.  EXE is the current program's file. */
static __always_inline void put_exec_before_env(struct build *b, struct task_struct *task)
{
	put_u64(b, task->pid);
	put_u64(b, task->tgid);
	put_u64(b, task->real_parent->tgid);
	put_empty(b);
	put_u64(b, task->signal->rlim[RLIMIT_NOFILE_INDEX].rlim_cur);
	put_memory(b, task);
	put_comm(b, task);
	put_cgroups(b, task);
}

static __always_inline void put_exec_after_env(struct build *b, struct task_struct *task)
{
	struct file *exe = task->mm->exe_file;
	struct inode *inode = exe->f_inode;
	const struct cred *cred = task->cred;
	struct pid *pgrp = process_group_of(task);
	__u32 layer = overlay_layer(inode, inode->i_sb), flags = 0, len;

	if (may_write(b, cred, inode, inode->i_sb))
		flags |= PPM_EXE_WRITABLE;
	if (layer == PPM_FD_UPPER_LAYER)
		flags |= PPM_EXE_UPPER_LAYER;
	if (layer == PPM_FD_LOWER_LAYER)
		flags |= PPM_EXE_LOWER_LAYER;
	if (is_memfd(exe->f_path.dentry))
		flags |= PPM_EXE_FROM_MEMFD;
	put_u32(b, tty_of(task));
	put_u64(b, pid_inner_nr(pgrp));
	put_u32(b, loginuid_of(task));
	put_u32(b, forget(b, flags));
	put_u64(b, CAPS(cred, cap_inheritable));
	put_u64(b, CAPS(cred, cap_permitted));
	put_u64(b, CAPS(cred, cap_effective));
	put_u64(b, inode->i_ino);
	put_u64(b, inode_time(inode, true));
	put_u64(b, inode_time(inode, false));
	put_u32(b, cred->euid.val);
	len = append_path(b, exe->f_path.dentry, exe->f_path.mnt, false);
	put_var_len(b, len);
	put_u64(b, pid_outer_nr(pgrp));
	put_u32(b, cred->egid.val);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct mm_struct *mm;
	struct build b;

	if (!begin(&b, task, EVENT_SYSCALL_EXECVE_19_X, true))
		return 0;
	mm = b.task->mm;
	put_file(&b, mm->exe_file, -1);
	params(&b, 31);
	put_u64(&b, 0);
	put_exe_and_args(&b, mm->arg_start, mm->arg_end);
	put_exec_before_env(&b, b.task);
	put_user_range(&b, mm->env_start, mm->env_end);
	put_exec_after_env(&b, b.task);
	put_kernel_text(&b, bprm->filename);
	send(&b);
	return 0;
}

enum { ARGV_MAX = 128, ARGV_TURNS = 8 };

/* The pointer at AT of the caller's memory; 0 if it cannot be read. */
static __always_inline __u64 user_pointer(struct scratch *s, __u64 at)
{
	__u64 p = 0;

	if (s->call.narrow)
		return user_u32((void *)at);
	bpf_probe_read_user(&p, sizeof(p), (void *)at);
	return p;
}

/* The next text of those that the list at gather.at points to; false: it was the last. */
static __always_inline bool gather_text(struct scratch *s)
{
	struct gather *g = &s->gather;
	__u32 off = g->off, room = TEXT_MAX - (off - g->start);
	__u64 text = user_pointer(s, g->at);
	long n;

	if (text == 0)
		return false;
	if (room == 0 || room > TEXT_MAX) {
		truncated_in(s);
		return false;
	}
	n = bpf_probe_read_user_str(s->build + (off & BUILD_MASK), room, (void *)text);
	if (n <= 0) { /* it is not in memory: a call that fails may not have looked either */
		truncated_in(s);
		return false;
	}
	g->off = off + (n & (2 * TEXT_MAX - 1));
	g->at += s->call.narrow ? 4 : 8;
	return true;
}

/* The next texts of CPU's list, for run_turns(). */
__noinline int gather_texts(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);

	if (s == NULL)
		return 0;
	for (int i = 0; i < ARGV_TURNS; i++)
		if (!gather_text(s))
			return 0;
	return 1;
}

/* The texts that the array of pointers at LIST names, from its item FROM on, as one parameter. */
static __always_inline void put_pointed_texts(struct build *b, __u64 list, int from)
{
	struct gather *g = &b->s->gather;

	g->at = list + from * (b->s->call.narrow ? 4 : 8);
	g->start = g->off = b->off;
	if (!run_turns(gather_texts, b->cpu, ARGV_MAX / ARGV_TURNS) &&
	    user_pointer(b->s, g->at) != 0)
		truncated(b);
	put_var_len(b, g->off - g->start);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_exec, struct pt_regs *regs, long ret)
{
	__u64 argv, envp;
	struct build b;

	if (ret == 0 || !begin_exit(&b))
		return 0;
	if (b.code == EVENT_SYSCALL_EXECVE_19_X) {
		argv = arg(&b, 1);
		envp = arg(&b, 2);
	} else {
		argv = arg(&b, 2);
		envp = arg(&b, 3);
	}
	params(&b, b.code == EVENT_SYSCALL_EXECVE_19_X ? 31 : 30);
	put_u64(&b, ret);
	put_user_text(&b, (void *)user_pointer(b.s, argv));
	put_pointed_texts(&b, argv, 1);
	put_exec_before_env(&b, b.task);
	put_pointed_texts(&b, envp, 0);
	put_exec_after_env(&b, b.task);
	if (b.code == EVENT_SYSCALL_EXECVE_19_X)
		put_user_text(&b, user_arg(&b, 0));
	send(&b);
	return 0;
}

/* ---- exit ---- */

enum { PF_EXITING = 4, THREADS_LOOKED_AT = 64, ANCESTORS_LOOKED_AT = 32, ANCESTOR_TURNS = 4 };

/* A thread of the group of SIGNAL that goes on when SELF ends; its tid, 0 if there is none.  Both
 * are addresses.  A function of its own, checked by the verifier once and not in every turn of
 * the loop that calls it. */
__noinline int live_thread(__u64 signal, __u64 self)
{
	const struct signal_struct *group = (const void *)signal;
	struct list_head *head = (void *)__builtin_preserve_access_index(&group->thread_head);
	struct list_head *node = LOOK(struct list_head, head, next);

	for (int i = 0; i < THREADS_LOOKED_AT && node != head && node != NULL; i++) {
		const struct task_struct *t =
			(void *)node - bpf_core_field_offset(struct task_struct, thread_node);

		if (t != (void *)self && !(LOOK(struct task_struct, t, flags) & PF_EXITING))
			return LOOK(struct task_struct, t, pid);
		node = LOOK(struct list_head, node, next);
	}
	return 0;
}

/* Has the next ancestor asked for children?  False: it was found out who has, or nobody is left. */
static __always_inline bool ask_ancestor(struct scratch *s)
{
	struct heir *h = &s->heir;
	struct task_struct *up = (void *)h->up;
	struct pid *its = LOOK(struct task_struct, up, thread_pid);
	struct signal_struct *signal = LOOK(struct task_struct, up, signal);

	if (up == NULL || LOOK(struct pid, its, level) != h->level ||
	    LOOK(struct task_struct, up, pid) == 0)
		return false;
	if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) {
		h->tid = live_thread(address_in(s, signal), h->self);
		if (h->tid != 0)
			return false;
	}
	h->up = (__u64)LOOK(struct task_struct, up, real_parent);
	return true;
}

/* The next ancestors of CPU's search, for run_turns(). */
__noinline int ask_ancestors(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);

	if (s == NULL)
		return 0;
	for (int i = 0; i < ANCESTOR_TURNS; i++)
		if (!ask_ancestor(s))
			return 0;
	return 1;
}

/* Whose children TASK's will be when it is gone, as the kernel will choose; 0 if it has none.
 * Another thread of its own, or of an ancestor that has asked for them, or the namespace's init. */
static __always_inline int new_reaper(struct build *b, struct task_struct *task)
{
	struct heir *h = &b->s->heir;
	struct list_head *children = (void *)__builtin_preserve_access_index(&task->children);
	struct pid *pid = LOOK(struct task_struct, task, thread_pid);
	int tid;

	if (LOOK(struct list_head, children, next) == children)
		return 0;
	h->self = address_of(b, task);
	tid = live_thread(address_of(b, task->signal), h->self);
	if (tid != 0)
		return tid;
	if (BPF_CORE_READ_BITFIELD_PROBED(task->signal, has_child_subreaper)) {
		h->up = (__u64)task->real_parent;
		h->level = LOOK(struct pid, pid, level);
		h->tid = 0;
		run_turns(ask_ancestors, b->cpu, ANCESTORS_LOOKED_AT / ANCESTOR_TURNS);
		if (h->tid != 0)
			return h->tid;
	}
	return LOOK(struct task_struct, LOOK(struct pid_namespace, pid_ns_of(pid), child_reaper),
		    pid);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	int code = task->exit_code;
	struct build b;

	if ((task->flags & PF_KTHREAD) || !begin(&b, task, EVENT_PROCEXIT_1_E, true))
		return 0;
	params(&b, 5);
	put_u64(&b, (__s64)code);
	put_u64(&b, (code >> 8) & 0xff);
	put_u8(&b, code & 0x7f);
	put_u8(&b, (code & 0x80) != 0);
	put_u64(&b, new_reaper(&b, b.task));
	send(&b);
	return 0;
}
