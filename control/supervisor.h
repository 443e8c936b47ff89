/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor.h -- starts the four stages, watches them, starts again what dies,
 * and ends them in order.  It holds no ring and reads no event; when it is
 * killed, the stages end too.  Shell.
 */
#ifndef MEWS_SUPERVISOR_H
#define MEWS_SUPERVISOR_H

#include <stdbool.h>

struct conf;
struct launch;
struct playback;

struct supervisor_params {
	const char *bin_dir; /* where the stages' programs are */
	const char *run_dir; /* absolute */
	/* Passed on to every stage, before the supervisor's own. */
	const char *const *args;
	unsigned nargs;
	struct playback *playback; /* a replay; NULL: live */
	bool until_nobody_reads;   /* standard output: then all ends, and that is no failure */
	/* Where settings and rules are from, and both as they are in force first; the supervisor's from
	 * here on.  NULL: stages read what ARGS says, and that is not changed. */
	const struct launch *launch;
	int bundle_fd;
	const struct conf *conf;
};

/* Returns the exit code, after the last stage has ended and the run directory
 * is as it was; a replay that a signal ends: minus the signal. */
int supervisor_run(const struct supervisor_params *params);

#endif
