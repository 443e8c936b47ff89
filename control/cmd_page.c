/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_page.c -- `mews page`: where the web page is, with its token, as the emitter left it in the run
 * directory for whoever may read it.  Other stages may make files there, too: only what root, the emitter
 * or this user has made for himself alone is believed, and none of it obeyed by a terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail.h"
#include "line_file.h"
#include "mews.h"
#include "rundir.h"

#define ADDRESS_MAX 512

static int say_why(int err, const char *run_dir)
{
	if (err == ENOENT)
		log_error("there is no web page in '%s': is a pipeline running, with "
			  "webserver.enabled and webserver.page.enabled?",
			  run_dir);
	else
		log_error("cannot read the web page's address in '%s': %s", run_dir, strerror(err));
	return EXIT_INPUT;
}

static bool is_emitters(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_mode & 077) == 0 &&
	       (st->st_uid == 0 || st->st_uid == geteuid() ||
		st->st_uid == jail_identity(STAGE_EMITTER).uid);
}

/* The first line of the file at PATH; 0 or an errno. */
static int read_address(const char *path, char buf[ADDRESS_MAX], struct span *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd == -1)
		return errno;
	if (fstat(fd, &st) == -1)
		err = errno;
	else if (!is_emitters(&st))
		err = EPERM;
	else if ((n = read(fd, buf, ADDRESS_MAX)) == -1)
		err = errno;
	close(fd);
	if (err == 0 && (n < 4 || memcmp(buf, "http", 4) != 0))
		err = EPROTO;
	if (err == 0) {
		const char *end = memchr(buf, '\n', (size_t)n);

		*ret = span_of(buf, end == NULL ? (size_t)n : (size_t)(end - buf));
	}
	return err;
}

int cmd_page(int argc, char **argv)
{
	char path[RUN_DIR_PATH_MAX], buf[ADDRESS_MAX];
	const char *run_dir;
	struct span line;
	unsigned none;
	int code = parse_simple(argc, argv, &run_dir, NULL, 0, &none), err;

	if (code != -1)
		return code;
	if (strlen(run_dir) > RUN_DIR_MAX)
		return say_why(ENAMETOOLONG, run_dir);
	run_dir_path(path, run_dir, PAGE_ADDRESS, "");
	err = read_address(path, buf, &line);
	if (err != 0)
		return say_why(err, run_dir);
	line_show(stdout, line);
	putchar('\n');
	return EXIT_OK;
}
