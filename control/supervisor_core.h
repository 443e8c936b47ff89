/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_core.h -- what the files of the supervisor share among themselves: nobody else includes it.
 *
 * A *child* is the place of a stage: its processes come and go, one at a time.  What to do when one of
 * them ends is decided in plan.c.
 */
#ifndef MEWS_SUPERVISOR_CORE_H
#define MEWS_SUPERVISOR_CORE_H

#include "control.h"
#include "fdstore.h"
#include "plan.h"
#include "reload.h"
#include "supervisor.h"

#define READY_NS (120 * NS_PER_SEC) /* the first start of all stages */
#define NEVER_NS UINT64_MAX

struct child {
	const struct plan_stage *stage;
	enum supervised_state state;
	struct plan_life life;
	pid_t pid;	      /* 0: none */
	bool asked;	      /* told to end */
	bool ready;	      /* in this life */
	bool done;	      /* a replay: said so in this life; with no pid, it is */
	struct mono due;      /* SUPERVISED_WAITING: when it starts */
	struct mono kill_at;  /* asked: when it is killed */
	int supply;	      /* our end of the socket by which it gets its settings; -1: none */
	struct fdstore store; /* what it has us keep for its successor */
};

struct supervisor {
	const struct supervisor_params *p;
	struct child child[PLAN_PROCESSES];
	struct reload reload; /* not of a replay */
	bool captures; /* the evaluator says that rules ask for them: the recorder is to run */
	struct control_server *control;
	int signal_fd, notify_fd, lock_fd;
	char notify_name[64]; /* as $NOTIFY_SOCKET has it */
	bool made_run_dir;
	bool complete;	     /* all stages were ready once */
	struct mono give_up; /* when the first start takes too long */
	bool stopping;
	int exit_code;
	int signal;	  /* that ended a replay */
	bool of_terminal; /* ends with its terminal: there was one, and no nohup */
};

static inline struct mono never(void)
{
	return (struct mono){ NEVER_NS };
}

/* The child of stage ID. */
static inline struct child *supervisor_child(struct supervisor *sv, enum stage_id id)
{
	unsigned i = 0;

	while (sv->child[i].stage->id != id)
		i++;
	return &sv->child[i];
}

/* ---- supervisor_dir.c ---- */

int supervisor_take_dir(struct supervisor *sv); /* an exit code */
void supervisor_leave_dir(struct supervisor *sv);

/* ---- supervisor_start.c ---- */

void supervisor_start(struct supervisor *sv, struct child *c, struct mono now);

/* ---- supervisor_supply.c ---- */

extern const struct reload_ops supervisor_reload_ops; /* CTX: the supervisor */

/* The socket, in which the settings lie already; the stage's end, or -1. */
int supervisor_open_supply(struct supervisor *sv, struct child *c);
void supervisor_close_supply(struct child *c);
void supervisor_hear_supplied(struct supervisor *sv);

/* ---- supervisor_notify.c ---- */

void supervisor_hear_stages(struct supervisor *sv);

/* ---- supervisor_stop.c ---- */

/* All is to end, and CODE is why; the first one counts. */
void supervisor_begin_stop(struct supervisor *sv, int code);
bool supervisor_stop_step(struct supervisor *sv, struct mono now); /* true: all are gone */
void supervisor_ask_to_end(struct child *c, struct mono now);
void supervisor_kill_overdue(struct child *c, struct mono now);
void supervisor_kill_all(struct supervisor *sv);

/* ---- supervisor_ended.c ---- */

/* What became of those that have ended since. */
void supervisor_reap(struct supervisor *sv, struct mono now);
void supervisor_say_ended(const struct child *c, struct plan_end end, struct plan_decision d,
			  struct mono now);

/* ---- supervisor_replay.c ---- */

void supervisor_replay_ended(struct supervisor *sv, struct child *c, struct plan_end end,
			     struct mono now);
bool supervisor_is_starting_over(const struct supervisor *sv);
bool supervisor_all_is_out(struct supervisor *sv);

/* ---- supervisor_signals.c ---- */

int supervisor_open_signals(struct supervisor *sv);
void supervisor_hear_signals(struct supervisor *sv, struct mono now);

/* ---- supervisor_control.c ---- */

void supervisor_open_control(struct supervisor *sv);
void supervisor_answer_control(struct supervisor *sv);

/* ---- supervisor_loop.c ---- */

void supervisor_loop(struct supervisor *sv); /* until the last stage has ended */

#endif
