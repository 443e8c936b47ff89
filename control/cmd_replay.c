/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_replay.c -- `mews replay`: the pipeline on a capture, in a run directory of its
 * own, as whoever asks for it.  Capture and rules are checked by the stages that read
 * them, each once; they are still at their set-up then, and nothing was printed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "mews.h"
#include "playback.h"
#include "rundir.h"
#include "supervisor.h"

static struct launch launch = { .command = "replay" };
static struct playback playback;
static const char *stats_file;

static int take_option(struct launch *l, int opt, const char *arg)
{
	if (opt == 'd')
		l->run_dir_option = arg;
	else
		stats_file = arg;
	return -1;
}

/* ---- the command ---- */

/* The capture is opened by the collector; that it is there is said before anything starts. */
static int check_capture(const char *file)
{
	if (access(file, R_OK) == 0)
		return -1;
	log_error("cannot read '%s': %s", file, strerror(errno));
	return EXIT_INPUT;
}

static int open_stats(void)
{
	if (stats_file == NULL)
		return -1;
	playback.stats = fopen(stats_file, "we");
	if (playback.stats != NULL)
		return -1;
	log_error("cannot write '%s': %s", stats_file, strerror(errno));
	return EXIT_INPUT;
}

static int check_settings(void)
{
	struct conf conf;
	int code = launch_check_settings(&launch, &conf);

	if (code == -1)
		conf_release(&conf);
	return code;
}

/* As the shell expects of what was interrupted. */
static int end_by_signal(int sig)
{
	sigset_t all;

	sigfillset(&all);
	signal(sig, SIG_DFL);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	return EXIT_STAGE; /* not reached */
}

int cmd_replay(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "stats", required_argument, NULL, 's' },
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct supervisor_params params = { .bin_dir = launch.bin_dir,
					    .run_dir = launch.run_dir,
					    .playback = &playback };
	char own_dir[PATH_MAX] = "";
	int code;

	playback.began = mono_now();
	if ((code = launch_parse(&launch, argc, argv, longs, take_option)) != -1)
		return code;
	if (optind == argc) {
		fprintf(stderr, "mews replay: no capture is named\n");
		return usage_of("replay");
	}
	if (optind + 1 < argc)
		return usage_error("replay", "not expected", argv[optind + 1]);
	playback.capture = argv[optind];
	if ((code = check_settings()) != -1 || (code = check_capture(playback.capture)) != -1 ||
	    (code = open_stats()) != -1 || (code = launch_find_programs(&launch)) != -1 ||
	    (launch.run_dir_option == NULL && (code = launch_make_run_dir(own_dir)) != -1))
		return code;
	code = launch_set_run_dir(&launch, own_dir[0] != '\0' ? own_dir : launch.run_dir_option);
	if (code == -1) {
		params.args = launch.words;
		params.nargs = launch.nwords;
		code = playback_run(&playback, &params);
	}
	if (own_dir[0] != '\0')
		rmdir(own_dir);
	return code < 0 ? end_by_signal(-code) : code;
}
