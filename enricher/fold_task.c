/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_task.c -- events that change what a thread is without making or ending one:
 * ids, capabilities, limits, directories, memory; and users and groups that a
 * capture tells of.
 */
#include "enrich_core.h"

enum {
	LIMIT_NOFILE = 7,
	PRCTL_SET_SUBREAPER = 36,
	PRCTL_GET_SUBREAPER = 37,
};
#define ALL_CAPS ((UINT64_C(1) << 41) - 1)

static void set_uid(struct enrich *en, unsigned i)
{
	if (result_of(en) == 0 && has_param(en, i))
		THREAD_SET(&en->proctab, en->th, uid, (uint32_t)uint_param(en, i));
}

static void set_gid(struct enrich *en, unsigned i)
{
	if (result_of(en) == 0 && has_param(en, i))
		THREAD_SET(&en->proctab, en->th, gid, (uint32_t)uint_param(en, i));
}

/* The working directory is the process's: it belongs to the main thread. */
static void change_dir(struct enrich *en, struct span path)
{
	struct thread *main = proctab_main(&en->proctab, en->th);
	struct span cwd;

	if (main == NULL)
		return;
	cwd = event_path(en, blob_span(main->f.cwd), path);
	if (cwd.n == 0 || cwd.p[cwd.n - 1] != '/')
		en->text[cwd.n++] = '/';
	THREAD_SET_BYTES(&en->proctab, main, cwd, cwd);
}

static void change_dir_fd(struct enrich *en)
{
	const struct fd_slot *slot = event_fd(en);
	uint8_t buf[PATH_CAP];
	struct span name;

	if (slot == NULL)
		return;
	name = blob_span(slot->file->name);
	if (name.n > sizeof(buf))
		return;
	if (name.n > 0)
		memcpy(buf, name.p, name.n);
	change_dir(en, span_of(buf, name.n));
}

static void change_root(struct enrich *en)
{
	struct span path = text_param(en, 1);

	if (result_of(en) != 0)
		return;
	if (path.n == 0 || path.p[0] != '/')
		path = event_path(en, proctab_cwd(&en->proctab, en->th), path);
	THREAD_SET_BYTES(&en->proctab, en->th, root, path);
	thread_find_container(en, en->th);
}

static void set_caps(struct enrich *en, uint64_t inheritable, uint64_t permitted,
		     uint64_t effective)
{
	THREAD_SET(&en->proctab, en->th, cap_inheritable, inheritable);
	THREAD_SET(&en->proctab, en->th, cap_permitted, permitted);
	THREAD_SET(&en->proctab, en->th, cap_effective, effective);
}

/* Limits are the process's: its main thread has them. */
static void set_limit(struct enrich *en, struct thread *th, unsigned cur, unsigned resource)
{
	struct thread *main = th == NULL ? NULL : proctab_main(&en->proctab, th);
	int64_t value = int_param(en, cur, -1);

	if (main != NULL && result_of(en) >= 0 && has_param(en, resource) &&
	    uint_param(en, resource) == LIMIT_NOFILE && value != -1)
		THREAD_SET(&en->proctab, main, fdlimit, value);
}

/* Who leaves the processor, and how much memory its process has. */
static void fold_switch(struct enrich *en)
{
	struct thread *main;

	if (!has_param(en, 1))
		return; /* of an old capture */
	main = proctab_main(&en->proctab, en->th);
	THREAD_SET(&en->proctab, en->th, pfmajor, uint_param(en, 1));
	THREAD_SET(&en->proctab, en->th, pfminor, uint_param(en, 2));
	if (main == NULL)
		return;
	THREAD_SET(&en->proctab, main, vmsize, uint_param(en, 3));
	THREAD_SET(&en->proctab, main, vmrss, uint_param(en, 4));
	THREAD_SET(&en->proctab, main, vmswap, uint_param(en, 5));
}

static void set_memory(struct enrich *en, unsigned first)
{
	if (!has_param(en, first))
		return;
	THREAD_SET(&en->proctab, en->th, vmsize, uint_param(en, first));
	THREAD_SET(&en->proctab, en->th, vmrss, uint_param(en, first + 1));
	THREAD_SET(&en->proctab, en->th, vmswap, uint_param(en, first + 2));
}

static void set_subreaper(struct enrich *en)
{
	uint64_t option = uint_param(en, 1);

	if (result_of(en) >= 0 && en->th->group != NULL &&
	    (option == PRCTL_SET_SUBREAPER || option == PRCTL_GET_SUBREAPER))
		en->th->group->reaper = int_param(en, 3, 0) != 0;
}

static void fold_user(struct enrich *en, bool gone)
{
	struct user_frame u = { .uid = (uint32_t)uint_param(en, 0),
				.gid = (uint32_t)uint_param(en, 1),
				.name = bytes_param(en, 2),
				.home = bytes_param(en, 3),
				.shell = bytes_param(en, 4),
				.container_id = bytes_param(en, 5),
				.gone = gone };

	if (has_param(en, 0) && usertab_user(&en->usertab, &u) > 0)
		emit_user(en, &u);
}

static void fold_group(struct enrich *en, bool gone)
{
	struct group_frame g = { .gid = (uint32_t)uint_param(en, 0),
				 .name = bytes_param(en, 1),
				 .container_id = bytes_param(en, 2),
				 .gone = gone };

	if (has_param(en, 0) && usertab_group(&en->usertab, &g) > 0)
		emit_group(en, &g);
}

/* Events of the tables above all; false: not one of these. */
static bool fold_people(struct enrich *en)
{
	switch (en->ev.code) {
	case EVENT_USER_ADDED_E:
	case EVENT_USER_DELETED_E:
		fold_user(en, en->ev.code == EVENT_USER_DELETED_E);
		return true;
	case EVENT_GROUP_ADDED_E:
	case EVENT_GROUP_DELETED_E:
		fold_group(en, en->ev.code == EVENT_GROUP_DELETED_E);
		return true;
	default:
		return false;
	}
}

static struct thread *limited_thread(struct enrich *en)
{
	int64_t tid = int_param(en, 5, 0);

	return tid == 0 ? en->th : proctab_find(&en->proctab, tid);
}

/* One line per event; longer than most for that. */
void fold_identity(struct enrich *en)
{
	bool done = int_param(en, 0, -1) >= 0;

	if (fold_people(en) || en->th == NULL)
		return;
	switch (en->ev.code) {
	case EVENT_SYSCALL_CHDIR_X:
	case EVENT_SYSCALL_GETCWD_X:
		if (done && has_param(en, 1))
			change_dir(en, text_param(en, 1));
		break;
	case EVENT_SYSCALL_FCHDIR_X:
		if (done)
			change_dir_fd(en);
		break;
	case EVENT_SYSCALL_CHROOT_X:
		change_root(en);
		break;
	case EVENT_SYSCALL_SETSID_X:
		if (done)
			THREAD_SET(&en->proctab, en->th, sid, result_of(en));
		break;
	case EVENT_SYSCALL_SETUID_X:
		set_uid(en, 1);
		break;
	case EVENT_SYSCALL_SETGID_X:
		set_gid(en, 1);
		break;
	case EVENT_SYSCALL_SETRESUID_X:
	case EVENT_SYSCALL_SETREUID_X:
		set_uid(en, 2);
		break;
	case EVENT_SYSCALL_SETRESGID_X:
	case EVENT_SYSCALL_SETREGID_X:
		set_gid(en, 2);
		break;
	case EVENT_SYSCALL_CAPSET_X:
		if (done)
			set_caps(en, uint_param(en, 1), uint_param(en, 2), uint_param(en, 3));
		break;
	case EVENT_SYSCALL_UNSHARE_X:
		if (done && (uint_param(en, 1) & CL_NEWUSER) != 0)
			set_caps(en, ALL_CAPS, ALL_CAPS, ALL_CAPS);
		break;
	case EVENT_SYSCALL_SETNS_X:
		if (done && (uint_param(en, 2) & CL_NEWUSER) != 0)
			set_caps(en, ALL_CAPS, ALL_CAPS, ALL_CAPS);
		break;
	case EVENT_SYSCALL_PRCTL_X:
		set_subreaper(en);
		break;
	case EVENT_SYSCALL_GETRLIMIT_X:
	case EVENT_SYSCALL_SETRLIMIT_X:
		set_limit(en, en->th, 1, 3);
		break;
	case EVENT_SYSCALL_PRLIMIT_X:
		set_limit(en, limited_thread(en), 1, 6);
		break;
	case EVENT_SYSCALL_BRK_4_X:
	case EVENT_SYSCALL_MMAP_X:
	case EVENT_SYSCALL_MMAP2_X:
	case EVENT_SYSCALL_MUNMAP_X:
		set_memory(en, 1);
		break;
	case EVENT_SCHEDSWITCH_6_E:
		fold_switch(en);
		break;
	default:
		break;
	}
}
