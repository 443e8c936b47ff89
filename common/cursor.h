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

#include <errno.h>

#include "span.h"

/* How deep elements that nobody asked for may be nested. */
#define CURSOR_MAX_DEPTH 8

struct cursor {
	const uint8_t *start, *p, *end;
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
	MP_UINT16 = 0xcd,
	MP_UINT32 = 0xce,
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

/* Stand before BYTES, which are one element. */
static inline struct cursor cursor_before(struct span bytes)
{
	static const uint8_t none[1]; /* so that there is an address to count from */
	const uint8_t *p = bytes.n > 0 ? bytes.p : none;

	return (struct cursor){ p, p, p + bytes.n, 1, false };
}

/* Refuse: what was read makes no sense. */
static inline void cursor_fail(struct cursor *c)
{
	c->bad = true;
	c->left = 0;
	c->p = c->end;
}

/* The fast paths are inlined whole and the slow ones take the cursor by value, so
 * that in a decoder it lives in registers: through memory, each element would wait
 * for the store of the one before it. */
#define CURSOR_INLINE static inline __attribute__((always_inline))

struct cursor_uint {
	struct cursor c;
	uint64_t v;
};
struct cursor_int {
	struct cursor c;
	int64_t v;
};
struct cursor_span {
	struct cursor c;
	struct span v;
};

/* C stands at the element, which LEFT does not count any more. */
struct cursor_uint cursor_uint_slow(struct cursor c, uint64_t otherwise);
struct cursor_int cursor_int_slow(struct cursor c, int64_t otherwise);
struct cursor_span cursor_span_slow(struct cursor c);
struct cursor cursor_enter_slow(struct cursor c);
struct cursor cursor_skip_rest(struct cursor c);

/* The first byte of the next element, without taking it; MP_NIL if there is none. */
CURSOR_INLINE uint8_t cursor_peek(const struct cursor *c)
{
	return c->left > 0 && c->p < c->end ? *c->p : MP_NIL;
}

/* Bytes of the whole next element, checked, at most DEPTH arrays or maps deep. */
struct span cursor_element(struct cursor *c, unsigned depth);

bool cursor_bool(struct cursor *c);
double cursor_double(struct cursor *c);

/* Enter the next element, a map: C->left then counts keys and values. */
bool cursor_enter_map(struct cursor *c, size_t *outer);

/* Enter the next element, an array; nil is an empty one.  OUTER keeps the place
 * for cursor_leave(), which skips what was not read.  False: nil or missing. */
CURSOR_INLINE bool cursor_enter(struct cursor *c, size_t *outer)
{
	uint8_t first = cursor_peek(c);

	if (__builtin_expect(c->left == 0, 0)) {
		*outer = 0;
		return false;
	}
	*outer = c->left - 1;
	c->left = first & 0x0f;
	if (__builtin_expect((first & 0xf0) == MP_FIXARRAY && (size_t)(c->end - c->p) > c->left,
			     1)) {
		c->p++;
		return true;
	}
	if (first == MP_NIL && c->p < c->end) {
		c->p++;
		c->left = 0;
		return false;
	}
	*c = cursor_enter_slow(*c);
	return first != MP_NIL && !c->bad;
}

/* Is the next element what cursor_enter() takes? */
CURSOR_INLINE bool cursor_at_array(const struct cursor *c)
{
	uint8_t first = cursor_peek(c);

	return (first & 0xf0) == MP_FIXARRAY || first == MP_ARRAY16 || first == MP_ARRAY32 ||
	       first == MP_NIL;
}

CURSOR_INLINE void cursor_leave(struct cursor *c, size_t outer)
{
	if (__builtin_expect(c->left > 0, 0))
		*c = cursor_skip_rest(*c);
	c->left = c->bad ? 0 : outer;
}

/* Stand in the array that BYTES are. */
CURSOR_INLINE struct cursor cursor_start(struct span bytes)
{
	struct cursor c = cursor_before(bytes);
	size_t outer;

	if (!cursor_enter(&c, &outer))
		cursor_fail(&c);
	return c;
}

/* ---- numbers in full width: P points at the first byte of one ---- */

CURSOR_INLINE uint16_t cursor_wide16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p + 1, sizeof(v));
	return __builtin_bswap16(v);
}

CURSOR_INLINE uint32_t cursor_wide32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p + 1, sizeof(v));
	return __builtin_bswap32(v);
}

CURSOR_INLINE uint64_t cursor_wide64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p + 1, sizeof(v));
	return __builtin_bswap64(v);
}

/* COUNT elements that the caller has looked at himself, N bytes in all. */
CURSOR_INLINE void cursor_pass(struct cursor *c, size_t n, size_t count)
{
	c->p += n;
	c->left -= count;
}

/* Skip what is left.  0 if all was well and the bytes end there; else -EPROTO. */
CURSOR_INLINE int cursor_finish(struct cursor *c)
{
	cursor_leave(c, 0);
	return c->bad || c->p != c->end ? -EPROTO : 0;
}

/* The N = 1, 2, 4 or 8 bytes behind the one at C->p, as a number in the upper end of a
 * word, without a branch on N: eight bytes from there, or, close to the end, the
 * eight that end with them.  False: near both ends, or not there. */
CURSOR_INLINE bool cursor_load(const struct cursor *c, unsigned n, uint64_t *ret)
{
	uint64_t v;

	if (__builtin_expect(c->end - c->p > 8, 1)) {
		memcpy(&v, c->p + 1, sizeof(v));
		*ret = __builtin_bswap64(v);
		return true;
	}
	if (c->end - c->p > (ptrdiff_t)n && c->p - c->start >= 8) {
		memcpy(&v, c->p + 1 + n - 8, sizeof(v));
		*ret = __builtin_bswap64(v) << (64 - 8 * n);
		return true;
	}
	return false;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "x86-64 and arm64 are little-endian");

CURSOR_INLINE uint64_t cursor_uint(struct cursor *c, uint64_t otherwise)
{
	struct cursor_uint slow;

	if (__builtin_expect(c->left == 0, 0))
		return otherwise;
	c->left--;
	if (__builtin_expect(c->p < c->end, 1)) {
		uint8_t first = *c->p;
		unsigned n = 1u << ((first - MP_UINT8) & 3);
		uint64_t v;

		if (first < 0x80) {
			c->p++;
			return first;
		}
		if ((uint8_t)(first - MP_UINT8) < 4 && cursor_load(c, n, &v)) {
			c->p += 1 + n;
			return v >> (64 - 8 * n);
		}
	}
	slow = cursor_uint_slow(*c, otherwise);
	*c = slow.c;
	return slow.v;
}

CURSOR_INLINE int64_t cursor_int(struct cursor *c, int64_t otherwise)
{
	struct cursor_int slow;

	if (__builtin_expect(c->left == 0, 0))
		return otherwise;
	c->left--;
	if (__builtin_expect(c->p < c->end, 1)) {
		uint8_t first = *c->p;
		unsigned n = 1u << ((first - MP_UINT8) & 3);
		uint64_t v;

		if (first < 0x80 || first >= MP_NEGATIVE) {
			c->p++;
			return (int8_t)first;
		}
		if ((uint8_t)(first - MP_UINT8) < 8 && first != MP_UINT64 &&
		    cursor_load(c, n, &v)) {
			c->p += 1 + n;
			return first >= MP_INT8 ? (int64_t)v >> (64 - 8 * n)
						: (int64_t)(v >> (64 - 8 * n));
		}
	}
	slow = cursor_int_slow(*c, otherwise);
	*c = slow.c;
	return slow.v;
}

/* A bin; nil is empty. */
CURSOR_INLINE struct span cursor_span(struct cursor *c)
{
	struct cursor_span slow;

	if (__builtin_expect(c->left == 0, 0))
		return SPAN_NONE;
	c->left--;
	if (__builtin_expect(c->end - c->p >= 2, 1)) {
		uint8_t first = c->p[0], n = c->p[1];

		if (first == MP_NIL) {
			c->p++;
			return SPAN_NONE;
		}
		if (first == MP_BIN8 && c->end - c->p - 2 >= n) {
			struct span s = { c->p + 2, n };

			c->p += 2 + n;
			return s;
		}
	}
	slow = cursor_span_slow(*c);
	*c = slow.c;
	return slow.v;
}

CURSOR_INLINE uint32_t cursor_u32(struct cursor *c)
{
	uint64_t v = cursor_uint(c, 0);

	if (__builtin_expect(v > UINT32_MAX, 0))
		cursor_fail(c);
	return (uint32_t)v;
}

CURSOR_INLINE uint16_t cursor_u16(struct cursor *c)
{
	uint64_t v = cursor_uint(c, 0);

	if (__builtin_expect(v > UINT16_MAX, 0))
		cursor_fail(c);
	return (uint16_t)v;
}

CURSOR_INLINE uint8_t cursor_u8(struct cursor *c)
{
	uint64_t v = cursor_uint(c, 0);

	if (__builtin_expect(v > UINT8_MAX, 0))
		cursor_fail(c);
	return (uint8_t)v;
}

#endif
