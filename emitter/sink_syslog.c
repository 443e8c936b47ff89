/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_syslog.c -- messages for the system's log: at /dev/log as syslog(3) sends them, which is
 * Falco's way, or to another host by RFC 5424 over UDP, TCP and TLS.
 *
 * Nobody answers a message.  A socket of this host refuses when its log is full or away, TCP says what
 * has reached the other host; of UDP nothing is ever known.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "stream.h"
#include "syslog_form.h"

#define DEV_LOG	     "/dev/log"
#define LEAST_LENGTH 480 /* that any receiver takes */

struct log {
	bool is_old; /* rfc3164 */
	bool is_tcp;
	struct stream stream;	 /* tcp, tls; and host and port of udp */
	char path[108];		 /* unix */
	int fd;			 /* unix, udp; -1 */
	bool is_stream;		 /* unix, and it takes no datagrams */
	uint8_t *line, *message; /* in the making */
	char why[192];
};

/* ---- opening ---- */

static void close_log(struct sink *s)
{
	struct log *l = s->state;

	if (l == NULL)
		return;
	stream_close(&l->stream);
	tls_context_free(l->stream.tls);
	if (l->fd != -1)
		close(l->fd);
	free(l->line);
	free(l->message);
	free(l);
	s->state = NULL;
}

static int find_place(const struct conf_output *c, struct log *l)
{
	const char *port = c->protocol == CONF_SYSLOG_TLS ? "6514" : "514";

	if (c->protocol == CONF_SYSLOG_UNIX) {
		int n = snprintf(l->path, sizeof(l->path), "%s",
				 c->address[0] == '\0' ? DEV_LOG : c->address);

		return n < 0 || (size_t)n >= sizeof(l->path) ? -ENAMETOOLONG : 0;
	}
	return syslog_address(c->address, port, l->stream.host, l->stream.port, STREAM_NAME_MAX)
		       ? 0
		       : -EINVAL;
}

static int open_log(struct sink *s, struct jail_identity who)
{
	const struct conf_output *c = s->conf;
	struct log *l = calloc(1, sizeof(*l));
	int err;

	(void)who;
	if (l == NULL)
		return -ENOMEM;
	s->state = l;
	l->fd = l->stream.fd = -1;
	l->is_tcp = c->protocol == CONF_SYSLOG_TCP || c->protocol == CONF_SYSLOG_TLS;
	l->is_old = c->format == CONF_SYSLOG_RFC3164 ||
		    (c->format == CONF_SYSLOG_AUTO && c->protocol == CONF_SYSLOG_UNIX);
	l->line = malloc(FORMAT_MAX_LINE);
	l->message = malloc(FORMAT_MAX_LINE + 1024);
	err = l->line == NULL || l->message == NULL ? -ENOMEM : find_place(c, l);
	snprintf(l->why, sizeof(l->why), "%s", strerror(-err));
	if (err == 0 && c->protocol == CONF_SYSLOG_TLS)
		err = tls_context_new(c, &l->stream.tls, l->why, sizeof(l->why));
	if (err < 0) {
		log_error("cannot open output '%s': %s", c->name, l->why);
		close_log(s);
	}
	return err;
}

/* ---- the form ---- */

static void set_now(struct syslog_head *h)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return;
	h->month = (unsigned)tm.tm_mon;
	h->day = (unsigned)tm.tm_mday;
	h->hour = (unsigned)tm.tm_hour;
	h->minute = (unsigned)tm.tm_min;
	h->second = (unsigned)tm.tm_sec;
}

static ssize_t form_message(struct sink *s, const struct letter *letter, const struct format *f,
			    uint8_t *buf, size_t cap)
{
	struct log *l = s->state;
	struct syslog_head h = {
		.facility = s->conf->facility,
		.severity = letter->alert->priority,
		.hostname = f->hostname,
		.ident = span_str(s->conf->ident),
		.ts_ns = letter->alert->ts_ns,
	};
	ssize_t n = sink_form_line(s, letter, f, l->line, FORMAT_MAX_LINE);
	struct span line;

	if (n <= 0)
		return n;
	line = span_of(l->line, (size_t)n - 1); /* without its newline */
	if (s->conf->include_uuid)
		h.uuid = span_str(letter->uuid);
	if (l->is_old) {
		set_now(&h);
		n = syslog_rfc3164(&h, line, l->message, FORMAT_MAX_LINE + 1024);
	} else {
		n = syslog_rfc5424(&h, line, l->message, FORMAT_MAX_LINE + 1024);
	}
	if (n < 0)
		return n;
	if (l->is_tcp)
		return syslog_frame(span_of(l->message, (size_t)n), buf, cap);
	if ((size_t)n > cap)
		return -ENOSPC;
	memcpy(buf, l->message, (size_t)n);
	return n;
}

/* ---- datagrams ---- */

static int connect_unix(struct log *l)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int type = l->is_stream ? SOCK_STREAM : SOCK_DGRAM;

	memcpy(addr.sun_path, l->path, strlen(l->path) + 1);
	l->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd == -1)
		return -errno;
	return connect(l->fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ? -errno : 0;
}

static int connect_udp(struct log *l)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *all = NULL;
	int err = getaddrinfo(l->stream.host, l->stream.port, &hints, &all);

	if (err != 0) {
		snprintf(l->why, sizeof(l->why), "cannot find '%.100s': %s", l->stream.host,
			 gai_strerror(err));
		return -EHOSTUNREACH;
	}
	err = -EHOSTUNREACH;
	for (const struct addrinfo *a = all; a != NULL && l->fd == -1; a = a->ai_next) {
		l->fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		err = l->fd == -1 ? -errno : 0;
		if (l->fd != -1 && connect(l->fd, a->ai_addr, a->ai_addrlen) == -1) {
			err = -errno;
			close(l->fd);
			l->fd = -1;
		}
	}
	freeaddrinfo(all);
	if (err < 0)
		snprintf(l->why, sizeof(l->why), "%s", strerror(-err));
	return err;
}

static int connect_log(struct log *l)
{
	int err;

	if (l->path[0] == '\0')
		return connect_udp(l);
	err = connect_unix(l);
	if (err == -EPROTOTYPE) {
		close(l->fd);
		l->is_stream = !l->is_stream;
		err = connect_unix(l);
	}
	if (err < 0)
		snprintf(l->why, sizeof(l->why), "cannot reach '%s': %s", l->path, strerror(-err));
	return err;
}

static void disconnect(struct log *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}

/* All of MESSAGE, or if the way takes no more, its first part.  A stream's ends with a NUL. */
static int send_message(struct log *l, struct span message, struct mono deadline)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLOUT };
	size_t n = message.n + l->is_stream;
	const uint8_t *bytes = message.p;

	if (l->is_stream) {
		memcpy(l->message, message.p, message.n);
		l->message[message.n] = '\0';
		bytes = l->message;
	}
	while (n > 0) {
		struct mono now = mono_now();
		ssize_t sent = send(l->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent >= 0 && !l->is_stream)
			return 0;
		if (sent >= 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (errno == EMSGSIZE && n / 2 >= LEAST_LENGTH) {
			for (n /= 2; n > 1 && (bytes[n] & 0xc0) == 0x80; n--)
				;
		} else if (errno == EAGAIN && now.ns < deadline.ns) {
			(void)poll(&pfd, 1, (int)((deadline.ns - now.ns) / NS_PER_MSEC) + 1);
		} else if (errno != EINTR) {
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		}
	}
	return 0;
}

static struct sink_result send_datagrams(struct sink *s, const struct batch *b)
{
	struct log *l = s->state;
	struct mono deadline = mono_after(mono_now(), s->conf->timeout_ms * NS_PER_MSEC);
	bool is_fresh = false;
	unsigned n = 0;

	while (n < b->count) {
		size_t from = n == 0 ? 0 : b->ends[n - 1];
		int err = 0;

		if (l->fd == -1) {
			if (connect_log(l) < 0) {
				disconnect(l);
				return (struct sink_result){ SINK_AGAIN, n, 0, l->why };
			}
			is_fresh = true;
		}
		err = send_message(l, span_of(b->bytes.p + from, b->ends[n] - from), deadline);
		n += err == 0;
		if (err == 0)
			continue;
		/* The log may have been started anew since. */
		disconnect(l);
		if (is_fresh || err == -ETIMEDOUT) {
			snprintf(l->why, sizeof(l->why), "%s", strerror(-err));
			return (struct sink_result){ SINK_AGAIN, n, 0, l->why };
		}
	}
	return (struct sink_result){ .kind = SINK_SENT, .count = n };
}

static struct sink_result send_log(struct sink *s, const struct batch *b)
{
	struct log *l = s->state;

	return l->is_tcp ? stream_send(&l->stream, b, s->conf->timeout_ms) : send_datagrams(s, b);
}

const struct sink_ops sink_syslog = {
	.key = "syslog_output",
	.batch_alerts = 64,
	.batch_bytes = 64 * 1024,
	.needs_network = true,
	.open = open_log,
	.form = form_message,
	.send = send_log,
	.close = close_log,
};
