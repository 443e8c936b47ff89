/* SPDX-License-Identifier: Apache-2.0
 *
 * sinks.c -- the table of sinks, and what those have in common that write lines
 * into a descriptor.
 *
 * stdout may be a pipe whose reader sleeps, and it belongs to others too, so it is
 * not made non-blocking: poll() tells when PIPE_BUF bytes will not block, and not
 * more than these are written at once unless it is a plain file.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

const struct sink_ops *const sinks[] = { &sink_file, &sink_stdout }; /* Falco's order */
const unsigned sink_count = ARRAY_LEN(sinks);

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

		if (n > 0)
			break;
		if (n == 0) {
			w->is_stuck = true;
			return -ETIMEDOUT;
		}
		if (errno != EINTR)
			return -errno;
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

unsigned line_writer_put(struct line_writer *w, const struct batch *b, int *ret_err)
{
	struct mono deadline = mono_after(mono_now(), SINK_TIMEOUT_NS);
	size_t done = 0;
	unsigned lines = 0;

	*ret_err = 0;
	if (b->count == 0)
		return 0;
	if (w->is_gone) {
		*ret_err = -EPIPE;
		return 0;
	}
	if (w->is_broken) {
		*ret_err = write_all(w, span_str("\n"), deadline, &done);
		if (*ret_err < 0)
			return 0;
		w->is_broken = false;
	}
	*ret_err = write_rest(w, b->bytes, deadline, &done);
	while (lines < b->count && b->ends[lines] <= done)
		lines++;
	w->is_broken = done > (lines == 0 ? 0 : b->ends[lines - 1]);
	w->is_gone = *ret_err == -EPIPE;
	return lines;
}
