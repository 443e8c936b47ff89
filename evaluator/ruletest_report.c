/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_report.c -- see ruletest_report.h.
 */
#include "ruletest_report.h"

/* ---- TAP ---- */

/* A hash sign would begin a directive. */
static bool tap_drain(void *ctx, struct span bytes)
{
	struct line *out = ctx;

	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '#' || bytes.p[i] == '\\')
			line_put_char(out, '\\');
		line_put_char(out, (char)bytes.p[i]);
	}
	return !out->full;
}

static void tap_name(struct line *t, struct span name)
{
	struct line escaped;
	uint8_t buf[256];

	line_init_drained(&escaped, buf, sizeof(buf), tap_drain, t);
	line_put_visible(&escaped, name);
	(void)line_finish(&escaped);
}

static void tap_comment(struct line *t, const char *indent, struct span text)
{
	line_puts(t, "# ");
	line_puts(t, indent);
	line_put_visible(t, text);
	line_puts(t, "\n");
}

static void put_place(struct line *t, struct origin where)
{
	if (where.file == NULL)
		return;
	line_put_visible(t, span_str(where.file->name));
	line_put_char(t, ':');
	line_put_uint(t, where.line);
	line_put_char(t, ':');
	line_put_uint(t, where.column);
}

void report_tap_begin(struct line *t, unsigned ntests)
{
	line_puts(t, "TAP version 13\n1..");
	line_put_uint(t, ntests);
	line_puts(t, "\n");
}

void report_tap(struct line *t, unsigned number, const struct ruletest_outcome *o)
{
	const struct ruletest_complaint *all = o->result.complaints.items;

	line_puts(t, o->result.passed ? "ok " : "not ok ");
	line_put_uint(t, number);
	line_puts(t, " - ");
	tap_name(t, o->test->name);
	line_puts(t, "\n");
	if (o->result.passed)
		return;
	line_puts(t, "# ");
	put_place(t, o->test->where);
	line_puts(t, "\n");
	for (unsigned i = 0; i < o->result.complaints.n; i++) {
		const struct span *why = all[i].why.items;

		tap_comment(t, "", all[i].text);
		for (unsigned j = 0; j < all[i].why.n; j++)
			tap_comment(t, "  ", why[j]);
	}
}

void report_tap_bail_out(struct line *t, const char *why)
{
	line_puts(t, "TAP version 13\nBail out! ");
	tap_name(t, span_str(why));
	line_puts(t, "\n");
}

/* ---- XML ---- */

struct xml {
	struct line *out;
	uint8_t last[2];
};

/* Characters that mean something; and U+FFFE and U+FFFF, which no document may hold. */
static bool xml_drain(void *ctx, struct span bytes)
{
	struct xml *x = ctx;

	for (size_t i = 0; i < bytes.n; i++) {
		uint8_t c = bytes.p[i];
		const char *entity = c == '&'	? "&amp;"
				     : c == '<' ? "&lt;"
				     : c == '>' ? "&gt;"
				     : c == '"' ? "&quot;"
						: NULL;

		if (x->last[0] == 0xef && x->last[1] == 0xbf && c >= 0xbe)
			c = 0xbd;
		x->last[0] = x->last[1];
		x->last[1] = c;
		if (entity != NULL)
			line_puts(x->out, entity);
		else
			line_put_char(x->out, (char)c);
	}
	return !x->out->full;
}

static void xml_text(struct line *t, struct span text)
{
	struct xml x = { .out = t };
	struct line escaped;
	uint8_t buf[256];

	line_init_drained(&escaped, buf, sizeof(buf), xml_drain, &x);
	line_put_visible(&escaped, text);
	(void)line_finish(&escaped);
}

static void xml_attribute(struct line *t, const char *name, struct span value)
{
	line_put_char(t, ' ');
	line_puts(t, name);
	line_puts(t, "=\"");
	xml_text(t, value);
	line_puts(t, "\"");
}

static void xml_number(struct line *t, const char *name, uint64_t value)
{
	line_put_char(t, ' ');
	line_puts(t, name);
	line_puts(t, "=\"");
	line_put_uint(t, value);
	line_puts(t, "\"");
}

static void xml_time(struct line *t, uint64_t ns)
{
	line_puts(t, " time=\"");
	line_put_uint(t, ns / 1000000000);
	line_put_char(t, '.');
	line_put_padded(t, ns % 1000000000 / 1000, 6);
	line_puts(t, "\"");
}

/* ---- JUnit ---- */

static const char *complaint_type(const struct ruletest_complaint *c)
{
	switch (c->kind) {
	case COMPLAINT_MISSING:
		return "missing alert";
	case COMPLAINT_UNEXPECTED:
		return "unexpected alert";
	default:
		return "other alert";
	}
}

static void junit_failure(struct line *t, const struct ruletest_outcome *o)
{
	const struct ruletest_complaint *all = o->result.complaints.items;

	line_puts(t, "      <failure");
	xml_attribute(t, "message", all[0].text);
	xml_attribute(t, "type", span_str(complaint_type(&all[0])));
	line_puts(t, ">");
	put_place(t, o->test->where);
	for (unsigned i = 0; i < o->result.complaints.n; i++) {
		const struct span *why = all[i].why.items;

		line_puts(t, "\n");
		xml_text(t, all[i].text);
		for (unsigned j = 0; j < all[i].why.n; j++) {
			line_puts(t, "\n  ");
			xml_text(t, why[j]);
		}
	}
	line_puts(t, "</failure>\n");
}

static void junit_case(struct line *t, const struct ruletest_outcome *o)
{
	line_puts(t, "    <testcase");
	xml_attribute(t, "name", o->test->name);
	xml_attribute(t, "classname", span_str(o->test->where.file->name));
	xml_time(t, o->took_ns);
	if (o->result.passed) {
		line_puts(t, "/>\n");
		return;
	}
	line_puts(t, ">\n");
	junit_failure(t, o);
	line_puts(t, "    </testcase>\n");
}

static void junit_suite_begin(struct line *t, struct span name, unsigned id, const char *timestamp)
{
	line_puts(t, "  <testsuite");
	xml_attribute(t, "name", name);
	xml_attribute(t, "package", span_str("mews"));
	xml_number(t, "id", id);
	xml_attribute(t, "timestamp", span_str(timestamp));
	xml_attribute(t, "hostname", span_str("localhost"));
}

static void junit_suite_end(struct line *t)
{
	line_puts(t, "    <system-out/>\n    <system-err/>\n  </testsuite>\n");
}

static void junit_suite(struct line *t, const struct ruletest_outcome *o, unsigned n, unsigned id,
			const char *timestamp)
{
	unsigned failures = 0;
	uint64_t ns = 0;

	for (unsigned i = 0; i < n; i++) {
		failures += !o[i].result.passed;
		ns += o[i].took_ns;
	}
	junit_suite_begin(t, span_str(o->test->where.file->name), id, timestamp);
	xml_number(t, "tests", n);
	xml_number(t, "failures", failures);
	xml_number(t, "errors", 0);
	xml_time(t, ns);
	line_puts(t, ">\n    <properties/>\n");
	for (unsigned i = 0; i < n; i++)
		junit_case(t, &o[i]);
	junit_suite_end(t);
}

static void junit_begin(struct line *t)
{
	line_puts(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
}

void report_junit(struct line *t, const struct ruletest_outcome *outcomes, unsigned n,
		  const char *timestamp)
{
	unsigned id = 0;

	junit_begin(t);
	for (unsigned from = 0, to; from < n; from = to) {
		for (to = from; to < n; to++)
			if (outcomes[to].test->where.file != outcomes[from].test->where.file)
				break;
		junit_suite(t, outcomes + from, to - from, id++, timestamp);
	}
	line_puts(t, "</testsuites>\n");
}

void report_junit_error(struct line *t, const char *why, const char *timestamp)
{
	junit_begin(t);
	junit_suite_begin(t, span_str("mews test"), 0, timestamp);
	line_puts(t, " tests=\"1\" failures=\"0\" errors=\"1\" time=\"0\">\n    <properties/>\n"
		     "    <testcase name=\"load\" classname=\"mews test\" time=\"0\">\n"
		     "      <error type=\"input\"");
	xml_attribute(t, "message", span_str(why));
	line_puts(t, "/>\n    </testcase>\n");
	junit_suite_end(t);
	line_puts(t, "</testsuites>\n");
}
