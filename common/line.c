/* SPDX-License-Identifier: Apache-2.0
 *
 * line.c -- see line.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "line.h"
#include "utf8.h"

void line_init(struct line *t, uint8_t *buf, size_t cap)
{
	*t = (struct line){ buf, buf, buf + cap, false, NULL, NULL };
}

void line_init_drained(struct line *t, uint8_t *buf, size_t cap, line_drain *drain, void *ctx)
{
	*t = (struct line){ buf, buf, buf + cap, false, drain, ctx };
}

ssize_t line_length(const struct line *t)
{
	return t->full ? -ENOSPC : t->p - t->start;
}

static void drain(struct line *t)
{
	if (!t->full && !t->drain(t->ctx, span_of(t->start, (size_t)(t->p - t->start)))) {
		t->full = true;
		t->end = t->start;
	}
	t->p = t->start;
}

int line_finish(struct line *t)
{
	drain(t);
	return t->full ? -EIO : 0;
}

void line_put(struct line *t, struct span bytes)
{
	while (t->drain != NULL && bytes.n > (size_t)(t->end - t->p) && !t->full) {
		size_t n = (size_t)(t->end - t->p);

		memcpy(t->p, bytes.p, n);
		t->p += n;
		drain(t);
		bytes = span_of(bytes.p + n, bytes.n - n);
	}
	if (bytes.n > (size_t)(t->end - t->p)) {
		t->full = true;
		t->end = t->p;
		return;
	}
	if (bytes.n > 0)
		memcpy(t->p, bytes.p, bytes.n);
	t->p += bytes.n;
}

void line_puts(struct line *t, const char *s)
{
	line_put(t, span_str(s));
}

void line_put_char(struct line *t, char c)
{
	line_put(t, span_of(&c, 1));
}

void line_put_padded(struct line *t, uint64_t u, unsigned width)
{
	char digits[24];
	unsigned at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	while (sizeof(digits) - at < width && at > 0)
		digits[--at] = '0';
	line_put(t, span_of(digits + at, sizeof(digits) - at));
}

void line_put_uint(struct line *t, uint64_t u)
{
	line_put_padded(t, u, 1);
}

void line_put_int(struct line *t, int64_t i)
{
	if (i < 0)
		line_put_char(t, '-');
	line_put_uint(t, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
}

/* ---- doubles ---- */

/* Digits and decimal exponent of D > 0: the fewest digits that read back as D. */
static unsigned shortest_digits(double d, char digits[32], int *ret_exponent)
{
	char e[40];
	unsigned n = 0;

	for (int precision = 0; precision < 17; precision++) {
		snprintf(e, sizeof(e), "%.*e", precision, d);
		if (strtod(e, NULL) == d)
			break;
	}
	for (const char *s = e; *s != 'e'; s++)
		if (*s >= '0' && *s <= '9')
			digits[n++] = *s;
	*ret_exponent = (int)strtol(strchr(e, 'e') + 1, NULL, 10);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return n;
}

static void put_exponent(struct line *t, int exponent)
{
	line_put_char(t, 'e');
	line_put_char(t, exponent < 0 ? '-' : '+');
	line_put_padded(t, (uint64_t)abs(exponent), 2);
}

/* Where the point stands: behind DIGITS, among them, before them, or nowhere near. */
static void put_decimal(struct line *t, const char *digits, unsigned n, int exponent)
{
	int point = exponent + 1;
	unsigned before = point > 0 ? (unsigned)point : 0;

	if (point > 15 || point <= -4) {
		line_put(t, span_of(digits, 1));
		if (n > 1) {
			line_put_char(t, '.');
			line_put(t, span_of(digits + 1, n - 1));
		}
		put_exponent(t, exponent);
		return;
	}
	if (before == 0) {
		line_puts(t, "0.");
		for (int i = point; i < 0; i++)
			line_put_char(t, '0');
		line_put(t, span_of(digits, n));
		return;
	}
	line_put(t, span_of(digits, n < before ? n : before));
	for (unsigned i = n; i < before; i++)
		line_put_char(t, '0');
	line_put_char(t, '.');
	if (n > before)
		line_put(t, span_of(digits + before, n - before));
	else
		line_put_char(t, '0');
}

void line_put_double(struct line *t, double d)
{
	char digits[32];
	int exponent;
	unsigned n;

	if (!isfinite(d)) {
		line_puts(t, "null");
		return;
	}
	if (signbit(d))
		line_put_char(t, '-');
	if (d == 0) {
		line_puts(t, "0.0");
		return;
	}
	n = shortest_digits(fabs(d), digits, &exponent);
	put_decimal(t, digits, n, exponent);
}

/* ---- strings ---- */

static void put_control(struct line *t, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	char u[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '\b':
		line_puts(t, "\\b");
		return;
	case '\t':
		line_puts(t, "\\t");
		return;
	case '\n':
		line_puts(t, "\\n");
		return;
	case '\f':
		line_puts(t, "\\f");
		return;
	case '\r':
		line_puts(t, "\\r");
		return;
	default:
		line_put(t, span_of(u, sizeof(u)));
		return;
	}
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* To a terminal U+007F ... U+009F are controls as well, and a line of JSON is looked at on one: there it
 * is the same string, escaped or not.  QUOTED: also what would end a JSON string. */
static void put_clean(struct line *t, struct span bytes, bool quoted)
{
	const uint8_t *p = bytes.p, *end = bytes.p + bytes.n;
	bool valid;

	while (p < end) {
		const uint8_t *from = p;
		size_t n;

		while (p < end && is_plain(*p))
			p++;
		line_put(t, span_of(from, (size_t)(p - from)));
		if (p == end)
			return;
		if (*p < 0x20 || *p == 0x7f) {
			put_control(t, *p++);
		} else if (*p < 0x80) {
			if (quoted)
				line_put_char(t, '\\');
			line_put_char(t, (char)*p++);
		} else {
			n = utf8_length(p, (size_t)(end - p), &valid);
			if (valid && p[0] == 0xc2 && p[1] < 0xa0)
				put_control(t, p[1]);
			else
				line_put(t, valid ? span_of(p, n) : span_str("\xef\xbf\xbd"));
			p += n;
		}
	}
}

void line_put_escaped(struct line *t, struct span bytes)
{
	if (bytes.n > 0)
		put_clean(t, bytes, true);
}

void line_put_visible(struct line *t, struct span bytes)
{
	if (bytes.n > 0)
		put_clean(t, bytes, false);
}

void line_put_block(struct line *t, struct span bytes)
{
	for (size_t i = 0, from = 0; bytes.n > 0 && i <= bytes.n; i++) {
		if (i < bytes.n && bytes.p[i] != '\n' && bytes.p[i] != '\t')
			continue;
		line_put_visible(t, span_of(bytes.p + from, i - from));
		if (i < bytes.n)
			line_put_char(t, (char)bytes.p[i]);
		from = i + 1;
	}
}

void line_put_string(struct line *t, struct span bytes)
{
	line_put_char(t, '"');
	line_put_escaped(t, bytes);
	line_put_char(t, '"');
}
