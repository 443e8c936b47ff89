/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_live.c -- what a watched machine pays: loops of system calls on CPU 0 with and without
 * `mews run` on CPU 1, in pairs, ns a turn; then the CPU time of the whole pipeline
 * for each open that is made, and each event that it takes of them, at a steady pace; then a flood of two processes that
 * open and close at full speed, and what of it is lost.  As root.
 *
 * bench-live [--json] [-r RULES]... [-o KEY=VALUE]... [--rounds N] [--pace OPENS_A_SECOND] [--seconds N: of pace and flood]
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live_mews.h"
#include "span.h"

#define WARM_NS (300 * NS_PER_MSEC)

enum { MAX_ROUNDS = 64, PARTS = 20, STATUS_BYTES = 1 << 16, MOST_OPENERS = 8 };

struct options {
	struct live_mews mews;
	unsigned rounds, seconds, pace;
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1)
		mews_fail("cannot stay on", "one CPU");
}

static void unpin(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}

/* ---- the pipeline ---- */

static const char *status(const struct options *o)
{
	static char text[STATUS_BYTES];

	live_status(&o->mews, text, sizeof(text));
	return text;
}

static bool is_live(const char *text)
{
	unsigned running = 0;

	for (const char *p = text; (p = strstr(p, "\"state\":\"running\"")) != NULL; p++)
		running++;
	return running >= 4 && mews_number(text, "seen") > 0 && mews_number(text, "evaluated") > 0;
}

static pid_t start_mews(const struct options *o)
{
	pid_t pid;

	pin(1);
	pid = live_start(&o->mews.run, NULL);
	pin(0);
	for (unsigned i = 0; i < 200; i++) {
		if (is_live(status(o))) {
			usleep(200000); /* the snapshot is through */
			return pid;
		}
		if (waitpid(pid, NULL, WNOHANG) == pid)
			break;
		usleep(50000);
	}
	fprintf(stderr, "bench-live: the pipeline does not start: see what '%s run' says\n",
		o->mews.run.mews);
	exit(EXIT_FAILURE);
}

/* ---- loops ---- */

static void loop_getppid(unsigned n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
}

static void loop_open(unsigned n)
{
	while (n-- > 0)
		close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static void loop_open_read(unsigned n)
{
	char buf[256];

	while (n-- > 0) {
		int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

		if (read(fd, buf, sizeof(buf)) < 0)
			mews_fail("cannot read", "/etc/passwd");
		close(fd);
	}
}

/* A connection to oneself. */
static void loop_connect(unsigned n)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int on = 1, fd, in;
	int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(door, (struct sockaddr *)&addr, len) == -1 || listen(door, 8) == -1 ||
	    getsockname(door, (struct sockaddr *)&addr, &len) == -1)
		mews_fail("cannot listen on", "loopback");
	while (n-- > 0) {
		struct linger gone = { 1, 0 }; /* leave no port behind */

		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&addr, len) == -1)
			mews_fail("cannot connect to", "loopback");
		in = accept4(door, NULL, NULL, SOCK_CLOEXEC);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &gone, sizeof(gone));
		close(fd);
		close(in);
	}
	close(door);
}

static void loop_exec(unsigned n)
{
	while (n-- > 0) {
		pid_t pid = vfork();

		if (pid == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
}

static const struct loop {
	const char *key, *text;
	void (*run)(unsigned n);
	unsigned turns; /* of a part */
} loops[] = {
	{ "getppid", "getppid, which nobody asks for", loop_getppid, 5000 },
	{ "open_close", "open + close", loop_open, 500 },
	{ "open_read_close", "open + read + close", loop_open_read, 500 },
	{ "connect", "socket + connect + accept + close", loop_connect, 50 },
	{ "exec", "fork + exec of true + wait", loop_exec, 10 },
};

static double ns[ARRAY_LEN(loops)][2][MAX_ROUNDS];
static double added[ARRAY_LEN(loops)][MAX_ROUNDS]; /* of each pair, with less without */

/* The median of the parts: one that was disturbed does not count.  What the kernel side learns in the first
 * moments, that nobody wants to be told of such opens, is no part of what each costs. */
static double turn_ns(const struct loop *l)
{
	struct mono begun = mono_now();
	double parts[PARTS];

	while (mono_since(begun, mono_now()) < WARM_NS)
		l->run(l->turns);
	for (unsigned i = 0; i < PARTS; i++) {
		struct mono from = mono_now();

		l->run(l->turns);
		parts[i] = (double)mono_since(from, mono_now()) / l->turns;
	}
	live_sort(parts, PARTS);
	return parts[PARTS / 2];
}

/* A shared host grows faster and slower, within seconds by a half: so a round's two are held against each other,
 * and the first of them is the one in one round and the other in the next. */
static void measure_loops(const struct options *o)
{
	pin(0);
	for (unsigned r = 0; r < o->rounds; r++) {
		for (unsigned k = 0; k < 2; k++) {
			unsigned with = (r + k) % 2;
			pid_t pid = with ? start_mews(o) : -1;

			for (size_t i = 0; i < ARRAY_LEN(loops); i++)
				ns[i][with][r] = turn_ns(&loops[i]);
			if (with)
				live_stop(pid, -1);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(loops); i++) {
		for (unsigned r = 0; r < o->rounds; r++)
			added[i][r] = ns[i][1][r] - ns[i][0][r];
		live_sort(added[i], o->rounds);
		for (unsigned with = 0; with < 2; with++)
			live_sort(ns[i][with], o->rounds);
	}
}

/* ---- pace and flood ---- */

struct taken {
	double opened, seen, muted, lost_kernel, lost_ring, taken, cpu_s, seconds;
	bool balanced;
};

static struct taken taken_now(const struct options *o)
{
	const char *text = status(o), *at = text;
	struct taken t = { .seen = mews_number(text, "seen"),
			   .muted = mews_number(text, "muted"),
			   .lost_kernel = mews_number(text, "lost_kernel"),
			   .lost_ring = mews_number(text, "lost_ring"),
			   .taken = mews_number(text, "taken"),
			   .balanced = strstr(text, "\"balanced\":false") == NULL };

	while ((at = strstr(at, "\"cpu_s\":")) != NULL)
		t.cpu_s += mews_number(at++, "cpu_s");
	return t;
}

/* Opens and closes for so many seconds, and says in *OPENED, which is shared, how often; PACE 0: as fast as can be. */
static pid_t opener(unsigned seconds, unsigned pace, uint64_t *opened)
{
	pid_t pid = fork();
	struct mono from;
	uint64_t done = 0, now;

	if (pid != 0)
		return pid;
	for (from = mono_now(); (now = mono_since(from, mono_now())) < seconds * NS_PER_SEC;) {
		if (pace > 0 && done > now / 1000 * pace / 1000000)
			continue;
		loop_open(16);
		done += 16;
	}
	*opened = done;
	_exit(0);
}

/* What N processes that open and close cost. */
static struct taken measure_opens(const struct options *o, unsigned n, unsigned pace)
{
	uint64_t *opened = mmap(NULL, MOST_OPENERS * sizeof(*opened), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t mews = start_mews(o), pids[MOST_OPENERS];
	struct taken before, after;
	struct mono from;

	sleep(2); /* what a start leaves to be done is no part of the pace */
	before = taken_now(o);
	from = mono_now();
	if (opened == MAP_FAILED)
		mews_fail("no memory for", "counters");
	if (n > 1)
		unpin();
	for (unsigned i = 0; i < n; i++)
		pids[i] = opener(o->seconds, pace, &opened[i]);
	for (unsigned i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	after = taken_now(o);
	after.seconds = (double)mono_since(from, mono_now()) / 1e9;
	usleep(500000); /* what is on its way arrives */
	after.balanced = taken_now(o).balanced;
	after.cpu_s = taken_now(o).cpu_s - before.cpu_s;
	for (unsigned i = 0; i < n; i++)
		after.opened += (double)opened[i];
	munmap(opened, MOST_OPENERS * sizeof(*opened));
	after.seen -= before.seen;
	after.muted -= before.muted;
	after.taken -= before.taken;
	after.lost_kernel -= before.lost_kernel;
	after.lost_ring -= before.lost_ring;
	live_stop(mews, -1);
	pin(0);
	return after;
}

/* ---- what is said ---- */

static void print_json(const struct options *o, const struct taken *pace, const struct taken *flood)
{
	printf("{");
	for (size_t i = 0; i < ARRAY_LEN(loops); i++)
		printf("\"%s_ns\": %.1f, \"%s_with_ns\": %.1f, \"%s_added_ns\": %.1f, ",
		       loops[i].key, ns[i][0][o->rounds / 2], loops[i].key, ns[i][1][o->rounds / 2],
		       loops[i].key, added[i][o->rounds / 2]);
	printf("\"cpu_ns_per_open\": %.1f, \"opens_per_s\": %.0f, \"cpu_ns_per_event\": %.1f, "
	       "\"events_per_s\": %.0f, \"muted_per_s\": %.0f, \"flood_opened\": %.0f, "
	       "\"flood_seen\": %.0f, \"flood_lost\": %.0f, \"flood_cpu_s\": %.2f, "
	       "\"balanced\": %s}\n",
	       pace->cpu_s * 1e9 / pace->opened, pace->opened / pace->seconds,
	       pace->cpu_s * 1e9 / pace->taken, pace->taken / pace->seconds,
	       pace->muted / pace->seconds, flood->opened, flood->seen,
	       flood->lost_kernel + flood->lost_ring, flood->cpu_s,
	       pace->balanced && flood->balanced ? "true" : "false");
}

static void print_taken(const char *what, const struct taken *t)
{
	double lost = t->lost_kernel + t->lost_ring;

	printf("%s: %.0f opens a second, %.0f ns of CPU for each; %.0f passed over in the kernel, "
	       "%.0f events seen, %.0f ns of CPU for each that was taken, %.2f %% lost (%.0f in the kernel, "
	       "%.0f at the ring); the ledger %s\n",
	       what, t->opened / t->seconds, t->cpu_s * 1e9 / t->opened, t->muted / t->seconds,
	       t->seen / t->seconds, t->cpu_s * 1e9 / t->taken,
	       t->seen > 0 ? lost * 100 / t->seen : 0, t->lost_kernel, t->lost_ring,
	       t->balanced ? "balances" : "does not balance");
}

static void print_table(const struct options *o, const struct taken *pace,
			const struct taken *flood)
{
	printf("%-36s %10s %10s %10s %10s %10s\n", "ns a turn, median of rounds", "without", "with",
	       "added", "quarter", "3 quarters");
	for (size_t i = 0; i < ARRAY_LEN(loops); i++)
		printf("%-36s %10.0f %10.0f %10.0f %10.0f %10.0f\n", loops[i].text,
		       ns[i][0][o->rounds / 2], ns[i][1][o->rounds / 2], added[i][o->rounds / 2],
		       added[i][o->rounds / 4], added[i][o->rounds * 3 / 4]);
	printf("\n");
	print_taken("a steady pace", pace);
	print_taken("a flood of two processes", flood);
}

int main(int argc, char **argv)
{
	static struct options o = { .rounds = 7, .seconds = 5, .pace = 100000 };
	static const struct live_number numbers[] = { { "--rounds", &o.rounds },
						      { "--pace", &o.pace },
						      { "--seconds", &o.seconds } };
	struct taken pace, flood;

	live_parse(
		&o.mews, numbers, ARRAY_LEN(numbers),
		"bench-live [--json] [-r RULES]... [-o KEY=VALUE]... [--rounds N] [--pace OPENS_A_SECOND] "
		"[--seconds N]",
		argc, argv);
	if (o.rounds == 0 || o.rounds > MAX_ROUNDS)
		o.rounds = 1;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		fprintf(stderr, "bench-live: two CPUs are needed, one for each side\n");
		return 3;
	}
	live_make_dir(&o.mews, "bench-live");
	measure_loops(&o);
	pace = measure_opens(&o, 1, o.pace);
	flood = measure_opens(&o, 2, 0);
	if (o.mews.json)
		print_json(&o, &pace, &flood);
	else
		print_table(&o, &pace, &flood);
	rmdir(o.mews.dir);
	return 0;
}
