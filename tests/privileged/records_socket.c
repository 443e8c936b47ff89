/* SPDX-License-Identifier: Apache-2.0
 *
 * records_socket.c -- records of many messages at once, of sockets' options, and of
 * those calls on sockets that only ask.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "records.h"

/* ---- messages ---- */

/* Where sockets are in the kernel nobody says, but both ends are to be told alike. */
void records_pair_tuple(const struct rig_record *r, uint8_t tuple[18])
{
	int64_t source = rig_number(r, 3), peer = rig_number(r, 4);

	records_looked_at(r, 3);
	records_looked_at(r, 4);
	tuple[0] = AF_UNIX;
	memcpy(tuple + 1, &peer, 8);
	memcpy(tuple + 9, &source, 8);
	tuple[17] = 0;
}

static void fill(struct mmsghdr *m, struct iovec *v, const void *data, size_t n)
{
	*v = (struct iovec){ (void *)data, n };
	*m = (struct mmsghdr){ .msg_hdr = { .msg_iov = v, .msg_iovlen = 1 } };
}

static void call_messages(struct said *s)
{
	struct mmsghdr out[3], in[4];
	struct iovec v[7];
	char buf[4][32];
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
		_exit(1);
	fill(&out[0], &v[0], "first", 5);
	fill(&out[1], &v[1], "second!", 7);
	fill(&out[2], &v[2], "3", 1);
	for (int i = 0; i < 4; i++)
		fill(&in[i], &v[3 + i], buf[i], sizeof(buf[i]));
	s->n[0] = pair[0];
	s->n[1] = pair[1];
	s->n[2] = syscall(SYS_sendmmsg, pair[0], out, 3, 0);
	s->n[3] = syscall(SYS_recvmmsg, pair[1], in, 4, MSG_DONTWAIT, NULL);
	syscall(SYS_sendmmsg, 995, out, 3, 0);
}

static void expect_message(struct rig *rig, pid_t child, unsigned code, unsigned *from, int fd,
			   const char *data)
{
	const struct rig_record *r = rig_find(rig, code, child, from);
	const char *name = event_info(code)->name;
	long long n = (long long)strlen(data);
	uint8_t tuple[18];
	char label[64];

	if (r == NULL) {
		tap_ok(false, "%s of '%s' has its record", name, data);
		return;
	}
	snprintf(label, sizeof(label), "%s: '%s'", name, data);
	is_number(r, 0, n, label);
	is_number(r, 1, fd, label);
	is_number(r, 2, n, label);
	is_text(r, 3, data, label);
	records_pair_tuple(records_one(rig, EVENT_SOCKET_SOCKETPAIR_X, child), tuple);
	is_bytes(r, 4, tuple, sizeof(tuple), label);
	if (code == EVENT_SOCKET_RECVMMSG_X)
		is_text(r, 5, "", label);
}

static void test_few_messages(struct rig *rig)
{
	static const char *const data[] = { "first", "second!", "3" };
	const struct rig_record *r;
	unsigned sent = 0, received = 0;
	struct said *s;
	pid_t child = records_in_child(rig, call_messages, &s);

	records_one(rig, EVENT_SOCKET_SENDMMSG_X, child);
	records_one(rig, EVENT_SOCKET_RECVMMSG_X, child);
	for (unsigned i = 0; i < 3; i++) {
		expect_message(rig, child, EVENT_SOCKET_SENDMMSG_X, &sent, (int)s->n[0], data[i]);
		expect_message(rig, child, EVENT_SOCKET_RECVMMSG_X, &received, (int)s->n[1],
			       data[i]);
	}
	tap_ok(rig_find(rig, EVENT_SOCKET_RECVMMSG_X, child, &received) == NULL,
	       "recvmmsg: as many records as messages came");
	r = rig_find(rig, EVENT_SOCKET_SENDMMSG_X, child, &sent);
	if (!tap_ok(r != NULL, "a sendmmsg that fails has one record"))
		return;
	is_number(r, 0, -EBADF, "sendmmsg fails: res");
	is_number(r, 1, 995, "sendmmsg fails: fd");
	is_number(r, 2, 0, "sendmmsg fails: size");
	tap_ok(r->param[3].n == 0 && r->param[4].n == 0, "sendmmsg fails: no data, no tuple");
}

/* More messages than are told of. */
static void call_many_messages(struct said *s)
{
	struct mmsghdr out[40];
	struct iovec v[40];
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
		_exit(1);
	for (int i = 0; i < 40; i++)
		fill(&out[i], &v[i], "0123456789012345678901234567890123456789", (size_t)i + 1);
	for (int sent = 0; sent < 40;) {
		char buf[64];
		int n = (int)syscall(SYS_sendmmsg, pair[0], out + sent, 40 - sent, MSG_DONTWAIT);

		if (sent == 0)
			s->n[0] = n;
		if (n > 0)
			sent += n;
		while (recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
}

/* The last that has a record is marked if there were more.  How many a socket takes at once is
 * the machine's affair. */
static void test_many_messages(struct rig *rig)
{
	const struct rig_record *r;
	unsigned from = 0, count = 0;
	struct said *s;
	pid_t child;
	bool marked = false;

	child = records_in_child(rig, call_many_messages, &s);
	records_one(rig, EVENT_SOCKET_SENDMMSG_X, child);
	while ((r = rig_find(rig, EVENT_SOCKET_SENDMMSG_X, child, &from)) != NULL) {
		count++;
		marked |= rig_number(r, 0) == 31 && (r->head.flags & RECORD_TRUNCATED);
	}
	if (s->n[0] > 31) {
		tap_ok(marked, "the last message that is told of is marked if there are more");
		tap_number(count, 31 + (40 - s->n[0]), "and no more than 31 are");
	} else {
		tap_number(count, 40, "each of many messages has its record");
		tap_ok(!marked, "and none is marked");
	}
}

/* ---- options ---- */

static const struct {
	int level, option;
	uint8_t value[32];
	socklen_t len;
	uint8_t falcos_level, falcos_option;
	uint8_t want[32];
	size_t want_len;
} options[] = {
	{ SOL_SOCKET, SO_REUSEADDR, { 1 }, 4, 1, 2, { 2, 1 }, 5 },
	{ SOL_SOCKET, SO_RCVTIMEO, { 2, [8] = 5 }, 16, 1, 20, { 4, 0x88, 0xa7, 0x35, 0x77 }, 9 },
	{ SOL_SOCKET, SO_LINGER, { 1, [4] = 9 }, 8, 1, 13, { 0, 1, [5] = 9 }, 9 },
	{ SOL_SOCKET, SO_MARK, { 0x34, 0x12 }, 4, 1, 36, { 2, 0x34, 0x12 }, 5 },
	{ SOL_SOCKET, SO_BINDTODEVICE, "lo", 3, 1, 25, { 0, 'l', 'o', 0 }, 4 },
	{ IPPROTO_TCP, TCP_NODELAY, { 1 }, 4, 2, 0, { 0, 1 }, 5 },
	{ IPPROTO_IP, IP_TTL, { 64 }, 4, 0, 0, { 0, 64 }, 5 },
};

static void call_options(struct said *s)
{
	int fd = (int)(s->n[0] = socket(AF_INET, SOCK_STREAM, 0));

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		s->n[1 + i] = syscall(SYS_setsockopt, fd, options[i].level, options[i].option,
				      options[i].value, options[i].len);
}

static void test_set_options(struct rig *rig)
{
	const struct rig_record *r;
	struct said *s;
	unsigned from = 0;
	pid_t child = records_in_child(rig, call_options, &s);

	records_one(rig, EVENT_SOCKET_SETSOCKOPT_X, child);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		r = rig_find(rig, EVENT_SOCKET_SETSOCKOPT_X, child, &from);
		if (!tap_ok(r != NULL, "setsockopt %zu has its record", i))
			return;
		is_number(r, 0, s->n[1 + i], "setsockopt: res");
		is_number(r, 1, s->n[0], "setsockopt: fd");
		is_number(r, 2, options[i].falcos_level, "setsockopt: level is Falco's");
		is_number(r, 3, options[i].falcos_option, "setsockopt: optname is Falco's");
		is_bytes(r, 4, options[i].want, options[i].want_len, "setsockopt: val");
		is_number(r, 5, options[i].len, "setsockopt: optlen");
	}
}

static void call_asking(struct said *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = (int)(s->n[0] = socket(AF_INET, SOCK_STREAM, 0));

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons(1); /* where nobody is */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	syscall(SYS_connect, fd, &a, sizeof(a));
	syscall(SYS_getsockname, fd, &a, &len);
	syscall(SYS_getpeername, fd, &a, &len);
	len = 4;
	s->n[1] = syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, s->bytes, &len);
	s->n[2] = s->bytes[0];
	s->n[3] = syscall(SYS_shutdown, fd, SHUT_WR) < 0 ? -errno : 0;
}

static void test_get_options(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_asking, &s);
	int64_t error = -s->n[2];
	uint8_t want[9] = { 1 };

	memcpy(want + 1, &error, 8);
	records_expect(rig, child, EVENT_SOCKET_GETSOCKOPT_X, "getsockopt", "nnnnbn", s->n[1],
		       s->n[0], 1ll, 4ll, want, sizeof(want), 4ll);
	records_expect(rig, child, EVENT_SOCKET_GETSOCKNAME_X, "getsockname", "");
	records_expect(rig, child, EVENT_SOCKET_GETPEERNAME_X, "getpeername", "");
	records_expect(rig, child, EVENT_SOCKET_SHUTDOWN_X, "shutdown", "nnn", s->n[3], s->n[0],
		       1ll);
}

void test_messages(struct rig *rig)
{
	test_few_messages(rig);
	test_many_messages(rig);
}

void test_options(struct rig *rig)
{
	test_set_options(rig);
	test_get_options(rig);
}
