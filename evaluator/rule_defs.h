/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_defs.h -- lists, macros and rules as collected, before compilation:
 * shared by the parts of the loader only.
 */
#ifndef MEWS_RULE_DEFS_H
#define MEWS_RULE_DEFS_H

#include "rule_loader.h"
#include "strmap.h"

/* Where a definition stands, and how it is shown. */
struct rule_place {
	const struct yfile *file;
	struct yplace place; /* of the item */
	struct origin name;  /* of its name */
	struct yplace condition;
};

struct rule_list {
	struct span name;
	uint32_t index, visibility;
	struct rule_place where;
	struct pool_vec items; /* struct span */
	/* compiled */
	struct pool_vec flat; /* struct span */
	bool used;
};

enum macro_state { MACRO_NEW, MACRO_BUSY, MACRO_DONE };

struct rule_macro {
	struct span name;
	uint32_t index, visibility;
	struct rule_place where;
	struct origin_text condition;
	/* compiled */
	struct origin_text expanded;
	struct node *tree;
	uint8_t state; /* enum macro_state */
	bool used;
};

/* A value of an exception: a scalar, or a list of them. */
struct exception_value {
	bool is_list;
	unsigned n;
	struct span *items; /* a scalar: one */
};

struct exception_row {
	unsigned n;
	struct exception_value *values;
};

struct rule_exception {
	struct span name;
	struct origin where;
	struct yplace place;
	struct rule_place item; /* that it stands in: the rule, or what is appended to one */
	bool has_fields, has_comps;
	bool is_list; /* fields is a sequence */
	bool comps_is_list;
	struct pool_vec fields, comps; /* struct span */
	struct pool_vec rows;	       /* struct exception_row */
};

struct rule_def {
	struct span name;
	uint32_t index, visibility;
	struct rule_place where;
	struct origin_text condition, output;
	struct yplace output_place;
	struct span desc, source;
	uint8_t priority;
	bool enabled, unknown_source, warn_evttypes, skip_if_unknown;
	bool capture;
	uint32_t capture_duration;
	struct pool_vec tags;	    /* struct span, sorted, each once */
	struct pool_vec exceptions; /* struct rule_exception */
	/* compiled */
	struct origin_text expanded;
};

struct rule_loader {
	struct pool pool, problem_pool;
	struct rule_extras extras;
	struct rule_problems problems;
	struct strmap list_names, macro_names, rule_names; /* to index + 1 below */
	struct pool_vec lists, macros, rules;		   /* pointers, by first definition */
	struct pool_vec requirements;
	uint32_t engine[3]; /* the highest version that is required */
	uint32_t next_index;
	bool odd_lists; /* there are some with blanks or commas in their names */
	/* while reading or compiling */
	const struct yfile *file;
	struct rule_context context[PROBLEM_MAX_CONTEXT];
	unsigned ncontext;
	uint32_t walk;		/* the last one over a condition that looks at each macro once */
	unsigned misspelt_left; /* constants that may still be looked at for misspellings */
};
#define MISSPELT_BUDGET 200000

static inline struct rule_list *loader_list(const struct rule_loader *l, unsigned i)
{
	return ((struct rule_list **)l->lists.items)[i];
}

static inline struct rule_macro *loader_macro(const struct rule_loader *l, unsigned i)
{
	return ((struct rule_macro **)l->macros.items)[i];
}

static inline struct rule_def *loader_rule(const struct rule_loader *l, unsigned i)
{
	return ((struct rule_def **)l->rules.items)[i];
}

/* ---- problems with the context as it is ---- */

#define loader_problem(l, code, where, ...)                                                        \
	rule_problem_add(&(l)->problems, PROBLEM_##code, where, (l)->context, (l)->ncontext,       \
			 __VA_ARGS__)

static inline void context_push(struct rule_loader *l, const char *type, struct span name,
				struct yplace place)
{
	if (l->ncontext < PROBLEM_MAX_CONTEXT)
		l->context[l->ncontext] = (struct rule_context){ type, name, place, l->file };
	l->ncontext++;
}

static inline void context_pop(struct rule_loader *l)
{
	l->ncontext--;
}

/* Which field the last problem is about. */
static inline void loader_problem_field(struct rule_loader *l, struct span field)
{
	struct pool_vec *list = &l->problems.list;

	if (list->n > 0)
		((struct rule_problem *)list->items)[list->n - 1].field = field;
}

#define SHOW(s) (int)((s).n < 200 ? (s).n : 200), (const char *)(s).p

/* ---- rule_context.c ---- */

/* From the file to one of its items, and no further. */
void context_item(struct rule_loader *l, const char *type, struct span name,
		  const struct rule_place *where);
/* Further: condition TEXT, which begins at BASE. */
void context_condition(struct rule_loader *l, const struct origin_text *text, struct yplace base);
/* The same, at byte AT of OWNER: TEXT, or a macro that is in it. */
void context_in_condition(struct rule_loader *l, const struct origin_text *text,
			  const struct origin_text *owner, size_t at, struct yplace base);

/* ---- rule_exception.c ---- */

/* Read the exceptions of ITEM; each is checked later.  Those that are to APPEND need no fields. */
int exceptions_read(struct rule_loader *l, const struct ynode *item, bool append,
		    struct pool_vec *ret);

/* Check one that is new, fill in the comparisons that it leaves out. */
int exception_validate(struct rule_loader *l, struct rule_exception *x,
		       const struct rule_def *rule);

/* Are its values, appended ones too, as its fields want them?  To be asked before they are
 * written out. */
int exception_check_rows(struct rule_loader *l, const struct rule_exception *x);

/* Add to RULE's: values to one of that name, or a new one. */
int exceptions_append(struct rule_loader *l, struct rule_def *rule, struct pool_vec *more);

/* RULE's condition with its exceptions, as text. */
bool exceptions_expand(const struct rule_def *rule, struct origin_text *to);

/* ---- rule_expand.c ---- */

/* Write out the flat items of each list. */
int lists_flatten(struct rule_loader *l, struct pool *pool);

/* FROM with all names of lists replaced by their items. */
bool lists_substitute(struct rule_loader *l, const struct origin_text *from,
		      struct origin_text *to);

/* ---- rule_append.c ---- */

/* What LIST, which may be NULL, adds behind D's output. */
void append_text(const struct append_list *list, const struct rule_def *d, struct pool_text *to);
/* The fields that it adds.  -EINVAL, -ENOMEM with DIAG. */
int append_fields(const struct append_list *list, const struct rule_def *d, struct output *to,
		  struct diag *diag);

/* ---- rule_warn.c ---- */

/* D's condition, with its macros, before it is compiled: comparisons with <NA>, deprecated fields;
 * each once. */
void condition_warn(struct rule_loader *l, const struct rule_def *d, struct node *tree);
/* And after: what is legal but hardly meant, each time that it stands there. */
void condition_hint(struct rule_loader *l, const struct rule_def *d, const struct node *tree);
/* What may be a misspelling of LIST, which nobody uses, in the conditions of RS: a
 * sentence for the end of a message, or nothing. */
const char *list_misspelt(struct rule_loader *l, const struct ruleset *rs,
			  const struct rule_list *list);
void output_warn_deprecated(struct rule_loader *l, struct span output, struct origin where);

#endif
