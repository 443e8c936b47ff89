/* SPDX-License-Identifier: Apache-2.0
 *
 * caller.c -- see caller.h.  The control sockets' protocol is spoken here by hand, since nng would not
 * say what it should not: greeting (8 bytes), then messages of a byte (1), a length of 8 bytes, and the
 * body: 4 bytes of the request's number, then msgpack.
 */
#include "caller.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "frames.h"
#include "rundir.h"

#define CROWD	  1000
#define TIRED_OF  64 /* requests over one connection */
#define MAX_BODY  (256u * 1024)
#define HEADER	  13
#define ANSWER_MS 200

static const uint8_t greeting[8] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };

static int connect_to(const char *name, const char *suffix, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	run_dir_path(addr.sun_path, twin_run_dir, name, suffix);
	if (fd != -1 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* One of the others'. */
static int call_somebody(void)
{
	enum stage_id who = STAGE_NONE + 1 + (enum stage_id)chance_below(STAGE_COUNT - 1);

	return who == twin_self ? -1 : connect_to(stage_name(who), ".ctl", SOCK_STREAM);
}

static bool put(int fd, const void *p, size_t n)
{
	return send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

static void greet(int fd)
{
	uint8_t bytes[sizeof(greeting)];

	memcpy(bytes, greeting, sizeof(bytes));
	if (one_in(16))
		bytes[chance_below(sizeof(bytes))] = (uint8_t)chance();
	(void)put(fd, bytes, one_in(32) ? chance_below(sizeof(bytes)) : sizeof(bytes));
}

static size_t make_request(uint8_t *buf, size_t cap)
{
	struct control_request req = { .kind = (enum control_kind)chance_below(
					       one_in(2) ? 3 : CONTROL_COUNT) };
	ssize_t n;

	if (one_in(2))
		snprintf(req.argument, sizeof(req.argument), "%llu",
			 (unsigned long long)chance_word());
	n = control_encode_request(buf, cap, &req);
	if (n < 0)
		return 0;
	return one_in(2) ? frame_bend(buf, (size_t)n, cap) : (size_t)n;
}

static bool send_request(int fd)
{
	static _Thread_local uint8_t buf[HEADER + MAX_BODY];
	size_t n = make_request(buf + HEADER, MAX_BODY);
	uint64_t said = n + 4;

	if (one_in(32)) /* large, of any content */
		n = chance_below(MAX_BODY);
	if (one_in(16))
		said = chance_word();
	buf[0] = one_in(32) ? (uint8_t)chance() : 1;
	for (unsigned i = 0; i < 8; i++)
		buf[1 + i] = (uint8_t)(said >> (56 - 8 * i));
	chance_fill(buf + 9, 4);
	if (!one_in(16))
		buf[9] |= 0x80;
	did(DEED_REQUESTS, 1);
	return put(fd, buf, HEADER + (one_in(16) ? chance_below(n + 1) : n));
}

/* What comes back is counted, and thrown away. */
static void hear(int fd, int ms)
{
	static _Thread_local uint8_t buf[65536];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return;
	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		if (n > (ssize_t)sizeof(greeting))
			did(DEED_ANSWERS, 1);
}

static void talk(void)
{
	int fd = call_somebody();
	bool listens = !one_in(4);

	if (fd == -1) {
		twin_rest(1000);
		return;
	}
	greet(fd);
	for (uint64_t i = chance_below(TIRED_OF); i > 0 && twin_goes_on(); i--) {
		if (!send_request(fd))
			break;
		if (listens)
			hear(fd, one_in(4) ? ANSWER_MS : 0);
	}
	if (listens)
		hear(fd, ANSWER_MS);
	close(fd);
}

/* Connections that are left open, greeted or not, as many as there are descriptors. */
static void come_in_a_crowd(void)
{
	static _Thread_local int fds[CROWD];
	unsigned n = 0;

	for (; n < CROWD && twin_goes_on(); n++) {
		fds[n] = call_somebody();
		if (fds[n] != -1 && one_in(2))
			(void)put(fds[n], greeting, sizeof(greeting));
	}
	did(DEED_REQUESTS, n);
	twin_rest(one_in(4) ? 1000000 : 50000);
	for (unsigned i = 0; i < n; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

void caller_run(const struct twin *t, unsigned which)
{
	(void)t;
	(void)which;
	while (twin_goes_on()) {
		if (one_in(24))
			come_in_a_crowd();
		else
			talk();
	}
}

/* Doors that are for others: whoever is in their queue must be sent away soon enough. */
void caller_run_doors(const struct twin *t, unsigned which)
{
	static const char *const doors[] = { "raw", "enriched", "alerts", "tap", "captures" };

	(void)t;
	(void)which;
	while (twin_goes_on()) {
		int fds[16];
		unsigned n = 1 + (unsigned)chance_below(16);

		for (unsigned i = 0; i < n; i++)
			fds[i] = connect_to(doors[chance_below(ARRAY_LEN(doors))], ".door",
					    one_in(16) ? SOCK_STREAM : SOCK_SEQPACKET);
		did(DEED_MESSAGES, n);
		twin_rest((unsigned)chance_below(4000));
		for (unsigned i = 0; i < n; i++)
			if (fds[i] != -1)
				close(fds[i]);
	}
}
