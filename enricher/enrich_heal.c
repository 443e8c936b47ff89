/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_heal.c -- what the kernel knew at the event puts our tables right: a
 * thread number that was taken again, a descriptor that we missed or believe to
 * be another file, ids.  Captures have none of this; then nothing here acts.
 */
#include <errno.h>

#include "enrich_core.h"

enum {
	FMT = 0170000,
	FMT_SOCK = 0140000,
	FMT_DIR = 0040000,
	FMT_FIFO = 0010000,
	FMT_REG = 0100000
};

enum { MEMFD_PREFIX = 6 }; /* "memfd:" */

void heal_thread(struct enrich *en)
{
	struct thread *th = en->th;

	if (th == NULL || !en->ev.has_kernel || en->ev.start_ns == 0)
		return;
	if (thread_same_start(th->start_ns, en->ev.start_ns)) {
		th->start_ns = en->ev.start_ns;
		return;
	}
	/* Its exit was lost, and the number is another thread's now. */
	proctab_evict(&en->proctab, th);
	en->th = NULL;
}

void heal_credentials(struct enrich *en)
{
	if (!en->ev.has_kernel || en->th == NULL || en->ev.tid != en->th->f.tid)
		return;
	THREAD_SET(&en->proctab, en->th, uid, en->ev.uid);
	THREAD_SET(&en->proctab, en->th, gid, en->ev.gid);
	en->th->cgroup_id = en->ev.cgroup_id;
}

/* ---- descriptors ---- */

static bool is_socket_type(unsigned type)
{
	return type == FILE_UNKNOWN || type == FILE_NETLINK || type == FILE_UNIX ||
	       (type >= FILE_IPV4 && type <= FILE_IPV6_SERVER);
}

static bool is_path_type(unsigned type)
{
	return type == FILE_REGULAR || type == FILE_REGULAR_V2 || type == FILE_DIRECTORY ||
	       type == FILE_MEMFD || type == FILE_UNSUPPORTED || type == FILE_UNKNOWN;
}

static enum file_type anon_type(struct span name)
{
	static const struct {
		const char *name;
		uint8_t type;
	} names[] = {
		{ "[eventpoll]", FILE_EVENTPOLL },
		{ "[eventfd]", FILE_EVENT },
		{ "[signalfd]", FILE_SIGNALFD },
		{ "[timerfd]", FILE_TIMERFD },
		{ "inotify", FILE_INOTIFY },
		{ "[userfaultfd]", FILE_USERFAULTFD },
		{ "[io_uring]", FILE_IO_URING },
		{ "[pidfd]", FILE_PIDFD },
		{ "bpf", FILE_BPF },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_starts(name, span_str(names[i].name)))
			return names[i].type;
	return FILE_UNSUPPORTED;
}

/* Both ends of a pair of sockets have one entry's numbers, in this order or the other. */
static bool is_same_pair(const struct file *f, const struct kernel_file *k)
{
	struct net_tuple t;

	if (f->type != FILE_UNIX || f->source == 0 || !net_parse_tuple(k->tuple, &t) ||
	    t.family != FAMILY_UNIX)
		return true;
	return (f->source == t.source && f->dest == t.dest) ||
	       (f->source == t.dest && f->dest == t.source);
}

static bool is_anon(const struct file *f, enum file_type type)
{
	return f->type == type || (type == FILE_UNSUPPORTED && is_path_type(f->type));
}

/* Can the file that we have be the one that the kernel has there? */
static bool is_same_file(const struct file *f, const struct kernel_file *k)
{
	unsigned fmt = k->mode & FMT;

	if (f->ino != 0 && k->ino != 0 && f->ino != k->ino)
		return false;
	if (f->ino != 0 && f->dev != 0 && k->dev != 0 && f->dev != k->dev)
		return false;
	if (fmt == 0) /* they all have the number of one inode; their names tell them apart */
		return k->path.n == 0 ? !is_socket_type(f->type) || f->type == FILE_UNKNOWN
				      : is_anon(f, anon_type(k->path));
	if (fmt == FMT_SOCK)
		return is_socket_type(f->type) && (f->ino != 0 || is_same_pair(f, k));
	if (fmt == FMT_FIFO)
		return f->type == FILE_FIFO || is_path_type(f->type);
	return is_path_type(f->type);
}

static enum file_type path_type(const struct kernel_file *k)
{
	unsigned fmt = k->mode & FMT;

	if (fmt == FMT_DIR)
		return FILE_DIRECTORY;
	if (fmt == FMT_FIFO && (k->path.n == 0 || k->path.p[0] != '/'))
		return FILE_FIFO;
	if (fmt == 0)
		return anon_type(k->path);
	if (span_starts(k->path, span_str("memfd:")))
		return FILE_MEMFD;
	return FILE_REGULAR_V2;
}

uint8_t heal_l4(const struct kernel_file *k)
{
	if (k->sock_type == 3)
		return L4_RAW;
	if (k->sock_proto == 6 || (k->sock_proto == 0 && k->sock_type == 1))
		return L4_TCP;
	if (k->sock_proto == 17 || (k->sock_proto == 0 && k->sock_type == 2))
		return L4_UDP;
	return k->sock_proto == 1 || k->sock_proto == 58 ? L4_ICMP : L4_UNKNOWN;
}

/* What a socket is by itself, as if we had seen how it was made. */
static void make_unnamed(struct file *f, const struct kernel_file *k)
{
	switch (k->sock_family) {
	case FAMILY_UNIX:
		f->type = FILE_UNIX;
		break;
	case FAMILY_INET:
	case FAMILY_INET6:
		f->type = k->sock_family == FAMILY_INET ? FILE_IPV4 : FILE_IPV6;
		f->l4proto = heal_l4(k);
		break;
	case FAMILY_NETLINK:
		f->type = FILE_NETLINK;
		break;
	}
}

/* A socket whose coming we missed: its two ends, local side first. */
static void make_socket(struct enrich *en, struct file *f, const struct kernel_file *k)
{
	struct net_tuple t;
	bool peer;

	make_unnamed(f, k);
	if (!net_parse_tuple(k->tuple, &t))
		return;
	if (t.family == FAMILY_UNIX) {
		f->type = FILE_UNIX;
		f->source = t.source;
		f->dest = t.dest;
		file_set_name(&en->fdtab, f, t.path);
		return;
	}
	peer = t.dport != 0 || !net_is_zero(t.dip, t.family == FAMILY_INET6);
	if (peer)
		net_unmap(&t);
	f->type = t.family == FAMILY_INET ? FILE_IPV4 : FILE_IPV6;
	f->l4proto = heal_l4(k);
	if (!peer && t.sport == 0)
		return; /* neither bound nor connected */
	if (!peer) {
		f->type = t.family == FAMILY_INET ? FILE_IPV4_SERVER : FILE_IPV6_SERVER;
		memcpy(f->dip, t.sip, 16);
		f->dport = t.sport;
		f->flags |= FILE_ROLE_SERVER;
		memcpy(t.dip, t.sip, 16);
		t.dport = t.sport;
	} else {
		memcpy(f->sip, t.sip, 16);
		memcpy(f->dip, t.dip, 16);
		f->sport = t.sport;
		f->dport = t.dport;
		f->flags |= FILE_ROLE_CLIENT | FILE_CONNECTED;
	}
	file_set_name(&en->fdtab, f,
		      span_of(en->text, net_tuple_text((char *)en->text, &t, f->type, f->l4proto)));
}

/* A file gets its second name, or loses it, at any time. */
static void set_linked(struct file *f, const struct kernel_file *k)
{
	f->flags &= (uint16_t)~FILE_HARD_LINKED;
	if (k->nlink > 1 && (k->mode & FMT) == FMT_REG)
		f->flags |= FILE_HARD_LINKED;
}

static struct file *make_file(struct enrich *en, const struct kernel_file *k)
{
	bool sock = (k->mode & FMT) == FMT_SOCK || k->sock_type != 0;
	struct file *f = file_new(&en->fdtab, sock ? FILE_UNKNOWN : path_type(k));

	if (f == NULL)
		return NULL;
	f->dev = k->dev;
	f->ino = k->ino;
	f->mnt_id = k->mnt_id;
	set_linked(f, k);
	if (sock) {
		make_socket(en, f, k);
	} else if (f->type == FILE_MEMFD) {
		file_set_name(&en->fdtab, f,
			      span_of(k->path.p + MEMFD_PREFIX, k->path.n - MEMFD_PREFIX));
	} else if (k->path.n > 0 && k->path.p[0] == '/') {
		file_set_name(&en->fdtab, f, k->path);
		f->resolved = file_text(&en->fdtab, k->path, f->name);
	}
	return f;
}

/* Does the kernel's path say where the file is?  What lies in memory alone is nowhere else. */
static bool is_place(struct span path)
{
	return path.n > 0 && (path.p[0] == '/' || span_starts(path, span_str("memfd:")));
}

/* The kernel's own words hold for all who share the file. */
static void learn(struct enrich *en, struct file *f, const struct kernel_file *k)
{
	struct blob *resolved = f->resolved;

	set_linked(f, k);
	if (f->mnt_id == 0)
		f->mnt_id = k->mnt_id;
	if (f->ino == 0) {
		f->ino = k->ino;
		f->dev = k->dev;
	}
	if (!is_place(k->path) || blob_is(resolved, k->path))
		return;
	/* It was not known, or it has another name since. */
	f->resolved = file_text(&en->fdtab, k->path, f->name);
	blob_drop(&en->slab, resolved);
}

static void heal_file(struct enrich *en, const struct kernel_file *k)
{
	const struct fd_slot *slot;
	struct fds *fds = event_fds(en);
	struct file *file;
	uint16_t keep;

	if (fds == NULL || k->fd < 0)
		return;
	slot = fds_find(&en->fdtab, fds, k->fd);
	if (slot != NULL && is_same_file(slot->file, k)) {
		learn(en, slot->file, k);
		return;
	}
	keep = slot != NULL ? slot->flags : 0;
	file = fds_put(&en->fdtab, fds, k->fd, make_file(en, k), keep);
	if (file == NULL)
		return;
	en->counts[ENRICHER_HEALED]++;
	/* Which end began the connection, the kernel side does not say. */
	if ((file->flags & FILE_CONNECTED) && file->type != FILE_UNIX)
		again_file(en, k->fd);
}

/* Is the event's file the one that it made? */
static bool is_made(const struct enrich *en)
{
	return (en->turn->info->flags & EF_CREATES_FD) != 0 && en->ev.file.fd == result_of(en);
}

/* None of the descriptors that the event names and the kernel knew no file of is open. */
static void forget_bad(struct enrich *en)
{
	struct fds *fds = event_fds(en);

	for (uint32_t left = en->turn->fd_params; fds != NULL && left != 0; left &= left - 1) {
		int64_t fd = int_param(en, (unsigned)__builtin_ctz(left), -1);
		bool open = en->ev.has_file && en->ev.file.fd == fd;

		for (unsigned i = 0; i < en->ev.nmore; i++)
			open |= en->ev.more[i].fd == fd;
		if (fd >= 0 && !open)
			fds_remove(&en->fdtab, fds, fd);
	}
}

void heal_used(struct enrich *en)
{
	if (!en->ev.has_kernel)
		return;
	if (en->ev.has_file && !is_made(en))
		heal_file(en, &en->ev.file);
	for (unsigned i = 0; i < en->ev.nmore; i++)
		heal_file(en, &en->ev.more[i]);
	if (result_of(en) == -EBADF)
		forget_bad(en);
}

void heal_made(struct enrich *en)
{
	if (en->ev.has_file && is_made(en))
		heal_file(en, &en->ev.file);
}
