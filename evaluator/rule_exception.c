/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_exception.c -- a rule's exceptions: read, checked, merged, and written
 * out as text behind the condition: (C) and not (f in (a, b)) and not ...
 */
#include <errno.h>

#include "lex.h"
#include "parse.h"
#include "rule_yaml.h"

/* ---- read ---- */

static bool push_span(struct rule_loader *l, struct pool_vec *v, struct span s)
{
	struct span *slot = pool_push(&l->pool, v, sizeof(*slot));

	if (slot != NULL)
		*slot = s;
	return slot != NULL;
}

static int too_large(struct rule_loader *l, const struct ynode *n)
{
	return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, n), "the rules are too large");
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static struct span stripped(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* KEY's value, a text or a list of texts. */
static int read_names(struct rule_loader *l, const struct ynode *map, const char *key,
		      struct pool_vec *ret, bool *ret_is_list)
{
	const struct ynode *n = ymap_get(map, key);
	struct span s;

	*ret_is_list = n->kind == YNODE_SEQUENCE;
	if (n->kind == YNODE_SEQUENCE)
		return yget_texts(l, map, key, true, ret);
	if (ytext(l, n, key, &s) < 0)
		return -EINVAL;
	return push_span(l, ret, s) ? 0 : too_large(l, n);
}

/* An empty value, as Falco has it for null. */
static int read_scalar(struct rule_loader *l, const struct ynode *n, struct span *ret)
{
	if (n->kind != YNODE_SCALAR || !n->null)
		return ytext(l, n, "values", ret);
	*ret = span_str("");
	return 0;
}

static int read_value(struct rule_loader *l, const struct ynode *n, struct exception_value *ret)
{
	ret->is_list = n->kind == YNODE_SEQUENCE;
	ret->n = ret->is_list ? n->n : 1;
	ret->items = pool_array(&l->pool, ret->n, sizeof(*ret->items));
	if (ret->items == NULL)
		return too_large(l, n);
	if (n->kind == YNODE_MAPPING)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n),
				      "Values of an exception must be scalars or sequences");
	if (!ret->is_list)
		return read_scalar(l, n, &ret->items[0]);
	for (unsigned i = 0; i < n->n; i++)
		if (read_scalar(l, n->items[i], &ret->items[i]) < 0)
			return -EINVAL;
	return 0;
}

/* One element of `values`: for one field a value, for several a row of them. */
static int read_row(struct rule_loader *l, const struct ynode *n, struct rule_exception *x)
{
	struct exception_row *row = pool_push(&l->pool, &x->rows, sizeof(*row));
	bool many = n->kind == YNODE_SEQUENCE;

	if (row == NULL)
		return too_large(l, n);
	context_push(l, "exception value", SPAN_NONE, n->from);
	row->n = many ? n->n : 1;
	row->values = pool_array(&l->pool, row->n, sizeof(*row->values));
	if (row->values == NULL)
		return too_large(l, n);
	for (unsigned i = 0; i < row->n; i++)
		if (read_value(l, many ? n->items[i] : n, &row->values[i]) < 0)
			return -EINVAL;
	if (!many)
		row->n = 0; /* a scalar where a row could be: 0 tells */
	context_pop(l);
	return 0;
}

/* All but the name, of which the context is. */
static int read_parts(struct rule_loader *l, const struct ynode *n, bool append,
		      struct rule_exception *x)
{
	const struct ynode *values = ymap_get(n, "values"), *comps = ymap_get(n, "comps");

	x->has_fields = ymap_get(n, "fields") != NULL;
	x->has_comps = comps != NULL && !(comps->kind == YNODE_SCALAR && comps->null);
	if (!x->has_fields && !append)
		return ymissing(l, n, "fields");
	if (x->has_fields && read_names(l, n, "fields", &x->fields, &x->is_list) < 0)
		return -EINVAL;
	if (x->has_comps && read_names(l, n, "comps", &x->comps, &x->comps_is_list) < 0)
		return -EINVAL;
	for (unsigned i = 0; i < x->comps.n; i++)
		((struct span *)x->comps.items)[i] = stripped(((struct span *)x->comps.items)[i]);
	if (values == NULL && append)
		loader_problem(l, LOAD_APPEND_NO_VALUES, x->where,
			       "Overriding/appending exception with no values");
	if (values == NULL)
		return 0;
	context_push(l, "exception values", SPAN_NONE, values->from);
	if (values->kind != YNODE_SEQUENCE)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, values),
				      "Rule exception values must be a sequence");
	for (unsigned i = 0; i < values->n; i++)
		if (read_row(l, values->items[i], x) < 0)
			return -EINVAL;
	context_pop(l);
	return 0;
}

static int warn_not_unique(struct rule_loader *l, const struct rule_exception *x,
			   struct strmap *names)
{
	struct strmap_entry *entry = strmap_entry(names, x->name);

	if (entry == NULL)
		return -ENOMEM;
	if (entry->value++ > 0)
		loader_problem(l, LOAD_EXCEPTION_NAME_NOT_UNIQUE, x->where,
			       "Multiple definitions of exception '%.*s' in the same rule",
			       SHOW(x->name));
	return 0;
}

/* NAMES: of those before it. */
static int read_exception(struct rule_loader *l, const struct ynode *n, struct yplace seq,
			  bool append, struct strmap *names, struct rule_exception *ret)
{
	unsigned depth = l->ncontext;

	context_push(l, "exceptions", SPAN_NONE, seq);
	context_push(l, "exception", SPAN_NONE, n->from);
	if (n->kind != YNODE_MAPPING)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n),
				      "Rule exception must be a mapping");
	if (yget_text(l, n, "name", &ret->name) < 0)
		return -EINVAL;
	l->ncontext = depth;
	context_push(l, "exception", ret->name, n->from);
	if (warn_not_unique(l, ret, names) < 0)
		return too_large(l, n);
	if (read_parts(l, n, append, ret) < 0)
		return -EINVAL;
	context_pop(l);
	return 0;
}

int exceptions_read(struct rule_loader *l, const struct ynode *item, bool append,
		    struct pool_vec *ret)
{
	const struct ynode *seq = ymap_get(item, "exceptions");
	struct strmap names = { .pool = &l->pool };

	if (seq == NULL || (seq->kind == YNODE_SCALAR && seq->null))
		return 0;
	if (seq->kind != YNODE_SEQUENCE) {
		context_push(l, "exceptions", SPAN_NONE, seq->from);
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, seq),
				      "Rule exceptions must be a sequence");
	}
	for (unsigned i = 0; i < seq->n; i++) {
		const struct ynode *n = seq->items[i];
		struct rule_exception x = { .place = n->from, .where = yorigin(l, n) }, *slot;

		x.item = (struct rule_place){ .file = l->file, .place = item->from };
		if (read_exception(l, n, seq->from, append, &names, &x) < 0)
			return -EINVAL;
		slot = pool_push(&l->pool, ret, sizeof(*slot));
		if (slot == NULL)
			return too_large(l, n);
		*slot = x;
	}
	return 0;
}

/* ---- check ---- */

static struct span name_at(const struct pool_vec *v, unsigned i)
{
	return ((const struct span *)v->items)[i];
}

/* "OP modifier": *RET is what it is; false: no operator. */
static bool parse_comp(struct span s, enum op_id *ret_op, enum op_modifier *ret_modifier)
{
	const uint8_t *blank = s.n == 0 ? NULL : memchr(s.p, ' ', s.n);

	*ret_modifier = MODIFIER_NONE;
	if (blank == NULL) {
		*ret_op = op_find(s);
		return *ret_op != OP_NONE;
	}
	*ret_op = op_find(span_of(s.p, (size_t)(blank - s.p)));
	for (unsigned m = MODIFIER_NONE + 1; m < MODIFIER_COUNT; m++)
		if (span_is(span_of(blank + 1, s.n - (size_t)(blank + 1 - s.p)),
			    op_modifier_name(m)))
			*ret_modifier = m;
	return op_info(*ret_op)->modifiers && *ret_modifier != MODIFIER_NONE;
}

static bool takes_list(struct span comp)
{
	enum op_modifier m;
	enum op_id op;

	return parse_comp(comp, &op, &m) &&
	       (m != MODIFIER_NONE || op_info(op)->arity == ARITY_LIST);
}

#define refuse(l, x, ...) loader_problem(l, LOAD_ERR_VALIDATE, (x)->where, __VA_ARGS__)

static int check_comps(struct rule_loader *l, const struct rule_exception *x)
{
	if (x->is_list != x->comps_is_list && !x->is_list)
		return refuse(l, x, "Fields and comps must both be strings");
	if (x->is_list && (!x->comps_is_list || x->fields.n != x->comps.n))
		return refuse(l, x, "Fields and comps lists must have equal length");
	for (unsigned i = 0; i < x->comps.n; i++) {
		enum op_modifier m;
		enum op_id op;

		if (!parse_comp(name_at(&x->comps, i), &op, &m) ||
		    (!x->is_list && !takes_list(name_at(&x->comps, i))))
			return refuse(l, x, "%s'%.*s' is not a supported comparison operator",
				      x->is_list
					      ? ""
					      : "comps must be one of in, pmatch, intersects, or "
						"an operator with oneof, anyof, allof: ",
				      SHOW(name_at(&x->comps, i)));
	}
	return 0;
}

/* A field, or transformers of some. */
static bool is_left_side(struct rule_loader *l, struct span field, struct diag *diag)
{
	struct pool_text text = { .pool = &l->pool };
	struct compile_error error;
	struct program program;
	struct node *tree;
	uint32_t start;
	bool ok;

	if (field.n == 0 || memchr(field.p, '(', field.n) == NULL)
		return compile_check_field(&l->extras.statics, field, diag) == 0;
	pool_text_add(&text, field);
	pool_text_str(&text, " exists");
	if (parse_condition(pool_text_span(&text), PARSE_DEPTH_RULES, &l->pool, &tree, diag, NULL) <
	    0)
		return false;
	program_init(&program, &l->pool);
	program.statics = &l->extras.statics;
	ok = compile_condition(&program, tree, &start, diag, &error) == 0;
	program_release(&program);
	return ok;
}

static int check_fields(struct rule_loader *l, const struct rule_exception *x,
			const struct rule_def *rule)
{
	for (unsigned i = 0; i < x->fields.n && !rule->unknown_source; i++) {
		struct span field = name_at(&x->fields, i);
		struct diag diag = { .message = "" };
		const char *near;

		if (is_left_side(l, field, &diag))
			continue;
		near = field_suggest(field);
		return refuse(l, x, "'%.*s' is not a supported filter field%s%s%s", SHOW(field),
			      near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
			      near == NULL ? "" : "'?");
	}
	return 0;
}

int exception_check_rows(struct rule_loader *l, const struct rule_exception *x)
{
	const struct exception_row *rows = x->rows.items;

	for (unsigned i = 0; i < x->rows.n; i++) {
		if (!x->is_list && rows[i].n != 0)
			return refuse(l, x, "Expected values array to contain a list of strings");
		if (x->is_list && rows[i].n != x->fields.n)
			return refuse(l, x, "Fields and values lists must have equal length");
	}
	return 0;
}

static int fill_comps(struct rule_loader *l, struct rule_exception *x)
{
	x->comps_is_list = x->is_list;
	for (unsigned i = 0; i < (x->is_list ? x->fields.n : 1); i++)
		if (!push_span(l, &x->comps, span_str(x->is_list ? "=" : "in")))
			return refuse(l, x, "the rules are too large");
	return 0;
}

static int validate(struct rule_loader *l, struct rule_exception *x, const struct rule_def *rule)
{
	if (x->fields.n == 0)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, x->where,
				      "Rule exception must have fields property with a list of "
				      "fields");
	if (x->comps.n == 0 && fill_comps(l, x) < 0)
		return -EINVAL;
	if (check_comps(l, x) < 0 || check_fields(l, x, rule) < 0)
		return -EINVAL;
	return 0;
}

int exception_validate(struct rule_loader *l, struct rule_exception *x, const struct rule_def *rule)
{
	int err;

	context_push(l, "exception", x->name, x->place);
	err = validate(l, x, rule);
	if (err == 0)
		context_pop(l);
	return err;
}

/* ---- merge ---- */

static struct rule_exception *find_exception(const struct rule_def *rule, struct span name)
{
	struct rule_exception *all = rule->exceptions.items;

	for (unsigned i = 0; i < rule->exceptions.n; i++)
		if (span_eq(all[i].name, name))
			return &all[i];
	return NULL;
}

static int append_values(struct rule_loader *l, struct rule_exception *old,
			 const struct rule_exception *x)
{
	const struct exception_row *rows = x->rows.items;

	if (x->has_fields)
		return refuse(l, x,
			      "Can not append exception fields to existing exception, only "
			      "values");
	if (x->has_comps)
		return refuse(l, x,
			      "Can not append exception comps to existing exception, only "
			      "values");
	for (unsigned i = 0; i < x->rows.n; i++) {
		struct exception_row *slot = pool_push(&l->pool, &old->rows, sizeof(*slot));

		if (slot == NULL)
			return refuse(l, x, "the rules are too large");
		*slot = rows[i];
	}
	return 0;
}

static int append_one(struct rule_loader *l, struct rule_def *rule, struct rule_exception *x)
{
	struct rule_exception *old = find_exception(rule, x->name), *slot;

	if (old != NULL)
		return append_values(l, old, x);
	if (!x->has_fields)
		return refuse(l, x,
			      "Rule exception must have fields property with a list of "
			      "fields");
	if (x->rows.n == 0)
		return refuse(l, x,
			      "Rule exception must have values property with a list of "
			      "values");
	if (validate(l, x, rule) < 0)
		return -EINVAL;
	slot = pool_push(&l->pool, &rule->exceptions, sizeof(*slot));
	if (slot == NULL)
		return refuse(l, x, "the rules are too large");
	*slot = *x;
	return 0;
}

int exceptions_append(struct rule_loader *l, struct rule_def *rule, struct pool_vec *more)
{
	struct rule_exception *all = more->items;

	for (unsigned i = 0; i < more->n; i++) {
		context_push(l, "exception", all[i].name, all[i].place);
		if (append_one(l, rule, &all[i]) < 0)
			return -EINVAL;
		context_pop(l);
	}
	return 0;
}

/* ---- write out ---- */

static bool add(struct origin_text *to, const struct rule_exception *x, struct span s)
{
	return origin_add_fixed(to, s, x->where);
}

static bool add_str(struct origin_text *to, const struct rule_exception *x, const char *s)
{
	return add(to, x, span_str(s));
}

static bool add_quoted(struct origin_text *to, const struct rule_exception *x, struct span s)
{
	bool quote = s.n > 0 && memchr(s.p, ' ', s.n) != NULL && s.p[0] != '"' && s.p[0] != '\'';

	return (!quote || add_str(to, x, "\"")) && add(to, x, s) &&
	       (!quote || add_str(to, x, "\""));
}

static bool add_list(struct origin_text *to, const struct rule_exception *x,
		     const struct exception_value *v)
{
	add_str(to, x, "(");
	for (unsigned i = 0; i < v->n; i++) {
		if (i > 0)
			add_str(to, x, ", ");
		add_quoted(to, x, v->items[i]);
	}
	return add_str(to, x, ")");
}

/* What stands for a list is the author's text, with commas and parentheses of his own. */
static bool add_value(struct origin_text *to, const struct rule_exception *x, struct span comp,
		      const struct exception_value *v)
{
	if (v->is_list)
		return add_list(to, x, v);
	if (!takes_list(comp))
		return add_quoted(to, x, v->items[0]);
	if (v->items[0].n > 0 && v->items[0].p[0] == '(')
		return add(to, x, v->items[0]);
	return add_str(to, x, "(") && add(to, x, v->items[0]) && add_str(to, x, ")");
}

static bool add_scalar_form(struct origin_text *to, const struct rule_exception *x)
{
	const struct exception_row *rows = x->rows.items;

	add_str(to, x, "(");
	add(to, x, name_at(&x->fields, 0));
	add_str(to, x, " ");
	add(to, x, x->comps.n > 0 ? name_at(&x->comps, 0) : SPAN_NONE);
	add_str(to, x, " (");
	for (unsigned i = 0; i < x->rows.n; i++) {
		if (i > 0)
			add_str(to, x, ", ");
		add_quoted(to, x, rows[i].values[0].n > 0 ? rows[i].values[0].items[0] : SPAN_NONE);
	}
	return add_str(to, x, "))");
}

static bool add_list_form(struct origin_text *to, const struct rule_exception *x)
{
	const struct exception_row *rows = x->rows.items;

	add_str(to, x, "(");
	for (unsigned i = 0; i < x->rows.n; i++) {
		add_str(to, x, i > 0 ? " or (" : "(");
		for (unsigned j = 0; j < rows[i].n && j < x->fields.n; j++) {
			struct span comp = j < x->comps.n ? name_at(&x->comps, j) : SPAN_NONE;

			add_str(to, x, j > 0 ? " and " : " ");
			add(to, x, name_at(&x->fields, j));
			add_str(to, x, " ");
			add(to, x, comp);
			add_str(to, x, " ");
			add_value(to, x, comp, &rows[i].values[j]);
		}
		add_str(to, x, ")");
	}
	return add_str(to, x, ")");
}

bool exceptions_expand(const struct rule_def *rule, struct origin_text *to)
{
	const struct rule_exception *all = rule->exceptions.items;
	const struct origin_text *c = &rule->condition;

	if (rule->exceptions.n == 0)
		return origin_add_part(to, c, 0, c->text.n);
	origin_add_fixed(to, span_str("("), origin_find(c, 0));
	origin_add_part(to, c, 0, c->text.n);
	origin_add_fixed(to, span_str(")"), origin_find(c, c->text.n == 0 ? 0 : c->text.n - 1));
	for (unsigned i = 0; i < rule->exceptions.n; i++) {
		if (all[i].rows.n == 0)
			continue;
		add_str(to, &all[i], " and not ");
		if (all[i].is_list)
			add_list_form(to, &all[i]);
		else
			add_scalar_form(to, &all[i]);
	}
	return pool_text_str(&to->text, "") && !to->text.pool->failed;
}
