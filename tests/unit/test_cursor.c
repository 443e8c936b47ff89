/* SPDX-License-Identifier: Apache-2.0
 *
 * The cursor reads every form of msgpack's numbers and strings, at any distance
 * from either end of the bytes, and refuses the rest.
 */
#include <stdlib.h>

#include <criterion/criterion.h>
#include <msgpack.h>

#include "cursor.h"
#include "pack.h"

#define S(text) span_of(text, sizeof(text) - 1)

/* An array of BEFORE times 1, VALUE, AFTER times 2, in memory of just that size. */
static struct span around(struct span value, unsigned before, unsigned after, uint8_t **ret_mem)
{
	uint8_t *p = *ret_mem = malloc(3 + before + value.n + after);

	*p++ = 0xdc;
	*p++ = 0;
	*p++ = (uint8_t)(before + 1 + after);
	memset(p, 1, before);
	memcpy(p + before, value.p, value.n);
	memset(p + before + value.n, 2, after);
	return span_of(*ret_mem, 3 + before + value.n + after);
}

/* As an unsigned and as a signed number, at all places: the loads of eight bytes
 * must not care how near the ends are. */
static void check_int(struct span form, bool negative, uint64_t want)
{
	for (unsigned before = 0; before < 12; before++) {
		for (unsigned after = 0; after < 12; after++) {
			uint8_t *mem;
			struct span s = around(form, before, after, &mem);
			struct cursor u = cursor_start(s), i = u;
			bool fits = !negative && want > INT64_MAX;
			uint64_t got_u;
			int64_t got_i;

			for (unsigned k = 0; k < before; k++)
				cr_assert(cursor_uint(&u, 9) == 1 && cursor_int(&i, 9) == 1);
			got_u = cursor_uint(&u, 9);
			got_i = cursor_int(&i, 9);
			cr_assert(u.bad == negative && i.bad == fits, "%u %u", before, after);
			cr_assert(got_u == (negative ? 9 : want), "%u %u", before, after);
			cr_assert(got_i == (fits ? 9 : (int64_t)want), "%u %u", before, after);
			cr_assert((cursor_finish(&u) == 0) == !negative);
			cr_assert((cursor_finish(&i) == 0) == !fits);
			free(mem);
		}
	}
}

Test(cursor, numbers_of_all_forms_at_all_places)
{
	check_int(S("\x00"), false, 0);
	check_int(S("\x7f"), false, 127);
	check_int(S("\xe0"), true, (uint64_t)-32);
	check_int(S("\xff"), true, (uint64_t)-1);
	check_int(S("\xcc\x80"), false, 128);
	check_int(S("\xcc\x01"), false, 1);
	check_int(S("\xcd\x01\x02"), false, 0x0102);
	check_int(S("\xce\xfe\x02\x03\x04"), false, 0xfe020304);
	check_int(S("\xcf\x01\x02\x03\x04\x05\x06\x07\x08"), false, 0x0102030405060708);
	check_int(S("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), false, UINT64_MAX);
	check_int(S("\xd0\x80"), true, (uint64_t)-128);
	check_int(S("\xd0\x05"), false, 5);
	check_int(S("\xd1\x80\x00"), true, (uint64_t)-32768);
	check_int(S("\xd1\x01\x00"), false, 256);
	check_int(S("\xd2\xff\xff\xff\x00"), true, (uint64_t)-256);
	check_int(S("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), true, (uint64_t)INT64_MIN);
	check_int(S("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), false, INT64_MAX);
}

/* The same numbers as msgpack-c packs them. */
Test(cursor, numbers_as_msgpack_c_packs_them)
{
	for (unsigned shift = 0; shift < 64; shift++) {
		for (int delta = -2; delta <= 2; delta++) {
			uint64_t u = (UINT64_C(1) << shift) + (uint64_t)(int64_t)delta;
			msgpack_sbuffer sb;
			msgpack_packer pk;
			struct cursor c;

			msgpack_sbuffer_init(&sb);
			msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
			msgpack_pack_array(&pk, 2);
			msgpack_pack_uint64(&pk, u);
			msgpack_pack_int64(&pk, (int64_t)u);
			c = cursor_start(span_of(sb.data, sb.size));
			cr_assert(cursor_uint(&c, 0) == u && cursor_int(&c, 0) == (int64_t)u);
			cr_assert(cursor_finish(&c) == 0);
			msgpack_sbuffer_destroy(&sb);
		}
	}
}

Test(cursor, packed_numbers_are_msgpack_cs)
{
	for (unsigned shift = 0; shift < 64; shift++) {
		for (int delta = -2; delta <= 2; delta++) {
			int64_t i = (int64_t)((UINT64_C(1) << shift) + (uint64_t)(int64_t)delta);
			msgpack_sbuffer sb;
			msgpack_packer theirs;
			struct pack ours;
			uint8_t buf[32];

			msgpack_sbuffer_init(&sb);
			msgpack_packer_init(&theirs, &sb, msgpack_sbuffer_write);
			msgpack_pack_int64(&theirs, i);
			msgpack_pack_uint64(&theirs, (uint64_t)i);
			pack_init(&ours, buf, sizeof(buf));
			pack_int64(&ours, i);
			pack_uint64(&ours, (uint64_t)i);
			cr_assert(span_eq(span_of(buf, (size_t)pack_length(&ours)),
					  span_of(sb.data, sb.size)));
			msgpack_sbuffer_destroy(&sb);
		}
	}
}

Test(cursor, strings_of_all_lengths)
{
	static const size_t lengths[] = { 0, 1, 31, 32, 255, 256, 65535, 65536, 100000 };

	for (unsigned k = 0; k < ARRAY_LEN(lengths); k++) {
		size_t n = lengths[k];
		uint8_t *bytes = malloc(n + 1), *buf = malloc(n + 16);
		struct cursor c;
		struct pack pk;
		struct span s;

		memset(bytes, 'x', n);
		pack_init(&pk, buf, n + 16);
		pack_array(&pk, 2);
		pack_span(&pk, span_of(bytes, n));
		pack_uint8(&pk, 7);
		c = cursor_start(span_of(buf, (size_t)pack_length(&pk)));
		s = cursor_span(&c);
		cr_assert(span_eq(s, span_of(bytes, n)) && cursor_uint(&c, 0) == 7);
		cr_assert(cursor_finish(&c) == 0);
		for (size_t cut = 1; cut <= n + 1 && cut < 40; cut++) {
			c = cursor_start(span_of(buf, (size_t)pack_length(&pk) - cut));
			cursor_span(&c);
			cursor_uint(&c, 0);
			cr_assert(cursor_finish(&c) == -EPROTO);
		}
		free(bytes);
		free(buf);
	}
}

Test(cursor, what_is_missing_or_nil_is_the_default)
{
	struct cursor c = cursor_start(S("\x94\xc0\xc0\xc0\xc0"));
	size_t outer;

	cr_assert(cursor_uint(&c, 5) == 5 && cursor_int(&c, -5) == -5);
	cr_assert(cursor_span(&c).n == 0 && !cursor_bool(&c));
	cr_assert(cursor_uint(&c, 6) == 6 && cursor_int(&c, -6) == -6);
	cr_assert(cursor_span(&c).n == 0 && !cursor_bool(&c) && cursor_double(&c) == 0);
	cr_assert(!cursor_enter(&c, &outer));
	cursor_leave(&c, outer);
	cr_assert(cursor_element(&c, 1).n == 0 && cursor_peek(&c) == MP_NIL);
	cr_assert(cursor_finish(&c) == 0);
}

Test(cursor, other_types_are_refused_and_nothing_is_read_behind_them)
{
	/* 1, "a" as str, [], {}, 1.0, ext */
	static const struct {
		struct span form;
		bool is_int, is_span, is_array, is_map, is_double;
	} rows[] = {
		{ { (const uint8_t *)"\x01", 1 }, true, false, false, false, false },
		{ { (const uint8_t *)"\xa1\x61", 2 }, false, false, false, false, false },
		{ { (const uint8_t *)"\xc4\x00", 2 }, false, true, false, false, false },
		{ { (const uint8_t *)"\x90", 1 }, false, false, true, false, false },
		{ { (const uint8_t *)"\x80", 1 }, false, false, false, true, false },
		{ { (const uint8_t *)"\xcb\0\0\0\0\0\0\0\0", 9 },
		  false,
		  false,
		  false,
		  false,
		  true },
		{ { (const uint8_t *)"\xca\0\0\0\0", 5 }, false, false, false, false, false },
		{ { (const uint8_t *)"\xd4\x01\x02", 3 }, false, false, false, false, false },
		{ { (const uint8_t *)"\xc1", 1 }, false, false, false, false, false },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t *mem;
		struct span s = around(rows[i].form, 0, 1, &mem);
		struct cursor c;
		size_t outer;

		c = cursor_start(s);
		cursor_uint(&c, 0);
		cr_assert(c.bad == !rows[i].is_int && cursor_uint(&c, 9) == (c.bad ? 9 : 2), "%u",
			  i);
		c = cursor_start(s);
		cursor_int(&c, 0);
		cr_assert(c.bad == !rows[i].is_int, "%u", i);
		c = cursor_start(s);
		cursor_span(&c);
		cr_assert(c.bad == !rows[i].is_span && cursor_int(&c, 9) == (c.bad ? 9 : 2), "%u",
			  i);
		c = cursor_start(s);
		cursor_enter(&c, &outer);
		cr_assert(c.bad == !rows[i].is_array, "%u", i);
		c = cursor_start(s);
		cursor_enter_map(&c, &outer);
		cr_assert(c.bad == !rows[i].is_map, "%u", i);
		c = cursor_start(s);
		cursor_double(&c);
		cr_assert(c.bad == !rows[i].is_double, "%u", i);
		c = cursor_start(s);
		cursor_bool(&c);
		cr_assert(c.bad, "%u", i);
		free(mem);
	}
}

Test(cursor, arrays_nest_and_what_is_not_read_is_skipped)
{
	/* [1, [2, [3, 4], "x", 5], {6: [7]}, 8] */
	struct cursor c =
		cursor_start(S("\x94\x01\x94\x02\x92\x03\x04\xc4\x01x\x05\x81\x06\x91\x07\x08"));
	size_t outer, inner;

	cr_assert(cursor_uint(&c, 0) == 1 && cursor_enter(&c, &outer));
	cr_assert(cursor_uint(&c, 0) == 2 && cursor_enter(&c, &inner));
	cr_assert(cursor_uint(&c, 0) == 3);
	cursor_leave(&c, inner);
	cr_assert(span_is(cursor_span(&c), "x"));
	cursor_leave(&c, outer);
	cr_assert(cursor_enter_map(&c, &outer) && c.left == 2);
	cr_assert(cursor_uint(&c, 0) == 6);
	cursor_leave(&c, outer);
	cr_assert(cursor_uint(&c, 0) == 8 && cursor_finish(&c) == 0);
}

Test(cursor, elements_are_given_whole)
{
	static const struct span elements[] = {
		{ (const uint8_t *)"\x05", 1 },
		{ (const uint8_t *)"\xff", 1 },
		{ (const uint8_t *)"\xc0", 1 },
		{ (const uint8_t *)"\xc3", 1 },
		{ (const uint8_t *)"\xa2hi", 3 },
		{ (const uint8_t *)"\xd9\x02hi", 4 },
		{ (const uint8_t *)"\xda\x00\x02hi", 5 },
		{ (const uint8_t *)"\xc5\x00\x02hi", 5 },
		{ (const uint8_t *)"\xcd\x00\x02", 3 },
		{ (const uint8_t *)"\xd2\x00\x02hi", 5 },
		{ (const uint8_t *)"\xca\x00\x02hi", 5 },
		{ (const uint8_t *)"\xd5\x00\x02h", 4 },
		{ (const uint8_t *)"\xc7\x02\x00hi", 5 },
		{ (const uint8_t *)"\xd8\x00"
				   "0123456789abcdef",
		  18 },
		{ (const uint8_t *)"\x92\x01\x91\x02", 4 },
		{ (const uint8_t *)"\xde\x00\x01\x01\x90", 5 },
		{ (const uint8_t *)"\xdd\x00\x00\x00\x01\x01", 6 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(elements); i++) {
		uint8_t *mem;
		struct span s = around(elements[i], 0, 1, &mem);
		struct cursor c = cursor_start(s);

		cr_assert(span_eq(cursor_element(&c, 2), elements[i]), "%u", i);
		cr_assert(cursor_uint(&c, 0) == 2 && cursor_finish(&c) == 0, "%u", i);
		free(mem);
	}
}

Test(cursor, nesting_has_an_end)
{
	struct cursor c = cursor_start(S("\x91\x91\x91\x05"));

	cr_assert(cursor_element(&c, 2).n == 3);
	c = cursor_start(S("\x91\x91\x91\x05"));
	cr_assert(cursor_element(&c, 1).n == 0 && c.bad);
}

/* A count of four thousand million must not make a loop of it. */
Test(cursor, counts_beyond_the_bytes_are_not_believed)
{
	static const struct span lies[] = {
		{ (const uint8_t *)"\xdd\xff\xff\xff\xff", 5 },
		{ (const uint8_t *)"\x91\xdd\xff\xff\xff\xff", 6 },
		{ (const uint8_t *)"\x91\xdf\xff\xff\xff\xff", 6 },
		{ (const uint8_t *)"\x91\xdf\x80\x00\x00\x00\x01", 7 },
		{ (const uint8_t *)"\x9f\x01", 2 },
		{ (const uint8_t *)"\x91\xc6\xff\xff\xff\xff", 6 },
		{ (const uint8_t *)"\x91\xdb\xff\xff\xff\xff", 6 },
		{ (const uint8_t *)"\x91\xc9\xff\xff\xff\xff", 6 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(lies); i++) {
		struct cursor c = cursor_start(lies[i]);

		cr_assert(cursor_finish(&c) == -EPROTO, "%u", i);
	}
	cr_assert(cursor_finish(&(struct cursor){ .bad = true }) == -EPROTO);
}

Test(cursor, nothing_is_no_array)
{
	struct cursor c = cursor_start(SPAN_NONE);

	cr_assert(cursor_finish(&c) == -EPROTO);
	c = cursor_start(S("\xc0"));
	cr_assert(cursor_finish(&c) == -EPROTO);
}
