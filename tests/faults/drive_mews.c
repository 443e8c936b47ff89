/* SPDX-License-Identifier: Apache-2.0
 *
 * drive_mews.c -- the supervisor with one call of its own failing, at each point in turn: while it starts, is
 * asked, reloads for a signal and for a file that changed, loses stages, restarts one, and is stopped.  Its stages
 * are stand-ins.  It ends with an error while it starts, or goes on; it leaves no process, no descriptor and
 * nothing in its run directory behind, and what it does not do it says.
 *
 *    drive_mews [OPTION...] DIRECTORY
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "neighbours.h"
#include "rundir.h"
#include "trial.h"

enum phase { START = TRIAL_START, ASK, RELOAD, LOSE, STOP };

static const char *const phase_names[] = { "it starts", "it is asked", "it reloads",
					   "its stages end", "it is stopped" };

enum { PATIENCE_MS = 10000, SOON_MS = 3000 };

struct deeds {
	bool not_ready, asked, reloaded, followed, restarted;
	bool leaves_processes, leaves_files;
};

struct bench {
	struct neighbours_params p;
	struct deeds did;
	unsigned number; /* of the file's next version */
};

/* ---- the settings ---- */

static void put_file(const struct neighbours *nb, const char *name, const char *text)
{
	char path[RUN_DIR_PATH_MAX], other[RUN_DIR_PATH_MAX + 8];
	int fd;

	snprintf(path, sizeof(path), "%s.settings/%s", nb->dir, name);
	snprintf(other, sizeof(other), "%s.new", path);
	fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    rename(other, path) == -1)
		abort();
	close(fd);
}

static void put_rules(struct bench *b, const struct neighbours *nb)
{
	char text[256];

	snprintf(
		text, sizeof(text),
		"- list: names\n  items: [a, b]\n"
		"- rule: one %u\n  desc: d\n  condition: evt.type = open and proc.name in (names)\n"
		"  output: o\n  priority: NOTICE\n",
		b->number++);
	put_file(nb, "rules.yaml", text);
}

static void put_settings(const struct neighbours *nb, bool json)
{
	put_file(nb, "mews.yaml", json ? "json_output: true\n" : "json_output: false\n");
}

static void begin_settings(void *ctx, const struct neighbours *nb)
{
	char path[RUN_DIR_PATH_MAX];

	snprintf(path, sizeof(path), "%s.settings", nb->dir);
	if (mkdir(path, 0755) == -1)
		abort();
	put_rules(ctx, nb);
	put_settings(nb, false);
	rmdir(nb->dir); /* it makes it, and takes it away */
}

static void drop_settings(const struct neighbours *nb)
{
	static const char *const names[] = { "/rules.yaml", "/mews.yaml", "" };
	char path[RUN_DIR_PATH_MAX];

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s.settings%s", nb->dir, names[i]);
		(void)remove(path);
	}
}

/* ---- one run ---- */

static unsigned times_reloaded(struct neighbours *nb)
{
	char *words = neighbours_words(nb);
	unsigned n = trial_count(words, "reloaded: ");

	free(words);
	return n;
}

/* The emitter needs another life for what stands in the file now. */
static bool follow_file(struct neighbours *nb)
{
	unsigned before = times_reloaded(nb);
	struct mono begun = mono_now();

	put_settings(nb, true);
	while (nb->pid != 0 && mono_since(begun, mono_now()) < SOON_MS * NS_PER_MSEC) {
		neighbours_wait(nb, neighbours_never, 5);
		if (times_reloaded(nb) > before)
			return true;
	}
	return false;
}

static const struct supervised *find(const struct control_answer *a, enum stage_id stage)
{
	for (unsigned i = 0; i < a->nsupervised; i++)
		if (a->supervised[i].stage == stage)
			return &a->supervised[i];
	return NULL;
}

/* Another process than OLD is that stage, and runs. */
static bool has_successor(struct neighbours *nb, enum stage_id stage, int64_t old)
{
	static struct control_answer a;
	struct mono begun = mono_now();

	while (nb->pid != 0 && mono_since(begun, mono_now()) < SOON_MS * NS_PER_MSEC) {
		const struct supervised *s;

		neighbours_wait(nb, neighbours_never, 3);
		if (!trial_ask(nb, &a))
			return false;
		s = find(&a, stage);
		if (s != NULL && s->pid != old && s->state == SUPERVISED_RUNNING)
			return true;
	}
	return false;
}

/* Two are killed, one is restarted. */
static bool lose_stages(struct neighbours *nb)
{
	static const enum stage_id killed[] = { STAGE_ENRICHER, STAGE_RECORDER };
	static struct control_answer a, restarted;
	const struct supervised *s;

	for (unsigned i = 0; i < ARRAY_LEN(killed); i++) {
		s = trial_ask(nb, &a) ? find(&a, killed[i]) : NULL;
		if (s == NULL || s->pid == 0 || kill((pid_t)s->pid, SIGKILL) == -1 ||
		    !has_successor(nb, killed[i], s->pid))
			return false;
	}
	s = trial_ask(nb, &a) ? find(&a, STAGE_EVALUATOR) : NULL;
	for (unsigned i = 0; s != NULL && i < 3; i++)
		if (neighbours_ask(nb, CONTROL_RESTART, "evaluator", &restarted) == 0)
			return has_successor(nb, STAGE_EVALUATOR, s->pid);
	return false;
}

/* ---- what is left behind ---- */

/* A process that nobody has is ours, who had it started: it is ended. */
static bool end_orphans(void)
{
	char path[64], text[4096];
	bool any = false;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	for (unsigned i = 0; i < 100; i++) {
		FILE *f = fopen(path, "re");
		size_t n = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);

		if (f != NULL)
			fclose(f);
		text[n] = 0;
		for (char *at = text, *end; strtol(at, &end, 10) > 0 && end != at; at = end) {
			pid_t pid = (pid_t)strtol(at, NULL, 10);

			if (waitpid(pid, NULL, WNOHANG) == pid)
				continue;
			any |= i > 10; /* it may have been on its way out */
			if (i > 10 && kill(pid, SIGKILL) == 0)
				waitpid(pid, NULL, 0);
		}
		if (n == 0)
			break;
		usleep(2000);
	}
	return any;
}

/* ---- all of it ---- */

/* False: it has ended, or hangs. */
static bool live(void *ctx, struct neighbours *nb, struct trial_run *r)
{
	static struct control_answer a;
	struct bench *b = ctx;

	b->did = (struct deeds){ .asked = false };
	b->did.not_ready = !neighbours_wait(nb, neighbours_is_ready, PATIENCE_MS);
	if (nb->pid == 0)
		return false;
	trial_phase(r, ASK);
	b->did.asked = trial_ask(nb, &a);
	/* Where it cannot be asked, that is said. */
	if (b->did.asked) {
		trial_phase(r, RELOAD);
		put_rules(b, nb);
		b->did.reloaded = trial_reload(nb, SOON_MS) == 0;
		b->did.followed = nb->pid != 0 && follow_file(nb);
		trial_phase(r, LOSE);
		b->did.restarted = nb->pid != 0 && lose_stages(nb);
	}
	if (nb->pid != 0)
		trial_look_at_fds(r, nb);
	return nb->pid != 0;
}

static void after(void *ctx, struct neighbours *nb)
{
	struct bench *b = ctx;

	b->did.leaves_processes = end_orphans();
	b->did.leaves_files = access(nb->dir, F_OK) == 0;
	drop_settings(nb);
}

/* ---- what is to be said of it ---- */

/* What it could not take away, and what it took for another's. */
static bool may_leave_files(void)
{
	const char *row = fault_row_name(trial_page->fired_row);

	return strcmp(row, "unlink") == 0 || strcmp(row, "flock") == 0;
}

static const char *judge_rest(void *ctx, const struct trial_run *r)
{
	const struct bench *b = ctx;

	if (b->did.leaves_processes)
		return "leaves processes behind";
	if (strstr(r->words, "descriptors that are wrong") != NULL)
		return "gives stages what is not theirs";
	if (b->did.leaves_files && !may_leave_files())
		return "leaves files behind";
	return NULL;
}

static const char *judge_good(void *ctx, const struct trial_run *r)
{
	const struct deeds *did = &((struct bench *)ctx)->did;

	return r->at != STOP || !did->asked || !did->reloaded || !did->followed || !did->restarted
		       ? "does not do all"
		       : NULL;
}

static const char *judge(void *ctx, const struct trial_run *r)
{
	const struct deeds *did = &((struct bench *)ctx)->did;

	/* Then less happens that it complains of. */
	if (!did->asked)
		return strstr(r->words, "running without control") != NULL
			       ? NULL
			       : "does not answer, without a word";
	if (trial_says_more(r))
		return NULL;
	if (did->not_ready)
		return "is never ready, without a word";
	if (!did->reloaded || !did->followed)
		return "does not reload, without a word";
	if (!did->restarted)
		return "does not start stages again, without a word";
	if (trial_count(r->words, "has 2 kept") < trial_count(r->good->words, "has 2 kept"))
		return "loses what it keeps, without a word";
	return NULL;
}

int main(int argc, char **argv)
{
	static struct bench b = { .p = { .stage = "mews",
					 .command = "run",
					 .begin = begin_settings,
					 .ctx = &b,
					 .words = { "-c", "@.settings/mews.yaml", "-r",
						    "@.settings/rules.yaml" } } };
	struct trial t = { .name = "supervisor",
			   .phases = phase_names,
			   .stop = STOP,
			   .p = &b.p,
			   .ctx = &b,
			   .live = live,
			   .after = after,
			   .judge_rest = judge_rest,
			   .judge_good = judge_good,
			   .judge = judge };
	struct trial_options o;
	int at = trial_options(argc, argv, "DIRECTORY", 1, &o);

	/* What checks the files of a reload is a process of the same program. */
	setenv("MEWS_FAULTS_KEEP", "1", 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	b.p.program = trial_program(argv[at], "mews/", "mews");
	return trial_all(&t, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
}
