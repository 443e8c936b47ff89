/* SPDX-License-Identifier: Apache-2.0
 *
 * format.c -- see format.h.  JSON keys stand in byte order, on both levels, since
 * Falco keeps them in sorted maps and people compare outputs.
 */
#include <errno.h>

#include "cursor.h"
#include "format_parts.h"
#include "priority.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* ---- times ---- */

struct date {
	uint64_t year;
	unsigned month, day;
};

/* The day in the Gregorian calendar, DAYS after 1970-01-01.  Years begin in March
 * here, so that the day that some of them have more comes last; then 400 years, 100,
 * 4 and 1 are each a whole number of days, but for that last day of the 4th. */
static struct date date_of(uint64_t days)
{
	static const uint8_t lengths[] = { 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29 };
	const uint64_t epoch = 719468; /* 0000-03-01 to 1970-01-01 */
	uint64_t rest = (days + epoch) % 146097;
	uint64_t hundreds = rest / 36524 < 3 ? rest / 36524 : 3;
	uint64_t fours, ones;
	unsigned month = 0;
	struct date d = { .year = (days + epoch) / 146097 * 400 };

	rest -= hundreds * 36524;
	fours = rest / 1461;
	rest -= fours * 1461;
	ones = rest / 365 < 3 ? rest / 365 : 3;
	rest -= ones * 365;
	for (; rest >= lengths[month]; month++)
		rest -= lengths[month];
	d.day = (unsigned)rest + 1;
	d.month = month < 10 ? month + 3 : month - 9;
	d.year += hundreds * 100 + fours * 4 + ones + (d.month <= 2);
	return d;
}

static void put_clock(struct line *t, struct format_clock c, uint64_t ts_ns)
{
	line_put_padded(t, c.hour, 2);
	line_put_char(t, ':');
	line_put_padded(t, c.minute, 2);
	line_put_char(t, ':');
	line_put_padded(t, c.second, 2);
	line_put_char(t, '.');
	line_put_padded(t, ts_ns % NS_PER_SECOND, 9);
}

void format_put_date(struct line *t, uint64_t ts_ns, char between)
{
	struct date d = date_of(ts_ns / NS_PER_SECOND / 86400);

	line_put_padded(t, d.year, 4);
	line_put_char(t, between);
	line_put_padded(t, d.month, 2);
	line_put_char(t, between);
	line_put_padded(t, d.day, 2);
}

void format_put_utc(struct line *t, uint64_t ts_ns, const char *zone)
{
	unsigned of_day = (unsigned)(ts_ns / NS_PER_SECOND % 86400);

	format_put_date(t, ts_ns, '-');
	line_put_char(t, 'T');
	put_clock(t, (struct format_clock){ of_day / 3600, of_day / 60 % 60, of_day % 60 }, ts_ns);
	line_puts(t, zone);
}

static void put_local(struct line *t, const struct format *f, uint64_t ts_ns)
{
	struct format_clock c = { 0 };

	f->local(f->ctx, ts_ns / NS_PER_SECOND, &c);
	put_clock(t, c, ts_ns);
}

void format_put_prefix(struct line *t, const struct format *f, const struct alert_frame *a)
{
	if (f->iso_8601)
		format_put_utc(t, a->ts_ns, "+0000");
	else
		put_local(t, f, a->ts_ns);
	line_puts(t, ": ");
	line_puts(t, priority_name(a->priority));
	line_put_char(t, ' ');
}

/* ---- values ---- */

struct alert_value format_list_next(struct cursor *c)
{
	uint8_t first = cursor_peek(c);

	if (first < 0x80 || (first >= MP_UINT8 && first <= MP_UINT64))
		return (struct alert_value){ .kind = ALERT_UINT, .u = cursor_uint(c, 0) };
	if (first >= MP_NEGATIVE || (first >= MP_INT8 && first <= MP_INT64))
		return (struct alert_value){ .kind = ALERT_INT, .i = cursor_int(c, 0) };
	if (first >= MP_BIN8 && first <= MP_BIN32)
		return (struct alert_value){ .kind = ALERT_STRING, .s = cursor_span(c) };
	if (first == MP_TRUE || first == MP_FALSE)
		return (struct alert_value){ .kind = ALERT_BOOL, .b = cursor_bool(c) };
	if (first == MP_FLOAT64)
		return (struct alert_value){ .kind = ALERT_DOUBLE, .d = cursor_double(c) };
	if (first != MP_NIL || cursor_span(c).n != 0)
		cursor_fail(c);
	return (struct alert_value){ .kind = ALERT_NULL };
}

/* False: it is no list that can be said. */
static bool put_list(struct line *t, struct span list)
{
	struct cursor c = cursor_start(list);

	line_put_char(t, '[');
	for (bool first = true; c.left > 0; first = false) {
		struct alert_value v = format_list_next(&c);

		if (!first)
			line_put_char(t, ',');
		format_put_value(t, &v);
	}
	line_put_char(t, ']');
	return cursor_finish(&c) == 0;
}

bool format_put_value(struct line *t, const struct alert_value *v)
{
	switch (v->kind) {
	case ALERT_NULL:
		line_puts(t, "null");
		return true;
	case ALERT_STRING:
		line_put_string(t, v->s);
		return true;
	case ALERT_INT:
		line_put_int(t, v->i);
		return true;
	case ALERT_UINT:
		line_put_uint(t, v->u);
		return true;
	case ALERT_BOOL:
		line_puts(t, v->b ? "true" : "false");
		return true;
	case ALERT_DOUBLE:
		line_put_double(t, v->d);
		return true;
	case ALERT_LIST:
		return put_list(t, v->s);
	default:
		return false;
	}
}

/* ---- sorted things ---- */

static int compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static void fields_put(struct format_fields *fs, const struct alert_field *field)
{
	unsigned at = fs->n;
	int order = 1;

	while (at > 0 && (order = compare(fs->by_name[at - 1]->name, field->name)) > 0)
		at--;
	if (at > 0 && order == 0) {
		fs->by_name[at - 1] = field;
		return;
	}
	memmove(&fs->by_name[at + 1], &fs->by_name[at], (fs->n - at) * sizeof(fs->by_name[0]));
	fs->by_name[at] = field;
	fs->n++;
}

void format_fields_of(struct format_fields *fs, const struct alert_frame *a)
{
	fs->n = 0;
	for (unsigned i = 0; i < a->nfields && i < ALERT_MAX_FIELDS; i++)
		fields_put(fs, &a->fields[i]);
}

const struct alert_value *format_field(const struct alert_frame *a, struct span name)
{
	unsigned n = a->nfields < ALERT_MAX_FIELDS ? a->nfields : ALERT_MAX_FIELDS;

	for (; n > 0; n--)
		if (span_eq(a->fields[n - 1].name, name))
			return &a->fields[n - 1].value;
	return NULL;
}

static bool put_fields(struct line *t, const struct format_fields *fs)
{
	bool good = true;

	line_put_char(t, '{');
	for (unsigned i = 0; i < fs->n; i++) {
		if (i > 0)
			line_put_char(t, ',');
		line_put_string(t, fs->by_name[i]->name);
		line_put_char(t, ':');
		good &= format_put_value(t, &fs->by_name[i]->value);
	}
	line_put_char(t, '}');
	return good;
}

void format_put_tags(struct line *t, const struct alert_frame *a)
{
	struct span sorted[ALERT_MAX_TAGS];
	unsigned n = 0;

	for (unsigned i = 0; i < a->ntags && i < ALERT_MAX_TAGS; i++) {
		unsigned at = n++;

		for (; at > 0 && compare(sorted[at - 1], a->tags[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = a->tags[i];
	}
	line_put_char(t, '[');
	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && span_eq(sorted[i], sorted[i - 1]))
			continue;
		if (i > 0)
			line_put_char(t, ',');
		line_put_string(t, sorted[i]);
	}
	line_put_char(t, ']');
}

void format_put_tag_names(struct line *t, const struct alert_frame *a, format_put_bytes *put)
{
	for (unsigned i = 0; i < a->ntags && i < ALERT_MAX_TAGS; i++) {
		if (i > 0)
			line_put_char(t, ',');
		put(t, a->tags[i]);
	}
}

/* ---- the forms ---- */

static void put_common_end(struct line *t, const struct alert_frame *a)
{
	line_puts(t, ",\"priority\":\"");
	line_puts(t, priority_name(a->priority));
	line_puts(t, "\",\"rule\":");
	line_put_string(t, a->rule);
	line_puts(t, ",\"source\":");
	line_put_string(t, a->source);
}

static void put_last_keys(struct line *t, const struct format *f, uint64_t ts_ns)
{
	line_puts(t, ",\"time\":\"");
	format_put_utc(t, ts_ns, "Z");
	line_put_char(t, '"');
	if (f->uuid.n > 0) {
		line_puts(t, ",\"uuid\":");
		line_put_string(t, f->uuid);
	}
	line_put_char(t, '}');
}

static void put_hostname(struct line *t, const struct format *f)
{
	line_puts(t, "{\"hostname\":");
	line_put_string(t, f->hostname);
}

static bool put_json(struct line *t, const struct format *f, const struct alert_frame *a)
{
	bool good = true;

	put_hostname(t, f);
	if (f->include_message) {
		line_puts(t, ",\"message\":");
		line_put_string(t, a->message);
	}
	if (f->include_output) {
		line_puts(t, ",\"output\":\"");
		format_put_prefix(t, f, a);
		line_put_escaped(t, a->message);
		line_put_char(t, '"');
	}
	if (f->include_fields) {
		/* The prefix's field: its value is the event's time, however it is printed. */
		struct alert_field time = {
			.name = span_str(f->iso_8601 ? "evt.time.iso8601" : "evt.time"),
			.value = { .kind = ALERT_UINT, .u = a->ts_ns },
		};
		struct format_fields fs;

		format_fields_of(&fs, a);
		fields_put(&fs, &time);
		line_puts(t, ",\"output_fields\":");
		good = put_fields(t, &fs);
	}
	put_common_end(t, a);
	if (f->include_tags) {
		line_puts(t, ",\"tags\":");
		format_put_tags(t, a);
	}
	put_last_keys(t, f, a->ts_ns);
	return good;
}

static bool put_internal_json(struct line *t, const struct format *f, const struct alert_frame *a)
{
	struct format_fields fs;
	bool good;

	put_hostname(t, f);
	line_puts(t, ",\"output\":");
	line_put_string(t, a->message);
	line_puts(t, ",\"output_fields\":");
	format_fields_of(&fs, a);
	good = put_fields(t, &fs);
	put_common_end(t, a);
	put_last_keys(t, f, a->ts_ns);
	return good;
}

/* Not JSON as a whole: quotation marks stay as they are.  Controls do not, lest an
 * alert make two lines. */
static bool put_internal_text(struct line *t, const struct format *f, const struct alert_frame *a)
{
	struct format local = *f;
	struct format_fields fs;
	bool good = true;

	local.iso_8601 = false;
	format_put_prefix(t, &local, a);
	line_put_visible(t, a->message);
	line_puts(t, " (");
	format_fields_of(&fs, a);
	for (unsigned i = 0; i < fs.n; i++) {
		if (i > 0)
			line_put_char(t, ' ');
		line_put_visible(t, fs.by_name[i]->name);
		line_put_char(t, '=');
		good &= format_put_value(t, &fs.by_name[i]->value);
	}
	line_put_char(t, ')');
	return good;
}

static bool put_text(struct line *t, const struct format *f, const struct alert_frame *a)
{
	format_put_prefix(t, f, a);
	line_put_escaped(t, a->message);
	return true;
}

static bool put_bare(struct line *t, const struct format *f, const struct alert_frame *a)
{
	struct format_fields fs;

	if (!f->json) {
		line_put_visible(t, a->message);
		return true;
	}
	format_fields_of(&fs, a);
	return put_fields(t, &fs);
}

bool format_is_internal(const struct alert_frame *a)
{
	return span_is(a->source, FORMAT_INTERNAL);
}

bool format_put_object(struct line *t, const struct format *f, const struct alert_frame *a)
{
	return format_is_internal(a) ? put_internal_json(t, f, a) : put_json(t, f, a);
}

void format_put_short(struct line *t, const struct format *f, const struct alert_frame *a)
{
	put_hostname(t, f);
	line_puts(t, ",\"output\":\"(too long to be shown)\"");
	put_common_end(t, a);
	put_last_keys(t, f, a->ts_ns);
}

bool format_put_text(struct line *t, const struct format *f, const struct alert_frame *a)
{
	return format_is_internal(a) ? put_internal_text(t, f, a) : put_text(t, f, a);
}

ssize_t format_alert(const struct format *f, const struct alert_frame *alert, uint8_t *buf,
		     size_t cap)
{
	struct line t;
	bool good;

	line_init(&t, buf, cap);
	good = f->bare	 ? put_bare(&t, f, alert)
	       : f->json ? format_put_object(&t, f, alert)
			 : format_put_text(&t, f, alert);
	line_put_char(&t, '\n');
	return good ? line_length(&t) : -EPROTO;
}
