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

static struct origin place_of(const struct node *n, uint32_t at)
{
	return n->owner == NULL ? (struct origin){ NULL, 0, 0 } : origin_find(n->owner, at);
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

enum { LONGEST_FIELD = 256 }; /* longer constants look like none */

static struct span without_blanks(struct span s, uint8_t out[LONGEST_FIELD])
{
	size_t n = 0;

	if (s.n > LONGEST_FIELD)
		return SPAN_NONE;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ' ')
			out[n++] = s.p[i];
	return span_of(out, n);
}

/* Where hints are looked for. */
struct hints {
	struct rule_loader *l;
	const struct rule_def *rule;
	const struct node *node;
};

/* BEFORE 'constant O' AFTER. */
static void hint(const struct hints *h, const struct operand *o, const char *before,
		 const char *after)
{
	const struct origin_text *whole = &h->rule->expanded;
	const struct origin_text *owner = h->node->owner != NULL ? h->node->owner : whole;
	struct yplace base = h->rule->where.condition;
	unsigned depth = h->l->ncontext;

	context_push(h->l, "rule condition", SPAN_NONE, base);
	context_in_condition(h->l, whole, owner, h->node->right->at, base);
	loader_problem(h->l, LOAD_COMPILE_CONDITION, place_of(h->node, o->at), "%s'%.*s' %s",
		       before, SHOW(o->text), after);
	h->l->ncontext = depth;
}

static void hint_constant(const struct hints *h, const struct operand *o)
{
	uint8_t buf[LONGEST_FIELD];
	struct span s = without_blanks(o->text, buf);
	struct diag diag = { .message = "" };
	struct field_ref ref;

	if (h->node->op == OP_REGEX && is_plain_pattern(o->text))
		hint(h, o, "regular expression ",
		     "may be optimized with simpler operators such as '=', 'contains', "
		     "'startswith', 'endswith'");
	if (s.n == 0)
		return;
	/* Only texts with a dot can be fields; asking for each would cost. */
	if (memchr(s.p, '.', s.n) != NULL && field_parse(s, &ref, &diag) == 0)
		hint(h, o, "", "may be a valid field misused as a const string value");
	else if (is_transformer_text(s))
		hint(h, o, "", "may be a valid field transformer misused as a const string value");
}

static void hint_check(const struct hints *h)
{
	const struct operand *right = h->node->right;

	if (right == NULL || right->kind == OPERAND_CALL)
		return;
	for (unsigned i = 0; right->kind == OPERAND_VALUES && i < right->n; i++)
		hint_constant(h, right->items[i]);
	if (right->kind != OPERAND_VALUES)
		hint_constant(h, right);
}

void condition_hint(struct rule_loader *l, const struct rule_def *d, const struct node *tree)
{
	struct hints h = { l, d, tree };

	if (tree->kind == NODE_CHECK)
		hint_check(&h);
	for (unsigned i = 0; i < tree->n; i++)
		condition_hint(l, d, tree->child[i]);
}

/* ---- comparisons and fields that mislead ---- */

/* What is found in a condition first of each kind. */
struct finding {
	const struct node *node;
	const struct operand *operand;
};

struct findings {
	uint32_t walk;
	unsigned n;
	struct finding na, deprecated[ARRAY_LEN(deprecated_fields)];
};

/* ka.* and jevt.* are <NA> when they are missing, in Falco's plugins. */
static bool is_unsafe_with_na(const struct node *n)
{
	if (n->left->kind != OPERAND_FIELD || (!span_starts(n->left->text, span_str("ka.")) &&
					       !span_starts(n->left->text, span_str("jevt."))))
		return false;
	switch (n->op) {
	case OP_EQ:
	case OP_EQ2:
	case OP_NE:
	case OP_IN:
	case OP_INTERSECTS:
	case OP_PMATCH:
		return true;
	default:
		return false;
	}
}

static void note(struct findings *f, struct finding *slot, const struct node *n,
		 const struct operand *o)
{
	if (slot->node != NULL)
		return;
	*slot = (struct finding){ n, o };
	f->n++;
}

static void note_na(struct findings *f, const struct node *n, const struct operand *o)
{
	for (unsigned i = 0; o->kind == OPERAND_VALUES && i < o->n; i++)
		note_na(f, n, o->items[i]);
	if (o->kind != OPERAND_CALL && span_is(o->text, "<NA>"))
		note(f, &f->na, n, o);
}

static void note_deprecated(struct findings *f, const struct node *n, const struct operand *o)
{
	for (unsigned i = 0; o->kind == OPERAND_FIELD && i < ARRAY_LEN(deprecated_fields); i++)
		if (span_is(o->text, deprecated_fields[i]))
			note(f, &f->deprecated[i], n, o);
	for (unsigned i = 0; o->kind == OPERAND_CALL && i < o->n; i++)
		note_deprecated(f, n, o->items[i]);
}

/* Macros may stand for each other many times over; each is looked at once. */
static void find(struct findings *f, struct node *n)
{
	if (n->walk == f->walk)
		return;
	n->walk = f->walk;
	if (n->kind == NODE_CHECK)
		note_deprecated(f, n, n->left);
	if (n->kind == NODE_CHECK && n->right != NULL && is_unsafe_with_na(n))
		note_na(f, n, n->right);
	for (unsigned i = 0; i < n->n; i++)
		find(f, n->child[i]);
}

static const char *deprecated_reason(unsigned i)
{
	return i == 0 ? "due to the drop of enter events, 'evt.dir = <' always evaluates to true, "
			"and 'evt.dir = >' always evaluates to false. The rule expression can be "
			"simplified by removing the condition on 'evt.dir'"
		      : "due to the drop of enter events, the field is always zero";
}

static void warn_findings(struct rule_loader *l, const struct findings *f)
{
	if (f->na.node != NULL)
		loader_problem(l, LOAD_UNSAFE_NA_CHECK, place_of(f->na.node, f->na.operand->at),
			       "comparing a field value with <NA> is unsafe and can lead to "
			       "unpredictable behavior of the rule condition. Use 'exists' "
			       "instead.");
	for (unsigned i = 0; i < ARRAY_LEN(deprecated_fields); i++) {
		const struct finding *d = &f->deprecated[i];

		if (d->node == NULL)
			continue;
		loader_problem(l, LOAD_DEPRECATED_ITEM, place_of(d->node, d->operand->at), "%s",
			       deprecated_reason(i));
		loader_problem_field(l, span_str(deprecated_fields[i]));
	}
}

/* Macros included: the rule's author is the one to know. */
void condition_warn(struct rule_loader *l, const struct rule_def *d, struct node *tree)
{
	struct findings f = { .walk = ++l->walk };
	unsigned depth = l->ncontext;

	find(&f, tree);
	if (f.n == 0)
		return;
	context_push(l, "rule condition", SPAN_NONE, d->where.condition);
	context_condition(l, &d->expanded, d->where.condition);
	warn_findings(l, &f);
	l->ncontext = depth;
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
