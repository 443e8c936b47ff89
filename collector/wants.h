/* SPDX-License-Identifier: Apache-2.0
 *
 * wants.h -- from the events that somebody wants to the kernel side's tables: a row for
 * each system call by its number, natively and for programs of 32 bits.  Core.
 */
#ifndef MEWS_WANTS_H
#define MEWS_WANTS_H

#include "record.h"
#include "source.h"

struct wants {
	struct wanted native[WANTED_COUNT];
	struct wanted narrow[NARROW_COUNT];
};

/* The rows for SELECTION; all zero where nothing is wanted. */
void wants_fill(struct wants *w, const struct selection *selection);

/* The native number of the call that is the heartbeat, which does nothing and reads one argument. */
int wants_beat_nr(void);

/* That call is wanted of the collector itself, too.  True: it was wanted before. */
bool wants_beat(struct wants *w);

/* Can the kernel side make event CODE at a system call's return? */
bool wants_can(unsigned code);

#endif
