/* SPDX-License-Identifier: Apache-2.0
 *
 * compile.c -- bottom up: operands to expressions, checks to predicates, then
 * the tree to steps, last step first, so that each knows where to go.  What
 * has the same text is the same thing.
 */
#include "compile.h"

#include <errno.h>

#include "codes.h"
#include "literal.h"
#include "transform.h"

struct compiler {
	struct program *p;
	struct diag *diag;
	uint32_t error_at;
	unsigned nsteps;
};

void program_init(struct program *p, struct pool *pool)
{
	*p = (struct program){ .pool = pool, .by_text = { .pool = pool } };
}

void program_release(struct program *p)
{
	struct regex **regexes = p->regexes.items;

	for (unsigned i = 0; i < p->regexes.n; i++)
		regex_shim_free(regexes[i]);
	p->regexes.n = 0;
}

static int no_memory(struct compiler *c)
{
	diag_set(c->diag, "the rules are too large");
	return -ENOMEM;
}

#define refuse(c, where, ...) ((c)->error_at = (where), diag_set((c)->diag, __VA_ARGS__), -EINVAL)

#define SHOW(s) (int)((s).n < 200 ? (s).n : 200), (const char *)(s).p

/* ---- operands ---- */

static int compile_operand(struct compiler *c, const struct operand *o, uint32_t *ret);

/* "name[arg]", as the field table reads it. */
static struct span field_text_of(struct pool *pool, const struct operand *o)
{
	struct pool_text text = { .pool = pool };

	pool_text_add(&text, o->text);
	if (o->has_arg) {
		pool_text_str(&text, "[");
		pool_text_add(&text, o->arg);
		pool_text_str(&text, "]");
	}
	return pool_text_span(&text);
}

static int parse_field_ref(const struct static_fields *statics, struct span text,
			   struct field_ref *ret, struct diag *diag)
{
	int err = field_parse(text, ret, diag);

	if (err == 0 && field_is_undefined(ret, statics))
		err = -ENOENT;
	if (err == -ENOENT)
		field_unknown(text, diag);
	if (err < 0)
		return -EINVAL;
	if ((field_info(ret->id)->flags & FF_PRINT_ONLY) != 0) {
		diag_set(diag, "field %.*s is for outputs only", SHOW(text));
		return -EINVAL;
	}
	return 0;
}

int compile_check_field(const struct static_fields *statics, struct span text, struct diag *diag)
{
	struct field_ref ref;

	return parse_field_ref(statics, text, &ref, diag);
}

static int compile_field(struct compiler *c, const struct operand *o, struct expr *e)
{
	struct span text = field_text_of(c->p->pool, o);

	if (c->p->pool->failed)
		return no_memory(c);
	c->error_at = o->at;
	if (parse_field_ref(c->p->statics, text, &e->field, c->diag) < 0)
		return -EINVAL;
	e->kind = EXPR_FIELD;
	e->get = field_getter_of(&e->field);
	e->type = e->field.type;
	e->is_list = e->field.is_list;
	e->of_process = field_is_of_process(&e->field);
	e->of_name = field_is_of_name(&e->field);
	e->metadata = field_metadata(&e->field);
	return 0;
}

static int compile_items(struct compiler *c, const struct operand *o, struct expr *e)
{
	e->n = o->n;
	e->items = pool_array(c->p->pool, o->n, sizeof(*e->items));
	if (e->items == NULL)
		return no_memory(c);
	e->of_process = e->of_name = true;
	for (unsigned i = 0; i < o->n; i++) {
		int err = compile_operand(c, o->items[i], &e->items[i]);

		if (err < 0)
			return err;
		e->of_process &= program_expr(c->p, e->items[i])->of_process;
		e->of_name &= program_expr(c->p, e->items[i])->of_name;
		e->metadata |= program_expr(c->p, e->items[i])->metadata;
	}
	return 0;
}

static int compile_tuple(struct compiler *c, const struct operand *o, struct expr *e)
{
	int err = compile_items(c, o, e);

	e->kind = EXPR_TUPLE;
	e->type = PT_CHARBUF;
	e->is_list = true;
	for (unsigned i = 0; err == 0 && i < e->n; i++) {
		const struct expr *item = program_expr(c->p, e->items[i]);
		bool number =
			item->type == PT_PID || item->type == PT_INT64 || item->type == PT_UINT64;

		if (item->is_list || (!number && op_group_of(item->type, false) != GROUP_STRING))
			err = refuse(c, o->items[i]->at,
				     "can't put a value of type '%s'%s in a list of a transformer",
				     param_type_name(item->type), item->is_list ? " (list)" : "");
	}
	return err;
}

static int compile_call(struct compiler *c, const struct operand *o, struct expr *e)
{
	struct transform_type *types, result;
	int err = compile_items(c, o, e);

	if (err < 0)
		return err;
	e->kind = EXPR_CALL;
	e->transform = transform_find(o->text);
	if (e->transform == NULL)
		return refuse(c, o->at, "unknown field transformer '%.*s'", SHOW(o->text));
	types = pool_array(c->p->pool, e->n, sizeof(*types));
	if (types == NULL)
		return no_memory(c);
	for (unsigned i = 0; i < e->n; i++) {
		const struct expr *item = program_expr(c->p, e->items[i]);

		if (item->kind == EXPR_FIELD && !span_is(o->text, "val") &&
		    (field_info(item->field.id)->flags & FF_NO_TRANSFORMER) != 0)
			return refuse(c, o->items[i]->at,
				      "field '%.*s' does not support transformers",
				      SHOW(item->field.text));
		types[i].type = item->type;
		types[i].is_list = item->is_list;
	}
	c->error_at = o->at;
	if (e->transform->check(e->transform, types, e->n, o->has_arg ? &o->arg : NULL, &result,
				c->diag) < 0)
		return -EINVAL;
	e->arg = o->has_arg ? o->arg : SPAN_NONE;
	e->type = result.type;
	e->is_list = result.is_list;
	return 0;
}

static int compile_expr(struct compiler *c, const struct operand *o, struct expr *e)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		return compile_field(c, o, e);
	case OPERAND_CALL:
		return compile_call(c, o, e);
	case OPERAND_TUPLE:
		return compile_tuple(c, o, e);
	case OPERAND_VALUE:
		e->kind = EXPR_CONSTANT;
		e->type = PT_CHARBUF;
		e->of_process = e->of_name = true;
		e->constant = (struct value){ .kind = VALUE_STRING, .type = PT_CHARBUF };
		e->constant.s = pool_copy(c->p->pool, o->text);
		return e->constant.s.p == NULL ? no_memory(c) : 0;
	case OPERAND_VALUES:
		break;
	}
	return refuse(c, o->at, "a list cannot stand here");
}

/* The expression of O, the one that is there or a new one. */
static int compile_operand(struct compiler *c, const struct operand *o, uint32_t *ret)
{
	struct pool_text key = { .pool = c->p->pool };
	struct strmap_entry *entry;
	struct expr e = { 0 }, *slot;
	int err;

	pool_text_str(&key, "expression");
	if (!ast_key_operand(o, &key))
		return no_memory(c);
	entry = strmap_entry(&c->p->by_text, pool_text_span(&key));
	if (entry == NULL)
		return no_memory(c);
	if (entry->value != 0) {
		*ret = entry->value - 1;
		return 0;
	}
	err = compile_expr(c, o, &e);
	if (err < 0)
		return err;
	slot = pool_push(c->p->pool, &c->p->exprs, sizeof(*slot));
	/* compile_expr() may have moved the map */
	entry = slot == NULL ? NULL : strmap_entry(&c->p->by_text, pool_text_span(&key));
	if (entry == NULL)
		return no_memory(c);
	*slot = e;
	entry->value = c->p->exprs.n;
	*ret = c->p->exprs.n - 1;
	return 0;
}

/* ---- checks ---- */

static bool is_equality(enum op_id op)
{
	return op == OP_EQ || op == OP_EQ2;
}

static bool is_event_type(const struct expr *e)
{
	return e->kind == EXPR_FIELD &&
	       (e->field.id == FIELD_evt_type || e->field.id == FIELD_syscall_type);
}

static int check_operator(struct compiler *c, const struct node *n, const struct expr *left,
			  struct predicate *q)
{
	const struct op_info *op = op_info(n->op);
	uint32_t groups = n->modifier == MODIFIER_NONE ? op->groups : op->modifier_groups;

	q->group = op_group_of(left->type, left->is_list);
	if ((groups >> q->group & 1) == 0 ||
	    (n->modifier != MODIFIER_NONE && (q->group == GROUP_IP || q->group == GROUP_NET) &&
	     !is_equality(n->op) && n->op != OP_NE))
		return refuse(c, n->at,
			      "filter error: '%s%s%s' operator not supported for %s filters",
			      op->name, n->modifier == MODIFIER_NONE ? "" : " ",
			      op_modifier_name(n->modifier), op_group_name(q->group));
	if (left->kind == EXPR_FIELD && left->field.id == FIELD_evt_around && n->op != OP_EXISTS &&
	    !is_equality(n->op))
		return refuse(c, n->at, "evt.around supports only '=' comparison operator");
	return 0;
}

static int check_event_name(struct compiler *c, const struct operand *o)
{
	const char *near;

	if (codes_of_name(o->text, NULL))
		return 0;
	near = codes_suggest(o->text);
	if (near != NULL)
		return refuse(c, o->at, "unknown event type %.*s, did you mean '%s'?",
			      SHOW(o->text), near);
	return refuse(c, o->at, "unknown event type %.*s", SHOW(o->text));
}

static int read_constant(struct compiler *c, const struct node *n, const struct expr *left,
			 const struct operand *o, struct op_right *ret)
{
	struct regex **regex;
	int err;

	if (is_event_type(left) && (err = check_event_name(c, o)) < 0)
		return err;
	c->error_at = o->at;
	err = literal_parse(o->text, left->type, n->op, c->p->pool, ret, c->diag);
	if (err == -ENOMEM)
		return no_memory(c);
	if (err < 0 || n->op != OP_REGEX)
		return err;
	regex = pool_push(c->p->pool, &c->p->regexes, sizeof(*regex));
	if (regex == NULL) {
		regex_shim_free((struct regex *)ret->regex);
		return no_memory(c);
	}
	*regex = (struct regex *)ret->regex;
	return 0;
}

/* A number of evt.rawarg.X: its type is the event's to say. */
static bool is_retyped(const struct expr *left, const struct predicate *q)
{
	return left->kind == EXPR_FIELD && left->field.id == FIELD_evt_rawarg &&
	       q->group == GROUP_NUMBER;
}

static int read_constants(struct compiler *c, const struct node *n, struct predicate *q)
{
	struct expr left = *program_expr(c->p, q->left);
	const struct operand *o = n->right;
	int err = 0;

	q->n = o->kind == OPERAND_VALUES ? o->n : 1;
	q->rights = pool_array(c->p->pool, q->n, sizeof(*q->rights));
	if (q->rights == NULL)
		return no_memory(c);
	for (unsigned i = 0; err == 0 && i < q->n; i++)
		err = read_constant(c, n, &left, o->kind == OPERAND_VALUES ? o->items[i] : o,
				    &q->rights[i]);
	for (unsigned i = 0; i < q->n && is_retyped(&left, q); i++)
		q->rights[i].u = op_narrow(q->rights[i].u, param_type_size(left.type), false);
	return err;
}

/* Fields that are true of any of several values. */
static enum any_mode any_mode_of(const struct expr *left, enum op_id op)
{
	if (left->kind != EXPR_FIELD || !field_is_any(&left->field))
		return ANY_NO;
	switch (left->field.id) {
	case FIELD_fd_ip:
	case FIELD_fd_port:
	case FIELD_fd_net:
	case FIELD_fd_proto:
	case FIELD_fd_cip_name:
	case FIELD_fd_sip_name:
	case FIELD_fd_lip_name:
	case FIELD_fd_rip_name:
		if (op == OP_EXISTS)
			return ANY_NO; /* the field's to say: a file, too, has fd.ip and fd.net */
		return op == OP_NE ? ANY_EACH : ANY_ONE;
	default:
		return ANY_ONE; /* ancestors: even "!=" is "some ancestor is not" */
	}
}

static int build_paths(struct compiler *c, struct predicate *q)
{
	q->kind = PREDICATE_PATHS;
	q->paths = pmatch_new(c->p->pool);
	if (q->paths == NULL)
		return no_memory(c);
	for (unsigned i = 0; i < q->n; i++)
		if (!pmatch_add(q->paths, c->p->pool, q->rights[i].s))
			return no_memory(c);
	return 0;
}

static int build_set(struct compiler *c, const struct node *n, const struct expr *left,
		     struct predicate *q)
{
	enum op_group group = op_group_of(left->type, false);

	q->kind = q->group != GROUP_LIST ? PREDICATE_SET
		  : n->op == OP_IN	 ? PREDICATE_LIST_ALL
					 : PREDICATE_LIST_SOME;
	if (group == GROUP_NET || is_retyped(left, q)) {
		if (q->kind == PREDICATE_SET)
			q->kind = PREDICATE_ONE_OF;
		q->compare = group == GROUP_NET ? op_comparison(OP_EQ, GROUP_NET)
						: op_retyped_comparison(OP_EQ);
		return 0;
	}
	q->set = valueset_new(c->p->pool, group, q->rights, q->n);
	return q->set == NULL ? no_memory(c) : 0;
}

static int build_constants(struct compiler *c, const struct node *n, struct predicate *q)
{
	struct expr left = *program_expr(c->p, q->left);
	int err = read_constants(c, n, q);

	if (err < 0)
		return err;
	if (left.kind == EXPR_FIELD && left.field.id == FIELD_evt_around) {
		q->kind = PREDICATE_AROUND;
		return 0;
	}
	if (n->op == OP_PMATCH)
		return build_paths(c, q);
	if (n->op == OP_IN || n->op == OP_INTERSECTS)
		return build_set(c, n, &left, q);
	q->kind = n->modifier != MODIFIER_NONE ? PREDICATE_COUNT_OF : PREDICATE_COMPARE;
	return 0;
}

static int build_fields(struct compiler *c, const struct node *n, struct predicate *q)
{
	const struct expr *left, *right;
	int err = compile_operand(c, n->right, &q->right);

	if (err < 0)
		return err;
	left = program_expr(c->p, q->left);
	right = program_expr(c->p, q->right);
	c->error_at = n->right->at;
	if (n->op == OP_PMATCH || n->op == OP_REGEX)
		return refuse(c, n->right->at,
			      "the '%s' operator does not support right-hand fields",
			      op_info(n->op)->name);
	if (left->type != right->type || left->is_list != right->is_list)
		return refuse(c, n->right->at,
			      "left-hand side type '%s'%s and right-hand side type '%s'%s differ",
			      param_type_name(left->type), left->is_list ? " (list)" : "",
			      param_type_name(right->type), right->is_list ? " (list)" : "");
	if (q->group == GROUP_NET)
		return refuse(c, n->right->at, "networks cannot be compared with a field");
	if (left->kind == EXPR_FIELD && (field_info(left->field.id)->flags & FF_NO_RHS) != 0)
		return refuse(c, n->at, "field '%.*s' cannot be compared with another field",
			      SHOW(left->field.text));
	for (const struct expr *e = right; e->n == 1 || e->kind == EXPR_FIELD;
	     e = program_expr(c->p, e->items[0])) {
		if (e->kind != EXPR_FIELD)
			continue;
		if ((field_info(e->field.id)->flags & FF_NO_RHS) != 0)
			return refuse(c, n->right->at,
				      "field '%.*s' cannot be used as right-hand side field",
				      SHOW(e->field.text));
		break;
	}
	q->kind = PREDICATE_FIELDS;
	q->of_process &= right->of_process;
	q->of_name &= right->of_name;
	q->metadata |= right->metadata;
	return 0;
}

static int build_predicate(struct compiler *c, const struct node *n, struct predicate *q)
{
	const struct expr *left;
	int err = compile_operand(c, n->left, &q->left);

	if (err < 0)
		return err;
	left = program_expr(c->p, q->left);
	q->op = (uint8_t)n->op;
	q->modifier = (uint8_t)n->modifier;
	q->of_process = left->of_process;
	q->of_name = left->of_name;
	q->metadata = left->metadata;
	err = check_operator(c, n, left, q);
	if (err < 0)
		return err;
	q->any = any_mode_of(left, n->op);
	q->compare =
		is_retyped(left, q) ? op_retyped_comparison(n->op) : op_comparison(n->op, q->group);
	if (n->right == NULL) {
		q->kind = PREDICATE_ALWAYS;
		return 0;
	}
	return n->right->kind == OPERAND_CALL ? build_fields(c, n, q) : build_constants(c, n, q);
}

static int compile_check(struct compiler *c, struct node *n, uint32_t *ret)
{
	struct pool_text key = { .pool = c->p->pool };
	struct strmap_entry *entry;
	struct predicate q = { 0 }, *slot;
	int err;

	if (n->predicate != 0) { /* a macro's, met before */
		*ret = n->predicate - 1;
		return 0;
	}
	pool_text_str(&key, "predicate");
	if (!ast_key_check(n, &key))
		return no_memory(c);
	entry = strmap_entry(&c->p->by_text, pool_text_span(&key));
	if (entry == NULL)
		return no_memory(c);
	if (entry->value == 0) {
		err = build_predicate(c, n, &q);
		if (err < 0)
			return err;
		slot = pool_push(c->p->pool, &c->p->predicates, sizeof(*slot));
		entry = slot == NULL ? NULL : strmap_entry(&c->p->by_text, pool_text_span(&key));
		if (entry == NULL)
			return no_memory(c);
		*slot = q;
		if (q.of_process)
			slot->of_process_bit = c->p->of_process++;
		entry->value = c->p->predicates.n;
	}
	n->predicate = entry->value;
	*ret = entry->value - 1;
	return 0;
}

/* ---- trees to steps ---- */

/* Check everything, in the order in which it was written, so that the first
 * mistake is the one that is reported. */
static int compile_checks(struct compiler *c, struct node *n, struct compile_error *ret_error)
{
	uint32_t ignored;
	int err = 0;

	if (n->kind == NODE_MACRO && n->n == 0)
		err = refuse(c, n->at, "Undefined macro '%.*s' used in filter.", SHOW(n->name));
	if (n->kind == NODE_CHECK) {
		if (++c->nsteps > COMPILE_MAX_STEPS)
			err = refuse(c, n->at, "the condition is too large: more than %u checks",
				     COMPILE_MAX_STEPS);
		else
			err = compile_check(c, n, &ignored);
	}
	if (err < 0) {
		ret_error->owner = n->owner;
		ret_error->at = err == -ENOMEM ? n->at : c->error_at;
		ret_error->node_at = n->at;
		return err;
	}
	for (unsigned i = 0; err == 0 && i < n->n; i++)
		err = compile_checks(c, n->child[i], ret_error);
	return err;
}

static int emit(struct compiler *c, struct node *n, uint32_t yes, uint32_t no, uint32_t *ret)
{
	uint32_t next = n->kind == NODE_AND ? yes : no;
	struct step *step;
	int err = 0;

	switch (n->kind) {
	case NODE_NOT:
		return emit(c, n->child[0], no, yes, ret);
	case NODE_MACRO:
		return emit(c, n->child[0], yes, no, ret);
	case NODE_AND:
	case NODE_OR:
		for (unsigned i = n->n; err == 0 && i-- > 0;)
			err = n->kind == NODE_AND ? emit(c, n->child[i], next, no, &next)
						  : emit(c, n->child[i], yes, next, &next);
		*ret = next;
		return err;
	case NODE_CHECK:
		step = pool_push(c->p->pool, &c->p->steps, sizeof(*step));
		if (step == NULL || c->p->steps.n >= STEP_FALSE)
			return no_memory(c);
		*step = (struct step){ n->predicate - 1, yes, no };
		*ret = c->p->steps.n - 1;
		return 0;
	}
	return -EINVAL;
}

int compile_condition(struct program *p, struct node *n, uint32_t *ret_start, struct diag *diag,
		      struct compile_error *ret_error)
{
	struct compiler c = { .p = p, .diag = diag };
	int err;

	*ret_error = (struct compile_error){ n->owner, n->at, n->at };
	err = compile_checks(&c, n, ret_error);
	return err < 0 ? err : emit(&c, n, STEP_TRUE, STEP_FALSE, ret_start);
}

uint64_t program_wants(const struct program *p)
{
	uint64_t wants = 0;

	for (unsigned i = 0; i < p->exprs.n; i++) {
		const struct expr *e = program_expr(p, i);

		if (e->kind == EXPR_FIELD)
			wants |= field_wants(&e->field);
	}
	return wants;
}
