/* SPDX-License-Identifier: Apache-2.0
 *
 * vigil.c -- RUN_DIR SECONDS PID:STAGE...: asks each stage how it is, again and again while it is attacked,
 * and says at the end for each: how often it was asked, how often it answered, the longest time that it
 * went without an answer (ms), the most memory of its own that it had (KiB), and how much of what it was told
 * it refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "rundir.h"

#define PATIENCE_NS (10 * NS_PER_SEC)
#define MAX_WATCHED 8

struct watched {
	const char *name;
	pid_t pid;
	uint64_t asked, answered, worst_ns, most_kb, refused;
	struct mono answered_at;
};

/* Memory of the process alone: rings are their writers'. */
static uint64_t own_memory_kb(pid_t pid)
{
	char path[64], line[128];
	uint64_t kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "RssAnon: %" SCNu64, &kb) == 1)
			break;
	fclose(f);
	return kb;
}

/* Of rings and messages, and of what stood in them. */
static uint64_t count_refused(const struct stage_status *s)
{
	const struct counter_info *rows;
	uint64_t sum = 0;
	unsigned n;

	rows = counter_rows(s->stage, &n);
	for (unsigned i = 0; i < n; i++)
		if (strstr(rows[i].name, "refused") != NULL)
			sum += s->counts.v[i];
	for (unsigned i = 0; i < s->nrings; i++)
		sum += s->rings[i].refused;
	return sum;
}

static void ask(const char *run_dir, struct watched *w)
{
	static struct control_answer answer;
	struct control_request req = { .kind = CONTROL_STATUS };
	char path[RUN_DIR_PATH_MAX];
	uint64_t kb = own_memory_kb(w->pid), silent;

	run_dir_path(path, run_dir, w->name, ".ctl");
	w->asked++;
	if (control_ask(path, &req, PATIENCE_NS, &answer) == 0 && answer.has_status) {
		w->answered++;
		w->refused = count_refused(&answer.status);
		silent = mono_since(w->answered_at, mono_now());
		w->answered_at = mono_now();
	} else {
		silent = mono_since(w->answered_at, mono_now());
	}
	if (silent > w->worst_ns)
		w->worst_ns = silent;
	if (kb > w->most_kb)
		w->most_kb = kb;
}

int main(int argc, char **argv)
{
	struct watched all[MAX_WATCHED] = { 0 };
	unsigned n = 0;
	struct mono end;

	if (argc < 4)
		return 2;
	for (int i = 3; i < argc && n < MAX_WATCHED; i++) {
		char *colon = strchr(argv[i], ':');

		if (colon == NULL)
			return 2;
		all[n++] = (struct watched){ .name = colon + 1,
					     .pid = (pid_t)strtol(argv[i], NULL, 10),
					     .answered_at = mono_now() };
	}
	end = mono_after(mono_now(), strtoull(argv[2], NULL, 10) * NS_PER_SEC);
	while (mono_now().ns < end.ns) {
		for (unsigned i = 0; i < n; i++)
			ask(argv[1], &all[i]);
		usleep(100000);
	}
	for (unsigned i = 0; i < n; i++)
		printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		       all[i].name, all[i].asked, all[i].answered, all[i].worst_ns / NS_PER_MSEC,
		       all[i].most_kb, all[i].refused);
	return 0;
}
