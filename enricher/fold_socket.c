/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_socket.c -- events that make sockets and tell who talks to whom.  In an
 * entry the source is the client and the destination the server as soon as a role
 * is known; what an event says may be the other way round, and is swapped then.
 */
#include <errno.h>

#include "enrich_core.h"

enum { TYPE_STREAM = 1, TYPE_DGRAM = 2, TYPE_RAW = 3, TYPE_MASK = 0xff };
enum { PROTO_IP = 0, PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_RAW = 255 };

/* A raw socket that has flags besides its type is none to Falco. */
static uint8_t l4_of(uint32_t type, uint32_t proto)
{
	bool raw = type == TYPE_RAW;

	switch (proto) {
	case PROTO_TCP:
		return raw ? L4_RAW : L4_TCP;
	case PROTO_UDP:
		return raw ? L4_RAW : L4_UDP;
	case PROTO_ICMP:
		return raw ? L4_RAW : L4_ICMP;
	case PROTO_RAW:
		return L4_RAW;
	case PROTO_IP:
		if ((type & TYPE_MASK) == TYPE_STREAM)
			return L4_TCP;
		return (type & TYPE_MASK) == TYPE_DGRAM ? L4_UDP : L4_UNKNOWN;
	default:
		return L4_UNKNOWN;
	}
}

static void add_socket(struct enrich *en, int64_t fd, uint32_t domain, uint32_t type,
		       uint32_t proto, bool cloexec)
{
	struct file *f = file_new(&en->fdtab, FILE_UNKNOWN);

	if (f == NULL)
		return;
	if (domain == FAMILY_UNIX) {
		f->type = FILE_UNIX;
	} else if (domain == FAMILY_INET || domain == FAMILY_INET6) {
		f->type = domain == FAMILY_INET ? FILE_IPV4 : FILE_IPV6;
		f->l4proto = l4_of(type, proto);
	} else if (domain == FAMILY_NETLINK) {
		f->type = FILE_NETLINK;
	}
	event_add_fd(en, fd, f, cloexec);
}

/* ---- addresses of an entry ---- */

static bool is_ip(const struct file *f)
{
	return f->type == FILE_IPV4 || f->type == FILE_IPV6;
}

static struct net_tuple tuple_of(const struct file *f)
{
	struct net_tuple t = { .family = f->type == FILE_IPV6 ? FAMILY_INET6 : FAMILY_INET,
			       .sport = f->sport,
			       .dport = f->dport };

	memcpy(t.sip, f->sip, 16);
	memcpy(t.dip, f->dip, 16);
	return t;
}

static void set_name(struct enrich *en, struct file *f, struct span name)
{
	if (blob_is(f->name, name))
		return;
	file_set_name(&en->fdtab, f, name);
	en->name_changed = true;
}

static void name_by_tuple(struct enrich *en, struct file *f)
{
	struct net_tuple t = tuple_of(f);

	set_name(en, f,
		 span_of(en->text, net_tuple_text((char *)en->text, &t, f->type, f->l4proto)));
}

static bool same_end(const uint8_t *a, uint16_t aport, const uint8_t *b, uint16_t bport)
{
	return aport == bport && memcmp(a, b, 16) == 0;
}

/* Take T's addresses; false: F has just these already, in this order or the other. */
static bool set_addresses(struct file *f, const struct net_tuple *t)
{
	uint8_t type = t->family == FAMILY_INET ? FILE_IPV4 : FILE_IPV6;

	if (f->type == type && ((same_end(f->sip, f->sport, t->sip, t->sport) &&
				 same_end(f->dip, f->dport, t->dip, t->dport)) ||
				(same_end(f->sip, f->sport, t->dip, t->dport) &&
				 same_end(f->dip, f->dport, t->sip, t->sport))))
		return false;
	f->type = type;
	memcpy(f->sip, t->sip, 16);
	memcpy(f->dip, t->dip, 16);
	f->sport = t->sport;
	f->dport = t->dport;
	return true;
}

static void swap_addresses(struct file *f)
{
	uint8_t ip[16];
	uint16_t port = f->sport;

	memcpy(ip, f->sip, 16);
	memcpy(f->sip, f->dip, 16);
	memcpy(f->dip, ip, 16);
	f->sport = f->dport;
	f->dport = port;
}

/* ---- bind, connect, accept ---- */

static void fold_bind(struct enrich *en)
{
	const struct fd_slot *slot = event_fd(en);
	struct net_tuple a;
	struct file *f;
	size_t n;

	if (result_of(en) < 0 || slot == NULL || !net_parse_addr(bytes_param(en, 1), &a))
		return;
	f = fds_own(&en->fdtab, event_fds(en), en->th->last_fd);
	if (f == NULL)
		return;
	n = net_addr_text((char *)en->text, &a);
	if (a.family != FAMILY_UNIX && a.dport > 0) {
		net_unmap_addr(&a);
		f->type = a.family == FAMILY_INET ? FILE_IPV4_SERVER : FILE_IPV6_SERVER;
		memset(f->sip, 0, 16);
		f->sport = 0;
		memcpy(f->dip, a.dip, 16);
		f->dport = a.dport;
		f->flags = (uint16_t)((f->flags & ~FILE_ROLE_CLIENT) | FILE_ROLE_SERVER);
	}
	set_name(en, f, span_of(en->text, n));
}

/* The tuple of a connect: the kernel's, but where the address that the program gave
 * at first (it may have changed it since) and the one at the end tell on it. */
static bool connect_tuple(const struct enrich *en, const struct net_tuple *first,
			  struct net_tuple *ret)
{
	struct net_tuple last;

	if (!net_parse_tuple(bytes_param(en, 1), ret))
		return false;
	if (first->family == ret->family && net_parse_addr(bytes_param(en, 3), &last) &&
	    last.family == ret->family && same_end(last.dip, last.dport, ret->dip, ret->dport) &&
	    span_eq(last.path, ret->path)) {
		memcpy(ret->dip, first->dip, 16);
		ret->dport = first->dport;
		ret->path = first->path;
	}
	return true;
}

/* Of a connect nothing is known but whom the program named: no name, and no role. */
static void take_destination(struct file *f, const struct net_tuple *first)
{
	struct net_tuple t = *first;

	if (t.family == FAMILY_UNIX || t.family == 0)
		return;
	net_unmap_addr(&t);
	f->type = t.family == FAMILY_INET ? FILE_IPV4 : FILE_IPV6;
	memcpy(f->dip, t.dip, 16);
	f->dport = t.dport;
}

static void take_unix(struct enrich *en, struct file *f, const struct net_tuple *t)
{
	f->source = t->source;
	f->dest = t->dest;
	set_name(en, f, span_of(en->text, net_tuple_text((char *)en->text, t, FILE_UNIX, 0)));
}

static void fold_connect(struct enrich *en)
{
	int64_t res = result_of(en);
	struct net_tuple first = { 0 }, t;
	struct file *f;

	if (event_fd(en) == NULL || (res < 0 && res != -EINPROGRESS))
		return;
	f = fds_own(&en->fdtab, event_fds(en), en->th->last_fd);
	if (f == NULL)
		return;
	f->flags |= FILE_CONNECTED;
	if (en->enter.code == EVENT_SOCKET_CONNECT_E)
		net_parse_addr(blob_span(en->enter.name), &first);
	if (!connect_tuple(en, &first, &t)) {
		take_destination(f, &first);
		return;
	}
	if (t.family == FAMILY_UNIX) {
		take_unix(en, f, &t);
	} else {
		net_unmap(&t);
		if (f->l4proto == L4_UNKNOWN && en->ev.has_file) /* its making was missed */
			f->l4proto = heal_l4(&en->ev.file);
		/* A datagram socket that was bound serves whom it connects to. */
		if (set_addresses(f, &t) && f->l4proto == L4_UDP &&
		    (f->flags & FILE_ROLE_SERVER) != 0)
			swap_addresses(f);
		name_by_tuple(en, f);
	}
	if ((f->flags & (FILE_ROLE_CLIENT | FILE_ROLE_SERVER)) == 0)
		f->flags |= FILE_ROLE_CLIENT;
}

static void fold_accept(struct enrich *en)
{
	int64_t fd = result_of(en);
	struct net_tuple t;
	struct file *f;

	if (fd < 0)
		return;
	en->th->last_fd = fd; /* whoever is at the other end */
	if (!net_parse_tuple(bytes_param(en, 1), &t))
		return;
	f = file_new(&en->fdtab, FILE_UNIX);
	if (f == NULL)
		return;
	f->flags = FILE_ROLE_SERVER | FILE_CONNECTED;
	if (t.family == FAMILY_UNIX) {
		take_unix(en, f, &t);
	} else {
		net_unmap(&t);
		f->l4proto = L4_TCP;
		set_addresses(f, &t);
		name_by_tuple(en, f);
	}
	event_add_fd(en, fd, f, false);
}

static void fold_socketpair(struct enrich *en)
{
	if (result_of(en) < 0)
		return;
	for (unsigned i = 1; i <= 2; i++) {
		struct file *f = file_new(&en->fdtab, FILE_UNIX);

		if (f == NULL)
			continue;
		f->source = uint_param(en, 3);
		f->dest = uint_param(en, 4);
		event_add_fd(en, int_param(en, i, -1), f, false);
	}
}

void fold_socket(struct enrich *en)
{
	if (en->th == NULL)
		return;
	switch (en->ev.code) {
	case EVENT_SOCKET_SOCKET_X:
		if (result_of(en) >= 0)
			add_socket(en, result_of(en), (uint32_t)uint_param(en, 1),
				   (uint32_t)uint_param(en, 2), (uint32_t)uint_param(en, 3),
				   (uint_param(en, 4) & O_BIT_CLOEXEC) != 0);
		break;
	case EVENT_SOCKET_BIND_X:
		fold_bind(en);
		break;
	case EVENT_SOCKET_CONNECT_X:
		fold_connect(en);
		break;
	case EVENT_SOCKET_SOCKETPAIR_X:
		fold_socketpair(en);
		break;
	default:
		fold_accept(en);
		break;
	}
}

/* ---- send and receive ---- */

static const struct io_event {
	uint16_t code;
	uint8_t fd, tuple;
	bool incoming;
} io_events[] = {
	{ EVENT_SOCKET_SEND_X, 2, 4, false },	 { EVENT_SOCKET_SENDTO_X, 2, 4, false },
	{ EVENT_SOCKET_SENDMSG_X, 2, 4, false }, { EVENT_SOCKET_SENDMMSG_X, 1, 4, false },
	{ EVENT_SOCKET_RECV_X, 2, 4, true },	 { EVENT_SOCKET_RECVFROM_X, 3, 2, true },
	{ EVENT_SOCKET_RECVMSG_X, 5, 3, true },	 { EVENT_SOCKET_RECVMMSG_X, 1, 4, true },
};

/* The process listens on PORT, or has it as a client's. */
static bool has_port(const struct fds *fds, uint16_t port, bool as_server)
{
	const struct fd_slot *s;
	uint32_t pos = 0;

	while ((s = fds_next(fds, &pos)) != NULL) {
		const struct file *f = s->file;

		if (as_server && (f->type == FILE_IPV4_SERVER || f->type == FILE_IPV6_SERVER) &&
		    f->dport == port)
			return true;
		if (!as_server && is_ip(f) && (f->flags & FILE_ROLE_CLIENT) != 0 &&
		    f->sport == port)
			return true;
	}
	return false;
}

/* Nobody connected or accepted: who is the server?  Falco's guess. */
static void guess_role(struct enrich *en, struct file *f, bool incoming)
{
	const struct fds *fds = event_fds(en);
	bool server;

	if (has_port(fds, f->dport, true) && !has_port(fds, f->sport, false))
		server = incoming;
	else
		server = f->sport > f->dport ? incoming : !incoming;
	f->flags |= server ? FILE_ROLE_SERVER : FILE_ROLE_CLIENT;
}

/* A datagram may say only one end: the other is what this machine would use. */
static void complete(const struct enrich *en, struct file *f)
{
	bool v6 = f->type == FILE_IPV6;

	if (net_is_zero(f->sip, v6))
		net_infer(&en->local, f->dip, v6, f->sip);
	else if (net_is_zero(f->dip, v6))
		net_infer(&en->local, f->sip, v6, f->dip);
}

static void take_tuple(struct enrich *en, struct file *f, const struct net_tuple *t, bool incoming)
{
	if (t->family == FAMILY_UNIX) {
		f->type = FILE_UNIX;
		f->source = t->source;
		f->dest = t->dest;
		set_name(en, f,
			 span_of(en->text, net_tuple_text((char *)en->text, t, FILE_UNIX, 0)));
		return;
	}
	if (!set_addresses(f, t))
		return;
	if (f->l4proto == L4_UNKNOWN)
		f->l4proto = L4_UDP;
	complete(en, f);
	if ((f->flags & (FILE_ROLE_CLIENT | FILE_ROLE_SERVER)) == 0)
		guess_role(en, f, incoming);
	if ((f->flags & (incoming ? FILE_ROLE_CLIENT : FILE_ROLE_SERVER)) != 0)
		swap_addresses(f);
	name_by_tuple(en, f);
}

/* Whoever could read or write has somebody at the other end. */
static void set_connected(struct enrich *en, const struct fd_slot *slot)
{
	struct file *f;

	if (slot == NULL || !is_ip(slot->file) || (slot->file->flags & FILE_CONNECTED) != 0)
		return;
	f = fds_own(&en->fdtab, event_fds(en), en->th->last_fd);
	if (f != NULL)
		f->flags |= FILE_CONNECTED;
}

void fold_read_write(struct enrich *en)
{
	if (event_fds(en) != NULL && result_of(en) >= 0)
		set_connected(en, event_fd(en));
}

void fold_io(struct enrich *en)
{
	const struct io_event *io = io_events;
	const struct fd_slot *slot;
	struct net_tuple t;
	struct file *f;

	if (en->th == NULL || event_fds(en) == NULL || result_of(en) < 0)
		return;
	while (io->code != en->ev.code)
		io++;
	set_connected(en, event_fd(en));
	if (!net_parse_tuple(bytes_param(en, io->tuple), &t))
		return;
	slot = event_fd(en);
	if (slot == NULL) {
		if (io->incoming || t.family == FAMILY_UNIX)
			return;
		add_socket(en, int_param(en, io->fd, -1), t.family, TYPE_DGRAM, PROTO_UDP, false);
		slot = event_fd(en);
	}
	if (slot == NULL || (slot->file->l4proto == L4_TCP && slot->file->name != NULL))
		return;
	f = fds_own(&en->fdtab, event_fds(en), en->th->last_fd);
	if (f == NULL)
		return;
	if (!io->incoming && t.family != FAMILY_UNIX)
		f->flags |= FILE_CONNECTED;
	net_unmap(&t);
	take_tuple(en, f, &t, io->incoming);
}
