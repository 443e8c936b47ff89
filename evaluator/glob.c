/* SPDX-License-Identifier: Apache-2.0
 *
 * glob.c -- one pass with one point of return: when a byte does not fit, the
 * last * takes one byte more.  Earlier stars never need another try.
 */
#include "glob.h"

static uint8_t fold(uint8_t c, enum glob_case how)
{
	return how == GLOB_FOLD && c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The classes of ASCII, whatever the locale is. */
static bool is_of_class(struct span name, uint8_t c)
{
	bool alnum = is_upper(c) || is_lower(c) || is_digit(c), graph = c > ' ' && c < 0x7f;
	const struct {
		const char *name;
		bool is;
	} classes[] = {
		{ "alnum", alnum },
		{ "alpha", alnum && !is_digit(c) },
		{ "blank", c == ' ' || c == '\t' },
		{ "cntrl", c < ' ' || c == 0x7f },
		{ "digit", is_digit(c) },
		{ "graph", graph },
		{ "lower", is_lower(c) },
		{ "print", graph || c == ' ' },
		{ "punct", graph && !alnum },
		{ "space", c == ' ' || (c >= '\t' && c <= '\r') },
		{ "upper", is_upper(c) },
		{ "xdigit", is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') },
	};

	for (unsigned i = 0; i < ARRAY_LEN(classes); i++)
		if (span_is(name, classes[i].name))
			return classes[i].is;
	return false;
}

static bool class_has(struct span name, uint8_t c, enum glob_case how)
{
	if (is_of_class(name, c))
		return true;
	return how == GLOB_FOLD && (is_upper(c) || is_lower(c)) && is_of_class(name, c ^ 0x20);
}

/* One end of a range, or a single element; its length in *RET_LEN. */
static uint8_t set_element(struct span p, size_t *ret_len)
{
	if (p.p[0] == '\\' && p.n > 1) {
		*ret_len = 2;
		return p.p[1];
	}
	/* [.x.] and [=x=] of one byte are that byte */
	if (p.n >= 5 && p.p[0] == '[' && (p.p[1] == '.' || p.p[1] == '=') && p.p[3] == p.p[1] &&
	    p.p[4] == ']') {
		*ret_len = 5;
		return p.p[2];
	}
	*ret_len = 1;
	return p.p[0];
}

/* [:name:] at P: its length, 0 if it is none. */
static size_t class_length(struct span p)
{
	if (p.n < 4 || p.p[0] != '[' || p.p[1] != ':')
		return 0;
	for (size_t i = 2; i + 1 < p.n; i++)
		if (p.p[i] == ':' && p.p[i + 1] == ']')
			return i + 2;
	return 0;
}

/* The set whose '[' is at P's first byte: its length, and whether it has C; 0:
 * it has no end, so that '[' stands for itself. */
static size_t set_match(struct span p, uint8_t c, enum glob_case how, bool *ret_has)
{
	bool negated, has = false;
	size_t i = 1, first, len;

	negated = p.n > 1 && (p.p[1] == '!' || p.p[1] == '^');
	i += negated;
	for (first = i; i < p.n && (p.p[i] != ']' || i == first);) {
		struct span rest = span_of(p.p + i, p.n - i);
		uint8_t from, to;

		len = class_length(rest);
		if (len > 0) {
			has |= class_has(span_of(rest.p + 2, len - 4), c, how);
			i += len;
			continue;
		}
		from = to = set_element(rest, &len);
		i += len;
		if (i + 1 < p.n && p.p[i] == '-' && p.p[i + 1] != ']') {
			to = set_element(span_of(p.p + i + 1, p.n - i - 1), &len);
			i += 1 + len;
		}
		has |= fold(c, how) >= fold(from, how) && fold(c, how) <= fold(to, how);
	}
	if (i >= p.n)
		return 0;
	*ret_has = has != negated;
	return i + 1;
}

/* The element at P against C: its length, 0 if it does not fit. */
static size_t element_match(struct span p, uint8_t c, enum glob_case how)
{
	size_t len;
	bool has;

	switch (p.p[0]) {
	case '?':
		return 1;
	case '[':
		len = set_match(p, c, how, &has);
		if (len > 0)
			return has ? len : 0;
		return c == '[' ? 1 : 0;
	case '\\':
		if (p.n < 2)
			return 0; /* a pattern that ends in the middle fits nothing */
		return fold(p.p[1], how) == fold(c, how) ? 2 : 0;
	default:
		return fold(p.p[0], how) == fold(c, how) ? 1 : 0;
	}
}

bool glob_match(struct span pattern, struct span text, enum glob_case how)
{
	size_t p = 0, t = 0, star_p = 0, star_t = 0, len;
	bool star = false;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = true;
			star_p = ++p;
			star_t = t;
			continue;
		}
		len = p < pattern.n
			      ? element_match(span_of(pattern.p + p, pattern.n - p), text.p[t], how)
			      : 0;
		if (len > 0) {
			p += len;
			t++;
		} else if (star) {
			p = star_p;
			t = ++star_t;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}
