/* SPDX-License-Identifier: Apache-2.0
 *
 * test_coverage.c -- every event that a current Falco's probe makes is made here: each
 * row of the tables of events and of system calls has a program that makes its event,
 * or a reason stands below.  With the shared tables, ours are held against them row by
 * row.  -v lists every system call with its numbers and its event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/tap_kit.h"
#include "event.h"
#include "wants.h"

/* What Falco's probe makes and this does not, and why. */
static const struct {
	unsigned code;
	const char *reason;
} left_out[] = {
	{ EVENT_SYSCALL_OPEN_E, "state only, never seen by rules: the file is known by itself" },
	{ EVENT_SYSCALL_CREAT_E, "state only, never seen by rules: the file is known by itself" },
	{ EVENT_SYSCALL_OPENAT_2_E,
	  "state only, never seen by rules: the file is known by itself" },
	{ EVENT_SYSCALL_OPENAT2_E, "state only, never seen by rules: the file is known by itself" },
	{ EVENT_SOCKET_CONNECT_E,
	  "state only, never seen by rules: the socket is known by itself" },
	{ EVENT_DROP_E, "sampling, which there is none of" },
	{ EVENT_DROP_X, "sampling, which there is none of" },
	{ EVENT_CPU_HOTPLUG_E, "made by Falco's kernel module alone" },
};

static const char *reason_of(unsigned code)
{
	for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
		if (left_out[i].code == code)
			return left_out[i].reason;
	return NULL;
}

/* Events that a program of its own makes, at a trace point. */
static bool is_traced(unsigned code)
{
	static const unsigned traced[] = {
		EVENT_PROCEXIT_1_E,
#define TRACE(event, program) EVENT_##event,
#include "family.def"
#undef TRACE
	};

	for (size_t i = 0; i < ARRAY_LEN(traced); i++)
		if (traced[i] == code)
			return true;
	return false;
}

/* Does a driver of Falco's make it: no plugin, and nothing in user space? */
static bool is_drivers(unsigned code, const struct event_info *info)
{
	return info->generated == GENERATED_NOW &&
	       (info->source == ES_SYSCALL || reason_of(code) != NULL);
}

static void check_events(void)
{
	char text[256];

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);
		bool made = wants_can(code) || is_traced(code);

		if (!is_drivers(code, info))
			continue;
		snprintf(text, sizeof(text), "%s (%u) is %s%s", info->name, code,
			 made ? "made" : "left out: ", made ? "" : reason_of(code) ?: "nobody says why");
		check(made || reason_of(code) != NULL, "%s", text);
		if (made && reason_of(code) != NULL)
			check(false, "and no reason is given for leaving it out");
	}
}

/* ---- system calls ---- */

struct listing {
	char numbers[64];
	bool narrow;
	unsigned code;
};

/* How the call SC comes in by its 32-bit numbers. */
static void list_narrow(const struct wants *w, unsigned sc, struct listing *l)
{
	for (unsigned i = 0; i < NARROW_COUNT; i++) {
		size_t n = strlen(l->numbers);

		if (w->narrow[i].sc != sc || !(w->narrow[i].flags & WANTED_YES))
			continue;
		l->narrow = true;
		l->code = w->narrow[i].code;
		snprintf(l->numbers + n, sizeof(l->numbers) - n, " %s %u",
			 i < NARROW_X32		 ? "32-bit"
			 : i < NARROW_SOCKETCALL ? "x32"
						 : "socketcall",
			 i < NARROW_SOCKETCALL ? i : i - NARROW_SOCKETCALL);
	}
}

/* Calls that x86-64 and arm64 have not, natively or for 32-bit programs. */
static bool is_others(const struct syscall_info *info, const struct listing *l)
{
	return info->x86_64_nr < 0 && info->aarch64_nr < 0 && !l->narrow;
}

static void check_calls(bool verbose)
{
	struct selection all = { 0 };
	unsigned seen = 0, missing = 0;
	struct wants w;
	char text[128];

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		selection_add(&all, code);
	wants_fill(&w, &all);
	for (unsigned sc = 1; sc < SC_COUNT; sc++) {
		const struct syscall_info *info = syscall_info(sc);
		struct listing l = { .code = info == NULL ? 0 : info->exit_event };
		bool covered;

		if (info == NULL || info->name == NULL)
			continue;
		list_narrow(&w, sc, &l);
		covered = wants_can(l.code) || is_traced(l.code);
		if (is_others(info, &l) && !is_traced(l.code)) {
			if (verbose)
				printf("# %-26s not on this architecture or its kin\n", info->name);
			continue;
		}
		seen++;
		missing += !covered;
		if (!covered)
			printf("# %s makes %s, which nothing makes here\n", info->name,
			       event_info(l.code)->name);
		else if (verbose)
			printf("# %-26s x86-64 %3d arm64 %3d%s: %s\n", info->name, info->x86_64_nr,
			       info->aarch64_nr, l.numbers, event_info(l.code)->name);
	}
	for (unsigned nr = 0; nr < WANTED_COUNT; nr++)
		if ((w.native[nr].flags & WANTED_YES) && w.native[nr].family >= FAMILY_COUNT)
			missing++;
	snprintf(text, sizeof(text), "%u system calls, %u of them without a program", seen,
		 missing);
	check(missing == 0 && seen > 350, "%s", text);
}

/* ---- against the shared table ---- */

/* The next field of a line of tab-separated ones. */
static char *field(char **line)
{
	return strsep(line, "\t\n");
}

static bool row_matches(char *line)
{
	unsigned sc = (unsigned)strtoul(field(&line), NULL, 10);
	const struct syscall_info *info = syscall_info(sc);
	const char *name, *x86, *arm, *event;
	char made[64];

	field(&line);
	name = field(&line);
	x86 = field(&line);
	arm = field(&line);
	field(&line);
	event = field(&line);
	if (info == NULL || event == NULL || strcmp(info->name, name) != 0)
		return false;
	if (info->x86_64_nr != (*x86 == '-' ? -1 : atoi(x86)) ||
	    info->aarch64_nr != (*arm == '-' ? -1 : atoi(arm)))
		return false;
	if (*event == '-') /* not said */
		return true;
	switch (info->exit_event) {
#define EVENT(code, sym, ...)                                                                      \
	case code:                                                                                 \
		snprintf(made, sizeof(made), "PPME_%s", #sym);                                     \
		break;
#include "event.def"
#undef EVENT
	default:
		return false;
	}
	return strcmp(made, event) == 0;
}

static void check_against_shared(void)
{
	const char *cases = getenv("MEWS_CASES");
	unsigned rows = 0, others = 0;
	char path[4096], line[1024], text[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/../syscalls.tsv", cases == NULL ? "/nonexistent" : cases);
	f = fopen(path, "r");
	if (f == NULL) {
		skipped("the table of system calls is the shared one", "the table is not there");
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		char copy[1024];

		if (strncmp(line, "ppm_sc_code", 11) == 0)
			continue;
		memcpy(copy, line, sizeof(copy));
		rows++;
		if (!row_matches(copy)) {
			others++;
			printf("# differs: %s", line);
		}
	}
	fclose(f);
	snprintf(text, sizeof(text),
		 "the table of system calls is the shared one: %u rows, %u differ", rows, others);
	check(rows > 400 && others == 0, "%s", text);
}

int main(int argc, char **argv)
{
	check_events();
	check_calls(argc > 1 && strcmp(argv[1], "-v") == 0);
	check_against_shared();
	return tests_end();
}
