/* SPDX-License-Identifier: Apache-2.0
 *
 * control_server.c -- answers control messages: the protocol of nng's REP over ipc:// (SP), so that nng's
 * REQ, which asks, needs nothing else; but none of nng, whose threads keep connections for as
 * long as their peers like.  Whoever asks may be a stage that was taken over.  So a connection
 * has a place of fixed size, a question is short, an answer that is not taken holds up its own connection
 * alone, and who comes when all places are taken gets that of whoever has the most.
 *
 * Greeting, both ways: 0 'S' 'P' 0, protocol (16 bits), 0 0.  A message: 1, its length (64 bits), then
 * words of 32 bits up to one with the highest bit set, which come back with the answer, and the body.  All
 * numbers are big-endian.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "log.h"
#include "socket_place.h"

#define MAX_GUESTS   48
#define PER_POLL     8	  /* guests that are heard in a turn */
#define MAX_WELCOMES 16	  /* that are let in */
#define MAX_QUESTION 1024 /* bytes of a message */
#define GREETING     8
#define HEADER	     9	/* a message's first byte, and its length */
#define MAX_ROUTE    32 /* bytes of words that come back */

struct guest {
	int fd; /* -1: the place is free */
	uid_t uid;
	struct mono heard;
	bool greeted;
	size_t nin;
	uint8_t *out; /* what is left to be sent of an answer; NULL: nothing */
	size_t nout, out_at;
	uint8_t in[HEADER + MAX_QUESTION];
};

struct control_server {
	int epoll;
	struct socket_place place;
	uid_t owner;
	bool listens; /* the place is in the set */
	struct guest guests[MAX_GUESTS];
	uint8_t answer[HEADER + MAX_ROUTE + CONTROL_MAX_MESSAGE];
};

static const uint8_t own_greeting[GREETING] = { 0, 'S', 'P', 0, 0, 0x31, 0, 0 };
static const uint8_t peer_greeting[GREETING] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };

/* ---- opening ---- */

/* PLACE: of a guest, or MAX_GUESTS for the listener. */
static int listen_to(const struct control_server *s, int fd, unsigned place, uint32_t events,
		     int how)
{
	struct epoll_event e = { .events = events, .data.u32 = place };

	return epoll_ctl(s->epoll, how, fd, &e) == -1 ? -errno : 0;
}

static int server_listen(struct control_server *s, const char *path)
{
	int err = socket_place_open(&s->place, path, SOCK_STREAM, (gid_t)-1, MAX_GUESTS);

	if (err < 0)
		return err;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll == -1)
		return -errno;
	err = listen_to(s, s->place.fd, MAX_GUESTS, EPOLLIN, EPOLL_CTL_ADD);
	s->listens = err == 0;
	return err;
}

int control_server_open(const char *path, struct control_server **ret)
{
	struct control_server *s;
	int err;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->owner = geteuid();
	s->epoll = -1;
	s->place = SOCKET_PLACE_NONE;
	for (unsigned i = 0; i < MAX_GUESTS; i++)
		s->guests[i].fd = -1;
	err = server_listen(s, path);
	if (err < 0) {
		control_server_close(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* Closing the descriptor takes it out of the epoll set. */
static void hang_up(struct guest *g)
{
	free(g->out);
	g->out = NULL;
	close(g->fd);
	g->fd = -1;
}

void control_server_close(struct control_server *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < MAX_GUESTS; i++)
		if (s->guests[i].fd != -1)
			hang_up(&s->guests[i]);
	socket_place_close(&s->place);
	if (s->epoll != -1)
		close(s->epoll);
	free(s);
}

int control_server_fd(const struct control_server *s)
{
	return s->epoll;
}

struct mono control_server_due(const struct control_server *s)
{
	return s->listens ? (struct mono){ UINT64_MAX } : s->place.deaf_until;
}

/* ---- who comes ---- */

static unsigned count_of(const struct control_server *s, uid_t uid)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MAX_GUESTS; i++)
		n += s->guests[i].fd != -1 && s->guests[i].uid == uid;
	return n;
}

/* A free one; else that of the user who has the most, who was silent for longest. */
static struct guest *find_place(struct control_server *s)
{
	struct guest *worst = NULL;
	unsigned most = 0;

	for (unsigned i = 0; i < MAX_GUESTS; i++) {
		struct guest *g = &s->guests[i];
		unsigned n;

		if (g->fd == -1)
			return g;
		n = count_of(s, g->uid);
		if (n > most || (n == most && g->heard.ns < worst->heard.ns)) {
			most = n;
			worst = g;
		}
	}
	hang_up(worst);
	return worst;
}

/* No descriptors, no guests: the set is not to be ready for who waits outside. */
static void heed_place(struct control_server *s)
{
	bool listens = !socket_place_is_deaf(&s->place);

	if (listens != s->listens && listen_to(s, s->place.fd, MAX_GUESTS, EPOLLIN,
					       listens ? EPOLL_CTL_ADD : EPOLL_CTL_DEL) == 0)
		s->listens = listens;
}

/* False: nobody is there, or can be let in. */
static bool welcome(struct control_server *s)
{
	int fd = socket_place_accept(&s->place);
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct guest *g;

	if (fd == -1)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1) {
		close(fd);
		return true;
	}
	g = find_place(s);
	g->fd = fd;
	g->uid = cred.uid;
	g->heard = mono_now();
	g->greeted = false;
	g->nin = 0;
	if (send(fd, own_greeting, GREETING, MSG_NOSIGNAL | MSG_DONTWAIT) != GREETING ||
	    listen_to(s, fd, (unsigned)(g - s->guests), EPOLLIN, EPOLL_CTL_ADD) < 0)
		hang_up(g);
	return true;
}

/* ---- answers ---- */

/* The file mode lets in root, us and our group; the message's kind decides
 * which of them may ask for it. */
static bool permitted(const struct control_server *s, const struct guest *g, enum control_kind kind)
{
	return control_permission(kind) == CONTROL_WHO_ANY || g->uid == 0 || g->uid == s->owner;
}

static void refuse(struct control_answer *a, int err, const char *why)
{
	*a = (struct control_answer){ .result = err };
	snprintf(a->text, sizeof(a->text), "%s", why);
}

/* What cannot go now waits, and until it is gone the guest is asked for nothing else. */
static void keep(struct control_server *s, struct guest *g, size_t from, size_t n)
{
	g->out = malloc(n - from);
	if (g->out == NULL ||
	    listen_to(s, g->fd, (unsigned)(g - s->guests), EPOLLOUT, EPOLL_CTL_MOD) < 0) {
		hang_up(g);
		return;
	}
	memcpy(g->out, s->answer + from, n - from);
	g->nout = n - from;
	g->out_at = 0;
}

static void send_answer(struct control_server *s, struct guest *g, size_t n)
{
	ssize_t sent = send(g->fd, s->answer, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent == -1 && errno != EAGAIN)
		hang_up(g);
	else if (sent < (ssize_t)n)
		keep(s, g, sent == -1 ? 0 : (size_t)sent, n);
}

/* ROUTE bytes of BODY are not the question's. */
static void answer_one(struct control_server *s, struct guest *g, struct span body, size_t route,
		       void (*answer)(void *ctx, const struct control_request *req,
				      struct control_answer *ret),
		       void *ctx)
{
	struct control_request req;
	struct control_answer a = { 0 };
	uint8_t *out = s->answer + HEADER;
	int err = control_decode_request(span_of(body.p + route, body.n - route), &req);
	uint64_t len;
	ssize_t n;

	if (err == -EOPNOTSUPP)
		refuse(&a, err, "not known here");
	else if (err < 0)
		refuse(&a, err, "not a request");
	else if (!permitted(s, g, req.kind))
		refuse(&a, -EPERM, "only root and the pipeline's owner may ask for that");
	else
		answer(ctx, &req, &a);
	memcpy(out, body.p, route);
	n = control_encode_answer(out + route, CONTROL_MAX_MESSAGE, &a);
	if (n < 0)
		return; /* the asker has a time-out */
	len = route + (size_t)n;
	s->answer[0] = 1;
	for (unsigned i = 0; i < 8; i++)
		s->answer[1 + i] = (uint8_t)(len >> (56 - 8 * i));
	send_answer(s, g, HEADER + len);
}

/* ---- questions ---- */

/* The words in front of the question; 0: it has none, or too many. */
static size_t route_of(struct span body)
{
	for (size_t at = 0; at + 4 <= body.n && at < MAX_ROUTE; at += 4)
		if (body.p[at] & 0x80)
			return at + 4;
	return 0;
}

/* How many bytes there must be before anything can be done with them; 0: none would help. */
static size_t wanted(const struct guest *g)
{
	uint64_t len = 0;

	if (!g->greeted)
		return GREETING;
	if (g->nin < HEADER)
		return HEADER;
	for (unsigned i = 0; i < 8; i++)
		len = len << 8 | g->in[1 + i];
	return g->in[0] == 1 && len > 0 && len <= MAX_QUESTION ? HEADER + len : 0;
}

static bool take_greeting(struct guest *g)
{
	g->greeted = memcmp(g->in, peer_greeting, GREETING) == 0;
	g->nin = 0;
	return g->greeted;
}

/* No more than one question is read at a time: the others wait in the socket, where they are heard of. */
static void hear(struct control_server *s, struct guest *g,
		 void (*answer)(void *ctx, const struct control_request *req,
				struct control_answer *ret),
		 void *ctx)
{
	size_t all, route;

	while ((all = wanted(g)) > g->nin) {
		ssize_t n = read(g->fd, g->in + g->nin, all - g->nin); /* it does not block */

		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0) {
			hang_up(g);
			return;
		}
		g->nin += (size_t)n;
		if (!g->greeted && g->nin == GREETING && !take_greeting(g)) {
			hang_up(g);
			return;
		}
	}
	if (all == 0) {
		hang_up(g);
		return;
	}
	g->heard = mono_now();
	g->nin = 0;
	route = route_of(span_of(g->in + HEADER, all - HEADER));
	if (route > 0)
		answer_one(s, g, span_of(g->in + HEADER, all - HEADER), route, answer, ctx);
}

/* What waited may go on. */
static void send_rest(struct control_server *s, struct guest *g)
{
	ssize_t n =
		send(g->fd, g->out + g->out_at, g->nout - g->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && errno == EAGAIN)
		return;
	g->out_at += n > 0 ? (size_t)n : 0;
	if (n > 0 && g->out_at < g->nout)
		return;
	free(g->out);
	g->out = NULL;
	if (n <= 0 || listen_to(s, g->fd, (unsigned)(g - s->guests), EPOLLIN, EPOLL_CTL_MOD) < 0)
		hang_up(g);
}

void control_server_poll(struct control_server *s,
			 void (*answer)(void *ctx, const struct control_request *req,
					struct control_answer *ret),
			 void *ctx)
{
	struct epoll_event e[PER_POLL];
	int n;

	heed_place(s);
	n = epoll_wait(s->epoll, e, PER_POLL, 0);
	for (int i = 0; i < n; i++) {
		struct guest *g = &s->guests[e[i].data.u32 % MAX_GUESTS];

		if (e[i].data.u32 == MAX_GUESTS || g->fd == -1)
			continue;
		if (g->out != NULL)
			send_rest(s, g);
		else
			hear(s, g, answer, ctx);
	}
	for (int i = 0; i < n; i++)
		for (unsigned j = 0; e[i].data.u32 == MAX_GUESTS && j < MAX_WELCOMES && welcome(s);
		     j++)
			;
	heed_place(s);
}
