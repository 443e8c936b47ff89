/* SPDX-License-Identifier: Apache-2.0
 *
 * trial.h -- a program between neighbours, with one call of its own failing, at each point in turn: how it is kept busy
 * and what it must do then is its driver's to say; which points there are, and that none ends in a crash, a hang or a
 * leak, nor as if nothing had been, is here.
 */
#ifndef MEWS_TRIAL_H
#define MEWS_TRIAL_H

#include "fault.h"
#include "neighbours.h"

enum { TRIAL_START = 1 }; /* the phases are numbered from here on, in order */

/* What became of one run. */
struct trial_run {
	const struct trial_run *good; /* of when nothing failed; NULL: this is it */
	unsigned at;		      /* the phase in which it ended */
	int status;		      /* how, as wait() says it */
	bool hung, leaks_fds;
	unsigned fds; /* that it had open in the end */
	char *words;  /* its standard error; freed by who asked for the run */
};

struct trial {
	const char *name;	   /* for people */
	const char *const *phases; /* "it starts", from TRIAL_START on */
	unsigned stop;		   /* the last of them, which begins with a signal */
	bool ends;		   /* by itself, and with an error at any time */
	struct neighbours_params *p;
	void *ctx;
	/* Keep it busy, phase by phase.  False: it has ended, or hangs. */
	bool (*live)(void *ctx, struct neighbours *nb, struct trial_run *r);
	/* It has ended; all else is there still.  NULL: nothing is to be done. */
	void (*after)(void *ctx, struct neighbours *nb);

	/* NULL: it is as it should be.  What it leaves behind, after any run; NULL: nobody looks. */
	const char *(*judge_rest)(void *ctx, const struct trial_run *r);
	/* The first run, in which nothing fails. */
	const char *(*judge_good)(void *ctx, const struct trial_run *r);
	/* One in which it went on. */
	const char *(*judge)(void *ctx, const struct trial_run *r);
};

struct trial_options {
	unsigned share;	      /* so many of 100 points are tried */
	unsigned errors;      /* of each call: 1 by chance, or 3 */
	unsigned part, parts; /* of the sites, by their names, only that share */
};

/* The program's, not ours: no call of this process fails. */
extern struct fault_page *trial_page;

/* Reads --share PERCENT, --seed NUMBER (else it changes), --errors 1|3, --part I and --parts N, makes the page.  Where in
 * ARGV the rest begins, which are WORDS, at least LEAST of them, or there is no trial. */
int trial_options(int argc, char **argv, const char *words, int least, struct trial_options *ret);

/* DIRECTORY/PREFIXNAME. */
char *trial_program(const char *directory, const char *prefix, const char *name);

/* For what drivers do. */
void trial_phase(struct trial_run *r, unsigned phase);
/* Its status; questions may meet the fault, and it may last. */
bool trial_ask(struct neighbours *nb, struct control_answer *ret);
/* Until the reload that is under way, or the next one, is over: its result, -ETIME if it is not within MS. */
int trial_reload(struct neighbours *nb, unsigned ms);
/* What was asked for last is over: has it as many open as when nothing failed? */
void trial_look_at_fds(struct trial_run *r, struct neighbours *nb);

/* It has complained of more than it did when nothing failed. */
bool trial_says_more(const struct trial_run *r);
unsigned trial_count(const char *text, const char *word);

/* One run without the rest; GOOD as above.  False: it cannot be started. */
bool trial_once(const struct trial *t, const struct trial_run *good, struct trial_run *r);

/* Prints a line of TAP, before it each point as it is tried, and on standard error which points are bad.
 * False: some are. */
bool trial_all(const struct trial *t, const struct trial_options *o);

#endif
