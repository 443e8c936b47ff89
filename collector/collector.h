/* SPDX-License-Identifier: Apache-2.0
 *
 * collector.h -- what the parts of mews-collector share: collector_source.c opens what events come from,
 * collector_wants.c follows what is asked for, collector_state.c tells the reader of state, collector.c does the
 * rest.  All on the stage's thread.  Shell.
 */
#ifndef MEWS_COLLECTOR_H
#define MEWS_COLLECTOR_H

#include "feed.h"
#include "in_line.h"
#include "raw_tap.h"
#include "source.h"
#include "stage.h"

#define SOON_NS (50 * NS_PER_MSEC) /* what waits for room, or for its time */

struct collector {
	const char *capture; /* to replay; NULL: live */
	bool at_once;	     /* nothing is seen before all can be */
	bool probe;	     /* say what can be seen, and end */
	struct source *source;
	struct feed feed;
	struct ring_wants wants;
	struct base_syscalls base;
	struct selection selection;
	struct event_set unseen; /* of what rules ask for */
	struct mono looked, next_answers, next_wants, next_unmute;
	struct in_line in_line; /* of ring raw */
	uint64_t beat_ns;	/* between two heartbeats; 0: there are none */
	struct mono next_beat, beat_look;
	unsigned taken_since_look;
	bool has_predecessor;
	uint64_t now_ns; /* of that look, in the clock of the events' stamps */
	uint64_t unread; /* of the source's, as counted */
	uint8_t *room;	 /* of the frame that is being written */
	struct tap tap;
	struct stage *st;
};

/* The capture or the kernel.  EXIT_OK, or what the program is to end with: it is said. */
int collector_open_source(struct stage *st, struct collector *c);

/* What the kernel side can do here, on standard output; the exit code. */
int collector_probe(const struct stage *st);

/* Which events rules ask for. */
struct event_set collector_wanted(const struct collector *c);

/* Each turn: what is asked for by now. */
void collector_follow_wants(struct stage *st, struct collector *c, struct mono now);
void collector_follow_mutes(struct stage *st, struct collector *c, struct mono now);
void collector_take_rest(struct stage *st, struct collector *c);

/* Each turn: state that is due, or asked for. */
void collector_make_good(struct stage *st, struct collector *c, struct mono now);
void collector_answer_asks(struct stage *st, struct collector *c, struct mono now);
void collector_count_unread(struct stage *st, struct collector *c);

/* All state, at the door or in line (stage_ops.snapshot). */
int collector_snapshot(void *ctx, struct frame_sink *sink);

#endif
