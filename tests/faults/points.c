/* SPDX-License-Identifier: Apache-2.0
 *
 * points.c -- see points.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "points.h"

/* Of the sanitizer that the program is linked with. */
int __lsan_do_recoverable_leak_check(void);

enum { PHASE = 1, LEAKED = 101, WRONG = 102, SECONDS = 60, FIRST_CALLS = 2, SHOWN = 12 };

struct tally {
	unsigned points, sites, bad, unfired, gave_up;
};

__attribute__((noinline)) static void in_child(const struct scenario *s)
{
	int result;

	alarm(SECONDS);
	atomic_store(&fault_page->phase, PHASE);
	result = s->run(s->ctx);
	atomic_store(&fault_page->phase, 0);
	if (result != 0 && (atomic_load(&fault_page->fired) == 0 ||
			    !(s->allows != NULL ? s->allows(result) : result == -ENOMEM))) {
		fprintf(stderr, "# %s: result %d\n", s->name, result);
		_exit(WRONG);
	}
	if (__lsan_do_recoverable_leak_check() != 0)
		_exit(LEAKED);
	_exit(result == 0 ? 0 : 1);
}

void points_give_up(void)
{
	_exit(atomic_load(&fault_page->fired) > 0 ? 1 : WRONG);
}

/* How the child ended: NULL, it did well. */
static const char *run_once(const struct scenario *s, struct tally *t)
{
	static char text[64];
	pid_t pid;
	int status;

	atomic_store(&fault_page->at_site, 0);
	atomic_store(&fault_page->fired, 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		in_child(s);
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return "cannot be run";
	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "%s",
			 WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
		return text;
	}
	if (WEXITSTATUS(status) == 1)
		t->gave_up++;
	switch (WEXITSTATUS(status)) {
	case 0:
	case 1:
		return NULL;
	case LEAKED:
		return "leaks";
	case WRONG:
		return "goes wrong";
	default:
		return "is ended by a sanitizer";
	}
}

static void try_point(const struct scenario *s, const struct fault_site *site, unsigned nth,
		      const struct points_options *o, struct tally *t)
{
	const char *how;

	fault_page->plan = (struct fault_plan){ .site = atomic_load(&site->name),
						.nth = nth,
						.error = (uint32_t)fault_row_error(site->row, 0) };
	t->points++;
	how = run_once(s, t);
	if (atomic_load(&fault_page->fired) == 0)
		t->unfired++;
	if (how == NULL || ++t->bad > SHOWN)
		return;
	fprintf(stderr, "# %s %s when call %u fails: ", s->name, how, nth + 1);
	fault_site_print(site, o->program, stderr);
	fprintf(stderr, "\n");
}

/* Calls of one site: the first ones, and with each further doubling one. */
static bool is_tried(unsigned nth)
{
	return nth < FIRST_CALLS || (nth & (nth - 1)) == 0;
}

bool points_try(const struct scenario *s, const struct points_options *o)
{
	static unsigned number;
	static struct fault_site seen[FAULT_SITES];
	struct tally t = { 0 };
	const char *how;

	memset(fault_page, 0, sizeof(*fault_page));
	fault_page->root = (uintptr_t)in_child;
	how = run_once(s, &t);
	memcpy(seen, fault_page->sites, sizeof(seen));
	for (unsigned i = 0; how == NULL && i < FAULT_SITES; i++) {
		unsigned count = atomic_load(&seen[i].count);

		t.sites += count > 0;
		for (unsigned k = 0; k < count; k++)
			if (is_tried(k) && (unsigned)random() % 100 < o->share)
				try_point(s, &seen[i], k, o, &t);
	}
	printf("%sok %u - %s: %s%u points at %u sites, %u ended it with an error\n",
	       how != NULL || t.bad > 0 || t.sites == 0 || t.unfired > 1 + t.points / 10 ? "not "
											 : "",
	       ++number, s->name, how != NULL ? how : "", t.points, t.sites, t.gave_up);
	if (t.unfired > 0)
		printf("# of these %u did not come about\n", t.unfired);
	if (t.bad > SHOWN)
		printf("# and %u more\n", t.bad - SHOWN);
	fflush(stdout);
	return how == NULL && t.bad == 0;
}

int points_options(int argc, char **argv, struct points_options *ret)
{
	unsigned seed = (unsigned)time(NULL);
	int at = 1, fd;

	*ret = (struct points_options){ .program = argv[0], .share = 100 };
	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		unsigned value = (unsigned)strtoul(argv[at + 1], NULL, 10);

		if (strcmp(argv[at], "--share") == 0)
			ret->share = value;
		else if (strcmp(argv[at], "--seed") == 0)
			seed = value;
	}
	srandom(seed);
	fault_page = fault_page_new(&fd);
	if (fault_page == NULL) {
		perror(argv[0]);
		exit(EXIT_FAILURE);
	}
	printf("# seed %u, %u points of 100\n", seed, ret->share);
	return at;
}
