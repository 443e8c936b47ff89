/* SPDX-License-Identifier: Apache-2.0
 *
 * forward.c -- see forward.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forward.h"
#include "log.h"

#define PIPE_BYTES (1024 * 1024)
#define MOVES	   512 /* at a time: there are others to look after */

int forward_open(struct forward *f, int to)
{
	int ends[2];

	f->in = f->out = -1;
	f->to = to;
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	f->in = ends[0];
	f->out = ends[1];
	(void)fcntl(f->out, F_SETPIPE_SZ, PIPE_BYTES); /* better, not needed */
	/* The emitter's end waits, ours does not. */
	return fcntl(f->in, F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
}

void forward_close(struct forward *f)
{
	if (f->in != -1)
		close(f->in);
	if (f->out != -1)
		close(f->out);
	f->in = f->out = -1;
}

int forward_fd(const struct forward *f, short *ret_events)
{
	*ret_events = f->used > 0 ? POLLOUT : POLLIN;
	return f->used > 0 ? f->to : f->in;
}

static void give_up(struct forward *f, int err)
{
	if (err == EPIPE)
		log_info("nobody reads standard output any more");
	else
		log_error("cannot write to standard output: %s, its alerts are counted only",
			  strerror(err));
	close(f->in);
	f->in = -1;
	f->is_gone = true;
	f->used = 0;
}

/* How much may be written at once without waiting, if anything. */
static size_t room_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return FORWARD_BYTES;
	return poll(&p, 1, 0) > 0 ? PIPE_BUF : 0;
}

static bool write_some(struct forward *f)
{
	size_t room = room_of(f->to), n = f->used < room ? f->used : room;
	ssize_t wrote;

	if (n == 0)
		return false;
	wrote = write(f->to, f->bytes + f->from, n);
	if (wrote == -1) {
		if (errno != EINTR && errno != EAGAIN)
			give_up(f, errno);
		return false;
	}
	f->from += (size_t)wrote;
	f->used -= (size_t)wrote;
	return true;
}

static bool read_some(struct forward *f)
{
	ssize_t n = f->in == -1 ? 0 : read(f->in, f->bytes, sizeof(f->bytes));

	if (n <= 0)
		return false;
	f->taken += (uint64_t)n;
	f->from = 0;
	f->used = (size_t)n;
	return true;
}

bool forward_move(struct forward *f)
{
	unsigned n = 0;

	while (n < MOVES && (f->used > 0 ? write_some(f) : read_some(f)))
		n++;
	return n > 0;
}

uint64_t forward_written(const struct forward *f)
{
	int waiting = 0;

	if (f->in == -1 || ioctl(f->in, FIONREAD, &waiting) == -1)
		waiting = 0;
	return f->taken + (uint64_t)waiting;
}

bool forward_is_done(const struct forward *f)
{
	return f->used == 0 && forward_written(f) == f->taken;
}
