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
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "sink.h"

#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
#define FILE_MODE  0640

static const char *name;
static bool keep_alive;
static struct line_writer out = { .fd = -1 };

static bool is_enabled(const struct conf *conf)
{
	return conf->file_enabled;
}

/* Made for WHO if it is not there.  The descriptor, or a negative errno. */
static int open_or_make(struct jail_identity who)
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

static int open_file(const struct conf *conf, struct jail_identity who)
{
	int fd;

	name = conf->file_name;
	keep_alive = conf->file_keep_alive;
	fd = open_or_make(who);
	if (fd < 0) {
		log_error("cannot open '%s' for alerts: %s", name, strerror(-fd));
		return fd;
	}
	out = (struct line_writer){ .fd = fd };
	return 0;
}

static void reopen(void)
{
	int fd = open(name, FILE_FLAGS | O_CREAT, FILE_MODE);

	if (fd == -1) {
		log_rationed(
			LOG_LEVEL_WARNING,
			"cannot open '%s' again: %s, the alerts go on into the file that is open",
			name, strerror(errno));
		return;
	}
	close(out.fd);
	/* A line that was cut in the old file is no reason for an empty one in the new. */
	out = (struct line_writer){ .fd = fd };
}

/* Has what is open lost its name to another file, or to none?  If nobody may know, no. */
static bool was_moved_away(void)
{
	struct stat open_one, named;

	if (stat(name, &named) == -1)
		return errno == ENOENT;
	return fstat(out.fd, &open_one) == -1 || open_one.st_dev != named.st_dev ||
	       open_one.st_ino != named.st_ino;
}

static unsigned write_file(const struct batch *b)
{
	unsigned n;
	int err;

	/* Opening the file that is open already would change nothing. */
	if (!keep_alive && was_moved_away())
		reopen();
	n = line_writer_put(&out, b, &err);
	if (err < 0)
		log_rationed(LOG_LEVEL_ERROR, "cannot write to '%s': %s, alerts are lost there",
			     name, strerror(-err));
	return n;
}

static void close_file(void)
{
	if (out.fd != -1)
		close(out.fd);
	out.fd = -1;
}

const struct sink_ops sink_file = {
	.name = "file",
	.failed = EMITTER_FILE_FAILED,
	.is_enabled = is_enabled,
	.open = open_file,
	.write = write_file,
	.reopen = reopen,
	.close = close_file,
};
