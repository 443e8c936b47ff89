/* SPDX-License-Identifier: Apache-2.0
 *
 * keep.c -- see keep.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keep.h"
#include "log.h"

#define FIRST_FD 3 /* as systemd has it */

static struct kept *find(struct keep *k, const char *name, size_t n)
{
	for (unsigned i = 0; i < k->n; i++)
		if (strlen(k->kept[i].name) == n && memcmp(k->kept[i].name, name, n) == 0)
			return &k->kept[i];
	return NULL;
}

/* FD came under a name of N bytes; what has no place is closed. */
static void add(struct keep *k, const char *name, size_t n, int fd)
{
	struct kept *one = find(k, name, n);

	if (one == NULL && n < sizeof(one->name) && k->n < KEEP_MAX) {
		one = &k->kept[k->n++];
		*one = (struct kept){ 0 };
		memcpy(one->name, name, n);
	}
	if (one == NULL || one->nfds == NOTIFY_FDS || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		close(fd);
	else
		one->fd[one->nfds++] = fd;
}

static void take_environment(struct keep *k)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES");
	long n = count == NULL ? 0 : strtol(count, NULL, 10);

	if (n <= 0 || n > KEEP_MAX * NOTIFY_FDS || names == NULL || pid == NULL ||
	    strtol(pid, NULL, 10) != (long)getpid())
		return;
	for (int i = 0; i < n; i++) {
		size_t len = strcspn(names, ":");

		add(k, names, len, FIRST_FD + i);
		names += len + (names[len] == ':');
	}
}

void keep_open(struct keep *k, int notify_fd)
{
	*k = (struct keep){ .fd = notify_fd };
	take_environment(k);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
}

unsigned keep_take(struct keep *k, const char *name, int fds[NOTIFY_FDS])
{
	struct kept *one = find(k, name, strlen(name));
	unsigned n;

	if (one == NULL)
		return 0;
	n = one->nfds;
	memcpy(fds, one->fd, n * sizeof(*fds));
	*one = k->kept[--k->n];
	return n;
}

int keep_put(const struct keep *k, const char *name, const int *fds, unsigned nfds)
{
	char text[sizeof(NOTIFY_STORE) + NOTIFY_NAME_MAX];
	int err;

	if (k->fd == -1)
		return -ENOTCONN;
	snprintf(text, sizeof(text), NOTIFY_STORE "%s", name);
	err = notify_say_with(k->fd, text, fds, nfds);
	if (err < 0)
		log_rationed(LOG_LEVEL_WARNING,
			     "cannot have '%s' kept: %s, it would be lost with both of its ends",
			     name, strerror(-err));
	return err;
}

void keep_forget(const struct keep *k, const char *name)
{
	char text[sizeof(NOTIFY_FORGET) + NOTIFY_NAME_MAX];

	if (k->fd == -1)
		return;
	snprintf(text, sizeof(text), NOTIFY_FORGET "%s", name);
	(void)notify_say(k->fd, text);
}

void keep_settle(struct keep *k)
{
	while (k->n > 0) {
		struct kept *one = &k->kept[--k->n];

		for (unsigned i = 0; i < one->nfds; i++)
			close(one->fd[i]);
		keep_forget(k, one->name);
	}
}
