/* SPDX-License-Identifier: Apache-2.0
 *
 * keep.h -- descriptors that outlive this process with whoever started it: systemd's
 * store of descriptors, or the supervisor's, which is the same.  What is put there under
 * a name is handed to a successor at its start ($LISTEN_FDS).
 *
 * Who keeps them never looks at what is behind them; who gets them believes them no
 * more than what comes from anybody else.  Without a keeper (a stage started by hand, a pod)
 * nothing is kept, and nothing else is different.  Shell.
 */
#ifndef MEWS_KEEP_H
#define MEWS_KEEP_H

#include <stdbool.h>

#include "notify.h"

#define KEEP_MAX 8 /* names that are handed over at a start */

struct kept {
	char name[NOTIFY_NAME_MAX];
	int fd[NOTIFY_FDS];
	unsigned nfds;
};

struct keep {
	int fd; /* to the keeper: notify_open()'s, which stays the caller's; -1: there is none */
	struct kept kept[KEEP_MAX]; /* that nobody has taken yet */
	unsigned n;
};

/* What a predecessor left, out of the environment. */
void keep_open(struct keep *k, int notify_fd);

/* What was kept under NAME: its descriptors are the caller's now, who sees to it that they are put
 * again, or forgotten.  How many; 0: nothing was. */
unsigned keep_take(struct keep *k, const char *name, int fds[NOTIFY_FDS]);

/* Put copies of FDS under NAME, under which nothing is kept.  Negative errno; -ENOTCONN: there is
 * nobody who keeps. */
int keep_put(const struct keep *k, const char *name, const int *fds, unsigned nfds);
void keep_forget(const struct keep *k, const char *name);

/* Let go of what nobody has taken. */
void keep_settle(struct keep *k);

#endif
