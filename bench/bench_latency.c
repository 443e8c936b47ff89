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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "counter.h"
#include "live_mews.h"
#include "span.h"

enum { MAX_ALERTS = 1000000, STATUS_BYTES = 1 << 20, TEXT_BYTES = 1 << 20 };

#define MARK	  "bench-latency-mark"
#define MOST_NS	  (30 * NS_PER_SEC)
#define SILENT_MS 3000 /* no line for so long: that was the last */

struct options {
	struct live_mews mews;
	char rules[96], mark[96];
	unsigned rate, seconds;
};

static double took_us[MAX_ALERTS];
static unsigned alerts;

/* ---- processes ---- */

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

static void take_line(const char *line, struct wall now)
{
	struct wall when;

	if (alerts < MAX_ALERTS && strstr(line, MARK) != NULL && live_alert_time(line, &when))
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

static unsigned measure(const struct options *o, char status[STATUS_BYTES])
{
	unsigned count = o->rate * o->seconds;
	int out;
	pid_t mews = live_start(&o->mews.run, &out), opener;

	wait_until_there(o, out);
	opener = open_at_pace(o, count);
	read_alerts(out, count, SILENT_MS);
	waitpid(opener, NULL, 0);
	live_status(&o->mews, status, STATUS_BYTES);
	live_stop(mews, out);
	live_sort(took_us, alerts);
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

static void make_files(struct options *o)
{
	FILE *f;

	live_make_dir(&o->mews, "bench-latency");
	snprintf(o->rules, sizeof(o->rules), "%s/rules.yaml", o->mews.dir);
	snprintf(o->mark, sizeof(o->mark), "%s/" MARK, o->mews.dir);
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
	static struct options o = { .rate = 1000, .seconds = 10 };
	static const struct live_number numbers[] = { { "--rate", &o.rate },
						      { "--seconds", &o.seconds } };
	static char status[STATUS_BYTES];
	unsigned count;

	live_parse(&o.mews, numbers, ARRAY_LEN(numbers),
		   "bench-latency [--json] [-r RULES]... [--rate PER_SECOND] [--seconds N]", argc,
		   argv);
	if (o.rate == 0 || o.rate > 100000)
		o.rate = 1000;
	if (o.seconds == 0 || o.seconds > MAX_ALERTS / o.rate)
		o.seconds = 1;
	make_files(&o);
	mews_word(&o.mews.run, "-r");
	mews_word(&o.mews.run, o.rules);
	mews_word(&o.mews.run, "-o");
	mews_word(&o.mews.run, "json_output=true");
	mews_word(&o.mews.run, "-o");
	mews_word(&o.mews.run, "rule_matching=all");
	count = measure(&o, status);
	if (o.mews.json)
		print_json(&o, count, status);
	else
		print_table(&o, count, status);
	unlink(o.mark);
	unlink(o.rules);
	rmdir(o.mews.dir);
	return 0;
}
