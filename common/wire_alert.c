/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_alert.c -- the ALERT frame.
 */
#include "wire_parts.h"

enum {
	ALERT_ELEMENTS = 13,
	FIELD_ELEMENTS = 2,
	PROCESS_ELEMENTS = 5,
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

static bool put_fields(struct pack *pk, const struct alert_field *fields, unsigned n)
{
	pack_array(pk, n);
	for (unsigned i = 0; i < n; i++) {
		pack_array(pk, FIELD_ELEMENTS);
		pack_span(pk, fields[i].name);
		if (!put_value(pk, &fields[i].value))
			return false;
	}
	return true;
}

static void put_lineage(struct pack *pk, const struct alert_frame *f)
{
	pack_array(pk, f->nlineage);
	for (unsigned i = 0; i < f->nlineage; i++) {
		const struct alert_process *p = &f->lineage[i];

		pack_array(pk, PROCESS_ELEMENTS);
		pack_int64(pk, p->pid);
		pack_uint32(pk, p->uid);
		pack_span_or_nil(pk, p->name);
		pack_span_or_nil(pk, p->exepath);
		pack_span_or_nil(pk, p->cmdline);
	}
}

ssize_t wire_encode_alert(uint8_t *buf, size_t cap, const struct alert_frame *f)
{
	struct pack pk;

	if (f->priority > 7 || f->ntags > ALERT_MAX_TAGS || f->nfields > ALERT_MAX_FIELDS ||
	    f->nlineage > ALERT_MAX_LINEAGE || f->nplace > ALERT_MAX_PLACE)
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
	if (!put_fields(&pk, f->fields, f->nfields))
		return -EINVAL;
	pack_span_or_nil(&pk, f->ruleset);
	if (f->nlineage > 0)
		put_lineage(&pk, f);
	else
		pack_nil(&pk);
	if (f->nplace == 0)
		pack_nil(&pk);
	else if (!put_fields(&pk, f->place, f->nplace))
		return -EINVAL;
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

/* How many of at most MOST; of others there is none. */
static unsigned get_fields(struct cursor *c, struct alert_field *fields, unsigned most)
{
	size_t outer, inner;
	unsigned n;

	cursor_enter(c, &outer);
	if (c->left > most)
		cursor_fail(c);
	for (n = 0; c->left > 0; n++) {
		if (!cursor_enter(c, &inner))
			cursor_fail(c);
		fields[n].name = cursor_span(c);
		get_value(c, &fields[n].value);
		cursor_leave(c, inner);
	}
	cursor_leave(c, outer);
	return n;
}

static void get_lineage(struct cursor *c, struct alert_frame *ret)
{
	size_t outer, inner;

	cursor_enter(c, &outer);
	if (c->left > ALERT_MAX_LINEAGE)
		cursor_fail(c);
	for (ret->nlineage = 0; c->left > 0; ret->nlineage++) {
		struct alert_process *p = &ret->lineage[ret->nlineage];

		if (!cursor_enter(c, &inner))
			cursor_fail(c);
		p->pid = cursor_int(c, 0);
		p->uid = cursor_u32(c);
		p->name = cursor_span(c);
		p->exepath = cursor_span(c);
		p->cmdline = cursor_span(c);
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
	ret->nfields = (uint16_t)get_fields(&c, ret->fields, ALERT_MAX_FIELDS);
	ret->ruleset = cursor_span(&c);
	get_lineage(&c, ret);
	ret->nplace = (uint8_t)get_fields(&c, ret->place, ALERT_MAX_PLACE);
	if (ret->priority > 7)
		cursor_fail(&c);
	return cursor_finish(&c);
}

static size_t bound_of(const struct alert_field *fields, unsigned n)
{
	size_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct alert_value *v = &fields[i].value;

		sum += PACK_MAX_HEADER + pack_span_bound(fields[i].name) +
		       (v->kind == ALERT_STRING || v->kind == ALERT_LIST ? pack_span_bound(v->s)
									 : PACK_MAX_DOUBLE);
	}
	return sum;
}

size_t wire_alert_bound(const struct alert_frame *f)
{
	size_t sum = 5 * PACK_MAX_HEADER + ALERT_ELEMENTS * PACK_MAX_INT +
		     pack_span_bound(f->rule) + pack_span_bound(f->source) +
		     pack_span_bound(f->message) + pack_span_bound(f->ruleset);

	for (unsigned i = 0; i < f->ntags && i < ALERT_MAX_TAGS; i++)
		sum += pack_span_bound(f->tags[i]);
	sum += bound_of(f->fields, f->nfields < ALERT_MAX_FIELDS ? f->nfields : ALERT_MAX_FIELDS);
	sum += bound_of(f->place, f->nplace < ALERT_MAX_PLACE ? f->nplace : ALERT_MAX_PLACE);
	for (unsigned i = 0; i < f->nlineage && i < ALERT_MAX_LINEAGE; i++) {
		const struct alert_process *p = &f->lineage[i];

		sum += PACK_MAX_HEADER + 2 * PACK_MAX_INT + pack_span_bound(p->name) +
		       pack_span_bound(p->exepath) + pack_span_bound(p->cmdline);
	}
	return sum;
}
