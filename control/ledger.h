/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger.h -- the sums that say that no event was lost silently: what went into
 * each stage and each ring is what came out, was lost with a name, or is still
 * inside.  Core: it is given what the stages answered.
 *
 * What is inside a ring is known by difference only.  It must not be negative,
 * must fit the ring, and must be nothing where the ring is empty and all stands
 * still.
 *
 * The stages answer one after the other while events flow: ask the last one of
 * the pipeline first and the first one last, or a ring seems to hold less than
 * nothing.
 */
#ifndef MEWS_LEDGER_H
#define MEWS_LEDGER_H

#include "control.h"

#define LEDGER_JOINTS 10 /* and one for each output */
#define LEDGER_SUMS   (LEDGER_JOINTS + CONTROL_MAX_OUTPUTS)
#define LEDGER_TERMS  8

enum ledger_pace { LEDGER_FLOWING, LEDGER_QUIET };

struct ledger_reading {
	bool there[STAGE_COUNT]; /* it answered */
	struct stage_status stage[STAGE_COUNT];
};

struct ledger_term {
	const char *name;
	int64_t value;
};

/* The first term is the sum of the others, unless something is wrong. */
struct ledger_sum {
	const char *name; /* a joint's or a stage's; an output's, which lies in the reading */
	unsigned nterms;
	struct ledger_term term[LEDGER_TERMS];
	bool balanced;
};

/* The sums whose stages are there, in the order of the pipeline; how many.
 * LEDGER_QUIET: earlier readings showed the same numbers. */
unsigned ledger_sums(const struct ledger_reading *r, enum ledger_pace pace,
		     struct ledger_sum ret[LEDGER_SUMS]);

/* Do two readings show the same numbers? */
bool ledger_same(const struct ledger_reading *a, const struct ledger_reading *b);

#endif
