/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot_file.c -- see snapshot_file.h.  Names are what the descriptor would be
 * called had its opening been seen: no " (deleted)", a memfd by its own name.
 */
#include "snapshot_file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What the links of descriptors without a path look like. */
static const struct {
	const char *prefix;
	uint8_t type;
} anonymous[] = {
	{ "pipe:[", FILE_FIFO },
	{ "anon_inode:[eventpoll]", FILE_EVENTPOLL },
	{ "anon_inode:[eventfd]", FILE_EVENT },
	{ "anon_inode:[signalfd]", FILE_SIGNALFD },
	{ "anon_inode:[timerfd]", FILE_TIMERFD },
	{ "anon_inode:[userfaultfd]", FILE_USERFAULTFD },
	{ "anon_inode:[io_uring]", FILE_IO_URING },
	{ "anon_inode:[pidfd]", FILE_PIDFD },
	{ "anon_inode:inotify", FILE_INOTIFY },
	{ "anon_inode:bpf", FILE_BPF },
	{ "anon_inode:", FILE_UNSUPPORTED },
};

static uint8_t type_of(struct span link, mode_t mode)
{
	for (unsigned i = 0; i < ARRAY_LEN(anonymous); i++)
		if (span_starts(link, span_str(anonymous[i].prefix)))
			return anonymous[i].type;
	if (span_starts(link, span_str("/memfd:")))
		return FILE_MEMFD;
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return FILE_DIRECTORY;
	case S_IFIFO:
		return FILE_FIFO;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFLNK:
		return FILE_REGULAR;
	default:
		return FILE_UNSUPPORTED;
	}
}

/* ---- sockets ---- */

static bool is_mapped(const uint8_t *addr)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(addr, prefix, sizeof(prefix)) == 0;
}

static bool is_any(const uint8_t *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr, zero, sizeof(zero)) == 0;
}

/* IPv4 that came in through an IPv6 socket is IPv4. */
static void unmap(struct procfs_inet *s)
{
	if (s->width != 16 || !is_mapped(s->local) || !(is_mapped(s->remote) || is_any(s->remote)))
		return;
	memmove(s->local, s->local + 12, 4);
	memmove(s->remote, s->remote + 12, 4);
	s->width = 4;
}

static int endpoint_text(char *buf, size_t cap, const uint8_t *addr, uint8_t width, uint16_t port,
			 bool has_port)
{
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(width == 4 ? AF_INET : AF_INET6, addr, ip, sizeof(ip));
	return has_port ? snprintf(buf, cap, "%s:%u", ip, port) : snprintf(buf, cap, "%s", ip);
}

static void inet_file(const struct socket_entry *e, char *name, size_t cap, struct file_info *f)
{
	bool has_port = e->l4proto == L4_TCP || e->l4proto == L4_UDP;
	struct procfs_inet s = e->inet;
	int n;

	unmap(&s);
	f->l4proto = e->l4proto;
	if (e->is_listening) {
		f->type = s.width == 4 ? FILE_IPV4_SERVER : FILE_IPV6_SERVER;
		f->flags |= FILE_ROLE_SERVER;
		memcpy(f->dip, s.local, s.width);
		f->dport = s.local_port;
		n = endpoint_text(name, cap, f->dip, s.width, f->dport, has_port);
		f->name = span_of(name, (size_t)n);
		return;
	}
	/* The client's side first: the remote one of a connection that was accepted. */
	f->type = s.width == 4 ? FILE_IPV4 : FILE_IPV6;
	f->flags |= e->is_accepted ? FILE_ROLE_SERVER : FILE_ROLE_CLIENT;
	if (e->l4proto == L4_TCP)
		f->flags |= FILE_CONNECTED;
	memcpy(f->sip, e->is_accepted ? s.remote : s.local, s.width);
	memcpy(f->dip, e->is_accepted ? s.local : s.remote, s.width);
	f->sport = e->is_accepted ? s.remote_port : s.local_port;
	f->dport = e->is_accepted ? s.local_port : s.remote_port;
	n = endpoint_text(name, cap, f->sip, s.width, f->sport, has_port);
	n += snprintf(name + n, cap - (size_t)n, "->");
	n += endpoint_text(name + n, cap - (size_t)n, f->dip, s.width, f->dport, has_port);
	f->name = span_of(name, (size_t)n);
}

static void socket_file(int pid_dir, struct sockets *sockets, char *name, size_t cap,
			struct file_info *f)
{
	const struct socket_entry *e = sockets_find(sockets, pid_dir, f->ino);

	f->type = FILE_UNKNOWN;
	if (e == NULL)
		return; /* of a family that has no table, or too new */
	switch ((enum socket_kind)e->kind) {
	case SOCKET_INET:
		inet_file(e, name, cap, f);
		break;
	case SOCKET_UNIX:
		f->type = FILE_UNIX;
		f->source = e->address;
		f->name = e->name;
		break;
	case SOCKET_NETLINK:
		f->type = FILE_NETLINK;
		break;
	}
}

/* ---- all kinds ---- */

static void read_fdinfo(int pid_dir, const char *name, struct unread *unread,
			struct procfs_fdinfo *ret)
{
	char path[32], text[1024];
	ssize_t n = -1;
	int fd;

	*ret = (struct procfs_fdinfo){ 0 };
	snprintf(path, sizeof(path), "fdinfo/%s", name);
	fd = openat(pid_dir, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text));
	if (n < 0)
		unread_note(unread, errno);
	if (fd >= 0)
		close(fd);
	if (n > 0)
		procfs_parse_fdinfo(span_of(text, (size_t)n), ret);
}

static struct span without_deleted(struct span s, uint32_t links)
{
	static const char mark[] = " (deleted)";

	if (links == 0 && span_ends(s, span_str(mark)))
		s.n -= sizeof(mark) - 1;
	return s;
}

int snapshot_stat(int dir, const char *name, struct statx *ret)
{
	return statx(dir, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, ret) == -1
		       ? -errno
		       : 0;
}

int snapshot_file(int pid_dir, int fd_dir, const char *name, struct sockets *sockets,
		  struct snapshot_file_texts *texts, struct unread *unread, struct file_info *ret)
{
	ssize_t n = readlinkat(fd_dir, name, texts->link, sizeof(texts->link));
	struct procfs_fdinfo info;
	struct span link;
	struct statx st;
	int64_t fd;
	int err = n < 0 ? -errno : snapshot_stat(fd_dir, name, &st);

	if (err < 0) {
		unread_note(unread, -err);
		return -ESRCH;
	}
	if (n == 0 || !procfs_number(span_str(name), &fd))
		return -ESRCH;
	read_fdinfo(pid_dir, name, unread, &info);
	link = without_deleted(span_of(texts->link, (size_t)n), st.stx_nlink);
	*ret = (struct file_info){
		.fd = fd,
		.type = type_of(link, st.stx_mode),
		.flags = info.flags & O_CLOEXEC ? FILE_CLOEXEC : 0,
		.open_flags = procfs_open_flags(info.flags),
		/* glibc's form is the kernel's new_encode_dev() */
		.dev = (uint32_t)makedev(st.stx_dev_major, st.stx_dev_minor),
		.ino = st.stx_ino,
		.mnt_id = info.mnt_id,
		.name = link,
	};
	if (S_ISSOCK(st.stx_mode) && span_starts(link, span_str("socket:["))) {
		ret->name = SPAN_NONE;
		socket_file(pid_dir, sockets, texts->name, sizeof(texts->name), ret);
	} else if (ret->type == FILE_MEMFD) {
		ret->name =
			span_of(link.p + sizeof("/memfd:") - 1, link.n - (sizeof("/memfd:") - 1));
	} else if (ret->type == FILE_PIDFD) {
		n = snprintf(texts->name, sizeof(texts->name), "/proc/%lld", (long long)info.pid);
		ret->name = span_of(texts->name, (size_t)n);
	} else if (link.p[0] == '/') {
		ret->resolved = link;
	}
	return 0;
}
