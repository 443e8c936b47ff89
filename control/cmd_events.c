/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_events.c -- `mews events`: a pipeline of its own whose one rule is the filter,
 * and its output the format.  So fields, conditions and containers mean just what they
 * mean in rules, and the pipeline that guards the host knows nothing of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "jout.h"
#include "launch.h"
#include "mews.h"
#include "output.h"
#include "playback.h"
#include "record_filter.h"
#include "supervisor.h"

#define ANY_EVENT  "evt.num > 0"
#define SYSDIG	   "%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args"
#define RUN_NAME   "run"
#define RULES_NAME "events.yaml"
#define CONF_NAME  "mews.yaml"
#define PLACE_MAX  (PATH_MAX + sizeof(RULES_NAME))

static struct launch launch = { .command = "events" };
static struct playback playback;
static const char *filter = ANY_EVENT, *format = SYSDIG;
static bool json;
static char own_dir[PATH_MAX];

static int take_option(struct launch *l, int opt, const char *arg)
{
	(void)l;
	switch (opt) {
	case 'f':
		filter = arg;
		break;
	case 'F':
		format = arg;
		break;
	case 'j':
		json = true;
		break;
	default:
		playback.capture = arg;
	}
	return -1;
}

/* ---- what must be good before anything starts ---- */

static int bad(const char *option, const char *text, const struct diag *diag)
{
	char clean[512];

	log_escape(clean, sizeof(clean), text);
	log_error("%s '%s': column %u: %s", option, clean, diag->column, diag->message);
	return EXIT_INPUT;
}

static int check(void)
{
	struct diag diag = { 0 };
	struct output *output;

	if (record_filter_check(span_str(filter), &diag) < 0)
		return bad("--filter", filter, &diag);
	if (output_parse(span_str(format), &output, &diag) < 0)
		return bad("--format", format, &diag);
	output_free(output);
	if (playback.capture == NULL)
		return host_check_live() == EXIT_OK ? -1 : EXIT_HOST;
	if (access(playback.capture, R_OK) == 0)
		return -1;
	log_error("cannot read '%s': %s", playback.capture, strerror(errno));
	return EXIT_INPUT;
}

/* ---- the files of the pipeline; JSON is YAML ---- */

static void put_rules(struct jout *j)
{
	jout_array(j, NULL);
	jout_object(j, NULL);
	jout_str(j, "rule", "events");
	jout_str(j, "desc", "what mews events shows");
	jout_str(j, "condition", filter);
	jout_str(j, "output", format);
	jout_str(j, "priority", "debug");
	jout_bool(j, "warn_evttypes", false);
	jout_end(j);
	jout_end(j);
}

static void put_conf(struct jout *j)
{
	jout_object(j, NULL);
	jout_object(j, "stdout_output");
	jout_bool(j, "enabled", true);
	jout_bool(j, "bare", true);
	jout_str(j, "json", json ? "true" : "false");
	jout_array(j, "rules");
	jout_str(j, NULL, "events"); /* and nothing that the stages say of themselves */
	jout_end(j);
	jout_end(j);
	jout_object(j, "outputs_spool");
	jout_uint(j, "size_mb", 0);
	jout_end(j);
	/* Whoever watches wants order and no delay. */
	jout_uint(j, "metadata_wait_ms", 0);
	jout_str(j, "log_level", "warning");
	jout_end(j);
}

static void place_of(const char *name, char ret[PLACE_MAX])
{
	snprintf(ret, PLACE_MAX, "%s/%s", own_dir, name);
}

static int write_file(const char *name, void (*put)(struct jout *j))
{
	static uint8_t text[128 * 1024];
	char path[PLACE_MAX];
	struct line line;
	struct jout j;
	FILE *f;
	bool good;

	line_init(&line, text, sizeof(text));
	jout_init(&j, &line);
	put(&j);
	if (line_length(&line) < 0) {
		log_error("the filter or the format is too long");
		return EXIT_INPUT;
	}
	place_of(name, path);
	f = fopen(path, "wxe");
	good = f != NULL &&
	       fwrite(text, 1, (size_t)line_length(&line), f) == (size_t)line_length(&line);
	if (f != NULL)
		good = fclose(f) == 0 && good;
	if (good)
		return -1;
	log_error("cannot write '%s': %s", path, strerror(errno));
	return EXIT_HOST;
}

static int write_files(void)
{
	int code = write_file(RULES_NAME, put_rules);

	return code != -1 ? code : write_file(CONF_NAME, put_conf);
}

/* Of -o, with what we wrote; the stages say nothing of it. */
static int check_settings(void)
{
	static char file[PLACE_MAX];
	struct conf conf;
	int code;

	place_of(CONF_NAME, file);
	launch.conf_file = file;
	code = launch_view_settings(&launch, &conf);
	conf_release(&conf);
	return code;
}

/* The stages are other users, and go through. */
static int make_places(void)
{
	char run_dir[PLACE_MAX];
	int code = launch_make_run_dir(own_dir);

	if (code != -1)
		return code;
	place_of(RUN_NAME, run_dir);
	if (chmod(own_dir, 0711) == 0 && mkdir(run_dir, 0700) == 0)
		return launch_set_run_dir(&launch, run_dir);
	log_error("cannot make a run directory in '%s': %s", own_dir, strerror(errno));
	return EXIT_HOST;
}

static void remove_all(void)
{
	static const char *const files[] = { RULES_NAME, CONF_NAME };
	char path[PLACE_MAX];

	for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
		place_of(files[i], path);
		unlink(path);
	}
	place_of(RUN_NAME, path);
	rmdir(path);
	rmdir(own_dir);
}

/* ---- the command ---- */

static int show(void)
{
	static char rules[PLACE_MAX], conf[PLACE_MAX];
	const char *words[LAUNCH_MAX_WORDS + 4] = { "-c", conf, "-r", rules };
	struct supervisor_params params = {
		.bin_dir = launch.bin_dir,
		.run_dir = launch.run_dir,
		.args = words,
		.nargs = 4 + launch.nwords,
		.until_nobody_reads = true,
	};
	int code;

	place_of(RULES_NAME, rules);
	place_of(CONF_NAME, conf);
	memcpy(words + 4, launch.words, launch.nwords * sizeof(words[0]));
	if (playback.capture == NULL)
		return supervisor_run(&params);
	params.playback = &playback;
	playback.began = mono_now();
	code = playback_run(&playback, &params);
	return code < 0 ? EXIT_OK : code; /* Ctrl-C ends it, live or not */
}

int cmd_events(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "filter", required_argument, NULL, 'f' },
		{ "format", required_argument, NULL, 'F' },
		{ "json", no_argument, NULL, 'j' },
		{ "read", required_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = launch_parse(&launch, argc, argv, longs, take_option);

	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("events", "not expected", argv[optind]);
	if (launch.conf_file != NULL || launch.nrules > 0)
		return usage_error("events", "no such option", launch.nrules > 0 ? "-r" : "-c");
	if ((code = check()) != -1 || (code = launch_find_programs(&launch)) != -1)
		return code;
	log_set_level(LOG_LEVEL_WARNING);
	if ((code = make_places()) == -1 && (code = write_files()) == -1 &&
	    (code = check_settings()) == -1)
		code = show();
	remove_all();
	return code;
}
