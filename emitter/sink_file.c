/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_file.c -- alerts at the end of a file.
 *
 * The file is opened with privilege; if it was not there it is made for the
 * emitter's user.  With keep_alive it stays open; without, it is opened again for
 * every batch, as Falco does for every alert, so that it may be moved away.  The
 * emitter's user may not be allowed to (its directory is root's): then what is open
 * stays in use, and that is said.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line_writer.h"
#include "log.h"

#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
#define FILE_MODE  0640

/* Made for WHO if it is not there.  The descriptor, or a negative errno. */
static int open_or_make(const char *name, struct jail_identity who)
{
	int fd = open(name, FILE_FLAGS | O_CREAT | O_EXCL, FILE_MODE);

	if (fd != -1) {
		if (geteuid() == 0 && fchown(fd, who.uid, who.gid) == -1)
			log_warning("cannot give '%s' to uid %u: %s", name, (unsigned)who.uid,
				    strerror(errno));
		return fd;
	}
	if (errno != EEXIST)
		return -errno;
	fd = open(name, FILE_FLAGS | O_CREAT, FILE_MODE);
	return fd == -1 ? -errno : fd;
}

/* Does a plain file end in the middle of a line?  Its writer was killed there. */
static bool ends_broken(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat sb;
	char last = '\n';

	if (fd == -1)
		return false;
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_size > 0 &&
	    pread(fd, &last, 1, sb.st_size - 1) != 1)
		last = '\n';
	close(fd);
	return last != '\n';
}

static int open_file(struct sink *s, struct jail_identity who)
{
	const char *name = s->conf->filename;
	struct line_writer *out = calloc(1, sizeof(*out));

	if (out == NULL)
		return -ENOMEM;
	out->fd = open_or_make(name, who);
	if (out->fd < 0) {
		int err = out->fd;

		log_error("cannot open '%s' for alerts: %s", name, strerror(-err));
		free(out);
		return err;
	}
	out->is_broken = ends_broken(name);
	s->state = out;
	return 0;
}

static void reopen(struct sink *s)
{
	struct line_writer *out = s->state;
	int fd = open(s->conf->filename, FILE_FLAGS | O_CREAT, FILE_MODE);

	if (fd == -1) {
		log_rationed(
			LOG_LEVEL_WARNING,
			"cannot open '%s' again: %s, the alerts go on into the file that is open",
			s->conf->filename, strerror(errno));
		return;
	}
	close(out->fd);
	/* A line that was cut in the old file comes whole in the new one. */
	*out = (struct line_writer){ .fd = fd };
}

/* Has what is open lost its name to another file, or to none?  If nobody may know, no. */
static bool was_moved_away(const struct sink *s)
{
	const struct line_writer *out = s->state;
	struct stat open_one, named;

	if (stat(s->conf->filename, &named) == -1)
		return errno == ENOENT;
	return fstat(out->fd, &open_one) == -1 || open_one.st_dev != named.st_dev ||
	       open_one.st_ino != named.st_ino;
}

static struct sink_result send_file(struct sink *s, const struct batch *b)
{
	struct line_writer *out = s->state;

	/* Opening the file that is open already would change nothing. */
	if (!s->conf->keep_alive && was_moved_away(s))
		reopen(s);
	return line_writer_put(out, b, s->conf->timeout_ms, s->gives_up);
}

static void close_file(struct sink *s)
{
	struct line_writer *out = s->state;

	if (out == NULL)
		return;
	close(out->fd);
	free(out);
	s->state = NULL;
}

const struct sink_ops sink_file = {
	.key = "file_output",
	.batch_alerts = 256,
	.batch_bytes = 256 * 1024,
	.open = open_file,
	.form = sink_form_line,
	.send = send_file,
	.reopen = reopen,
	.close = close_file,
};
