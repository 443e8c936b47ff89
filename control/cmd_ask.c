/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_ask.c -- the commands that ask a running pipeline to do something:
 * restart, reload, stop, log-level.  They go to the supervisor; where there is none (a
 * unit or a container for each stage), to the stages themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "asker.h"
#include "line_file.h"
#include "mews.h"
#include "no_pipeline.h"
#include "rundir.h"
#include "stage_gauge.h"

#define STOP_WAIT_NS	(15 * NS_PER_SEC) /* four stages, three seconds each, and some */
#define RESTART_WAIT_NS (8 * NS_PER_SEC)
#define RELOAD_WAIT_NS	(120 * NS_PER_SEC) /* of very many rules, on a busy machine */
#define TAKEN_WAIT_NS	(2 * NS_PER_SEC)   /* for what takes milliseconds, if the stages run */
#define STEP_NS		(20 * NS_PER_MSEC)

static const char supervisor_name[] = "mews";

/* Or we may not look whether anybody is there: no_pipeline() knows which. */
static bool is_away(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -ENOTDIR;
}

static int ask(const char *run_dir, const char *name, enum control_kind kind, const char *argument,
	       struct control_answer *ret)
{
	struct control_request req = { .kind = kind };
	char path[RUN_DIR_PATH_MAX];
	int err;

	if (strlen(run_dir) > RUN_DIR_MAX)
		return -ENAMETOOLONG;
	snprintf(req.argument, sizeof(req.argument), "%s", argument);
	run_dir_path(path, run_dir, name, ".ctl");
	err = asker_ask_once(path, &req, ASK_TIMEOUT_NS, ret);
	if (err == -EACCES && run_dir_is_closed(run_dir))
		return -ENOENT;
	return err < 0 ? err : ret->result;
}

/* ANSWER's text where it came from the other side. */
static int failed(const char *what, int err, const struct control_answer *a, const char *run_dir)
{
	if (is_away(err))
		return no_pipeline(run_dir);
	log_error("cannot %s: %s", what, a->text[0] != '\0' ? a->text : strerror(-err));
	return EXIT_INPUT;
}

static void step(void)
{
	struct timespec ts = { 0, (long)STEP_NS };

	nanosleep(&ts, NULL);
}

/* ---- restart ---- */

static const struct supervised *find(const struct control_answer *a, enum stage_id id)
{
	for (unsigned i = 0; i < a->nsupervised; i++)
		if (a->supervised[i].stage == id)
			return &a->supervised[i];
	return NULL;
}

/* Until the stage runs as another process than OLD. */
static int wait_restarted(const char *run_dir, enum stage_id id, int64_t old)
{
	struct mono end = mono_after(mono_now(), RESTART_WAIT_NS);

	while (mono_now().ns < end.ns) {
		struct control_answer a = { 0 };
		const struct supervised *s;

		if (ask(run_dir, supervisor_name, CONTROL_STATUS, "", &a) == 0 &&
		    (s = find(&a, id)) != NULL && s->state == SUPERVISED_RUNNING && s->pid != old)
			return EXIT_OK;
		step();
	}
	log_error("%s does not come back", stage_name(id));
	return EXIT_STAGE;
}

int cmd_restart(int argc, char **argv)
{
	struct control_answer before = { 0 }, a = { 0 };
	const struct supervised *s;
	const char *run_dir, *word[1];
	enum stage_id id;
	unsigned n;
	int err, code = parse_simple(argc, argv, &run_dir, word, 1, &n);

	if (code != -1)
		return code;
	if (n == 0)
		return usage_of("restart");
	id = stage_of_name(word[0]);
	if (id == STAGE_NONE)
		return usage_error("restart", "no such stage", word[0]);
	err = ask(run_dir, supervisor_name, CONTROL_STATUS, "", &before);
	if (is_away(err)) {
		/* No supervisor: whoever started the stage starts it again. */
		err = ask(run_dir, word[0], CONTROL_STOP, "", &a);
		return err < 0 ? failed("restart", err, &a, run_dir) : EXIT_OK;
	}
	if (err == 0)
		err = ask(run_dir, supervisor_name, CONTROL_RESTART, word[0], &a);
	if (err < 0)
		return failed("restart", err, &a, run_dir);
	s = find(&before, id);
	return wait_restarted(run_dir, id, s == NULL ? 0 : s->pid);
}

/* ---- reload ---- */

/* Until NAME has done what TICKET stands for. */
static int wait_reloaded(const char *run_dir, const char *name, struct control_answer *a)
{
	struct mono end = mono_after(mono_now(), RELOAD_WAIT_NS);
	char ticket[32];
	int err = -EINPROGRESS;

	snprintf(ticket, sizeof(ticket), "%.31s", a->text);
	while (err == -EINPROGRESS || err == -EBUSY || err == -ETIMEDOUT) {
		if (mono_now().ns > end.ns)
			return -ETIMEDOUT;
		step();
		err = ask(run_dir, name, CONTROL_RELOAD, ticket, a);
	}
	return err;
}

static int reload_one(const char *run_dir, const char *name)
{
	struct control_answer a = { 0 };
	int err = ask(run_dir, name, CONTROL_RELOAD, "", &a);

	if (err == -EINPROGRESS)
		err = wait_reloaded(run_dir, name, &a);
	if (is_away(err))
		return err;
	if (err == CONTROL_NEEDS_RESTART) {
		log_error("%s: %s", name, a.text);
		return err;
	}
	if (err < 0) {
		log_error("cannot reload, what was stays in force: %s",
			  a.text[0] != '\0' ? a.text : strerror(-err));
		return err;
	}
	if (a.text[0] != '\0') {
		line_show(stdout, span_str(a.text));
		putchar('\n');
	}
	return 0;
}

/* Until what the rules ask for now is what is collected: an event of that moment on is not missed. */
static void wait_collected(const char *run_dir)
{
	struct mono end = mono_after(mono_now(), TAKEN_WAIT_NS);
	uint64_t asked, taken;

	if (!stage_gauge(run_dir, STAGE_EVALUATOR, EVALUATOR_GAUGE_WANTS_VERSION, &asked))
		return;
	while (stage_gauge(run_dir, STAGE_COLLECTOR, COLLECTOR_GAUGE_WANTS_VERSION, &taken) &&
	       taken < asked && mono_now().ns < end.ns)
		step();
}

static int reloaded(const char *run_dir, unsigned failed)
{
	wait_collected(run_dir);
	return failed > 0 ? EXIT_INPUT : EXIT_OK;
}

/* Without a supervisor, each stage reads its files by itself. */
int cmd_reload(int argc, char **argv)
{
	const char *run_dir;
	unsigned n, found = 0, failed_ones = 0;
	int err, code = parse_simple(argc, argv, &run_dir, NULL, 0, &n);

	if (code != -1)
		return code;
	err = reload_one(run_dir, supervisor_name);
	if (!is_away(err))
		return reloaded(run_dir, err < 0);
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		err = reload_one(run_dir, stage_name((enum stage_id)id));
		found += !is_away(err);
		failed_ones += err < 0 && !is_away(err);
	}
	if (found > 0)
		return reloaded(run_dir, failed_ones);
	return no_pipeline(run_dir);
}

/* ---- stop ---- */

/* Until the file NAMESUFFIX is gone from the run directory. */
static int wait_stopped(const char *run_dir, const char *name, const char *suffix)
{
	struct mono end = mono_after(mono_now(), STOP_WAIT_NS);
	char path[RUN_DIR_PATH_MAX];

	run_dir_path(path, run_dir, name, suffix);
	while (mono_now().ns < end.ns) {
		if (access(path, F_OK) == -1)
			return EXIT_OK;
		step();
	}
	log_error("%s does not end", strcmp(name, "lock") == 0 ? "the pipeline" : name);
	return EXIT_STAGE;
}

/* Without a supervisor: each by itself, the first of the pipeline first. */
static int stop_stages(const char *run_dir)
{
	unsigned found = 0;

	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		const char *name = stage_name((enum stage_id)id);
		struct control_answer a = { 0 };
		int err = ask(run_dir, name, CONTROL_STOP, "", &a);

		if (is_away(err))
			continue;
		if (err < 0)
			return failed("stop", err, &a, run_dir);
		found++;
		if (wait_stopped(run_dir, name, ".ctl") != EXIT_OK)
			return EXIT_STAGE;
	}
	return found > 0 ? EXIT_OK : no_pipeline(run_dir);
}

int cmd_stop(int argc, char **argv)
{
	struct control_answer a = { 0 };
	const char *run_dir;
	unsigned n;
	int err, code = parse_simple(argc, argv, &run_dir, NULL, 0, &n);

	if (code != -1)
		return code;
	err = ask(run_dir, supervisor_name, CONTROL_STOP, "", &a);
	if (is_away(err))
		return stop_stages(run_dir);
	if (err < 0)
		return failed("stop", err, &a, run_dir);
	return wait_stopped(run_dir, "lock", "");
}

/* ---- log-level ---- */

int cmd_log_level(int argc, char **argv)
{
	const char *run_dir, *word[1];
	enum log_level level;
	unsigned n, found = 0;
	int code = parse_simple(argc, argv, &run_dir, word, 1, &n);

	if (code != -1)
		return code;
	if (n == 0)
		return usage_of("log-level");
	if (log_level_parse(word[0], &level) < 0)
		return usage_error("log-level", "no such level", word[0]);
	for (unsigned id = STAGE_NONE; id < STAGE_COUNT; id++) {
		const char *name =
			id == STAGE_NONE ? supervisor_name : stage_name((enum stage_id)id);
		struct control_answer a = { 0 };
		int err = ask(run_dir, name, CONTROL_LOG_LEVEL, word[0], &a);

		if (is_away(err))
			continue;
		if (err < 0)
			return failed("set the log level", err, &a, run_dir);
		found++;
	}
	return found > 0 ? EXIT_OK : no_pipeline(run_dir);
}
