/* SPDX-License-Identifier: Apache-2.0
 *
 * cursor.h -- reads one msgpack array from foreign bytes, element by element,
 * without an allocation.
 *
 * A cursor stands in an array.  Each read takes the next element; nil, and an
 * element behind the array's end, give the default, so that arrays can grow.
 * Anything else than the asked type, and any length that leads out of the bytes,
 * makes the cursor bad for good; then all reads give defaults, and
 * cursor_finish() says -EPROTO.  Only that one result must be looked at.
 * Spans that it gives point into the bytes.
 */
#ifndef MEWS_CURSOR_H
#define MEWS_CURSOR_H

#include "span.h"

/* How deep elements that nobody asked for may be nested. */
#define CURSOR_MAX_DEPTH 8

struct cursor {
	const uint8_t *p, *end;
	size_t left; /* elements to come in the array in which it stands */
	bool bad;
};

/* The first bytes of msgpack's types that are used here. */
enum {
	MP_FIXMAP = 0x80,
	MP_FIXARRAY = 0x90,
	MP_FIXSTR = 0xa0,
	MP_NIL = 0xc0,
	MP_FALSE = 0xc2,
	MP_TRUE = 0xc3,
	MP_BIN8 = 0xc4,
	MP_BIN16 = 0xc5,
	MP_BIN32 = 0xc6,
	MP_EXT8 = 0xc7,
	MP_FLOAT32 = 0xca,
	MP_FLOAT64 = 0xcb,
	MP_UINT8 = 0xcc,
	MP_UINT64 = 0xcf,
	MP_INT8 = 0xd0,
	MP_INT64 = 0xd3,
	MP_FIXEXT1 = 0xd4,
	MP_FIXEXT16 = 0xd8,
	MP_STR8 = 0xd9,
	MP_STR32 = 0xdb,
	MP_ARRAY16 = 0xdc,
	MP_ARRAY32 = 0xdd,
	MP_MAP16 = 0xde,
	MP_MAP32 = 0xdf,
	MP_NEGATIVE = 0xe0,
};

/* Stand in the array that BYTES are. */
struct cursor cursor_start(struct span bytes);

/* Skip what is left.  0 if all was well and BYTES end there; else -EPROTO. */
int cursor_finish(struct cursor *c);

/* Refuse: what was read makes no sense. */
static inline void cursor_fail(struct cursor *c)
{
	c->bad = true;
	c->left = 0;
	c->p = c->end;
}

/* Enter the next element, an array; nil is an empty one.  OUTER keeps the place
 * for cursor_leave(), which skips what was not read.  False: nil or missing. */
bool cursor_enter(struct cursor *c, size_t *outer);
void cursor_leave(struct cursor *c, size_t outer);

/* The same for a map: C->left counts keys and values. */
bool cursor_enter_map(struct cursor *c, size_t *outer);

/* The first byte of the next element, without taking it; MP_NIL if there is none. */
static inline uint8_t cursor_peek(const struct cursor *c)
{
	return c->left > 0 && c->p < c->end ? *c->p : MP_NIL;
}

/* Bytes of the whole next element, checked, at most DEPTH arrays or maps deep. */
struct span cursor_element(struct cursor *c, unsigned depth);

bool cursor_bool(struct cursor *c);
double cursor_double(struct cursor *c);

/* For the inline functions below. */
uint64_t cursor_uint_slow(struct cursor *c, uint8_t first, uint64_t otherwise);
int64_t cursor_int_slow(struct cursor *c, uint8_t first, int64_t otherwise);
struct span cursor_span_slow(struct cursor *c, uint8_t first);

static inline uint64_t cursor_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "x86-64 and arm64 are little-endian");

static inline uint64_t cursor_uint(struct cursor *c, uint64_t otherwise)
{
	uint8_t first;

	if (__builtin_expect(c->left == 0, 0))
		return otherwise;
	c->left--;
	if (__builtin_expect(c->p == c->end, 0)) {
		cursor_fail(c);
		return otherwise;
	}
	first = *c->p++;
	if (first < 0x80)
		return first;
	if ((uint8_t)(first - MP_UINT8) < 4 && c->end - c->p >= 8) {
		/* All four lengths alike: load eight bytes, keep the first ones. */
		unsigned n = 1u << (first - MP_UINT8);
		uint64_t v = cursor_load64(c->p) >> (64 - 8 * n);

		c->p += n;
		return v;
	}
	return cursor_uint_slow(c, first, otherwise);
}

static inline int64_t cursor_int(struct cursor *c, int64_t otherwise)
{
	uint8_t first;

	if (__builtin_expect(c->left == 0, 0))
		return otherwise;
	c->left--;
	if (__builtin_expect(c->p == c->end, 0)) {
		cursor_fail(c);
		return otherwise;
	}
	first = *c->p++;
	if (first < 0x80 || first >= MP_NEGATIVE)
		return (int8_t)first;
	if ((uint8_t)(first - MP_UINT8) < 3 && c->end - c->p >= 8) {
		unsigned n = 1u << (first - MP_UINT8);
		uint64_t v = cursor_load64(c->p) >> (64 - 8 * n);

		c->p += n;
		return (int64_t)v;
	}
	return cursor_int_slow(c, first, otherwise);
}

/* A bin; nil is empty. */
static inline struct span cursor_span(struct cursor *c)
{
	uint8_t first;

	if (__builtin_expect(c->left == 0, 0))
		return SPAN_NONE;
	c->left--;
	if (__builtin_expect(c->p == c->end, 0)) {
		cursor_fail(c);
		return SPAN_NONE;
	}
	first = *c->p++;
	if (first == MP_BIN8 && c->end - c->p >= 1 && c->end - c->p - 1 >= c->p[0]) {
		struct span s = { c->p + 1, c->p[0] };

		c->p += 1 + s.n;
		return s;
	}
	if (first == MP_NIL)
		return SPAN_NONE;
	return cursor_span_slow(c, first);
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	uint64_t v = cursor_uint(c, 0);

	if (__builtin_expect(v > UINT32_MAX, 0))
		cursor_fail(c);
	return (uint32_t)v;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	uint64_t v = cursor_uint(c, 0);

	if (__builtin_expect(v > UINT16_MAX, 0))
		cursor_fail(c);
	return (uint16_t)v;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	uint64_t v = cursor_uint(c, 0);

	if (__builtin_expect(v > UINT8_MAX, 0))
		cursor_fail(c);
	return (uint8_t)v;
}

#endif
