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

enum { PIECES_MAX = 1024, WIDTH_MAX = 4096, EXPR_BYTES = 1 << 20 };

struct piece {
	struct span literal;
	int field;		  /* index of the reference; -1: none */
	uint32_t width;		  /* 0: as long as it is */
	struct output_expr *expr; /* transformers; NULL: none */
};

struct output {
	unsigned npieces;
	struct piece *pieces;
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

	while (end < text.n && is_name_char(text.p[end]))
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
	return err;
}

static struct output *output_new(struct span text)
{
	struct output *o = calloc(1, sizeof(*o) + text.n + 1);
	unsigned percents = 0, dots = 0;

	if (o == NULL)
		return NULL;
	for (size_t i = 0; i < text.n; i++) {
		percents += text.p[i] == '%';
		dots += text.p[i] == '.';
	}
	pool_init(&o->pool, EXPR_BYTES);
	o->pieces = calloc(2 * percents + 1, sizeof(*o->pieces));
	o->refs.cap = dots; /* each field has one in its name */
	o->refs.refs = calloc(dots + 1, sizeof(*o->refs.refs));
	if (o->pieces == NULL || o->refs.refs == NULL || percents > PIECES_MAX) {
		output_free(o);
		return NULL;
	}
	if (text.n > 0)
		memcpy(o->text, text.p, text.n);
	return o;
}

int output_parse(struct span text, struct output **ret, struct diag *diag)
{
	struct output *o = output_new(text);
	size_t at = 0, start;
	int err;

	if (o == NULL) {
		diag_set(diag, "no memory for the output");
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
	*ret = o;
	return 0;
}

void output_free(struct output *o)
{
	if (o == NULL)
		return;
	pool_release(&o->pool);
	free(o->pieces);
	free(o->refs.refs);
	free(o);
}

unsigned output_fields(const struct output *o, const struct field_ref **ret_refs)
{
	*ret_refs = o->refs.refs;
	return o->refs.n;
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

static bool has_field(const struct alert_frame *alert, struct span name)
{
	for (unsigned i = 0; i < alert->nfields; i++)
		if (span_eq(alert->fields[i].name, name))
			return true;
	return false;
}

void output_alert_fields(const struct output *o, struct field_event *e, struct alert_frame *alert)
{
	for (unsigned i = 0; i < o->refs.n && alert->nfields < ALERT_MAX_FIELDS; i++) {
		struct alert_field *f = &alert->fields[alert->nfields];
		const struct field_ref *ref = &o->refs.refs[i];

		if (has_field(alert, ref->text))
			continue;
		f->name = ref->text;
		field_alert_value(ref, e, &f->value);
		alert->nfields++;
	}
}
