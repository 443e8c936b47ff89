/* SPDX-License-Identifier: Apache-2.0
 *
 * body_elastic.c -- see body.h.
 */
#include "body.h"

#define INDEX_MAX 255

void body_elastic_index(struct line *t, struct span text)
{
	static const char never[] = "\\/*?\"<>| ,#:";
	size_t n = text.n < INDEX_MAX ? text.n : INDEX_MAX;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text.p[i];

		if (c <= ' ' || c >= 0x7f || strchr(never, c) != NULL ||
		    (i == 0 && (c == '-' || c == '_' || c == '+' || c == '.')))
			c = i == 0 ? 'x' : '-';
		line_put_char(t, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
	}
}

static bool put_index(struct line *t, const struct template *index, const struct format *f,
		      const struct alert_frame *a)
{
	uint8_t text[INDEX_MAX];
	struct line name;

	line_init(&name, text, sizeof(text));
	if (!template_put(&name, index, f, a, TEMPLATE_PLAIN))
		return false;
	line_puts(t, "\"_index\":\"");
	body_elastic_index(t, span_of(text, (size_t)(name.p - name.start)));
	line_puts(t, "\",");
	return true;
}

/* The alert's object with one more key, which is its first. */
static bool put_document(struct line *t, const struct format *f, const struct alert_frame *a)
{
	uint8_t *brace;
	bool good;

	line_puts(t, "{\"@timestamp\":\"");
	format_put_utc(t, a->ts_ns, "Z");
	line_put_char(t, '"');
	brace = t->p;
	good = format_put_object(t, f, a);
	if (brace < t->p)
		*brace = ',';
	return good;
}

bool body_elastic(struct line *t, const struct format *f, const struct alert_frame *a,
		  const struct template *index)
{
	line_puts(t, "{\"create\":{");
	if (index != NULL && !put_index(t, index, f, a))
		return false;
	line_puts(t, "\"_id\":");
	line_put_string(t, f->uuid);
	line_puts(t, "}}\n");
	if (!put_document(t, f, a))
		return false;
	line_put_char(t, '\n');
	return true;
}
