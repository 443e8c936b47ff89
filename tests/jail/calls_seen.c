/* SPDX-License-Identifier: Apache-2.0
 *
 * calls_seen.c -- calls_seen FILE: while it runs, note each system call that a stage makes under its
 * filter; told to end (SIGTERM, SIGINT), write them to FILE, a line for each: program, number, the argument that
 * says what is done or -, how often, "made" or "refused".
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "calls_seen.h"
#include "calls_seen.skel.h"

static void write_call(FILE *f, const struct seen_call *call, uint64_t n)
{
	char arg[16] = "-";

	if (call->has_arg)
		snprintf(arg, sizeof(arg), "%u", call->arg);
	fprintf(f, "%.*s\t%u\t%s\t%llu\t%s\n", SEEN_NAME, call->name, call->nr, arg,
		(unsigned long long)n, call->is_refused ? "refused" : "made");
}

static int write_seen(FILE *f, int map)
{
	struct seen_call call, *before = NULL, last;
	uint64_t n;

	while (bpf_map_get_next_key(map, before, &call) == 0) {
		if (bpf_map_lookup_elem(map, &call, &n) == 0)
			write_call(f, &call, n);
		last = call;
		before = &last;
	}
	return ferror(f) ? -EIO : 0;
}

int main(int argc, char **argv)
{
	struct calls_seen *skel;
	sigset_t ends;
	FILE *f;
	int sig, err;

	if (argc != 2) {
		fprintf(stderr, "usage: calls_seen FILE\n");
		return 2;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	skel = calls_seen__open_and_load();
	if (skel == NULL || calls_seen__attach(skel) < 0) {
		fprintf(stderr, "calls_seen: cannot watch: %s\n", strerror(errno));
		return 3;
	}
	f = fopen(argv[1], "we");
	if (f == NULL) {
		fprintf(stderr, "calls_seen: cannot write '%s': %s\n", argv[1], strerror(errno));
		return 3;
	}
	sigwait(&ends, &sig);
	err = write_seen(f, bpf_map__fd(skel->maps.seen));
	calls_seen__destroy(skel);
	return fclose(f) == 0 && err == 0 ? 0 : 1;
}
