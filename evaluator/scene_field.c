/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_field.c -- what is said of a field: which piece of state shows it, and
 * whether the event then has it.  A field without a row in scene_field.def follows
 * from others, and can only be checked.
 */
#include <errno.h>

#include "literal.h"
#include "op.h"
#include "scene_set.h"

static const struct said_row rows[] = {
#define SAYS(field, order, form, who, setter, what)                                                \
	{ FIELD_##field, order, SAID_##form, WHO_##who, what, said_##setter },
#include "scene_field.def"
#undef SAYS
};

int said_refuse(struct said *x, const char *why)
{
	diag_set(x->diag, "'%.*s' %s", SHOW(x->ref->text), why);
	return -EINVAL;
}

static const struct said_row *row_of(unsigned id)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

unsigned scene_field_order(struct span field)
{
	struct field_ref ref;
	struct diag ignored;
	const struct said_row *row;

	if (field_parse(field, &ref, &ignored) < 0)
		return 0;
	row = row_of(ref.id);
	return row == NULL ? 2 : row->order;
}

/* ---- one field ---- */

static int unknown_field(struct span field, struct diag *diag)
{
	const char *near = field_suggest(field);

	diag_set(diag, "there is no field '%.*s'%s%s%s", SHOW(field),
		 near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
		 near == NULL ? "" : "'?");
	return -EINVAL;
}

static int parse_field(struct span field, struct field_ref *ret, struct diag *diag)
{
	int err = field_parse(field, ret, diag);

	return err == -ENOENT ? unknown_field(field, diag) : err;
}

/* The process that X speaks of; it and those below it are there then. */
static int find_process(struct said *x)
{
	struct scene *s = x->s;
	uint64_t n = x->row->who == WHO_SELF ? 0 : x->row->who == WHO_PARENT ? 1 : x->ref->index;

	if (x->row->who >= WHO_SESSION) {
		unsigned leader = x->row->who - WHO_SESSION;

		s->has_leader |= (uint8_t)(1u << leader);
		x->p = &s->leader[leader];
		return 0;
	}
	if (x->row->who == WHO_ANCESTOR && !x->ref->has_index)
		return said_refuse(x, "needs the ancestor's number, as proc.aname[2]");
	if (n >= SCENE_CHAIN)
		return said_refuse(x, "is about an ancestor too far up: 15 at most");
	if (x->value->null && x->row->form == SAID_NAME && n > 0) { /* nobody is there */
		s->is_orphan = true;
		if (s->depth > n)
			return said_refuse(x,
					   "is said to be nobody, but somebody further up is said");
		s->depth = (unsigned)n;
		return 1;
	}
	if (n >= s->depth && s->is_orphan)
		return said_refuse(x, "is above one that is said to be nobody");
	if (n >= s->depth)
		s->depth = (unsigned)n + 1;
	x->p = &s->chain[n];
	return 0;
}

static int read_form(struct said *x)
{
	if (x->row->form == SAID_ANY)
		return x->value->null && x->ref->id != FIELD_evt_arg &&
				       x->ref->id != FIELD_evt_rawarg
			       ? said_refuse(x, "cannot be missing")
			       : 0;
	if (x->value->kind != YNODE_SCALAR)
		return said_refuse(x, "takes one value");
	if (x->value->null && x->row->form != SAID_NAME)
		return said_refuse(x, "cannot be made missing by saying so");
	if (x->text.n > 0 && memchr(x->text.p, 0, x->text.n) != NULL &&
	    x->ref->id != FIELD_evt_buffer)
		return said_refuse(x, "cannot have a NUL byte in it");
	if (x->row->form == SAID_NUMBER && !scene_number(x->text, x->ref->type, &x->number))
		return said_refuse(x, "takes a number that fits it");
	if (x->row->form == SAID_BOOL) {
		x->number = span_is(x->text, "true");
		if (x->number == 0 && !span_is(x->text, "false"))
			return said_refuse(x, "is true or false");
	}
	return 0;
}

int scene_set(struct scene *s, struct span field, const struct ynode *value, struct diag *diag)
{
	struct field_ref ref;
	struct said x = { .s = s, .ref = &ref, .value = value, .diag = diag };
	int err = parse_field(field, &ref, diag);

	if (err < 0)
		return err;
	x.row = row_of(ref.id);
	if (x.row == NULL)
		return 0; /* it follows: scene_check() will tell */
	x.text = value->kind == YNODE_SCALAR ? value->text : SPAN_NONE;
	err = read_form(&x);
	if (err == 0)
		err = find_process(&x);
	if (err != 0)
		return err < 0 ? err : 0;
	return x.row->set(&x);
}

/* ---- does it hold? ---- */

/* Fields whose value people write in several ways. */
static bool is_written_freely(enum field_id id)
{
	return id == FIELD_evt_arg || id == FIELD_evt_rawarg || id == FIELD_evt_rawtime ||
	       id == FIELD_proc_cwd || id == FIELD_util_cnt || id == FIELD_container_mounts;
}

static bool same_number(const struct value *v, struct span text)
{
	int64_t wanted;

	if (v->type == PT_PORT || v->kind == VALUE_UINT)
		return scene_number(text, PT_UINT64, &wanted) && v->u == (uint64_t)wanted;
	return scene_number(text, PT_INT64, &wanted) && v->i == wanted;
}

static bool same_address(const struct value *v, struct span text)
{
	enum op_group group = op_group_of(v->type, false);
	struct op_right right;
	struct diag ignored;

	return literal_parse(text, v->type, OP_EQ, NULL, &right, &ignored) == 0 &&
	       op_comparison(OP_EQ, group)(v, &right);
}

static bool same_list(const struct value *v, const struct ynode *wanted)
{
	if (wanted->kind != YNODE_SEQUENCE)
		return v->list.n == 1 && span_eq(v->list.items[0].s, wanted->text);
	for (unsigned i = 0; i < wanted->n && i < v->list.n; i++)
		if (!span_eq(v->list.items[i].s, wanted->items[i]->text))
			return false;
	return wanted->n == v->list.n;
}

/* The value as text is the wanted one; of a list, with blanks between. */
static bool same_text(struct span text, const struct ynode *wanted)
{
	bool is_list = wanted->kind == YNODE_SEQUENCE;

	for (unsigned i = 0; is_list && i < wanted->n; i++) {
		struct span item = wanted->items[i]->text;

		if (i > 0 && (text.n == 0 || text.p[0] != ' '))
			return false;
		if (i > 0)
			text = span_of(text.p + 1, text.n - 1);
		if (!span_starts(text, item))
			return false;
		text = span_of(text.p + item.n, text.n - item.n);
	}
	return is_list ? text.n == 0 : span_eq(text, wanted->text);
}

static bool same_value(const struct value *v, const struct ynode *wanted)
{
	int64_t whole;

	switch (v->kind) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return same_text(v->s, wanted);
	case VALUE_INT:
	case VALUE_UINT:
		return same_number(v, wanted->text);
	case VALUE_BOOL:
		return span_is(wanted->text, v->b ? "true" : "false");
	case VALUE_IP:
		return same_address(v, wanted->text);
	case VALUE_LIST:
		return same_list(v, wanted);
	case VALUE_DOUBLE:
		return scene_number(wanted->text, PT_INT64, &whole) && (double)whole == v->d;
	default:
		return false;
	}
}

static int differs(const struct field_ref *ref, const struct ynode *value, struct field_event *e,
		   struct diag *diag)
{
	struct span is = field_text(ref, e);
	bool follows = row_of(ref->id) == NULL && !span_is(is, "<NA>");

	diag_set(diag, "'%.*s' is %s%.*s%s at this event%s%s", SHOW(ref->text),
		 span_is(is, "<NA>") ? "" : "'", SHOW(is), span_is(is, "<NA>") ? "" : "'",
		 value->null ? ", not missing" : ", not what is said",
		 follows ? ": it follows from other fields, say those" : "");
	return -EINVAL;
}

int scene_check(struct span field, const struct ynode *value, struct field_event *e,
		struct diag *diag)
{
	struct value values[FIELD_ANY_MAX];
	struct field_ref ref;
	unsigned n;
	int err = parse_field(field, &ref, diag);

	if (err < 0 || is_written_freely(ref.id) || value->kind == YNODE_MAPPING)
		return err;
	n = field_get_any(&ref, e, values);
	if (value->null && value->kind == YNODE_SCALAR && n == 0)
		return 0;
	for (unsigned i = 0; !value->null && i < n; i++)
		if (same_value(&values[i], value))
			return 0;
	return differs(&ref, value, e, diag);
}
