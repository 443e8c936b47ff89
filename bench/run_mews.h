/* SPDX-License-Identifier: Apache-2.0
 *
 * run_mews.h -- for benchmarks that run the built program `mews`: its words, and the
 * numbers in what it says.  Errors end the benchmark.
 */
#ifndef MEWS_RUN_MEWS_H
#define MEWS_RUN_MEWS_H

#include <limits.h>

enum { MEWS_WORDS = 64 };

struct mews_words {
	char mews[PATH_MAX]; /* the program beside this one */
	const char *word[MEWS_WORDS];
	unsigned n;
};

/* "mews COMMAND". */
void mews_words_begin(struct mews_words *w, const char *command);

/* One word more, which is not copied. */
void mews_word(struct mews_words *w, const char *word);

/* "-r FILE" for each of Falco's files in ../shared, else for our own. */
void mews_official_rules(struct mews_words *w);

/* Become it. */
_Noreturn void mews_exec(const struct mews_words *w);

/* The number behind "KEY": in mews's own JSON, from AT on; 0 if there is none. */
double mews_number(const char *at, const char *key);

_Noreturn void mews_fail(const char *what, const char *name);

#endif
