/* SPDX-License-Identifier: Apache-2.0
 *
 * output.c -- a rule's output as a row of pieces: text as it stands, or a field.
 */
#include <errno.h>
#include <stdlib.h>

#include "output.h"
#include "text.h"
#include "transform.h"

enum { PIECES_MAX = 1024, WIDTH_MAX = 4096, CHAIN_MAX = 4 };

/* tolower(basename(FIELD)), innermost first. */
struct chain {
	const struct transform *of[CHAIN_MAX];
	unsigned n;
};

struct piece {
	struct span literal;
	int field;	/* index of the reference, -1: LITERAL */
	uint32_t width; /* 0: as long as it is */
	struct chain chain;
};

struct output {
	unsigned npieces, nrefs;
	struct piece *pieces;
	struct field_ref *refs;
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

/* Types of the result of CHAIN on REF, step by step. */
static int check_chain(const struct chain *chain, const struct field_ref *ref, struct diag *diag)
{
	struct transform_type type = { .type = ref->type, .is_list = ref->is_list };

	if (chain->n > 0 && (field_info(ref->id)->flags & FF_NO_TRANSFORMER)) {
		diag_set(diag, "field '%.*s' does not support transformers", (int)ref->text.n,
			 (const char *)ref->text.p);
		return -EINVAL;
	}
	for (unsigned i = 0; i < chain->n; i++) {
		struct transform_type result = { 0 };

		if (chain->of[i]->check(chain->of[i], &type, 1, NULL, &result, diag) < 0)
			return -EINVAL;
		type = result;
	}
	return 0;
}

static size_t skip_blanks(struct span text, size_t at)
{
	while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t'))
		at++;
	return at;
}

/* The names and parentheses of transformers at AT, if any stand there. */
static int open_chain(struct span text, size_t *at, struct chain *chain, struct diag *diag)
{
	const struct transform *outer[CHAIN_MAX];
	unsigned n = 0;

	for (;;) {
		size_t end = *at;
		const struct transform *t;

		while (end < text.n && is_name_char(text.p[end]))
			end++;
		if (end == text.n || text.p[end] != '(')
			break;
		t = transform_find(span_of(text.p + *at, end - *at));
		if (t == NULL)
			break;
		if (n == CHAIN_MAX) {
			diag_set(diag, "more than %d transformers on one field", CHAIN_MAX);
			return -EINVAL;
		}
		outer[n++] = t;
		*at = skip_blanks(text, end + 1);
	}
	chain->n = n;
	for (unsigned i = 0; i < n; i++)
		chain->of[i] = outer[n - 1 - i];
	return 0;
}

static int close_chain(struct span text, size_t *at, const struct chain *chain, struct diag *diag)
{
	for (unsigned i = 0; i < chain->n; i++) {
		*at = skip_blanks(text, *at);
		if (*at == text.n || text.p[*at] != ')') {
			diag_set(diag, "transformer '%s' in an output takes one field and a ')'",
				 chain->of[i]->name);
			return -EINVAL;
		}
		(*at)++;
	}
	return 0;
}

/* One %[width]field that begins at AT (the byte behind the %). */
static int parse_field(struct output *o, struct span text, size_t *at, struct diag *diag)
{
	struct piece *piece = &o->pieces[o->npieces];
	struct field_ref *ref = &o->refs[o->nrefs];
	struct chain chain;
	uint32_t width = 0;
	int err;

	while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9') {
		width = width * 10 + (text.p[(*at)++] - '0');
		if (width > WIDTH_MAX) {
			diag_set(diag, "a field is at most %d bytes wide", WIDTH_MAX);
			return -EINVAL;
		}
	}
	if (*at == text.n) {
		diag_set(diag, "a %% must be followed by a field");
		return -EINVAL;
	}
	err = open_chain(text, at, &chain, diag);
	if (err == 0)
		err = longest_field(text, *at, ref, diag);
	if (err == 0)
		err = check_chain(&chain, ref, diag);
	if (err < 0)
		return err;
	if (field_info(ref->id)->flags & FF_FILTER_ONLY) {
		diag_set(diag, "%.*s is filter only and cannot be used as a display field",
			 (int)ref->text.n, (const char *)ref->text.p);
		return -EINVAL;
	}
	*at += ref->text.n;
	err = close_chain(text, at, &chain, diag);
	if (err < 0)
		return err;
	*piece = (struct piece){ .field = (int)o->nrefs, .width = width, .chain = chain };
	o->nrefs++;
	o->npieces++;
	return 0;
}

static struct output *output_new(struct span text)
{
	struct output *o = calloc(1, sizeof(*o) + text.n + 1);
	unsigned fields = 0;

	if (o == NULL)
		return NULL;
	for (size_t i = 0; i < text.n; i++)
		fields += text.p[i] == '%';
	o->pieces = calloc(2 * fields + 1, sizeof(*o->pieces));
	o->refs = calloc(fields + 1, sizeof(*o->refs));
	if (o->pieces == NULL || o->refs == NULL || fields > PIECES_MAX) {
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
	free(o->pieces);
	free(o->refs);
	free(o);
}

unsigned output_fields(const struct output *o, const struct field_ref **ret_refs)
{
	*ret_refs = o->refs;
	return o->nrefs;
}

static void put_wide(struct text *t, struct span s, uint32_t width)
{
	text_put(t, span_of(s.p, s.n < width ? s.n : width));
	for (size_t i = s.n; i < width; i++)
		text_char(t, ' ');
}

/* The field's text, through its transformers. */
static struct span piece_text(const struct output *o, const struct piece *piece,
			      struct field_event *e)
{
	const struct field_ref *ref = &o->refs[piece->field];
	struct value v, result;
	struct text t;

	if (piece->chain.n == 0)
		return field_text(ref, e);
	if (!field_get(ref, e, &v))
		return span_str("<NA>");
	for (unsigned i = 0; i < piece->chain.n; i++) {
		if (!piece->chain.of[i]->apply(&v, 1, NULL, e->arena, &result))
			return span_str("<NA>");
		v = result;
	}
	if (v.kind == VALUE_STRING)
		return v.s;
	text_begin(&t, e->arena);
	text_value(&t, &v, PF_DEC);
	return text_end(&t);
}

struct span output_message(const struct output *o, struct field_event *e)
{
	struct span *texts = arena_get(e->arena, (o->nrefs + 1) * sizeof(*texts));
	struct text t;

	if (texts == NULL)
		return span_str("");
	for (unsigned i = 0; i < o->npieces; i++)
		if (o->pieces[i].field >= 0)
			texts[o->pieces[i].field] = piece_text(o, &o->pieces[i], e);
	text_begin(&t, e->arena);
	for (unsigned i = 0; i < o->npieces; i++) {
		const struct piece *p = &o->pieces[i];

		if (p->field < 0)
			text_put(&t, p->literal);
		else if (p->width > 0)
			put_wide(&t, texts[p->field], p->width);
		else
			text_put(&t, texts[p->field]);
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
	for (unsigned i = 0; i < o->nrefs && alert->nfields < ALERT_MAX_FIELDS; i++) {
		struct alert_field *f = &alert->fields[alert->nfields];

		if (has_field(alert, o->refs[i].text))
			continue;
		f->name = o->refs[i].text;
		field_alert_value(&o->refs[i], e, &f->value);
		alert->nfields++;
	}
}
