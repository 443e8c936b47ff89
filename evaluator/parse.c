/* SPDX-License-Identifier: Apache-2.0
 *
 * parse.c -- recursive descent, one function per production, in the grammar's
 * order of trial.  Depth is counted and bounded, since conditions come from
 * files that others write.
 */
#include "parse.h"

#include <errno.h>

#include "lex.h"

struct parser {
	struct lex lex;
	struct pool *pool;
	struct diag *diag;
	struct span last; /* the last token taken, for messages */
	size_t error_at;
	unsigned depth, max_depth;
	int err;
};

static struct node *parse_or(struct parser *p);
static struct operand *parse_call(struct parser *p, struct span name, uint32_t at);

/* ---- errors: the first one stays ---- */

static void *fail_at(struct parser *p, size_t at, int err)
{
	if (p->err == 0) {
		p->err = err;
		p->error_at = at;
	}
	return NULL;
}

#define fail(p, ...)                                                                               \
	((p)->err == 0 ? (diag_set((p)->diag, __VA_ARGS__), fail_at((p), (p)->lex.at, -EINVAL))    \
		       : NULL)

static void *no_memory(struct parser *p)
{
	if (p->err == 0)
		diag_set(p->diag, "the condition is too large");
	return fail_at(p, p->lex.at, -ENOMEM);
}

static bool enter(struct parser *p)
{
	if (p->err != 0)
		return false;
	if (++p->depth >= p->max_depth) {
		fail(p, "exceeded max depth limit of %u", p->max_depth);
		return false;
	}
	return true;
}

/* Run production F one level deeper. */
#define nested(p, f, ...)                                                                          \
	({                                                                                         \
		__typeof__(f((p), ##__VA_ARGS__)) nested_ret = NULL;                               \
		if (enter(p)) {                                                                    \
			nested_ret = f((p), ##__VA_ARGS__);                                        \
			(p)->depth--;                                                              \
		}                                                                                  \
		nested_ret;                                                                        \
	})

static struct operand *operand_new(struct parser *p, enum operand_kind kind, uint32_t at)
{
	struct operand *o = pool_get(p->pool, sizeof(*o));

	if (o == NULL)
		return no_memory(p);
	o->kind = kind;
	o->at = at;
	return o;
}

static struct node *node_new(struct parser *p, enum node_kind kind, uint32_t at)
{
	struct node *n = pool_get(p->pool, sizeof(*n));

	if (n == NULL)
		return no_memory(p);
	n->kind = kind;
	n->at = at;
	return n;
}

static bool push(struct parser *p, struct pool_vec *v, void *item)
{
	void **slot = item == NULL ? NULL : pool_push(p->pool, v, sizeof(item));

	if (slot == NULL) {
		no_memory(p); /* keeps an earlier error */
		return false;
	}
	*slot = item;
	return true;
}

/* ---- tokens with their text remembered ---- */

static bool quoted(struct parser *p, struct span *ret)
{
	size_t at = p->lex.at;
	struct span raw;
	int err;

	if (!lex_quoted(&p->lex, &raw))
		return false;
	err = lex_unescape(raw, p->pool, ret, p->diag);
	if (err == -ENOMEM)
		no_memory(p);
	else if (err < 0)
		fail_at(p, at, err);
	else
		p->last = *ret;
	return true;
}

static bool closing(struct parser *p, const char *s)
{
	bool ok = lex_literal(&p->lex, s);

	if (ok)
		p->last = span_str(s);
	return ok;
}

static bool number(struct parser *p, struct span *ret)
{
	bool ok = lex_number(&p->lex, ret);

	if (ok)
		p->last = *ret;
	return ok;
}

static bool field_name(struct parser *p, struct span *ret)
{
	bool ok = lex_field_name(&p->lex, ret);

	if (ok)
		p->last = *ret;
	return ok;
}

/* "tolower(" ... : the parenthesis must follow at once. */
static bool transformer(struct parser *p, struct span *ret)
{
	static const char *const names[] = { "tolower(", "toupper(", "b64(",	"basename(",
					     "len(",	 "join(",    "concat(", "getopt(" };
	size_t at = p->lex.at;

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (lex_literal(&p->lex, names[i])) {
			*ret = span_of(p->lex.text.p + at, p->lex.at - at - 1);
			p->last = *ret;
			return true;
		}
	}
	return false;
}

/* ---- operands ---- */

/* [ "quoted" ] or [bare], right behind a field or a transformer. */
static bool parse_arg(struct parser *p, struct operand *o)
{
	if (!lex_literal(&p->lex, "["))
		return true;
	o->has_arg = true;
	if (!quoted(p, &o->arg) && !lex_field_arg(&p->lex, &o->arg)) {
		fail(p, "expected a valid field argument: a quoted string or a bare string");
		return false;
	}
	if (p->err == 0 && !closing(p, "]"))
		fail(p, "expected a ']' token");
	return p->err == 0;
}

static struct operand *parse_field(struct parser *p, struct span name, uint32_t at)
{
	struct operand *o = operand_new(p, OPERAND_FIELD, at);

	if (o == NULL)
		return NULL;
	o->text = name;
	return parse_arg(p, o) ? o : NULL;
}

static struct operand *value_new(struct parser *p, struct span text, uint32_t at)
{
	struct operand *o = operand_new(p, OPERAND_VALUE, at);

	if (o != NULL)
		o->text = text;
	return p->err == 0 ? o : NULL;
}

/* One element of a list that is a transformer's argument. */
static struct operand *parse_tuple_item(struct parser *p)
{
	uint32_t at = (uint32_t)p->lex.at;
	struct span s;

	if (field_name(p, &s))
		return parse_field(p, s, at);
	if (transformer(p, &s))
		return nested(p, parse_call, s, at);
	if (quoted(p, &s) || number(p, &s))
		return value_new(p, s, at);
	return fail(p, "expected a field, a transformer, a string or a number");
}

static struct operand *parse_tuple(struct parser *p, uint32_t at)
{
	struct operand *o = operand_new(p, OPERAND_TUPLE, at);
	struct pool_vec items = { 0 };

	if (o == NULL)
		return NULL;
	lex_blank(&p->lex);
	if (closing(p, ")"))
		return o;
	do {
		lex_blank(&p->lex);
		if (!push(p, &items, parse_tuple_item(p)))
			return NULL;
		lex_blank(&p->lex);
	} while (lex_literal(&p->lex, ","));
	if (!closing(p, ")"))
		return fail(p, "expected a ')' token closing the list");
	o->items = items.items;
	o->n = items.n;
	return o;
}

static struct operand *parse_call_arg(struct parser *p)
{
	struct span s;
	uint32_t at;

	lex_blank(&p->lex);
	at = (uint32_t)p->lex.at;
	if (number(p, &s) || quoted(p, &s))
		return value_new(p, s, at);
	if (lex_literal(&p->lex, "("))
		return parse_tuple(p, at);
	if (transformer(p, &s))
		return nested(p, parse_call, s, at);
	if (field_name(p, &s))
		return parse_field(p, s, at);
	return fail(p, "expected a field, a transformer, a list, a string or a number as "
		       "argument of a transformer");
}

/* Behind the transformer's "(". */
static struct operand *parse_call(struct parser *p, struct span name, uint32_t at)
{
	struct operand *o = operand_new(p, OPERAND_CALL, at);
	struct pool_vec items = { 0 };

	if (o == NULL)
		return NULL;
	o->text = name;
	do {
		if (!push(p, &items, nested(p, parse_call_arg)))
			return NULL;
		lex_blank(&p->lex);
	} while (lex_literal(&p->lex, ","));
	if (!closing(p, ")"))
		return fail(p, "expected a ')' token closing the transformer");
	o->items = items.items;
	o->n = items.n;
	return parse_arg(p, o) ? o : NULL;
}

/* val(field) or a transformer.  NULL without an error: neither is here. */
static struct operand *parse_right_field(struct parser *p)
{
	struct operand *o, **item;
	struct span name;
	uint32_t at;

	lex_blank(&p->lex);
	at = (uint32_t)p->lex.at;
	if (!lex_literal(&p->lex, "val("))
		return transformer(p, &name) ? parse_call(p, name, at) : NULL;
	o = operand_new(p, OPERAND_CALL, at);
	item = pool_array(p->pool, 1, sizeof(*item));
	if (o == NULL || item == NULL)
		return no_memory(p);
	o->text = span_str("val");
	lex_blank(&p->lex);
	if (!field_name(p, &name))
		return fail(p, "expected a field within 'val'");
	*item = parse_field(p, name, (uint32_t)p->lex.at - (uint32_t)name.n);
	if (*item == NULL)
		return NULL;
	lex_blank(&p->lex);
	if (!closing(p, ")"))
		return fail(p, "expected a ')' token closing 'val'");
	o->items = item;
	o->n = 1;
	return parse_arg(p, o) ? o : NULL;
}

static struct operand *parse_number_right(struct parser *p)
{
	struct operand *o;
	struct span s;
	uint32_t at;

	lex_blank(&p->lex);
	o = nested(p, parse_right_field);
	if (o != NULL || p->err != 0)
		return o;
	at = (uint32_t)p->lex.at;
	if (!number(p, &s))
		return fail(p, "expected a number value");
	return value_new(p, s, at);
}

/* Quoted or bare.  NULL without an error: no string here. */
static struct operand *parse_string(struct parser *p)
{
	uint32_t at = (uint32_t)p->lex.at;
	struct span s;

	if (quoted(p, &s))
		return value_new(p, s, at);
	if (!lex_bare(&p->lex, &s))
		return NULL;
	p->last = s;
	return value_new(p, s, at);
}

static struct operand *parse_string_right(struct parser *p)
{
	struct operand *o;

	lex_blank(&p->lex);
	o = nested(p, parse_right_field);
	if (o != NULL || p->err != 0)
		return o;
	o = parse_string(p);
	if (o == NULL)
		fail(p, "expected a string value");
	return o;
}

/* Behind "(": constants up to ")". */
static struct operand *parse_values(struct parser *p, uint32_t at)
{
	struct operand *o = operand_new(p, OPERAND_VALUES, at), *item;
	struct pool_vec items = { 0 };

	if (o == NULL)
		return NULL;
	lex_blank(&p->lex);
	item = parse_string(p);
	while (item != NULL) {
		if (!push(p, &items, item))
			return NULL;
		lex_blank(&p->lex);
		if (!lex_literal(&p->lex, ","))
			break;
		lex_blank(&p->lex);
		item = parse_string(p);
		if (item == NULL)
			return fail(p, "expected a string value");
	}
	if (!closing(p, ")"))
		return fail(p, "expected a ')' token");
	o->items = items.items;
	o->n = items.n;
	return p->err == 0 ? o : NULL;
}

/* The right side of a list operator; MODIFIER: of an operator with one, which
 * takes no fields. */
static struct operand *parse_list_right(struct parser *p, bool fields)
{
	struct operand *o, **item;
	struct span s;
	uint32_t at;

	lex_blank(&p->lex);
	at = (uint32_t)p->lex.at;
	if (lex_literal(&p->lex, "("))
		return parse_values(p, at);
	if (fields) {
		o = nested(p, parse_right_field);
		if (o != NULL || p->err != 0)
			return o;
	}
	at = (uint32_t)p->lex.at;
	if (!lex_identifier(&p->lex, &s))
		return fail(p, "expected a list or an identifier");
	p->last = s;
	o = operand_new(p, OPERAND_VALUES, at);
	item = pool_array(p->pool, 1, sizeof(*item));
	if (o == NULL || item == NULL)
		return no_memory(p);
	*item = value_new(p, s, at);
	o->items = item;
	o->n = 1;
	return o;
}

/* ---- conditions ---- */

static bool keyword_follows(struct parser *p)
{
	static const char *const words[] = { "and", "or", "not" };
	struct lex l = p->lex;
	struct span s;

	if (!lex_identifier(&l, &s))
		return false;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(s, words[i]))
			return true;
	return false;
}

/* oneof, anyof, allof: only if a list follows; else the word is a value. */
static enum op_modifier parse_modifier(struct parser *p)
{
	size_t at = p->lex.at;

	for (unsigned m = MODIFIER_NONE + 1; m < MODIFIER_COUNT; m++) {
		struct lex l;

		if (!lex_word(&p->lex, op_modifier_name(m)))
			continue;
		l = p->lex;
		if ((lex_literal(&l, "(") || lex_at_identifier(&p->lex)) && !keyword_follows(p))
			return m;
		p->lex.at = at;
	}
	return MODIFIER_NONE;
}

static enum op_id parse_op(struct parser *p, bool *ret_blank)
{
	for (enum op_id op = OP_NONE + 1; op < OP_COUNT; op++) {
		const struct op_info *info = op_info(op);
		size_t at = p->lex.at;
		bool is_word = info->name[0] >= 'a' && info->arity == ARITY_STRING;

		if (!lex_literal(&p->lex, info->name))
			continue;
		*ret_blank = info->arity == ARITY_STRING && lex_blank(&p->lex);
		if (is_word && !*ret_blank) {
			p->lex.at = at; /* "containsvalue" is no operator */
			continue;
		}
		p->last = span_of(p->lex.text.p + at, strlen(info->name));
		return op;
	}
	return OP_NONE;
}

static struct node *parse_comparison(struct parser *p, struct operand *left)
{
	struct node *n = left == NULL ? NULL : node_new(p, NODE_CHECK, left->at);
	bool blank = false;

	if (n == NULL)
		return NULL;
	n->left = left;
	lex_blank(&p->lex);
	n->op = parse_op(p, &blank);
	switch (op_info(n->op)->arity) {
	case ARITY_NONE:
		if (n->op == OP_EXISTS)
			return n;
		return fail(p, "expected a valid check operator: one of the operators exists, <=, "
			       "<, >=, >, ==, =, !=, glob, iglob, contains, icontains, bcontains, "
			       "startswith, bstartswith, endswith, regex, intersects, in, pmatch");
	case ARITY_NUMBER:
		n->right = nested(p, parse_number_right);
		break;
	case ARITY_STRING:
		n->modifier = blank ? parse_modifier(p) : MODIFIER_NONE;
		if (n->modifier == MODIFIER_NONE)
			n->right = nested(p, parse_string_right);
		else
			n->right = nested(p, parse_list_right, false);
		break;
	case ARITY_LIST:
		n->right = nested(p, parse_list_right, true);
		break;
	}
	return p->err == 0 ? n : NULL;
}

/* Behind "(": an expression up to ")". */
static struct node *parse_embedded(struct parser *p)
{
	struct node *n;

	lex_blank(&p->lex);
	n = nested(p, parse_or);
	lex_blank(&p->lex);
	if (p->err == 0 && !closing(p, ")"))
		return fail(p, "expected a ')' token");
	return p->err == 0 ? n : NULL;
}

static struct node *parse_check(struct parser *p)
{
	struct node *n;
	struct span s;
	uint32_t at;

	lex_blank(&p->lex);
	at = (uint32_t)p->lex.at;
	if (lex_literal(&p->lex, "("))
		return nested(p, parse_embedded);
	if (field_name(p, &s))
		return parse_comparison(p, parse_field(p, s, at));
	if (transformer(p, &s))
		return parse_comparison(p, parse_call(p, s, at));
	if (!lex_identifier(&p->lex, &s))
		return fail(p, "expected a '(' token, a field check, or an identifier");
	p->last = s;
	n = node_new(p, NODE_MACRO, at);
	if (n != NULL)
		n->name = s;
	return n;
}

static struct node *parse_not(struct parser *p)
{
	struct node *n, *not_node;
	bool negated = false;
	uint32_t at;

	lex_blank(&p->lex);
	at = (uint32_t)p->lex.at;
	while (lex_not(&p->lex))
		negated = !negated;
	if (lex_literal(&p->lex, "not(")) {
		negated = !negated;
		n = nested(p, parse_embedded);
	} else {
		n = nested(p, parse_check);
	}
	if (!negated || n == NULL)
		return n;
	not_node = node_new(p, NODE_NOT, at);
	if (not_node == NULL)
		return NULL;
	not_node->child = pool_array(p->pool, 1, sizeof(n));
	if (not_node->child == NULL)
		return no_memory(p);
	not_node->child[0] = n;
	not_node->n = 1;
	return not_node;
}

/* sub { WORD sub }: one node for the whole chain. */
static struct node *parse_chain(struct parser *p, enum node_kind kind)
{
	const char *word = kind == NODE_AND ? "and" : "or";
	struct pool_vec items = { 0 };
	struct node *n;
	uint32_t at;

	lex_blank(&p->lex);
	at = (uint32_t)p->lex.at;
	for (;;) {
		bool parens = false;

		if (items.n > 0 && !lex_blank(&p->lex)) {
			parens = lex_literal(&p->lex, "(");
			if (!parens)
				return fail(p, "expected blank or '(' after '%s'", word);
		}
		if (parens)
			n = nested(p, parse_embedded);
		else if (kind == NODE_OR)
			n = nested(p, parse_chain, NODE_AND);
		else
			n = nested(p, parse_not);
		if (n == NULL || !push(p, &items, n))
			return NULL;
		lex_blank(&p->lex);
		if (!lex_literal(&p->lex, word))
			break;
		p->last = span_str(word);
	}
	if (items.n == 1)
		return n;
	n = node_new(p, kind, at);
	if (n == NULL)
		return NULL;
	n->child = items.items;
	n->n = items.n;
	return n;
}

static struct node *parse_or(struct parser *p)
{
	return parse_chain(p, NODE_OR);
}

int parse_condition(struct span text, unsigned depth, struct pool *pool, struct node **ret,
		    struct diag *diag, size_t *ret_at)
{
	const uint8_t *nul = text.n == 0 ? NULL : memchr(text.p, 0, text.n);
	struct parser p = { .pool = pool, .diag = diag, .max_depth = depth };
	struct lex_place place;
	struct node *n = NULL;

	p.lex.text = nul == NULL ? text : span_of(text.p, (size_t)(nul - text.p));
	if (p.lex.text.n == 0)
		fail(&p, "filter input string is empty");
	else if (p.lex.text.n > UINT32_MAX / 2)
		fail(&p, "the condition is too large");
	else
		n = nested(&p, parse_or);
	if (p.err == 0 && p.lex.at != p.lex.text.n)
		fail(&p, "unexpected token after '%.*s', expecting 'or', 'and'",
		     (int)(p.last.n < 100 ? p.last.n : 100), (const char *)p.last.p);
	if (p.err == 0 && n == NULL)
		no_memory(&p);
	if (p.err == 0) {
		*ret = n;
		return 0;
	}
	place = lex_place(p.lex.text, p.error_at);
	diag->line = place.line;
	diag->column = place.column;
	if (ret_at != NULL)
		*ret_at = p.error_at;
	return p.err;
}

int parse_transformer(struct span text, unsigned depth, struct pool *pool, struct operand **ret,
		      size_t *ret_len, struct diag *diag)
{
	struct parser p = { .pool = pool, .diag = diag, .max_depth = depth, .lex.text = text };
	struct operand *o = NULL;
	struct span name;

	if (!transformer(&p, &name))
		fail(&p, "expected a transformer");
	else
		o = nested(&p, parse_call, name, 0);
	if (p.err == 0 && o == NULL)
		no_memory(&p);
	if (p.err < 0)
		return p.err;
	*ret = o;
	*ret_len = p.lex.at;
	return 0;
}
