/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar: what parses, to which tree, and where an error is said to be.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "lex.h"
#include "parse.h"

static struct pool pool;
static struct diag diag;

static void setup(void)
{
	pool_init(&pool, 64 * 1024 * 1024);
	memset(&diag, 0, sizeof(diag));
}

static void teardown(void)
{
	pool_release(&pool);
}

TestSuite(parse, .init = setup, .fini = teardown);

/* The tree as text; NULL: refused. */
static const char *parsed(const char *text)
{
	struct pool_text out = { .pool = &pool };
	struct node *n;

	if (parse_condition(span_str(text), PARSE_DEPTH_DEFAULT, &pool, &n, &diag, NULL) < 0)
		return NULL;
	ast_render(n, &out);
	return (const char *)out.p;
}

Test(parse, shows_each_form_as_falco_does)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "proc.name=cat", "proc.name = cat" },
		{ "a.b==c", "a.b == c" },
		{ "not proc.name=nginx", "not proc.name = nginx" },
		{ "not not a", "a" },
		{ "not(not a)", "not not a" },
		{ "a or b and c or d", "(a or (b and c) or d)" },
		{ "(a)and(b)", "(a and b)" },
		{ "a.b=c and(d)", "(a.b = c and d)" },
		{ "a.b in(x,y , \"z z\")", "a.b in (x, y, \"z z\")" },
		{ "a.b inx", "a.b in (x)" },
		{ "a.b in ()", "a.b in ()" },
		{ "a.b intersects (1)", "a.b intersects (1)" },
		{ "a.b pmatch (/etc, /usr)", "a.b pmatch (/etc, /usr)" },
		{ "a.b exists", "a.b exists" },
		{ "a.b<5", "a.b < 5" },
		{ "a.b >= 0x1F", "a.b >= 0x1F" },
		{ "a.b <= -1", "a.b <= -1" },
		{ "a.b = oneof", "a.b = oneof" },
		{ "a.b = oneof and c", "(a.b = oneof and c)" },
		{ "a.b startswith anyof (x, y)", "a.b startswith anyof (x, y)" },
		{ "a.b = allof list", "a.b = allof (list)" },
		{ "a.b[0] = c", "a.b[0] = c" },
		{ "a.b[\"x y\"] = c", "a.b[\"x y\"] = c" },
		{ "a.b[\"\"] = c", "a.b[\"\"] = c" },
		{ "tolower(a.b) = c", "tolower(a.b) = c" },
		{ "a.b = val(c.d)", "a.b = val(c.d)" },
		{ "a.b = tolower(basename( c.d ))", "a.b = tolower(basename(c.d))" },
		{ "join(\"-\", (a.b, \"x\")) = c", "join(-,(a.b,x)) = c" },
		{ "getopt(proc.args, \"nt:\")[t] = v", "getopt(proc.args,nt:)[t] = v" },
		{ "a.b = 'it\\'s'", "a.b = \"it's\"" },
		{ "a.b = \"\\x41\\t\\\\z\"", "a.b = \"A\\t\\\\z\"" },
		{ "a.b contains tolower", "a.b contains tolower" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = parsed(rows[i].text);

		cr_expect(got != NULL, "refused: %s: %s", rows[i].text, diag.message);
		if (got != NULL)
			cr_expect_str_eq(got, rows[i].shown, "%s", rows[i].text);
	}
}

Test(parse, refuses_what_is_no_condition)
{
	static const char *const rows[] = {
		"",
		" ",
		"and a",
		"a or",
		"a orb",
		"a b",
		"a.b",
		"a.b =",
		"a.b = (x)",
		"a.b in (x,)",
		"a.b in (,)",
		"a.b > x",
		"(a",
		"a)",
		"a.b = 'x",
		"a.b[] = c",
		"a.b[x = c",
		"b64 (a.b) = c",
		"a.b = 'x\\q'",
		"a.b containsx",
		"a.b = \"\\xg0\"",
		"a.b = \"\\'\"",
		"f(a.b) = c",
		"a.b ==anyof(x)",
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect_null(parsed(rows[i]), "accepted: %s", rows[i]);
}

Test(parse, says_where_and_what_was_wrong)
{
	cr_assert_null(parsed("evt.type=execve foo"));
	cr_assert_str_eq(diag.message, "unexpected token after 'execve', expecting 'or', 'and'");
	cr_assert(eq(u32, diag.line, 1));
	cr_assert(eq(u32, diag.column, 17));

	cr_assert_null(parsed("(a.b = c) foo"));
	cr_assert_str_eq(diag.message, "unexpected token after ')', expecting 'or', 'and'");
	cr_assert_null(parsed("a.b in (c, d) foo"));
	cr_assert_str_eq(diag.message, "unexpected token after ')', expecting 'or', 'and'");
	cr_assert_null(parsed("a.b = \"c \\\"d\" foo"));
	cr_assert_str_eq(diag.message, "unexpected token after 'c \"d', expecting 'or', 'and'");

	cr_assert_null(parsed("a.b = c\nand a.b in (x,\n  )"));
	cr_assert(eq(u32, diag.line, 3));
	cr_assert(eq(u32, diag.column, 3));
}

Test(parse, depth_is_bounded)
{
	static char deep[100001];

	memset(deep, '(', sizeof(deep) - 1);
	cr_assert_null(parsed(deep));
	cr_assert_str_eq(diag.message, "exceeded max depth limit of 100");
	cr_assert_str_eq(parsed("((((((((((a))))))))))"), "a");
}

Test(parse, a_nul_ends_the_condition)
{
	struct node *n;

	cr_assert(eq(int, parse_condition(span_of("a\0)", 3), 100, &pool, &n, &diag, NULL), 0));
	cr_assert(eq(int, (int)n->kind, (int)NODE_MACRO));
}

Test(parse, a_pool_at_its_limit_is_an_error_and_not_a_crash)
{
	struct pool small;
	struct node *n;

	pool_init(&small, 64);
	cr_assert(lt(int,
		     parse_condition(span_str("a.b = c and d.e = f"), 100, &small, &n, &diag, NULL),
		     0));
	pool_release(&small);
}

Test(parse, what_is_escaped_reads_back_the_same)
{
	static const char *const rows[] = { "some string", "a\\b", "it's \"so\"", "tab\there\n" };

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct pool_text out = { .pool = &pool };
		struct span back;

		lex_escape(span_str(rows[i]), &out);
		cr_assert(eq(int, lex_unescape(pool_text_span(&out), &pool, &back, &diag), 0));
		cr_assert_str_eq((const char *)back.p, rows[i]);
	}
}
