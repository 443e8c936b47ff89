/* SPDX-License-Identifier: Apache-2.0
 *
 * rundir.c -- makes, checks and clears the run directory.  Works on a
 * descriptor of the directory once it has one, so that what was checked is what
 * is changed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail.h"
#include "rundir.h"
#include "span.h"

#define LOCK_NAME  "lock"
#define SPOOL_NAME "spool"
#define MODE	   (S_ISVTX | 0770)

/* All that ever lies in a run directory, and which stage makes it. */
static const struct {
	const char *name;
	enum stage_id maker;
} entries[] = {
	{ "raw.door", STAGE_COLLECTOR },
	{ "tap.door", STAGE_COLLECTOR },
	{ "collector.ctl", STAGE_COLLECTOR },
	{ "enriched.door", STAGE_ENRICHER },
	{ "enricher.ctl", STAGE_ENRICHER },
	{ "alerts.door", STAGE_EVALUATOR },
	{ "captures.door", STAGE_EVALUATOR },
	{ "evaluator.ctl", STAGE_EVALUATOR },
	{ "evaluator.held", STAGE_EVALUATOR },
	{ "emitter.ctl", STAGE_EMITTER },
	{ "recorder.ctl", STAGE_RECORDER },
	{ "mews.ctl", STAGE_NONE },
	{ PAGE_ADDRESS, STAGE_NONE },
	{ SPOOL_NAME, STAGE_NONE },
	{ LOCK_NAME, STAGE_NONE },
};

const char *run_dir_choose(const char *option)
{
	const char *env = getenv("MEWS_RUN_DIR");

	if (option != NULL)
		return option;
	return env != NULL && env[0] != '\0' ? env : RUN_DIR_STANDARD;
}

void run_dir_path(char buf[RUN_DIR_PATH_MAX], const char *dir, const char *name, const char *suffix)
{
	snprintf(buf, RUN_DIR_PATH_MAX, "%.*s/%s%s", RUN_DIR_MAX, dir, name, suffix);
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (strcmp(entries[i].name, name) == 0)
			return true;
	return false;
}

static int has_only_ours(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy == -1 ? NULL : fdopendir(copy);
	const struct dirent *e;
	int ret = 1;

	if (d == NULL) {
		ret = -errno;
		if (copy != -1)
			close(copy);
		return ret;
	}
	while (ret == 1 && (e = readdir(d)) != NULL)
		ret = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		      is_ours(e->d_name);
	closedir(d);
	return ret;
}

/* Root's directory must have group and mode, or be one that can get them; anybody else's must be
 * closed already.  0; 1: it has to be adapted. */
static int look_at(int fd, const struct stat *st)
{
	int only_ours;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return -EPERM;
	if (geteuid() != 0)
		return st->st_uid == geteuid() && (st->st_mode & 0022) != 0 ? -EPERM : 0;
	if (st->st_gid == jail_identity(STAGE_COLLECTOR).gid && (st->st_mode & 07777) == MODE)
		return 0;
	only_ours = has_only_ours(fd);
	if (only_ours <= 0)
		return only_ours == 0 ? -ENOTEMPTY : only_ours;
	return 1;
}

/* DIR's descriptor, after a look at it; RET as look_at() says. */
static int open_dir(const char *dir, int *ret)
{
	struct stat st;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return errno == ELOOP ? -ENOTDIR : -errno;
	*ret = fstat(fd, &st) == -1 ? -errno : look_at(fd, &st);
	return fd;
}

int run_dir_make(const char *dir, bool *ret_made)
{
	bool made = false;
	int fd, err;

	if (strlen(dir) > RUN_DIR_MAX)
		return -ENAMETOOLONG;
	if (mkdir(dir, 0700) == 0)
		made = true;
	else if (errno != EEXIST)
		return -errno;
	fd = open_dir(dir, &err);
	if (fd >= 0 && err == 1)
		err = fchown(fd, 0, jail_identity(STAGE_COLLECTOR).gid) == -1 ||
				      fchmod(fd, MODE) == -1
			      ? -errno
			      : 0;
	if (fd < 0)
		err = fd;
	else
		close(fd);
	if (err == 0)
		*ret_made = made;
	else if (made)
		rmdir(dir);
	return err;
}

int run_dir_check(const char *dir)
{
	int fd, err;

	if (strlen(dir) > RUN_DIR_MAX)
		return -ENAMETOOLONG;
	fd = open_dir(dir, &err);
	if (fd < 0)
		return fd;
	close(fd);
	return err == 1 ? 0 : err;
}

bool run_dir_closed_above(const char *dir, char ret[RUN_DIR_PATH_MAX])
{
	gid_t gid = jail_identity(STAGE_COLLECTOR).gid;
	struct stat st;

	if (geteuid() != 0)
		return false; /* the stages are who we are */
	for (const char *p = strchr(dir, '/'); p != NULL; p = strchr(p + 1, '/')) {
		snprintf(ret, RUN_DIR_PATH_MAX, "%.*s", p == dir ? 1 : (int)(p - dir), dir);
		if (stat(ret, &st) == 0 &&
		    (st.st_mode & (st.st_gid == gid ? S_IXGRP : S_IXOTH)) == 0)
			return true;
	}
	return false;
}

/* What the spool makes beside its segments. */
static bool is_of_spool(const char *name)
{
	return strcmp(name, LOCK_NAME) == 0 || span_ends(span_str(name), span_str(SPOOL_PLACE));
}

/* Alerts that wait stay, with all that belongs to them; without any, nothing does.  Takes FD. */
static void empty_spool(int fd)
{
	DIR *d = fdopendir(fd);
	const struct dirent *e;
	bool waits = false;

	if (d == NULL) {
		close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		waits = waits || span_ends(span_str(e->d_name), span_str(SPOOL_SEGMENT));
	rewinddir(d);
	while (!waits && (e = readdir(d)) != NULL)
		if (is_of_spool(e->d_name))
			(void)unlinkat(fd, e->d_name, 0);
	closedir(d);
}

/* The run directory DIR is for all stages: what has the spool's name may be another's, or a link to
 * anywhere. */
static void clear_spool(int dir)
{
	int fd = openat(dir, SPOOL_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd == -1) {
		(void)unlinkat(dir, SPOOL_NAME, 0);
		return;
	}
	if (fstat(fd, &st) == 0 &&
	    (st.st_uid == 0 || st.st_uid == jail_identity(STAGE_EMITTER).uid))
		empty_spool(fd);
	else
		close(fd);
	(void)unlinkat(dir, SPOOL_NAME, AT_REMOVEDIR);
}

void run_dir_clear(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		if (strcmp(entries[i].name, LOCK_NAME) == 0)
			continue; /* its holder's */
		if (strcmp(entries[i].name, SPOOL_NAME) == 0)
			clear_spool(fd);
		else
			(void)unlinkat(fd, entries[i].name, 0);
	}
	close(fd);
}

unsigned run_dir_reclaim(const char *dir, enum stage_id stage)
{
	uid_t uid = jail_identity(stage).uid;
	char path[RUN_DIR_PATH_MAX];
	unsigned taken = 0;
	struct stat st;

	for (size_t i = 0; geteuid() == 0 && i < ARRAY_LEN(entries); i++) {
		run_dir_path(path, dir, entries[i].name, "");
		if (entries[i].maker == stage && lstat(path, &st) == 0 && st.st_uid != uid &&
		    !S_ISDIR(st.st_mode) && unlink(path) == 0)
			taken++;
	}
	return taken;
}
