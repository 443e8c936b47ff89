/* SPDX-License-Identifier: Apache-2.0
 *
 * squatter.c -- see squatter.h.
 */
#include "squatter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "frames.h"
#include "jail.h"
#include "rundir.h"

#define HEADER	 13
#define MAX_BODY (256u * 1024)
#define GUESTS	 16

static const uint8_t greeting[8] = { 0, 'S', 'P', 0, 0, 0x31, 0, 0 };

/* ---- answers ---- */

/* Numbers, names and texts: what has a type of its own stays of it, or the encoder would not have it. */
static void make_up_status(struct stage_status *s)
{
	s->stage = one_in(2) ? twin_self : (enum stage_id)chance_below(STAGE_COUNT);
	s->pid = one_in(2) ? getpid() : (pid_t)chance_word();
	s->uptime_ns = chance_word();
	for (unsigned i = 0; i < RING_COUNTS; i++)
		s->counts.v[i] = chance_word();
	for (unsigned i = 0; i < ARRAY_LEN(s->gauges.v); i++)
		s->gauges.v[i] = chance_word();
	s->nrings = (unsigned)chance_below(CONTROL_MAX_RINGS + 1);
	for (unsigned i = 0; i < s->nrings; i++) {
		chance_fill(s->rings[i].name, sizeof(s->rings[i].name));
		s->rings[i].capacity = chance_word();
		s->rings[i].used = chance_word();
	}
	chance_fill(s->detail, chance_below(sizeof(s->detail)));
}

static size_t make_answer(uint8_t *buf, size_t cap)
{
	static struct control_answer a;
	ssize_t n;

	memset(&a, 0, sizeof(a));
	a.result = one_in(2) ? 0 : (int)chance_word();
	chance_fill(a.text, sizeof(a.text) - 1);
	a.has_status = !one_in(4);
	if (a.has_status)
		make_up_status(&a.status);
	a.next = one_in(2) ? 0 : chance_word();
	n = control_encode_answer(buf, cap, &a);
	if (n < 0)
		n = 0;
	did(DEED_MUTATIONS, 1);
	return one_in(2) ? frame_bend(buf, (size_t)n, cap) : (size_t)n;
}

/* The request's number comes back, or the asker would not look at the rest. */
static void answer(int fd, const uint8_t number[4])
{
	static uint8_t buf[HEADER + MAX_BODY];
	size_t n = make_answer(buf + HEADER, CONTROL_MAX_MESSAGE);
	uint64_t said = n + 4;

	if (one_in(16))
		n = chance_below(MAX_BODY);
	if (one_in(16))
		said = chance_word();
	buf[0] = 1;
	for (unsigned i = 0; i < 8; i++)
		buf[1 + i] = (uint8_t)(said >> (56 - 8 * i));
	memcpy(buf + 9, number, 4);
	(void)send(fd, buf, HEADER + n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool hear(int fd)
{
	uint8_t buf[1024];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n <= 0)
		return n == -1 && errno == EAGAIN;
	if (n >= HEADER) {
		did(DEED_ASKED, 1);
		if (!one_in(8)) /* or never */
			answer(fd, buf + (n >= HEADER + 8 && buf[0] == 0 ? 8 + 9 : 9));
	}
	return true;
}

/* ---- other names ---- */

/* What a stage would make there when it starts; whether it may is the directory's matter. */
static void squat(void)
{
	static const char *const names[] = {
		"raw.door",	 "enriched.door",  "alerts.door",   "tap.door",	   "captures.door",
		"collector.ctl", "enricher.ctl",   "evaluator.ctl", "emitter.ctl", "recorder.ctl",
		"mews.ctl",	 "evaluator.held", "page.address",  "lock",
	};
	const char *name = names[chance_below(ARRAY_LEN(names))];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char from[RUN_DIR_PATH_MAX];
	int fd;

	run_dir_path(addr.sun_path, twin_run_dir, name, "");
	switch (chance_below(4)) {
	case 0:
		(void)unlink(addr.sun_path);
		return;
	case 1:
		run_dir_path(from, twin_run_dir, names[chance_below(ARRAY_LEN(names))], "");
		(void)rename(from, addr.sun_path);
		return;
	case 2:
		(void)chmod(addr.sun_path, 0);
		return;
	default:
		fd = open(addr.sun_path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd == -1)
			return;
		(void)!ftruncate(fd, 0);
		close(fd);
		return;
	}
}

/* ---- the loop ---- */

static int listen_as_stage(struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	addr->sun_family = AF_UNIX;
	run_dir_path(addr->sun_path, twin_run_dir, stage_name(twin_self), ".ctl");
	unlink(addr->sun_path);
	if (fd == -1 || bind(fd, (struct sockaddr *)addr, sizeof(*addr)) == -1 ||
	    chown(addr->sun_path, (uid_t)-1, jail_identity(twin_self).gid) == -1 ||
	    chmod(addr->sun_path, 0660) == -1 || listen(fd, GUESTS) == -1) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

static void welcome(int listener, int guests[GUESTS])
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	unsigned at = (unsigned)chance_below(GUESTS);

	if (fd == -1)
		return;
	if (guests[at] != -1)
		close(guests[at]);
	guests[at] = fd;
	if (!one_in(16))
		(void)send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void squatter_run(const struct twin *t, unsigned which)
{
	struct sockaddr_un addr;
	int guests[GUESTS], listener = listen_as_stage(&addr);

	(void)t;
	(void)which;
	for (unsigned i = 0; i < GUESTS; i++)
		guests[i] = -1;
	while (twin_goes_on()) {
		struct pollfd p[GUESTS + 1] = { { .fd = listener, .events = POLLIN } };

		for (unsigned i = 0; i < GUESTS; i++)
			p[1 + i] = (struct pollfd){ .fd = guests[i], .events = POLLIN };
		(void)poll(p, GUESTS + 1, 20);
		for (unsigned i = 0; i < GUESTS; i++)
			if (p[1 + i].revents != 0 && !hear(guests[i])) {
				close(guests[i]);
				guests[i] = -1;
			}
		if (p[0].revents != 0)
			welcome(listener, guests);
		if (one_in(8))
			squat();
		if (listener == -1 || access(addr.sun_path, F_OK) != 0) {
			if (listener != -1)
				close(listener);
			listener = listen_as_stage(&addr);
		}
	}
	if (listener != -1)
		close(listener);
	unlink(addr.sun_path);
}
