/* SPDX-License-Identifier: Apache-2.0
 *
 * crash_run.c -- the pipeline of the crash test: begun, looked at, asked for its ledger, ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"

const char *const stage_names[STAGES] = { "collector", "enricher", "evaluator", "emitter" };

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void sleep_us(uint64_t us)
{
	struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	nanosleep(&ts, NULL);
}

static bool write_rules(const struct run *r)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/rules.yaml", r->work);
	f = fopen(path, "w");
	if (f == NULL)
		return false;
	/* Who it was is state that only the process's own events tell: where it is missing the second rule says so. */
	fprintf(f,
		"- macro: opened\n"
		"  condition: (evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name=/etc/shadow)\n"
		"- rule: Crash trigger\n"
		"  desc: a process that lives for this one open\n"
		"  condition: opened and proc.name=crash_trigger and proc.cmdline contains %s and proc.pname=crash_rounds\n"
		"  output: \"%%proc.cmdline %%proc.name %%proc.pname %%fd.name\"\n"
		"  priority: NOTICE\n"
		"- rule: Crash stranger\n"
		"  desc: nobody knows who that was\n"
		"  condition: opened and (not proc.name exists or not proc.pname exists)\n"
		"  output: \"%%evt.num %%thread.tid %%proc.cmdline %%proc.name %%proc.pname %%fd.name\"\n"
		"  priority: NOTICE\n",
		r->mark);
	return fclose(f) == 0;
}

bool run_lives(struct run *r)
{
	if (r->mews != 0 && waitpid(r->mews, NULL, WNOHANG) == r->mews)
		r->mews = 0;
	return r->mews != 0;
}

void run_show_log(const struct run *r)
{
	char path[96], line[400], last[20][400];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", r->work);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		memcpy(last[n++ % 20], line, sizeof(line));
	for (unsigned i = n > 20 ? n - 20 : 0; i < n; i++)
		printf("# %s", last[i % 20]);
	if (f != NULL)
		fclose(f);
}

static pid_t spawn_mews(struct run *r)
{
	char mews[300], rules[96], dir[96], file[160], log[96];
	const char *argv[] = {
		mews, "run", "--run-dir", dir, "-r", rules, "-o", "json_output=true", "-o",
		"stdout_output.enabled=false", "-o", "file_output.enabled=true", "-o", file, "-o",
		"file_output.include_uuid=true", "-o", "mews.restarts_per_minute=1000",
		/* Room for what a busy host does while a stage stands still for seconds: nothing is to be lost. */
		"-o", "mews.rings.raw_mb=64", "-o", "mews.rings.enriched_mb=64", "-o",
		"engine.modern_ebpf.buf_size_preset=7", NULL
	};
	posix_spawn_file_actions_t fa;
	pid_t pid = -1;

	snprintf(mews, sizeof(mews), "%s/mews", r->bin);
	snprintf(rules, sizeof(rules), "%s/rules.yaml", r->work);
	snprintf(dir, sizeof(dir), "%s/run", r->work);
	snprintf(file, sizeof(file), "file_output.filename=%s/alerts", r->work);
	snprintf(log, sizeof(log), "%s/log", r->work);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	errno = posix_spawn(&pid, mews, &fa, NULL, (char **)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return errno == 0 ? pid : 0;
}

static bool is_watching(const struct run *r)
{
	char path[96], line[400];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", r->work);
	f = fopen(path, "r");
	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, "mews: watching") != NULL;
	if (f != NULL)
		fclose(f);
	return found;
}

bool run_start(struct run *r)
{
	uint64_t end = now_ms() + 60000;

	if (!write_rules(r))
		return false;
	r->mews = spawn_mews(r);
	while (run_lives(r) && !is_watching(r) && now_ms() < end)
		sleep_us(20000);
	return run_lives(r) && is_watching(r) && run_look(r);
}

/* Which stage process PID is: STAGES, none. */
static unsigned stage_of(pid_t pid)
{
	char path[64], name[64] = "";
	unsigned i = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "r");
	if (f != NULL) {
		size_t n = fread(name, 1, sizeof(name) - 1, f);

		name[n] = '\0';
		fclose(f);
	}
	while (i < STAGES &&
	       (strncmp(name, "mews-", 5) != 0 || strcmp(name + 5, stage_names[i]) != 0))
		i++;
	return i;
}

bool run_look(struct run *r)
{
	unsigned there = 0;
	char path[64];
	long pid;
	FILE *f;

	memset(r->pid, 0, sizeof(r->pid));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)r->mews, (int)r->mews);
	f = fopen(path, "r");
	while (f != NULL && fscanf(f, "%ld", &pid) == 1) {
		unsigned stage = stage_of((pid_t)pid);

		if (stage < STAGES) {
			r->pid[stage] = (pid_t)pid;
			there |= BIT(stage);
		}
	}
	if (f != NULL)
		fclose(f);
	return there == ALL_STAGES;
}

/* What `mews status --json` says; the caller's to free. */
static char *status_of(const struct run *r)
{
	char command[500], *text = calloc(1, 1 << 20);
	FILE *f;

	if (text == NULL)
		abort();
	snprintf(command, sizeof(command), "'%s/mews' status --json --run-dir '%s/run' 2>/dev/null",
		 r->bin, r->work);
	f = popen(command, "re");
	if (f != NULL) {
		text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
		pclose(f);
	}
	return text;
}

static unsigned times_in(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		n++;
	return n;
}

bool run_is_balanced(struct run *r)
{
	uint64_t end = now_ms() + 20000;
	bool good = false;

	while (!good && now_ms() < end) {
		char *text = status_of(r);

		good = times_in(text, "\"balanced\":true") >= 9 &&
		       times_in(text, "\"balanced\":false") == 0;
		free(text);
		if (!good)
			sleep_us(200000);
	}
	if (!good) {
		char *text = status_of(r);

		printf("# %s\n", text);
		free(text);
	}
	return good;
}

uint64_t run_counter(struct run *r, const char *stage, const char *name)
{
	char *text = status_of(r), *at = text, word[64];
	uint64_t value = 0;

	snprintf(word, sizeof(word), "{\"name\":\"%s\",\"pid\"", stage);
	if ((at = strstr(text, word)) != NULL) {
		snprintf(word, sizeof(word), "\"%s\":", name);
		if ((at = strstr(at, word)) != NULL)
			value = strtoull(at + strlen(word), NULL, 10);
	}
	free(text);
	return value;
}

int run_stop(struct run *r)
{
	int status;

	if (!run_lives(r))
		return -1;
	kill(r->mews, SIGINT);
	if (waitpid(r->mews, &status, 0) != r->mews)
		return -1;
	r->mews = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
