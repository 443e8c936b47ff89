/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in place: members, elements, strings; and what is none.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "jread.h"

static uint8_t buf[256];

static struct span value(const char *text)
{
	return jread_value(span_str(text));
}

#define cr_is(s, text) cr_assert(span_is(s, text), "%.*s", (int)(s).n, (const char *)(s).p)

Test(jread, members_are_found_by_name_at_their_own_level_alone)
{
	struct span o =
		value(" {\"a\":{\"b\":1,\"c\":\"}\"} , \"b\" : [1,{\"b\":2}],\"c\":\"\"} rest");

	cr_is(jread_member(o, "b"), "[1,{\"b\":2}]");
	cr_is(jread_member(o, "c"), "\"\"");
	cr_is(jread_member(jread_member(o, "a"), "c"), "\"}\"");
	cr_assert(jread_member(o, "d").n == 0);
	cr_assert(jread_member(jread_member(o, "b"), "b").n == 0, "an array has no members");
	cr_assert(jread_member(SPAN_NONE, "b").n == 0);
}

Test(jread, elements_come_in_their_order)
{
	static const char *const elements[] = { "1", "\"a,]\"", "[2,3]", "{}", "null", "true" };
	struct jread_walk w = jread_begin(value("[1, \"a,]\",[2,3] ,{},null,true]"));
	struct span key, v;

	for (unsigned i = 0; i < ARRAY_LEN(elements); i++) {
		cr_assert(jread_next(&w, &key, &v));
		cr_assert(key.n == 0);
		cr_is(v, elements[i]);
	}
	cr_assert(not(jread_next(&w, &key, &v)));
}

Test(jread, kinds)
{
	static const struct {
		const char *text;
		enum jread_kind kind;
	} rows[] = {
		{ "{}", JREAD_OBJECT },	 { "[]", JREAD_ARRAY },	    { "\"\"", JREAD_STRING },
		{ "-1", JREAD_NUMBER },	 { "2e5", JREAD_NUMBER },   { "true", JREAD_BOOL },
		{ "false", JREAD_BOOL }, { "null", JREAD_NULL },    { "", JREAD_NONE },
		{ "nul", JREAD_NONE },	 { "truer", JREAD_NONE },   { "{\"a\":1", JREAD_NONE },
		{ "\"a", JREAD_NONE },	 { "\"a\\\"", JREAD_NONE },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(jread_kind(value(rows[i].text)) == rows[i].kind, "%s", rows[i].text);
}

Test(jread, strings_lose_their_escapes)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "\"plain\"", "plain" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\udc33!\"", "\xf0\x9f\x90\xb3!" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
					"A" },
		{ "\"\\udc33\"", "\xef\xbf\xbd" },
		{ "\"\\u00\"", "u00" },
	};
	struct span s;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert(jread_string(value(rows[i].json), buf, &s), "%s", rows[i].json);
		cr_is(s, rows[i].text);
	}
	cr_assert(jread_string(value("\"\\u0000\""), buf, &s));
	cr_assert(s.n == 1 && s.p[0] == 0);
	cr_assert(not(jread_string(value("12"), buf, &s)));
	cr_assert(not(jread_string(SPAN_NONE, buf, &s)));
}

Test(jread, whole_numbers_that_are_not_negative)
{
	uint64_t n = 7;

	cr_assert(jread_uint(value("65534"), &n) && n == 65534);
	cr_assert(not(jread_uint(value("-1"), &n)));
	cr_assert(not(jread_uint(value("1.5"), &n)));
	cr_assert(not(jread_uint(value("\"1\""), &n)));
	cr_assert(not(jread_uint(value("99999999999999999999"), &n)));
	cr_assert(n == 65534);
}

Test(jread, what_is_no_json_ends_the_walk)
{
	static const char *const texts[] = { "{\"a\" 1}", "{a:1}", "{1:2}", "{\"a\":}", "{,}",
					     "[,1]",	  "{",	   "[",	    "{\"a\"" };
	struct span key, v;

	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		struct jread_walk w = jread_begin(span_str(texts[i]));

		cr_assert(not(jread_next(&w, &key, &v)), "%s", texts[i]);
	}
}

Test(jread, nesting_costs_nothing)
{
	static char deep[1 << 20];

	memset(deep, '[', sizeof(deep) / 2);
	memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
	cr_assert(jread_value(span_of(deep, sizeof(deep))).n == sizeof(deep));
	cr_assert(jread_value(span_of(deep, sizeof(deep) - 1)).n == 0);
}
