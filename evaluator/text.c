/* SPDX-License-Identifier: Apache-2.0
 *
 * text.c -- building text, and the text of values; see text.h.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "text.h"

void text_begin(struct text *t, struct arena *arena)
{
	size_t at = (arena->used + 15) & ~(size_t)15;

	*t = (struct text){ .arena = arena };
	if (at < arena->cap) {
		t->p = arena->block + at;
		t->cap = arena->cap - at;
	}
}

struct span text_end(struct text *t)
{
	if (t->cut && t->n >= 3)
		memcpy(t->p + t->n - 3, "...", 3);
	if (t->p == NULL || t->n == 0)
		return span_str("");
	arena_get(t->arena, t->n);
	return span_of(t->p, t->n);
}

void text_put(struct text *t, struct span s)
{
	size_t n = s.n;

	if (n > t->cap - t->n) {
		n = t->cap - t->n;
		t->cut = true;
	}
	if (n > 0)
		memcpy(t->p + t->n, s.p, n);
	t->n += n;
}

void text_str(struct text *t, const char *s)
{
	text_put(t, span_str(s));
}

void text_char(struct text *t, char c)
{
	text_put(t, span_of(&c, 1));
}

static void put_digits(struct text *t, uint64_t v, unsigned base, const char *digits)
{
	char buf[24];
	size_t at = sizeof(buf);

	do {
		buf[--at] = digits[v % base];
		v /= base;
	} while (v > 0);
	text_put(t, span_of(buf + at, sizeof(buf) - at));
}

void text_unsigned(struct text *t, uint64_t v)
{
	put_digits(t, v, 10, "0123456789");
}

void text_signed(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_unsigned(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void text_hex(struct text *t, uint64_t v)
{
	put_digits(t, v, 16, "0123456789abcdef");
}

void text_HEX(struct text *t, uint64_t v)
{
	put_digits(t, v, 16, "0123456789ABCDEF");
}

void text_octal(struct text *t, uint64_t v)
{
	if (v != 0)
		text_char(t, '0');
	put_digits(t, v, 8, "01234567");
}

void text_padded(struct text *t, uint64_t v, unsigned digits)
{
	uint64_t limit = 10;

	for (unsigned i = 1; i < digits; i++, limit *= 10)
		if (v < limit)
			text_char(t, '0');
	text_unsigned(t, v);
}

void text_dotted(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		text_char(t, s.p[i] >= 0x20 && s.p[i] < 0x7f ? (char)s.p[i] : '.');
}

void text_base64(struct text *t, struct span s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		unsigned have = s.n - i >= 3 ? 3 : (unsigned)(s.n - i);
		unsigned bits = (unsigned)s.p[i] << 16;

		if (have > 1)
			bits |= (unsigned)s.p[i + 1] << 8;
		if (have > 2)
			bits |= s.p[i + 2];
		for (unsigned j = 0; j < 4; j++)
			text_char(t, j <= have ? digits[bits >> (18 - 6 * j) & 63] : '=');
	}
}

void text_ipv4(struct text *t, const uint8_t *addr)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			text_char(t, '.');
		text_unsigned(t, addr[i]);
	}
}

void text_ipv6(struct text *t, const uint8_t *addr)
{
	char buf[INET6_ADDRSTRLEN];

	if (inet_ntop(AF_INET6, addr, buf, sizeof(buf)) != NULL)
		text_str(t, buf);
}

/* Numbers by the print format. */
static void put_unsigned(struct text *t, uint64_t v, unsigned print)
{
	switch (print) {
	case PF_HEX:
		text_HEX(t, v);
		break;
	case PF_OCT:
		text_octal(t, v);
		break;
	case PF_10_PADDED_DEC:
		text_padded(t, v, 9);
		break;
	default:
		text_unsigned(t, v);
	}
}

static void put_signed(struct text *t, const struct value *v, unsigned print)
{
	unsigned size = param_type_size(v->type);
	uint64_t bits = (uint64_t)v->i;

	if (v->i < 0 && (print == PF_HEX || print == PF_OCT)) {
		if (size > 0 && size < 8) /* as wide as the type is */
			bits &= (UINT64_C(1) << size * 8) - 1;
		put_unsigned(t, bits, print);
	} else if (v->i < 0) {
		text_signed(t, v->i);
	} else {
		put_unsigned(t, bits, print);
	}
}

static void put_double(struct text *t, double d)
{
	char buf[352];

	snprintf(buf, sizeof(buf), "%.1f", d);
	text_str(t, buf);
}

void text_value(struct text *t, const struct value *v, unsigned print)
{
	switch (v->kind) {
	case VALUE_STRING:
		text_put(t, v->s);
		break;
	case VALUE_BYTES:
		text_dotted(t, v->s);
		break;
	case VALUE_INT:
		put_signed(t, v, print);
		break;
	case VALUE_UINT:
		put_unsigned(t, v->u, print);
		break;
	case VALUE_BOOL:
		text_str(t, v->b ? "true" : "false");
		break;
	case VALUE_DOUBLE:
		put_double(t, v->d);
		break;
	case VALUE_IP:
		if (v->ip.family == 4)
			text_ipv4(t, v->ip.addr);
		else
			text_ipv6(t, v->ip.addr);
		break;
	case VALUE_LIST:
		text_char(t, '(');
		for (unsigned i = 0; i < v->list.n; i++) {
			if (i > 0)
				text_char(t, ',');
			if (v->list.items[i].kind != VALUE_LIST)
				text_value(t, &v->list.items[i], print);
		}
		text_char(t, ')');
		break;
	default:
		text_str(t, "<NA>");
	}
}

struct span text_basename(struct span path)
{
	const uint8_t *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
	size_t at = slash != NULL ? (size_t)(slash - path.p) + 1 : 0;

	return span_of(path.p + at, path.n - at);
}
