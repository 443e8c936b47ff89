/* SPDX-License-Identifier: Apache-2.0
 *
 * direct.h -- outputs without a spool: of a replay, whose alerts can be made again.  Each batch is
 * brought to all outputs, one after the other, before the ring is told that it is done.
 */
#ifndef MEWS_DIRECT_H
#define MEWS_DIRECT_H

#include "outputs.h"

enum { DIRECT_ALERTS = 256 }; /* in a batch */

struct direct;

/* NULL: no memory. */
struct direct *direct_new(struct outputs *os);
void direct_free(struct direct *d);

/* Put L in the form of each output that it is for.  False: none of them can say it. */
bool direct_put(struct direct *d, const struct letter *l);

/* Nothing more may be put before it is delivered. */
bool direct_is_full(const struct direct *d);

/* Bring what there is to all outputs.  From here on it counts as delivered, also where it could
 * not be. */
struct direct_done {
	unsigned count;	 /* alerts in the batch */
	unsigned failed; /* of these, not delivered to every output that they are for */
	unsigned by_kind[OUTPUT_KIND_COUNT]; /* not delivered there */
};
struct direct_done direct_deliver(struct direct *d);

void direct_reopen(struct direct *d);

#endif
