/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_syscalls.c -- what the kernel side adds to a system call, in ns: loops of
 * getppid (nobody wants it), open+close and fork+exit, without it, with it and
 * nothing wanted, and with the events wanted.  Rounds of the three take turns and
 * the best of each counts, for the machine may be shared.  The records are taken
 * out between rounds; a round fits into the buffer, or the losses are shown.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"

enum { ROUNDS = 12, SETTINGS = 3 };

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
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

static const struct {
	const char *name;
	void (*run)(int n);
	int n;
} loops[] = {
	{ "getppid", loop_getppid, 100000 },
	{ "open+close", loop_open, 20000 },
	{ "write 10 bytes", loop_write, 20000 },
};

int main(void)
{
	static double best[ARRAY_LEN(loops)][SETTINGS];
	static const char *const settings[SETTINGS] = { "without", "not wanted", "wanted" };
	uint64_t lost = 0, seen = 0;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	rig_set_buffer(16 << 20);
	for (int round = 0; round < ROUNDS; round++) {
		for (int s = 0; s < SETTINGS; s++) {
			struct rig *rig = NULL;
			char reason[200];

			if (s > 0 && (rig = rig_open(reason, sizeof(reason))) == NULL) {
				printf("1..0 # SKIP %s\n", reason);
				return 0;
			}
			if (s > 1) {
				rig_want(rig, EVENT_SYSCALL_OPENAT_2_X);
				rig_want(rig, EVENT_SYSCALL_CLOSE_X);
				rig_want(rig, EVENT_SYSCALL_WRITE_X);
			}
			for (size_t l = 0; l < ARRAY_LEN(loops); l++) {
				double start = now_ns(), ns;

				loops[l].run(loops[l].n);
				ns = (now_ns() - start) / loops[l].n;
				if (best[l][s] == 0 || ns < best[l][s])
					best[l][s] = ns;
				if (rig != NULL) {
					rig_collect(rig);
					rig_clear(rig);
				}
			}
			if (s > 1) {
				lost += rig_counts(rig, EVENT_SYSCALL_OPENAT_2_X).lost;
				seen += rig_counts(rig, EVENT_SYSCALL_OPENAT_2_X).seen;
			}
			rig_close(rig);
		}
	}
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
	printf("openat seen %llu, lost %llu\n", (unsigned long long)seen, (unsigned long long)lost);
	return 0;
}
