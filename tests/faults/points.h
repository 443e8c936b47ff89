/* SPDX-License-Identifier: Apache-2.0
 *
 * points.h -- one scenario after the other in this process, with one allocation of it failing: at each
 * point a child of its own does it once, and is held against what it did when nothing failed.
 */
#ifndef MEWS_POINTS_H
#define MEWS_POINTS_H

#include <stdbool.h>
#include <stdint.h>

/* What a scenario says: 0, all was done; -ENOMEM, or what its table allows besides. */
struct scenario {
	const char *name;
	int (*run)(void *ctx);
	void *ctx;
	/* Is RESULT an answer to an allocation that failed?  NULL: 0 and -ENOMEM are. */
	bool (*allows)(int result);
};

struct points_options {
	const char *program; /* this one's file */
	unsigned share;	     /* so many of 100 points are tried */
};

/* Reads --share PERCENT and --seed NUMBER (which of them; else it changes), makes the page.  Where in ARGV
 * the rest begins. */
int points_options(int argc, char **argv, struct points_options *ret);

/* Prints a line of TAP, and on standard error which points are bad.  False: some are. */
bool points_try(const struct scenario *s, const struct points_options *o);

/* What a harness calls that finds its scenario cannot go on: no crash, if something had failed. */
_Noreturn void points_give_up(void);

#endif
