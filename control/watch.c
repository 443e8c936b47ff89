/* SPDX-License-Identifier: Apache-2.0
 *
 * watch.c -- see watch.h.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "rulefile.h"
#include "watch.h"

#define CHANGES                                                                                    \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF |   \
	 IN_MOVE_SELF | IN_ONLYDIR)
#define STANDARD_FILE "/etc/mews/mews.yaml"

enum { MAX_PLACES = 256 };

/* A directory, and of what in it we want to hear. */
struct place {
	int wd;
	char *name; /* this file; NULL: any */
};

struct watch {
	int fd;
	unsigned n;
	struct place place[MAX_PLACES];
};

int watch_open(struct watch **ret)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd == -1) {
		int err = -errno;

		free(w);
		return err;
	}
	*ret = w;
	return 0;
}

static void forget(struct watch *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		inotify_rm_watch(w->fd, w->place[i].wd);
		free(w->place[i].name);
	}
	w->n = 0;
	(void)watch_heard(w); /* that they are gone, and what came last */
}

void watch_close(struct watch *w)
{
	if (w == NULL)
		return;
	forget(w);
	close(w->fd);
	free(w);
}

int watch_fd(const struct watch *w)
{
	return w == NULL ? -1 : w->fd;
}

/* NAME in DIRECTORY; NULL: all that is in it. */
static void add_place(struct watch *w, const char *directory, const char *name)
{
	char *copy = name == NULL ? NULL : strdup(name);
	int wd;

	if (w->n == MAX_PLACES || (name != NULL && copy == NULL)) {
		log_warning("cannot watch '%s' for changes: too many files", directory);
		free(copy);
		return;
	}
	wd = inotify_add_watch(w->fd, directory, CHANGES);
	if (wd == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			log_warning("cannot watch '%s' for changes: %s", directory,
				    strerror(errno));
		free(copy);
		return;
	}
	w->place[w->n++] = (struct place){ wd, copy };
}

/* PATH in its directory, and what is in it if it is one. */
static void add_path(struct watch *w, const char *path)
{
	char directory[PATH_MAX], name[PATH_MAX];
	struct stat st;

	if (snprintf(directory, sizeof(directory), "%s", path) >= (int)sizeof(directory))
		return;
	snprintf(name, sizeof(name), "%s", path);
	add_place(w, dirname(directory), basename(name));
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		add_place(w, path, NULL);
}

static void add_list(struct watch *w, const struct conf_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		add_path(w, list->item[i]);
}

void watch_follow(struct watch *w, const char *conf_file, const struct conf *conf)
{
	struct conf_list standard = { .count = 0 };

	if (w == NULL)
		return;
	forget(w);
	if (!conf->watch_config_files)
		return;
	add_path(w, conf_file == NULL ? STANDARD_FILE : conf_file);
	add_list(w, &conf->config_files);
	add_list(w, &conf->rules_files);
	if (conf->rules_files.count == 0 && rules_default_paths(&standard) == 0) {
		add_list(w, &standard);
		free(standard.item[0]);
	}
}

/* Names that begin with a point are of those who are about to write another; but a volume of
 * Kubernetes is another one when ..data is. */
static bool matters(const struct watch *w, const struct inotify_event *e)
{
	const char *name = e->len > 0 ? e->name : "";

	if (e->mask & IN_IGNORED)
		return false;
	if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF) ||
	    strcmp(name, "..data") == 0)
		return true;
	/* It is there, and nothing is in it yet. */
	if ((e->mask & (IN_CREATE | IN_ISDIR)) == IN_CREATE)
		return false;
	for (unsigned i = 0; i < w->n; i++) {
		const struct place *p = &w->place[i];

		if (p->wd != e->wd)
			continue;
		if (p->name == NULL ? name[0] != '.' : strcmp(p->name, name) == 0)
			return true;
	}
	return false;
}

bool watch_heard(struct watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool heard = false;
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (const void *)p;

			heard |= matters(w, e);
			p += sizeof(*e) + e->len;
		}
	}
	return heard;
}
