/* SPDX-License-Identifier: Apache-2.0
 *
 * evaluator.h -- the inside of the evaluator's stage, between its files.
 */
#ifndef MEWS_EVALUATOR_H
#define MEWS_EVALUATOR_H

#include "captures.h"
#include "gapalert.h"
#include "mirror.h"
#include "park.h"
#include "rulefile.h"
#include "stage.h"

enum { EVALUATOR_ARENA_BYTES = 1024 * 1024 };

struct evaluator {
	struct rulefile_load load;
	struct conf_list default_paths;
	struct mirror *mirror;
	struct field_context context;
	struct arena arena;
	struct gapalert gaps;
	struct captures captures;
	struct park *park; /* NULL: nothing is waited for */
	struct park_area *park_area;
	bool has_state;		     /* the mirror is whole: no snapshot is on its way */
	uint64_t containers_version; /* of the mirror, when the park was looked through */
	bool broken_off;	     /* a turn was: what it wrote will not be seen */
	uint64_t wants_version;
	bool knows_last; /* the notes were read, or an event was evaluated */
	uint64_t last_generation, last_seq;

	struct event_frame event;
	struct alert_frame alert;
	_Alignas(16) uint8_t arena_bytes[EVALUATOR_ARENA_BYTES];
};

/* ---- alerts.c: from a match to a frame in ring alerts ---- */

/* EV->alert, whole, or without what makes it too long.  FLAGS: of the frame.  -ECANCELED: told to
 * stop; then return from the turn. */
int put_alert(struct stage *st, struct evaluator *ev, uint16_t flags);

/* One match. */
struct match {
	const struct ruleset_rule *rule;
	struct span other_path; /* by which the rule found the event; "": by its own */
	const char
		*metadata; /* what became of what the rule asks a runtime; NULL: nothing to say */
	bool late;	   /* alerts of younger events may be out already */
};
int put_match(struct stage *st, struct evaluator *ev, const struct match *m, struct field_event *e);

/* ---- waiting.c: events of containers that nobody has told of yet ---- */

/* Before the jail: the memory in which events wait.  0 or negative errno, after it has said why; then
 * nothing is waited for. */
int waiting_setup(struct stage *st, struct evaluator *ev);

/* Is there something to wait for at an event of process P? */
static inline bool waiting_is_for(const struct evaluator *ev, const struct mirror_process *p)
{
	return ev->park != NULL && mirror_is_awaited(ev->mirror, p) && ruleset_asks(ev->load.rules);
}

/* Alert by the rules that need not wait; hold E, whose frame is PAYLOAD, for the others. */
int waiting_take(struct stage *st, struct evaluator *ev, struct field_event *e, struct span payload,
		 struct mono now);

/* Decide what can be decided, or, ALL, everything.  How many were: then there is to be another turn
 * at once, in which they are let go. */
int waiting_look(struct stage *st, struct evaluator *ev, struct mono now, bool all);

/* Have a turn when the time of the next one is up. */
void waiting_due(struct stage *st, const struct evaluator *ev);

void waiting_close(struct evaluator *ev);

#endif
