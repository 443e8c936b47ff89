/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest.h -- tests of rules: items `- test: NAME` of a rules file say events
 * and the alerts that they are to bring.  Reading compiles each event to the
 * frames that an enricher would have sent for it (scene.h); running gives these
 * to a mirror and to the rules, as the evaluator does.  Core.
 */
#ifndef MEWS_RULETEST_H
#define MEWS_RULETEST_H

#include "mirror.h"
#include "rule_problem.h"
#include "ruleset.h"
#include "scene.h"

#define RULETEST_LIMIT	      (UINT64_C(512) << 20) /* bytes of all tests */
#define RULETEST_MAX_EVENTS   256		    /* of one test */
#define RULETEST_MAX_SAID     1024		    /* fields of one event */
#define RULETEST_MAX_ALL_SAID 4000000		    /* ... of all events */
#define RULETEST_MAX_ALERTS   1024		    /* that one event is to bring */
#define RULETEST_MAX_NAME     200
#define RULETEST_MAX_PROBLEMS 100 /* then nothing more is read */

/* A field and its text, as an alert's output_fields should have them. */
struct ruletest_field {
	struct span name, text;
	bool null;
};

/* An alert that is wanted. */
struct ruletest_alert {
	struct origin where;
	struct span rule;
	bool has_priority, has_output;
	uint8_t priority;
	struct span output;
	struct pool_vec fields; /* struct ruletest_field */
};

/* What is wanted of one or of all events of a test. */
struct ruletest_wish {
	bool has_alerts;	/* just these and no other */
	struct pool_vec alerts; /* struct ruletest_alert */
	struct pool_vec trips;	/* struct ruletest_alert: at least these */
	struct pool_vec misses; /* struct ruletest_alert: not these */
};

struct ruletest_event {
	struct origin where;
	const char *type;
	unsigned nframes;
	const struct scene_frame *frames; /* state, then the event */
	struct ruletest_wish wish;
};

struct ruletest {
	struct span name;
	struct origin where;
	unsigned nevents;
	struct ruletest_event *events;
	struct ruletest_wish wish; /* of the events that have none of their own, together */
};

struct ruletests;

int ruletests_new(struct ruletests **ret);
void ruletests_free(struct ruletests *t);
struct pool *ruletests_pool(struct ruletests *t);

/* Take the tests of FILE, which must live as long as T; names of rules are those of
 * RULES.  0; -EINVAL: see the problems; -ENOMEM. */
int ruletests_read(struct ruletests *t, const struct yfile *file, const struct ruleset *rules);

unsigned ruletests_count(const struct ruletests *t);
const struct ruletest *ruletests_at(const struct ruletests *t, unsigned i);
const struct rule_problems *ruletests_problems(const struct ruletests *t);

/* True if the test speaks of RULE. */
bool ruletest_names(const struct ruletest *test, struct span rule);

/* As rules in YAML: what enables the disabled rules that tests speak of; empty if
 * there are none.  For whoever then loads it behind the rules. */
struct span ruletests_enabling(struct ruletests *t, const struct ruleset *rules);

/* ---- running ---- */

enum ruletest_complaint_kind {
	COMPLAINT_MISSING,    /* RULE was to bring an alert */
	COMPLAINT_UNEXPECTED, /* it was not, but did */
	COMPLAINT_OTHER,      /* the alert is not as wanted: TEXT */
};

struct ruletest_complaint {
	uint8_t kind; /* enum ruletest_complaint_kind */
	struct origin where;
	const struct ruleset_rule *rule; /* NULL: it does not matter */
	int event;	     /* from 0; -1: any of those that have no wish of their own */
	struct span text;    /* one line */
	struct pool_vec why; /* struct span: lines, the clauses that decided */
};

struct ruletest_result {
	bool passed;
	unsigned nalerts;
	struct pool_vec complaints; /* struct ruletest_complaint */
};

struct ruletest_stage; /* a mirror, and what an evaluator has beside it */

/* RULES must be sealed, and live on; SEED: of the mirror's hashes. */
int ruletest_stage_new(struct ruleset *rules, uint64_t seed, struct ruletest_stage **ret);
void ruletest_stage_free(struct ruletest_stage *st);

/* Rules that are evaluated only because tests speak of them: their alerts do not
 * count in other tests. */
int ruletest_stage_hide(struct ruletest_stage *st, struct span rule);

/* Forget the last test's state. */
int ruletest_stage_clear(struct ruletest_stage *st);

/* Take EVENT's frames in: *RET can be asked for fields and rules until the next.
 * -EPROTO, -ENOMEM, -ENOSPC. */
int ruletest_stage_play(struct ruletest_stage *st, const struct scene_frame *frames, unsigned n,
			struct field_event **ret);

/* RET's lines live in POOL.  Negative errno: the test could not be run. */
int ruletest_run(struct ruletest_stage *st, const struct ruletest *test, struct pool *pool,
		 struct ruletest_result *ret);

#endif
