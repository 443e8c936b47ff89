/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_convert.c -- see scap_convert.h.
 *
 * Most events of a capture of today need nothing but their parameters' types: that way
 * is straight, one pass over the lengths.  The others are taken apart into spans, and
 * go from row to row of convert.def until none is due.
 */
#include "scap_convert.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "enter_table.h"
#include "scap_format.h"

enum {
	MAX_ROWS = 50,	      /* that one event goes through */
	MAX_CONVERTED = 65536 /* bytes of an event that is not of today */
};

/* ---- the table ---- */

enum action { KEEP, KEEP_AND_PASS, PASS, ADD, CHANGE };

/* Where a parameter comes from: one of the first words, or a place in one of the ranges. */
enum {
	EMPTY = 1,
	ZERO,
	CONTAINER,
	FROM_OLD = 0x20,
	FROM_ENTER = 0x40,
	FROM_ENTER_OR_ZERO = 0x60,
	FROM_MASK = 0xe0,
	MAX_RECIPE = 24,
};
#define OLD(i)		 (FROM_OLD + (i))
#define ENTER(i)	 (FROM_ENTER + (i))
#define ENTER_OR_ZERO(i) (FROM_ENTER_OR_ZERO + (i))

static const struct row {
	uint16_t code, to;
	uint8_t nparams, action;
	uint8_t recipe[MAX_RECIPE]; /* 0: no more */
} rows[] = {
#define CONVERT(event, n, action, to, ...)                                                         \
	{ EVENT_##event, EVENT_##to, n, action, { __VA_ARGS__ } },
#include "convert.def"
#undef CONVERT
};

/* ---- what is known of each event ---- */

enum treatment {
	TREAT_AS_IS,   /* of today, as many parameters as it may have */
	TREAT_IF_LESS, /* of today, if it has all its parameters; else a row says */
	TREAT_BY_ROW,
	TREAT_DROP,
	TREAT_NEVER, /* no capture has such an event without a row */
};

enum shape {
	SHAPE_U8,
	SHAPE_U16,
	SHAPE_U32,
	SHAPE_64,
	SHAPE_I8,
	SHAPE_I16,
	SHAPE_I32,
	SHAPE_TEXT,
	SHAPE_BYTES
};

struct kind {
	uint8_t treatment, nparams;
	uint16_t first_row; /* ARRAY_LEN(rows): none */
	uint8_t shape[EVENT_MAX_PARAMS];
};

/* An event between two rows. */
struct draft {
	uint16_t code;
	unsigned nparams;
	struct span params[EVENT_MAX_PARAMS];
};

struct scap_convert {
	struct kind kinds[EVENT_CODE_COUNT];
	struct enter_table enters;
	struct draft drafts[2];
	uint8_t json[4 * MAX_CONVERTED];
	char why[160];
};

static int fail(struct scap_convert *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct scap_convert *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, sizeof(c->why), format, args);
	va_end(args);
	return -EPROTO;
}

static enum treatment treatment_of(unsigned code, const struct event_info *info)
{
	bool is_exit = event_is_exit(code), is_old = info->flags & EF_OLD_VERSION;

	if (info->flags & EF_UNUSED)
		return TREAT_DROP;
	if (!(info->flags & EF_CONVERTER_MANAGED))
		return !is_old ? TREAT_AS_IS : is_exit ? TREAT_NEVER : TREAT_DROP;
	return !is_exit || is_old ? TREAT_BY_ROW : TREAT_IF_LESS;
}

static enum shape shape_of(unsigned type)
{
	bool is_signed = param_type_is_signed(type);

	if (scap_is_text(type))
		return SHAPE_TEXT;
	switch (param_type_size(type)) {
	case 1:
		return is_signed ? SHAPE_I8 : SHAPE_U8;
	case 2:
		return is_signed ? SHAPE_I16 : SHAPE_U16;
	case 4:
		return is_signed ? SHAPE_I32 : SHAPE_U32;
	case 8:
		return SHAPE_64;
	default:
		return SHAPE_BYTES;
	}
}

static void learn(struct scap_convert *c)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);
		struct kind *k = &c->kinds[code];

		k->treatment = (uint8_t)treatment_of(code, info);
		k->nparams = info->nparams;
		k->first_row = ARRAY_LEN(rows);
		for (unsigned i = 0; i < info->nparams; i++)
			k->shape[i] = (uint8_t)shape_of(info->params[i].type);
	}
	for (unsigned i = ARRAY_LEN(rows); i-- > 0;)
		c->kinds[rows[i].code].first_row = (uint16_t)i;
}

int scap_convert_new(uint64_t seed, struct scap_convert **ret)
{
	struct scap_convert *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	enter_table_init(&c->enters, seed);
	learn(c);
	*ret = c;
	return 0;
}

void scap_convert_free(struct scap_convert *c)
{
	if (c == NULL)
		return;
	enter_table_release(&c->enters);
	free(c);
}

const char *scap_convert_why(const struct scap_convert *c)
{
	return c->why;
}

uint64_t scap_convert_forgotten(const struct scap_convert *c)
{
	return c->enters.forgotten;
}

/* ---- parameters in their types ---- */

static inline void take_text(struct param *ret, const uint8_t *p, size_t n)
{
	const uint8_t *nul = memchr(p, 0, n);

	ret->kind = PARAM_BYTES;
	ret->s = span_of(p, nul == NULL ? n : (size_t)(nul - p));
}

/* A number of another length than its type's says nothing. */
#define TAKE_INT(type, p, n)                                                                       \
	do {                                                                                       \
		type v = 0;                                                                        \
		if (__builtin_expect((n) == sizeof(v), 1))                                         \
			memcpy(&v, p, sizeof(v));                                                  \
		ret->kind = (n) == sizeof(v) ? PARAM_INT : PARAM_EMPTY;                            \
		ret->u = (uint64_t)(int64_t)v;                                                     \
	} while (0)

static inline __attribute__((always_inline)) void take_param(struct param *ret, unsigned shape,
							     const uint8_t *p, size_t n)
{
	switch (shape) {
	case SHAPE_64:
		TAKE_INT(uint64_t, p, n);
		return;
	case SHAPE_U32:
		TAKE_INT(uint32_t, p, n);
		return;
	case SHAPE_I32:
		TAKE_INT(int32_t, p, n);
		return;
	case SHAPE_U16:
		TAKE_INT(uint16_t, p, n);
		return;
	case SHAPE_I16:
		TAKE_INT(int16_t, p, n);
		return;
	case SHAPE_U8:
		TAKE_INT(uint8_t, p, n);
		return;
	case SHAPE_I8:
		TAKE_INT(int8_t, p, n);
		return;
	default:
		break;
	}
	if (n == 0) {
		ret->kind = PARAM_EMPTY;
		ret->u = 0;
	} else if (shape == SHAPE_TEXT) {
		take_text(ret, p, n);
	} else {
		ret->kind = PARAM_BYTES;
		ret->s = span_of(p, n);
	}
}

static void take_header(const struct scap_event *ev, uint16_t code, struct raw_event *ret)
{
	ret->code = code;
	ret->cpu = ev->cpu;
	ret->flags = ev->state_only ? EVENT_STATE_ONLY : 0;
	ret->ts_ns = ev->ts_ns;
	ret->num = 0;
	ret->tid = ev->tid;
	ret->pid = -1;
	ret->has_kernel = ret->has_file = false;
	ret->nmore = 0;
	ret->start_ns = ret->cgroup_id = 0;
	ret->uid = ret->gid = ret->maker = 0;
}

static int beyond(struct scap_convert *c, const struct scap_event *ev)
{
	return fail(c, "the parameters of an event '%s' reach beyond it",
		    event_info(ev->code)->name);
}

/* Parameters that are more than we know are a newer writer's. */
static int take_wide(struct scap_convert *c, const struct kind *k, const struct scap_event *ev,
		     struct raw_event *ret)
{
	const uint8_t *p = ev->data.p, *end = p + ev->data.n;

	for (unsigned i = 0; i < ev->nparams; i++) {
		size_t len = scap_param_len(ev, i);

		if (len > (size_t)(end - p))
			return beyond(c, ev);
		if (i < k->nparams)
			take_param(&ret->params[i], k->shape[i], p, len);
		p += len;
	}
	return 1;
}

/* The same for lengths of two bytes: nearly all events of a capture come here. */
static inline int take_narrow(struct scap_convert *c, const struct kind *k,
			      const struct scap_event *ev, struct raw_event *ret)
{
	unsigned known = k->nparams, n = ev->nparams;
	const uint8_t *p = ev->data.p, *lens = ev->lens, *shape = k->shape;
	struct param *to = ret->params;
	size_t left = ev->data.n;

	for (unsigned i = 0; i < n; i++) {
		uint16_t len;

		memcpy(&len, lens, sizeof(len));
		if (__builtin_expect(len > left, 0))
			return beyond(c, ev);
		if (__builtin_expect(i < known, 1))
			take_param(to++, *shape++, p, len);
		lens += sizeof(len);
		p += len;
		left -= len;
	}
	return 1;
}

static inline int take_as_is(struct scap_convert *c, const struct kind *k,
			     const struct scap_event *ev, struct raw_event *ret)
{
	ret->nparams = (uint8_t)(ev->nparams < k->nparams ? ev->nparams : k->nparams);
	take_header(ev, ev->code, ret);
	return __builtin_expect(ev->wide, 0) ? take_wide(c, k, ev, ret)
					     : take_narrow(c, k, ev, ret);
}

/* ---- old events ---- */

static int take_apart(struct scap_convert *c, const struct scap_event *ev, struct draft *d)
{
	const uint8_t *p = ev->data.p, *end = p + ev->data.n;

	if (ev->nparams > EVENT_MAX_PARAMS)
		return fail(c, "an event '%s' of %u parameters", event_info(ev->code)->name,
			    ev->nparams);
	if (ev->data.n > MAX_CONVERTED)
		return fail(c, "an old event '%s' of %zu bytes", event_info(ev->code)->name,
			    ev->data.n);
	d->code = ev->code;
	d->nparams = ev->nparams;
	for (unsigned i = 0; i < ev->nparams; i++) {
		size_t len = scap_param_len(ev, i);

		if (len > (size_t)(end - p))
			return beyond(c, ev);
		d->params[i] = span_of(p, len);
		p += len;
	}
	return 1;
}

static const struct row *find_row(const struct scap_convert *c, const struct draft *d)
{
	for (unsigned i = c->kinds[d->code].first_row; i < ARRAY_LEN(rows); i++) {
		if (rows[i].code != d->code)
			break;
		if (rows[i].nparams == d->nparams)
			return &rows[i];
	}
	return NULL;
}

static struct span zero_of(unsigned type)
{
	static const uint8_t zeros[16], ones[4] = { 0xff, 0xff, 0xff, 0xff };

	if (type == PT_UID || type == PT_GID)
		return span_of(ones, sizeof(ones));
	return span_of(zeros, param_type_size(type));
}

/* ---- a container event of old as the JSON of today ---- */

struct text {
	uint8_t *p, *end;
	bool full;
};

static void text_put(struct text *t, const void *bytes, size_t n)
{
	if (n > (size_t)(t->end - t->p)) {
		t->full = true;
		return;
	}
	memcpy(t->p, bytes, n);
	t->p += n;
}

static void text_string(struct text *t, const char *name, struct span value)
{
	char escaped[8];

	text_put(t, name, strlen(name));
	text_put(t, "\"", 1);
	for (size_t i = 0; i < value.n && value.p[i] != 0; i++) {
		uint8_t ch = value.p[i];

		if (ch == '"' || ch == '\\')
			text_put(t, "\\", 1);
		if (ch >= 0x20)
			text_put(t, &ch, 1);
		else
			text_put(t, escaped,
				 (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", ch));
	}
	text_put(t, "\"", 1);
}

static int container_json(struct scap_convert *c, const struct draft *d, struct span *ret)
{
	struct text t = { c->json, c->json + sizeof(c->json), false };
	char number[32];
	uint32_t type = 0;
	int n;

	if (d->nparams < 4)
		return fail(c, "an event 'container' of %u parameters", d->nparams);
	memcpy(&type, d->params[1].n == 4 ? d->params[1].p : zero_of(PT_UINT32).p, 4);
	n = snprintf(number, sizeof(number), ",\"type\":%u", type);
	text_string(&t, "{\"id\":", d->params[0]);
	text_put(&t, number, (size_t)n);
	text_string(&t, ",\"name\":", d->params[2]);
	text_string(&t, ",\"image\":", d->params[3]);
	text_put(&t, "}", 2); /* and its NUL */
	if (t.full)
		return fail(c, "an event 'container' is too long");
	*ret = span_of(c->json, (size_t)(t.p - c->json));
	return 1;
}

/* ---- from row to row ---- */

struct making {
	struct scap_convert *c;
	const struct draft *old;
	const struct enter_event *enter; /* NULL: there is none */
	bool used_enter;
};

/* Parameter of TYPE as STEP of a recipe says. */
static int make_param(struct making *m, unsigned step, unsigned type, struct span *ret)
{
	unsigned i = step & ~(unsigned)FROM_MASK, from = step & FROM_MASK;

	*ret = SPAN_NONE;
	if (from == FROM_OLD) {
		if (i >= m->old->nparams)
			return fail(m->c, "there is no parameter %u", i);
		*ret = m->old->params[i];
	} else if (from != 0 && m->enter != NULL) {
		if (m->enter->code != m->old->code - 1)
			return fail(m->c, "an event '%s' follows on '%s'",
				    event_info(m->old->code)->name,
				    event_info(m->enter->code)->name);
		m->used_enter = true;
		if (i < m->enter->nparams)
			*ret = m->enter->params[i];
	} else if (from == FROM_ENTER_OR_ZERO || step == ZERO) {
		*ret = zero_of(type);
	} else if (step == CONTAINER) {
		return container_json(m->c, m->old, ret);
	}
	if (param_type_size(type) != 0 && ret->n > param_type_size(type))
		ret->n = param_type_size(type);
	return 1;
}

static int apply_row(struct scap_convert *c, const struct row *row, int64_t tid,
		     const struct draft *old, struct draft *ret)
{
	const struct event_info *info = event_info(row->to);
	struct making m = { c, old, enter_table_find(&c->enters, tid), false };

	ret->code = row->to;
	ret->nparams = 0;
	if (row->action == ADD)
		*ret = *old;
	for (const uint8_t *step = row->recipe; *step != 0; step++) {
		int err;

		if (ret->nparams >= info->nparams)
			return fail(c, "an event '%s' of too many parameters", info->name);
		err = make_param(&m, *step, info->params[ret->nparams].type,
				 &ret->params[ret->nparams]);
		if (err < 0)
			return err;
		ret->nparams++;
	}
	if (m.used_enter)
		enter_table_remove(&c->enters, tid); /* its bytes stay until the next is kept */
	return 1;
}

static bool is_current(const struct kind *k, const struct draft *d)
{
	return k->treatment == TREAT_AS_IS ||
	       (k->treatment == TREAT_IF_LESS && d->nparams == k->nparams);
}

/* 1: D is an event of today; 0: it goes nowhere; 2: another row. */
static int next_row(struct scap_convert *c, int64_t tid, struct draft **d, struct draft **other)
{
	const struct kind *k = &c->kinds[(*d)->code];
	const struct row *row;
	struct draft *made = *other;
	int err;

	if (is_current(k, *d))
		return 1;
	if (k->treatment == TREAT_DROP)
		return 0;
	row = find_row(c, *d);
	if (row == NULL)
		return fail(c, "nobody knows what an event '%s' (%u) of %u parameters is",
			    event_info((*d)->code)->name, (*d)->code, (*d)->nparams);
	if (row->action == PASS)
		return 1;
	if (row->action == KEEP || row->action == KEEP_AND_PASS) {
		enter_table_put(&c->enters, tid, (*d)->code, (*d)->params, (*d)->nparams);
		return row->action == KEEP_AND_PASS;
	}
	err = apply_row(c, row, tid, *d, made);
	if (err < 0)
		return err;
	*other = *d;
	*d = made;
	return 2;
}

static int convert(struct scap_convert *c, const struct scap_event *ev, struct raw_event *ret)
{
	struct draft *d = &c->drafts[0], *other = &c->drafts[1];
	const struct kind *k;
	int err = take_apart(c, ev, d);

	if (err < 0)
		return err;
	err = 2;
	for (unsigned i = 0; err == 2; i++) {
		if (i == MAX_ROWS)
			return fail(c, "an event '%s' has no end of versions",
				    event_info(ev->code)->name);
		err = next_row(c, ev->tid, &d, &other);
	}
	if (err <= 0)
		return err;
	k = &c->kinds[d->code];
	ret->nparams = (uint8_t)(d->nparams < k->nparams ? d->nparams : k->nparams);
	for (unsigned i = 0; i < ret->nparams; i++)
		take_param(&ret->params[i], k->shape[i], d->params[i].p, d->params[i].n);
	take_header(ev, d->code, ret);
	return 1;
}

int scap_convert(struct scap_convert *c, const struct scap_event *ev, struct raw_event *ret)
{
	const struct kind *k = &c->kinds[ev->code];

	/* A thread that ended makes no exit for the call that it ended in. */
	if (ev->code == EVENT_PROCEXIT_1_E)
		enter_table_remove(&c->enters, ev->tid);
	if (k->treatment == TREAT_AS_IS ||
	    (k->treatment == TREAT_IF_LESS && ev->nparams == k->nparams))
		return take_as_is(c, k, ev, ret);
	if (k->treatment == TREAT_DROP)
		return 0;
	return convert(c, ev, ret);
}
