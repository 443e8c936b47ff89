/* SPDX-License-Identifier: Apache-2.0
 *
 * trial.h -- a program with one call of its own failing, at each point in turn: how it is run and what it must do
 * then is its driver's to say; which points there are, and that none ends in a crash, a hang or a leak, is here.
 */
#ifndef MEWS_TRIAL_H
#define MEWS_TRIAL_H

#include "fault.h"

enum { TRIAL_START = 1 }; /* the phases are numbered from here on, in order */

/* What became of one run. */
struct trial_run {
	unsigned at; /* the phase in which it ended */
	int status;  /* how, as wait() says it */
	bool hung;
	char *words; /* its standard error; freed by who asked for the run */
};

struct trial {
	const char *name, *program; /* for people; its file */
	const char *const *phases;  /* "it starts", from TRIAL_START on */
	void *ctx;
	/* Once.  False: it cannot be started. */
	bool (*run)(void *ctx, struct trial_run *r);
	/* Of a run that nothing ended that ends programs.  NULL: it is as it should be. */
	const char *(*judge)(void *ctx, const struct trial_run *r, const struct trial_run *good);
};

struct trial_options {
	unsigned share;	      /* so many of 100 points are tried */
	unsigned errors;      /* of each call: 1 by chance, or 3 */
	unsigned part, parts; /* of the sites, by their names, only that share */
	int page_fd;
};

/* The program's, not ours: no call of this process fails. */
extern struct fault_page *trial_page;

/* Reads --share PERCENT, --seed NUMBER (else it changes), --errors 1|3, --part I and --parts N, makes the page.
 * Where in ARGV the rest begins. */
int trial_options(int argc, char **argv, struct trial_options *ret);

/* While it runs, often: what lasts, lasts for a while. */
void trial_tick(void);

/* For the driver: before a run, and as it goes on. */
void trial_begin(struct trial_run *r);
void trial_phase(struct trial_run *r, unsigned phase);

/* It has complained of more than it did when nothing failed. */
bool trial_says_more(const struct trial_run *r, const struct trial_run *good);
unsigned trial_count(const char *text, const char *word);

/* Prints a line of TAP, before it each point as it is tried, and on standard error which points are bad.  False: some are. */
bool trial_all(const struct trial *t, const struct trial_options *o);

#endif
