/* SPDX-License-Identifier: Apache-2.0
 *
 * jread.c -- see jread.h.  A value is found by its first byte and passed over by
 * counting brackets outside of strings; inside, it is looked at only when asked.
 */
#include "jread.h"

#include "utf8.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span skip_blanks(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = span_of(s.p + 1, s.n - 1);
	return s;
}

static struct span behind(struct span s, size_t n)
{
	return n == 0 ? s : span_of(s.p + n, s.n - n);
}

/* The length of the string that S begins with, quotes included; 0: it has no end. */
static size_t string_length(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

static size_t nest_length(struct span s)
{
	size_t depth = 0, n;

	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '"':
			n = string_length(behind(s, i));
			if (n == 0)
				return 0;
			i += n - 1;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return i + 1;
			break;
		default:
			break;
		}
	}
	return 0;
}

/* Of numbers and of true, false, null. */
static bool is_of_word(uint8_t c)
{
	uint8_t letter = (uint8_t)(c | 0x20);

	return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' ||
	       c == '.';
}

/* The length of the value that S begins with; 0: there is none. */
static size_t value_length(struct span s)
{
	size_t n = 0;

	if (s.n == 0)
		return 0;
	if (s.p[0] == '"')
		return string_length(s);
	if (s.p[0] == '{' || s.p[0] == '[')
		return nest_length(s);
	while (n < s.n && is_of_word(s.p[n]))
		n++;
	return n;
}

struct span jread_value(struct span text)
{
	struct span s = skip_blanks(text);

	return span_of(s.p, value_length(s));
}

enum jread_kind jread_kind(struct span value)
{
	if (value.n == 0)
		return JREAD_NONE;
	switch (value.p[0]) {
	case '{':
		return JREAD_OBJECT;
	case '[':
		return JREAD_ARRAY;
	case '"':
		return JREAD_STRING;
	default:
		if (span_is(value, "true") || span_is(value, "false"))
			return JREAD_BOOL;
		if (span_is(value, "null"))
			return JREAD_NULL;
		return value.p[0] == '-' || (value.p[0] >= '0' && value.p[0] <= '9') ? JREAD_NUMBER
										     : JREAD_NONE;
	}
}

/* ---- walks ---- */

struct jread_walk jread_begin(struct span value)
{
	enum jread_kind kind = jread_kind(value);
	struct jread_walk w = { .rest = SPAN_NONE, .is_object = kind == JREAD_OBJECT };

	/* Without the brackets at both ends. */
	if ((kind == JREAD_OBJECT || kind == JREAD_ARRAY) && value.n >= 2)
		w.rest = span_of(value.p + 1, value.n - 2);
	return w;
}

/* The next value, and behind it. */
static bool take_value(struct jread_walk *w, struct span *ret)
{
	w->rest = skip_blanks(w->rest);
	*ret = span_of(w->rest.p, value_length(w->rest));
	w->rest = skip_blanks(behind(w->rest, ret->n));
	return ret->n > 0;
}

static bool take_byte(struct jread_walk *w, uint8_t c)
{
	if (w->rest.n == 0 || w->rest.p[0] != c)
		return false;
	w->rest = behind(w->rest, 1);
	return true;
}

bool jread_next(struct jread_walk *w, struct span *ret_key, struct span *ret_value)
{
	struct span key = SPAN_NONE, value;

	if (w->is_object &&
	    (!take_value(w, &key) || jread_kind(key) != JREAD_STRING || !take_byte(w, ':')))
		return false;
	if (!take_value(w, &value))
		return false;
	if (!take_byte(w, ','))
		w->rest = SPAN_NONE; /* that was the last, or it is no JSON from here on */
	*ret_key = key;
	*ret_value = value;
	return true;
}

struct span jread_member(struct span object, const char *name)
{
	struct jread_walk w = jread_begin(object);
	struct span key, value;

	while (w.is_object && jread_next(&w, &key, &value))
		if (jread_is(key, span_str(name)))
			return value;
	return SPAN_NONE;
}

/* ---- scalars ---- */

/* Four hexadecimal digits; -1: they are not there. */
static int32_t hex4(const uint8_t *p, const uint8_t *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t c = p[i], digit = (uint8_t)(c | 0x20);

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if (digit >= 'a' && digit <= 'f')
			v = v * 16 + (digit - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* The character of the \uXXXX at P (behind the u), a pair of them if it has to be;
 * U+FFFD for half a pair.  How many bytes it took; 0: it is none. */
static size_t unicode(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
	int32_t high = hex4(p, end), low = -1;

	if (high < 0)
		return 0;
	*ret = (uint32_t)high;
	if (high < 0xd800 || high > 0xdfff)
		return 4;
	if (high < 0xdc00 && end - p >= 10 && p[4] == '\\' && p[5] == 'u')
		low = hex4(p + 6, end);
	if (low < 0xdc00 || low > 0xdfff) {
		*ret = 0xfffd;
		return 4;
	}
	*ret = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 10;
}

static uint8_t escaped(uint8_t c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

bool jread_string(struct span value, uint8_t *buf, struct span *ret)
{
	const uint8_t *p, *end;
	size_t n = 0, len;
	uint32_t c;

	if (value.n < 2 || value.p[0] != '"')
		return false;
	p = value.p + 1;
	end = value.p + value.n - 1;
	if (memchr(p, '\\', (size_t)(end - p)) == NULL) {
		*ret = span_of(p, (size_t)(end - p));
		return true;
	}
	while (p < end) {
		if (*p != '\\' || p + 1 >= end) {
			buf[n++] = *p++;
		} else if (p[1] == 'u' && (len = unicode(p + 2, end, &c)) > 0) {
			n += utf8_put(buf + n, c);
			p += 2 + len;
		} else {
			buf[n++] = escaped(p[1]);
			p += 2;
		}
	}
	*ret = span_of(buf, n);
	return true;
}

bool jread_is(struct span value, struct span text)
{
	if (value.n < 2 || value.p[0] != '"')
		return false;
	/* Names with escapes in them are none that anybody looks for. */
	return span_eq(span_of(value.p + 1, value.n - 2), text);
}

bool jread_uint(struct span value, uint64_t *ret)
{
	uint64_t v = 0;

	if (value.n == 0 || value.n > 19)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
		v = v * 10 + (value.p[i] - '0');
	}
	*ret = v;
	return true;
}

bool jread_true(struct span value)
{
	return span_is(value, "true");
}
