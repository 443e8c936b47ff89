/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_alerts.c -- `mews alerts`: those that the emitter still has in memory, and with
 * --follow those that come.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "asker.h"
#include "jread.h"
#include "line_file.h"
#include "mews.h"
#include "no_pipeline.h"
#include "priority.h"
#include "rundir.h"

#define AGAIN_NS (200 * NS_PER_MSEC)

struct viewer {
	bool follow, json, colours;
	const char *run_dir_option;
	unsigned priority; /* what is less severe is not shown */
	uint64_t next;
	struct asker *client; /* NULL: nobody is there just now */
};

/* ---- a line ---- */

static const char *colour_of(unsigned priority)
{
	static const char *const colours[] = { "1;31", "1;31", "1;31", "31", "33", "36", "0", "2" };

	return colours[priority < ARRAY_LEN(colours) ? priority : ARRAY_LEN(colours) - 1];
}

/* A JSON string as it stands, which is how Falco's text has it. */
static struct span raw(struct span value)
{
	return value.n >= 2 && value.p[0] == '"' ? span_of(value.p + 1, value.n - 2) : SPAN_NONE;
}

static void print_text(const struct viewer *v, struct span top, unsigned priority)
{
	if (v->colours)
		printf("\033[%sm", colour_of(priority));
	if (span_is(raw(jread_member(top, "source")), "internal")) {
		line_show(stdout, raw(jread_member(top, "time")));
		printf(": %s ", priority_name(priority));
	}
	line_show(stdout, raw(jread_member(top, "output")));
	puts(v->colours ? "\033[0m" : "");
}

static void print_line(const struct viewer *v, struct span line)
{
	struct span top = jread_value(line);
	unsigned priority = priority_find(raw(jread_member(top, "priority")));

	if (priority > v->priority)
		return;
	if (v->json) {
		line_show(stdout, line);
		putchar('\n');
	} else {
		print_text(v, top, priority);
	}
}

/* How many lines it has. */
static uint64_t print_page(const struct viewer *v, struct span page)
{
	uint64_t lines = 0;

	while (page.n > 0) {
		const uint8_t *end = memchr(page.p, '\n', page.n);
		size_t n = end == NULL ? page.n : (size_t)(end - page.p);

		print_line(v, span_of(page.p, n));
		page = span_of(page.p + n, page.n - n);
		if (page.n > 0)
			page = span_of(page.p + 1, page.n - 1);
		lines++;
	}
	return lines;
}

/* ---- asking ---- */

static int connect_to(struct viewer *v, const char *run_dir)
{
	char path[RUN_DIR_PATH_MAX];

	if (strlen(run_dir) > RUN_DIR_MAX)
		return -ENAMETOOLONG;
	run_dir_path(path, run_dir, "emitter", ".ctl");
	return asker_open(path, ASK_TIMEOUT_NS, &v->client);
}

/* All that there are now.  0: that was all; negative errno. */
static int print_new(struct viewer *v, char *why, size_t cap)
{
	struct control_request req = { .kind = CONTROL_ALERTS };
	struct control_answer a;
	uint64_t lines;
	int err;

	do {
		snprintf(req.argument, sizeof(req.argument), "%" PRIu64, v->next);
		err = asker_ask(v->client, &req, &a);
		if (err == 0)
			err = a.result;
		if (err < 0) {
			snprintf(why, cap, "%s", a.text[0] != '\0' ? a.text : strerror(-err));
			return err;
		}
		lines = print_page(v, a.page);
		if (v->next != 0 && a.next > v->next + lines)
			log_warning("%" PRIu64 " alerts came too fast to be seen here",
				    a.next - v->next - lines);
		v->next = a.next;
	} while (a.page.n > 0);
	if (fflush(stdout) == 0)
		return 0;
	snprintf(why, cap, "what it says cannot be written");
	return -EPIPE;
}

/* Until it is ended; an emitter that is gone comes back. */
static int follow(struct viewer *v, const char *run_dir)
{
	struct timespec pause = { 0, (long)AGAIN_NS };
	char why[512];
	int err = 0;

	for (;;) {
		if (v->client != NULL && (err = print_new(v, why, sizeof(why))) < 0) {
			if (err == -EPIPE || err == -EPERM || err == -EACCES)
				break;
			asker_close(v->client);
			v->client = NULL;
		}
		nanosleep(&pause, NULL);
		if (v->client == NULL)
			(void)connect_to(v, run_dir);
	}
	log_error("cannot ask the emitter: %s", why);
	return EXIT_INPUT;
}

static int show(struct viewer *v, const char *run_dir)
{
	char why[512];
	int code = EXIT_OK;

	if (connect_to(v, run_dir) < 0)
		return no_pipeline(run_dir);
	if (v->follow)
		return follow(v, run_dir);
	if (print_new(v, why, sizeof(why)) < 0) {
		log_error("cannot ask the emitter: %s", why);
		code = EXIT_INPUT;
	}
	asker_close(v->client);
	return code;
}

/* ---- the command ---- */

static int take_option(struct viewer *v, int opt, const char *arg)
{
	switch (opt) {
	case 'f':
		v->follow = true;
		return -1;
	case 'j':
		v->json = true;
		return -1;
	case 'd':
		v->run_dir_option = arg;
		return -1;
	case 'p':
		v->priority = priority_find(span_str(arg));
		return v->priority < PRIORITY_COUNT
			       ? -1
			       : usage_error("alerts", "no such priority", arg);
	default:
		(void)usage_of("alerts");
		return EXIT_OK;
	}
}

int cmd_alerts(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "priority", required_argument, NULL, 'p' },
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct viewer v = { .priority = PRIORITY_COUNT - 1,
			    .colours = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL };
	int code = -1, opt;

	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":fh", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return usage_error("alerts", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		code = take_option(&v, opt, optarg);
	}
	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("alerts", "not expected", argv[optind]);
	v.colours = v.colours && !v.json;
	return show(&v, run_dir_choose(v.run_dir_option));
}
