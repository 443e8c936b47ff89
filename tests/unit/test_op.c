/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparisons, patterns, path prefixes and regular expressions, each against
 * rows of what must match and what must not.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fnmatch.h>

#include "glob.h"
#include "op.h"
#include "pmatch.h"
#include "regex_shim.h"

static struct value text(const char *s)
{
	return (struct value){ .kind = VALUE_STRING, .type = PT_CHARBUF, .s = span_str(s) };
}

static bool compare_text(enum op_id op, const char *left, const char *right)
{
	struct value v = text(left);
	struct op_right r = { .s = span_str(right) };

	return op_comparison(op, GROUP_STRING)(&v, &r);
}

Test(op, strings_compare_as_bytes)
{
	static const struct {
		enum op_id op;
		const char *left, *right;
		bool is;
	} rows[] = {
		{ OP_EQ, "cat", "cat", true },
		{ OP_EQ, "cat", "ca", false },
		{ OP_NE, "cat", "cat", false },
		{ OP_NE, "", "x", true },
		{ OP_LT, "ab", "abc", true },
		{ OP_GT, "b", "abc", true },
		{ OP_GE, "\xff", "a", true },
		{ OP_CONTAINS, "/etc/shadow", "tc/s", true },
		{ OP_CONTAINS, "abc", "", true },
		{ OP_CONTAINS, "", "a", false },
		{ OP_ICONTAINS, "Hello World", "lO w", true },
		{ OP_ICONTAINS, "abc", "abcd", false },
		{ OP_ICONTAINS, "", "", true },
		{ OP_ICONTAINS, "xyzABC", "abc", true },
		{ OP_STARTSWITH, "/etc", "/etc/", false },
		{ OP_STARTSWITH, "/etc/x", "/etc/", true },
		{ OP_ENDSWITH, "x.sh", ".sh", true },
		{ OP_ENDSWITH, "sh", ".sh", false },
		{ OP_GLOB, "/home/u/.ssh/id", "/home/*/.ssh/*", true },
		{ OP_IGLOB, "ABC", "a[a-c]c", true },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect(compare_text(rows[i].op, rows[i].left, rows[i].right) == rows[i].is,
			  "'%s' %s '%s'", rows[i].left, op_info(rows[i].op)->name, rows[i].right);
}

Test(op, numbers_compare_by_their_own_sign)
{
	struct value minus = { .kind = VALUE_INT, .type = PT_INT64, .i = -1 };
	struct value big = { .kind = VALUE_UINT, .type = PT_UINT64, .u = UINT64_MAX };
	struct op_right zero = { .u = 0 }, ones = { .u = UINT64_MAX };

	cr_assert(op_comparison(OP_LT, GROUP_NUMBER)(&minus, &zero));
	cr_assert(op_comparison(OP_GT, GROUP_NUMBER)(&big, &zero));
	cr_assert(op_comparison(OP_EQ, GROUP_NUMBER)(&minus, &ones));
	cr_assert(op_comparison(OP_EQ, GROUP_NUMBER)(&big, &ones));
}

Test(op, a_value_of_another_kind_never_compares)
{
	struct value s = text("1");
	struct op_right one = { .u = 1 };

	cr_assert_not(op_comparison(OP_EQ, GROUP_NUMBER)(&s, &one));
	cr_assert_not(op_comparison(OP_NE, GROUP_NUMBER)(&s, &one));
	cr_assert_not(op_comparison(OP_NE, GROUP_IP)(&s, &one));
}

Test(op, networks_mask_by_their_prefix)
{
	struct value v = { .kind = VALUE_IP, .type = PT_IPADDR, .ip = { 4, { 10, 1, 2, 3 } } };
	struct op_right net = { .net = { { 4, { 10, 1, 0, 0 } }, 15 } };
	struct op_right six = { .net = { { 6, { 0 } }, 1 } };

	cr_assert(op_comparison(OP_EQ, GROUP_NET)(&v, &net));
	net.net.prefix = 23;
	cr_assert_not(op_comparison(OP_EQ, GROUP_NET)(&v, &net));
	net.net.prefix = 0;
	cr_assert(op_comparison(OP_EQ, GROUP_NET)(&v, &net));
	cr_assert_not(op_comparison(OP_EQ, GROUP_NET)(&v, &six));
	cr_assert(op_comparison(OP_NE, GROUP_NET)(&v, &six));
}

Test(op, patterns_match_as_fnmatch_does)
{
	static const char *const patterns[] = {
		"",	"*",	"a*b",	     "*b*",   "?",	 "[a-c]x", "[!a]",	   "[^a]",
		"[]a]", "[a",	"\\*",	     "a\\",   "**a",	 "*?*",	   "[[:digit:]]*", "[a-]*",
		"/*/x", "[!]]", "a*a*a*a*b", "[\\]]", "[a\\-c]", "[",
	};
	static const char *const texts[] = { "",   "a",	  "b",	 "ab", "acb",  "ax",
					     "cx", "]",	  "[a",	 "*",  "aaaa", "/y/x",
					     ".x", "7up", "a/b", "-",  "\\",   "[" };

	for (unsigned i = 0; i < ARRAY_LEN(patterns); i++)
		for (unsigned j = 0; j < ARRAY_LEN(texts); j++)
			cr_expect(
				glob_match(span_str(patterns[i]), span_str(texts[j]), GLOB_EXACT) ==
					(fnmatch(patterns[i], texts[j], 0) == 0),
				"'%s' against '%s'", patterns[i], texts[j]);
}

Test(op, a_pattern_of_many_stars_is_done_in_time)
{
	static char subject[20000], pattern[200];

	memset(subject, 'a', sizeof(subject) - 1);
	for (unsigned i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "a*", 2);
	pattern[sizeof(pattern) - 2] = 'b';
	cr_assert_not(glob_match(span_str(pattern), span_str(subject), GLOB_EXACT));
}

Test(op, paths_match_by_component)
{
	static const char *const search[] = { "/var/run", "/var/run/dmesg", "/etc/",
					      "usr//lib", "/opt/*/sub",	    "/o?t2" };
	static const struct {
		const char *path;
		bool is;
	} rows[] = {
		{ "/var/run", true },
		{ "/var/run/docker", true },
		{ "/var/running", false },
		{ "/var", false },
		{ "//etc//x", true },
		{ "etc", true },
		{ "/usr/lib/x", true },
		{ "/usr", false },
		{ "/opt/x/sub/y", true },
		{ "/opt/x/y/sub", false },
		{ "/opt2/x", true },
		{ "/", false },
		{ "", false },
	};
	struct pmatch *m;
	struct pool pool;

	pool_init(&pool, 1024 * 1024);
	m = pmatch_new(&pool);
	for (unsigned i = 0; i < ARRAY_LEN(search); i++)
		cr_assert(pmatch_add(m, &pool, span_str(search[i])));
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect(pmatch_match(m, span_str(rows[i].path)) == rows[i].is, "%s",
			  rows[i].path);
	cr_assert(pmatch_add(m, &pool, span_str("/")));
	cr_assert(pmatch_match(m, span_str("/anything")));
	pool_release(&pool);
}

Test(op, regular_expressions_are_posix_and_whole)
{
	static const struct {
		const char *pattern, *subject;
		int is; /* -1: the pattern is refused */
	} rows[] = {
		{ "a.*c", "abc", 1 },
		{ "b", "abc", 0 },
		{ "(a|b)+", "abba", 1 },
		{ "\\d", "5", -1 },
		{ "(?i)a", "A", -1 },
		{ "[", "x", -1 },
		{ "a.c",
		  "a\xff"
		  "c",
		  1 },
		{ "[[:digit:]]+", "42", 1 },
		{ "a.c", "a\nc", 0 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char error[128] = "";
		struct regex *r = regex_shim_new(rows[i].pattern, strlen(rows[i].pattern), error,
						 sizeof(error));

		if (rows[i].is < 0) {
			cr_expect_null(r, "%s", rows[i].pattern);
			cr_expect(error[0] != '\0');
			continue;
		}
		cr_assert_not_null(r, "%s: %s", rows[i].pattern, error);
		cr_expect(regex_shim_match(r, rows[i].subject, strlen(rows[i].subject)) ==
				  (rows[i].is == 1),
			  "'%s' against '%s'", rows[i].pattern, rows[i].subject);
		regex_shim_free(r);
	}
}
