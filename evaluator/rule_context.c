/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_context.c -- where a problem is, from the file down to a place in a condition.
 */
#include "lex.h"
#include "rule_defs.h"

void context_item(struct rule_loader *l, const char *type, struct span name,
		  const struct rule_place *where)
{
	l->ncontext = 0;
	l->file = where->file;
	context_push(l, "rules content", SPAN_NONE, (struct yplace){ 0, 0, 0 });
	context_push(l, type, name, where->place);
}

/* The condition as a place's name: in quotes, on one line, cut when long. */
static struct span condition_name(struct rule_loader *l, struct span text)
{
	struct pool_text name = { .pool = &l->problem_pool };

	pool_text_str(&name, "\"");
	pool_text_add(&name, text.n > 20 ? span_of(text.p, 17) : text);
	pool_text_str(&name, text.n > 20 ? "...\"" : "\"");
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '\n')
			name.p[i] = ' ';
	return pool_text_span(&name);
}

void context_condition(struct rule_loader *l, const struct origin_text *text, struct yplace base)
{
	context_push(l, "condition expression", condition_name(l, origin_span(text)), base);
	if (l->ncontext <= PROBLEM_MAX_CONTEXT)
		l->context[l->ncontext - 1].file = NULL;
}

void context_in_condition(struct rule_loader *l, const struct origin_text *text,
			  const struct origin_text *owner, size_t at, struct yplace base)
{
	struct lex_place place = lex_place(origin_span(owner), at);

	context_condition(l, text,
			  (struct yplace){ base.line + place.line, base.column + place.column,
					   base.offset + (uint32_t)at });
}
