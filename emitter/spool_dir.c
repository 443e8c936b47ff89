/* SPDX-License-Identifier: Apache-2.0
 *
 * spool_dir.c -- see spool_dir.h.
 */
#include "spool_dir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir.h"

#define STANDARD "/var/lib/mews/spool"

int spool_dir_choose(const char *setting, const char *run_dir, char ret[PATH_MAX])
{
	int n;

	if (setting[0] != '\0')
		n = snprintf(ret, PATH_MAX, "%s", setting);
	else if (strcmp(run_dir, RUN_DIR_STANDARD) == 0)
		n = snprintf(ret, PATH_MAX, "%s", STANDARD);
	else
		n = snprintf(ret, PATH_MAX, "%s/spool", run_dir);
	if (n < 0 || n >= PATH_MAX)
		return -ENAMETOOLONG;
	/* With one at its end a link is followed by whoever would not. */
	while (n > 1 && ret[n - 1] == '/')
		ret[--n] = '\0';
	return 0;
}

/* Others may pass through what is above it. */
static void make_parents(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(path, 0755) == 0)
			(void)chmod(path, 0755);
		*p = '/';
	}
}

/* Does DIR lie in RUN_DIR, whatever the two are called? */
static bool is_in(const char *dir, const char *run_dir)
{
	const char *slash = strrchr(dir, '/');
	struct stat above, run;
	char path[PATH_MAX];

	if (slash == NULL)
		snprintf(path, sizeof(path), ".");
	else
		snprintf(path, sizeof(path), "%.*s/", (int)(slash - dir), dir);
	return stat(path, &above) == 0 && stat(run_dir, &run) == 0 && above.st_dev == run.st_dev &&
	       above.st_ino == run.st_ino;
}

/* Nobody else can put another one in its place then: the run directory is sticky. */
static int look_at(const char *dir, struct jail_identity who)
{
	struct stat st;

	if (lstat(dir, &st) == -1)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == 0 || st.st_uid == who.uid ? 0 : -EPERM;
}

static int make(const char *dir, struct jail_identity who)
{
	make_parents(dir);
	if (mkdir(dir, 0700) == -1)
		return errno == EEXIST ? 0 : -errno;
	if (geteuid() != 0 || lchown(dir, who.uid, who.gid) == 0)
		return 0;
	/* Root without the right to give things away: the group may use it. */
	return lchown(dir, (uid_t)-1, who.gid) == 0 && chmod(dir, 0770) == 0 ? 0 : -errno;
}

int spool_dir_make(char dir[PATH_MAX], const char *run_dir, struct jail_identity who)
{
	char real[PATH_MAX];
	int err = make(dir, who);

	if (err < 0)
		return err;
	if (is_in(dir, run_dir))
		return look_at(dir, who);
	if (realpath(dir, real) == NULL)
		return -errno;
	memcpy(dir, real, strlen(real) + 1);
	return 0;
}
