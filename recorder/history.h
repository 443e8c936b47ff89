/* SPDX-License-Identifier: Apache-2.0
 *
 * history.h -- the last frames of ring tap, in a fixed piece of memory: the oldest
 * make room for the newest.  A frame's place counts bytes from the beginning of time
 * and never comes again, so a place stays good until the frame is dropped.  Core.
 *
 *      first                              end
 *        v                                 v
 *   -----[ frame ][ frame ]...[ frame ]----      in a ring of CAP bytes; what does not
 *                                                fit before its end starts at its beginning
 */
#ifndef MEWS_HISTORY_H
#define MEWS_HISTORY_H

#include "ring.h"

struct history {
	uint8_t *bytes;
	size_t cap;
	uint64_t first, end; /* places */
};

/* BYTES: at least twice a frame of the longest payload.  -EINVAL, -ENOMEM. */
int history_init(struct history *h, size_t bytes);
void history_release(struct history *h); /* takes a zeroed one */

/* Put a frame behind all others.  False: there is no room before the oldest is dropped;
 * in an empty one there is always room. */
bool history_put(struct history *h, const struct ring_frame *frame);

/* The frame at PLACE (h->first, or what an earlier call gave as the next place), lent until
 * it is dropped.  The place of the next one; 0: there is none at PLACE. */
uint64_t history_at(const struct history *h, uint64_t place, struct ring_frame *ret);

/* The oldest goes. */
void history_drop(struct history *h);

#endif
