/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_replay.c -- what a whole pipeline costs: `mews replay` of a capture (an
 * argument, else the big shared one) by the official rules (-r FILE ...; else those of
 * ../shared/rules, else our own), alerts to /dev/null.  Best of so many rounds
 * (--rounds N): the wall time of the round that was fastest, the CPU time of the one that
 * took least, that of the supervisor included.  Reading and inflating the capture
 * and starting four processes is part of both.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "run_mews.h"
#include "span.h"

enum { STAGES = 4 };

static const char *const stage_names[STAGES] = { "collector", "enricher", "evaluator", "emitter" };

struct figures {
	double events, alerts, wall_s, cpu_s;
	double stage_s[STAGES], stage_kb[STAGES];
};

struct bench {
	struct mews_words words;
	char stats[64];
	unsigned rounds;
	bool json;
};

/* ---- one round ---- */

static void read_stats(const char *path, struct figures *ret)
{
	char text[4096] = "";
	FILE *f = fopen(path, "r");

	if (f == NULL || fread(text, 1, sizeof(text) - 1, f) == 0)
		mews_fail("no stats in", path);
	fclose(f);
	ret->events = mews_number(text, "events");
	ret->alerts = mews_number(text, "alerts");
	for (unsigned i = 0; i < STAGES; i++) {
		char quoted[32];
		const char *at;

		snprintf(quoted, sizeof(quoted), "\"%s\":", stage_names[i]);
		at = strstr(text, quoted);
		if (at == NULL)
			mews_fail("no such stage in the stats", stage_names[i]);
		ret->stage_s[i] = mews_number(at, "cpu_s");
		ret->stage_kb[i] = mews_number(at, "max_rss_kb");
	}
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static struct figures run_once(const struct bench *b)
{
	struct figures fig = { 0 };
	struct mono began = mono_now();
	struct rusage ru;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		mews_exec(&b->words);
	}
	if (pid == -1 || wait4(pid, &status, 0, &ru) != pid)
		mews_fail("cannot run", b->words.mews);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		exit(EXIT_FAILURE); /* it has said why */
	fig.wall_s = (double)mono_since(began, mono_now()) / 1e9;
	fig.cpu_s = seconds(ru.ru_utime) + seconds(ru.ru_stime); /* its children's, too */
	read_stats(b->stats, &fig);
	return fig;
}

/* ---- all of them ---- */

static void take_best(struct figures *best, const struct figures *f)
{
	double wall_s = best->wall_s == 0 || f->wall_s < best->wall_s ? f->wall_s : best->wall_s;

	if (best->cpu_s == 0 || f->cpu_s < best->cpu_s)
		*best = *f;
	best->wall_s = wall_s;
}

static void print_json(const struct figures *f)
{
	printf("{\"events\": %.0f, \"wall_s\": %.4f, \"cpu_s\": %.4f, \"events_per_s\": %.0f, "
	       "\"cpu_ns_per_event\": %.1f, \"alerts\": %.0f",
	       f->events, f->wall_s, f->cpu_s, f->events / f->wall_s, f->cpu_s * 1e9 / f->events,
	       f->alerts);
	for (unsigned i = 0; i < STAGES; i++)
		printf(", \"%s_ns_per_event\": %.1f", stage_names[i],
		       f->stage_s[i] * 1e9 / f->events);
	printf("}\n");
}

static void print_row(const char *name, double cpu_s, double kb, double events)
{
	printf("%-12s %8.3f s %9.1f ns", name, cpu_s, cpu_s * 1e9 / events);
	if (kb > 0)
		printf(" %8.1f MiB", kb / 1024);
	printf("\n");
}

static void print_table(const struct figures *f)
{
	double rest = f->cpu_s;

	printf("%.0f events, %.0f alerts: %.3f s, %.3f M events a second\n\n", f->events, f->alerts,
	       f->wall_s, f->events / f->wall_s / 1e6);
	printf("%-12s %10s %12s %12s\n", "", "CPU", "an event", "memory");
	for (unsigned i = 0; i < STAGES; i++) {
		print_row(stage_names[i], f->stage_s[i], f->stage_kb[i], f->events);
		rest -= f->stage_s[i];
	}
	print_row("supervisor", rest > 0 ? rest : 0, 0, f->events);
	print_row("all", f->cpu_s, 0, f->events);
}

/* ---- words ---- */

static void parse(struct bench *b, int argc, char **argv)
{
	const char *capture = "../shared/captures/large/L2_net.scap";
	bool rules = false;

	mews_words_begin(&b->words, "replay");
	mews_word(&b->words, capture);
	for (int i = 1; i < argc; i++) {
		bool has_more = i + 1 < argc;

		if (strcmp(argv[i], "--json") == 0) {
			b->json = true;
		} else if (strcmp(argv[i], "--rounds") == 0 && has_more) {
			b->rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		} else if ((strcmp(argv[i], "-r") == 0 || strcmp(argv[i], "-o") == 0) && has_more) {
			rules |= argv[i][1] == 'r';
			mews_word(&b->words, argv[i]);
			mews_word(&b->words, argv[++i]);
		} else if (argv[i][0] == '-') {
			fprintf(stderr,
				"usage: bench-replay [FILE] [-r RULES]... [-o KEY=VALUE]... "
				"[--rounds N] [--json]\n");
			exit(2);
		} else {
			b->words.word[2] = argv[i];
		}
	}
	if (!rules)
		mews_official_rules(&b->words);
	mews_word(&b->words, "-o");
	mews_word(&b->words, "log_level=warning");
	mews_word(&b->words, "--stats");
	mews_word(&b->words, b->stats);
}

int main(int argc, char **argv)
{
	static struct bench b = { .stats = "/tmp/bench-replay.XXXXXX", .rounds = 5 };
	struct figures best = { 0 };
	int fd = mkstemp(b.stats);

	if (fd == -1)
		mews_fail("cannot make", b.stats);
	close(fd);
	parse(&b, argc, argv);
	for (unsigned i = 0; i < b.rounds || i == 0; i++) {
		struct figures f = run_once(&b);

		take_best(&best, &f);
	}
	unlink(b.stats);
	if (b.json)
		print_json(&best);
	else
		print_table(&best);
	return 0;
}
