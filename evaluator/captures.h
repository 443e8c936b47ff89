/* SPDX-License-Identifier: Apache-2.0
 *
 * captures.h -- ring captures: matches of rules that want the events around them, to
 * the recorder.  It is opened when the first rule asks for it.  Nobody waits for the recorder:
 * what finds no room is counted and let go.  Shell.
 */
#ifndef MEWS_CAPTURES_H
#define MEWS_CAPTURES_H

#include "limitalert.h"
#include "ruleset.h"
#include "stage.h"

struct captures {
	struct outlet *out;			       /* NULL: none were ever asked for */
	bool on;				       /* by the rules in force */
	enum { SAID_NOTHING, SAID_OFF, SAID_ON } said; /* to the supervisor */
	struct mono next_look, next_limits;
	struct mono
		reader_due; /* ns 0: the recorder is there, or none is wanted; UINT64_MAX: it was missed */
	struct limitalert limits;
};

/* The rules in force are RULES now.  True: the collector is to open ring tap. */
bool captures_follow(struct captures *c, struct stage *st, const struct ruleset *rules);

/* RULE matched EV. */
void captures_match(struct captures *c, struct stage *st, const struct ruleset_rule *rule,
		    const struct event_frame *ev);

/* Once per turn: serves the door, looks at what the recorder counted. */
void captures_turn(struct captures *c, struct mono now);

void captures_close(struct captures *c);

#endif
