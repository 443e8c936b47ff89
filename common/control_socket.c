/* SPDX-License-Identifier: Apache-2.0
 *
 * control_socket.c -- asks control questions, as nng's REQ over ipc:// would (control_server.c has the
 * protocol), but with no threads: one question at a time, which takes no longer than its time-out,
 * whatever the other side says or does not say.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"

#define GREETING     8
#define HEADER	     9 /* a message's first byte, and its length */
#define NUMBER	     4 /* of the question, which comes back */
#define MAX_QUESTION 512
#define MAX_ANSWER   (NUMBER + CONTROL_MAX_MESSAGE)
#define AGAIN_NS     (2 * NS_PER_MSEC) /* between two calls where the queue is full */

struct control_client {
	struct sockaddr_un addr;
	uint64_t timeout_ns;
	int fd; /* -1: it broke, and is made again for the next question */
	bool greeted;
	uint32_t number;
	size_t nin;
	uint8_t *page;
	uint8_t in[HEADER + MAX_ANSWER];
};

static const uint8_t own_greeting[GREETING] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
static const uint8_t peer_greeting[GREETING] = { 0, 'S', 'P', 0, 0, 0x31, 0, 0 };

/* ---- the connection ---- */

static void hang_up(struct control_client *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->greeted = false;
	c->nin = 0;
}

/* Who cannot take callers now may be able to in a moment. */
static int call(struct control_client *c, struct mono until)
{
	struct timespec again = { 0, AGAIN_NS };

	while (connect(c->fd, (struct sockaddr *)&c->addr, sizeof(c->addr)) == -1) {
		if (errno != EAGAIN)
			return -errno;
		if (mono_now().ns >= until.ns)
			return -ETIMEDOUT;
		nanosleep(&again, NULL);
	}
	return 0;
}

static int dial(struct control_client *c, struct mono until)
{
	int err;

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return -errno;
	err = call(c, until);
	if (err == 0 &&
	    send(c->fd, own_greeting, GREETING, MSG_NOSIGNAL | MSG_DONTWAIT) != GREETING)
		err = -ECONNRESET;
	if (err < 0)
		hang_up(c);
	return err;
}

int control_client_open(const char *path, uint64_t timeout_ns, struct control_client **ret)
{
	struct control_client *c;
	int err;

	if (strlen(path) >= sizeof(c->addr.sun_path))
		return -ENAMETOOLONG;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->timeout_ns = timeout_ns;
	c->addr.sun_family = AF_UNIX;
	memcpy(c->addr.sun_path, path, strlen(path));
	err = dial(c, mono_after(mono_now(), timeout_ns));
	if (err < 0) {
		control_client_close(c);
		return err;
	}
	*ret = c;
	return 0;
}

void control_client_close(struct control_client *c)
{
	if (c == NULL)
		return;
	hang_up(c);
	free(c->page);
	free(c);
}

/* ---- messages ---- */

static int send_question(struct control_client *c, const struct control_request *req)
{
	uint8_t out[HEADER + NUMBER + MAX_QUESTION] = { 1 };
	ssize_t n = control_encode_request(out + HEADER + NUMBER, MAX_QUESTION, req);
	size_t len;

	if (n < 0)
		return (int)n;
	len = NUMBER + (size_t)n;
	c->number = (c->number + 1) | 0x80000000u;
	for (unsigned i = 0; i < 8; i++)
		out[1 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	for (unsigned i = 0; i < NUMBER; i++)
		out[HEADER + i] = (uint8_t)(c->number >> (24 - 8 * i));
	/* It fits, or somebody has taken nothing of what was said before. */
	if (send(c->fd, out, HEADER + len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)(HEADER + len))
		return -ECONNRESET;
	return 0;
}

/* Read until ALL bytes of a message are there. */
static int fill(struct control_client *c, size_t all, struct mono until)
{
	while (c->nin < all) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		struct mono now = mono_now();
		ssize_t n = recv(c->fd, c->in + c->nin, all - c->nin, MSG_DONTWAIT);

		if (n > 0) {
			c->nin += (size_t)n;
			continue;
		}
		if (n == 0 || errno != EAGAIN)
			return -ECONNRESET;
		if (now.ns >= until.ns)
			return -ETIMEDOUT;
		(void)poll(&p, 1, (int)((until.ns - now.ns) / NS_PER_MSEC) + 1);
	}
	return 0;
}

/* The next answer, whoever's; it lies in C's. */
static int read_message(struct control_client *c, struct mono until, struct span *ret)
{
	uint64_t len = 0;
	int err;

	if (!c->greeted) {
		if ((err = fill(c, GREETING, until)) < 0)
			return err;
		c->nin = 0;
		if (memcmp(c->in, peer_greeting, GREETING) != 0)
			return -EPROTO;
		c->greeted = true;
	}
	if ((err = fill(c, HEADER, until)) < 0)
		return err;
	for (unsigned i = 0; i < 8; i++)
		len = len << 8 | c->in[1 + i];
	if (c->in[0] != 1 || len < NUMBER || len > MAX_ANSWER)
		return -EPROTO;
	if ((err = fill(c, HEADER + len, until)) < 0)
		return err;
	c->nin = 0;
	*ret = span_of(c->in + HEADER, len);
	return 0;
}

/* Answers that came too late for their questions are passed over. */
static int read_answer(struct control_client *c, struct mono until, struct span *ret)
{
	uint32_t number;
	int err;

	do {
		if ((err = read_message(c, until, ret)) < 0)
			return err;
		number = 0;
		for (unsigned i = 0; i < NUMBER; i++)
			number = number << 8 | ret->p[i];
	} while (number != c->number && mono_now().ns < until.ns);
	*ret = span_of(ret->p + NUMBER, ret->n - NUMBER);
	return number == c->number ? 0 : -ETIMEDOUT;
}

/* ---- questions ---- */

int control_keep_page(uint8_t **kept, struct control_answer *a)
{
	struct span page = a->page;

	a->page = SPAN_NONE;
	free(*kept);
	*kept = NULL;
	if (page.n == 0)
		return 0;
	*kept = malloc(page.n);
	if (*kept == NULL)
		return -ENOMEM;
	memcpy(*kept, page.p, page.n);
	a->page = span_of(*kept, page.n);
	return 0;
}

static int ask_once(struct control_client *c, const struct control_request *req, struct mono until,
		    struct span *ret)
{
	int err = c->fd == -1 ? dial(c, until) : 0;

	if (err == 0)
		err = send_question(c, req);
	if (err == 0)
		err = read_answer(c, until, ret);
	if (err < 0 && err != -ETIMEDOUT)
		hang_up(c);
	return err;
}

int control_client_ask(struct control_client *c, const struct control_request *req,
		       struct control_answer *ret)
{
	struct mono until = mono_after(mono_now(), c->timeout_ns);
	bool had_one = c->fd != -1;
	struct span answer;
	int err = ask_once(c, req, until, &answer);

	/* Whoever was there may be another by now. */
	if (err == -ECONNRESET && had_one)
		err = ask_once(c, req, until, &answer);
	if (err == 0)
		err = control_decode_answer(answer, ret);
	return err == 0 ? control_keep_page(&c->page, ret) : err;
}

int control_ask(const char *path, const struct control_request *req, uint64_t timeout_ns,
		struct control_answer *ret)
{
	struct control_client *c;
	int err = control_client_open(path, timeout_ns, &c);

	if (err < 0)
		return err;
	err = control_client_ask(c, req, ret);
	ret->page = SPAN_NONE; /* goes with the connection */
	control_client_close(c);
	return err;
}
