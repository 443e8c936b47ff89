/* SPDX-License-Identifier: Apache-2.0
 *
 * print_json.h -- values of alerts as JSON on stdout, byte for byte (a byte above
 * 0x7e as \u00XX): for the programs behind the parity scripts.
 */
#ifndef MEWS_PRINT_JSON_H
#define MEWS_PRINT_JSON_H

#include <stdio.h>

#include "cursor.h"
#include "wire.h"

static inline void print_string(struct span s)
{
	putchar('"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] == '"' || s.p[i] == '\\' || s.p[i] >= 0x7f)
			printf("\\u%04x", s.p[i]);
		else
			putchar(s.p[i]);
	}
	putchar('"');
}

static inline void print_list(struct span s)
{
	struct cursor c = cursor_start(s);

	putchar('[');
	for (bool first = true; c.left > 0; first = false) {
		if (!first)
			putchar(',');
		print_string(cursor_span(&c));
	}
	putchar(']');
}

static inline void print_value(const struct alert_value *v)
{
	switch (v->kind) {
	case ALERT_STRING:
		print_string(v->s);
		break;
	case ALERT_INT:
		printf("%lld", (long long)v->i);
		break;
	case ALERT_UINT:
		printf("%llu", (unsigned long long)v->u);
		break;
	case ALERT_BOOL:
		printf(v->b ? "true" : "false");
		break;
	case ALERT_DOUBLE:
		printf("%.17g", v->d);
		break;
	case ALERT_LIST:
		print_list(v->s);
		break;
	default:
		printf("null");
	}
}

static inline void print_fields(const struct alert_frame *a)
{
	putchar('{');
	for (unsigned i = 0; i < a->nfields; i++) {
		if (i > 0)
			putchar(',');
		print_string(a->fields[i].name);
		putchar(':');
		print_value(&a->fields[i].value);
	}
	putchar('}');
}

#endif
