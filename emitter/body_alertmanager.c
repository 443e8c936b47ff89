/* SPDX-License-Identifier: Apache-2.0
 *
 * body_alertmanager.c -- see body.h.  Alerts with the same labels are one to Alertmanager, so
 * what differs from alert to alert is an annotation.
 */
#include "body.h"
#include "priority.h"

/* What people route by there. */
static const char *const severity[PRIORITY_COUNT] = { "critical",    "critical",   "critical",
						      "warning",     "warning",	   "information",
						      "information", "information" };

/* Fields that say where it was, not what. */
static const char *const places[] = { "container.id", "container.name", "k8s.ns.name",
				      "k8s.pod.name" };

static bool is_place(struct span name)
{
	for (unsigned i = 0; i < ARRAY_LEN(places); i++)
		if (span_is(name, places[i]))
			return true;
	return false;
}

static bool put_labels(struct jout *j, const struct labels *l, const struct format *f,
		       const struct alert_frame *a)
{
	unsigned priority = a->priority < PRIORITY_COUNT ? a->priority : PRIORITY_COUNT - 1;
	bool good;

	jout_object(j, "labels");
	labels_put_own(l, j, "alertname", a->rule);
	labels_put_own(l, j, "priority", span_str(priority_name(a->priority)));
	labels_put_own(l, j, "severity", span_str(severity[priority]));
	labels_put_own(l, j, "source", a->source);
	labels_put_own(l, j, "hostname", f->hostname);
	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		const struct alert_value *v = format_field(a, span_str(places[i]));
		char name[32];

		labels_put_name(name, sizeof(name), span_str(places[i]));
		if (v != NULL && v->kind == ALERT_STRING)
			labels_put_own(l, j, name, v->s);
	}
	good = labels_put(l, j, f, a);
	jout_end(j);
	return good;
}

/* A string whatever the value is. */
static bool put_annotation(struct jout *j, const struct alert_field *field)
{
	uint8_t text[1024];
	char name[128];
	struct line t;
	bool good;

	labels_put_name(name, sizeof(name), field->name);
	if (field->value.kind == ALERT_STRING) {
		jout_string(j, name, field->value.s);
		return true;
	}
	line_init(&t, text, sizeof(text));
	good = format_put_value(&t, &field->value);
	jout_string(j, name, span_of(text, (size_t)(t.p - t.start)));
	return good;
}

static bool put_annotations(struct jout *j, const struct format *f, const struct alert_frame *a)
{
	struct format_fields fs;
	bool good = true;

	jout_object(j, "annotations");
	jout_string(j, "summary", a->rule);
	jout_string(j, "description", a->message);
	jout_string(j, "uuid", f->uuid);
	format_fields_of(&fs, a);
	for (unsigned i = 0; i < fs.n && good; i++)
		if (fs.by_name[i]->value.kind != ALERT_NULL && !is_place(fs.by_name[i]->name))
			good = put_annotation(j, fs.by_name[i]);
	jout_end(j);
	return good;
}

bool body_alertmanager(struct line *t, const struct format *f, const struct alert_frame *a,
		       const struct labels *l)
{
	struct jout j;
	bool good;

	jout_init(&j, t);
	jout_object(&j, NULL);
	good = put_labels(&j, l, f, a) && put_annotations(&j, f, a);
	if (!good)
		return false;
	line_puts(t, ",\"startsAt\":\"");
	format_put_utc(t, a->ts_ns, "Z");
	line_put_char(t, '"');
	jout_end(&j);
	return true;
}
