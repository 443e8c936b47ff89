/* SPDX-License-Identifier: Apache-2.0
 *
 * source.h -- where events come from: the live kernel (sensor.c), a capture
 * (replay.c).  The collector's loop knows only this table.
 */
#ifndef MEWS_SOURCE_H
#define MEWS_SOURCE_H

#include "door.h"
#include "losses.h"
#include "selection.h"
#include "unread.h"
#include "wire.h"

struct coverage;
struct source;

/* What next() may say besides: there is no more; there is more, but it cannot be read, which
 * was said. */
#define SOURCE_END     INT32_MIN
#define SOURCE_DAMAGED (INT32_MIN + 1)

/* And besides 1, which is an event: a frame of state, or an event that is nothing by itself. */
#define SOURCE_STATE   2
#define SOURCE_SKIPPED 3

/* Is told what was lost before it could be taken. */
typedef void source_lose(void *ctx, const struct loss *loss);

/* Takes a frame of state. */
typedef int source_put(void *ctx, uint16_t type, struct span payload);

/* State that comes in line, as a frame of ring raw. */
struct source_frame {
	uint16_t type;
	struct span payload;
};

/* How far a recorded source is: bytes of its file, and events that it had so far. */
struct source_progress {
	uint64_t done, total;
	uint64_t events;
};

typedef bool source_sleep(void *ctx, int fd, uint64_t timeout_ns);

struct source_ops {
	const char *name;

	/* A turn begins: look what there is. */
	void (*begin)(struct source *s);

	/* The next event, in order, stamped in ns since the epoch; its spans are valid
	 * until the next call.  1; 0: none now; -EPROTO: one that made no sense was taken
	 * and dropped; SOURCE_*; another negative errno: the source failed for good. */
	int (*next)(struct source *s, struct raw_event *ret);

	/* The frame that next() met, when it said SOURCE_STATE.  NULL: it never does. */
	void (*frame)(struct source *s, struct source_frame *ret);

	/* The events that next() gave are dealt with. */
	void (*commit)(struct source *s);

	/* Give these events, and no others if that is cheap. */
	void (*want)(struct source *s, const struct selection *selection);

	/* All that the source ever met, what was lost of it included; of that, what was lost since
	 * the last call goes to LOSE. */
	uint64_t (*count)(struct source *s, source_lose *lose, void *ctx);

	/* No more events like the one that has MUTE; 0: all come again.  MUTED counts what did not come.  NULL:
	 * all come. */
	void (*mute)(struct source *s, uint64_t mute);
	uint64_t (*muted)(struct source *s);

	/* NULL: a live source goes nowhere. */
	void (*progress)(struct source *s, struct source_progress *ret);

	/* All tasks, their files and the host into SINK: SNAPSHOT_BEGIN ... SNAPSHOT_END.
	 * It fits into BUDGET bytes: on a host with too much for it, details are left
	 * out before tasks are.  How many frames, or negative errno; -ENODATA: the state
	 * comes in line. */
	int (*snapshot)(struct source *s, struct frame_sink *sink, size_t budget);

	/* What ASK is for, as it is now, through PUT, in at most about BUDGET bytes: TASK, TASK_FILE.
	 * 0; -ESRCH: it is not there; another error is PUT's.  Of many asks in a row SETTLE ends
	 * each.  NULL: nothing can be told but what comes in line. */
	int (*read_again)(struct source *s, const struct ring_ask *ask, source_put *put, void *ctx,
			  size_t budget);
	void (*settle)(struct source *s);

	/* Make an event with EVENT_HEARTBEAT, which comes with the others.  NULL: nothing is seen
	 * here that could be tried. */
	void (*beat)(struct source *s);

	/* Now, in the clock of the events' stamps. */
	uint64_t (*now)(struct source *s);

	/* What it can do without at first is made ready by another thread from here on, which calls
	 * DONE(CTX) at its end.  Negative errno.  NULL: it has all from the start. */
	int (*begin_rest)(struct source *s, void (*done)(void *ctx), void *ctx);

	/* Take up what that thread made.  1; 0: it is not done; negative errno: it failed, which was
	 * said. */
	int (*take_rest)(struct source *s);

	/* Sleep until there may be events, at most TIMEOUT_NS, by means of SLEEP, which does so until
	 * FD (-1: none) can be read or the stage has something else to do: true.
	 * NULL: there always is something. */
	void (*wait)(struct source *s, uint64_t timeout_ns, source_sleep *sleep, void *ctx);

	/* Takes NULL. */
	void (*close)(struct source *s);
};

/* The first member of each source's own struct. */
struct source {
	const struct source_ops *ops;
	int64_t own_pid; /* this process as the events name it; -1: not known */

	/* It waits as long as it must: what finds no room in the ring is not dropped.  Its
	 * events have their numbers, and all of them go. */
	bool is_recorded;

	/* What it cannot give; NULL: all that there is, it has. */
	const struct coverage *coverage;

	/* Of the state that it told. */
	struct unread unread;
};

#endif
