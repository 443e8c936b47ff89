/* SPDX-License-Identifier: Apache-2.0
 *
 * template.c -- see template.h.  A name is looked up when an alert is there: which fields it
 * has is the rule's affair.
 */
#include "template.h"

#include <errno.h>

#include "priority.h"

enum known {
	A_FIELD,
	A_RULE,
	A_PRIORITY,
	AN_OUTPUT,
	A_MESSAGE,
	A_SOURCE,
	A_HOSTNAME,
	A_TIME,
	A_TIME_NS,
	A_DATE,
	A_UUID,
	SOME_TAGS,
	AN_ALERT,
	KNOWN_COUNT
};

static const char *const known_names[KNOWN_COUNT] = {
	[A_FIELD] = "",
	[A_RULE] = "rule",
	[A_PRIORITY] = "priority",
	[AN_OUTPUT] = "output",
	[A_MESSAGE] = "message",
	[A_SOURCE] = "source",
	[A_HOSTNAME] = "hostname",
	[A_TIME] = "time",
	[A_TIME_NS] = "time_ns",
	[A_DATE] = "date",
	[A_UUID] = "uuid",
	[SOME_TAGS] = "tags",
	[AN_ALERT] = "alert",
};

/* ---- parsing ---- */

static enum known known_of(struct span name)
{
	for (unsigned i = A_FIELD + 1; i < KNOWN_COUNT; i++)
		if (span_is(name, known_names[i]))
			return (enum known)i;
	return A_FIELD;
}

static bool add(struct template *tm, struct template_part part)
{
	if (part.text.n == 0)
		return true;
	if (tm->count == TEMPLATE_MAX_PARTS)
		return false;
	tm->part[tm->count++] = part;
	return true;
}

static int wrong(struct diag *diag, size_t at, const char *message)
{
	diag->line = 0;
	diag->column = (uint32_t)at + 1;
	diag_set(diag, "%s", message);
	return -EINVAL;
}

/* What is between %{ and }. */
static int read_name(struct span inside, size_t at, struct template_part *ret, struct diag *diag)
{
	struct span prefix = span_str("json:");

	*ret = (struct template_part){ .is_name = true, .is_json = span_starts(inside, prefix) };
	if (ret->is_json)
		inside = span_of(inside.p + prefix.n, inside.n - prefix.n);
	if (inside.n == 0)
		return wrong(diag, at, "a name is missing between %{ and }");
	for (size_t i = 0; i < inside.n; i++)
		if (inside.p[i] <= ' ' || inside.p[i] == '{' || inside.p[i] >= 0x7f)
			return wrong(diag, at, "what is between %{ and } is no name");
	ret->text = inside;
	ret->known = known_of(inside);
	if (ret->known == AN_ALERT && !ret->is_json)
		return wrong(diag, at, "alert is an object: it can be %{json:alert} alone");
	return 0;
}

static const uint8_t *end_of_name(const uint8_t *p, const uint8_t *end)
{
	return memchr(p, '}', (size_t)(end - p));
}

static bool begins(const uint8_t *p, const uint8_t *end, const char *text)
{
	return span_starts(span_of(p, (size_t)(end - p)), span_str(text));
}

int template_parse(struct span text, struct template *ret, struct diag *diag)
{
	const uint8_t *p = text.p, *end = p + text.n, *from = p, *close;
	struct template_part name;
	int err;

	ret->count = 0;
	while (p < end) {
		bool is_name = begins(p, end, "%{");

		if (!is_name && !begins(p, end, "%%{")) {
			p++;
			continue;
		}
		/* Of %%{ the second % is the first to be put. */
		if (!add(ret, (struct template_part){ .text = span_of(from, (size_t)(p - from)) }))
			break;
		if (!is_name) {
			from = p + 1;
			p += 3;
			continue;
		}
		close = end_of_name(p, end);
		if (close == NULL)
			return wrong(diag, (size_t)(p - text.p), "%{ has no }");
		err = read_name(span_of(p + 2, (size_t)(close - p) - 2), (size_t)(p - text.p),
				&name, diag);
		if (err < 0)
			return err;
		if (!add(ret, name))
			break;
		p = from = close + 1;
	}
	if (p < end ||
	    !add(ret, (struct template_part){ .text = span_of(from, (size_t)(end - from)) }))
		return wrong(diag, (size_t)(p - text.p), "the template has too many parts");
	return 0;
}

/* ---- putting ---- */

static bool put_field(struct line *t, const struct alert_value *v, format_put_bytes *put);

/* "(a,b)", as in outputs. */
static bool put_list(struct line *t, struct span list, format_put_bytes *put)
{
	struct cursor c = cursor_start(list);

	line_put_char(t, '(');
	for (bool first = true; c.left > 0; first = false) {
		struct alert_value v = format_list_next(&c);

		if (!first)
			line_put_char(t, ',');
		put_field(t, &v, put);
	}
	line_put_char(t, ')');
	return cursor_finish(&c) == 0;
}

static bool put_field(struct line *t, const struct alert_value *v, format_put_bytes *put)
{
	if (v == NULL || v->kind == ALERT_NULL) {
		line_puts(t, "<NA>");
		return true;
	}
	if (v->kind == ALERT_STRING) {
		put(t, v->s);
		return true;
	}
	return v->kind == ALERT_LIST ? put_list(t, v->s, put) : format_put_value(t, v);
}

static bool put_text(struct line *t, const struct template_part *part, const struct format *f,
		     const struct alert_frame *a, format_put_bytes *put)
{
	switch (part->known) {
	case A_RULE:
		put(t, a->rule);
		return true;
	case A_PRIORITY:
		line_puts(t, priority_name(a->priority));
		return true;
	case AN_OUTPUT:
		if (!format_is_internal(a))
			format_put_prefix(t, f, a);
		put(t, a->message);
		return true;
	case A_MESSAGE:
		put(t, a->message);
		return true;
	case A_SOURCE:
		put(t, a->source);
		return true;
	case A_HOSTNAME:
		put(t, f->hostname);
		return true;
	case A_TIME:
		format_put_utc(t, a->ts_ns, "Z");
		return true;
	case A_TIME_NS:
		line_put_uint(t, a->ts_ns);
		return true;
	case A_DATE:
		format_put_date(t, a->ts_ns, '.');
		return true;
	case A_UUID:
		put(t, f->uuid);
		return true;
	case SOME_TAGS:
		format_put_tag_names(t, a, put);
		return true;
	default:
		return put_field(t, format_field(a, part->text), put);
	}
}

static bool put_json(struct line *t, const struct template_part *part, const struct format *f,
		     const struct alert_frame *a)
{
	static const struct alert_value missing = { .kind = ALERT_NULL };
	const struct alert_value *v;
	bool good;

	switch (part->known) {
	case A_FIELD:
		v = format_field(a, part->text);
		return format_put_value(t, v == NULL ? &missing : v);
	case A_TIME_NS:
		line_put_uint(t, a->ts_ns);
		return true;
	case SOME_TAGS:
		format_put_tags(t, a);
		return true;
	case AN_ALERT:
		return format_put_object(t, f, a);
	default:
		line_put_char(t, '"');
		good = put_text(t, part, f, a, line_put_escaped);
		line_put_char(t, '"');
		return good;
	}
}

/* What was put from FROM on, as a token. */
static void make_token(struct line *t, uint8_t *from)
{
	uint8_t *to = from;

	for (uint8_t *p = from; p < t->p; p++) {
		uint8_t c = *p >= 'A' && *p <= 'Z' ? (uint8_t)(*p - 'A' + 'a') : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			*to++ = c;
		else if (to > from && to[-1] != '_')
			*to++ = '_';
	}
	while (to > from && to[-1] == '_')
		to--;
	/* A subject has no empty token. */
	if (to == from && t->p > from)
		*to++ = '_';
	t->p = to;
}

bool template_put(struct line *t, const struct template *tm, const struct format *f,
		  const struct alert_frame *a, enum template_use use)
{
	format_put_bytes *put = use == TEMPLATE_JSON ? line_put_escaped : line_put_visible;
	bool good = true;

	for (unsigned i = 0; i < tm->count && good; i++) {
		const struct template_part *part = &tm->part[i];
		uint8_t *from = t->p;

		if (!part->is_name)
			line_put(t, part->text);
		else if (part->is_json)
			good = put_json(t, part, f, a);
		else
			good = put_text(t, part, f, a, put);
		if (part->is_name && use == TEMPLATE_TOKEN)
			make_token(t, from);
	}
	return good;
}

ssize_t template_render(const struct template *tm, const struct format *f,
			const struct alert_frame *a, enum template_use use, uint8_t *buf,
			size_t cap)
{
	struct line t;

	line_init(&t, buf, cap);
	return template_put(&t, tm, f, a, use) ? line_length(&t) : -EPROTO;
}
