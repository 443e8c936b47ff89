/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_event.c -- what the event is about, as far as nobody said it: a call that
 * goes well, on a descriptor of the kind that fits it, with parameters that agree
 * with the descriptor and the process.
 */
#include "path.h"
#include "scene_value.h"
#include "text.h"

enum {
	DEFAULT_FD = 3,
	DEFAULT_CHILD = 4300,
	SOCK_DATAGRAM = 2,
	FAMILY_UNIX = 1,
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
	FAMILY_NETLINK = 16
};

#define DEFAULT_PATH "/tmp/file"

bool scene_is_serving(const struct scene *s)
{
	return s->code == EVENT_SOCKET_ACCEPT_5_X || s->code == EVENT_SOCKET_ACCEPT4_6_X ||
	       s->code == EVENT_SOCKET_BIND_X || s->code == EVENT_SOCKET_LISTEN_X;
}

/* ---- parameters ---- */

static bool param_said(const struct scene *s, int index)
{
	return index >= 0 && (s->params_said >> index & 1) != 0;
}

static int param_named(const struct scene *s, const char *name)
{
	return event_param_index(s->code, span_str(name));
}

static void put_int(struct scene *s, int index, int64_t v)
{
	if (index >= 0 && !param_said(s, index))
		s->params[index] = (struct param){ .kind = PARAM_INT, .i = v };
}

static void put_bytes(struct scene *s, int index, struct span bytes)
{
	if (index >= 0 && !param_said(s, index))
		s->params[index] =
			(struct param){ .kind = bytes.p == NULL ? PARAM_EMPTY : PARAM_BYTES,
					.s = bytes };
}

static bool is_path(const struct scene *s, unsigned index)
{
	unsigned type = s->info->params[index].type;

	return type == PT_FSPATH || type == PT_FSRELPATH;
}

/* The first path of the event; -1. */
static int path_param(const struct scene *s)
{
	for (unsigned i = 0; i < s->info->nparams; i++)
		if (is_path(s, i))
			return (int)i;
	return -1;
}

static bool is_dirfd(const struct scene *s, unsigned index)
{
	for (unsigned i = 0; i < s->info->nparams; i++)
		if (s->info->params[i].dirfd == (int)index)
			return true;
	return false;
}

/* ---- the kind of file ---- */

static bool opens(unsigned code)
{
	return code == EVENT_SYSCALL_OPEN_X || code == EVENT_SYSCALL_OPENAT_2_X ||
	       code == EVENT_SYSCALL_OPENAT2_X || code == EVENT_SYSCALL_CREAT_X ||
	       code == EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X;
}

static bool is_socket_event(const struct scene *s)
{
	for (unsigned i = 0; i < s->info->nparams; i++)
		if (s->info->params[i].type == PT_SOCKADDR ||
		    s->info->params[i].type == PT_SOCKTUPLE)
			return true;
	return s->info->category == EC_NET;
}

static uint8_t type_of_family(int64_t family)
{
	switch (family) {
	case FAMILY_UNIX:
		return FILE_UNIX;
	case FAMILY_INET:
		return FILE_IPV4;
	case FAMILY_INET6:
		return FILE_IPV6;
	case FAMILY_NETLINK:
		return FILE_NETLINK;
	default:
		return FILE_UNKNOWN;
	}
}

static uint8_t type_by_event(const struct scene *s)
{
	static const struct {
		uint16_t code;
		uint8_t type;
	} makes[] = {
		{ EVENT_SYSCALL_PIPE_X, FILE_FIFO },
		{ EVENT_SYSCALL_PIPE2_X, FILE_FIFO },
		{ EVENT_SOCKET_SOCKETPAIR_X, FILE_UNIX },
		{ EVENT_SYSCALL_EVENTFD_X, FILE_EVENT },
		{ EVENT_SYSCALL_EVENTFD2_X, FILE_EVENT },
		{ EVENT_SYSCALL_SIGNALFD_X, FILE_SIGNALFD },
		{ EVENT_SYSCALL_SIGNALFD4_X, FILE_SIGNALFD },
		{ EVENT_SYSCALL_TIMERFD_CREATE_X, FILE_TIMERFD },
		{ EVENT_SYSCALL_INOTIFY_INIT_X, FILE_INOTIFY },
		{ EVENT_SYSCALL_INOTIFY_INIT1_X, FILE_INOTIFY },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, FILE_EVENTPOLL },
		{ EVENT_SYSCALL_EPOLL_CREATE1_X, FILE_EVENTPOLL },
		{ EVENT_SYSCALL_USERFAULTFD_X, FILE_USERFAULTFD },
		{ EVENT_SYSCALL_IO_URING_SETUP_X, FILE_IO_URING },
		{ EVENT_SYSCALL_MEMFD_CREATE_X, FILE_MEMFD },
		{ EVENT_SYSCALL_PIDFD_OPEN_X, FILE_PIDFD },
		{ EVENT_SYSCALL_BPF_2_X, FILE_BPF },
		{ EVENT_SYSCALL_FCHDIR_X, FILE_DIRECTORY },
		{ EVENT_SYSCALL_GETDENTS_X, FILE_DIRECTORY },
		{ EVENT_SYSCALL_GETDENTS64_X, FILE_DIRECTORY },
	};
	int domain = param_named(s, "domain"), flags = param_named(s, "flags");

	for (size_t i = 0; i < ARRAY_LEN(makes); i++)
		if (makes[i].code == s->code)
			return makes[i].type;
	if (param_said(s, domain))
		return type_of_family(s->params[domain].i);
	if (is_socket_event(s))
		return FILE_IPV4;
	if (opens(s->code) && param_said(s, flags) && (s->params[flags].u & 0x400) != 0)
		return FILE_DIRECTORY;
	return FILE_REGULAR;
}

static bool is_ip(const struct file_info *f)
{
	return f->type == FILE_IPV4 || f->type == FILE_IPV6 || f->type == FILE_IPV4_SERVER ||
	       f->type == FILE_IPV6_SERVER;
}

static bool is_v6(const struct file_info *f)
{
	return f->type == FILE_IPV6 || f->type == FILE_IPV6_SERVER;
}

/* "10.0.0.1:4000->10.0.0.2:80" as a name says both ends. */
static bool ends_by_name(struct scene *s)
{
	struct scene_endpoint from, to;

	if ((s->file_said & SAID_FD_NAME) == 0 || !scene_connection(s->file.name, &from, &to))
		return false;
	if ((s->file_said & (SAID_FD_SIP | SAID_FD_DIP | SAID_FD_SPORT | SAID_FD_DPORT)) != 0)
		return false;
	s->file.type = from.ip.family == 4 ? FILE_IPV4 : FILE_IPV6;
	memcpy(s->file.sip, from.ip.addr, 16);
	memcpy(s->file.dip, to.ip.addr, 16);
	s->file.sport = from.port;
	s->file.dport = to.port;
	s->file_said |= SAID_FD_SIP | SAID_FD_DIP | SAID_FD_SPORT | SAID_FD_DPORT;
	return true;
}

static void finish_type(struct scene *s)
{
	struct file_info *f = &s->file;
	bool named = (s->file_said & SAID_FD_NAME) != 0 && f->name.n > 0;

	if ((s->file_said & SAID_FD_TYPE) == 0 && !ends_by_name(s)) {
		f->type = type_by_event(s);
		if (f->type == FILE_IPV4 && named && f->name.p[0] == '/')
			f->type = FILE_UNIX;
		if (f->type == FILE_IPV4 && (s->file_said & (SAID_FD_L4)) == 0 && named)
			f->type = FILE_REGULAR;
	} else {
		(void)ends_by_name(s);
	}
	if ((s->code != EVENT_SOCKET_BIND_X && s->code != EVENT_SOCKET_LISTEN_X) || !is_ip(f))
		return;
	f->type = is_v6(f) ? FILE_IPV6_SERVER : FILE_IPV4_SERVER;
}

/* ---- sockets ---- */

static void put_ip(uint8_t addr[16], const char *text)
{
	struct ip_addr ip;

	if (scene_ip(span_str(text), &ip))
		memcpy(addr, ip.addr, 16);
}

static void finish_ends(struct scene *s)
{
	struct file_info *f = &s->file;
	bool v6 = is_v6(f), serving = scene_is_serving(s);
	const char *here = v6 ? "fd00::1" : "10.0.0.1";
	const char *there = v6 ? "2001:db8::1" : "198.51.100.1";

	if ((s->file_said & SAID_FD_SIP) == 0 && f->type != FILE_IPV4_SERVER &&
	    f->type != FILE_IPV6_SERVER)
		put_ip(f->sip, serving ? there : here);
	if ((s->file_said & SAID_FD_DIP) == 0)
		put_ip(f->dip, serving ? here : there);
	if ((s->file_said & SAID_FD_SPORT) == 0 && f->type != FILE_IPV4_SERVER &&
	    f->type != FILE_IPV6_SERVER)
		f->sport = 40000;
	if ((s->file_said & SAID_FD_DPORT) == 0)
		f->dport = 443;
}

static void finish_flags(struct scene *s)
{
	uint16_t standard = scene_is_serving(s) ? FILE_ROLE_SERVER : FILE_ROLE_CLIENT;

	if (s->code != EVENT_SOCKET_BIND_X && s->code != EVENT_SOCKET_LISTEN_X)
		standard |= FILE_CONNECTED;
	if (s->chain[0].info.container_id.n == 0)
		standard |= scene_is_serving(s) ? FILE_DIP_LOCAL : FILE_SIP_LOCAL;
	s->file.flags |= standard & (uint16_t)~s->flags_said;
}

static void finish_l4(struct scene *s)
{
	int type = param_named(s, "type");

	if ((s->file_said & SAID_FD_L4) != 0)
		return;
	s->file.l4proto = param_said(s, type) && (s->params[type].u & 0xff) == SOCK_DATAGRAM
				  ? L4_UDP
				  : L4_TCP;
}

static void put_endpoint(struct text *t, const struct file_info *f, const uint8_t *ip,
			 uint16_t port)
{
	if (is_v6(f))
		text_ipv6(t, ip);
	else
		text_ipv4(t, ip);
	if (f->l4proto != L4_TCP && f->l4proto != L4_UDP)
		return;
	text_char(t, ':');
	text_unsigned(t, port);
}

/* The name of a socket as the enricher makes it. */
static struct span socket_name(struct scene *s)
{
	uint8_t block[256];
	struct arena arena;
	struct text t;

	arena_init(&arena, block, sizeof(block));
	text_begin(&t, &arena);
	if (s->file.type == FILE_IPV4 || s->file.type == FILE_IPV6) {
		put_endpoint(&t, &s->file, s->file.sip, s->file.sport);
		text_str(&t, "->");
	}
	put_endpoint(&t, &s->file, s->file.dip, s->file.dport);
	return pool_copy(s->pool, text_end(&t));
}

static void finish_socket(struct scene *s)
{
	finish_l4(s);
	if (s->code == EVENT_SOCKET_SOCKET_X && (s->file_said & ~(uint32_t)SAID_FD_NUM) == 0)
		return; /* nobody is at its other end yet */
	finish_ends(s);
	finish_flags(s);
	if ((s->file_said & SAID_FD_NAME) == 0)
		s->file.name = socket_name(s);
}

/* ---- files with a path ---- */

static struct span absolute(struct scene *s, struct span path)
{
	uint8_t out[PATH_CAP];
	size_t n = path_concat(out, sizeof(out), s->chain[0].info.cwd, path);

	return pool_copy(s->pool, span_of(out, n));
}

static void finish_path(struct scene *s)
{
	struct file_info *f = &s->file;
	int path = path_param(s), dev = param_named(s, "dev"), ino = param_named(s, "ino");
	int flags = param_named(s, "flags");

	if ((s->file_said & SAID_FD_NAME) == 0) {
		if (opens(s->code) && param_said(s, path) && s->params[path].kind == PARAM_BYTES)
			f->name = absolute(s, s->params[path].s);
		else
			f->name = span_str(DEFAULT_PATH);
	}
	if (!opens(s->code))
		return;
	if ((s->file_said & SAID_FD_NAMERAW) == 0)
		f->name_raw = param_said(s, path) && s->params[path].kind == PARAM_BYTES
				      ? s->params[path].s
				      : f->name;
	if (param_said(s, flags))
		f->open_flags = (uint32_t)s->params[flags].u;
	if (param_said(s, dev))
		f->dev = (uint32_t)s->params[dev].u;
	if (param_said(s, ino))
		f->ino = s->params[ino].u;
}

static void finish_file(struct scene *s)
{
	int name = param_named(s, "name");

	finish_type(s);
	if (is_ip(&s->file))
		finish_socket(s);
	else if (s->file.type == FILE_REGULAR || s->file.type == FILE_DIRECTORY)
		finish_path(s);
	else if (s->file.type == FILE_MEMFD && (s->file_said & SAID_FD_NAME) == 0 &&
		 param_said(s, name) && s->params[name].kind == PARAM_BYTES)
		s->file.name = s->params[name].s;
}

/* ---- the descriptor ---- */

/* Of an event that uses one: the first FD that is no result. */
static int used_fd_param(const struct scene *s)
{
	for (unsigned i = event_is_exit(s->code) ? 1 : 0; i < s->info->nparams; i++)
		if (s->info->params[i].type == PT_FD)
			return (int)i;
	return -1;
}

static bool makes_pair(unsigned code)
{
	return code == EVENT_SYSCALL_PIPE_X || code == EVENT_SYSCALL_PIPE2_X ||
	       code == EVENT_SOCKET_SOCKETPAIR_X;
}

/* A new descriptor is the result, and its number the descriptor's. */
static void finish_new_fd(struct scene *s)
{
	int old = used_fd_param(s), new = param_named(s, "newfd");
	bool failed = param_said(s, 0) && s->params[0].i < 0;

	if ((s->file_said & SAID_FD_NUM) == 0)
		s->file.fd = param_said(s, 0) ? s->params[0].i : DEFAULT_FD;
	put_int(s, 0, s->file.fd);
	if ((s->info->flags & EF_USES_FD) == 0) {
		s->has_file = !failed && s->params[0].kind == PARAM_INT;
		return;
	}
	/* dup: what it was, too */
	put_int(s, old, s->file.fd == DEFAULT_FD ? DEFAULT_FD + 1 : DEFAULT_FD);
	put_int(s, new, failed ? DEFAULT_FD + 2 : s->file.fd);
	if (failed && old >= 0)
		s->file.fd = s->params[old].i;
	s->has_file = true;
}

/* pipe, socketpair: the second is the event's own. */
static void finish_pair(struct scene *s)
{
	int first = param_named(s, "fd1"), second = param_named(s, "fd2");

	if ((s->file_said & SAID_FD_NUM) == 0)
		s->file.fd = param_said(s, second) ? s->params[second].i : DEFAULT_FD + 1;
	put_int(s, 0, 0);
	put_int(s, first, s->file.fd - 1);
	put_int(s, second, s->file.fd);
	s->has_file = s->params[0].i >= 0;
	if (!s->has_file)
		s->file.fd = -1;
}

static void finish_used_fd(struct scene *s)
{
	int index = used_fd_param(s);

	if (index < 0) {
		s->file.fd = -1;
		return;
	}
	if ((s->file_said & SAID_FD_NUM) == 0) {
		if (param_said(s, index))
			s->file.fd = s->params[index].i;
		else if (is_dirfd(s, (unsigned)index) && s->file_said == 0)
			s->file.fd = SCENE_AT_FDCWD;
		else
			s->file.fd = s->code == EVENT_SYSCALL_MMAP_X ? -1 : DEFAULT_FD;
	}
	put_int(s, index, s->file.fd);
	s->has_file = s->file.fd >= 0;
	if (s->has_file && is_dirfd(s, (unsigned)index) && (s->file_said & SAID_FD_TYPE) == 0) {
		s->file.type = FILE_DIRECTORY;
		s->file_said |= SAID_FD_TYPE;
	}
}

static void finish_descriptor(struct scene *s)
{
	uint32_t flags = s->info->flags;

	if (makes_pair(s->code))
		finish_pair(s);
	else if ((flags & EF_CREATES_FD) != 0 && event_is_exit(s->code))
		finish_new_fd(s);
	else if ((flags & (EF_USES_FD | EF_DESTROYS_FD | EF_CREATES_FD)) != 0)
		finish_used_fd(s);
	else
		s->file.fd = FD_NONE;
	if ((s->file_said & SAID_FD_NONE) != 0)
		s->has_file = false;
	/* What is said of a file that failed to be opened still tells the parameters. */
	if (s->file.fd != FD_NONE)
		finish_file(s);
	if (s->file.fd != FD_NONE && s->file.fd < 0 && s->file.fd != SCENE_AT_FDCWD)
		s->file.fd = -1;
}

/* ---- parameters that agree with the rest ---- */

/* Events that carry the process: exec, clone and their like. */
static bool tells_process(const struct scene *s)
{
	return param_named(s, "exe") >= 0 && param_named(s, "comm") >= 0;
}

static void put_process(struct scene *s)
{
	const struct process_info *p = &s->chain[0].info;
	bool execs = param_named(s, "trusted_exepath") >= 0;

	put_bytes(s, param_named(s, "exe"), p->exe);
	put_bytes(s, param_named(s, "args"), p->args);
	put_bytes(s, param_named(s, "comm"), p->comm);
	put_bytes(s, param_named(s, "cwd"), p->cwd);
	put_bytes(s, param_named(s, "cgroups"), p->cgroups);
	put_bytes(s, param_named(s, "env"), p->env);
	put_bytes(s, param_named(s, "trusted_exepath"), p->exepath);
	put_bytes(s, param_named(s, "filename"), p->exepath);
	put_int(s, 0, execs ? 0 : DEFAULT_CHILD);
	put_int(s, param_named(s, "tid"), p->tid);
	put_int(s, param_named(s, "pid"), p->pid);
	put_int(s, param_named(s, "ptid"), p->ptid);
	put_int(s, param_named(s, "fdlimit"), p->fdlimit);
	put_int(s, param_named(s, "tty"), (int64_t)p->tty);
	put_int(s, param_named(s, "vpgid"), p->vpgid);
	put_int(s, param_named(s, "pgid"), p->pgid);
	put_int(s, param_named(s, "vtid"), p->vtid);
	put_int(s, param_named(s, "vpid"), p->vpid);
	put_int(s, param_named(s, "loginuid"), (int64_t)p->loginuid);
	put_int(s, param_named(s, "uid"), (int64_t)p->uid);
	put_int(s, param_named(s, "gid"), (int64_t)p->gid);
	put_int(s, param_named(s, "cap_inheritable"), (int64_t)p->cap_inheritable);
	put_int(s, param_named(s, "cap_permitted"), (int64_t)p->cap_permitted);
	put_int(s, param_named(s, "cap_effective"), (int64_t)p->cap_effective);
	put_int(s, param_named(s, "exe_ino"), (int64_t)p->exe_ino);
	put_int(s, param_named(s, "exe_ino_ctime"), (int64_t)p->exe_ctime);
	put_int(s, param_named(s, "exe_ino_mtime"), (int64_t)p->exe_mtime);
	put_int(s, param_named(s, "pidns_init_start_ts"), (int64_t)p->pidns_init_start_ts);
	if (execs)
		put_int(s, param_named(s, "flags"), (int64_t)p->exe_flags);
}

static struct ip_addr end_of(const struct file_info *f, const uint8_t *addr)
{
	struct ip_addr ip = { .family = is_v6(f) ? 6 : 4 };

	memcpy(ip.addr, addr, 16);
	return ip;
}

/* The addresses of the socket, as the call sees them. */
static struct span socket_param(struct scene *s, bool is_tuple)
{
	const struct file_info *f = &s->file;
	struct ip_addr from = end_of(f, f->sip), to = end_of(f, f->dip);

	if (!s->has_file)
		return SPAN_NONE;
	if (f->type == FILE_UNIX)
		return scene_unix_path(s->pool, f->name, is_tuple);
	if (!is_ip(f) || f->dport == 0)
		return SPAN_NONE;
	return is_tuple ? scene_tuple(s->pool, &from, f->sport, &to, f->dport)
			: scene_sockaddr(s->pool, &to, f->dport);
}

static struct span path_value(const struct scene *s)
{
	bool named = s->file.name.n > 0 && s->file.name.p[0] == '/';

	return opens(s->code) && named ? s->file.name : span_str(DEFAULT_PATH);
}

/* Parameter I, if nothing that was said tells it. */
static void put_standard(struct scene *s, unsigned i)
{
	const struct event_param *info = &s->info->params[i];

	switch (info->type) {
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
		put_bytes(s, (int)i, socket_param(s, info->type == PT_SOCKTUPLE));
		break;
	case PT_FSPATH:
	case PT_FSRELPATH:
		put_bytes(s, (int)i, path_value(s));
		break;
	case PT_CHARBUF:
		put_bytes(s, (int)i, span_str(""));
		break;
	case PT_BYTEBUF:
	case PT_FDLIST:
	case PT_DYN:
	case PT_CHARBUFARRAY:
	case PT_CHARBUF_PAIR_ARRAY:
		put_bytes(s, (int)i, SPAN_NONE);
		break;
	case PT_FD:
	case PT_FD32:
		put_int(s, (int)i, is_dirfd(s, i) ? SCENE_AT_FDCWD : -1);
		break;
	default:
		put_int(s, (int)i, 0);
	}
}

/* Opening without a word of how is reading. */
static void put_open_flags(struct scene *s)
{
	if (opens(s->code))
		put_int(s, param_named(s, "flags"), 1);
}

/* Reading and writing: the buffer is as long as its data, and all of it went. */
static void put_lengths(struct scene *s)
{
	int data = param_named(s, "data");

	if (!param_said(s, data) || s->params[data].kind != PARAM_BYTES)
		return;
	put_int(s, 0, (int64_t)s->params[data].s.n);
	put_int(s, param_named(s, "size"), (int64_t)s->params[data].s.n);
}

static void put_family(struct scene *s)
{
	int64_t family = s->file.type == FILE_UNIX ? FAMILY_UNIX
			 : is_v6(&s->file)	   ? FAMILY_INET6
						   : FAMILY_INET;

	if (param_named(s, "domain") < 0)
		return;
	put_int(s, param_named(s, "domain"), family);
	put_int(s, param_named(s, "type"), s->file.l4proto == L4_UDP ? SOCK_DATAGRAM : 1);
}

void scene_finish_event(struct scene *s)
{
	if (s->code == EVENT_GENERIC_X) {
		put_int(s, 0, s->sc);
		put_int(s, 1, 0);
	}
	finish_descriptor(s);
	if (tells_process(s))
		put_process(s);
	put_lengths(s);
	put_open_flags(s);
	put_family(s);
	for (unsigned i = 0; i < s->info->nparams; i++)
		if (s->params[i].kind == PARAM_EMPTY)
			put_standard(s, i);
}
