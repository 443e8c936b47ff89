/* SPDX-License-Identifier: Apache-2.0
 *
 * body_slack.c -- see body.h.  In Slack's texts & < > begin what is no text, so they are
 * written as entities; a message is bounded, as Slack bounds it.
 */
#include "body.h"
#include "priority.h"

enum {
	TEXT_MAX = 3000, /* bytes, before they are escaped */
	VALUE_MAX = 300,
	FIELDS_MAX = 24,
};

static const char *const color[PRIORITY_COUNT] = { "#e20b0b", "#e20b0b", "#e20b0b", "#e20b0b",
						   "#ff5400", "#f9c10b", "#68c2ff", "#ccfff2" };

/* TEXT up to MAX bytes, at the end of a character. */
static struct span cut(struct span text, size_t max)
{
	if (text.n <= max)
		return text;
	while (max > 0 && (text.p[max] & 0xc0) == 0x80)
		max--;
	return span_of(text.p, max);
}

static const char *entity_of(uint8_t c)
{
	return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

static void put_text(struct line *t, struct span text, size_t max)
{
	struct span s = cut(text, max);
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *entity = entity_of(s.p[i]);

		if (entity == NULL)
			continue;
		line_put_escaped(t, span_of(s.p + from, i - from));
		line_puts(t, entity);
		from = i + 1;
	}
	if (from < s.n)
		line_put_escaped(t, span_of(s.p + from, s.n - from));
	if (s.n < text.n)
		line_puts(t, "\xe2\x80\xa6");
}

static void put_member(struct line *t, const char *key, struct span text, size_t max)
{
	line_puts(t, key);
	line_puts(t, ":\"");
	put_text(t, text, max);
	line_put_char(t, '"');
}

static void put_pair(struct line *t, unsigned *n, struct span title, struct span value)
{
	if (value.n == 0 || *n == FIELDS_MAX)
		return;
	line_puts(t, (*n)++ > 0 ? ",{" : "{");
	put_member(t, "\"title\"", title, VALUE_MAX);
	put_member(t, ",\"value\"", value, VALUE_MAX);
	line_puts(t, value.n <= 40 ? ",\"short\":true}" : ",\"short\":false}");
}

static bool put_fields(struct line *t, const struct format *f, const struct alert_frame *a)
{
	struct format_fields fs;
	uint8_t text[VALUE_MAX];
	struct line value;
	unsigned n = 0;

	put_pair(t, &n, span_str("rule"), a->rule);
	put_pair(t, &n, span_str("priority"), span_str(priority_name(a->priority)));
	put_pair(t, &n, span_str("source"), a->source);
	put_pair(t, &n, span_str("hostname"), f->hostname);
	line_init(&value, text, sizeof(text));
	format_put_tag_names(&value, a, line_put);
	put_pair(t, &n, span_str("tags"), span_of(text, (size_t)(value.p - value.start)));
	format_fields_of(&fs, a);
	for (unsigned i = 0; i < fs.n; i++) {
		const struct alert_value *v = &fs.by_name[i]->value;

		if (v->kind == ALERT_NULL)
			continue;
		line_init(&value, text, sizeof(text));
		if (v->kind != ALERT_STRING && !format_put_value(&value, v))
			return false;
		put_pair(t, &n, fs.by_name[i]->name,
			 v->kind == ALERT_STRING ? v->s
						 : span_of(text, (size_t)(value.p - value.start)));
	}
	return true;
}

static bool put_attachment(struct line *t, const struct format *f, const struct alert_frame *a)
{
	unsigned priority = a->priority < PRIORITY_COUNT ? a->priority : PRIORITY_COUNT - 1;
	bool good;

	line_puts(t, "\"attachments\":[{\"color\":\"");
	line_puts(t, color[priority]);
	put_member(t, "\",\"fallback\"", a->message, TEXT_MAX);
	put_member(t, ",\"text\"", a->message, TEXT_MAX);
	line_puts(t, ",\"fields\":[");
	good = put_fields(t, f, a);
	put_member(t, "],\"footer\"", f->uuid, VALUE_MAX);
	line_puts(t, ",\"ts\":");
	line_put_uint(t, a->ts_ns / 1000000000);
	line_puts(t, "}]");
	return good;
}

static bool put_template(struct line *t, const struct template *text, const struct format *f,
			 const struct alert_frame *a)
{
	uint8_t buf[TEXT_MAX];
	struct line said;

	line_init(&said, buf, sizeof(buf));
	if (!template_put(&said, text, f, a, TEMPLATE_PLAIN))
		return false;
	put_member(t, "\"text\"", span_of(buf, (size_t)(said.p - said.start)), TEXT_MAX);
	return true;
}

bool body_slack(struct line *t, const struct format *f, const struct alert_frame *a,
		struct span channel, const struct template *text)
{
	bool good;

	line_puts(t, "{\"username\":\"mews\",");
	if (channel.n > 0) {
		line_puts(t, "\"channel\":");
		line_put_string(t, channel);
		line_put_char(t, ',');
	}
	good = text != NULL ? put_template(t, text, f, a) : put_attachment(t, f, a);
	line_put_char(t, '}');
	return good;
}
