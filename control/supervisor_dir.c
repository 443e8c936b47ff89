/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_dir.c -- the run directory, from taking it to leaving it as it was.  A lock in it says that
 * it is taken: one pipeline to a run directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "rundir.h"
#include "supervisor_core.h"

static int take_lock(struct supervisor *sv)
{
	char path[RUN_DIR_PATH_MAX];
	struct stat ours, there;

	run_dir_path(path, sv->p->run_dir, "lock", "");
	for (unsigned i = 0; i < 10; i++) {
		sv->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (sv->lock_fd == -1)
			return -errno;
		if (flock(sv->lock_fd, LOCK_EX | LOCK_NB) == -1) {
			int err = -errno;

			close(sv->lock_fd);
			sv->lock_fd = -1;
			return err;
		}
		/* One that ended in between has taken the file away with it. */
		if (fstat(sv->lock_fd, &ours) == 0 && stat(path, &there) == 0 &&
		    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
			return 0;
		close(sv->lock_fd);
		sv->lock_fd = -1;
	}
	return -EAGAIN;
}

int supervisor_take_dir(struct supervisor *sv)
{
	char closed[RUN_DIR_PATH_MAX];
	int err = run_dir_make(sv->p->run_dir, &sv->made_run_dir);

	if (run_dir_closed_above(sv->p->run_dir, closed))
		log_warning("the run directory lies below '%s', which is closed to the stages: "
			    "they are users of their own",
			    closed);
	if (err < 0) {
		log_error("cannot use the run directory '%s': %s", sv->p->run_dir, strerror(-err));
		return err == -ENAMETOOLONG || err == -ENOENT ? EXIT_INPUT : EXIT_HOST;
	}
	err = take_lock(sv);
	if (err == -EWOULDBLOCK) {
		log_error("a pipeline runs in '%s' already: stop it, or take another --run-dir",
			  sv->p->run_dir);
		return EXIT_INPUT;
	}
	if (err < 0) {
		log_error("cannot lock the run directory '%s': %s", sv->p->run_dir, strerror(-err));
		return EXIT_HOST;
	}
	return EXIT_OK;
}

void supervisor_leave_dir(struct supervisor *sv)
{
	char path[RUN_DIR_PATH_MAX];

	if (sv->lock_fd != -1) {
		run_dir_clear(sv->p->run_dir);
		run_dir_path(path, sv->p->run_dir, "lock", "");
		unlink(path);
		close(sv->lock_fd);
	}
	if (sv->made_run_dir)
		rmdir(sv->p->run_dir);
}
