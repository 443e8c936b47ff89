/* SPDX-License-Identifier: Apache-2.0
 *
 * body_loki.c -- see body.h.  Loki takes a line with the same stream, time and text a second
 * time for the same line, so an alert that is sent again makes no double.
 */
#include "body.h"
#include "priority.h"

/* A drain whose line gets what is drained as the inside of a string.  The text is JSON, in which
 * are neither controls nor broken characters; a piece may end within a character. */
static bool quote_into(void *ctx, struct span bytes)
{
	struct line *t = ctx;
	size_t from = 0;

	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] != '"' && bytes.p[i] != '\\')
			continue;
		line_put(t, span_of(bytes.p + from, i - from));
		line_put_char(t, '\\');
		from = i;
	}
	line_put(t, span_of(bytes.p + from, bytes.n - from));
	return true;
}

static bool put_quoted_alert(struct line *t, const struct format *f, const struct alert_frame *a)
{
	uint8_t piece[512];
	struct line inner;
	bool good;

	line_init_drained(&inner, piece, sizeof(piece), quote_into, t);
	line_put_char(t, '"');
	good = format_put_object(&inner, f, a);
	line_finish(&inner);
	line_put_char(t, '"');
	return good;
}

static void put_tags(struct jout *j, const struct labels *l, const struct alert_frame *a)
{
	uint8_t buf[1024];
	struct line t;

	line_init(&t, buf, sizeof(buf));
	format_put_tag_names(&t, a, line_put);
	labels_put_own(l, j, "tags", span_of(buf, (size_t)(t.p - t.start)));
}

static void put_field(struct jout *j, const struct labels *l, const char *label, const char *field,
		      const struct alert_frame *a)
{
	const struct alert_value *v = format_field(a, span_str(field));

	if (v != NULL && v->kind == ALERT_STRING)
		labels_put_own(l, j, label, v->s);
}

bool body_loki(struct line *t, const struct format *f, const struct alert_frame *a,
	       const struct labels *l)
{
	struct jout j;
	bool good;

	jout_init(&j, t);
	jout_object(&j, NULL);
	jout_object(&j, "stream");
	labels_put_own(l, &j, "rule", a->rule);
	labels_put_own(l, &j, "source", a->source);
	labels_put_own(l, &j, "priority", span_str(priority_name(a->priority)));
	labels_put_own(l, &j, "hostname", f->hostname);
	put_tags(&j, l, a);
	put_field(&j, l, "k8s_ns_name", "k8s.ns.name", a);
	put_field(&j, l, "k8s_pod_name", "k8s.pod.name", a);
	good = labels_put(l, &j, f, a);
	jout_end(&j);
	jout_array(&j, "values");
	jout_array(&j, NULL);
	line_put_char(t, '"');
	line_put_uint(t, a->ts_ns);
	line_puts(t, "\",");
	good = good && put_quoted_alert(t, f, a);
	jout_end(&j);
	jout_end(&j);
	jout_end(&j);
	return good;
}
