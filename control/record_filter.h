/* SPDX-License-Identifier: Apache-2.0
 *
 * record_filter.h -- which events a condition keeps, told from the frames of ring raw:
 * the enricher's state engine and the evaluator's conditions, in one process.  Core.
 */
#ifndef MEWS_RECORD_FILTER_H
#define MEWS_RECORD_FILTER_H

#include "diag.h"
#include "ring.h"

struct record_filter;

enum record_verdict {
	RECORD_NOT,
	RECORD_STATE, /* for those behind it to make sense */
	RECORD_EVENT, /* the condition is true at it */
};

/* TEXT: one condition, without macros and lists.  SEED: of hashes.  -EINVAL with DIAG; -ENOMEM. */
int record_filter_new(struct span text, uint64_t seed, struct record_filter **ret,
		      struct diag *diag);
/* Only that TEXT is good, and the place where it is not. */
int record_filter_check(struct span text, struct diag *diag);

void record_filter_free(struct record_filter *f); /* takes NULL */

/* What is needed of the stages before. */
void record_filter_wants(const struct record_filter *f, struct ring_wants *ret);

/* The host's passwd and group. */
void record_filter_people(struct record_filter *f, struct span passwd, struct span group);

/* Each frame of ring raw, in order; CODE: of the event, if it is one. */
enum record_verdict record_filter_frame(struct record_filter *f, const struct ring_frame *frame,
					uint64_t generation, unsigned code);

#endif
