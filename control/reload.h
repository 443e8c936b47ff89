/* SPDX-License-Identifier: Apache-2.0
 *
 * reload.h -- other settings and rules while the pipeline runs, all or nothing:
 *
 *   gather    a process reads and checks all files; what is wrong ends it here
 *   evaluator it gets the bundle and compiles; it takes over, or refuses and that ends it
 *   follow    the other stages get it; those whose settings differ start again with it, and if
 *             one does not, all go back to what was in force before
 *
 * What is in force is a bundle in memory: a stage that dies starts again with that,
 * whatever has become of the files.  Shell; the supervisor has one.
 */
#ifndef MEWS_RELOAD_H
#define MEWS_RELOAD_H

#include "clock.h"
#include "conf_change.h"
#include "control.h"
#include "launch.h"
#include "supply.h"

/* What the supervisor does for it. */
struct reload_ops {
	/* Send to a stage's process; false: there is none, or it cannot be reached. */
	bool (*tell)(void *ctx, enum stage_id stage, enum supply_kind kind, int fd,
		     const char *text);
	/* End it, if it runs, so that it starts again; false: it does not run. */
	bool (*restart)(void *ctx, enum stage_id stage);
};

enum reload_state { RELOAD_IDLE, RELOAD_GATHER, RELOAD_EVALUATOR, RELOAD_FOLLOW };

struct reload {
	const struct reload_ops *ops;
	void *ctx;
	const struct launch *launch;
	struct watch *watch; /* NULL: none */

	/* in force */
	int fd;
	struct conf conf;

	enum reload_state state;
	struct mono due; /* of the next one; ns 0: none */
	bool by_watch;	 /* it is asked for because files changed: nothing is done if nothing did */
	pid_t gatherer;	 /* 0: none */
	int gather_fd;	 /* -1: none */

	/* what is to be in force, RELOAD_EVALUATOR; what was, RELOAD_FOLLOW */
	int other_fd;
	struct conf other;
	struct conf_change change;
	unsigned awaited; /* a bit per stage that has to come back */
	unsigned owed;	  /* bundles that the evaluator has not yet said anything of */
	char by_hand[256], said[SUPPLY_TEXT_MAX];

	/* the last one that was begun */
	unsigned ticket;
	int result;
	char text[sizeof(((struct control_answer *)NULL)->text)];
};

/* FD and CONF, which are in force, are R's now. */
int reload_init(struct reload *r, const struct reload_ops *ops, void *ctx,
		const struct launch *launch, int fd, const struct conf *conf);
void reload_release(struct reload *r);

/* Somebody wants one: at once, or in a moment when files changed. */
void reload_ask(struct reload *r, struct mono at);

/* CONTROL_RELOAD: without a ticket it begins; with one, how it went. */
void reload_answer(struct reload *r, const char *ticket, struct control_answer *ret);

/* What is due, and what came; when there is something to do next, ns UINT64_MAX: when something comes. */
struct mono reload_step(struct reload *r, struct mono now);

/* A stage says what came of its bundle. */
void reload_heard(struct reload *r, enum stage_id stage, const struct supply_message *m);

/* A stage is ready. */
void reload_ready(struct reload *r, enum stage_id stage);

/* A stage has ended, for good if FINAL.  True: that is the reload's doing and all goes back; it is to
 * start again. */
bool reload_ended(struct reload *r, enum stage_id stage, bool final);

#endif
