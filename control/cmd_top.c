/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_top.c -- `mews top`: a running pipeline on the terminal, anew each second.  Where
 * standard output is no terminal, or with --once, as plain text.
 */
#include <curses.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "asker.h"
#include "mews.h"
#include "no_pipeline.h"
#include "rundir.h"
#include "top.h"

#define MOST_SECONDS 3600

struct top {
	const char *run_dir_option, *run_dir;
	bool once, is_screen;
	double seconds;
	struct top_sample samples[2];
	unsigned at; /* the younger one */
	struct top_line lines[TOP_LINES];
};

static volatile sig_atomic_t asked_to_end;

static void on_signal(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

/* ---- a sample ---- */

static void take_pages(struct asker *c, enum control_kind kind, struct top_sample *s)
{
	struct control_request req = { .kind = kind, .argument = "0" };
	struct control_answer a;

	do {
		if (asker_ask(c, &req, &a) < 0 || a.result < 0)
			return;
		top_take_page(s, a.page);
		snprintf(req.argument, sizeof(req.argument), "%llu", (unsigned long long)a.next);
	} while (a.next != 0);
}

static void take_sample(struct top *t)
{
	struct top_sample *s = &t->samples[t->at ^= 1];
	struct asker *c;
	char path[RUN_DIR_PATH_MAX];

	picture_take(t->run_dir, true, &s->picture);
	s->at_ns = mono_now().ns;
	s->nprocesses = s->ncontainers = s->nrules = 0;
	if (strlen(t->run_dir) > RUN_DIR_MAX)
		return;
	run_dir_path(path, t->run_dir, "evaluator", ".ctl");
	if (asker_open(path, ASK_TIMEOUT_NS, &c) < 0)
		return;
	take_pages(c, CONTROL_ACTIVITY, s);
	take_pages(c, CONTROL_RULES, s);
	asker_close(c);
}

/* ---- showing ---- */

static void show_text(struct top *t)
{
	unsigned n = top_lines(&t->samples[t->at ^ 1], &t->samples[t->at], TOP_LINES, t->lines);

	for (unsigned i = 0; i < n; i++)
		puts(t->lines[i].text);
	if (!t->once)
		putchar('\n');
}

static void open_screen(void)
{
	initscr();
	cbreak();
	noecho();
	curs_set(0);
	if (getenv("NO_COLOR") == NULL && has_colors()) {
		start_color();
		use_default_colors();
		init_pair(TOP_WARNING, COLOR_YELLOW, -1);
		init_pair(TOP_BAD, COLOR_RED, -1);
	}
}

static void show_screen(struct top *t)
{
	unsigned rows = LINES > 2 ? (unsigned)LINES - 1 : 1, n;

	n = top_lines(&t->samples[t->at ^ 1], &t->samples[t->at], rows, t->lines);
	erase();
	for (unsigned i = 0; i < n; i++) {
		enum top_style style = t->lines[i].style;
		attr_t attr = style == TOP_TITLE ? A_REVERSE : 0;

		if (style == TOP_WARNING || style == TOP_BAD)
			attr |= has_colors() && getenv("NO_COLOR") == NULL ? COLOR_PAIR(style)
									   : A_BOLD;
		attrset(attr);
		mvaddnstr((int)i, 0, t->lines[i].text, COLS);
	}
	attrset(A_DIM);
	mvprintw(LINES - 1, 0, "mews top  %s  every %.1f s  q: quit", t->run_dir, t->seconds);
	refresh();
}

/* Until the next sample is due.  False: it is over. */
static bool rest(const struct top *t)
{
	struct mono until = mono_after(mono_now(), (uint64_t)(t->seconds * (double)NS_PER_SEC));

	while (!asked_to_end && mono_now().ns < until.ns) {
		uint64_t left = until.ns - mono_now().ns;

		if (left > NS_PER_SEC)
			left = NS_PER_SEC;
		if (!t->is_screen) {
			struct timespec ts = { (time_t)(left / NS_PER_SEC),
					       (long)(left % NS_PER_SEC) };

			nanosleep(&ts, NULL);
			continue;
		}
		timeout((int)(left / NS_PER_MSEC) + 1);
		if (getch() == 'q')
			return false;
	}
	return !asked_to_end;
}

static int loop(struct top *t)
{
	take_sample(t);
	if (picture_is_empty(&t->samples[t->at].picture))
		return no_pipeline(t->run_dir);
	if (t->is_screen)
		open_screen();
	while (rest(t)) {
		take_sample(t);
		if (t->is_screen)
			show_screen(t);
		else
			show_text(t);
		if (t->once || (!t->is_screen && fflush(stdout) != 0))
			break;
	}
	if (t->is_screen)
		endwin();
	return EXIT_OK;
}

/* ---- the command ---- */

static int take_option(struct top *t, int opt, const char *arg)
{
	char *end;

	switch (opt) {
	case '1':
		t->once = true;
		return -1;
	case 'd':
		t->run_dir_option = arg;
		return -1;
	case 'i':
		t->seconds = strtod(arg, &end);
		if (*arg != '\0' && *end == '\0' && t->seconds >= 0.1 && t->seconds <= MOST_SECONDS)
			return -1;
		return usage_error("top", "not a number of seconds", arg);
	default:
		(void)usage_of("top");
		return EXIT_OK;
	}
}

int cmd_top(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "once", no_argument, NULL, '1' },
		{ "interval", required_argument, NULL, 'i' },
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static struct top t = { .seconds = 1 };
	struct sigaction sa = { .sa_handler = on_signal };
	int code = -1, opt;

	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return usage_error("top", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		code = take_option(&t, opt, optarg);
	}
	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("top", "not expected", argv[optind]);
	setlocale(LC_ALL, "");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	t.run_dir = run_dir_choose(t.run_dir_option);
	t.is_screen = !t.once && isatty(STDOUT_FILENO) == 1;
	return loop(&t);
}
