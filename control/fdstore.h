/* SPDX-License-Identifier: Apache-2.0
 *
 * fdstore.h -- what a stage has us keep for its successor: descriptors under a name, as
 * systemd's store of descriptors has it (common/keep.h is the stage's side).
 *
 * A fixed number of names, of a fixed number of descriptors each, so that a stage which somebody has
 * taken over can have no more kept; and only what is memory of a fixed size, so that what it costs has a
 * bound, and nothing happens when it is closed.  It is never mapped or read here.  Shell.
 */
#ifndef MEWS_FDSTORE_H
#define MEWS_FDSTORE_H

#include <stdbool.h>

#include "notify.h"
#include "span.h"

#define FDSTORE_NAMES 4
#define FDSTORE_FDS   (FDSTORE_NAMES * NOTIFY_FDS)

struct fdstore {
	struct {
		char name[NOTIFY_NAME_MAX]; /* "": free */
		int fd[NOTIFY_FDS];
		unsigned nfds;
	} slot[FDSTORE_NAMES];
};

/* TEXT came, with FDS, of which those that are kept become -1.  False: it is none of the store's
 * words. */
bool fdstore_heard(struct fdstore *s, struct span text, int *fds, unsigned nfds);

void fdstore_clear(struct fdstore *s);

/* All that is kept, in the order of the names that go with it, each followed by a colon but the last.  How
 * many. */
unsigned fdstore_list(const struct fdstore *s, int fds[FDSTORE_FDS],
		      char names[FDSTORE_FDS * NOTIFY_NAME_MAX]);

#endif
