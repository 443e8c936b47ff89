/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_start.c -- a new process for a stage: the words of its command line, and what it is given.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "playback.h"
#include "spawn_stage.h"
#include "supervisor_core.h"

#define OWN_ARGS  (8 + PLAYBACK_WORDS)
#define NAME_SIZE 16

/* A command line; the arrays are where its words are written. */
struct words {
	char path[4096], self[NAME_SIZE], supply[NAME_SIZE];
	char **argv;
};

static bool make_words(struct supervisor *sv, const struct child *c, struct words *w)
{
	unsigned n = 0;

	w->argv = calloc(sv->p->nargs + OWN_ARGS, sizeof(*w->argv));
	if (w->argv == NULL)
		return false;
	snprintf(w->path, sizeof(w->path), "%s/%s", sv->p->bin_dir, c->stage->program);
	snprintf(w->self, sizeof(w->self), "%d", (int)getpid());
	w->argv[n++] = (char *)(uintptr_t)c->stage->program;
	for (unsigned i = 0; i < sv->p->nargs; i++)
		w->argv[n++] = (char *)(uintptr_t)sv->p->args[i];
	if (sv->p->playback != NULL) {
		const char *words[PLAYBACK_WORDS];
		unsigned nwords = playback_words(sv->p->playback, c->stage->id, words);

		for (unsigned i = 0; i < nwords; i++)
			w->argv[n++] = (char *)(uintptr_t)words[i];
	}
	if (w->supply[0] != '\0') {
		w->argv[n++] = (char *)(uintptr_t) "--supply";
		w->argv[n++] = w->supply;
	}
	w->argv[n++] = (char *)(uintptr_t) "--run-dir";
	w->argv[n++] = (char *)(uintptr_t)sv->p->run_dir;
	w->argv[n++] = (char *)(uintptr_t) "--supervisor";
	w->argv[n++] = w->self;
	return true;
}

static pid_t start(struct supervisor *sv, struct child *c)
{
	const struct playback *pb = sv->p->playback;
	struct words w = { .path = "" };
	struct spawn s = {
		.path = w.path,
		.notify_name = sv->notify_name,
		.out = c->stage->out == PLAN_STDOUT_NONE ? -1
		       : pb != NULL			 ? pb->out.out
							 : STDOUT_FILENO,
		.supply = supervisor_open_supply(sv, c),
		/* A replay that starts over has all of it again, from the beginning. */
		.store = pb != NULL ? NULL : &c->store,
		.renice = pb == NULL,
		.nice = c->stage->nice,
	};
	pid_t pid = -ENOMEM;

	if (s.supply != -1)
		snprintf(w.supply, sizeof(w.supply), "%d", spawn_supply_number(&s));
	if ((s.supply != -1 || sv->p->launch == NULL) && make_words(sv, c, &w)) {
		s.argv = w.argv;
		pid = spawn_start(&s);
	}
	if (s.supply != -1)
		close(s.supply);
	free(w.argv);
	return pid;
}

void supervisor_start(struct supervisor *sv, struct child *c, struct mono now)
{
	pid_t pid = start(sv, c);

	plan_started(&c->life, now);
	c->asked = c->ready = c->done = false;
	c->due = c->kill_at = never();
	if (pid > 0) {
		c->pid = pid;
		c->state = SUPERVISED_STARTING;
		return;
	}
	log_error("cannot start %s: no process or memory, trying again", c->stage->program);
	c->due = mono_after(now, NS_PER_SEC);
}
