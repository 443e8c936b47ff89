/* SPDX-License-Identifier: Apache-2.0
 *
 * What an evaluator may say of its rules, any bytes: the text for Prometheus stays lines of
 * that format, and the snapshot an alert that can be encoded.
 */
#include <string.h>

#include "metrics_alert.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NAME{label="value",...} NUMBER */
static void check_line(const char *p, const char *end)
{
	p += strspn(p, "abcdefghijklmnopqrstuvwxyz_");
	must(p < end);
	while (*p == '{' || *p == ',') {
		p++;
		p += strcspn(p, "=\n");
		must(p + 1 < end && p[1] == '"');
		for (p += 2; *p != '"'; p++) {
			must(p < end && (unsigned char)*p >= ' ');
			if (*p == '\\') {
				p++;
				must(*p == '"' || *p == '\\' || *p == 'n');
			}
		}
		p++;
		if (*p == '}')
			p++;
	}
	must(*p == ' ' && p + 1 + strspn(p + 1, "0123456789") == end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[1 << 20];
	static uint8_t arena_bytes[128 * 1024], wire[WIRE_MAX_PAYLOAD];
	static struct alert_frame alert;
	struct metrics_view v = { .now_ns = 1, .rules = span_of(data, size) };
	struct snapshot s = { .groups = 1u << METRICS_RULES };
	struct arena arena;
	struct line t;
	ssize_t n;

	line_init(&t, (uint8_t *)text, sizeof(text) - 1);
	metrics_text(&v, 1u << METRICS_RULES, &t);
	n = line_length(&t);
	if (n < 0) /* larger than this test */
		return 0;
	text[n] = '\0';
	for (char *p = text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1)
		if (*p != '#')
			check_line(p, end);
	arena_init(&arena, arena_bytes, sizeof(arena_bytes));
	snapshot_make(&s, &v, &arena, &alert);
	must(wire_encode_alert(wire, sizeof(wire), &alert) > 0);
	return 0;
}
