/* SPDX-License-Identifier: Apache-2.0
 *
 * jail.h -- what each stage gives up, as a table with a row per stage: its user, the
 * capabilities that it keeps, the network, how much it opens.  Order, always: namespaces,
 * uid, capabilities (bounding set too), limits, no_new_privs, all while the process has one
 * thread.  What is left of the file system is confine.h's, of the system calls jail_calls.h's.
 */
#ifndef MEWS_JAIL_H
#define MEWS_JAIL_H

#include <stdbool.h>
#include <sys/types.h>

#include "counter.h"

/* Who a stage is: the uid of user mews-STAGE, or a fixed number if there is no
 * such user; all in group mews.  When this process is not root: its own uid. */
struct jail_identity {
	uid_t uid;
	gid_t gid; /* group mews: may reach the run directory */
};
struct jail_identity jail_identity(enum stage_id stage);

/* The user's name of STAGE, or the group's; neither has to be there. */
const char *jail_user(enum stage_id stage);
uid_t jail_fallback_uid(enum stage_id stage); /* where there is no such user */
const char *jail_group(void);

/* A stage's number is its row's; further rows are for ways to run it that need less. */
enum {
	JAIL_REPLAY = STAGE_COUNT, /* the collector with a capture in place of the kernel */
	JAIL_RUNNER, /* what starts programs for the emitter: they are the operator's */
	JAIL_ROW_COUNT
};

/* Further groups that a process needs for the sockets of others: no capability reaches
 * them, and none has to. */
#define JAIL_GROUPS_MAX 15
struct jail_groups {
	unsigned count;
	gid_t gid[JAIL_GROUPS_MAX];
};

/* What a stage cannot do without as it is set. */
struct jail_wants {
	struct jail_groups groups;
	bool network; /* the host's: otherwise it gets one of its own, with nothing in it */
};

/* Become that user for good, in group mews and in WANTS' groups, and drop everything else that the
 * row and WANTS (NULL: nothing) do not name.  Called by a root process with one thread; a process that
 * is not root only gets no_new_privs, and the rest as far as it may.  Negative errno; after an error
 * the process must end. */
int jail_enter(unsigned row, const struct jail_wants *wants);

#endif
