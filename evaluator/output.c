/* SPDX-License-Identifier: Apache-2.0
 *
 * output.c -- a rule's output as a row of pieces: text as it stands, a field, or
 * a transformer of fields.
 */
#include <errno.h>
#include <stdlib.h>

#include "output.h"
#include "output_expr.h"
#include "text.h"
#include "transform.h"

enum {
	PIECES_MAX = 1024,
	WIDTH_MAX = 4096,
	EXPR_BYTES = 1 << 20,
	NAME_MAX_BYTES = 256, /* no field's name is as long, and each shorter one is tried */
};

struct piece {
	struct span literal;
	int field;		  /* index of the reference; -1: none */
	uint32_t width;		  /* 0: as long as it is */
	struct output_expr *expr; /* transformers; NULL: none */
};

/* A field of alerts that the text does not show. */
struct extra {
	char *name;
	bool as_text;
	struct output *value;
};

struct output {
	unsigned npieces, nextras;
	struct piece *pieces;
	struct extra *extras;
	unsigned nshown; /* of the references: those of the text */
	struct output_refs refs;
	struct pool pool; /* of the transformers; mostly empty */
	uint8_t text[];
};

static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* The end of an argument in brackets that begins at AT; AT if there is none. */
static size_t argument_end(struct span text, size_t at)
{
	size_t i = at + 1;
	uint8_t quote;

	if (at >= text.n || text.p[at] != '[')
		return at;
	if (i < text.n && (text.p[i] == '"' || text.p[i] == '\'')) {
		quote = text.p[i++];
		while (i < text.n && text.p[i] != quote)
			i++;
	}
	while (i < text.n && text.p[i] != ']')
		i++;
	return i < text.n ? i + 1 : at;
}

/* The longest field that begins at AT; its length is in RET->text.  The error is
 * the one of the longest name. */
static int longest_field(struct span text, size_t at, struct field_ref *ret, struct diag *diag)
{
	size_t end = at, with;
	struct diag other;
	int err, first = -ENOENT;

	while (end < text.n && end - at < NAME_MAX_BYTES && is_name_char(text.p[end]))
		end++;
	if (end == at) {
		diag_set(diag, "a %% must be followed by a field");
		return -EINVAL;
	}
	with = argument_end(text, end);
	if (with != end) {
		first = field_parse(span_of(text.p + at, with - at), ret, diag);
		if (first == 0)
			return 0;
	}
	for (size_t i = end; i > at; i--) {
		struct diag *d = with == end && i == end ? diag : &other;

		err = field_parse(span_of(text.p + at, i - at), ret, d);
		if (err == 0)
			return 0;
		if (d == diag)
			first = err;
	}
	if (first == -ENOENT)
		field_unknown(span_of(text.p + at, with - at), diag);
	return first;
}

/* A transformer's name and a parenthesis. */
static bool is_call(struct span text, size_t at)
{
	size_t end = at;

	while (end < text.n && is_name_char(text.p[end]))
		end++;
	return end < text.n && text.p[end] == '(' &&
	       transform_find(span_of(text.p + at, end - at)) != NULL;
}

static int parse_call(struct output *o, struct span text, size_t *at, struct piece *piece,
		      struct diag *diag)
{
	size_t len;
	int err = output_expr_parse(span_of(text.p + *at, text.n - *at), &o->pool, &o->refs,
				    &piece->expr, &len, diag);

	if (err == 0)
		*at += len;
	return err;
}

static int parse_plain(struct output *o, struct span text, size_t *at, struct piece *piece,
		       struct diag *diag)
{
	struct field_ref *ref = &o->refs.refs[o->refs.n];
	int err = longest_field(text, *at, ref, diag);

	if (err == 0)
		err = output_field_check(ref, diag);
	if (err < 0)
		return err;
	*at += ref->text.n;
	piece->field = (int)o->refs.n++;
	return 0;
}

/* One %[width]field that begins at AT (the byte behind the %). */
static int parse_field(struct output *o, struct span text, size_t *at, struct diag *diag)
{
	struct piece piece = { .field = -1 };
	int err;

	while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9') {
		piece.width = piece.width * 10 + (text.p[(*at)++] - '0');
		if (piece.width > WIDTH_MAX) {
			diag_set(diag, "a field is at most %d bytes wide", WIDTH_MAX);
			return -EINVAL;
		}
	}
	if (*at == text.n) {
		diag_set(diag, "a %% must be followed by a field");
		return -EINVAL;
	}
	if (is_call(text, *at))
		err = parse_call(o, text, at, &piece, diag);
	else
		err = parse_plain(o, text, at, &piece, diag);
	if (err == 0)
		o->pieces[o->npieces++] = piece;
	/* No field, one that outputs cannot have, a transformer used wrongly: whoever skips unknown filters
	 * skips each of these. */
	return err == -EINVAL ? -ENOENT : err;
}

static unsigned count_of(struct span text, uint8_t byte)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == byte;
	return n;
}

static struct output *output_new(struct span text)
{
	struct output *o = calloc(1, sizeof(*o) + text.n + 1);
	unsigned percents = count_of(text, '%'), dots = count_of(text, '.');

	if (o == NULL)
		return NULL;
	pool_init(&o->pool, EXPR_BYTES);
	o->pieces = calloc(2 * percents + 1, sizeof(*o->pieces));
	o->refs.cap = dots; /* each field has one in its name */
	o->refs.refs = calloc(dots + 1, sizeof(*o->refs.refs));
	if (o->pieces == NULL || o->refs.refs == NULL) {
		output_free(o);
		return NULL;
	}
	if (text.n > 0)
		memcpy(o->text, text.p, text.n);
	return o;
}

int output_parse(struct span text, struct output **ret, struct diag *diag)
{
	struct output *o;
	size_t at = 0, start;
	int err;

	if (count_of(text, '%') > PIECES_MAX) {
		diag_set(diag, "too many fields in one output: %d at most", PIECES_MAX);
		return -EINVAL;
	}
	o = output_new(text);
	if (o == NULL) {
		diag_set(diag, "no memory");
		return -ENOMEM;
	}
	text.p = o->text;
	if (text.n > 0 && text.p[0] == '*') /* "print what is missing": we always do */
		at = 1;
	while (at < text.n) {
		start = at;
		while (at < text.n && text.p[at] != '%')
			at++;
		if (at > start)
			o->pieces[o->npieces++] =
				(struct piece){ .literal = span_of(text.p + start, at - start),
						.field = -1 };
		if (at == text.n)
			break;
		start = at++;
		err = parse_field(o, text, &at, diag);
		if (err < 0) {
			diag->column = (uint32_t)start + 1;
			output_free(o);
			return err;
		}
	}
	o->nshown = o->refs.n;
	*ret = o;
	return 0;
}

void output_free(struct output *o)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < o->nextras; i++) {
		free(o->extras[i].name);
		output_free(o->extras[i].value);
	}
	free(o->extras);
	pool_release(&o->pool);
	free(o->pieces);
	free(o->refs.refs);
	free(o);
}

/* VALUE, which is taken over, under NAME; its references behind ours. */
static int add_extra(struct output *o, const char *name, bool as_text, struct output *value)
{
	unsigned n = o->refs.n + value->refs.n;
	struct extra *extras = reallocarray(o->extras, o->nextras + 1, sizeof(*extras));
	struct field_ref *refs = reallocarray(o->refs.refs, n + 1, sizeof(*refs));
	char *copy = strdup(name);

	if (extras != NULL)
		o->extras = extras;
	if (refs != NULL)
		o->refs.refs = refs;
	if (extras == NULL || refs == NULL || copy == NULL) {
		free(copy);
		output_free(value);
		return -ENOMEM;
	}
	memcpy(refs + o->refs.n, value->refs.refs, value->refs.n * sizeof(*refs));
	o->refs.n = o->refs.cap = n;
	extras[o->nextras++] = (struct extra){ copy, as_text, value };
	return 0;
}

int output_add_text(struct output *o, const char *name, const char *format, struct diag *diag)
{
	struct output *value;
	int err = output_parse(span_str(format), &value, diag);

	return err < 0 ? err : add_extra(o, name, true, value);
}

int output_add_field(struct output *o, const char *name, struct diag *diag)
{
	size_t n = strlen(name);
	char *format = malloc(n + 2);
	struct output *value;
	int err;

	if (format == NULL)
		return -ENOMEM;
	format[0] = '%';
	memcpy(format + 1, name, n + 1);
	err = output_parse(span_of(format, n + 1), &value, diag);
	free(format);
	if (err < 0)
		return err;
	if (value->refs.n != 1 || value->refs.refs[0].text.n != n) {
		output_free(value);
		diag_set(diag, "'%.200s' is not a field", name);
		return -EINVAL;
	}
	return add_extra(o, name, false, value);
}

int output_check_statics(const struct output *o, const struct static_fields *statics,
			 struct diag *diag)
{
	const struct field_ref *refs;
	unsigned n = output_fields(o, &refs);

	for (unsigned i = 0; i < n; i++) {
		if (!field_is_undefined(&refs[i], statics))
			continue;
		diag_set(diag, "filter_check called with nonexistent field %.*s",
			 (int)refs[i].text.n, (const char *)refs[i].text.p);
		return -ENOENT;
	}
	return 0;
}

unsigned output_fields(const struct output *o, const struct field_ref **ret_refs)
{
	*ret_refs = o->refs.refs;
	return o->refs.n;
}

unsigned output_own_fields(const struct output *o)
{
	return o->nshown;
}

const char *output_next_text(const struct output *o, unsigned *pos)
{
	while (*pos < o->nextras) {
		const struct extra *x = &o->extras[(*pos)++];

		if (x->as_text)
			return x->name;
	}
	return NULL;
}

static void put_wide(struct text *t, struct span s, uint32_t width)
{
	text_put(t, span_of(s.p, s.n < width ? s.n : width));
	for (size_t i = s.n; i < width; i++)
		text_char(t, ' ');
}

static struct span piece_text(const struct output *o, const struct piece *piece,
			      struct field_event *e)
{
	if (piece->expr != NULL)
		return output_expr_text(piece->expr, o->refs.refs, e);
	return piece->field < 0 ? piece->literal : field_text(&o->refs.refs[piece->field], e);
}

struct span output_message(const struct output *o, struct field_event *e)
{
	struct span *texts = arena_get(e->arena, (o->npieces + 1) * sizeof(*texts));
	struct text t;

	if (texts == NULL)
		return span_str("");
	for (unsigned i = 0; i < o->npieces; i++)
		texts[i] = piece_text(o, &o->pieces[i], e);
	text_begin(&t, e->arena);
	for (unsigned i = 0; i < o->npieces; i++) {
		if (o->pieces[i].width > 0)
			put_wide(&t, texts[i], o->pieces[i].width);
		else
			text_put(&t, texts[i]);
	}
	return text_end(&t);
}

static struct alert_field *find_field(struct alert_frame *alert, struct span name)
{
	for (unsigned i = 0; i < alert->nfields; i++)
		if (span_eq(alert->fields[i].name, name))
			return &alert->fields[i];
	return NULL;
}

static struct alert_field *new_field(struct alert_frame *alert, struct span name)
{
	struct alert_field *f;

	if (alert->nfields == ALERT_MAX_FIELDS)
		return NULL;
	f = &alert->fields[alert->nfields++];
	f->name = name;
	return f;
}

static void put_extra(const struct extra *x, struct field_event *e, struct alert_frame *alert)
{
	struct span name = span_str(x->name);
	struct alert_field *f = find_field(alert, name);

	if (f == NULL)
		f = new_field(alert, name);
	if (f == NULL)
		return;
	if (x->as_text) {
		f->value.kind = ALERT_STRING;
		f->value.s = output_message(x->value, e);
	} else {
		field_alert_value(&x->value->refs.refs[0], e, &f->value);
	}
}

void output_alert_fields(const struct output *o, struct field_event *e, struct alert_frame *alert)
{
	for (unsigned i = 0; i < o->nshown; i++) {
		const struct field_ref *ref = &o->refs.refs[i];
		struct alert_field *f;

		if (find_field(alert, ref->text) != NULL)
			continue;
		f = new_field(alert, ref->text);
		if (f != NULL)
			field_alert_value(ref, e, &f->value);
	}
	for (unsigned i = 0; i < o->nextras; i++)
		put_extra(&o->extras[i], e, alert);
}
