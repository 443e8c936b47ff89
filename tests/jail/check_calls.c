/* SPDX-License-Identifier: Apache-2.0
 *
 * check_calls.c -- check_calls FILE: what the stages called while the tests ran (calls_seen's FILE) held
 * against what they may call (jail_calls.def).  TAP: nobody was refused a call, and nobody may
 * make one that he never made.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "../support/tap_kit.h"
#include "jail_rules.h"

enum { MAX_SEEN = 8192 };

struct seen {
	char program[16];
	unsigned nr, arg;
	bool has_arg, is_refused;
};

static struct seen seen[MAX_SEEN];
static unsigned nseen;

/* Rows of the table that run under this name. */
static const struct {
	const char *name;
	unsigned rows;
} programs[] = {
	{ "mews-collector", C | P }, { "mews-enricher", N }, { "mews-evaluator", V },
	{ "mews-emitter", M },	     { "mews-recorder", R },
};

static bool read_seen(const char *path)
{
	FILE *f = fopen(path, "re");
	char arg[16], word[16], line[128];

	if (f == NULL)
		return false;
	while (nseen < MAX_SEEN && fgets(line, sizeof(line), f) != NULL) {
		struct seen *s = &seen[nseen];

		if (sscanf(line, "%15s %u %15s %*u %15s", s->program, &s->nr, arg, word) != 4)
			continue;
		s->has_arg = arg[0] != '-';
		s->arg = (unsigned)strtoul(arg, NULL, 10);
		s->is_refused = strcmp(word, "refused") == 0;
		nseen++;
	}
	fclose(f);
	return nseen > 0;
}

static const char *name_of(unsigned nr)
{
	static char name[64];
	char *text = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);

	snprintf(name, sizeof(name), "%s", text == NULL ? "?" : text);
	free(text);
	return name;
}

static bool was_made(const char *program, const struct jail_rule *r)
{
	for (unsigned i = 0; i < nseen; i++) {
		const struct seen *s = &seen[i];

		if (!s->is_refused && (int)s->nr == r->nr && strcmp(s->program, program) == 0 &&
		    (r->arg == JAIL_ANY || !s->has_arg || (s->arg & r->mask) == r->value))
			return true;
	}
	return false;
}

static void look_for_unused(const char *program, unsigned rows)
{
	char what[128];
	unsigned unused = 0;

	for (unsigned i = 0; i < sizeof(jail_rules) / sizeof(jail_rules[0]); i++) {
		const struct jail_rule *r = &jail_rules[i];

		if ((r->rows & rows) == 0 || r->nr < 0 || r->is_rare || was_made(program, r))
			continue;
		printf("# %s never made %s (%d, %llu)\n", program, name_of((unsigned)r->nr), r->arg,
		       (unsigned long long)r->value);
		unused++;
	}
	snprintf(what, sizeof(what), "%s needs each call that it may make", program);
	check(unused == 0, "%s", what);
}

/* The C library names other threads by a file in /proc, and librdkafka looks for plug-ins of SASL: where
 * they cannot, they go without. */
static bool is_harmless(const struct seen *s)
{
	if ((int)s->nr == SCMP_SYS(mmap) && strcmp(s->program, "mews-emitter") == 0)
		return (s->arg & PROT_EXEC) != 0 && (s->arg & PROT_WRITE) == 0;
	return (int)s->nr == SCMP_SYS(openat) && (s->arg & O_ACCMODE) == O_RDWR &&
	       (s->arg & (O_CREAT | O_TRUNC)) == 0;
}

static void look_for_refused(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nseen; i++)
		if (seen[i].is_refused && !is_harmless(&seen[i])) {
			printf("# %s was refused %s (%u)\n", seen[i].program, name_of(seen[i].nr),
			       seen[i].arg);
			n++;
		}
	check(n == 0, "no stage was refused a call that it makes");
}

int main(int argc, char **argv)
{
	if (argc != 2 || !read_seen(argv[1])) {
		printf("ok 1 - system calls of the stages # SKIP nobody watched them\n1..1\n");
		return 0;
	}
	look_for_refused();
	for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		look_for_unused(programs[i].name, programs[i].rows);
	return tests_end();
}
