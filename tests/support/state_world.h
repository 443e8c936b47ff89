/* SPDX-License-Identifier: Apache-2.0
 *
 * state_world.h -- the enricher's core and the evaluator's mirror, one behind
 * the other in one process: frames of ring raw in, and the last event, as rules
 * meet it, to be asked for fields and conditions.
 */
#ifndef MEWS_STATE_WORLD_H
#define MEWS_STATE_WORLD_H

#include "enrich.h"
#include "mirror.h"
#include "ruleset.h"

struct state_world {
	struct enrich *enrich;
	struct mirror *mirror;
	uint64_t counts[ENRICHER_COUNTERS];
	struct field_context context;
	struct arena arena;
	struct event_frame frame;
	struct field_event event; /* the last one that rules meet */
	bool has_event;
	bool may_answer;      /* a runtime may tell of containers, */
	bool may_answer_pods; /* the API server of pods */
	unsigned asked;	      /* about so many containers, */
	unsigned asked_pods;  /* and pods */
	uint64_t ts_ns, num, seq;
	uint8_t *out, *payload, *in, *block;
};

/* Time begins at this ns of the epoch; each event is one later. */
#define STATE_WORLD_START UINT64_C(1566230400000000000)

int state_world_new(struct state_world **ret);
void state_world_free(struct state_world *w);

/* One frame of ring raw: 0, or what the core says of it. */
int state_world_frame(struct state_world *w, uint16_t type, struct span payload);

/* The frames that tests make by hand.  An event's TS and NUM are filled in if 0. */
int state_world_event(struct state_world *w, struct raw_event *ev);
int state_world_task(struct state_world *w, const struct task_frame *task);
int state_world_user(struct state_world *w, const struct user_frame *u);
int state_world_group(struct state_world *w, const struct group_frame *g);
int state_world_begin(struct state_world *w); /* HOST, SNAPSHOT_BEGIN */
int state_world_end(struct state_world *w);   /* SNAPSHOT_END */

#endif
