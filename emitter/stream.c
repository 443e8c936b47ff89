/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.c -- see stream.h.
 */
#include "stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_MS 5 /* between two looks at what was acknowledged */
#define SOON_MS 1 /* a receiver that takes something is asked again at once */

void stream_close(struct stream *s)
{
	tls_free(s->session);
	s->session = NULL;
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	s->written = 0;
}

static int remaining_ms(struct mono deadline)
{
	struct mono now = mono_now();

	return now.ns >= deadline.ns ? 0 : (int)((deadline.ns - now.ns) / NS_PER_MSEC) + 1;
}

/* False: not in time. */
static bool wait_for(const struct stream *s, short events, struct mono deadline)
{
	struct pollfd pfd = { .fd = s->fd, .events = events };
	int n;

	do
		n = poll(&pfd, 1, remaining_ms(deadline));
	while (n == -1 && errno == EINTR);
	return n > 0;
}

static bool failed(struct stream *s, const char *what, int err)
{
	snprintf(s->why, sizeof(s->why), "%s: %s", what, strerror(err));
	return false;
}

/* ---- connecting ---- */

static bool connect_to(struct stream *s, const struct addrinfo *a, struct mono deadline)
{
	static const int on = 1;
	int err = 0;
	socklen_t n = sizeof(err);

	s->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd == -1)
		return failed(s, "no socket", errno);
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(s->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(s->fd, a->ai_addr, a->ai_addrlen) == 0)
		return true;
	if (errno != EINPROGRESS)
		err = errno;
	else if (!wait_for(s, POLLOUT, deadline))
		err = ETIMEDOUT;
	else if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &n) == -1)
		err = errno;
	if (err == 0)
		return true;
	stream_close(s);
	return failed(s, "cannot connect", err);
}

static bool begin_tls(struct stream *s, struct mono deadline)
{
	enum tls_wait w;

	s->session = tls_new(s->tls, s->fd, s->host);
	if (s->session == NULL)
		return failed(s, "no TLS", ENOMEM);
	while ((w = tls_connect(s->session, s->why, sizeof(s->why))) != TLS_DONE) {
		if (w == TLS_FAILED)
			return false;
		if (!wait_for(s, w == TLS_WANTS_READ ? POLLIN : POLLOUT, deadline))
			return failed(s, "no TLS", ETIMEDOUT);
	}
	return true;
}

static bool open_connection(struct stream *s, struct mono deadline)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	int err = getaddrinfo(s->host, s->port, &hints, &all);
	bool good = false;

	if (err != 0) {
		snprintf(s->why, sizeof(s->why), "cannot find '%.100s': %s", s->host,
			 gai_strerror(err));
		return false;
	}
	for (const struct addrinfo *a = all; a != NULL && !good; a = a->ai_next)
		good = connect_to(s, a, deadline);
	freeaddrinfo(all);
	if (good && s->tls != NULL && !begin_tls(s, deadline)) {
		stream_close(s);
		good = false;
	}
	return good;
}

/* Whatever the receiver says is of no interest, but that he has ended is. */
static bool is_ended(struct stream *s)
{
	char bytes[512];
	ssize_t n;

	if (s->session != NULL)
		return tls_look(s->session) == TLS_FAILED;
	n = recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	return n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
}

/* ---- sending ---- */

/* What was written and has not been acknowledged. */
static uint64_t on_its_way(const struct stream *s)
{
	int n = 0;

	return ioctl(s->fd, SIOCOUTQ, &n) == -1 || n < 0 ? UINT64_MAX : (uint64_t)n;
}

/* Some of BYTES; false: the connection is broken.  *RET_EVENT: what to wait for, 0: nothing. */
static bool write_some(struct stream *s, struct span bytes, size_t *ret_n, short *ret_event)
{
	ssize_t n;

	*ret_event = 0;
	*ret_n = 0;
	if (s->session != NULL) {
		enum tls_wait w =
			tls_write(s->session, bytes.p, bytes.n, ret_n, s->why, sizeof(s->why));

		*ret_event = w == TLS_WANTS_READ ? POLLIN : w == TLS_WANTS_WRITE ? POLLOUT : 0;
		return w != TLS_FAILED;
	}
	n = send(s->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0)
		*ret_n = (size_t)n;
	else if (errno == EAGAIN || errno == EINTR)
		*ret_event = POLLOUT;
	else
		return failed(s, "cannot send", errno);
	return true;
}

static bool write_rest(struct stream *s, struct span bytes, struct mono deadline)
{
	while (s->written < bytes.n) {
		struct span rest = { bytes.p + s->written, bytes.n - (size_t)s->written };
		short event;
		size_t n;

		if (!write_some(s, rest, &n, &event))
			return false;
		s->written += n;
		if (event != 0 && !wait_for(s, event, deadline))
			break;
	}
	return true;
}

/* False: the connection is broken, and not all of it was acknowledged. */
static bool wait_acknowledged(struct stream *s, struct mono deadline)
{
	while (on_its_way(s) > 0 && remaining_ms(deadline) > 0) {
		struct pollfd pfd = { .fd = s->fd, .events = POLLIN };

		(void)poll(&pfd, 1, LOOK_MS);
		if ((pfd.revents != 0 && is_ended(s)) || on_its_way(s) == UINT64_MAX)
			return on_its_way(s) == 0 || failed(s, "cannot send", ECONNRESET);
	}
	return true;
}

/* How many alerts of B the other host has; with TLS between, all that was written or none. */
static unsigned count_acknowledged(const struct stream *s, const struct batch *b)
{
	uint64_t left = on_its_way(s), has = 0;
	unsigned n = 0;

	if (left == 0)
		has = s->written;
	else if (s->session == NULL && left < s->written)
		has = s->written - left;
	while (n < b->count && b->ends[n] <= has)
		n++;
	return n;
}

struct sink_result stream_send(struct stream *s, const struct batch *b, uint64_t timeout_ms)
{
	struct mono deadline = mono_after(mono_now(), timeout_ms * NS_PER_MSEC);
	uint64_t before = s->written;
	unsigned n;

	if (s->fd != -1 && is_ended(s)) {
		stream_close(s);
		before = 0;
	}
	if (s->fd == -1 && !open_connection(s, deadline))
		return (struct sink_result){ SINK_AGAIN, 0, 0, s->why };
	if (!write_rest(s, b->bytes, deadline) || !wait_acknowledged(s, deadline)) {
		n = count_acknowledged(s, b);
		stream_close(s);
		if (n == b->count)
			return (struct sink_result){ .kind = SINK_SENT, .count = n };
		return (struct sink_result){ SINK_AGAIN, n, 0, s->why };
	}
	n = count_acknowledged(s, b);
	if (n == b->count) {
		s->written = 0;
		return (struct sink_result){ .kind = SINK_SENT, .count = n };
	}
	snprintf(s->why, sizeof(s->why), "the receiver is slow");
	before = s->written - before;
	s->written -= n == 0 ? 0 : b->ends[n - 1];
	return (struct sink_result){ SINK_AGAIN, n, before > 0 || n > 0 ? SOON_MS : 0, s->why };
}
