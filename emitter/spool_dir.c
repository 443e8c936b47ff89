/* SPDX-License-Identifier: Apache-2.0
 *
 * spool_dir.c -- see spool_dir.h.
 */
#include "spool_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir.h"

#define STANDARD "/var/lib/mews/spool"

int spool_dir_choose(const char *setting, const char *run_dir, char *ret, size_t cap)
{
	int n;

	if (setting[0] != '\0')
		n = snprintf(ret, cap, "%s", setting);
	else if (strcmp(run_dir, RUN_DIR_STANDARD) == 0)
		n = snprintf(ret, cap, "%s", STANDARD);
	else
		n = snprintf(ret, cap, "%s/spool", run_dir);
	return n < 0 || (size_t)n >= cap ? -ENAMETOOLONG : 0;
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

int spool_dir_make(const char *dir, struct jail_identity who)
{
	make_parents(dir);
	if (mkdir(dir, 0700) == -1)
		return errno == EEXIST ? 0 : -errno;
	if (geteuid() != 0 || lchown(dir, who.uid, who.gid) == 0)
		return 0;
	/* Root without the right to give things away: the group may use it. */
	return lchown(dir, (uid_t)-1, who.gid) == 0 && chmod(dir, 0770) == 0 ? 0 : -errno;
}
