/* SPDX-License-Identifier: Apache-2.0
 *
 * program.h -- the compiled form of conditions, shared by all rules of a set.
 *
 *   expression  a field, a constant or a transformer of others: one value per
 *               event, computed at most once
 *   predicate   one check: an expression against constants or another
 *               expression; one truth per event, computed at most once
 *   step        ask a predicate, then go to one of two steps: a whole condition
 *               is a chain of steps without a stack
 *
 * Equal texts are one expression, one predicate.  Constant after compilation;
 * what is remembered during an event lies apart, in struct program_memo.
 */
#ifndef MEWS_PROGRAM_H
#define MEWS_PROGRAM_H

#include "field.h"
#include "op.h"
#include "pool.h"
#include "pmatch.h"
#include "regex_shim.h"
#include "strmap.h"
#include "valueset.h"

enum expr_kind { EXPR_FIELD, EXPR_CONSTANT, EXPR_TUPLE, EXPR_CALL };

struct expr {
	uint8_t kind; /* enum expr_kind */
	uint8_t type; /* enum param_type, of its elements if it is a list */
	bool is_list;
	bool of_process;	/* depends on the process alone: may be remembered per version */
	bool of_name;		/* depends on the names and type of the event's file alone */
	uint8_t metadata;	/* METADATA_*: depends on what may come to be known only later */
	field_getter *get;	/* FIELD: field_getter_of() it */
	struct field_ref field; /* FIELD */
	struct value constant;	/* CONSTANT */
	const struct transform *transform; /* CALL */
	struct span arg;		   /* CALL: what stood in [ ] */
	unsigned n;			   /* CALL, TUPLE */
	uint32_t *items;		   /* expressions */
};

enum predicate_kind {
	PREDICATE_NEVER,    /* false, whatever the value */
	PREDICATE_ALWAYS,   /* true if there is a value */
	PREDICATE_COMPARE,  /* with one constant */
	PREDICATE_COUNT_OF, /* with each constant: modifiers */
	PREDICATE_SET,	    /* one of the constants */
	PREDICATE_ONE_OF,   /* one of the constants, compared with each: no set can tell */
	PREDICATE_PATHS,    /* pmatch */
	PREDICATE_LIST_ALL, /* each element is one of the constants */
	PREDICATE_LIST_SOME,
	PREDICATE_FIELDS, /* with another expression */
	PREDICATE_AROUND, /* evt.around */
};

/* Fields with several values: when is a check of them true? */
enum any_mode { ANY_NO, ANY_ONE, ANY_EACH };

struct predicate {
	uint8_t kind, op, modifier, group, any;
	bool of_process, of_name;
	uint8_t metadata;	 /* METADATA_* that it depends on */
	uint32_t of_process_bit; /* of_process: which of those */
	uint32_t left, right;	 /* expressions; RIGHT for FIELDS */
	op_compare *compare;
	unsigned n;
	struct op_right *rights;
	struct valueset *set;
	struct pmatch *paths;
};

#define STEP_TRUE  UINT32_MAX
#define STEP_FALSE (UINT32_MAX - 1)

struct step {
	uint32_t predicate;
	uint32_t yes, no; /* the next step, or STEP_TRUE, STEP_FALSE */
};

struct program {
	struct pool *pool;		     /* the owner's */
	const struct static_fields *statics; /* the owner's; NULL: whatever a rule names */
	struct pool_vec exprs, predicates, steps;
	struct pool_vec regexes; /* to be freed: RE2 has memory of its own */
	struct strmap by_text;	 /* finds equal expressions and predicates */
	unsigned of_process;	 /* how many predicates are */
};

static inline struct expr *program_expr(const struct program *p, uint32_t i)
{
	return &((struct expr *)p->exprs.items)[i];
}

static inline struct predicate *program_predicate(const struct program *p, uint32_t i)
{
	return &((struct predicate *)p->predicates.items)[i];
}

static inline const struct step *program_step(const struct program *p, uint32_t i)
{
	return &((const struct step *)p->steps.items)[i];
}

/* ---- at an event (eval.c) ---- */

struct process_memo;

struct program_memo {
	struct process_memo *process; /* of the event's process; NULL: nothing is remembered */
	uint32_t epoch;
	uint32_t *predicate_epochs; /* epoch * 2 + truth */
	uint32_t *expr_epochs;	    /* epoch * 2 + there is a value */
	struct value *values;
	uint32_t walk; /* counts the walks of program_may() */
	uint32_t *step_walks, *stack;
};

/* From POOL, for P as it is now.  False: no room. */
bool program_memo_init(struct program_memo *m, const struct program *p, struct pool *pool);

/* Forget the last event. */
void program_memo_next(struct program_memo *m, const struct program *p);

/* The value of an expression and the truth of a predicate at E, once per event.  NULL: the
 * expression has no value. */
const struct value *program_value(const struct program *p, struct program_memo *m, uint32_t expr,
				  struct field_event *e);
bool program_test(const struct program *p, struct program_memo *m, uint32_t predicate,
		  struct field_event *e);

/* The truth of the condition that starts at step START.  E's arena must have
 * been cleared when the event began, not since. */
bool program_run(const struct program *p, struct program_memo *m, uint32_t start,
		 struct field_event *e);

/* Can it be true at any event that agrees with E in the predicates SETTLED (a bit each), and,
 * BY_PROCESS, by a process that is as E's is now? */
bool program_may(const struct program *p, struct program_memo *m, uint32_t start,
		 const uint64_t *settled, bool by_process, struct field_event *e);

#endif
