/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_run.c -- `mews run`: first what the host must give, then settings, then the supervisor.  Rules
 * are the evaluator's to read, which takes its time and need not be done twice: bad ones end it, and
 * with it all, with the exit code that is right for them.
 */
#include "host.h"
#include "launch.h"
#include "mews.h"
#include "rundir.h"
#include "supervisor.h"

/* ---- the command ---- */

static int take_option(struct launch *l, int opt, const char *arg)
{
	(void)opt; /* there is but one */
	l->run_dir_option = arg;
	return -1;
}

static int check_settings(struct launch *l)
{
	struct conf conf;
	int code = launch_check_settings(l, &conf);

	if (code == -1)
		conf_release(&conf);
	return code;
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
	int code = launch_parse(&l, argc, argv, longs, take_option);

	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("run", "not expected", argv[optind]);
	if ((code = host_check_live()) != EXIT_OK)
		return code;
	if ((code = launch_find_programs(&l)) != -1 ||
	    (code = launch_set_run_dir(&l, run_dir_choose(l.run_dir_option))) != -1 ||
	    (code = check_settings(&l)) != -1)
		return code;
	params.args = l.words;
	params.nargs = l.nwords;
	return supervisor_run(&params);
}
