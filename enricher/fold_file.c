/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_file.c -- events that make, copy and close descriptors that are no sockets.
 */
#include "enrich_core.h"

enum { CMD_DUPFD = 1, CMD_SETFD = 3, CMD_DUPFD_CLOEXEC = 26, FD_FLAG_CLOEXEC = 1 };
enum { RANGE_CLOEXEC = 4, MEMFD_FLAG_CLOEXEC = 1, CREAT_UPPER = 1, CREAT_LOWER = 2 };

/* What an open call said; from the exit, or what the enter event saw first. */
struct opened {
	struct span name;
	uint32_t flags, dev;
	uint64_t ino;
	int64_t dirfd;
	bool is_at;
};

/* The enter event saw the name before anybody could change it in memory. */
static void trust_enter(struct enrich *en, struct opened *o)
{
	const struct enter_event *e = &en->enter;

	if (e->code == 0 || e->name == NULL || blob_is(e->name, span_str("<NA>")))
		return;
	o->name = blob_span(e->name);
	o->dirfd = e->dirfd;
	if (e->code != EVENT_SYSCALL_CREAT_E)
		o->flags = e->flags | (o->flags & ~(uint32_t)(O_BIT_F_CREATED - 1));
}

static struct opened opened_of(const struct enrich *en)
{
	struct opened o = { .dirfd = FALCO_AT_FDCWD };
	unsigned bits;

	switch (en->ev.code) {
	case EVENT_SYSCALL_OPEN_X:
		o.name = text_param(en, 1);
		o.flags = (uint32_t)uint_param(en, 2);
		o.dev = (uint32_t)uint_param(en, 4);
		o.ino = uint_param(en, 5);
		break;
	case EVENT_SYSCALL_CREAT_X:
		o.name = text_param(en, 1);
		o.dev = (uint32_t)uint_param(en, 3);
		o.ino = uint_param(en, 4);
		bits = (unsigned)uint_param(en, 5);
		o.flags = ((bits & CREAT_UPPER) != 0 ? O_BIT_UPPER_LAYER : 0u) |
			  ((bits & CREAT_LOWER) != 0 ? O_BIT_LOWER_LAYER : 0u);
		break;
	case EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X:
		o.flags = (uint32_t)uint_param(en, 2);
		o.name = text_param(en, 3);
		o.dev = (uint32_t)uint_param(en, 4);
		o.ino = uint_param(en, 5);
		break;
	default: /* openat, openat2 */
		o.dirfd = int_param(en, 1, FALCO_AT_FDCWD);
		o.name = text_param(en, 2);
		o.flags = (uint32_t)uint_param(en, 3);
		bits = en->ev.code == EVENT_SYSCALL_OPENAT2_X ? 6 : 5;
		o.dev = (uint32_t)uint_param(en, bits);
		o.ino = uint_param(en, bits + 1);
		break;
	}
	return o;
}

/* As the program gave it, but for slashes of which one would do. */
static struct blob *raw_name(struct enrich *en, struct span name)
{
	if (path_has_two_slashes(name))
		name = span_of(en->scratch, path_merge_slashes(en->scratch, FILE_MAX_BYTES, name));
	return file_text(&en->fdtab, name, NULL);
}

static void fold_open(struct enrich *en)
{
	int64_t fd = result_of(en);
	struct opened o = opened_of(en);
	uint8_t buf[PATH_CAP];
	struct span dir;
	struct file *f;

	if (fd < 0)
		return;
	trust_enter(en, &o);
	f = file_new(&en->fdtab,
		     (o.flags & O_BIT_DIRECTORY) != 0 ? FILE_DIRECTORY : FILE_REGULAR_V2);
	if (f == NULL)
		return;
	if (en->ev.code == EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X)
		dir = SPAN_NONE;
	else
		dir = event_dir(en, o.dirfd, o.name, buf);
	f->open_flags = o.flags;
	f->dev = o.dev;
	f->ino = o.ino;
	f->name_raw = raw_name(en, o.name);
	file_set_name(&en->fdtab, f, event_path(en, dir, o.name));
	if ((o.flags & O_BIT_UPPER_LAYER) != 0)
		f->flags |= FILE_UPPER_LAYER;
	else if ((o.flags & O_BIT_LOWER_LAYER) != 0)
		f->flags |= FILE_LOWER_LAYER;
	en->name_changed = event_add_fd(en, fd, f, (o.flags & O_BIT_CLOEXEC) != 0) != NULL;
}

/* ---- descriptors that are just a type ---- */

static const struct {
	uint16_t code;
	uint8_t type;
	int8_t flags; /* the parameter with O_CLOEXEC in it; -1: none */
} plain[] = {
	{ EVENT_SYSCALL_EVENTFD_X, FILE_EVENT, -1 },
	{ EVENT_SYSCALL_EVENTFD2_X, FILE_EVENT, 1 },
	{ EVENT_SYSCALL_SIGNALFD_X, FILE_SIGNALFD, -1 },
	{ EVENT_SYSCALL_SIGNALFD4_X, FILE_SIGNALFD, 1 },
	{ EVENT_SYSCALL_TIMERFD_CREATE_X, FILE_TIMERFD, -1 },
	{ EVENT_SYSCALL_INOTIFY_INIT_X, FILE_INOTIFY, -1 },
	{ EVENT_SYSCALL_INOTIFY_INIT1_X, FILE_INOTIFY, 1 },
	{ EVENT_SYSCALL_EPOLL_CREATE_X, FILE_EVENTPOLL, -1 },
	{ EVENT_SYSCALL_EPOLL_CREATE1_X, FILE_EVENTPOLL, 1 },
	{ EVENT_SYSCALL_USERFAULTFD_X, FILE_USERFAULTFD, 1 },
	{ EVENT_SYSCALL_IO_URING_SETUP_X, FILE_IO_URING, -1 },
	{ EVENT_SYSCALL_BPF_2_X, FILE_BPF, -1 },
};

/* epoll_create1 has a flag table of its own. */
static bool has_cloexec(const struct enrich *en, int flags)
{
	if (flags < 0)
		return false;
	return (uint_param(en, (unsigned)flags) &
		(en->ev.code == EVENT_SYSCALL_EPOLL_CREATE1_X ? 1u : O_BIT_CLOEXEC)) != 0;
}

/* Most bpf commands return no descriptor but 0, and would seem to replace it.
 * Falco takes them all for one, so a replay has to. */
static bool bpf_gives_fd(const struct enrich *en)
{
	static const uint64_t commands = 1ull << 0 | 1ull << 5 | 1ull << 7 | 1ull << 13 |
					 1ull << 14 | 1ull << 17 | 1ull << 18 | 1ull << 19 |
					 1ull << 28 | 1ull << 30 | 1ull << 32 | 1ull << 33 |
					 1ull << 36;
	uint64_t cmd = uint_param(en, 1);

	return cmd < 64 && (commands >> cmd & 1) != 0;
}

static void fold_plain(struct enrich *en)
{
	int64_t fd = result_of(en);
	enum file_type type;
	int flags;
	size_t i = 0;

	while (plain[i].code != en->ev.code)
		i++;
	type = plain[i].type;
	flags = plain[i].flags;
	if (fd < 0 || (type == FILE_BPF && en->ev.has_kernel && !bpf_gives_fd(en)))
		return;
	event_add_fd(en, fd, file_new(&en->fdtab, type), has_cloexec(en, flags));
}

/* ---- the others ---- */

static void fold_pipe(struct enrich *en)
{
	uint32_t flags = en->ev.code == EVENT_SYSCALL_PIPE2_X ? (uint32_t)uint_param(en, 4) : 0;

	if (result_of(en) < 0)
		return;
	for (unsigned i = 1; i <= 2; i++) {
		struct file *f = file_new(&en->fdtab, FILE_FIFO);

		if (f == NULL)
			continue;
		f->ino = uint_param(en, 3);
		f->open_flags = flags;
		event_add_fd(en, int_param(en, i, -1), f, (flags & O_BIT_CLOEXEC) != 0);
	}
}

static void fold_memfd(struct enrich *en)
{
	int64_t fd = result_of(en);
	struct file *f;

	if (fd < 0)
		return;
	f = file_new(&en->fdtab, FILE_MEMFD);
	if (f == NULL)
		return;
	f->open_flags = (uint32_t)uint_param(en, 2);
	file_set_name(&en->fdtab, f, text_param(en, 1));
	event_add_fd(en, fd, f, (uint_param(en, 2) & MEMFD_FLAG_CLOEXEC) != 0);
}

static void fold_pidfd_open(struct enrich *en)
{
	int64_t fd = result_of(en), pid = int_param(en, 1, 0);
	char text[32] = "/proc/";
	size_t n = 6, digits = 0;
	char rev[20];
	struct file *f;

	if (fd < 0 || pid < 0)
		return;
	do {
		rev[digits++] = (char)('0' + pid % 10);
		pid /= 10;
	} while (pid > 0);
	while (digits > 0)
		text[n++] = rev[--digits];
	f = file_new(&en->fdtab, FILE_PIDFD);
	if (f == NULL)
		return;
	file_set_name(&en->fdtab, f, span_of(text, n));
	event_add_fd(en, fd, f, false);
}

/* The process that a pidfd is of, by its entry's name. */
static struct thread *pidfd_target(struct enrich *en, int64_t pidfd)
{
	const struct fd_slot *slot = fds_find(&en->fdtab, event_fds(en), pidfd);
	struct span name;
	int64_t pid = 0;

	if (slot == NULL || slot->file->type != FILE_PIDFD)
		return NULL;
	name = blob_span(slot->file->name);
	if (!span_starts(name, span_str("/proc/")) || name.n > 6 + 10)
		return NULL;
	for (size_t i = 6; i < name.n; i++)
		pid = pid * 10 + (name.p[i] - '0');
	return proctab_find(&en->proctab, pid);
}

static void fold_pidfd_getfd(struct enrich *en)
{
	int64_t fd = result_of(en);
	struct thread *target = fd < 0 ? NULL : pidfd_target(en, int_param(en, 1, -1));
	const struct fd_slot *slot;

	if (target == NULL)
		return;
	slot = fds_find(&en->fdtab, proctab_fds(&en->proctab, target), int_param(en, 2, -1));
	if (slot != NULL)
		event_add_fd(en, fd, file_copy(&en->fdtab, slot->file), true);
}

static void dup_to(struct enrich *en, int64_t to, bool cloexec)
{
	const struct fd_slot *slot = event_fd(en);

	if (slot == NULL)
		return;
	slot->file->refs++;
	event_add_fd(en, to, slot->file, cloexec);
}

static void fold_dup(struct enrich *en)
{
	int64_t to = result_of(en);
	bool cloexec =
		en->ev.code == EVENT_SYSCALL_DUP3_X && (uint_param(en, 3) & O_BIT_CLOEXEC) != 0;

	/* dup2(n, n) changes nothing, not even close-on-exec. */
	if (to >= 0 && to != en->th->last_fd)
		dup_to(en, to, cloexec);
}

static void fold_fcntl(struct enrich *en)
{
	uint64_t cmd = uint_param(en, 2);
	struct fds *fds = event_fds(en);

	if (result_of(en) < 0 || fds == NULL)
		return;
	if (cmd == CMD_DUPFD || cmd == CMD_DUPFD_CLOEXEC)
		dup_to(en, result_of(en), cmd == CMD_DUPFD_CLOEXEC);
	else if (cmd == CMD_SETFD)
		fds_set_cloexec(&en->fdtab, fds, en->th->last_fd,
				(uint_param(en, 3) & FD_FLAG_CLOEXEC) != 0);
}

/* The entry goes before the next event: rules still see it. */
static void fold_close(struct enrich *en)
{
	if (result_of(en) < 0 || event_fd(en) == NULL)
		return;
	en->close_tid = en->th->f.tid;
	en->close_key = en->th->key;
	en->close_fd = en->th->last_fd;
}

static void fold_close_range(struct enrich *en)
{
	struct fds *fds = event_fds(en);
	uint32_t first = (uint32_t)uint_param(en, 1), last = (uint32_t)uint_param(en, 2);

	if (result_of(en) < 0 || fds == NULL)
		return;
	if ((uint_param(en, 3) & RANGE_CLOEXEC) != 0)
		fds_cloexec_range(&en->fdtab, fds, first, last);
	else
		fds_remove_range(&en->fdtab, fds, first, last);
}

static const struct {
	uint16_t code;
	void (*fold)(struct enrich *en);
} others[] = {
	{ EVENT_SYSCALL_OPEN_X, fold_open },
	{ EVENT_SYSCALL_CREAT_X, fold_open },
	{ EVENT_SYSCALL_OPENAT_2_X, fold_open },
	{ EVENT_SYSCALL_OPENAT2_X, fold_open },
	{ EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X, fold_open },
	{ EVENT_SYSCALL_CLOSE_X, fold_close },
	{ EVENT_SYSCALL_CLOSE_RANGE_X, fold_close_range },
	{ EVENT_SYSCALL_DUP_1_X, fold_dup },
	{ EVENT_SYSCALL_DUP2_X, fold_dup },
	{ EVENT_SYSCALL_DUP3_X, fold_dup },
	{ EVENT_SYSCALL_FCNTL_X, fold_fcntl },
	{ EVENT_SYSCALL_PIPE_X, fold_pipe },
	{ EVENT_SYSCALL_PIPE2_X, fold_pipe },
	{ EVENT_SYSCALL_MEMFD_CREATE_X, fold_memfd },
	{ EVENT_SYSCALL_PIDFD_OPEN_X, fold_pidfd_open },
	{ EVENT_SYSCALL_PIDFD_GETFD_X, fold_pidfd_getfd },
};

void (*fold_file(unsigned code))(struct enrich *en)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (others[i].code == code)
			return others[i].fold;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (plain[i].code == code)
			return fold_plain;
	return NULL;
}
