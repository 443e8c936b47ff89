/* SPDX-License-Identifier: Apache-2.0
 *
 * eval.c -- programs at an event: each expression and each predicate at most
 * once, no allocation but from the event's arena.
 */
#include "process_memo.h"
#include "program.h"
#include "transform.h"

enum { MAX_CALL_ITEMS = 32 };

bool program_memo_init(struct program_memo *m, const struct program *p, struct pool *pool)
{
	*m = (struct program_memo){ .epoch = 0 };
	m->predicate_epochs = pool_array(pool, p->predicates.n, sizeof(uint32_t));
	m->expr_epochs = pool_array(pool, p->exprs.n, sizeof(uint32_t));
	m->values = pool_array(pool, p->exprs.n, sizeof(struct value));
	m->step_walks = pool_array(pool, p->steps.n, sizeof(uint32_t));
	m->stack = pool_array(pool, (size_t)p->steps.n + 1, sizeof(uint32_t));
	return m->predicate_epochs != NULL && m->expr_epochs != NULL && m->values != NULL &&
	       m->step_walks != NULL && m->stack != NULL;
}

void program_memo_next(struct program_memo *m, const struct program *p)
{
	m->process = NULL;
	if (++m->epoch < UINT32_MAX / 2)
		return;
	/* Once in two thousand million events. */
	memset(m->predicate_epochs, 0, p->predicates.n * sizeof(uint32_t));
	memset(m->expr_epochs, 0, p->exprs.n * sizeof(uint32_t));
	m->epoch = 1;
}

/* A tuple's elements, numbers as text. */
static bool tuple_value(const struct program *p, struct program_memo *m, const struct expr *x,
			struct field_event *e, struct value *ret)
{
	struct value *items = arena_get(e->arena, x->n * sizeof(*items));

	if (items == NULL)
		return false;
	for (unsigned i = 0; i < x->n; i++) {
		const struct value *v = program_value(p, m, x->items[i], e);

		if (v == NULL)
			return false;
		if (v->kind == VALUE_STRING)
			items[i] = *v;
		else if (!transform_number_text(v, e->arena, &items[i]))
			return false;
	}
	*ret = (struct value){ .kind = VALUE_LIST, .type = PT_CHARBUF };
	ret->list.items = items;
	ret->list.n = x->n;
	return true;
}

static bool call_value(const struct program *p, struct program_memo *m, const struct expr *x,
		       struct field_event *e, struct value *ret)
{
	struct value few[MAX_CALL_ITEMS], *args = few;

	if (x->n > MAX_CALL_ITEMS)
		args = arena_get(e->arena, x->n * sizeof(*args));
	if (args == NULL)
		return false;
	for (unsigned i = 0; i < x->n; i++) {
		const struct value *v = program_value(p, m, x->items[i], e);

		if (v == NULL)
			return false;
		args[i] = *v;
	}
	return x->transform->apply(args, x->n, x->arg.p == NULL ? NULL : &x->arg, e->arena, ret);
}

/* Apart, so that the common case, a field, needs no room for what the others need. */
static __attribute__((noinline)) bool made_value(const struct program *p, struct program_memo *m,
						 const struct expr *x, struct field_event *e,
						 struct value *ret)
{
	switch (x->kind) {
	case EXPR_CONSTANT:
		*ret = x->constant;
		return true;
	case EXPR_TUPLE:
		return tuple_value(p, m, x, e, ret);
	default:
		return call_value(p, m, x, e, ret);
	}
}

const struct value *program_value(const struct program *p, struct program_memo *m, uint32_t i,
				  struct field_event *e)
{
	const struct expr *x = program_expr(p, i);
	bool found;

	if (m->expr_epochs[i] >> 1 == m->epoch)
		return (m->expr_epochs[i] & 1) != 0 ? &m->values[i] : NULL;
	if (x->kind == EXPR_FIELD)
		found = x->get(&x->field, e, &m->values[i]);
	else
		found = made_value(p, m, x, e, &m->values[i]);
	m->expr_epochs[i] = m->epoch << 1 | found;
	return found ? &m->values[i] : NULL;
}

static bool count_of(const struct predicate *q, const struct value *v)
{
	unsigned hits = 0;

	for (unsigned i = 0; i < q->n; i++)
		hits += q->compare(v, &q->rights[i]);
	switch (q->modifier) {
	case MODIFIER_ONEOF:
		return hits == 1;
	case MODIFIER_ANYOF:
		return hits > 0;
	default:
		return q->n > 0 && hits == q->n;
	}
}

static bool one_of(const struct predicate *q, const struct value *v)
{
	for (unsigned i = 0; i < q->n; i++)
		if (q->compare(v, &q->rights[i]))
			return true;
	return false;
}

static bool in_set(const struct predicate *q, const struct value *v)
{
	return q->set != NULL ? valueset_has(q->set, v) : one_of(q, v);
}

/* The whole list (ALL) or some of it (not ALL) in the set. */
static bool list_in_set(const struct predicate *q, const struct value *v, bool all)
{
	if (v->kind != VALUE_LIST)
		return in_set(q, v);
	for (unsigned i = 0; i < v->list.n; i++)
		if (in_set(q, &v->list.items[i]) != all)
			return !all;
	return all;
}

static bool test_value(const struct predicate *q, const struct value *v)
{
	switch (q->kind) {
	case PREDICATE_ALWAYS:
		return true;
	case PREDICATE_COMPARE:
		return q->compare(v, &q->rights[0]);
	case PREDICATE_COUNT_OF:
		return count_of(q, v);
	case PREDICATE_SET:
		return valueset_has(q->set, v);
	case PREDICATE_ONE_OF:
		return one_of(q, v);
	case PREDICATE_PATHS:
		return (v->kind == VALUE_STRING || v->kind == VALUE_BYTES) &&
		       pmatch_match(q->paths, v->s);
	case PREDICATE_LIST_ALL:
		return list_in_set(q, v, true);
	case PREDICATE_LIST_SOME:
		return list_in_set(q, v, false);
	default:
		return false;
	}
}

static __attribute__((noinline)) bool test_any(const struct program *p, const struct predicate *q,
					       struct field_event *e)
{
	struct value values[FIELD_ANY_MAX];
	unsigned n = field_get_any(&program_expr(p, q->left)->field, e, values);

	if (n == 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (test_value(q, &values[i]) != (q->any == ANY_EACH))
			return q->any == ANY_ONE;
	return q->any == ANY_EACH;
}

/* V as the right side of a comparison. */
static struct op_right right_of(const struct value *v)
{
	struct op_right r = { .u = 0 };

	switch (v->kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		r.s = v->s;
		break;
	case VALUE_INT:
		r.u = (uint64_t)v->i;
		break;
	case VALUE_UINT:
		r.u = v->u;
		break;
	case VALUE_BOOL:
		r.u = v->b;
		break;
	case VALUE_IP:
		r.ip = v->ip;
		break;
	case VALUE_DOUBLE:
		r.d = v->d;
		break;
	default:
		break;
	}
	return r;
}

static bool same_value(enum op_group group, const struct value *a, const struct value *b)
{
	op_compare *equal = op_comparison(OP_EQ, group);
	struct op_right r = right_of(b);

	return a->kind == b->kind && equal != NULL && equal(a, &r);
}

static bool among(enum op_group group, const struct value *v, const struct value *values)
{
	if (values->kind != VALUE_LIST)
		return same_value(group, v, values);
	for (unsigned i = 0; i < values->list.n; i++)
		if (same_value(group, v, &values->list.items[i]))
			return true;
	return false;
}

static bool test_fields(const struct program *p, const struct predicate *q, const struct value *l,
			const struct value *r)
{
	enum op_group group = op_group_of(program_expr(p, q->left)->type, false);
	struct op_right right;

	if (q->op != OP_IN && q->op != OP_INTERSECTS) {
		if (q->compare == NULL || l->kind != r->kind)
			return false;
		right = right_of(r);
		return q->compare(l, &right);
	}
	if (l->kind != VALUE_LIST)
		return among(group, l, r);
	for (unsigned i = 0; i < l->list.n; i++)
		if (among(group, &l->list.items[i], r) != (q->op == OP_IN))
			return q->op == OP_INTERSECTS;
	return q->op == OP_IN;
}

/* evt.around[T] = D: within D milliseconds of T. */
static bool test_around(const struct program *p, const struct predicate *q,
			const struct field_event *e)
{
	uint64_t at = program_expr(p, q->left)->field.index, ts = e->ev->ts_ns, d;
	uint64_t apart = ts > at ? ts - at : at - ts;

	return !__builtin_mul_overflow(q->rights[0].u, 1000000, &d) ? apart <= d : true;
}

static __attribute__((noinline)) bool test_other(const struct program *p, struct program_memo *m,
						 const struct predicate *q, struct field_event *e)
{
	const struct value *left, *right;

	if (q->kind == PREDICATE_NEVER)
		return false;
	if (q->kind == PREDICATE_AROUND)
		return test_around(p, q, e);
	if (q->any != ANY_NO)
		return test_any(p, q, e);
	left = program_value(p, m, q->left, e);
	if (left == NULL)
		return false; /* a missing value makes every check false */
	if (q->kind != PREDICATE_FIELDS)
		return test_value(q, left);
	right = program_value(p, m, q->right, e);
	return right != NULL && test_fields(p, q, left, right);
}

static inline bool test(const struct program *p, struct program_memo *m, const struct predicate *q,
			struct field_event *e)
{
	const struct value *left;

	/* Mostly. */
	if (q->kind == PREDICATE_COMPARE && q->any == ANY_NO) {
		left = program_value(p, m, q->left, e);
		return left != NULL && q->compare(left, &q->rights[0]);
	}
	return test_other(p, m, q, e);
}

static bool test_once(const struct program *p, struct program_memo *m, uint32_t i,
		      struct field_event *e)
{
	uint32_t *known = &m->predicate_epochs[i];

	if (*known >> 1 != m->epoch)
		*known = m->epoch << 1 | test(p, m, program_predicate(p, i), e);
	return *known & 1;
}

bool program_test(const struct program *p, struct program_memo *m, uint32_t i,
		  struct field_event *e)
{
	const struct predicate *q = program_predicate(p, i);
	uint64_t bit = UINT64_C(1) << (q->of_process_bit % 64);
	unsigned word = q->of_process_bit / 64;

	if (!q->of_process || m->process == NULL)
		return test_once(p, m, i, e);
	if ((m->process->known[word] & bit) == 0) {
		m->process->known[word] |= bit;
		m->process->truth[word] &= ~bit;
		if (test(p, m, q, e))
			m->process->truth[word] |= bit;
	}
	return m->process->truth[word] & bit;
}

bool program_run(const struct program *p, struct program_memo *m, uint32_t start,
		 struct field_event *e)
{
	uint32_t at = start;

	while (at < STEP_FALSE) {
		const struct step *step = program_step(p, at);

		at = program_test(p, m, step->predicate, e) ? step->yes : step->no;
	}
	return at == STEP_TRUE;
}

/* Every step that can be reached is walked once, both ways where nothing is known. */
bool program_may(const struct program *p, struct program_memo *m, uint32_t start,
		 const uint64_t *settled, bool by_process, struct field_event *e)
{
	unsigned n = 0;

	if (++m->walk == 0) {
		memset(m->step_walks, 0, p->steps.n * sizeof(uint32_t));
		m->walk = 1;
	}
	m->stack[n++] = start;
	while (n > 0) {
		const struct step *step = program_step(p, m->stack[--n]);
		uint32_t i = step->predicate, to[2] = { step->yes, step->no };
		bool known = (by_process && program_predicate(p, i)->of_process) ||
			     (settled[i / 64] >> (i % 64) & 1);
		unsigned from = 0, end = 2;

		if (known) {
			from = program_test(p, m, i, e) ? 0 : 1;
			end = from + 1;
		}
		for (; from < end; from++) {
			if (to[from] == STEP_TRUE)
				return true;
			if (to[from] == STEP_FALSE || m->step_walks[to[from]] == m->walk)
				continue;
			m->step_walks[to[from]] = m->walk;
			m->stack[n++] = to[from];
		}
	}
	return false;
}
