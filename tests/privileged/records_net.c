/* SPDX-License-Identifier: Apache-2.0
 *
 * records_net.c -- records of sockets: their tuples are put together here from what
 * getsockname() and getpeername() say, and compared.
 */
#include <fcntl.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "records.h"

struct packed {
	uint8_t bytes[64];
	size_t n;
};

static void pack(struct packed *p, const void *bytes, size_t n)
{
	memcpy(p->bytes + p->n, bytes, n);
	p->n += n;
}

/* One end: address, port in host order. */
static void pack_end(struct packed *p, const struct sockaddr_storage *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;
	uint16_t port = ntohs(in->sin_port);

	if (a->ss_family == AF_INET)
		pack(p, &in->sin_addr, 4);
	else
		pack(p, &in6->sin6_addr, 16);
	pack(p, &port, 2);
}

static struct packed tuple_of(const struct sockaddr_storage *from,
			      const struct sockaddr_storage *to)
{
	struct packed p = { { from->ss_family }, 1 };

	pack_end(&p, from);
	pack_end(&p, to);
	return p;
}

static struct packed address_of(const struct sockaddr_storage *a)
{
	struct packed p = { { a->ss_family }, 1 };

	pack_end(&p, a);
	return p;
}

static struct sockaddr_storage name_of(int fd, bool peer)
{
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof(a);

	if (peer)
		getpeername(fd, (struct sockaddr *)&a, &n);
	else
		getsockname(fd, (struct sockaddr *)&a, &n);
	return a;
}

static struct sockaddr_storage loopback(int family, socklen_t *ret_len)
{
	struct sockaddr_storage a = { .ss_family = family };

	if (family == AF_INET) {
		((struct sockaddr_in *)&a)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*ret_len = sizeof(struct sockaddr_in);
	} else {
		((struct sockaddr_in6 *)&a)->sin6_addr = in6addr_loopback;
		*ret_len = sizeof(struct sockaddr_in6);
	}
	return a;
}

static void test_tcp(struct rig *rig, int family)
{
	struct sockaddr_storage a, far;
	const struct rig_record *r;
	pid_t me = getpid();
	struct packed p, q;
	socklen_t len;
	int s, c, d, e, f;
	char buf[8];

	records_restart(rig);
	s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = records_one(rig, EVENT_SOCKET_SOCKET_X, me);
	is_number(r, 0, s, "socket: fd");
	is_number(r, 1, family, "socket: domain");
	is_number(r, 2, SOCK_STREAM | SOCK_CLOEXEC, "socket: type, as given");
	is_number(r, 3, 0, "socket: proto, as given");
	is_number(r, 4, 0x1000, "socket: flags");
	tap_number(r->file.sock_family, family, "socket: its file's family");
	tap_number(r->file.sock_type, SOCK_STREAM, "socket: its file's type");
	tap_number(r->file.sock_proto, IPPROTO_TCP, "socket: its file's protocol");
	a = loopback(family, &len);
	if (bind(s, (struct sockaddr *)&a, len) != 0) {
		tap_ok(true, "tcp # SKIP cannot bind");
		close(s);
		return;
	}
	r = records_one(rig, EVENT_SOCKET_BIND_X, me);
	p = address_of(&a);
	is_number(r, 0, 0, "bind: res");
	is_bytes(r, 1, p.bytes, p.n, "bind: addr");
	is_number(r, 2, s, "bind: fd");
	listen(s, 7);
	r = records_one(rig, EVENT_SOCKET_LISTEN_X, me);
	is_number(r, 0, 0, "listen: res");
	is_number(r, 1, s, "listen: fd");
	is_number(r, 2, 7, "listen: backlog");
	a = name_of(s, false);
	c = socket(family, SOCK_STREAM, 0);
	tap_number(connect(c, (struct sockaddr *)&a, len), 0, "a connection");
	far = name_of(c, false);
	r = records_one(rig, EVENT_SOCKET_CONNECT_X, me);
	p = tuple_of(&far, &a);
	is_number(r, 0, 0, "connect: res");
	is_bytes(r, 1, p.bytes, p.n, "connect: tuple");
	tap_number(r->tuple.n, 0, "connect: both ends are told once");
	fcntl(c, F_GETFL);
	tap_span(records_one(rig, EVENT_SYSCALL_FCNTL_X, getpid())->tuple, span_of(p.bytes, p.n),
		 "a socket: its file's tuple");
	is_number(r, 2, c, "connect: fd");
	p = address_of(&a);
	is_bytes(r, 3, p.bytes, p.n, "connect: addr");
	is_file(r, c, NULL, "connect");
	e = socket(family, SOCK_STREAM, 0); /* waits behind the first */
	connect(e, (struct sockaddr *)&a, len);
	d = accept4(s, NULL, NULL, 0);
	r = records_one(rig, EVENT_SOCKET_ACCEPT4_6_X, me);
	p = tuple_of(&far, &a);
	is_number(r, 0, d, "accept4: fd");
	is_bytes(r, 1, p.bytes, p.n, "accept4: tuple, the client first");
	is_number(r, 2, 14, "accept4: queuepct, 1 of 7");
	is_number(r, 3, 1, "accept4: queuelen");
	is_number(r, 4, 7, "accept4: queuemax");
	is_number(r, 5, 0, "accept4: flags, 0 as with Falco");
	is_file(r, d, NULL, "accept4");
#ifdef SYS_accept
	far = name_of(e, false);
	q = tuple_of(&far, &a);
	f = (int)syscall(SYS_accept, s, NULL, NULL);
	r = records_one(rig, EVENT_SOCKET_ACCEPT_5_X, me);
	is_number(r, 0, f, "accept: fd");
	is_bytes(r, 1, q.bytes, q.n, "accept: tuple");
	is_number(r, 2, 0, "accept: queuepct");
	is_number(r, 3, 0, "accept: queuelen");
	is_number(r, 4, 7, "accept: queuemax");
	close(f);
#endif
	close(e);
	send(c, "hello", 5, 0);
	r = records_one(rig, EVENT_SOCKET_SENDTO_X, me);
	is_number(r, 0, 5, "sendto: res");
	is_bytes(r, 1, "hello", 5, "sendto: data");
	is_number(r, 2, c, "sendto: fd");
	is_number(r, 3, 5, "sendto: size");
	is_bytes(r, 4, p.bytes, p.n, "sendto: tuple");
	recv(d, buf, sizeof(buf), 0);
	r = records_one(rig, EVENT_SOCKET_RECVFROM_X, me);
	is_number(r, 0, 5, "recvfrom: res");
	is_number(r, 3, d, "recvfrom: fd");
	is_bytes(r, 1, "hello", 5, "recvfrom: data");
	is_bytes(r, 2, p.bytes, p.n, "recvfrom: tuple, the sender first");
	is_number(r, 4, sizeof(buf), "recvfrom: size");
	close(d);
	close(c);
	close(s);
}

static void test_refused(struct rig *rig)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(1) };
	int c = socket(AF_INET, SOCK_STREAM, 0);
	const struct rig_record *r;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	records_restart(rig);
	connect(c, (struct sockaddr *)&a, sizeof(a));
	r = records_one(rig, EVENT_SOCKET_CONNECT_X, getpid());
	is_number(r, 0, -ECONNREFUSED, "a refused connect: res");
	is_text(r, 1, "", "a refused connect: no tuple");
	is_bytes(r, 3, "\x02\x7f\0\0\1\1\0", 7, "a refused connect: addr");
	close(c);
}

/* A send that connects: its own end has no port when it begins. */
static void test_fast_open(struct rig *rig)
{
	struct sockaddr_storage a, far;
	const struct rig_record *r;
	pid_t me = getpid();
	struct packed p;
	socklen_t len;
	int s, c;

	a = loopback(AF_INET, &len);
	s = socket(AF_INET, SOCK_STREAM, 0);
	c = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s, (struct sockaddr *)&a, len) != 0 || listen(s, 1) != 0)
		exit(1);
	a = name_of(s, false);
	rig_want(rig, EVENT_SOCKET_CONNECT_X); /* where it begins, too */
	records_restart(rig);
	if (sendto(c, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&a, len) != 5) {
		tap_ok(true, "a send that connects # SKIP TCP Fast Open is off");
	} else {
		far = loopback(AF_INET, &len);
		p = tuple_of(&far, &a);
		r = records_one(rig, EVENT_SOCKET_CONNECT_X, me);
		is_number(r, 0, -EINPROGRESS, "a send that connects, connect: res");
		is_bytes(r, 1, p.bytes, p.n, "a send that connects, connect: tuple");
		is_number(r, 2, c, "a send that connects, connect: fd");
		p = address_of(&a);
		is_bytes(r, 3, p.bytes, p.n, "a send that connects, connect: addr");
		is_file(r, c, NULL, "a send that connects, connect");
		far = name_of(c, false);
		p = tuple_of(&far, &a);
		r = records_one(rig, EVENT_SOCKET_SENDTO_X, me);
		is_number(r, 0, 5, "a send that connects, sendto: res");
		is_bytes(r, 4, p.bytes, p.n, "a send that connects, sendto: tuple");
	}
	close(c);
	close(s);
}

static void test_udp(struct rig *rig)
{
	char ab[] = "ab", cd[] = "cd";
	struct iovec parts[2] = { { ab, 2 }, { cd, 2 } };
	struct sockaddr_storage a, here;
	const struct rig_record *r;
	struct msghdr msg = { 0 };
	pid_t me = getpid();
	struct packed p;
	socklen_t len;
	char buf[16];
	int s, c;

	a = loopback(AF_INET, &len);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	c = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(s, (struct sockaddr *)&a, len) != 0 || bind(c, (struct sockaddr *)&a, len) != 0)
		exit(1);
	a = name_of(s, false);
	here = name_of(c, false);
	p = tuple_of(&here, &a);
	records_restart(rig);
	sendto(c, "datagram", 8, 0, (struct sockaddr *)&a, len);
	r = records_one(rig, EVENT_SOCKET_SENDTO_X, me);
	is_bytes(r, 4, p.bytes, p.n, "sendto of a datagram: where it goes");
	recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&here, &len);
	r = records_one(rig, EVENT_SOCKET_RECVFROM_X, me);
	is_bytes(r, 1, "datagram", 8, "recvfrom of a datagram: data");
	is_bytes(r, 2, p.bytes, p.n, "recvfrom of a datagram: where it came from");
	msg.msg_name = &a;
	msg.msg_namelen = len;
	msg.msg_iov = parts;
	msg.msg_iovlen = 2;
	sendmsg(c, &msg, 0);
	r = records_one(rig, EVENT_SOCKET_SENDMSG_X, me);
	is_number(r, 0, 4, "sendmsg: res");
	is_bytes(r, 1, "abcd", 4, "sendmsg: data of all parts");
	is_number(r, 2, c, "sendmsg: fd");
	is_number(r, 3, 4, "sendmsg: size");
	is_bytes(r, 4, p.bytes, p.n, "sendmsg: where it goes");
	parts[0] = (struct iovec){ buf, sizeof(buf) };
	msg.msg_name = &here;
	msg.msg_iovlen = 1;
	recvmsg(s, &msg, 0);
	r = records_one(rig, EVENT_SOCKET_RECVMSG_X, me);
	is_number(r, 0, 4, "recvmsg: res");
	is_text(r, 4, "", "recvmsg: msgcontrol");
	is_number(r, 5, s, "recvmsg: fd");
	is_number(r, 1, 4, "recvmsg: size");
	is_bytes(r, 2, "abcd", 4, "recvmsg: data");
	is_bytes(r, 3, p.bytes, p.n, "recvmsg: where it came from");
	here = name_of(c, false);
	connect(c, (struct sockaddr *)&here, len);
	records_restart(rig);
	sendto(c, "elsewhere", 9, 0, (struct sockaddr *)&a, len);
	r = records_one(rig, EVENT_SOCKET_SENDTO_X, me);
	is_number(r, 0, 9, "sendto of a socket that is connected to another: res");
	is_bytes(r, 4, p.bytes, p.n,
		 "sendto of a socket that is connected to another: where it goes");
	records_restart(rig);
	send(c, "there", 5, 0);
	p = tuple_of(&here, &here);
	r = records_one(rig, EVENT_SOCKET_SENDTO_X, me);
	is_bytes(r, 4, p.bytes, p.n, "sendto without an address: where it is connected to");
	close(c);
	close(s);
}

static void test_unix(struct rig *rig, bool abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char *name = a.sun_path + abstract;
	const struct rig_record *r, *q;
	pid_t me = getpid();
	uint64_t ours, theirs;
	struct span path;
	uint8_t want[128];
	int s, c, d;

	snprintf(name, sizeof(a.sun_path) - 1, "%s/sock", records_dir());
	path = span_of(name, strlen(name) + 1);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	records_restart(rig);
	bind(s, (struct sockaddr *)&a,
	     offsetof(struct sockaddr_un, sun_path) + abstract + path.n - 1);
	r = records_one(rig, EVENT_SOCKET_BIND_X, me);
	want[0] = 1;
	memcpy(want + 1, path.p, path.n);
	is_bytes(r, 1, want, 1 + path.n, abstract ? "bind to an abstract name" : "bind to a path");
	listen(s, 1);
	connect(c, (struct sockaddr *)&a,
		offsetof(struct sockaddr_un, sun_path) + abstract + path.n - 1);
	d = accept(s, NULL, NULL);
	rig_collect(rig);
	r = records_one(rig, EVENT_SOCKET_CONNECT_X, me);
	q = records_one(rig, EVENT_SOCKET_ACCEPT_5_X, me);
	tap_ok(r->param[1].n == 17 + path.n && r->param[1].p[0] == 1 &&
		       memcmp(r->param[1].p + 17, path.p, path.n) == 0,
	       "connect: a unix tuple with its path");
	memcpy(&ours, r->param[1].n >= 17 ? r->param[1].p + 1 : want, 8);
	memcpy(&theirs, r->param[1].n >= 17 ? r->param[1].p + 9 : want, 8);
	tap_ok(ours != 0 && theirs != 0 && ours != theirs, "connect: two sockets");
	tap_span(q->param[1], r->param[1], "accept: the same two sockets and path");
	is_bytes(r, 3, want, 1 + path.n, "connect: addr");
	close(s);
	close(c);
	close(d);
	if (!abstract)
		unlink(name);
}

void test_sockets(struct rig *rig)
{
	const struct rig_record *r;
	int pair[2];

	test_tcp(rig, AF_INET);
	test_tcp(rig, AF_INET6);
	test_refused(rig);
	test_fast_open(rig);
	test_udp(rig);
	test_unix(rig, false);
	test_unix(rig, true);
	records_restart(rig);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
		exit(1);
	r = records_one(rig, EVENT_SOCKET_SOCKETPAIR_X, getpid());
	is_number(r, 0, 0, "socketpair: res");
	is_number(r, 1, pair[0], "socketpair: fd1");
	is_number(r, 2, pair[1], "socketpair: fd2");
	tap_ok(rig_number(r, 3) != 0 && rig_number(r, 4) != 0 &&
		       rig_number(r, 3) != rig_number(r, 4),
	       "socketpair: two sockets");
	is_number(r, 5, AF_UNIX, "socketpair: domain");
	is_number(r, 6, SOCK_DGRAM, "socketpair: type");
	is_number(r, 7, 0, "socketpair: proto");
	close(pair[0]);
	close(pair[1]);
}
