/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_text.c -- the registry as text for Prometheus (exposition format 0.0.4), and as JSON.
 * What stands in a label is somebody else's: it comes out as valid UTF-8 on one line, whatever
 * it is.
 */
#include "metrics.h"

#define VALUE_MAX 1024

struct text_out {
	struct metric_out out;
	struct line *line;
	bool has_head;
};

/* The format knows \\, \" and \n and no other escape: of the rest, what JSON would escape is
 * replaced. */
static void put_label_value(struct line *t, struct span value)
{
	uint8_t buf[6 * VALUE_MAX];
	struct line json;
	ssize_t n;

	if (value.n > VALUE_MAX)
		value.n = VALUE_MAX;
	line_init(&json, buf, sizeof(buf));
	line_put_escaped(&json, value);
	n = line_length(&json);
	line_put_char(t, '"');
	for (ssize_t i = 0; i < n; i++) {
		char c = (char)buf[i];

		if (c != '\\') {
			line_put_char(t, c);
			continue;
		}
		c = (char)buf[++i];
		if (c == '"' || c == '\\' || c == 'n') {
			line_put_char(t, '\\');
			line_put_char(t, c);
		} else {
			line_puts(t, "\xef\xbf\xbd");
			i += c == 'u' ? 4 : 0;
		}
	}
	line_put_char(t, '"');
}

static void put_labels(struct line *t, const struct metric_sample *s)
{
	if (s->nlabels == 0)
		return;
	for (unsigned i = 0; i < s->nlabels; i++) {
		line_put_char(t, i == 0 ? '{' : ',');
		line_puts(t, s->label[i].name);
		line_put_char(t, '=');
		put_label_value(t, s->label[i].value);
	}
	line_put_char(t, '}');
}

static void put_head(struct line *t, const struct metric *m)
{
	line_puts(t, "# HELP ");
	line_puts(t, m->name);
	line_put_char(t, ' ');
	line_puts(t, m->help);
	line_puts(t, "\n# TYPE ");
	line_puts(t, m->name);
	line_put_char(t, ' ');
	line_puts(t, metric_kind_name(m->kind));
	line_put_char(t, '\n');
}

static void text_take(struct metric_out *out, const struct metric_sample *s)
{
	struct text_out *o = (struct text_out *)out;
	struct line *t = o->line;

	if (!o->has_head)
		put_head(t, out->metric);
	o->has_head = true;
	line_puts(t, out->metric->name);
	line_puts(t, s->suffix);
	put_labels(t, s);
	line_put_char(t, ' ');
	if (s->is_real)
		line_put_double(t, s->d);
	else
		line_put_uint(t, s->u);
	line_put_char(t, '\n');
}

/* Each of the GROUPS that has a name. */
static const struct metric *wanted(unsigned i, unsigned groups)
{
	const struct metric *m = metrics_at(i);

	return (groups >> m->group & 1) != 0 && m->name[0] != '\0' ? m : NULL;
}

void metrics_text(const struct metrics_view *v, unsigned groups, struct line *t)
{
	for (unsigned i = 0; i < metrics_count(); i++) {
		struct text_out o = { .out = { .take = text_take }, .line = t };
		const struct metric *m = wanted(i, groups);

		if (m != NULL)
			metric_walk(m, v, &o.out);
	}
}

/* ---- JSON ---- */

struct json_out {
	struct metric_out out;
	struct jout *j;
};

static void json_take(struct metric_out *out, const struct metric_sample *s)
{
	struct json_out *o = (struct json_out *)out;
	char name[128];
	struct line line;

	line_init(&line, (uint8_t *)name, sizeof(name));
	line_puts(&line, out->metric->name);
	line_puts(&line, s->suffix);
	jout_object(o->j, NULL);
	jout_string(o->j, "name", span_of(name, (size_t)line_length(&line)));
	jout_object(o->j, "labels");
	for (unsigned i = 0; i < s->nlabels; i++)
		jout_string(o->j, s->label[i].name, s->label[i].value);
	jout_end(o->j);
	if (s->is_real)
		jout_double(o->j, "value", s->d);
	else
		jout_uint(o->j, "value", s->u);
	jout_end(o->j);
}

void metrics_json(const struct metrics_view *v, unsigned groups, struct jout *j, const char *key)
{
	jout_array(j, key);
	for (unsigned i = 0; i < metrics_count(); i++) {
		struct json_out o = { .out = { .take = json_take }, .j = j };
		const struct metric *m = wanted(i, groups);

		if (m != NULL)
			metric_walk(m, v, &o.out);
	}
	jout_end(j);
}
