/* SPDX-License-Identifier: Apache-2.0
 *
 * sockets.c -- see sockets.h.  A namespace's tables are read whole, the entries
 * sorted by inode, the names kept in the texts that were read.  Both are bounded:
 * a host with more sockets than that gets a snapshot with nameless ones.
 */
#include "sockets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire.h"

enum { MAX_NAMESPACES = 1024, MAX_ENTRIES = 1 << 20, MAX_TEXT = 64 << 20 };
enum { TCP_LISTENING = 10 };

struct namespace
{
	uint64_t ino;
	struct sockets *of;
	struct socket_entry *entries;
	size_t count, cap;
	char *unix_text; /* names of unix sockets point into it */
};

struct sockets {
	unsigned count;
	size_t entries, text_bytes; /* of all of them, as far as they are kept */
	struct unread *unread;
	struct namespace spaces[MAX_NAMESPACES];
};

struct sockets *sockets_new(struct unread *unread)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->unread = unread;
	return s;
}

uint64_t sockets_most_bytes(void)
{
	/* A table and its larger copy; names, and the text that is being read and its copy. */
	return UINT64_C(2) * MAX_ENTRIES * sizeof(struct socket_entry) + UINT64_C(4) * MAX_TEXT +
	       sizeof(struct sockets);
}

void sockets_free(struct sockets *s)
{
	for (unsigned i = 0; s != NULL && i < s->count; i++) {
		free(s->spaces[i].entries);
		free(s->spaces[i].unix_text);
	}
	free(s);
}

/* The whole of a file under /proc, to be freed; NULL: cannot be read. */
static char *read_whole(struct sockets *s, int dir, const char *path, size_t *ret_len)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t len = 0, cap = 64 * 1024;
	char *text = fd < 0 ? NULL : malloc(cap);
	ssize_t n = -1;

	while (text != NULL && (n = read(fd, text + len, cap - len)) > 0) {
		char *more;

		len += (size_t)n;
		if (len < cap)
			continue;
		if (cap >= MAX_TEXT)
			break;
		more = realloc(text, cap *= 2);
		if (more == NULL) { /* what was read is good */
			unread_note(s->unread, ENOMEM);
			break;
		}
		text = more;
	}
	if (n < 0)
		unread_note(s->unread, errno);
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	*ret_len = len;
	return text;
}

static struct socket_entry *entry_add(struct namespace *ns)
{
	if (ns->count == ns->cap) {
		size_t cap = ns->cap == 0 ? 256 : 2 * ns->cap;
		struct socket_entry *more;

		if (ns->of->entries + (cap - ns->cap) > MAX_ENTRIES)
			return NULL;
		more = realloc(ns->entries, cap * sizeof(*more));
		if (more == NULL) {
			unread_note(ns->of->unread, ENOMEM);
			return NULL;
		}
		ns->of->entries += cap - ns->cap;
		ns->entries = more;
		ns->cap = cap;
	}
	return &ns->entries[ns->count++];
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

static void read_inet(struct namespace *ns, int pid_dir, const char *path, uint8_t l4proto)
{
	size_t len;
	char *text = read_whole(ns->of, pid_dir, path, &len);
	struct span rest = span_of(text, text == NULL ? 0 : len), line;
	struct procfs_inet inet;
	struct socket_entry *e;

	while (procfs_line(&rest, &line)) {
		if (procfs_parse_inet(line, &inet) < 0 || inet.ino == 0)
			continue; /* the heading; sockets that no process holds any more */
		e = entry_add(ns);
		if (e == NULL)
			break;
		*e = (struct socket_entry){ .ino = inet.ino, .l4proto = l4proto, .inet = inet };
		e->kind = SOCKET_INET;
		e->is_listening = l4proto == L4_TCP ? inet.state == TCP_LISTENING
						    : inet.remote_port == 0 &&
							      is_zero(inet.remote, inet.width);
	}
	free(text);
}

static void read_unix(struct namespace *ns, int pid_dir)
{
	size_t len;
	char *text = read_whole(ns->of, pid_dir, "net/unix", &len);
	struct span rest = span_of(text, text == NULL ? 0 : len), line;
	struct procfs_unix un;
	struct socket_entry *e;

	if (text != NULL && ns->of->text_bytes + len > MAX_TEXT) {
		free(text);
		return;
	}
	ns->unix_text = text;
	ns->of->text_bytes += text == NULL ? 0 : len;
	while (procfs_line(&rest, &line)) {
		if (procfs_parse_unix(line, &un) < 0)
			continue;
		e = entry_add(ns);
		if (e == NULL)
			break;
		*e = (struct socket_entry){ .ino = un.ino, .address = un.address };
		e->kind = SOCKET_UNIX;
		e->name = un.name;
	}
}

static void read_netlink(struct namespace *ns, int pid_dir)
{
	size_t len;
	char *text = read_whole(ns->of, pid_dir, "net/netlink", &len);
	struct span rest = span_of(text, text == NULL ? 0 : len), line;
	struct socket_entry *e;
	uint64_t ino;

	while (procfs_line(&rest, &line)) {
		if (procfs_parse_netlink(line, &ino) < 0 || ino == 0)
			continue;
		e = entry_add(ns);
		if (e == NULL)
			break;
		*e = (struct socket_entry){ .ino = ino, .kind = SOCKET_NETLINK };
	}
	free(text);
}

/* A connection whose local port is listened on was accepted there. */
static void mark_accepted(struct namespace *ns)
{
	static uint8_t listening[65536 / 8];

	memset(listening, 0, sizeof(listening));
	for (size_t i = 0; i < ns->count; i++)
		if (ns->entries[i].is_listening && ns->entries[i].l4proto == L4_TCP)
			listening[ns->entries[i].inet.local_port / 8] |=
				(uint8_t)(1 << ns->entries[i].inet.local_port % 8);
	for (size_t i = 0; i < ns->count; i++) {
		struct socket_entry *e = &ns->entries[i];

		if (e->kind == SOCKET_INET && e->l4proto == L4_TCP && !e->is_listening)
			e->is_accepted =
				listening[e->inet.local_port / 8] >> e->inet.local_port % 8 & 1;
	}
}

static void read_namespace(struct namespace *ns, int pid_dir)
{
	read_inet(ns, pid_dir, "net/tcp", L4_TCP);
	read_inet(ns, pid_dir, "net/tcp6", L4_TCP);
	read_inet(ns, pid_dir, "net/udp", L4_UDP);
	read_inet(ns, pid_dir, "net/udp6", L4_UDP);
	read_inet(ns, pid_dir, "net/raw", L4_RAW);
	read_inet(ns, pid_dir, "net/raw6", L4_RAW);
	read_inet(ns, pid_dir, "net/icmp", L4_ICMP);
	read_inet(ns, pid_dir, "net/icmp6", L4_ICMP);
	read_unix(ns, pid_dir);
	read_netlink(ns, pid_dir);
	mark_accepted(ns);
	ns->count = socket_table_settle(ns->entries, ns->count);
}

/* The namespace of the process at PID_DIR; NULL: it is gone, or there are too many. */
static const struct namespace *namespace_of(struct sockets *s, int pid_dir)
{
	struct namespace *ns;
	unsigned long ino;
	char link[64];
	ssize_t n = readlinkat(pid_dir, "ns/net", link, sizeof(link) - 1);

	if (n < 0)
		unread_note(s->unread, errno);
	if (n <= 0)
		return NULL;
	link[n] = 0;
	if (sscanf(link, "net:[%lu]", &ino) != 1)
		return NULL;
	for (unsigned i = 0; i < s->count; i++)
		if (s->spaces[i].ino == ino)
			return &s->spaces[i];
	if (s->count == MAX_NAMESPACES)
		return NULL;
	ns = &s->spaces[s->count++];
	ns->ino = ino;
	ns->of = s;
	read_namespace(ns, pid_dir);
	return ns;
}

const struct socket_entry *sockets_find(struct sockets *s, int pid_dir, uint64_t ino)
{
	const struct namespace *ns = namespace_of(s, pid_dir);

	return ns == NULL ? NULL : socket_table_find(ns->entries, ns->count, ino);
}
