/* SPDX-License-Identifier: Apache-2.0
 *
 * Alerts from an evaluator that was taken over.  The first byte chooses the form;
 * whatever the frame holds, the result is one line of valid UTF-8 without a control
 * character, and JSON is JSON for somebody else's parser.
 */
#include <errno.h>
#include <jansson.h>

#include "format.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void midnight(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	(void)seconds;
	(void)ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t line[FORMAT_MAX_LINE];
	static struct alert_frame alert;
	struct format f = { .hostname = span_str("host"), .local = midnight };
	json_t *text;
	ssize_t n;

	if (size == 0 || wire_decode_alert(span_of(data + 1, size - 1), &alert) < 0)
		return 0;
	f.json = data[0] & 1;
	f.iso_8601 = data[0] & 2;
	f.include_output = data[0] & 4;
	f.include_message = data[0] & 8;
	f.include_tags = data[0] & 16;
	f.include_fields = data[0] & 32;
	n = format_alert(&f, &alert, line, sizeof(line));
	if (n == -EPROTO)
		return 0; /* a list of what no alert holds */
	must(n > 0 && line[n - 1] == '\n');
	for (ssize_t i = 0; i < n - 1; i++)
		must(line[i] >= 0x20);
	text = json_stringn((const char *)line, (size_t)n);
	must(text != NULL); /* valid UTF-8 */
	json_decref(text);
	if (f.json) {
		json_error_t error;
		json_t *object = json_loadb((const char *)line, (size_t)n,
					    JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);

		/* A key with a NUL in it is JSON, but that parser does not do it. */
		must(json_is_object(object) ||
		     (object == NULL && json_error_code(&error) == json_error_null_byte_in_key));
		json_decref(object);
	}
	return 0;
}
