/* SPDX-License-Identifier: Apache-2.0
 *
 * live_mews.c -- see live_mews.h.
 */
#include "live_mews.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- words ---- */

static bool take_number(const struct live_number *numbers, size_t n, char *const *words)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[0], numbers[i].name) == 0) {
			*numbers[i].value = (unsigned)strtoul(words[1], NULL, 10);
			return true;
		}
	}
	return false;
}

void live_parse(struct live_mews *m, const struct live_number *numbers, size_t n, const char *usage,
		int argc, char **argv)
{
	bool rules = false;

	mews_words_begin(&m->run, "run");
	mews_words_begin(&m->status, "status");
	for (int i = 1; i < argc; i++) {
		bool has_more = i + 1 < argc;

		if (strcmp(argv[i], "--json") == 0) {
			m->json = true;
		} else if ((strcmp(argv[i], "-r") == 0 || strcmp(argv[i], "-o") == 0) && has_more) {
			rules = true;
			mews_word(&m->run, argv[i]);
			mews_word(&m->run, argv[++i]);
		} else if (has_more && take_number(numbers, n, argv + i)) {
			i++;
		} else {
			fprintf(stderr, "usage: %s\n", usage);
			exit(2);
		}
	}
	if (!rules)
		mews_official_rules(&m->run);
}

void live_make_dir(struct live_mews *m, const char *name)
{
	snprintf(m->dir, sizeof(m->dir), "/tmp/%s.XXXXXX", name);
	if (mkdtemp(m->dir) == NULL || chmod(m->dir, 0755) == -1)
		mews_fail("cannot make", m->dir);
	snprintf(m->run_dir, sizeof(m->run_dir), "%s/run", m->dir);
	mews_word(&m->run, "--run-dir");
	mews_word(&m->run, m->run_dir);
	mews_word(&m->status, "--json");
	mews_word(&m->status, "--run-dir");
	mews_word(&m->status, m->run_dir);
}

/* ---- processes ---- */

pid_t live_start(const struct mews_words *words, int *ret_out)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		mews_fail("cannot start", words->mews);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(ret_out == NULL ? null : fds[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		mews_exec(words);
	}
	close(fds[1]);
	if (ret_out == NULL)
		close(fds[0]);
	else
		*ret_out = fds[0];
	return pid;
}

void live_stop(pid_t pid, int out)
{
	char rest[65536];

	kill(pid, SIGINT);
	while (out != -1 && read(out, rest, sizeof(rest)) > 0)
		;
	if (out != -1)
		close(out);
	waitpid(pid, NULL, 0);
}

/* ---- what they say ---- */

void live_status(const struct live_mews *m, char *text, size_t cap)
{
	size_t n = 0;
	ssize_t got;
	int out;
	pid_t pid = live_start(&m->status, &out);

	while (n + 1 < cap && (got = read(out, text + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(out);
	waitpid(pid, NULL, 0);
}

bool live_alert_time(const char *line, struct wall *ret)
{
	static const char key[] = "\"time\":\"";
	const char *at = strstr(line, key);
	struct tm tm = { 0 };
	char *end;

	if (at == NULL || (at = strptime(at + sizeof(key) - 1, "%Y-%m-%dT%H:%M:%S.", &tm)) == NULL)
		return false;
	ret->ns = (uint64_t)timegm(&tm) * NS_PER_SEC + strtoull(at, &end, 10);
	return end == at + 9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void live_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
}
