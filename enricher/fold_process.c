/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_process.c -- how threads come, become other programs, and go: clone, fork
 * and vfork seen from both sides, execve, procexit.  Rule by rule as the state
 * notes have it: what is odd here is Falco's, and wanted.
 */
#include "enrich_core.h"

/* Parameters of clone, fork, vfork and clone3 (exit), of execve(at) up to VM. */
enum {
	P_EXE = 1,
	P_ARGS,
	P_TID,
	P_PID,
	P_PTID,
	P_CWD,
	P_FDLIMIT,
	P_PFMAJOR,
	P_PFMINOR,
	P_VMSIZE,
	P_VMRSS,
	P_VMSWAP,
	P_COMM,
	P_CGROUPS,
	P_CLONE_FLAGS,
	P_CLONE_UID,
	P_CLONE_GID,
	P_CLONE_VTID,
	P_CLONE_VPID,
	P_CLONE_PIDNS_START,
};
enum {
	P_ENV = 15,
	P_TTY,
	P_VPGID,
	P_LOGINUID,
	P_EXE_FLAGS,
	P_CAP_INHERITABLE,
	P_CAP_PERMITTED,
	P_CAP_EFFECTIVE,
	P_EXE_INO,
	P_EXE_CTIME,
	P_EXE_MTIME,
	P_UID,
	P_EXEPATH,
	P_PGID,
	P_GID,
};
enum { EXECVEAT_EMPTY_PATH = 1 };

/* Bytes of parameter I; the same as SAME has, mostly: then its memory is shared. */
static void set_bytes_like(struct enrich *en, struct thread *th, struct blob **member, uint64_t bit,
			   struct span value, struct blob *same)
{
	if (blob_is(same, value))
		thread_share_bytes(&en->proctab, th, member, bit, same);
	else
		thread_set_bytes(&en->proctab, th, member, bit, value);
}

/* What an event leaves empty it does not know: that stays as it was. */
#define TAKE(en, th, member, i)                                                                    \
	do {                                                                                       \
		if (has_param(en, i))                                                              \
			THREAD_SET(&(en)->proctab, th, member,                                     \
				   (__typeof__((th)->f.member))uint_param(en, i));                 \
	} while (0)

#define SET_LIKE(en, th, member, value, from)                                                      \
	set_bytes_like(en, th, &(th)->f.member, PROCESS_BIT(member), value, (from)->f.member)

/* What clone and execve say in the same places.  FROM: whose strings it may share. */
static void take_common(struct enrich *en, struct thread *th, const struct thread *from)
{
	struct proctab *pt = &en->proctab;

	SET_LIKE(en, th, exe, text_param(en, P_EXE), from);
	SET_LIKE(en, th, args, bytes_param(en, P_ARGS), from);
	if (has_param(en, P_CGROUPS))
		SET_LIKE(en, th, cgroups,
			 cgroup_rename(bytes_param(en, P_CGROUPS), en->scratch, WIRE_MAX_PAYLOAD),
			 from);
	if (has_param(en, P_COMM))
		SET_LIKE(en, th, comm, text_param(en, P_COMM), from);
	else
		SET_LIKE(en, th, comm, text_param(en, P_EXE), from);
	THREAD_SET(pt, th, fdlimit, int_param(en, P_FDLIMIT, -1));
	TAKE(en, th, pfmajor, P_PFMAJOR);
	TAKE(en, th, pfminor, P_PFMINOR);
	TAKE(en, th, vmsize, P_VMSIZE);
	TAKE(en, th, vmrss, P_VMRSS);
	TAKE(en, th, vmswap, P_VMSWAP);
}

/* What a new thread has from the one that it was cloned from. */
static void inherit(struct enrich *en, struct thread *th, const struct thread *from)
{
	struct proctab *pt = &en->proctab;

	/* Live, the page that they are on can be out of the kernel side's reach: paged out, or
	 * (arm64) not touched since a fork.  They are what they were. */
	if (en->ev.has_kernel && text_param(en, P_EXE).n == 0 && bytes_param(en, P_ARGS).n == 0) {
		THREAD_SHARE(pt, th, exe, from);
		THREAD_SHARE(pt, th, args, from);
	}
	THREAD_SHARE(pt, th, exepath, from);
	THREAD_SHARE(pt, th, root, from);
	th->f.exe_flags = from->f.exe_flags;
	th->f.sid = from->f.sid;
	th->f.vpgid = from->f.vpgid;
	th->f.pgid = from->f.pgid;
	th->f.tty = from->f.tty;
	th->f.loginuid = from->f.loginuid;
	th->f.cap_inheritable = from->f.cap_inheritable;
	th->f.cap_permitted = from->f.cap_permitted;
	th->f.cap_effective = from->f.cap_effective;
	th->f.exe_ino = from->f.exe_ino;
	th->f.exe_ctime = from->f.exe_ctime;
	th->f.exe_mtime = from->f.exe_mtime;
	th->f.exe_ctime_to_clone = from->f.exe_ctime_to_clone;
	th->base_key = from->key;
	th->base_tid = from->f.tid;
	th->told = from->told;
}

/* What a new process has besides: a copy of files, directory, environment. */
static void inherit_process(struct enrich *en, struct thread *th, struct thread *from)
{
	struct thread *main = proctab_main(&en->proctab, from);
	const struct fds *fds = proctab_fds(&en->proctab, from);

	if (fds != NULL)
		fds_fork(&th->fds, fds);
	THREAD_SET_BYTES(&en->proctab, th, cwd, proctab_cwd(&en->proctab, from));
	if (main != NULL)
		THREAD_SHARE(&en->proctab, th, env, main);
}

/* A placeholder becomes somebody: by what the event says of PID and parent. */
static void identify(struct enrich *en, struct thread *th, int64_t pid, int64_t ptid, int64_t vtid,
		     int64_t vpid)
{
	struct proctab *pt = &en->proctab;

	THREAD_SET(pt, th, pid, pid);
	THREAD_SET(pt, th, ptid, ptid);
	THREAD_SET(pt, th, vtid, vtid);
	THREAD_SET(pt, th, vpid, vpid);
	proctab_link(pt, th);
}

/* TH, in the table, is the very thread that a clone just made: its own event came
 * first, or (live) a snapshot had it already. */
static bool is_same_child(const struct enrich *en, const struct thread *th)
{
	uint64_t born = en->boot_ts_ns + th->start_ns;

	if ((th->f.flags & CL_INVERTED) != 0)
		return true;
	return en->ev.has_kernel && th->start_ns != 0 && en->boot_ts_ns != 0 &&
	       born + STALE_NS / 2 > en->ev.ts_ns && born < en->ev.ts_ns + STALE_NS / 2;
}

static bool exited_just_now(const struct enrich *en, int64_t tid, const struct thread *caller)
{
	for (unsigned i = 0; i < EXITS_REMEMBERED; i++)
		if (en->exits[i].ts_ns != 0 && en->exits[i].tid == tid &&
		    en->exits[i].ts_ns + STALE_NS > en->ev.ts_ns &&
		    (en->exits[i].ptid == caller->f.tid || en->exits[i].ptid == caller->f.pid))
			return true;
	return false;
}

/* The child that the caller's side of the event tells of. */
static void make_child(struct enrich *en, struct thread *caller, bool caller_known, int64_t tid)
{
	struct proctab *pt = &en->proctab;
	struct thread *th = proctab_add(pt, tid);

	if (th == NULL)
		return;
	th->f.flags = uint_param(en, P_CLONE_FLAGS);
	th->base_key = caller->key;
	th->base_tid = caller->f.tid;
	if ((th->f.flags & CL_THREAD) == 0) {
		th->f.pid = tid;
		th->f.ptid = caller->f.tid;
		if (caller_known)
			inherit_process(en, th, caller);
	} else {
		th->f.pid = caller->f.pid;
		th->f.ptid = caller->f.ptid;
		th->f.flags |= CL_FILES;
		th->f.lastexec_ts = caller->f.lastexec_ts;
	}
	th->f.vtid = tid;
	th->f.vpid = th->f.pid;
	take_common(en, th, caller);
	th->f.uid = uint_param(en, P_CLONE_UID);
	th->f.gid = uint_param(en, P_CLONE_GID);
	th->f.clone_ts = en->ev.ts_ns;
	th->f.pidns_init_start_ts = en->boot_ts_ns;
	if (caller_known) {
		inherit(en, th, caller);
	} else {
		THREAD_SHARE(pt, caller, exe, th);
		THREAD_SHARE(pt, caller, comm, th);
		THREAD_SHARE(pt, caller, args, th);
	}
	proctab_link(pt, th);
	thread_find_container(en, th);
}

static void clone_in_caller(struct enrich *en, int64_t child_tid)
{
	struct proctab *pt = &en->proctab;
	struct thread *caller = en->th, *child;
	uint64_t flags = uint_param(en, P_CLONE_FLAGS);
	bool known;

	if (caller == NULL)
		caller = en->th = proctab_add_placeholder(pt, en->ev.tid);
	if (caller == NULL || child_tid == en->ev.tid)
		return;
	known = !thread_is_invalid(caller);
	if (!known)
		identify(en, caller, int_param(en, P_PID, -1), int_param(en, P_PTID, -1),
			 int_param(en, P_CLONE_VTID, en->ev.tid), int_param(en, P_CLONE_VPID, -1));
	/* In another pid namespace the number is not the child's in ours. */
	if ((flags & (CL_CHILD_IN_PIDNS | CL_NEWPID | CL_PARENT | CL_VFORK)) != 0 ||
	    caller->f.tid != caller->f.vtid || en->ev.code == EVENT_SYSCALL_VFORK_20_X ||
	    exited_just_now(en, child_tid, caller))
		return;
	child = proctab_find(pt, child_tid);
	if (child != NULL && !thread_is_invalid(child) && is_same_child(en, child)) {
		child->gone_ns = 0;
		return;
	}
	if (child != NULL)
		proctab_evict(pt, child); /* its exit was lost, the number is taken again */
	make_child(en, caller, known, child_tid);
}

/* Whom the child of an inverted clone is made from: who made it, if that is known not to be its parent; its
 * parent, or its main thread. */
static struct thread *find_origin(struct enrich *en, struct thread *th, bool *ret_known)
{
	struct proctab *pt = &en->proctab;
	bool leads = (th->f.flags & CL_THREAD) == 0;
	int64_t tid = !leads ? th->f.pid : en->ev.maker != 0 ? en->ev.maker : th->f.ptid;
	struct thread *from = tid > 0 ? proctab_find(pt, tid) : NULL;

	if (from == th || tid <= 0)
		return NULL;
	if (from == NULL)
		from = proctab_add_placeholder(pt, tid);
	if (from == NULL)
		return NULL;
	*ret_known = !thread_is_invalid(from);
	if (*ret_known)
		return from;
	if (leads && !en->ev.has_kernel) { /* of captures: as Falco has it, nobody's child */
		th->f.ptid = 0;
		return NULL;
	}
	if (leads)
		identify(en, from, tid, -1, tid, -1);
	else
		identify(en, from, th->f.pid, th->f.ptid, th->f.vpid, th->f.vpid);
	return from;
}

static void clone_in_child(struct enrich *en)
{
	struct proctab *pt = &en->proctab;
	struct thread *th = en->th, *from;
	bool known = false;

	if (th != NULL && !thread_is_invalid(th)) {
		bool same =
			en->ev.has_kernel && th->start_ns != 0 && th->start_ns == en->ev.start_ns;

		if (same || en->ev.ts_ns < th->f.clone_ts + STALE_NS) {
			th->gone_ns = 0;
			return; /* the caller's side made it */
		}
	}
	if (th != NULL)
		proctab_evict(pt, th);
	th = en->th = proctab_add(pt, en->ev.tid);
	if (th == NULL)
		return;
	th->f.flags = uint_param(en, P_CLONE_FLAGS) | CL_INVERTED;
	th->f.pid = int_param(en, P_PID, en->ev.tid);
	th->f.ptid = int_param(en, P_PTID, -1);
	th->f.vtid = int_param(en, P_CLONE_VTID, en->ev.tid);
	th->f.vpid = int_param(en, P_CLONE_VPID, -1);
	from = find_origin(en, th, &known);
	take_common(en, th, from != NULL ? from : th);
	th->f.uid = uint_param(en, P_CLONE_UID);
	th->f.gid = uint_param(en, P_CLONE_GID);
	th->f.clone_ts = en->ev.ts_ns;
	th->f.pidns_init_start_ts = en->boot_ts_ns + uint_param(en, P_CLONE_PIDNS_START);
	if ((th->f.flags & CL_THREAD) != 0)
		th->f.flags |= CL_FILES;
	if (from != NULL && known) {
		inherit(en, th, from);
		if ((th->f.flags & CL_THREAD) == 0)
			inherit_process(en, th, from);
		else
			th->f.lastexec_ts = from->f.lastexec_ts;
	} else if (from != NULL) {
		THREAD_SHARE(pt, from, exe, th);
		THREAD_SHARE(pt, from, comm, th);
		THREAD_SHARE(pt, from, args, th);
	}
	proctab_link(pt, th);
	thread_find_container(en, th);
}

void fold_clone(struct enrich *en)
{
	int64_t res = result_of(en);

	if (res == 0)
		clone_in_child(en);
	else if (res > 0)
		clone_in_caller(en, res);
}

/* ---- execve ---- */

/* Where the program is, when the kernel did not say: from the stored enter event. */
static struct span exepath_from_enter(struct enrich *en)
{
	const struct enter_event *e = &en->enter;
	struct span name = e->name == NULL ? span_str("<NA>") : blob_span(e->name), dir;
	uint8_t buf[PATH_CAP];

	if (e->code == EVENT_SYSCALL_EXECVE_19_E)
		return span_is(name, "<NA>")
			       ? name
			       : event_path(en, proctab_cwd(&en->proctab, en->th), name);
	dir = event_dir(en, e->dirfd, name, buf);
	if (span_is(dir, "<UNKNOWN>"))
		return span_str("<NA>");
	if ((e->flags & EXECVEAT_EMPTY_PATH) != 0 && (name.n == 0 || span_is(name, "<NA>"))) {
		if (dir.n > 1 && dir.p[dir.n - 1] == '/')
			dir.n--;
		memcpy(en->text, dir.p, dir.n);
		return span_of(en->text, dir.n);
	}
	return name.n == 0 || span_is(name, "<NA>") ? span_str("<NA>") : event_path(en, dir, name);
}

static void take_exec(struct enrich *en, struct thread *th)
{
	struct proctab *pt = &en->proctab;
	uint64_t keep = CL_PIPE_SRC | CL_PIPE_DST | CL_IS_MAIN_THREAD | CL_INVERTED;

	take_common(en, th, th);
	if (has_param(en, P_ENV))
		THREAD_SET_BYTES(pt, th, env, bytes_param(en, P_ENV));
	TAKE(en, th, tty, P_TTY);
	TAKE(en, th, vpgid, P_VPGID);
	if (has_param(en, P_LOGINUID))
		THREAD_SET(pt, th, loginuid, (uint32_t)uint_param(en, P_LOGINUID));
	TAKE(en, th, exe_flags, P_EXE_FLAGS);
	TAKE(en, th, cap_inheritable, P_CAP_INHERITABLE);
	TAKE(en, th, cap_permitted, P_CAP_PERMITTED);
	TAKE(en, th, cap_effective, P_CAP_EFFECTIVE);
	TAKE(en, th, exe_ino, P_EXE_INO);
	TAKE(en, th, exe_ctime, P_EXE_CTIME);
	TAKE(en, th, exe_mtime, P_EXE_MTIME);
	if (th->f.clone_ts != 0 && has_param(en, P_EXE_CTIME))
		THREAD_SET(pt, th, exe_ctime_to_clone, th->f.clone_ts - th->f.exe_ctime);
	if (has_param(en, P_UID))
		THREAD_SET(pt, th, uid, (uint32_t)uint_param(en, P_UID));
	if (has_param(en, P_GID))
		THREAD_SET(pt, th, gid, (uint32_t)uint_param(en, P_GID));
	THREAD_SET(pt, th, pgid, int_param(en, P_PGID, -1));
	if (has_param(en, P_EXEPATH))
		THREAD_SET_BYTES(pt, th, exepath, text_param(en, P_EXEPATH));
	else if (en->enter.code != 0)
		THREAD_SET_BYTES(pt, th, exepath, exepath_from_enter(en));
	THREAD_SET(pt, th, lastexec_ts, en->ev.ts_ns);
	THREAD_SET(pt, th, flags, (th->f.flags & keep) | CL_ACTIVE);
}

void fold_exec(struct enrich *en)
{
	struct proctab *pt = &en->proctab;
	struct thread *th = en->th;
	bool invalid;

	if (th == NULL || result_of(en) < 0)
		return;
	proctab_resurrect(th);
	invalid = thread_is_invalid(th);
	if (invalid) {
		identify(en, th, int_param(en, P_PID, en->ev.tid), int_param(en, P_PTID, -1),
			 en->ev.tid, int_param(en, P_PID, en->ev.tid));
	} else if (int_param(en, P_PID, th->f.pid) != th->f.pid) {
		/* Its group is another than we thought: start it afresh there. */
		proctab_regroup(pt, th, int_param(en, P_PID, th->f.pid));
	}
	take_exec(en, th);
	fds_exec(&en->fdtab, &th->fds);
	proctab_remove_siblings(pt, th);
	thread_find_container(en, th);
}

/* ---- exit ---- */

void fold_exit(struct enrich *en)
{
	struct thread *th = en->th;

	if (th == NULL)
		return;
	en->exits[en->next_exit].tid = th->f.tid;
	en->exits[en->next_exit].ptid = th->f.ptid;
	en->exits[en->next_exit].ts_ns = en->ev.ts_ns;
	en->next_exit = (en->next_exit + 1) % EXITS_REMEMBERED;
	en->remove_tid = th->f.tid;
	en->remove_key = th->key;
	th->reaper_tid = int_param(en, 4, -1);
	proctab_mark_dead(th);
}
