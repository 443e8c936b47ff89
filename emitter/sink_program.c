/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_program.c -- alerts as lines for a program's standard input.
 *
 * With keep_alive one program reads them all; it is started again when it has ended, and what it had not
 * read comes again.  Without, each alert has a program of its own, as in Falco: it has got it when the
 * program has ended, unless it ends with 75 (sysexits(3): try again), 126 or 127 (the shell's: there is
 * no such program).  Another end that is not 0 is told, and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "runner.h"
#include "sink.h"

#define LOOK_MS 2 /* between two looks at what was read */
#define SOON_MS 1

struct program {
	struct runner *runner;
	pid_t pid; /* 0: none runs */
	int fd;
	uint64_t written; /* of the batch, to this one */
	char why[128];
};

static int open_program(struct sink *s, struct jail_identity who)
{
	struct program *p = calloc(1, sizeof(*p));
	int err = p == NULL ? -ENOMEM : runner_open(s->conf->program, &p->runner);

	(void)who;
	if (err < 0) {
		log_error("cannot open output '%s': %s", s->conf->name, strerror(-err));
		free(p);
		return err;
	}
	p->fd = -1;
	s->state = p;
	return 0;
}

static void let_go(struct program *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	p->pid = 0;
	p->written = 0;
}

static void close_program(struct sink *s)
{
	struct program *p = s->state;

	if (p == NULL)
		return;
	let_go(p);
	runner_close(p->runner);
	free(p);
	s->state = NULL;
}

static bool start(struct program *p)
{
	int err = runner_start(p->runner, &p->pid, &p->fd);

	if (err == 0) {
		(void)fcntl(p->fd, F_SETFL, O_NONBLOCK);
		p->written = 0;
		return true;
	}
	snprintf(p->why, sizeof(p->why), "cannot start it: %s",
		 err == -EPIPE ? "what starts programs is gone, end the emitter" : strerror(-err));
	return false;
}

static int remaining_ms(struct mono deadline)
{
	struct mono now = mono_now();

	return now.ns >= deadline.ns ? 0 : (int)((deadline.ns - now.ns) / NS_PER_MSEC) + 1;
}

/* What lies in the pipe. */
static uint64_t unread(const struct program *p)
{
	int n = 0;

	return ioctl(p->fd, FIONREAD, &n) == -1 || n < 0 ? UINT64_MAX : (uint64_t)n;
}

/* False: nobody reads any more. */
static bool write_rest(struct program *p, struct span bytes, struct mono deadline)
{
	while (p->written < bytes.n) {
		struct pollfd pfd = { .fd = p->fd, .events = POLLOUT };
		ssize_t n = write(p->fd, bytes.p + p->written, bytes.n - (size_t)p->written);

		if (n >= 0)
			p->written += (uint64_t)n;
		else if (errno == EAGAIN && remaining_ms(deadline) == 0)
			return true;
		else if (errno == EAGAIN)
			(void)poll(&pfd, 1, remaining_ms(deadline));
		else if (errno != EINTR)
			return false;
	}
	return true;
}

static bool wait_read(struct program *p, struct mono deadline)
{
	while (unread(p) > 0 && remaining_ms(deadline) > 0) {
		struct pollfd pfd = { .fd = p->fd };

		if (poll(&pfd, 1, LOOK_MS) > 0 && (pfd.revents & POLLERR) != 0)
			return unread(p) == 0;
	}
	return true;
}

/* How many lines of B have been read whole. */
static unsigned count_read(const struct program *p, const struct batch *b)
{
	uint64_t left = unread(p), has = left < p->written ? p->written - left : 0;
	unsigned n = 0;

	while (n < b->count && b->ends[n] <= has)
		n++;
	return n;
}

static void explain_status(struct program *p, int status)
{
	if (WIFSIGNALED(status))
		snprintf(p->why, sizeof(p->why), "it was killed by signal %d", WTERMSIG(status));
	else
		snprintf(p->why, sizeof(p->why), "it ended with %d", WEXITSTATUS(status));
}

static void explain_end(struct program *p)
{
	int status;

	if (runner_wait(p->runner, p->pid, 100, &status) != 1)
		snprintf(p->why, sizeof(p->why), "it does not read any more");
	else
		explain_status(p, status);
}

/* The one program for all. */
static struct sink_result send_lasting(struct sink *s, const struct batch *b)
{
	struct program *p = s->state;
	struct mono deadline = mono_after(mono_now(), s->conf->timeout_ms * NS_PER_MSEC);
	uint64_t before = p->written;
	unsigned n;
	bool alive;

	if (p->pid == 0) {
		if (!start(p))
			return (struct sink_result){ SINK_AGAIN, 0, 0, p->why };
		before = 0;
	}
	alive = write_rest(p, b->bytes, deadline) && wait_read(p, deadline);
	n = count_read(p, b);
	if (n == b->count) {
		p->written = 0;
		return (struct sink_result){ .kind = SINK_SENT, .count = n };
	}
	if (!alive) {
		explain_end(p);
		let_go(p);
		return (struct sink_result){ SINK_AGAIN, n, 0, p->why };
	}
	snprintf(p->why, sizeof(p->why), "it does not read in time");
	before = p->written - before;
	p->written -= n == 0 ? 0 : b->ends[n - 1];
	return (struct sink_result){ SINK_AGAIN, n, before > 0 || n > 0 ? SOON_MS : 0, p->why };
}

/* LINE for a program of its own.  False: it is to be tried again.  Either way p->why has why it is not as it
 * should be, unless it is. */
static bool send_one(struct sink *s, struct span line)
{
	struct program *p = s->state;
	struct mono deadline = mono_after(mono_now(), s->conf->timeout_ms * NS_PER_MSEC);
	int status = 0, ended, code;
	pid_t pid;

	if (!start(p))
		return false;
	pid = p->pid;
	(void)write_rest(p, line, deadline);
	let_go(p); /* the end of its input */
	ended = runner_wait(p->runner, pid, (uint64_t)remaining_ms(deadline), &status);
	if (ended == 0) {
		runner_kill(p->runner, pid);
		(void)runner_wait(p->runner, pid, 1000, &status);
		snprintf(p->why, sizeof(p->why), "it did not end in time");
	} else if (ended < 0) {
		snprintf(p->why, sizeof(p->why), "what starts programs is gone, end the emitter");
	}
	if (ended != 1)
		return false;
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	if (status != 0)
		explain_status(p, status);
	return code != 75 && code != 126 && code != 127;
}

static struct sink_result send_program(struct sink *s, const struct batch *b)
{
	struct program *p = s->state;

	if (s->conf->keep_alive)
		return send_lasting(s, b);
	p->why[0] = '\0';
	for (unsigned i = 0; i < b->count; i++) {
		size_t from = i == 0 ? 0 : b->ends[i - 1];

		if (!send_one(s, span_of(b->bytes.p + from, b->ends[i] - from)))
			return (struct sink_result){ SINK_AGAIN, i, 0, p->why };
	}
	return (struct sink_result){ SINK_SENT, b->count, 0, p->why[0] == '\0' ? NULL : p->why };
}

/* SIGUSR1: as in Falco, the program gets its end, and the next one what comes. */
static void reopen(struct sink *s)
{
	let_go(s->state);
}

const struct sink_ops sink_program = {
	.key = "program_output",
	.batch_alerts = 64,
	.batch_bytes = 64 * 1024,
	.open = open_program,
	.form = sink_form_line,
	.send = send_program,
	.reopen = reopen,
	.close = close_program,
};
