/* SPDX-License-Identifier: Apache-2.0
 *
 * no_pipeline.c -- see no_pipeline.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail.h"
#include "mews.h"
#include "no_pipeline.h"

bool run_dir_is_closed(const char *run_dir)
{
	return faccessat(AT_FDCWD, run_dir, X_OK, AT_EACCESS) == -1 && errno == EACCES;
}

/* As run_dir_make() leaves root's. */
static bool is_of_group(const char *run_dir)
{
	const struct group *gr = getgrnam(jail_group());
	struct stat st;

	return gr != NULL && stat(run_dir, &st) == 0 && st.st_uid == 0 && st.st_gid == gr->gr_gid &&
	       (st.st_mode & 0017) == 0010;
}

int no_pipeline(const char *run_dir)
{
	if (!run_dir_is_closed(run_dir))
		log_error("no pipeline runs in '%s'", run_dir);
	else if (is_of_group(run_dir))
		log_error("cannot look into '%s': only root and group %s may", run_dir,
			  jail_group());
	else
		log_error("cannot look into '%s': %s", run_dir, strerror(EACCES));
	return EXIT_INPUT;
}
