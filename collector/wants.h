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

/* Can the kernel side make event CODE at a system call's return? */
bool wants_can(unsigned code);

#endif
