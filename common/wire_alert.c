/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_alert.c -- the ALERT frame.
 */
#include "wire_parts.h"

enum {
	ALERT_ELEMENTS = 11,
	FIELD_ELEMENTS = 2,
	LIST_DEPTH = 1, /* scalars only */
};

/* Nothing but one whole array of scalars may stand in an alert as a list. */
static bool is_list(struct span list)
{
	struct cursor c = cursor_before(list);
	uint8_t first = cursor_peek(&c);

	if ((first & 0xf0) != MP_FIXARRAY && first != MP_ARRAY16 && first != MP_ARRAY32)
		return false;
	cursor_element(&c, LIST_DEPTH);
	return cursor_finish(&c) == 0;
}

static bool put_value(struct pack *pk, const struct alert_value *v)
{
	switch (v->kind) {
	case ALERT_NULL:
		pack_nil(pk);
		return true;
	case ALERT_STRING:
		pack_span(pk, v->s);
		return true;
	case ALERT_INT:
		pack_int64(pk, v->i);
		return true;
	case ALERT_UINT:
		pack_uint64(pk, v->u);
		return true;
	case ALERT_BOOL:
		pack_bool(pk, v->b);
		return true;
	case ALERT_DOUBLE:
		pack_double(pk, v->d);
		return true;
	case ALERT_LIST:
		pack_bytes(pk, v->s.p, v->s.n);
		return is_list(v->s);
	default:
		return false;
	}
}

static void get_value(struct cursor *c, struct alert_value *ret)
{
	uint8_t first = cursor_peek(c);

	if (first < 0x80 || (first >= MP_UINT8 && first <= MP_UINT64)) {
		ret->kind = ALERT_UINT;
		ret->u = cursor_uint(c, 0);
	} else if (first >= MP_NEGATIVE || (first >= MP_INT8 && first <= MP_INT64)) {
		ret->i = cursor_int(c, 0);
		ret->kind = ret->i < 0 ? ALERT_INT : ALERT_UINT;
	} else if (first >= MP_BIN8 && first <= MP_BIN32) {
		ret->kind = ALERT_STRING;
		ret->s = cursor_span(c);
	} else if (first == MP_TRUE || first == MP_FALSE) {
		ret->kind = ALERT_BOOL;
		ret->b = cursor_bool(c);
	} else if (first == MP_FLOAT64) {
		ret->kind = ALERT_DOUBLE;
		ret->d = cursor_double(c);
	} else if ((first & 0xf0) == MP_FIXARRAY || first == MP_ARRAY16 || first == MP_ARRAY32) {
		ret->kind = ALERT_LIST;
		ret->s = cursor_element(c, LIST_DEPTH);
	} else {
		ret->kind = ALERT_NULL;
		ret->u = cursor_uint(c, 0); /* takes nil, refuses all others */
	}
}

ssize_t wire_encode_alert(uint8_t *buf, size_t cap, const struct alert_frame *f)
{
	struct pack pk;

	if (f->priority > 7 || f->ntags > ALERT_MAX_TAGS || f->nfields > ALERT_MAX_FIELDS)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, ALERT_ELEMENTS);
	pack_uint64(&pk, f->origin_generation);
	pack_uint64(&pk, f->origin_seq);
	pack_uint32(&pk, f->rule_index);
	pack_uint8(&pk, f->priority);
	pack_uint64(&pk, f->ts_ns);
	pack_span_or_nil(&pk, f->rule);
	pack_span_or_nil(&pk, f->source);
	pack_span_or_nil(&pk, f->message);
	pack_array(&pk, f->ntags);
	for (unsigned i = 0; i < f->ntags; i++)
		pack_span(&pk, f->tags[i]);
	pack_array(&pk, f->nfields);
	for (unsigned i = 0; i < f->nfields; i++) {
		pack_array(&pk, FIELD_ELEMENTS);
		pack_span(&pk, f->fields[i].name);
		if (!put_value(&pk, &f->fields[i].value))
			return -EINVAL;
	}
	pack_span_or_nil(&pk, f->ruleset);
	return pack_length(&pk);
}

static void get_tags(struct cursor *c, struct alert_frame *ret)
{
	size_t outer;

	cursor_enter(c, &outer);
	if (c->left > ALERT_MAX_TAGS)
		cursor_fail(c);
	for (ret->ntags = 0; c->left > 0; ret->ntags++)
		ret->tags[ret->ntags] = cursor_span(c);
	cursor_leave(c, outer);
}

static void get_fields(struct cursor *c, struct alert_frame *ret)
{
	size_t outer, inner;

	cursor_enter(c, &outer);
	if (c->left > ALERT_MAX_FIELDS)
		cursor_fail(c);
	for (ret->nfields = 0; c->left > 0; ret->nfields++) {
		struct alert_field *field = &ret->fields[ret->nfields];

		if (!cursor_enter(c, &inner))
			cursor_fail(c);
		field->name = cursor_span(c);
		get_value(c, &field->value);
		cursor_leave(c, inner);
	}
	cursor_leave(c, outer);
}

int wire_decode_alert(struct span payload, struct alert_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->origin_generation = cursor_uint(&c, 0);
	ret->origin_seq = cursor_uint(&c, 0);
	ret->rule_index = cursor_u32(&c);
	ret->priority = cursor_u8(&c);
	ret->ts_ns = cursor_uint(&c, 0);
	ret->rule = cursor_span(&c);
	ret->source = cursor_span(&c);
	ret->message = cursor_span(&c);
	get_tags(&c, ret);
	get_fields(&c, ret);
	ret->ruleset = cursor_span(&c);
	if (ret->priority > 7)
		cursor_fail(&c);
	return cursor_finish(&c);
}

size_t wire_alert_bound(const struct alert_frame *f)
{
	size_t sum = 3 * PACK_MAX_HEADER + ALERT_ELEMENTS * PACK_MAX_INT +
		     pack_span_bound(f->rule) + pack_span_bound(f->source) +
		     pack_span_bound(f->message) + pack_span_bound(f->ruleset);

	for (unsigned i = 0; i < f->ntags && i < ALERT_MAX_TAGS; i++)
		sum += pack_span_bound(f->tags[i]);
	for (unsigned i = 0; i < f->nfields && i < ALERT_MAX_FIELDS; i++) {
		const struct alert_value *v = &f->fields[i].value;

		sum += PACK_MAX_HEADER + pack_span_bound(f->fields[i].name) +
		       (v->kind == ALERT_STRING || v->kind == ALERT_LIST ? pack_span_bound(v->s)
									 : PACK_MAX_DOUBLE);
	}
	return sum;
}
