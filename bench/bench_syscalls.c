/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_syscalls.c -- what the kernel side adds to a system call, in ns: loops of
 * getppid (nobody wants it), open+close, a connection to oneself and a write of 10
 * bytes, without it, with it and nothing wanted, with what the state is made of
 * wanted, as with most rules, and with all that the loops do.  Each is cut into parts of
 * a millisecond and the best part counts, for the machine may be shared.  The
 * records are taken out between the parts.
 *
 * Then what the call costs that nobody wants with an empty program in the place of ours, and with ours: rounds of
 * without, the one, and the other, and the median of what each adds to its round.
 *
 * Last what the records alone cost: parts without and with, by turns, in CPU time of this thread, and
 * the median of the differences of two that follow each other.  What else happens on the
 * machine, and how fast its host is just then, is the same for both.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "empty_program.h"
#include "rig.h"

enum { ROUNDS = 4, PARTS = 100, SETTINGS = 4, PAIRS = 400, FLOOR_ROUNDS = 12 };

static double clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void loop_getppid(int n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
}

static void loop_open(int n)
{
	while (n-- > 0)
		close(open("/etc/passwd", O_RDONLY));
}

static void loop_write(int n)
{
	int fd = open("/dev/null", O_WRONLY);

	while (n-- > 0)
		if (write(fd, "0123456789", 10) < 0)
			abort();
	close(fd);
}

static void loop_connect(int n)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct linger gone = { 1, 0 }; /* leave no port behind */
	socklen_t len = sizeof(addr);
	int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(door, (struct sockaddr *)&addr, len) == -1 || listen(door, 8) == -1 ||
	    getsockname(door, (struct sockaddr *)&addr, &len) == -1)
		abort();
	while (n-- > 0) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), in;

		if (connect(fd, (struct sockaddr *)&addr, len) == -1)
			abort();
		in = accept4(door, NULL, NULL, SOCK_CLOEXEC);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &gone, sizeof(gone));
		close(fd);
		close(in);
	}
	close(door);
}

static const struct {
	const char *name;
	void (*run)(int n);
	int turns; /* of a part */
} loops[] = {
	{ "getppid", loop_getppid, 2000 },
	{ "open_close", loop_open, 500 },
	{ "connect", loop_connect, 40 },
	{ "write", loop_write, 2000 },
};

static double best[ARRAY_LEN(loops)][SETTINGS];
static const char *const settings[SETTINGS] = { "without", "not_wanted", "state", "wanted" };

/* All loops once under setting S; false if the rig cannot be opened. */
static bool measure(int s, char *reason, size_t cap, uint64_t *lost)
{
	struct rig *rig = NULL;

	if (s > 0 && (rig = rig_open(reason, cap)) == NULL)
		return false;
	if (s == 2)
		rig_want_state(rig);
	if (s > 2) {
		rig_want(rig, EVENT_SOCKET_SOCKET_X);
		rig_want(rig, EVENT_SOCKET_CONNECT_X);
		rig_want(rig, EVENT_SOCKET_ACCEPT4_6_X);
		rig_want(rig, EVENT_SOCKET_SETSOCKOPT_X);
		rig_want(rig, EVENT_SYSCALL_OPENAT_2_X);
		rig_want(rig, EVENT_SYSCALL_CLOSE_X);
		rig_want(rig, EVENT_SYSCALL_WRITE_X);
	}
	for (size_t l = 0; l < ARRAY_LEN(loops); l++) {
		for (int part = 0; part < PARTS; part++) {
			double start = now_ns(), ns;

			loops[l].run(loops[l].turns);
			ns = (now_ns() - start) / loops[l].turns;
			if (best[l][s] == 0 || ns < best[l][s])
				best[l][s] = ns;
			if (rig != NULL) {
				rig_collect(rig);
				rig_clear(rig);
			}
		}
	}
	if (s > 1)
		*lost += rig_counts(rig, EVENT_SYSCALL_OPENAT_2_X).lost;
	rig_close(rig);
	return true;
}

/* Medians. */
static double record_ns[ARRAY_LEN(loops)], base_ns[ARRAY_LEN(loops)], muted_ns;

static double cpu_ns_of_part(size_t l)
{
	double start = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	loops[l].run(loops[l].turns);
	return (clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / loops[l].turns;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static double median(double *v)
{
	return median_of(v, PAIRS);
}

/* ---- the kernel's own way ---- */

static double floor_ns, floor_empty_ns, floor_ours_ns;

static double getppid_ns(void)
{
	double parts[PARTS];

	for (int i = 0; i < PARTS; i++)
		parts[i] = cpu_ns_of_part(0);
	return median_of(parts, PARTS);
}

static bool measure_floor(char *reason, size_t cap)
{
	static double without[FLOOR_ROUNDS], empty[FLOOR_ROUNDS], ours[FLOOR_ROUNDS];

	for (int round = 0; round < FLOOR_ROUNDS; round++) {
		struct rig *rig;
		int link;

		without[round] = getppid_ns();
		link = empty_program_attach();
		if (link < 0) {
			snprintf(reason, cap, "an empty program cannot be attached");
			return false;
		}
		empty[round] = getppid_ns() - without[round];
		close(link);
		rig = rig_open(reason, cap);
		if (rig == NULL)
			return false;
		ours[round] = getppid_ns() - without[round];
		rig_close(rig);
	}
	floor_ns = median_of(without, FLOOR_ROUNDS);
	floor_empty_ns = median_of(empty, FLOOR_ROUNDS);
	floor_ours_ns = median_of(ours, FLOOR_ROUNDS);
	return true;
}

/* All opens like those that LOOP makes are muted. */
static void mute_loop(struct rig *rig, size_t loop)
{
	rig_muting(rig, true);
	rig_want_state(rig);
	loops[loop].run(1);
	rig_collect(rig);
	for (unsigned i = 0; i < rig_count(rig); i++)
		if (rig_get(rig, i)->head.mute != 0)
			rig_mute(rig, rig_get(rig, i));
	rig_clear(rig);
}

/* What an open costs that is muted. */
static void measure_muted(struct rig *rig, size_t loop)
{
	static double more[PAIRS];

	mute_loop(rig, loop);
	for (int pair = 0; pair < PAIRS; pair++) {
		double without;

		rig_want_none(rig);
		loops[loop].run(1);
		without = cpu_ns_of_part(loop);
		rig_want_state(rig);
		loops[loop].run(1);
		more[pair] = cpu_ns_of_part(loop) - without;
	}
	muted_ns = median(more);
	rig_collect(rig);
	rig_clear(rig);
	rig_muting(rig, false);
}

static bool measure_records(char *reason, size_t cap)
{
	static double without[PAIRS], more[PAIRS];
	struct rig *rig = rig_open(reason, cap);

	if (rig == NULL)
		return false;
	for (size_t l = 0; l < ARRAY_LEN(loops); l++) {
		for (int pair = 0; pair < PAIRS; pair++) {
			rig_want_none(rig);
			loops[l].run(1);
			without[pair] = cpu_ns_of_part(l);
			rig_want_state(rig);
			loops[l].run(1);
			more[pair] = cpu_ns_of_part(l) - without[pair];
			rig_collect(rig);
			rig_clear(rig);
		}
		base_ns[l] = median(without);
		record_ns[l] = median(more);
		if (loops[l].run == loop_open)
			measure_muted(rig, l);
	}
	rig_close(rig);
	return true;
}

static void print_table(uint64_t lost)
{
	printf("%-16s", "ns per turn");
	for (int s = 0; s < SETTINGS; s++)
		printf("%12s", settings[s]);
	printf("%12s\n", "added");
	for (size_t l = 0; l < ARRAY_LEN(loops); l++) {
		printf("%-16s", loops[l].name);
		for (int s = 0; s < SETTINGS; s++)
			printf("%12.0f", best[l][s]);
		printf("%12.0f\n", best[l][SETTINGS - 1] - best[l][0]);
	}
	printf("lost %llu\n\n", (unsigned long long)lost);
	printf("getppid, which nobody wants: %.0f ns more with an empty program, %.0f with ours, on %.0f\n\n",
	       floor_empty_ns, floor_ours_ns, floor_ns);
	printf("what the records alone cost, CPU ns a turn, median of %d pairs\n", PAIRS);
	for (size_t l = 0; l < ARRAY_LEN(loops); l++)
		printf("%-16s%12.0f on %.0f\n", loops[l].name, record_ns[l], base_ns[l]);
	printf("%-16s%12.0f\n", "open_close muted", muted_ns);
}

static void print_json(uint64_t lost)
{
	printf("{\"lost\":%llu", (unsigned long long)lost);
	for (size_t l = 0; l < ARRAY_LEN(loops); l++) {
		printf(",\"%s\":{", loops[l].name);
		for (int s = 0; s < SETTINGS; s++)
			printf("%s\"%s_ns\":%.1f", s > 0 ? "," : "", settings[s], best[l][s]);
		printf(",\"records_ns\":%.1f,\"records_on_ns\":%.1f}", record_ns[l], base_ns[l]);
	}
	printf(",\"muted_ns\":%.1f,\"empty_program_ns\":%.1f,\"ours_ns\":%.1f,\"on_ns\":%.1f}\n",
	       muted_ns, floor_empty_ns, floor_ours_ns, floor_ns);
}

int main(int argc, char **argv)
{
	char reason[200];
	uint64_t lost = 0;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	rig_set_buffer(8 << 20);
	for (int round = 0; round < ROUNDS; round++)
		for (int s = 0; s < SETTINGS; s++)
			if (!measure(s, reason, sizeof(reason), &lost))
				goto fail;
	if (!measure_floor(reason, sizeof(reason)) || !measure_records(reason, sizeof(reason)))
		goto fail;
	if (argc > 1 && strcmp(argv[1], "--json") == 0)
		print_json(lost);
	else
		print_table(lost);
	return 0;
fail:
	fprintf(stderr, "cannot measure: %s\n", reason);
	return 1;
}
