/* SPDX-License-Identifier: Apache-2.0
 *
 * cursor.c -- the cursor's rarer paths: long strings, numbers at the very end of
 * the bytes, arrays, and elements that are skipped.
 */
#include "cursor.h"

static size_t room(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* N bytes, big-endian, at most 8. */
static uint64_t take_be(struct cursor *c, unsigned n)
{
	uint64_t v = 0;

	if (room(c) < n) {
		cursor_fail(c);
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		v = v << 8 | *c->p++;
	return v;
}

static void take_bytes(struct cursor *c, uint64_t n)
{
	if (room(c) < n)
		cursor_fail(c);
	else
		c->p += n;
}

/* The first byte of the next element.  False: there is none, or the bytes end. */
static bool take_first(struct cursor *c, uint8_t *ret_first)
{
	if (c->left == 0)
		return false;
	c->left--;
	if (c->p == c->end) {
		cursor_fail(c);
		return false;
	}
	*ret_first = *c->p++;
	return true;
}

/* An int of any form, whose first byte was taken; false: it is none, or the bytes end. */
static bool take_int(struct cursor *c, uint8_t first, bool *ret_negative, uint64_t *ret)
{
	unsigned n = 1u << ((first - MP_UINT8) & 3);
	uint64_t v;

	*ret_negative = false;
	if (first < 0x80 || first >= MP_NEGATIVE) {
		*ret_negative = first >= 0x80;
		*ret = (uint64_t)(int8_t)first;
		return true;
	}
	if (first < MP_UINT8 || first > MP_INT64) {
		cursor_fail(c);
		return false;
	}
	v = take_be(c, n);
	if (first >= MP_INT8 && v >> (8 * n - 1) != 0) {
		*ret_negative = true;
		v |= n < 8 ? UINT64_MAX << (8 * n) : 0;
	}
	*ret = v;
	return !c->bad;
}

struct cursor_uint cursor_uint_slow(struct cursor c, uint64_t otherwise)
{
	uint8_t first;
	bool negative;
	uint64_t v;

	c.left++;
	if (!take_first(&c, &first) || first == MP_NIL || !take_int(&c, first, &negative, &v))
		return (struct cursor_uint){ c, otherwise };
	if (negative) {
		cursor_fail(&c);
		v = otherwise;
	}
	return (struct cursor_uint){ c, v };
}

struct cursor_int cursor_int_slow(struct cursor c, int64_t otherwise)
{
	uint8_t first;
	bool negative;
	uint64_t v;

	c.left++;
	if (!take_first(&c, &first) || first == MP_NIL || !take_int(&c, first, &negative, &v))
		return (struct cursor_int){ c, otherwise };
	if (!negative && v > INT64_MAX) {
		cursor_fail(&c);
		v = (uint64_t)otherwise;
	}
	return (struct cursor_int){ c, (int64_t)v };
}

struct cursor_span cursor_span_slow(struct cursor c)
{
	struct span s;
	uint8_t first;

	c.left++;
	if (!take_first(&c, &first) || first == MP_NIL)
		return (struct cursor_span){ c, SPAN_NONE };
	if (first < MP_BIN8 || first > MP_BIN32) {
		cursor_fail(&c);
		return (struct cursor_span){ c, SPAN_NONE };
	}
	s.n = take_be(&c, 1u << (first - MP_BIN8));
	s.p = c.p;
	take_bytes(&c, s.n);
	return (struct cursor_span){ c, c.bad ? SPAN_NONE : s };
}

/* The number of elements of an array that begins with FIRST; -1: it is none. */
static int64_t array_count(struct cursor *c, uint8_t first)
{
	if ((first & 0xf0) == MP_FIXARRAY)
		return first & 0x0f;
	if (first == MP_ARRAY16)
		return (int64_t)take_be(c, 2);
	if (first == MP_ARRAY32)
		return (int64_t)take_be(c, 4);
	return -1;
}

static int64_t map_count(struct cursor *c, uint8_t first)
{
	if ((first & 0xf0) == MP_FIXMAP)
		return first & 0x0f;
	if (first == MP_MAP16)
		return (int64_t)take_be(c, 2);
	if (first == MP_MAP32)
		return (int64_t)take_be(c, 4);
	return -1;
}

/* Every element takes a byte at least: a larger count is a lie, and is not
 * believed before a loop runs over it. */
static void stand_in(struct cursor *c, int64_t count)
{
	if (c->bad || count < 0 || (uint64_t)count > room(c))
		cursor_fail(c);
	else
		c->left = (size_t)count;
}

struct cursor cursor_enter_slow(struct cursor c)
{
	uint8_t first;

	c.left = 1;
	if (take_first(&c, &first) && first != MP_NIL)
		stand_in(&c, array_count(&c, first));
	return c;
}

bool cursor_enter_map(struct cursor *c, size_t *outer)
{
	uint8_t first = MP_NIL;
	bool there = take_first(c, &first) && first != MP_NIL;

	*outer = c->left;
	c->left = 0;
	if (there) {
		int64_t count = map_count(c, first);

		stand_in(c, count < 0 ? -1 : 2 * count);
	}
	return there && !c->bad;
}

static void skip(struct cursor *c, unsigned depth);

/* COUNT elements, one level down. */
static void skip_all(struct cursor *c, int64_t count, unsigned depth)
{
	size_t outer = c->left;

	if (depth == 0) {
		cursor_fail(c);
		return;
	}
	stand_in(c, count);
	while (c->left > 0)
		skip(c, depth - 1);
	if (!c->bad)
		c->left = outer;
}

/* Types with a length or a size of their own; containers are dealt with. */
static void skip_scalar(struct cursor *c, uint8_t first)
{
	if (first < 0x80 || first >= MP_NEGATIVE || first == MP_NIL || first == MP_FALSE ||
	    first == MP_TRUE)
		return;
	if ((first & 0xe0) == MP_FIXSTR)
		take_bytes(c, first & 0x1f);
	else if (first >= MP_BIN8 && first <= MP_BIN32)
		take_bytes(c, take_be(c, 1u << (first - MP_BIN8)));
	else if (first >= MP_EXT8 && first < MP_FLOAT32)
		take_bytes(c, take_be(c, 1u << (first - MP_EXT8)) + 1);
	else if (first == MP_FLOAT32 || first == MP_FLOAT64)
		take_bytes(c, first == MP_FLOAT32 ? 4 : 8);
	else if (first >= MP_UINT8 && first <= MP_INT64)
		take_bytes(c, 1u << ((first - MP_UINT8) & 3));
	else if (first >= MP_FIXEXT1 && first <= MP_FIXEXT16)
		take_bytes(c, (1u << (first - MP_FIXEXT1)) + 1);
	else if (first >= MP_STR8 && first <= MP_STR32)
		take_bytes(c, take_be(c, 1u << (first - MP_STR8)));
	else
		cursor_fail(c);
}

static void skip(struct cursor *c, unsigned depth)
{
	uint8_t first;
	int64_t count;

	if (!take_first(c, &first))
		return;
	if ((count = array_count(c, first)) >= 0)
		skip_all(c, count, depth);
	else if ((count = map_count(c, first)) >= 0)
		skip_all(c, 2 * count, depth);
	else
		skip_scalar(c, first);
}

struct span cursor_element(struct cursor *c, unsigned depth)
{
	const uint8_t *from = c->p;

	if (c->left == 0)
		return SPAN_NONE;
	skip(c, depth);
	return c->bad ? SPAN_NONE : span_of(from, (size_t)(c->p - from));
}

struct cursor cursor_skip_rest(struct cursor c)
{
	while (c.left > 0)
		skip(&c, CURSOR_MAX_DEPTH);
	return c;
}

bool cursor_bool(struct cursor *c)
{
	uint8_t first;

	if (!take_first(c, &first) || first == MP_NIL || first == MP_FALSE)
		return false;
	if (first != MP_TRUE)
		cursor_fail(c);
	return first == MP_TRUE;
}

double cursor_double(struct cursor *c)
{
	uint8_t first;
	uint64_t bits;
	double d;

	if (!take_first(c, &first) || first == MP_NIL)
		return 0;
	if (first != MP_FLOAT64)
		cursor_fail(c);
	bits = take_be(c, 8);
	memcpy(&d, &bits, sizeof(d));
	return c->bad ? 0 : d;
}
