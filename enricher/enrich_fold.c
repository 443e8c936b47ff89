/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_fold.c -- the turn of one event: what the last one left to do, whose
 * event it is, which enter event belongs to it, which descriptor it is about, and
 * then the one function that folds it.
 */
#include "enrich_core.h"

void thread_leaves(struct enrich *en, struct thread *th)
{
	struct blob *id = th->f.vpid == 1 ? blob_hold(th->f.container_id) : NULL;

	proctab_remove(&en->proctab, th);
	container_left_by_init(en, id);
}

void fold_leftovers(struct enrich *en)
{
	struct proctab *pt = &en->proctab;

	if (en->remove_tid >= 0) {
		struct thread *th = proctab_find(pt, en->remove_tid);

		if (th != NULL && th->key == en->remove_key && th->dead)
			thread_leaves(en, th);
		en->remove_tid = -1;
	}
	if (en->close_fd >= 0) {
		struct thread *th = proctab_find(pt, en->close_tid);
		struct fds *fds =
			th != NULL && th->key == en->close_key ? proctab_fds(pt, th) : NULL;

		if (fds != NULL)
			fds_remove(&en->fdtab, fds, en->close_fd);
		en->close_fd = -1;
	}
}

/* ---- descriptors ---- */

struct fds *event_fds(struct enrich *en)
{
	return en->th == NULL ? NULL : proctab_fds(&en->proctab, en->th);
}

const struct fd_slot *event_fd(struct enrich *en)
{
	return en->th == NULL ? NULL : fds_find(&en->fdtab, event_fds(en), en->th->last_fd);
}

struct file *event_add_fd(struct enrich *en, int64_t fd, struct file *file, bool cloexec)
{
	struct fds *fds = event_fds(en);

	if (fds == NULL) {
		file_drop(&en->fdtab, file);
		return NULL;
	}
	en->th->last_fd = fd;
	return fds_put(&en->fdtab, fds, fd, file, cloexec ? FILE_CLOEXEC : 0);
}

struct span event_path(struct enrich *en, struct span dir, struct span name)
{
	return span_of(en->text, path_concat(en->text, PATH_CAP, dir, name));
}

struct span event_dir(struct enrich *en, int64_t dirfd, struct span name, uint8_t *buf)
{
	const struct fd_slot *slot;
	struct span dir;

	if (name.n > 0 && name.p[0] == '/')
		return span_str(".");
	if (en->th == NULL)
		return span_str("<UNKNOWN>");
	if (dirfd == FALCO_AT_FDCWD)
		return proctab_cwd(&en->proctab, en->th);
	slot = fds_find(&en->fdtab, event_fds(en), dirfd);
	if (slot == NULL)
		return span_str("<UNKNOWN>");
	dir = blob_span(slot->file->name);
	if (dir.n >= PATH_CAP - 1)
		return span_str(PATH_TOO_LONG "/");
	if (dir.n > 0)
		memcpy(buf, dir.p, dir.n);
	if (dir.n == 0 || buf[dir.n - 1] != '/')
		buf[dir.n++] = '/';
	return span_of(buf, dir.n);
}

/* ---- enter events ---- */

static void drop_enter(struct enrich *en, struct enter_event *e)
{
	blob_drop(&en->slab, e->name);
	*e = (struct enter_event){ 0 };
}

static void store_enter(struct enrich *en)
{
	struct thread *th = en->th;
	struct enter_event e = { .code = en->ev.code, .dirfd = FALCO_AT_FDCWD };
	struct span name = SPAN_NONE;

	switch (en->ev.code) {
	case EVENT_SYSCALL_OPEN_E:
		name = text_param(en, 0);
		e.flags = (uint32_t)uint_param(en, 1);
		break;
	case EVENT_SYSCALL_CREAT_E:
	case EVENT_SYSCALL_EXECVE_19_E:
		name = text_param(en, 0);
		break;
	case EVENT_SYSCALL_OPENAT_2_E:
	case EVENT_SYSCALL_OPENAT2_E:
	case EVENT_SYSCALL_EXECVEAT_E:
		e.dirfd = int_param(en, 0, FALCO_AT_FDCWD);
		name = text_param(en, 1);
		e.flags = (uint32_t)uint_param(en, 2);
		break;
	case EVENT_SOCKET_CONNECT_E:
		e.dirfd = int_param(en, 0, -1);
		name = bytes_param(en, 1);
		break;
	case EVENT_SIGNALDELIVER_E: /* came in between: the next exit is not the one of what waits */
		drop_enter(en, &th->enter);
		return;
	default:
		return;
	}
	if (!has_param(en, 0))
		return; /* old captures have some that say nothing */
	e.name = blob_new(&en->slab, name, NULL);
	drop_enter(en, &th->enter);
	th->enter = e;
}

/* Take the stored enter event along if it is this exit's; it is gone either way. */
static void fetch_enter(struct enrich *en)
{
	struct thread *th = en->th;

	if (th->enter.code == 0)
		return;
	if (th->enter.code == en->ev.code - 1 || (en->ev.code == EVENT_SYSCALL_EXECVE_19_X &&
						  th->enter.code == EVENT_SYSCALL_EXECVEAT_E)) {
		en->enter = th->enter;
		th->enter = (struct enter_event){ 0 };
	} else {
		drop_enter(en, &th->enter);
	}
}

/* ---- whose event ---- */

static void find_thread(struct enrich *en)
{
	struct proctab *pt = &en->proctab;

	en->th = NULL;
	if ((en->turn->traits & TURN_NOBODYS) != 0 || en->ev.tid < 0)
		return;
	en->th = proctab_find(pt, en->ev.tid);
	if ((en->turn->traits & TURN_META) != 0)
		return;
	heal_thread(en);
	if (en->th == NULL && (en->turn->traits & TURN_NO_PLACEHOLDER) == 0) {
		en->counts[ENRICHER_PROCESS_MISSES]++;
		en->th = proctab_add_placeholder(pt, en->ev.tid);
		if (en->th != NULL && en->ev.has_kernel) {
			en->th->start_ns = en->ev.start_ns;
			en->th->f.uid = en->ev.uid;
			en->th->f.gid = en->ev.gid;
		}
	}
}

void fold_event(struct enrich *en)
{
	const struct turn_row *turn = en->turn;
	struct thread *th;

	en->name_changed = false;
	find_thread(en);
	th = en->th;
	if (th != NULL && (turn->traits & TURN_META) == 0) {
		th->last_fd = -1;
		if (!event_is_exit(en->ev.code))
			store_enter(en);
		else
			fetch_enter(en);
		if (turn->used_fd >= 0)
			th->last_fd = int_param(en, (unsigned)turn->used_fd, -1);
		heal_used(en);
	}
	if (en->th != NULL || (turn->traits & TURN_THREAD_ONLY) == 0)
		turn->fold(en);
	if (en->th != NULL) {
		if (en->th == th)
			heal_made(en);
		heal_credentials(en);
		en->th->f.flags |= CL_ACTIVE;
		if (__builtin_expect(en->th->told < en->gaps, 0))
			again_thread(en);
	}
	if (en->enter.code != 0)
		drop_enter(en, &en->enter);
}

/* ---- what each code is ---- */

static uint16_t traits_of(unsigned code)
{
	switch (code) {
	case EVENT_CONTAINER_JSON_2_E:
	case EVENT_USER_ADDED_E:
	case EVENT_USER_DELETED_E:
	case EVENT_GROUP_ADDED_E:
	case EVENT_GROUP_DELETED_E:
	case EVENT_ASYNCEVENT_E:
		return TURN_META | TURN_LEADING;
	case EVENT_PLUGINEVENT_E:
		return TURN_META;
	case EVENT_SYSCALL_OPEN_E:
	case EVENT_SYSCALL_CREAT_E:
	case EVENT_SYSCALL_OPENAT_2_E:
	case EVENT_SYSCALL_OPENAT2_E:
	case EVENT_SOCKET_CONNECT_E:
	case EVENT_SYSCALL_EXECVE_19_E:
	case EVENT_SYSCALL_EXECVEAT_E:
		return TURN_HIDDEN;
	case EVENT_SYSCALL_POLL_X:
	case EVENT_SYSCALL_PPOLL_X:
		return TURN_POLLS;
	case EVENT_SYSCALL_CLONE_20_X:
	case EVENT_SYSCALL_FORK_20_X:
	case EVENT_SYSCALL_VFORK_20_X:
	case EVENT_SYSCALL_CLONE3_X:
	case EVENT_PROCEXIT_1_E:
	case EVENT_SCHEDSWITCH_6_E:
	case EVENT_PROCINFO_E:
		return TURN_NO_PLACEHOLDER;
	default:
		return en_is_iterator(code) ? TURN_NO_PLACEHOLDER | TURN_HIDDEN : 0;
	}
}

static void (*fold_of(unsigned code, const struct event_info *info))(struct enrich *en)
{
	switch (code) {
	case EVENT_SYSCALL_CLONE_20_X:
	case EVENT_SYSCALL_FORK_20_X:
	case EVENT_SYSCALL_VFORK_20_X:
	case EVENT_SYSCALL_CLONE3_X:
		return fold_clone;
	case EVENT_SYSCALL_EXECVE_19_X:
	case EVENT_SYSCALL_EXECVEAT_X:
		return fold_exec;
	case EVENT_PROCEXIT_1_E:
		return fold_exit;
	case EVENT_SOCKET_SOCKET_X:
	case EVENT_SOCKET_BIND_X:
	case EVENT_SOCKET_CONNECT_X:
	case EVENT_SOCKET_ACCEPT_5_X:
	case EVENT_SOCKET_ACCEPT4_6_X:
	case EVENT_SOCKET_SOCKETPAIR_X:
		return fold_socket;
	case EVENT_SOCKET_SEND_X:
	case EVENT_SOCKET_SENDTO_X:
	case EVENT_SOCKET_SENDMSG_X:
	case EVENT_SOCKET_SENDMMSG_X:
	case EVENT_SOCKET_RECV_X:
	case EVENT_SOCKET_RECVFROM_X:
	case EVENT_SOCKET_RECVMSG_X:
	case EVENT_SOCKET_RECVMMSG_X:
		return fold_io;
	case EVENT_CONTAINER_JSON_2_E:
	case EVENT_ASYNCEVENT_E:
		return fold_container;
	default:
		if (fold_file(code) != NULL)
			return fold_file(code);
		return (info->flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD)) != 0 ? fold_read_write
										 : fold_identity;
	}
}

/* The descriptor that an event uses: of an exit the first FD that is no result. */
static int8_t used_fd_of(unsigned code, const struct event_info *info)
{
	if ((info->flags & EF_USES_FD) == 0)
		return -1;
	for (unsigned i = event_is_exit(code) ? 1 : 0; i < info->nparams; i++)
		if (info->params[i].type == PT_FD)
			return (int8_t)i;
	return -1;
}

void fold_prepare(struct enrich *en)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);
		struct turn_row *row = &en->turns[code];

		if (info == NULL || info->generated == GENERATED_NEVER)
			continue;
		row->info = info;
		row->fold = fold_of(code, info);
		row->traits = traits_of(code);
		row->used_fd = used_fd_of(code, info);
		if (fold_file(code) != NULL || row->fold == fold_read_write)
			row->traits |= TURN_THREAD_ONLY;
		if ((info->flags & EF_SKIPPARSERESET) != 0 && code != EVENT_PROCINFO_E)
			row->traits |= TURN_NOBODYS;
		if ((info->flags & (EF_USES_FD | EF_CREATES_FD | EF_DESTROYS_FD)) != 0)
			row->traits |= TURN_OWN_FD;
		for (unsigned i = 0; i < info->nparams; i++)
			if (info->params[i].type == PT_FD || info->params[i].type == PT_FD32)
				row->fd_params |= UINT32_C(1) << i;
	}
}
