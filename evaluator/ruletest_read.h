/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_read.h -- between the files that read tests: what was said of an event,
 * one field at a time.
 */
#ifndef MEWS_RULETEST_READ_H
#define MEWS_RULETEST_READ_H

#include "ruletest_stage.h"

struct ruletests {
	struct pool pool;
	struct rule_problems problems;
	struct pool_vec tests; /* struct ruletest */
	struct ruletest_stage *stage;
	uint64_t next_key;  /* of processes in tests */
	uint64_t check_key; /* ... and in checks of what was said */
	size_t nsaid;	    /* fields of all events */
};

/* FIELD (or the event's parameter FIELD) is to be VALUE. */
struct saying {
	struct span field;
	const struct ynode *value;
	struct origin where;
	unsigned order; /* see scene_field_order() */
	bool is_param;
};

struct reader {
	struct ruletests *t;
	const struct yfile *file;
	const struct ruleset *rules;
	struct pool_vec said; /* struct saying: the test's own, then the event's */
	unsigned shared;      /* how many are the test's */
	unsigned level;	      /* where those of the mapping in hand begin */
};

/* A problem with the tests at node N; -EINVAL. */
#define reader_problem(r, n, ...)                                                                  \
	rule_problem_add(&(r)->t->problems, PROBLEM_LOAD_ERR_TEST, origin_of_node((r)->file, n),   \
			 NULL, 0, __VA_ARGS__)

#define SHOW_TEXT(s) (int)((s).n < 100 ? (s).n : 100), (const char *)(s).p

/* KEY is not among KNOWN (names with blanks between): says so, and what may be meant. */
int reader_unknown_key(struct reader *r, const struct ynode *key, const char *known);

/* ---- ruletest_say.c ---- */

/* The keys that say something of events. */
extern const char ruletest_say_keys[];

/* Take what KEY: VALUE says.  1: it is no such key; 0; -EINVAL; -ENOMEM. */
int ruletest_say(struct reader *r, const struct ynode *key, const struct ynode *value);

/* ---- ruletest_event.c ---- */

/* Compile event NUMBER (from 0) of a test, of the type that TYPE names or, if it is NULL,
 * that was said: frames to FRAMES. */
int ruletest_compile(struct reader *r, const struct ynode *type, const struct ynode *at,
		     unsigned number, struct scene_frames *frames, struct ruletest_event *ret);

#endif
