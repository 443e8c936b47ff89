/* SPDX-License-Identifier: Apache-2.0
 *
 * field_text.c -- a field's value on its way out: as text, and typed for JSON.
 */
#include "field_class.h"
#include "pack.h"

/* Fields that are text to a rule and a reader, but a number in JSON. */
static bool is_time(enum field_id id)
{
	return (id >= FIELD_evt_time && id <= FIELD_evt_datetime_s) || id == FIELD_evt_outputtime;
}

static bool get_to_print(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	bool have;

	e->printing = true;
	have = field_get(ref, e, ret);
	e->printing = false;
	return have;
}

/* A number's form: the field's, or (raw parameters) the one of the event's parameter. */
static unsigned print_of(const struct field_ref *ref, const struct field_event *e)
{
	int i = ref->id == FIELD_evt_rawarg ? field_param(ref, e->ev->code) : -1;

	return i >= 0 ? e->info->params[i].format : field_info(ref->id)->print;
}

static struct span value_text(const struct field_ref *ref, struct field_event *e,
			      const struct value *v)
{
	struct text t;

	if (v->kind == VALUE_STRING)
		return v->s;
	text_begin(&t, e->arena);
	if (ref->id == FIELD_evt_buffer && v->s.n == 0)
		text_str(&t, "NULL");
	else if (v->kind == VALUE_BYTES && e->context != NULL && e->context->buffer_base64)
		text_base64(&t, v->s);
	else
		text_value(&t, v, print_of(ref, e));
	return text_end(&t);
}

struct span field_text(const struct field_ref *ref, struct field_event *e)
{
	struct value v;

	return get_to_print(ref, e, &v) ? value_text(ref, e, &v) : span_str("<NA>");
}

/* A list's items, strings all of them, as a msgpack array. */
static struct span packed_list(struct field_event *e, const struct value *v)
{
	size_t cap = PACK_MAX_HEADER;
	struct pack pk;
	uint8_t *buf;

	for (unsigned i = 0; i < v->list.n; i++)
		cap += v->list.items[i].kind == VALUE_STRING ? pack_span_bound(v->list.items[i].s)
							     : PACK_MAX_INT;
	buf = arena_get(e->arena, cap);
	if (buf == NULL)
		return SPAN_NONE;
	pack_init(&pk, buf, cap);
	pack_array(&pk, v->list.n);
	for (unsigned i = 0; i < v->list.n; i++) {
		const struct value *item = &v->list.items[i];

		if (item->kind == VALUE_STRING)
			pack_span(&pk, item->s);
		else if (item->kind == VALUE_UINT)
			pack_uint64(&pk, item->u);
		else if (item->kind == VALUE_INT)
			pack_int64(&pk, item->i);
		else if (item->kind == VALUE_BOOL)
			pack_bool(&pk, item->b);
		else
			pack_nil(&pk);
	}
	return pack_length(&pk) < 0 ? SPAN_NONE : span_of(buf, (size_t)pack_length(&pk));
}

/* Numbers that print in another form than decimal are strings in JSON; times
 * are numbers always. */
static bool is_number(const struct field_ref *ref, const struct field_event *e,
		      const struct value *v)
{
	unsigned print = print_of(ref, e);

	return v->type == PT_RELTIME || v->type == PT_ABSTIME ||
	       !(print == PF_HEX || print == PF_OCT || print == PF_10_PADDED_DEC);
}

void field_alert_value(const struct field_ref *ref, struct field_event *e, struct alert_value *ret)
{
	struct value v;

	*ret = (struct alert_value){ .kind = ALERT_NULL };
	if (is_time(ref->id)) {
		ret->kind = ALERT_UINT;
		ret->u = e->ev->ts_ns;
		return;
	}
	if (!get_to_print(ref, e, &v))
		return;
	if (v.kind == VALUE_INT && is_number(ref, e, &v)) {
		ret->kind = ALERT_INT;
		ret->i = v.i;
	} else if (v.kind == VALUE_UINT && is_number(ref, e, &v)) {
		ret->kind = ALERT_UINT;
		ret->u = v.u;
	} else if (v.kind == VALUE_BOOL) {
		ret->kind = ALERT_BOOL;
		ret->b = v.b;
	} else if (v.kind == VALUE_DOUBLE) {
		ret->kind = ALERT_DOUBLE;
		ret->d = v.d;
	} else if (v.kind == VALUE_LIST) {
		ret->s = packed_list(e, &v);
		ret->kind = ret->s.n > 0 ? ALERT_LIST : ALERT_NULL;
	} else {
		ret->kind = ALERT_STRING;
		ret->s = value_text(ref, e, &v);
	}
}
