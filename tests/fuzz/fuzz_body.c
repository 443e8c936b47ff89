/* SPDX-License-Identifier: Apache-2.0
 *
 * Alerts from an evaluator that was taken over, in every receiver's form, and in a template whose
 * names are foreign, too.  The input is a template's name, a zero byte, an alert's frame.  Whatever
 * they hold, the result is JSON for somebody else's parser.
 */
#include <jansson.h>

#include "body.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t buf[FORMAT_MAX_LINE * 2];
static struct line line;
static struct alert_frame alert;
static struct template tm;
static struct labels labels;
static struct format format;

static void midnight(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	(void)seconds;
	(void)ret;
}

static struct line *begin(void)
{
	line_init(&line, buf, sizeof(buf));
	return &line;
}

static void must_be_json(struct span text)
{
	json_error_t error;
	json_t *v = json_loadb((const char *)text.p, text.n,
			       JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);

	/* A key with a NUL in it is JSON, but that parser does not do it. */
	must(v != NULL || json_error_code(&error) == json_error_null_byte_in_key);
	json_decref(v);
}

static void check(bool good)
{
	if (!good)
		return;
	must(line_length(&line) > 0);
	must_be_json(span_of(buf, (size_t)line_length(&line)));
}

static void check_elastic(bool good)
{
	uint8_t *newline;

	if (!good)
		return;
	must(line_length(&line) > 0);
	newline = memchr(buf, '\n', (size_t)line_length(&line));
	must(newline != NULL && line.p[-1] == '\n');
	must_be_json(span_of(buf, (size_t)(newline - buf)));
	must_be_json(span_of(newline + 1, (size_t)(line.p - newline) - 2));
	must(memchr(newline + 1, '\n', (size_t)(line.p - newline) - 2) == NULL);
}

/* ["%{NAME}",%{json:NAME}] with a foreign name: an array, unless it is no name. */
static void check_template(struct span name)
{
	char text[1024];
	struct diag diag;
	struct line t;

	line_init(&t, (uint8_t *)text, sizeof(text));
	line_puts(&t, "[\"%{");
	line_put(&t, name);
	line_puts(&t, "}\",%{json:");
	line_put(&t, name);
	line_puts(&t, "}]");
	/* With a } in it, it is no name but the template's own text; and who asks for JSON within a text's
	 * quotes has it there. */
	if (line_length(&t) < 0 || (name.n > 0 && memchr(name.p, '}', name.n) != NULL) ||
	    span_starts(name, span_str("json:")) ||
	    template_parse(span_of(text, (size_t)line_length(&t)), &tm, &diag) < 0)
		return;
	check(template_put(begin(), &tm, &format, &alert, TEMPLATE_JSON));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
	struct span name, frame;
	struct diag diag;

	if (zero == NULL)
		return 0;
	name = span_of(data, (size_t)(zero - data));
	frame = span_of(zero + 1, size - name.n - 1);
	if (wire_decode_alert(frame, &alert) < 0)
		return 0;
	format = (struct format){
		.json = true,
		.include_output = true,
		.include_tags = true,
		.include_fields = true,
		.hostname = span_str("host"),
		.uuid = span_str("id"),
		.local = midnight,
	};
	labels.count = 0;
	must(labels_add(&labels, span_str("name=%{proc.name} %{rule}"), &diag) == 0);
	check_template(name);
	check(body_loki(begin(), &format, &alert, &labels));
	check(body_otlp(begin(), &format, &alert, &labels));
	check(body_alertmanager(begin(), &format, &alert, &labels));
	check(body_slack(begin(), &format, &alert, name, NULL));
	check_elastic(body_elastic(begin(), &format, &alert, NULL));
	if (template_parse(name, &tm, &diag) == 0)
		check_elastic(body_elastic(begin(), &format, &alert, &tm));
	if (template_parse(name, &tm, &diag) == 0)
		check(body_slack(begin(), &format, &alert, SPAN_NONE, &tm));
	return 0;
}
