/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_idle.c -- what `mews run` costs when nothing happens, and how soon it is there: from its exec
 * to the line of the first alert; from kill -9 of the collector to the next one; then CPU time,
 * awakenings and memory of each process while the machine is left alone.  As root.
 *
 * The memory of rings and kernel buffers is settings' and is said apart.  A machine is never quite
 * alone: the events that were seen meanwhile are said, too, and cost what events cost.
 *
 * bench-idle [--json] [-r RULES]... [--seconds N] [--starts N]
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live_mews.h"
#include "span.h"

enum { MAX_STARTS = 64, MAX_PROCESSES = 8, STATUS_BYTES = 1 << 16 };

#define TRIGGER_US     2000
#define MOST_NS	       (30 * NS_PER_SEC)
#define SETTLE_US      3000000
#define RING_MEMORY    "/memfd:mews-"
#define KERNEL_BUFFERS "anon_inode:bpf-map"

struct options {
	struct live_mews mews;
	unsigned seconds, starts;
};

/* ---- what alerts are about ---- */

/* A process that reads what it should not, every few milliseconds. */
static pid_t trigger(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (;;) {
		close(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
		usleep(TRIGGER_US);
	}
}

static void end_trigger(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* ---- alerts ---- */

/* The trigger's alert of an event behind FROM has come: how long after SINCE. */
static double alert_ms(int out, struct mono since, struct wall from)
{
	static char text[65536];
	size_t n = 0;

	while (mono_since(since, mono_now()) < MOST_NS) {
		struct pollfd p = { .fd = out, .events = POLLIN };
		ssize_t got;
		char *line = text, *end;
		struct mono now;
		struct wall when;

		if (poll(&p, 1, 1000) <= 0)
			continue;
		got = read(out, text + n, sizeof(text) - 1 - n);
		now = mono_now();
		if (got <= 0)
			break;
		text[n += (size_t)got] = '\0';
		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			if (strstr(line, "/etc/shadow") != NULL &&
			    strstr(line, "bench-idle") != NULL && live_alert_time(line, &when) &&
			    when.ns > from.ns)
				return (double)mono_since(since, now) / NS_PER_MSEC;
		}
		n = strlen(line);
		memmove(text, line, n + 1);
	}
	fprintf(stderr, "bench-idle: no alert comes: see what 'mews run' says\n");
	exit(EXIT_FAILURE);
}

/* ---- processes ---- */

struct process {
	pid_t pid;
	char name[32];
	double cpu_s, switches;
	double pss_kb, rings_kb, kernel_kb;
};

struct processes {
	struct process p[MAX_PROCESSES];
	unsigned n;
	double seen; /* events */
};

static bool read_file(const char *path, char *text, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	if (fd == -1)
		return false;
	while (n + 1 < cap && (got = read(fd, text + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	text[n] = '\0';
	return true;
}

static double number_behind(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p == NULL ? 0 : strtod(p + strlen(key), NULL);
}

/* CPU time and awakenings of all threads. */
static void add_threads(struct process *p)
{
	char path[64], text[4096];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)p->pid);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", (int)p->pid,
			 e->d_name);
		if (read_file(path, text, sizeof(text)))
			p->cpu_s += strtod(text, NULL) / 1e9;
		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/status", (int)p->pid, e->d_name);
		if (read_file(path, text, sizeof(text)))
			p->switches += number_behind(text, "\nvoluntary_ctxt_switches:");
	}
	if (d != NULL)
		closedir(d);
}

/* Each mapping's first line has its name behind five words. */
static void add_memory(struct process *p)
{
	char path[64], line[4352];
	double *to = &p->pss_kb, kb;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)p->pid);
	f = fopen(path, "re");
	if (f == NULL)
		mews_fail("cannot read", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "Pss: %lf", &kb) == 1)
			*to += kb;
		else if (strstr(line, RING_MEMORY) != NULL)
			to = &p->rings_kb;
		else if (strstr(line, KERNEL_BUFFERS) != NULL)
			to = &p->kernel_kb;
		else if (line[0] < 'A' || line[0] > 'Z')
			to = &p->pss_kb;
	}
	fclose(f);
}

static bool is_of(pid_t pid, pid_t mews)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return pid == mews || (read_file(path, text, sizeof(text)) &&
			       (pid_t)number_behind(text, "\nPPid:") == mews);
}

static void look(const struct options *o, pid_t mews, struct processes *ret)
{
	static char text[STATUS_BYTES];
	struct dirent *e;
	DIR *d = opendir("/proc");
	pid_t pid;

	*ret = (struct processes){ 0 };
	while (d != NULL && (e = readdir(d)) != NULL && ret->n < MAX_PROCESSES) {
		struct process *p = &ret->p[ret->n];
		char path[64];

		pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid <= 0 || !is_of(pid, mews))
			continue;
		*p = (struct process){ .pid = pid };
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
		if (read_file(path, p->name, sizeof(p->name)))
			p->name[strcspn(p->name, "\n")] = '\0';
		add_threads(p);
		ret->n++;
	}
	if (d != NULL)
		closedir(d);
	live_status(&o->mews, text, sizeof(text));
	ret->seen = mews_number(text, "seen");
}

static pid_t collector_of(const struct processes *all)
{
	for (unsigned i = 0; i < all->n; i++)
		if (strcmp(all->p[i].name, "mews-collector") == 0)
			return all->p[i].pid;
	fprintf(stderr, "bench-idle: there is no collector\n");
	exit(EXIT_FAILURE);
}

/* ---- what is measured ---- */

static double start_ms[MAX_STARTS], again_ms[MAX_STARTS];

static void measure_starts(const struct options *o)
{
	for (unsigned i = 0; i < o->starts; i++) {
		pid_t busy = trigger(), mews, victim;
		struct mono since = mono_now();
		struct processes all;
		struct wall from;
		int out;

		mews = live_start(&o->mews.run, &out);
		start_ms[i] = alert_ms(out, since, (struct wall){ 0 });
		look(o, mews, &all);
		victim = collector_of(&all);
		from = wall_now();
		since = mono_now();
		kill(victim, SIGKILL);
		again_ms[i] = alert_ms(out, since, from);
		end_trigger(busy);
		live_stop(mews, out);
	}
	live_sort(start_ms, o->starts);
	live_sort(again_ms, o->starts);
}

static void measure_idle(const struct options *o, struct processes *ret)
{
	struct processes before;
	double seen;
	int out;
	pid_t mews = live_start(&o->mews.run, &out), busy = trigger();

	(void)alert_ms(out, mono_now(), (struct wall){ 0 });
	end_trigger(busy);
	usleep(SETTLE_US);
	look(o, mews, &before);
	sleep(o->seconds);
	look(o, mews, ret);
	seen = ret->seen - before.seen;
	for (unsigned i = 0; i < ret->n && ret->n == before.n; i++) {
		ret->p[i].cpu_s -= before.p[i].cpu_s;
		ret->p[i].switches -= before.p[i].switches;
		add_memory(&ret->p[i]);
	}
	ret->seen = seen;
	live_stop(mews, out);
}

static struct process sum_of(const struct processes *all)
{
	struct process sum = { .name = "all" };

	for (unsigned i = 0; i < all->n; i++) {
		sum.cpu_s += all->p[i].cpu_s;
		sum.switches += all->p[i].switches;
		sum.pss_kb += all->p[i].pss_kb;
		sum.rings_kb += all->p[i].rings_kb;
		sum.kernel_kb += all->p[i].kernel_kb;
	}
	return sum;
}

/* ---- what is said ---- */

static void print_json(const struct options *o, const struct processes *all)
{
	struct process sum = sum_of(all);
	unsigned worst = o->starts - 1, middle = o->starts / 2;

	printf("{\"start_to_alert_ms\": %.1f, \"start_to_alert_worst_ms\": %.1f, "
	       "\"kill_to_alert_ms\": %.1f, \"kill_to_alert_worst_ms\": %.1f, "
	       "\"idle_cpu_percent\": %.3f, \"wakeups_per_s\": %.1f, \"events_per_s\": %.1f, "
	       "\"pss_kb\": %.0f, \"buffers_kb\": %.0f, \"rings_kb\": %.0f, \"kernel_kb\": %.0f, "
	       "\"processes\": [",
	       start_ms[middle], start_ms[worst], again_ms[middle], again_ms[worst],
	       sum.cpu_s * 100 / o->seconds, sum.switches / o->seconds, all->seen / o->seconds,
	       sum.pss_kb, sum.rings_kb + sum.kernel_kb, sum.rings_kb, sum.kernel_kb);
	for (unsigned i = 0; i < all->n; i++)
		printf("%s{\"name\": \"%s\", \"cpu_percent\": %.3f, \"wakeups_per_s\": %.1f, "
		       "\"pss_kb\": %.0f}",
		       i == 0 ? "" : ", ", all->p[i].name, all->p[i].cpu_s * 100 / o->seconds,
		       all->p[i].switches / o->seconds, all->p[i].pss_kb);
	printf("]}\n");
}

static void print_row(const struct options *o, const struct process *p)
{
	printf("%-16s %10.3f %12.1f %10.0f %10.0f %10.0f\n", p->name, p->cpu_s * 100 / o->seconds,
	       p->switches / o->seconds, p->pss_kb, p->rings_kb, p->kernel_kb);
}

static void print_table(const struct options *o, const struct processes *all)
{
	struct process sum = sum_of(all);
	unsigned worst = o->starts - 1, middle = o->starts / 2;

	printf("from exec to the first alert: %.0f ms, worst of %u %.0f ms\n", start_ms[middle],
	       o->starts, start_ms[worst]);
	printf("from kill -9 of the collector to the next: %.0f ms, worst %.0f ms\n",
	       again_ms[middle], again_ms[worst]);
	printf("%u s, %.1f events a second\n\n", o->seconds, all->seen / o->seconds);
	printf("%-16s %10s %12s %10s %10s %10s\n", "", "CPU %", "wake-ups/s", "PSS kB", "rings kB",
	       "kernel kB");
	for (unsigned i = 0; i < all->n; i++)
		print_row(o, &all->p[i]);
	print_row(o, &sum);
}

int main(int argc, char **argv)
{
	static struct options o = { .seconds = 30, .starts = 7 };
	static const struct live_number numbers[] = { { "--seconds", &o.seconds },
						      { "--starts", &o.starts } };
	struct processes idle;

	live_parse(&o.mews, numbers, ARRAY_LEN(numbers),
		   "bench-idle [--json] [-r RULES]... [--seconds N] [--starts N]", argc, argv);
	if (o.starts == 0 || o.starts > MAX_STARTS)
		o.starts = 1;
	if (o.seconds == 0)
		o.seconds = 1;
	live_make_dir(&o.mews, "bench-idle");
	mews_word(&o.mews.run, "-o");
	mews_word(&o.mews.run, "json_output=true");
	measure_starts(&o);
	measure_idle(&o, &idle);
	if (o.mews.json)
		print_json(&o, &idle);
	else
		print_table(&o, &idle);
	rmdir(o.mews.dir);
	return 0;
}
