/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_latency.c -- how long after a system call's return its alert stands on standard
 * output: a process opens a file that a rule looks for, at a steady pace, and each line is
 * held against the time of its event.  Then what each stage says of itself: how old the first
 * event of a turn was when the stage was done with it.  As root.
 *
 * bench-latency [--json] [-r RULES]... [--rate PER_SECOND] [--seconds N]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "counter.h"
#include "run_mews.h"

enum { MAX_ALERTS = 1000000, STATUS_BYTES = 1 << 20, TEXT_BYTES = 1 << 20 };

#define MARK	  "bench-latency-mark"
#define MOST_NS	  (30 * NS_PER_SEC)
#define SILENT_MS 3000 /* no line for so long: that was the last */

struct options {
	struct mews_words run, status;
	char dir[64], run_dir[80], rules[96], mark[96];
	unsigned rate, seconds;
	bool json;
};

static double took_us[MAX_ALERTS];
static unsigned alerts;

/* ---- processes ---- */

static pid_t start(const struct mews_words *words, int *ret_out)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		mews_fail("cannot start", words->mews);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		mews_exec(words);
	}
	close(fds[1]);
	*ret_out = fds[0];
	return pid;
}

static pid_t open_at_pace(const struct options *o, unsigned count)
{
	struct timespec next;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (count-- > 0) {
		int fd = open(o->mark, O_RDONLY | O_CLOEXEC);

		if (fd == -1)
			_exit(1);
		close(fd);
		next.tv_nsec += (long)(NS_PER_SEC / o->rate);
		next.tv_sec += next.tv_nsec / (long)NS_PER_SEC;
		next.tv_nsec %= (long)NS_PER_SEC;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
	}
	_exit(0);
}

/* ---- alerts ---- */

/* When the event of the alert was: its "time", UTC to the nanosecond. */
static bool time_of(const char *line, struct wall *ret)
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

static void take_line(const char *line, struct wall now)
{
	struct wall when;

	if (alerts < MAX_ALERTS && strstr(line, MARK) != NULL && time_of(line, &when))
		took_us[alerts++] = ((double)now.ns - (double)when.ns) / (double)NS_PER_USEC;
}

/* Until MOST alerts are there, or none comes any more. */
static void read_alerts(int out, unsigned most, int patience_ms)
{
	static char text[TEXT_BYTES];
	struct pollfd p = { .fd = out, .events = POLLIN };
	size_t n = 0;
	ssize_t got;

	while (alerts < most && poll(&p, 1, patience_ms) > 0 &&
	       (got = read(out, text + n, sizeof(text) - 1 - n)) > 0) {
		struct wall now = wall_now();
		char *line = text, *end;

		text[n += (size_t)got] = '\0';
		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			take_line(line, now);
		}
		n = strlen(line);
		memmove(text, line, n + 1);
	}
}

/* ---- what is measured ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double at_share(double share)
{
	unsigned at = (unsigned)(share * alerts);

	return alerts == 0 ? 0 : took_us[at < alerts ? at : alerts - 1];
}

static void wait_until_there(const struct options *o, int out)
{
	struct mono since = mono_now();

	for (alerts = 0; alerts == 0;) {
		pid_t one = open_at_pace(o, 1);

		waitpid(one, NULL, 0);
		read_alerts(out, 1, 20);
		if (mono_since(since, mono_now()) > MOST_NS) {
			fprintf(stderr,
				"bench-latency: no alert comes: see what 'mews run' says\n");
			exit(EXIT_FAILURE);
		}
	}
	/* All programs are loaded by then, and what came meanwhile is away. */
	read_alerts(out, MAX_ALERTS, SILENT_MS);
	alerts = 0;
}

static void read_status(const struct options *o, char text[STATUS_BYTES])
{
	size_t n = 0;
	ssize_t got;
	int out;
	pid_t pid = start(&o->status, &out);

	while (n + 1 < STATUS_BYTES && (got = read(out, text + n, STATUS_BYTES - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(out);
	waitpid(pid, NULL, 0);
}

static unsigned measure(const struct options *o, char status[STATUS_BYTES])
{
	unsigned count = o->rate * o->seconds;
	char rest[65536];
	int out;
	pid_t mews = start(&o->run, &out), opener;

	wait_until_there(o, out);
	opener = open_at_pace(o, count);
	read_alerts(out, count, SILENT_MS);
	waitpid(opener, NULL, 0);
	read_status(o, status);
	kill(mews, SIGINT);
	while (read(out, rest, sizeof(rest)) > 0)
		;
	close(out);
	waitpid(mews, NULL, 0);
	qsort(took_us, alerts, sizeof(double), by_value);
	return count;
}

/* ---- what is said ---- */

/* Where the latency of stage ID begins in what status said. */
static const char *latency_in(const char *status, enum stage_id id)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "{\"name\":\"%s\"", stage_name(id));
	at = strstr(status, key);
	return at == NULL ? "" : (at = strstr(at, "\"latency\":")) == NULL ? "" : at;
}

static void print_json(const struct options *o, unsigned count, const char *status)
{
	printf("{\"rate_per_s\": %u, \"opened\": %u, \"alerts\": %u, \"syscall_to_alert_p50_us\": %.0f, "
	       "\"syscall_to_alert_p99_us\": %.0f, \"syscall_to_alert_p999_us\": %.0f, \"stages\": {",
	       o->rate, count, alerts, at_share(0.5), at_share(0.99), at_share(0.999));
	for (enum stage_id id = STAGE_COLLECTOR; id <= STAGE_EMITTER; id++)
		printf("%s\"%s\": {\"p50_us\": %.0f, \"p99_us\": %.0f}",
		       id == STAGE_COLLECTOR ? "" : ", ", stage_name(id),
		       mews_number(latency_in(status, id), "p50_us"),
		       mews_number(latency_in(status, id), "p99_us"));
	printf("}}\n");
}

static void print_table(const struct options *o, unsigned count, const char *status)
{
	printf("%u opens at %u a second, %u alerts\n", count, o->rate, alerts);
	printf("from the call's return to the line: p50 %.0f us, p99 %.0f us, p99.9 %.0f us\n\n",
	       at_share(0.5), at_share(0.99), at_share(0.999));
	printf("%-12s %10s %10s\n", "done by", "p50 us", "p99 us");
	for (enum stage_id id = STAGE_COLLECTOR; id <= STAGE_EMITTER; id++)
		printf("%-12s %10.0f %10.0f\n", stage_name(id),
		       mews_number(latency_in(status, id), "p50_us"),
		       mews_number(latency_in(status, id), "p99_us"));
}

static void parse(struct options *o, int argc, char **argv)
{
	bool rules = false;

	mews_words_begin(&o->run, "run");
	mews_words_begin(&o->status, "status");
	for (int i = 1; i < argc; i++) {
		bool has_more = i + 1 < argc;

		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
		} else if (strcmp(argv[i], "-r") == 0 && has_more) {
			rules = true;
			mews_word(&o->run, argv[i]);
			mews_word(&o->run, argv[++i]);
		} else if (strcmp(argv[i], "--seconds") == 0 && has_more) {
			o->seconds = (unsigned)strtoul(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--rate") == 0 && has_more) {
			o->rate = (unsigned)strtoul(argv[++i], NULL, 10);
		} else {
			fprintf(stderr, "usage: bench-latency [--json] [-r RULES]... "
					"[--rate PER_SECOND] [--seconds N]\n");
			exit(2);
		}
	}
	if (!rules)
		mews_official_rules(&o->run);
	if (o->rate == 0 || o->rate > 100000)
		o->rate = 1000;
	if (o->seconds == 0 || o->seconds > MAX_ALERTS / o->rate)
		o->seconds = 1;
}

static void make_files(struct options *o)
{
	FILE *f;

	if (mkdtemp(o->dir) == NULL || chmod(o->dir, 0755) == -1)
		mews_fail("cannot make", o->dir);
	snprintf(o->run_dir, sizeof(o->run_dir), "%s/run", o->dir);
	snprintf(o->rules, sizeof(o->rules), "%s/rules.yaml", o->dir);
	snprintf(o->mark, sizeof(o->mark), "%s/" MARK, o->dir);
	close(open(o->mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	f = fopen(o->rules, "we");
	if (f == NULL ||
	    fprintf(f,
		    "- rule: latency\n  desc: what the benchmark opens\n  condition: evt.type in "
		    "(open, openat, openat2) and fd.name = %s\n  output: \"%%fd.name\"\n  priority: notice\n",
		    o->mark) < 0 ||
	    fclose(f) != 0)
		mews_fail("cannot write", o->rules);
}

int main(int argc, char **argv)
{
	static struct options o = { .dir = "/tmp/bench-latency.XXXXXX",
				    .rate = 1000,
				    .seconds = 10 };
	static char status[STATUS_BYTES];
	unsigned count;

	parse(&o, argc, argv);
	make_files(&o);
	mews_word(&o.run, "-r");
	mews_word(&o.run, o.rules);
	mews_word(&o.run, "-o");
	mews_word(&o.run, "json_output=true");
	mews_word(&o.run, "-o");
	mews_word(&o.run, "rule_matching=all");
	mews_word(&o.run, "--run-dir");
	mews_word(&o.run, o.run_dir);
	mews_word(&o.status, "--json");
	mews_word(&o.status, "--run-dir");
	mews_word(&o.status, o.run_dir);
	count = measure(&o, status);
	if (o.json)
		print_json(&o, count, status);
	else
		print_table(&o, count, status);
	unlink(o.mark);
	unlink(o.rules);
	rmdir(o.dir);
	return 0;
}
