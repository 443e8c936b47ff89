/* SPDX-License-Identifier: Apache-2.0
 *
 * clauses.c -- see clauses.h.
 */
#include "clauses.h"

#include <errno.h>

#include "compile.h"
#include "lookup.h"
#include "text.h"

enum { VALUE_TEXT = 100, MAX_VALUES = 8, CLAUSE_LIMIT = 64 * 1024 * 1024 };

struct walk {
	struct field_event event;
	struct field_context context; /* a copy: looking must not change what rules see */
	struct pool *pool;
	struct span macro;
	bool negated;
};

/* ---- text ---- */

/* S, or its beginning that does not end in the middle of a character. */
static struct span cut(struct pool *pool, struct span s, size_t most)
{
	struct pool_text out = { .pool = pool };

	if (s.n <= most)
		return s;
	s.n = most;
	while (s.n > 0 && (s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	pool_text_add(&out, s);
	pool_text_str(&out, "...");
	return pool_text_span(&out);
}

struct span clause_text(const struct node *check, struct pool *pool)
{
	struct pool_text text = { .pool = pool };

	ast_render(check, &text);
	return cut(pool, pool_text_span(&text), CLAUSE_TEXT);
}

static bool is_text(const struct value *v)
{
	return v->kind == VALUE_STRING || v->kind == VALUE_BYTES;
}

static void put_value(struct walk *w, const struct value *v, const struct field_ref *ref,
		      struct pool_text *to)
{
	struct text t;

	text_begin(&t, w->event.arena);
	text_value(&t, v, field_info(ref->id)->print);
	pool_text_str(to, is_text(v) ? "'" : "");
	pool_text_add(to, cut(w->pool, text_end(&t), VALUE_TEXT));
	pool_text_str(to, is_text(v) ? "'" : "");
}

static void put_field(struct walk *w, const struct operand *o, struct pool_text *to)
{
	struct value values[FIELD_ANY_MAX];
	struct pool_text name = { .pool = w->pool };
	struct field_ref ref;
	struct diag ignored;
	unsigned n;

	pool_text_add(&name, o->text);
	if (o->has_arg) {
		pool_text_str(&name, "[");
		pool_text_add(&name, o->arg);
		pool_text_str(&name, "]");
	}
	if (field_parse(pool_text_span(&name), &ref, &ignored) < 0)
		return;
	if (to->n > 0)
		pool_text_str(to, ", ");
	pool_text_add(to, pool_text_span(&name));
	n = field_get_any(&ref, &w->event, values);
	pool_text_str(to, n == 0 ? " is missing" : " is ");
	for (unsigned i = 0; i < n && i < MAX_VALUES; i++) {
		pool_text_str(to, i > 0 ? ", " : "");
		put_value(w, &values[i], &ref, to);
	}
	if (n > MAX_VALUES)
		pool_text_str(to, ", ...");
}

/* The fields in O, transformers' arguments included. */
static void put_fields(struct walk *w, const struct operand *o, struct pool_text *to)
{
	if (o == NULL)
		return;
	if (o->kind == OPERAND_FIELD)
		put_field(w, o, to);
	for (unsigned i = 0; i < o->n; i++)
		if (o->kind == OPERAND_CALL || o->kind == OPERAND_TUPLE)
			put_fields(w, o->items[i], to);
}

/* ---- truth ---- */

/* A check by itself: a program of its own, forgotten at once. */
struct alone {
	struct pool pool;
	struct program program;
	struct node node;
	uint32_t start;
};

static int alone_begin(struct alone *a, const struct node *check)
{
	struct compile_error error;
	struct diag ignored;

	a->node = *check;
	a->node.predicate = 0; /* the note is of the rules' program */
	pool_init(&a->pool, CLAUSE_LIMIT);
	program_init(&a->program, &a->pool);
	return compile_condition(&a->program, &a->node, &a->start, &ignored, &error);
}

static void alone_end(struct alone *a)
{
	program_release(&a->program);
	pool_release(&a->pool);
}

static int check_truth(struct walk *w, const struct node *n, bool *ret)
{
	struct program_memo memo = { 0 };
	struct alone a;
	int err = alone_begin(&a, n);

	if (err == 0 && !program_memo_init(&memo, &a.program, &a.pool))
		err = -ENOMEM;
	if (err == 0) {
		program_memo_next(&memo, &a.program);
		*ret = program_run(&a.program, &memo, a.start, &w->event);
	}
	alone_end(&a);
	return err;
}

int clause_lookup(const struct node *check, unsigned *ret_parts)
{
	const struct predicate *q;
	struct alone a;
	int err = alone_begin(&a, check);

	if (err == 0) {
		q = program_predicate(&a.program, program_step(&a.program, a.start)->predicate);
		*ret_parts = lookup_parts(q, program_expr(&a.program, q->left));
	}
	alone_end(&a);
	return err;
}

static int eval(struct walk *w, const struct node *n, struct clause *c);

static int eval_check(struct walk *w, const struct node *n, struct clause *c)
{
	struct pool_text values = { .pool = w->pool };
	int err;

	arena_clear(w->event.arena);
	err = check_truth(w, n, &c->truth);
	if (err < 0)
		return err;
	arena_clear(w->event.arena);
	put_fields(w, n->left, &values);
	put_fields(w, n->right, &values);
	c->text = clause_text(n, w->pool);
	c->values = pool_text_span(&values);
	return w->pool->failed ? -ENOMEM : 0;
}

static int eval_children(struct walk *w, const struct node *n, struct clause *c)
{
	bool all = true, any = false;
	int err = 0;

	c->n = n->n;
	c->child = pool_array(w->pool, n->n, sizeof(*c->child));
	if (c->child == NULL)
		return -ENOMEM;
	for (unsigned i = 0; err == 0 && i < n->n; i++) {
		err = eval(w, n->child[i], &c->child[i]);
		all &= c->child[i].truth;
		any |= c->child[i].truth;
	}
	c->truth = n->kind == NODE_AND ? all : n->kind == NODE_NOT ? !any : any;
	return err;
}

static int eval(struct walk *w, const struct node *n, struct clause *c)
{
	struct span macro = w->macro;
	int err;

	*c = (struct clause){ .node = n, .macro = macro, .negated = w->negated };
	if (n->kind == NODE_CHECK)
		return eval_check(w, n, c);
	if (n->kind == NODE_MACRO)
		w->macro = n->name;
	w->negated ^= n->kind == NODE_NOT;
	err = eval_children(w, n, c);
	w->macro = macro;
	w->negated ^= n->kind == NODE_NOT;
	return err;
}

/* ---- who decided ---- */

/* The first child that is as C is decides where one is enough; else all do. */
static void mark(struct clause *c)
{
	bool one =
		(c->node->kind == NODE_AND && !c->truth) || (c->node->kind == NODE_OR && c->truth);

	c->decides = true;
	for (unsigned i = 0; i < c->n; i++) {
		if (one && c->child[i].truth != c->truth)
			continue;
		mark(&c->child[i]);
		if (one)
			return;
	}
}

int clauses_at(const struct node *tree, struct field_event *e, struct pool *pool,
	       struct clause **ret)
{
	struct clause *c = pool_get(pool, sizeof(*c));
	struct walk w = { .event = *e, .pool = pool };
	int err;

	if (c == NULL)
		return -ENOMEM;
	if (e->context != NULL) {
		w.context = *e->context;
		w.event.context = &w.context;
	}
	err = eval(&w, tree, c);
	if (err < 0)
		return err;
	mark(c);
	*ret = c;
	return 0;
}

static int put_why(const struct clause *c, struct pool *pool, struct pool_vec *lines)
{
	struct pool_text line = { .pool = pool };
	struct span *slot;

	pool_text_add(&line, c->text);
	pool_text_str(&line, c->truth ? " is true" : " is false");
	pool_text_str(&line, c->negated ? ", under 'not'" : "");
	if (c->macro.n > 0) {
		pool_text_str(&line, ", in macro '");
		pool_text_add(&line, c->macro);
		pool_text_str(&line, "'");
	}
	if (c->values.n > 0) {
		pool_text_str(&line, ": ");
		pool_text_add(&line, c->values);
	}
	slot = pool_push(pool, lines, sizeof(*slot));
	if (slot == NULL)
		return -ENOMEM;
	*slot = pool_text_span(&line);
	return pool->failed ? -ENOMEM : 0;
}

unsigned clauses_deciding(const struct clause *c)
{
	unsigned n = c->decides && c->node->kind == NODE_CHECK;

	for (unsigned i = 0; c->decides && i < c->n; i++)
		n += clauses_deciding(&c->child[i]);
	return n;
}

int clauses_why(const struct clause *c, unsigned most, struct pool *pool, struct pool_vec *lines)
{
	int err = 0;

	if (!c->decides || lines->n >= most)
		return 0;
	if (c->node->kind == NODE_CHECK)
		return put_why(c, pool, lines);
	for (unsigned i = 0; err == 0 && i < c->n; i++)
		err = clauses_why(&c->child[i], most, pool, lines);
	return err;
}
