/* SPDX-License-Identifier: Apache-2.0
 *
 * output_expr.c -- see output_expr.h.  What may stand where is what the same
 * transformers may do in a condition.
 */
#include "output_expr.h"

#include <errno.h>

#include "parse.h"
#include "text.h"
#include "transform.h"

enum expr_kind { EXPR_FIELD, EXPR_TEXT, EXPR_TUPLE, EXPR_CALL };

enum { ITEMS_MAX = 64 };

struct output_expr {
	enum expr_kind kind;
	struct transform_type type; /* of its value */
	unsigned field;		    /* FIELD: which of the output's */
	struct span text;	    /* TEXT */
	const struct transform *of; /* CALL */
	const struct span *arg;	    /* CALL: what stood in [ ]; NULL: nothing */
	unsigned n;		    /* CALL, TUPLE */
	struct output_expr **items;
};

struct builder {
	struct pool *pool;
	struct output_refs *refs;
	struct diag *diag;
};

int output_field_check(const struct field_ref *ref, struct diag *diag)
{
	if ((field_info(ref->id)->flags & FF_FILTER_ONLY) == 0)
		return 0;
	diag_set(diag, "%.*s is filter only and cannot be used as a display field",
		 (int)ref->text.n, (const char *)ref->text.p);
	return -EINVAL;
}

/* ---- at load ---- */

static int build(struct builder *b, const struct operand *o, struct output_expr **ret);

static bool is_string(const struct transform_type *t)
{
	return t->type == PT_CHARBUF || t->type == PT_FSPATH || t->type == PT_FSRELPATH;
}

/* "name[arg]", as the field table reads it; empty: no room. */
static struct span field_text_of(struct pool *pool, const struct operand *o)
{
	struct pool_text t = { .pool = pool };

	if (!o->has_arg)
		return o->text;
	pool_text_add(&t, o->text);
	pool_text_str(&t, "[");
	pool_text_add(&t, o->arg);
	return pool_text_str(&t, "]") ? pool_text_span(&t) : SPAN_NONE;
}

static int build_field(struct builder *b, const struct operand *o, struct output_expr *x)
{
	struct field_ref *ref = &b->refs->refs[b->refs->n];
	struct span text = field_text_of(b->pool, o);
	int err;

	if (b->refs->n == b->refs->cap) {
		diag_set(b->diag, "too many fields in one output");
		return -EINVAL;
	}
	err = field_parse(text, ref, b->diag);
	if (err == -ENOENT)
		field_unknown(text, b->diag);
	if (err == 0)
		err = output_field_check(ref, b->diag);
	if (err < 0)
		return err;
	if ((field_info(ref->id)->flags & FF_NO_TRANSFORMER) != 0) {
		diag_set(b->diag, "field '%.*s' does not support transformers", (int)ref->text.n,
			 (const char *)ref->text.p);
		return -EINVAL;
	}
	x->type = (struct transform_type){ .type = ref->type, .is_list = ref->is_list };
	x->field = b->refs->n++;
	return 0;
}

static int build_items(struct builder *b, const struct operand *o, struct output_expr *x)
{
	int err = 0;

	if (o->n > ITEMS_MAX) {
		diag_set(b->diag, "more than %d values in a transformer", ITEMS_MAX);
		return -EINVAL;
	}
	x->n = o->n;
	x->items = pool_array(b->pool, o->n, sizeof(struct output_expr *));
	if (x->items == NULL)
		return -ENOMEM;
	for (unsigned i = 0; err == 0 && i < o->n; i++)
		err = build(b, o->items[i], &x->items[i]);
	return err;
}

static int build_tuple(struct builder *b, const struct operand *o, struct output_expr *x)
{
	int err = build_items(b, o, x);

	for (unsigned i = 0; err == 0 && i < x->n; i++) {
		const struct transform_type *t = &x->items[i]->type;
		bool number = t->type == PT_PID || t->type == PT_INT64 || t->type == PT_UINT64;

		if (!t->is_list && (number || is_string(t)))
			continue;
		diag_set(b->diag, "can't put a value of type '%s'%s in a list of a transformer",
			 param_type_name(t->type), t->is_list ? " (list)" : "");
		err = -EINVAL;
	}
	x->type = (struct transform_type){ .type = PT_CHARBUF, .is_list = true };
	return err;
}

static int build_call(struct builder *b, const struct operand *o, struct output_expr *x)
{
	struct transform_type types[ITEMS_MAX];
	int err = build_items(b, o, x);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < x->n; i++)
		types[i] = x->items[i]->type;
	x->of = transform_find(o->text);
	x->arg = o->has_arg ? &o->arg : NULL;
	return x->of->check(x->of, types, x->n, x->arg, &x->type, b->diag);
}

static int build(struct builder *b, const struct operand *o, struct output_expr **ret)
{
	struct output_expr *x = pool_get(b->pool, sizeof(*x));

	if (x == NULL)
		return -ENOMEM;
	*ret = x;
	switch (o->kind) {
	case OPERAND_FIELD:
		x->kind = EXPR_FIELD;
		return build_field(b, o, x);
	case OPERAND_CALL:
		x->kind = EXPR_CALL;
		return build_call(b, o, x);
	case OPERAND_TUPLE:
		x->kind = EXPR_TUPLE;
		return build_tuple(b, o, x);
	default:
		x->kind = EXPR_TEXT;
		x->text = o->text;
		x->type.type = PT_CHARBUF;
		return 0;
	}
}

int output_expr_parse(struct span text, struct pool *pool, struct output_refs *refs,
		      struct output_expr **ret, size_t *ret_len, struct diag *diag)
{
	struct builder b = { .pool = pool, .refs = refs, .diag = diag };
	struct operand *o;
	int err = parse_transformer(text, PARSE_DEPTH_DEFAULT, pool, &o, ret_len, diag);

	if (err == 0)
		err = build(&b, o, ret);
	if (err == -ENOMEM)
		diag_set(diag, "the transformers of the output are too large");
	return err;
}

/* ---- at an event ---- */

static bool value_of(const struct output_expr *x, const struct field_ref *refs,
		     struct field_event *e, struct value *ret);

static bool tuple_value(const struct output_expr *x, struct value *items, struct field_event *e,
			struct value *ret)
{
	for (unsigned i = 0; i < x->n; i++)
		if (items[i].kind != VALUE_STRING &&
		    !transform_number_text(&items[i], e->arena, &items[i]))
			return false;
	*ret = (struct value){ .kind = VALUE_LIST, .type = PT_CHARBUF };
	ret->list.items = items;
	ret->list.n = x->n;
	return true;
}

static bool value_of(const struct output_expr *x, const struct field_ref *refs,
		     struct field_event *e, struct value *ret)
{
	struct value *items;

	if (x->kind == EXPR_FIELD)
		return field_get(&refs[x->field], e, ret);
	if (x->kind == EXPR_TEXT) {
		*ret = (struct value){ .kind = VALUE_STRING, .type = PT_CHARBUF, .s = x->text };
		return true;
	}
	items = arena_get(e->arena, x->n * sizeof(*items));
	if (items == NULL)
		return false;
	for (unsigned i = 0; i < x->n; i++)
		if (!value_of(x->items[i], refs, e, &items[i]))
			return false;
	if (x->kind == EXPR_TUPLE)
		return tuple_value(x, items, e, ret);
	return x->of->apply(items, x->n, x->arg, e->arena, ret);
}

struct span output_expr_text(const struct output_expr *x, const struct field_ref *refs,
			     struct field_event *e)
{
	struct value v;
	struct text t;
	bool have;

	e->printing = true;
	have = value_of(x, refs, e, &v);
	e->printing = false;
	if (!have)
		return span_str("<NA>");
	if (v.kind == VALUE_STRING)
		return v.s;
	text_begin(&t, e->arena);
	text_value(&t, &v, PF_DEC);
	return text_end(&t);
}
