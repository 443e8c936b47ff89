/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_core.h -- what the files of a stage share among themselves: nobody else includes it.
 *
 * A *runtime* is a stage with all that its ops do not see.  There is one to a process; the
 * loop's thread alone touches it, but for the bell.
 */
#ifndef MEWS_STAGE_CORE_H
#define MEWS_STAGE_CORE_H

#include <stddef.h>

#include "keep.h"
#include "stage.h"

#define POLL_HOT_NS  NS_PER_MSEC
#define POLL_IDLE_NS NS_PER_SEC /* all that happens wakes: this is for what was forgotten */

enum { STAGE_MAX_OPTIONS = 64 };

enum inheritance { INHERIT_NOTHING, INHERIT_OFFERED, INHERIT_DONE };

/* A reload, from the time it is asked for. */
struct renewing {
	bool pending;	   /* ops->renew has it */
	bool for_supplier; /* who waits for the result */
	unsigned ticket;   /* by which it is asked for */
	int result;
	char text[sizeof(((struct control_answer *)NULL)->text)];
	char kept[256]; /* settings that differ in the files, and that the stage has for its life */
};

struct runtime {
	struct stage st;
	const struct stage_ops *ops;
	char name[32]; /* "mews-collector" */
	const char *conf_file, *run_dir_option;
	const char *options[STAGE_MAX_OPTIONS], *rules[CONF_MAX_LIST];
	unsigned noptions, nrules;
	pid_t supervisor; /* 0: none; else its end is ours */
	int notify_fd;	  /* -1: nobody wants to know how we are */
	struct keep keep; /* of what outlives us with whoever started us */
	int supply_fd;	  /* settings come from the supervisor; -1: from files */
	struct renewing renewing;
	int bell_fd;  /* of signals and stage_wake(); -1: none */
	int statm_fd; /* how large we are; -1: nobody says */
	struct mono last_progress;
	uint64_t ready_bytes; /* resident when it was ready */

	struct control_server *control;
	struct ring_counts flushed; /* as the neighbours know them */
	struct mono last_poll;
	struct mono stop_at; /* ns 0: not told to stop */
	bool no_commit;	     /* a turn was broken off: its reads must be repeated */
	bool uncommitted;    /* what was read waits for a reader of what was written */
	bool in_reserve;     /* in the middle of a turn */
	bool broken;	     /* can not go on */
	bool ready;	     /* ... which was said */
	bool done;	     /* came to the end of a capture, and the reader has it */

	enum inheritance inheritance;
	struct ring_counts offered;
};

static inline struct runtime *runtime_of(struct stage *st)
{
	return (struct runtime *)(void *)((char *)st - offsetof(struct runtime, st));
}

/* ---- stage_options.c ---- */

/* -1: go on; else the exit code. */
int stage_options(struct runtime *rt, int argc, char **argv);

/* ---- stage_settings.c ---- */

int stage_load_settings(struct runtime *rt); /* the first; an exit code */

/* Settings from BUNDLE, or, n 0, from files.  Negative: DIAG says why. */
int stage_read_settings(struct runtime *rt, struct span bundle, struct conf *ret,
			struct diag *diag);

/* Log as CONF says. */
void stage_follow_log(const struct conf *conf);

/* ---- stage_signals.c ---- */

void stage_open_bell(struct runtime *rt);
void stage_quiet_bell(struct runtime *rt);
void stage_catch_signals(void);
unsigned stage_stop_signals(void);   /* how many came, two at most */
bool stage_take_reload_signal(void); /* did one come since? */

/* ---- stage_jail.c ---- */

int stage_enter_jail(struct runtime *rt); /* an exit code */

/* ---- stage_rings.c ---- */

int stage_open_rings(struct runtime *rt); /* an exit code */
void stage_fill_rings(const struct runtime *rt, struct stage_status *s);

/* ---- stage_inherit.c ---- */

/* The outlet's reader, CTX being the runtime, has brought them. */
void stage_offered(void *ctx, const struct ring_counts *counts, const uint8_t *sheets);

/* Has either side said by now what the counters were?  Once a poll. */
void stage_look_for_inheritance(struct runtime *rt);

/* ---- stage_notify.c ---- */

void stage_look_if_ready(struct runtime *rt);
void stage_say_counts(const struct runtime *rt);

/* ---- stage_status.c ---- */

void stage_fill_status(struct runtime *rt, struct stage_status *s);
void stage_note_ceiling(struct runtime *rt); /* now that it is ready */

/* ---- stage_renew.c ---- */

/* CONTROL_RELOAD: with no TICKET it begins; with the one that it gave, how it went. */
void stage_answer_reload(struct runtime *rt, const char *ticket, struct control_answer *a);
void stage_reload_by_signal(struct runtime *rt); /* SIGHUP; none is pending */
void stage_hear_supplier(struct runtime *rt);

/* ---- stage_control.c ---- */

void stage_open_control(struct runtime *rt);
void stage_answer(void *ctx, const struct control_request *req, struct control_answer *ret);

/* ---- stage_sleep.c ---- */

void stage_wait_for_room(struct runtime *rt); /* what comes in meanwhile stays where it is */
void stage_wait_for_work(struct runtime *rt);

/* ---- stage_room.c ---- */

/* The source is at its end: stay until a reader has committed all of it. */
void stage_outstay(struct runtime *rt);

/* ---- stage_loop.c ---- */

int stage_loop(struct runtime *rt); /* until told to stop; an exit code */
void stage_ask_stop(struct runtime *rt);

/* What is not events.  Cheap enough for once a millisecond. */
void stage_keep_house(struct runtime *rt, struct mono now);

/* Is there nothing left to wait for? */
bool stage_must_stop(const struct runtime *rt, struct mono now);

#endif
