/* SPDX-License-Identifier: Apache-2.0
 *
 * evaluator.h -- the inside of the evaluator's stage, between its files.
 */
#ifndef MEWS_EVALUATOR_H
#define MEWS_EVALUATOR_H

#include <pthread.h>
#include <stdatomic.h>

#include "captures.h"
#include "costs.h"
#include "gapalert.h"
#include "mirror.h"
#include "park.h"
#include "rule_counts.h"
#include "rulefile.h"
#include "stage.h"
#include "supply.h"

enum { EVALUATOR_ARENA_BYTES = 1024 * 1024 };

/* Rules and settings that are to take the place of those in force (renew.c). */
struct renewal {
	struct stage *st;
	pthread_t thread;
	bool running;	   /* there is a thread; until DONE all that follows is its own */
	_Atomic bool done; /* it has come to its end */
	struct conf conf;
	struct span bundle;
	struct rulefile_load load;
	int err;
	char why[SUPPLY_TEXT_MAX];
	char failure[SUPPLY_TEXT_MAX]; /* to be told by an alert; "": nothing is */
};

struct evaluator {
	struct rulefile_load load;
	uint8_t digest[SHA256_BYTES]; /* of the rules in force */
	char digest_text[SHA256_TEXT];
	struct renewal renewal;
	uint64_t loaded_ns; /* when, since the epoch */
	struct rule_counts rule_counts;
	struct costs costs;
	struct conf_list paths, default_paths; /* the first: of the load in hand, borrowed */
	struct mirror *mirror;
	struct field_context context;
	struct arena arena;
	struct gapalert gaps;
	struct captures captures;
	struct park *park; /* NULL: nothing can be waited for */
	bool waits;	   /* as the settings say */
	struct park_area *park_area;
	bool has_state;		   /* the mirror is whole: no snapshot is on its way */
	struct mono former_until;  /* then the mirror forgets the state before; ns 0: it has */
	uint64_t metadata_version; /* of the mirror, when the park was looked through */
	bool broken_off;	   /* a turn was: what it wrote will not be seen */
	uint64_t wants_version;
	unsigned inode_changes; /* inode_names_changes() when they were published */
	bool knows_last;	/* the notes were read, or an event was evaluated */
	uint64_t last_generation, last_seq;

	/* The names of hosts as they were said last; said_names 0: nothing was. */
	size_t said_names;
	unsigned unsaid_names; /* that were left out */
	uint8_t names[RING_NAMES];

	struct event_frame event;
	struct alert_frame alert;
	_Alignas(16) uint8_t arena_bytes[EVALUATOR_ARENA_BYTES];
};

/* ---- evaluator.c ---- */

/* Load all rules to *RET, ready to run: of BUNDLE, or, n 0, of the files that CONF names.  On error they
 * are released, and WHY is the first thing that is wrong. */
int load_rules(struct evaluator *ev, const struct conf *conf, struct span bundle,
	       struct rulefile_load *ret, char *why, size_t cap);

/* Ask the stages before us for what the rules in force need: events, what rides in them, names of hosts. */
void publish_wants(struct stage *st, struct evaluator *ev);

/* What is kept of the settings and rules in force. */
void evaluator_follow_settings(struct stage *st, struct evaluator *ev);

/* ---- renew.c: other rules and settings while events go on ---- */

int rules_read(const struct conf *conf, struct span bundle, const struct conf_list *files,
	       struct rulefile_load *ret, char *why, size_t cap);
void renew_begin(struct stage *st, void *ctx, struct conf *fresh, struct span bundle);
void renew_failed(struct stage *st, void *ctx, const char *why);

/* At an event boundary: take what was loaded.  How much there was to do; -ECANCELED: told to stop. */
int renew_look(struct stage *st, struct evaluator *ev, struct mono now);
void renew_close(struct evaluator *ev);

/* ---- alerts.c: from a match to a frame in ring alerts ---- */

/* EV->alert, whole, or without what makes it too long.  FLAGS: of the frame.  -ECANCELED: told to
 * stop; then return from the turn. */
int put_alert(struct stage *st, struct evaluator *ev, uint16_t flags);

/* One match. */
struct match {
	const struct ruleset_rule *rule;
	uint32_t name;		/* ruleset_name() */
	struct span other_path; /* by which the rule found the event; "": by its own */
	const char
		*metadata; /* what became of what the rule asks a runtime; NULL: nothing to say */
	bool late;	   /* alerts of younger events may be out already */
};
int put_match(struct stage *st, struct evaluator *ev, const struct match *m, struct field_event *e);

/* ---- waiting.c: events of containers and pods that nobody has told of yet ---- */

/* What there is to say to RULE of metadata, which is NOW; HELD: METADATA_* that were awaited when the
 * event came. */
const char *waiting_word(const struct ruleset_rule *rule, unsigned held,
			 const struct mirror_metadata *now);

/* Before the jail: the memory in which events wait.  0 or negative errno, after it has said why; then
 * nothing is waited for. */
int waiting_setup(struct stage *st, struct evaluator *ev);

/* Is there something to wait for at an event of process P? */
static inline bool waiting_is_for(const struct evaluator *ev, const struct mirror_process *p)
{
	return ev->waits && ev->park != NULL &&
	       (mirror_awaited(ev->mirror, p) & ruleset_asks(ev->load.rules)) != 0;
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
