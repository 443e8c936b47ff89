/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_warn.c -- warnings about conditions and outputs that are legal but
 * hardly what their author meant.
 */
#include "lex.h"
#include "nearest.h"
#include "rule_defs.h"
#include "transform.h"

static const char *const deprecated_fields[] = {
	"evt.dir",	  "evt.latency",       "evt.latency.s",
	"evt.latency.ns", "evt.latency.human", "evt.wait_latency",
};

struct warning {
	struct rule_loader *l;
	const struct node *node;
};

static struct origin place_of(const struct warning *w, uint32_t at)
{
	const struct origin_text *owner = w->node->owner;

	return owner == NULL ? (struct origin){ NULL, 0, 0 } : origin_find(owner, at);
}

/* ---- regular expressions that need none ---- */

static bool is_plain_pattern(struct span s)
{
	if (s.n > 0 && s.p[0] == '^')
		s = span_of(s.p + 1, s.n - 1);
	if (s.n > 0 && s.p[s.n - 1] == '$')
		s.n--;
	if (s.n >= 2 && s.p[0] == '.' && strchr("*+?", s.p[1]) != NULL)
		s = span_of(s.p + 2, s.n - 2);
	if (s.n >= 2 && s.p[s.n - 2] == '.' && strchr("*+?", s.p[s.n - 1]) != NULL &&
	    (s.n == 2 || s.p[s.n - 3] != '\\'))
		s.n -= 2;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0 && strchr(".+*?^$()[]{}|\\", s.p[i]) != NULL)
			return false;
	return true;
}

/* ---- constants that look like something else ---- */

static bool is_transformer_text(struct span s)
{
	const uint8_t *paren = s.n == 0 ? NULL : memchr(s.p, '(', s.n);

	return paren != NULL && s.p[s.n - 1] == ')' &&
	       transform_find(span_of(s.p, (size_t)(paren - s.p))) != NULL;
}

static struct span without_blanks(struct pool *pool, struct span s)
{
	uint8_t *out = pool_get(pool, s.n);
	size_t n = 0;

	for (size_t i = 0; out != NULL && i < s.n; i++)
		if (s.p[i] != ' ')
			out[n++] = s.p[i];
	return span_of(out, n);
}

static void warn_constant(const struct warning *w, const struct operand *o)
{
	struct span s = without_blanks(&w->l->pool, o->text);
	struct diag diag = { .message = "" };
	struct field_ref ref;

	if (w->node->op == OP_REGEX && is_plain_pattern(o->text))
		loader_problem(w->l, LOAD_COMPILE_CONDITION, place_of(w, o->at),
			       "regular expression '%.*s' may be optimized with simpler operators "
			       "such as '=', 'contains', 'startswith', 'endswith'",
			       SHOW(o->text));
	if (s.n == 0)
		return;
	/* Only texts with a dot can be fields; asking for each would cost. */
	if (memchr(s.p, '.', s.n) != NULL && field_parse(s, &ref, &diag) == 0)
		loader_problem(w->l, LOAD_COMPILE_CONDITION, place_of(w, o->at),
			       "'%.*s' may be a valid field misused as a const string value",
			       SHOW(o->text));
	else if (is_transformer_text(s))
		loader_problem(w->l, LOAD_COMPILE_CONDITION, place_of(w, o->at),
			       "'%.*s' may be a valid field transformer misused as a const string "
			       "value",
			       SHOW(o->text));
}

/* ka.* and jevt.* are <NA> when they are missing, in Falco's plugins. */
static void warn_na(const struct warning *w, const struct operand *o)
{
	const struct operand *left = w->node->left;

	if (left->kind != OPERAND_FIELD || !span_is(o->text, "<NA>") ||
	    (!span_starts(left->text, span_str("ka.")) &&
	     !span_starts(left->text, span_str("jevt."))))
		return;
	switch (w->node->op) {
	case OP_EQ:
	case OP_EQ2:
	case OP_NE:
	case OP_IN:
	case OP_INTERSECTS:
	case OP_PMATCH:
		loader_problem(w->l, LOAD_UNSAFE_NA_CHECK, place_of(w, o->at),
			       "comparing a field value with <NA> is unsafe and can lead to "
			       "unpredictable behavior of the rule condition. Use 'exists' "
			       "instead.");
		break;
	default:
		break;
	}
}

static void note_deprecated(const struct operand *o, const struct node *n,
			    const struct node **found, const struct operand **operands)
{
	for (unsigned i = 0; o->kind == OPERAND_FIELD && i < ARRAY_LEN(deprecated_fields); i++) {
		if (found[i] == NULL && span_is(o->text, deprecated_fields[i])) {
			found[i] = n;
			operands[i] = o;
		}
	}
	for (unsigned i = 0; o->kind == OPERAND_CALL && i < o->n; i++)
		note_deprecated(o->items[i], n, found, operands);
}

static void find_deprecated(const struct node *n, const struct node **found,
			    const struct operand **operands)
{
	if (n->kind == NODE_CHECK)
		note_deprecated(n->left, n, found, operands);
	for (unsigned i = 0; i < n->n; i++)
		find_deprecated(n->child[i], found, operands);
}

static const char *deprecated_reason(unsigned i)
{
	return i == 0 ? "due to the drop of enter events, 'evt.dir = <' always evaluates to true, "
			"and 'evt.dir = >' always evaluates to false. The rule expression can be "
			"simplified by removing the condition on 'evt.dir'"
		      : "due to the drop of enter events, the field is always zero";
}

/* Each of them once, macros included: the rule's author is the one to know. */
void condition_warn_deprecated(struct rule_loader *l, const struct node *tree)
{
	const struct operand *operands[ARRAY_LEN(deprecated_fields)];
	const struct node *found[ARRAY_LEN(deprecated_fields)] = { NULL };

	find_deprecated(tree, found, operands);
	for (unsigned i = 0; i < ARRAY_LEN(deprecated_fields); i++) {
		struct warning w = { l, found[i] };

		if (found[i] == NULL)
			continue;
		loader_problem(l, LOAD_DEPRECATED_ITEM, place_of(&w, operands[i]->at), "%s",
			       deprecated_reason(i));
		loader_problem_field(l, span_str(deprecated_fields[i]));
	}
}

static void warn_check(const struct warning *w)
{
	const struct operand *right = w->node->right;

	if (right == NULL || right->kind == OPERAND_CALL)
		return;
	for (unsigned i = 0; i < (right->kind == OPERAND_VALUES ? right->n : 1); i++) {
		const struct operand *o = right->kind == OPERAND_VALUES ? right->items[i] : right;

		warn_constant(w, o);
		warn_na(w, o);
	}
}

/* Each node once: a macro's are looked at with the macro, and a rule's own with
 * the rule, whoever shares them. */
void condition_warn(struct rule_loader *l, const struct node *tree, const struct origin_text *own)
{
	struct warning w = { l, tree };

	if (tree->owner != own)
		return;
	if (tree->kind == NODE_CHECK)
		warn_check(&w);
	for (unsigned i = 0; i < tree->n; i++)
		condition_warn(l, tree->child[i], own);
}

void output_warn_deprecated(struct rule_loader *l, struct span output, struct origin where)
{
	for (unsigned i = 0; i < ARRAY_LEN(deprecated_fields); i++) {
		struct span field = span_str(deprecated_fields[i]);

		if (output.n == 0 || memmem(output.p, output.n, field.p, field.n) == NULL)
			continue;
		loader_problem(
			l, LOAD_DEPRECATED_ITEM, where,
			"usage of deprecated field '%s' has been detected in the rule output",
			deprecated_fields[i]);
		loader_problem_field(l, field);
	}
}

/* ---- lists that nobody uses ---- */

enum { MISSPELT_LEAST = 6 }; /* shorter names are near to too many words */

struct misspelt {
	struct nearest near;
	struct span rule; /* where the nearest stands */
	unsigned *left;
};

static void try_constants(struct misspelt *m, const struct operand *o, struct span rule)
{
	struct span before = m->near.span;

	if (o->kind == OPERAND_VALUE && *m->left > 0) {
		(*m->left)--;
		nearest_try_span(&m->near, o->text);
		if (m->near.span.p != before.p)
			m->rule = rule;
	}
	for (unsigned i = 0; o->kind == OPERAND_VALUES && i<o->n && * m->left> 0; i++)
		try_constants(m, o->items[i], rule);
}

static void try_tree(struct misspelt *m, const struct node *n, struct span rule)
{
	if (n->kind == NODE_CHECK && n->right != NULL)
		try_constants(m, n->right, rule);
	for (unsigned i = 0; i<n->n && * m->left> 0; i++)
		try_tree(m, n->child[i], rule);
}

const char *list_misspelt(struct rule_loader *l, const struct ruleset *rs,
			  const struct rule_list *list)
{
	struct misspelt m = { .left = &l->misspelt_left };
	struct pool_text text = { .pool = &l->problem_pool };

	if (list->name.n < MISSPELT_LEAST)
		return "";
	nearest_begin(&m.near, list->name);
	for (unsigned i = 0; i < ruleset_count(rs) && *m.left > 0; i++)
		try_tree(&m, ruleset_rule(rs, i)->tree, ruleset_rule(rs, i)->name);
	if (m.near.span.p == NULL)
		return "";
	pool_text_str(&text, ". Was it meant by '");
	pool_text_add(&text, m.near.span);
	pool_text_str(&text, "' in rule '");
	pool_text_add(&text, m.rule);
	return pool_text_str(&text, "'?") ? (const char *)text.p : "";
}
