/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_problem.h -- what is wrong with rules: errors, which keep the rules out,
 * and warnings.  Codes, names and contexts are Falco's; each also has a place
 * in a file as people count it, and a snippet.  Core.
 */
#ifndef MEWS_RULE_PROBLEM_H
#define MEWS_RULE_PROBLEM_H

#include "diag.h"
#include "origin.h"

enum rule_problem_code {
	PROBLEM_NONE,
#define PROBLEM_ERROR(code, short_text, text)	PROBLEM_##code,
#define PROBLEM_WARNING(code, short_text, text) PROBLEM_##code,
#include "rule_problem.def"
#undef PROBLEM_ERROR
#undef PROBLEM_WARNING
	PROBLEM_COUNT
};

/* "LOAD_ERR_VALIDATE", its short text, its long text. */
const char *rule_problem_name(enum rule_problem_code code);
const char *rule_problem_short(enum rule_problem_code code);
const char *rule_problem_text(enum rule_problem_code code);
bool rule_problem_is_error(enum rule_problem_code code);

#define PROBLEM_MAX_CONTEXT 8
#define RULE_PROBLEMS_MAX   1000 /* warnings of one file that are kept; more are counted only */

/* One step on the way to the place, as Falco names it: lines from 0. */
struct rule_context {
	const char *type; /* "rule", "macro condition", ... */
	struct span name; /* "" for most */
	struct yplace place;
	const struct yfile *file; /* NULL: NAME is a condition, and PLACE counts from 1 in it */
};

struct rule_problem {
	uint8_t code; /* enum rule_problem_code */
	struct diag diag;
	struct span snippet; /* the line and a line with a caret; may be empty */
	struct span field;   /* of a deprecated field's warning */
	unsigned ncontext;
	struct rule_context context[PROBLEM_MAX_CONTEXT];
};

struct rule_problems {
	struct pool *pool;
	const struct pool *defs; /* when it is starved, every error is that one; NULL: none is */
	struct pool_vec list;	 /* struct rule_problem */
	unsigned errors, warnings;
};

/* Note one; its message is DIAG's, its place WHERE.  Returns -EINVAL, so that a
 * caller can return what it returns; a warning returns 0. */
int rule_problem_add(struct rule_problems *p, enum rule_problem_code code, struct origin where,
		     const struct rule_context *context, unsigned ncontext, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

static inline const struct rule_problem *rule_problem_at(const struct rule_problems *p, unsigned i)
{
	return &((const struct rule_problem *)p->list.items)[i];
}

#endif
