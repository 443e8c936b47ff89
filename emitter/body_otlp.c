/* SPDX-License-Identifier: Apache-2.0
 *
 * body_otlp.c -- see body.h.  As OTLP's JSON has it: whole numbers of 64 bits are strings.
 */
#include "body.h"
#include "priority.h"

/* As the data model maps syslog's severities. */
static const uint8_t severity_number[PRIORITY_COUNT] = { 21, 19, 18, 17, 13, 10, 9, 5 };

static void put_number(struct jout *j, const char *key, bool negative, uint64_t magnitude)
{
	char text[24];
	unsigned at = sizeof(text);

	do {
		text[--at] = (char)('0' + magnitude % 10);
		magnitude /= 10;
	} while (magnitude > 0);
	if (negative)
		text[--at] = '-';
	jout_string(j, key, span_of(text + at, sizeof(text) - at));
}

static bool put_any(struct jout *j, const char *key, const struct alert_value *v);

static bool put_array(struct jout *j, struct span list)
{
	struct cursor c = cursor_start(list);

	jout_object(j, "arrayValue");
	jout_array(j, "values");
	while (c.left > 0) {
		struct alert_value v = format_list_next(&c);

		put_any(j, NULL, &v);
	}
	jout_end(j);
	jout_end(j);
	return cursor_finish(&c) == 0;
}

static bool put_any(struct jout *j, const char *key, const struct alert_value *v)
{
	bool good = true;

	jout_object(j, key);
	switch (v->kind) {
	case ALERT_NULL:
		break;
	case ALERT_STRING:
		jout_string(j, "stringValue", v->s);
		break;
	case ALERT_INT:
		put_number(j, "intValue", v->i < 0, v->i < 0 ? 0 - (uint64_t)v->i : (uint64_t)v->i);
		break;
	case ALERT_UINT:
		put_number(j, v->u > INT64_MAX ? "stringValue" : "intValue", false, v->u);
		break;
	case ALERT_BOOL:
		jout_bool(j, "boolValue", v->b);
		break;
	case ALERT_DOUBLE:
		jout_double(j, "doubleValue", v->d);
		break;
	case ALERT_LIST:
		good = put_array(j, v->s);
		break;
	default:
		good = false;
	}
	jout_end(j);
	return good;
}

static bool put_attribute(struct jout *j, struct span key, const struct alert_value *v)
{
	bool good;

	jout_object(j, NULL);
	jout_string(j, "key", key);
	good = put_any(j, "value", v);
	jout_end(j);
	return good;
}

static void put_text(struct jout *j, const char *key, struct span text)
{
	struct alert_value v = { .kind = ALERT_STRING, .s = text };

	put_attribute(j, span_str(key), &v);
}

static void put_tags(struct jout *j, const struct alert_frame *a)
{
	jout_object(j, NULL);
	jout_str(j, "key", "tags");
	jout_object(j, "value");
	jout_object(j, "arrayValue");
	jout_array(j, "values");
	for (unsigned i = 0; i < a->ntags && i < ALERT_MAX_TAGS; i++) {
		struct alert_value v = { .kind = ALERT_STRING, .s = a->tags[i] };

		put_any(j, NULL, &v);
	}
	for (unsigned i = 0; i < 4; i++)
		jout_end(j);
}

static bool put_labels(struct jout *j, const struct labels *l, const struct format *f,
		       const struct alert_frame *a)
{
	uint8_t buf[LABELS_VALUE_MAX];
	struct span value;

	for (unsigned i = 0; i < l->count; i++) {
		if (!labels_value(l, i, f, a, buf, sizeof(buf), &value))
			return false;
		put_text(j, l->label[i].name, value);
	}
	return true;
}

static bool put_attributes(struct jout *j, const struct labels *l, const struct format *f,
			   const struct alert_frame *a)
{
	struct format_fields fs;
	bool good;

	jout_array(j, "attributes");
	put_text(j, "uuid", f->uuid);
	put_text(j, "rule", a->rule);
	put_text(j, "priority", span_str(priority_name(a->priority)));
	put_text(j, "source", a->source);
	if (a->ntags > 0)
		put_tags(j, a);
	good = put_labels(j, l, f, a);
	format_fields_of(&fs, a);
	for (unsigned i = 0; i < fs.n && good; i++)
		if (fs.by_name[i]->value.kind != ALERT_NULL)
			good = put_attribute(j, fs.by_name[i]->name, &fs.by_name[i]->value);
	jout_end(j);
	return good;
}

void body_otlp_before(struct line *t, const struct format *f)
{
	line_puts(t, "{\"resourceLogs\":[{\"resource\":{\"attributes\":["
		     "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"mews\"}},"
		     "{\"key\":\"host.name\",\"value\":{\"stringValue\":");
	line_put_string(t, f->hostname);
	line_puts(t, "}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"mews\"},\"logRecords\":[");
}

bool body_otlp(struct line *t, const struct format *f, const struct alert_frame *a,
	       const struct labels *l)
{
	unsigned priority = a->priority < PRIORITY_COUNT ? a->priority : PRIORITY_COUNT - 1;
	struct jout j;
	bool good;

	jout_init(&j, t);
	jout_object(&j, NULL);
	put_number(&j, "timeUnixNano", false, a->ts_ns);
	put_number(&j, "observedTimeUnixNano", false, a->ts_ns);
	jout_uint(&j, "severityNumber", severity_number[priority]);
	jout_str(&j, "severityText", priority_name(a->priority));
	jout_object(&j, "body");
	jout_string(&j, "stringValue", a->message);
	jout_end(&j);
	good = put_attributes(&j, l, f, a);
	jout_end(&j);
	return good;
}
