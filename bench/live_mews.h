/* SPDX-License-Identifier: Apache-2.0
 *
 * live_mews.h -- for benchmarks of a live pipeline: their options, `mews run` in a directory of its
 * own, what its status and its alerts say.  Errors end the benchmark.
 */
#ifndef MEWS_LIVE_MEWS_H
#define MEWS_LIVE_MEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "clock.h"
#include "run_mews.h"

struct live_mews {
	struct mews_words run, status;
	char dir[64], run_dir[80];
	bool json;
};

/* An option "NAME N" of a benchmark's own.  What N may be, who asked for it looks. */
struct live_number {
	const char *name;
	unsigned *value;
};

/* [--json] [-r RULES]... and NUMBERS; no rules: the official ones. */
void live_parse(struct live_mews *m, const struct live_number *numbers, size_t n, const char *usage,
		int argc, char **argv);

/* A directory of its own, /tmp/NAME.*, and the words for it.  The caller removes it. */
void live_make_dir(struct live_mews *m, const char *name);

/* Start WORDS with RET_OUT, its standard output, to read from; NULL: that goes nowhere. */
pid_t live_start(const struct mews_words *words, int *ret_out);

/* As a terminal would; OUT (-1: none) is read to its end. */
void live_stop(pid_t pid, int out);

/* What `mews status --json` says; "" if there is no pipeline. */
void live_status(const struct live_mews *m, char *text, size_t cap);

/* When the event of an alert was: its "time", UTC to the nanosecond.  False: it is none. */
bool live_alert_time(const char *line, struct wall *ret);

void live_sort(double *v, size_t n);

#endif
