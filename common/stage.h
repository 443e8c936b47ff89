/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.h -- what all four stages do alike: options, settings, log, jail,
 * control, rings, the loop, and the clean end.  A stage's main is a table and
 * one call of stage_main().
 *
 * Order, always the same:
 *   options and settings (-c FILE, -o KEY=VALUE, -r RULES, --run-dir DIR, -h, --version)
 *   ops->setup     all that needs privilege or files: BPF, rules, sinks
 *   jail_enter     from here on nothing can be opened that the jail forbids
 *   confine_enter  of a stage that has said which directories it needs
 *   jail_calls_enter  and no system call that the stage does not need
 *   inlet, outlet, control socket
 *   ops->start     with the rings there
 *   "ready" to whoever started us
 *   loop: ops->turn until told to stop (SIGTERM, SIGINT, control)
 *   ops->stop
 *
 * A stop is clean: what a writer that is gone has left in the inlet is worked off
 * first, two seconds at most; while the writer lives, the successor goes on.
 *
 * A capture has an end: the collector writes an END frame behind its last event,
 * each stage that reads it passes it on, stays until its reader has committed it, and
 * ends by itself.
 *
 * One thread turns the stage; what others there are talk to it by stage_wake().  The loop looks at doors and control between turns, and never in a
 * hot turn more often than every millisecond.  With nothing to do it sleeps in one
 * poll() over all that can happen to a stage; nothing is looked at by the clock but what has
 * no descriptor, and that once a second.
 */
#ifndef MEWS_STAGE_H
#define MEWS_STAGE_H

#include "clock.h"
#include "conf.h"
#include "confine.h"
#include "control.h"
#include "counter.h"
#include "door.h"
#include "jail.h"

struct stage;

struct stage_ops {
	enum stage_id id;
	const char *usage; /* lines for own options, or NULL */

	/* An option that stage_main does not know: ARG is its value.  1: taken with
	 * its value, 0: taken without, -EINVAL: not known either.  May be NULL. */
	int (*option)(struct stage *st, void *ctx, const char *name, const char *arg);

	/* Privileged, once.  Returns 0 or an exit code (EXIT_INPUT, EXIT_HOST, ...)
	 * after it has said why. */
	int (*setup)(struct stage *st, void *ctx);

	/* After the jail, rings open.  Same return.  May be NULL. */
	int (*start)(struct stage *st, void *ctx);

	/* Do what there is to do, at most a few hundred frames.  When it returns, all
	 * that it read is dealt with and counted: the loop flushes behind each turn
	 * that did something or counted something.  Returns how much was done;
	 * 0: nothing, the loop may sleep; STAGE_DONE: the source is at its end
	 * (the loop ends when the reader has drained the outlet); negative errno:
	 * the stage failed for good. */
	int (*turn)(struct stage *st, void *ctx, struct mono now);

	/* Sleep until there may be work, at most TIMEOUT_NS, with stage_sleep().  NULL: that
	 * alone. */
	void (*wait)(struct stage *st, void *ctx, uint64_t timeout_ns);

	/* Look again at what may have changed outside (SIGHUP, control, a reload of all).  NULL:
	 * nothing to do. */
	int (*reload)(struct stage *st, void *ctx, char *text, size_t cap);

	/* Settings and rules are to be other ones: FRESH, which are good, and BUNDLE, where they are
	 * from (n 0: from files).  Both are the stage's now.  Until stage_renewed(), which says what came
	 * of it, at once or in a later turn, the old ones are in force.  NULL: what the stage has is
	 * for its life. */
	void (*renew)(struct stage *st, void *ctx, struct conf *fresh, struct span bundle);

	/* A reload failed before it reached any stage: WHY.  May be NULL. */
	void (*reload_failed)(struct stage *st, void *ctx, const char *why);

	/* Fill STATUS->detail, bring counters up to date.  May be NULL. */
	void (*status)(struct stage *st, void *ctx, struct stage_status *status);

	/* Fill a page of RET with what REQ asks for; -EOPNOTSUPP in RET->result: it is not
	 * known here.  May be NULL. */
	void (*list)(struct stage *st, void *ctx, const struct control_request *req,
		     struct control_answer *ret);

	/* The outlet's snapshot.  NULL: the stage has no state to give. */
	int (*snapshot)(void *ctx, struct frame_sink *sink);

	/* There is a state by now that a snapshot can tell.  NULL: always. */
	bool (*has_state)(void *ctx);

	void (*stop)(struct stage *st, void *ctx);

	/* OLD: the counters that a dead predecessor left with the reader of the outlet;
	 * make st->counts go on from them.  NULL: stage_main adds them word by word. */
	void (*inherit)(struct stage *st, void *ctx, const struct ring_counts *old,
			const uint8_t *sheets);
};

#define STAGE_DONE INT32_MIN

/* What the functions above may use. */
struct stage {
	const struct stage_ops *ops;
	void *ctx;
	struct conf conf;
	bool replay;	 /* the events come from a capture */
	bool only_setup; /* ops->option may set it: end behind ops->setup, without a run directory */
	bool starting;	 /* ops->start may set it: not ready before a turn takes it back */
	const char *run_dir;
	struct span bundle; /* settings and rules, from the supervisor; n 0: they are in files */
	struct inlet *in;   /* NULL in the collector */
	struct outlet *out; /* NULL in the emitter */
	struct ring_counts counts; /* the stage counts here; goes along with publish and commit */
	uint64_t sample_ns;	   /* stage_sample() */
	struct histogram latency;
	struct mono started;
	/* ops->turn may set it: when it wants to be called again although nothing comes.  ns 0: a
	 * second will do. */
	struct mono due;
	bool stopping;
	/* ops->setup or start says how much more it may take at most than when it is ready: tables that are not full,
	 * texts below their ceiling, buffers that were not used.  Its rings are counted besides. */
	uint64_t grows_bytes;
	unsigned jail;		 /* the stage's own; ops->setup may set one that keeps less */
	struct jail_wants wants; /* further, if ops->setup says so */
	/* What is left of the file system behind the jail, if ops->setup says so; NPLACES 0: what
	 * the user may. */
	const struct confine_place *places;
	unsigned nplaces;
	int exit_code; /* when turn says STAGE_DONE */
};

/* Returns the exit code. */
int stage_main(const struct stage_ops *ops, void *ctx, int argc, char **argv);

/* Publish what was submitted, then commit what was read, with the counters:
 * in this order, so that a crash between the two repeats and never loses. */
void stage_flush(struct stage *st);

/* Room in the outlet; waits for the reader as long as it takes (rings enriched
 * and alerts drop nothing), serving control meanwhile.  NULL only when the
 * stage is told to stop: then return from the turn; nothing of it is committed,
 * the successor does it again. */
uint8_t *stage_reserve(struct stage *st, size_t cap);

/* An event of TS_NS is dealt with in this turn: when the turn is flushed, the first one's age is how
 * long it took to come this far.  No look at the clock here. */
static inline void stage_sample(struct stage *st, uint64_t ts_ns)
{
	if (st->sample_ns == 0)
		st->sample_ns = ts_ns;
}

/* Sleep until FD (-1: none) can be read, a frame came, something is to be heard at a door or at
 * control, a signal, stage_wake(): true; or TIMEOUT_NS is over. */
bool stage_sleep(struct stage *st, int fd, uint64_t timeout_ns);

/* There is work that the stage does not know of; from any thread. */
void stage_wake(struct stage *st);

/* What came of ops->renew: 0 or negative errno, and for people how it is now or what is wrong. */
void stage_renewed(struct stage *st, int result, const char *text);

/* END was read, or the source is at its end: pass it on.  What to return from the turn. */
int stage_end(struct stage *st);

/* How far the source is, for the supervisor's progress bar: bytes of TOTAL, and events.
 * May be called often. */
void stage_progress(struct stage *st, uint64_t done, uint64_t total, uint64_t events);

/* One of notify.h's texts to the supervisor, if there is one. */
void stage_say(struct stage *st, const char *text);

#endif
