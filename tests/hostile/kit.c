/* SPDX-License-Identifier: Apache-2.0
 *
 * kit.c -- see kit.h.
 */
#include "kit.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "clock.h"
#include "jail.h"
#include "reader.h"
#include "span.h"
#include "squatter.h"
#include "writer.h"

_Atomic uint64_t deeds[DEED_COUNT];
const char *twin_run_dir;
enum stage_id twin_self;

static struct mono over;

static const char *const deed_names[] = {
	"called",   "taken",	"attached", "frames", "read",  "mutations",
	"messages", "requests", "answers",  "asked",  "files",
};
_Static_assert(ARRAY_LEN(deed_names) == DEED_COUNT, "a name for each");

bool twin_goes_on(void)
{
	return mono_now().ns < over.ns;
}

void twin_rest(unsigned us)
{
	struct timespec ts = { us / 1000000, (long)(us % 1000000) * 1000 };

	if (twin_goes_on())
		nanosleep(&ts, NULL);
}

/* ---- chance ---- */

static _Thread_local uint64_t state;

void chance_seed(uint64_t seed)
{
	state = seed;
}

/* splitmix64 */
uint64_t chance(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t chance_below(uint64_t n)
{
	return n == 0 ? 0 : chance() % n;
}

bool one_in(unsigned n)
{
	return chance_below(n) == 0;
}

uint64_t chance_word(void)
{
	switch (chance_below(8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return chance();
	case 3:
		return (UINT64_C(1) << chance_below(64)) - 1;
	case 4:
		return UINT64_C(1) << chance_below(64);
	case 5:
		return 0 - chance_below(4096);
	default:
		return chance_below(4096);
	}
}

void chance_fill(void *p, size_t n)
{
	uint8_t *at = p;

	for (uint64_t r = 0; n > 0; n--, r >>= 8) {
		if (r == 0)
			r = chance();
		*at++ = (uint8_t)r;
	}
}

/* ---- the process ---- */

/* Who it is, for good; it keeps none of root's rights. */
static int become(enum stage_id stage)
{
	struct jail_identity id = jail_identity(stage);

	if (setgroups(1, &id.gid) == -1 || setresgid(id.gid, id.gid, id.gid) == -1 ||
	    setresuid(id.uid, id.uid, id.uid) == -1)
		return -errno;
	return 0;
}

/* As many descriptors as there are to be had: floods need them. */
static void take_descriptors(void)
{
	struct rlimit open;

	if (getrlimit(RLIMIT_NOFILE, &open) == 0) {
		open.rlim_cur = open.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &open);
	}
}

struct part {
	void (*run)(const struct twin *t, unsigned which);
	const struct twin *t;
	unsigned which;
	uint64_t seed;
	pthread_t thread;
};

static void *run_part(void *arg)
{
	const struct part *p = arg;

	chance_seed(p->seed);
	p->run(p->t, p->which);
	return NULL;
}

static void scribble(const struct twin *t, unsigned which)
{
	(void)which;
	while (twin_goes_on()) {
		t->scribble();
		did(DEED_FILES, 1);
		twin_rest(20000);
	}
}

enum { PARTS_MAX = 16 };

static unsigned list_parts(const struct twin *t, struct part *parts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(t->writes); i++)
		if (t->writes[i].ring != NULL)
			parts[n++] = (struct part){ .run = writer_run, .t = t, .which = i };
	for (unsigned i = 0; i < ARRAY_LEN(t->reads); i++)
		if (t->reads[i].ring != NULL)
			parts[n++] = (struct part){ .run = reader_run, .t = t, .which = i };
	parts[n++] = (struct part){ .run = caller_run, .t = t };
	parts[n++] = (struct part){ .run = caller_run_doors, .t = t };
	parts[n++] = (struct part){ .run = squatter_run, .t = t };
	if (t->scribble != NULL)
		parts[n++] = (struct part){ .run = scribble, .t = t };
	return n;
}

static void print_deeds(const struct twin *t, uint64_t seed)
{
	printf("twin %s seed %" PRIu64, stage_name(t->self), seed);
	for (unsigned i = 0; i < DEED_COUNT; i++)
		printf(" %s %" PRIu64, deed_names[i], atomic_load(&deeds[i]));
	printf("\n");
}

int twin_main(const struct twin *t, int argc, char **argv)
{
	static struct part parts[PARTS_MAX];
	uint64_t seed;
	unsigned n;
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: %s RUN_DIR SECONDS [SEED]\n", argv[0]);
		return 2;
	}
	twin_run_dir = argv[1];
	twin_self = t->self;
	over = mono_after(mono_now(), strtoull(argv[2], NULL, 10) * NS_PER_SEC);
	seed = argc > 3 ? strtoull(argv[3], NULL, 10) : mono_now().ns;
	fprintf(stderr, "twin %s seed %" PRIu64 "\n", stage_name(t->self), seed);
	signal(SIGPIPE, SIG_IGN);
	take_descriptors();
	err = become(t->self);
	if (err < 0) {
		fprintf(stderr, "cannot be mews-%s: %s\n", stage_name(t->self), strerror(-err));
		return 1;
	}
	n = list_parts(t, parts);
	for (unsigned i = 0; i < n; i++) {
		parts[i].seed = seed + i * 1000003;
		if (pthread_create(&parts[i].thread, NULL, run_part, &parts[i]) != 0)
			return 1;
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(parts[i].thread, NULL);
	print_deeds(t, seed);
	return 0;
}
