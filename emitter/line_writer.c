/* SPDX-License-Identifier: Apache-2.0
 *
 * line_writer.c -- see line_writer.h.
 *
 * stdout may be a pipe whose reader sleeps, and it belongs to others too, so it is
 * not made non-blocking: poll() tells when PIPE_BUF bytes will not block, and not
 * more than these are written at once unless it is a plain file.
 */
#include "line_writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

/* Milliseconds until DEADLINE. */
static int remaining_ms(struct mono deadline)
{
	struct mono now = mono_now();

	return now.ns >= deadline.ns ? 0 : (int)((deadline.ns - now.ns) / NS_PER_MSEC) + 1;
}

/* 0: it can be written to; negative errno. */
static int wait_writable(struct line_writer *w, struct mono deadline)
{
	struct pollfd pfd = { .fd = w->fd, .events = POLLOUT };

	for (;;) {
		int n = poll(&pfd, 1,
			     w->is_patient ? -1
			     : w->is_stuck ? 0
					   : remaining_ms(deadline));

		if (n == 0)
			return -ETIMEDOUT;
		if (n == -1 && errno != EINTR)
			return -errno;
		if (n > 0)
			break;
	}
	w->is_stuck = false;
	return 0;
}

/* All of BYTES; how many went is in *RET_DONE in any case. */
static int write_all(struct line_writer *w, struct span bytes, struct mono deadline,
		     size_t *ret_done)
{
	struct stat sb;
	bool plain = fstat(w->fd, &sb) == 0 && S_ISREG(sb.st_mode);
	size_t done = 0;
	int err = 0;

	while (done < bytes.n && err == 0) {
		size_t n = bytes.n - done;
		ssize_t wrote;

		if (!plain && (err = wait_writable(w, deadline)) < 0)
			break;
		wrote = write(w->fd, bytes.p + done, plain || n < PIPE_BUF ? n : PIPE_BUF);
		if (wrote >= 0)
			done += (size_t)wrote;
		else if (errno != EINTR && errno != EAGAIN)
			err = -errno;
		/* poll() may promise what write() does not keep. */
		if (wrote <= 0 && err == 0 && !w->is_patient && remaining_ms(deadline) == 0)
			err = -ETIMEDOUT;
	}
	*ret_done = done;
	return err;
}

/* The batch's bytes, but for those that are there already. */
static int write_rest(struct line_writer *w, struct span bytes, struct mono deadline,
		      size_t *ret_done)
{
	size_t skip = bytes.n < w->skip ? bytes.n : (size_t)w->skip;
	int err = write_all(w, span_of(bytes.p + skip, bytes.n - skip), deadline, ret_done);

	*ret_done += skip;
	w->skip -= skip;
	w->done += *ret_done;
	return err;
}

static struct sink_result not_all(struct line_writer *w, unsigned lines, int err)
{
	snprintf(w->why, sizeof(w->why), "%s",
		 err == -ETIMEDOUT ? "nobody reads what was written" : strerror(-err));
	return (struct sink_result){ w->is_gone ? SINK_REFUSED : SINK_AGAIN, lines, 0, w->why };
}

struct sink_result line_writer_put(struct line_writer *w, const struct batch *b,
				   uint64_t timeout_ms, bool gives_up)
{
	struct mono deadline = mono_after(mono_now(), timeout_ms * NS_PER_MSEC);
	size_t done = 0, cut;
	unsigned lines = 0;
	int err;

	if (b->count == 0)
		return (struct sink_result){ .kind = SINK_SENT };
	if (w->is_gone)
		return not_all(w, 0, -EPIPE);
	if (w->is_broken) {
		err = write_all(w, span_str("\n"), deadline, &done);
		if (err < 0)
			return not_all(w, 0, err);
		w->is_broken = false;
	}
	err = write_rest(w, b->bytes, deadline, &done);
	while (lines < b->count && b->ends[lines] <= done)
		lines++;
	if (lines == b->count)
		return (struct sink_result){ SINK_SENT, lines, 0, NULL };
	w->is_gone = err == -EPIPE;
	w->is_stuck = gives_up && err == -ETIMEDOUT;
	cut = done - (lines == 0 ? 0 : b->ends[lines - 1]);
	if (gives_up) {
		w->is_broken = cut > 0;
	} else {
		w->skip += cut;
		w->done -= cut;
	}
	return not_all(w, lines, err);
}
