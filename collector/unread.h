/* SPDX-License-Identifier: Apache-2.0
 *
 * unread.h -- what of /proc is there and could not be read: a snapshot does without it, and it is counted.
 */
#ifndef MEWS_UNREAD_H
#define MEWS_UNREAD_H

#include <errno.h>
#include <stdint.h>

struct unread {
	uint64_t count;
	int err; /* why the last one */
};

/* ERR: an errno.  What is gone is not missing, some files have nothing to say of a process that is ending, and what we
 * may not look at is so for good: `mews doctor` knows why. */
static inline void unread_note(struct unread *u, int err)
{
	if (err == ENOENT || err == ESRCH || err == ENOTDIR || err == EINVAL || err == EACCES ||
	    err == EPERM)
		return;
	u->count++;
	u->err = err;
}

#endif
