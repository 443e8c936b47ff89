/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_run.c -- `mews run`: first what the host must give, then settings, then the supervisor.  Rules
 * are the evaluator's to read, which takes its time and need not be done twice: bad ones end it, and
 * with it all, with the exit code that is right for them.
 */
#include <malloc.h>

#include "gather.h"
#include "host.h"
#include "launch.h"
#include "mews.h"
#include "rundir.h"
#include "supervisor.h"
#include "supply.h"

/* ---- the command ---- */

static int take_option(struct launch *l, int opt, const char *arg)
{
	(void)opt; /* there is but one */
	l->run_dir_option = arg;
	return -1;
}

int cmd_run(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static struct launch l = { .command = "run" };
	struct supervisor_params params = { .bin_dir = l.bin_dir, .run_dir = l.run_dir };
	char why[SUPPLY_TEXT_MAX];
	struct conf conf;
	int code = launch_parse(&l, argc, argv, longs, take_option);

	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("run", "not expected", argv[optind]);
	if ((code = host_check_live()) != EXIT_OK)
		return code;
	if ((code = launch_find_programs(&l)) != -1 ||
	    (code = launch_set_run_dir(&l, run_dir_choose(l.run_dir_option))) != -1 ||
	    (code = gather(&l, GATHER_ONLY, &params.bundle_fd, &conf, why, sizeof(why))) != -1)
		return code;
	malloc_trim(0); /* for as long as this runs, it will not need that much again */
	params.launch = &l;
	params.conf = &conf;
	params.args = l.words;
	params.nargs = l.nwords;
	return supervisor_run(&params);
}
