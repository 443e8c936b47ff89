/* SPDX-License-Identifier: Apache-2.0
 *
 * Many strings at once against one text: what is found is what a search for each
 * by itself finds.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "lookup.h"
#include "substrings.h"

enum { NEEDLES = 40, TEXTS = 4000 };

static struct pool pool;
static uint32_t state = 1;

static void setup(void)
{
	pool_init(&pool, 64 * 1024 * 1024);
}

static void teardown(void)
{
	pool_release(&pool);
}

TestSuite(lookup, .init = setup, .fini = teardown);

static unsigned number(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)state * below >> 32);
}

/* Up to MOST letters of few kinds, so that much is shared and much is missed by one. */
static struct span letters(unsigned least, unsigned most)
{
	static const char kinds[] = "/./.ssa";
	unsigned n = least + number(most - least + 1);
	uint8_t *p = pool_get(&pool, n);

	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)kinds[number(sizeof(kinds) - 1)];
	return span_of(p, n);
}

static void mark(void *ctx, uint32_t id)
{
	bool *found = ctx;

	found[id] = true;
}

static void check(struct span text, const struct needle *needles, const bool *found,
		  bool (*is_in)(struct span, struct span))
{
	for (unsigned i = 0; i < NEEDLES; i++)
		cr_assert(found[needles[i].id] == is_in(text, needles[i].text),
			  "'%.*s' in '%.*s': found %d", (int)needles[i].text.n,
			  (const char *)needles[i].text.p, (int)text.n, (const char *)text.p,
			  found[needles[i].id]);
}

static void make_needles(struct needle *needles, unsigned least)
{
	for (unsigned i = 0; i < NEEDLES; i++)
		needles[i] = (struct needle){ letters(least, 5), i };
}

static bool is_inside(struct span text, struct span needle)
{
	return memmem(text.p, text.n, needle.p, needle.n) != NULL;
}

Test(lookup, substrings_are_those_that_memmem_finds)
{
	/* Few: the search by pairs; many: by steps alone. */
	for (unsigned n = 1; n <= NEEDLES; n = n < 4 ? n + 1 : n * 2) {
		struct needle needles[NEEDLES];
		struct substrings *t;

		make_needles(needles, 1);
		for (unsigned i = n; i < NEEDLES; i++)
			needles[i].text = needles[0].text;
		t = substrings_new(&pool, needles, NEEDLES);
		cr_assert_not_null(t);
		for (unsigned i = 0; i < TEXTS; i++) {
			bool found[NEEDLES] = { false };
			struct span text = letters(0, 60);

			substrings_find(t, text, mark, found);
			check(text, needles, found, is_inside);
		}
	}
}

Test(lookup, prefixes_and_suffixes_are_those_of_the_text)
{
	struct needle forwards[NEEDLES], backwards[NEEDLES];
	struct prefixes *f, *b;

	make_needles(forwards, 0);
	memcpy(backwards, forwards, sizeof(backwards));
	f = prefixes_new(&pool, forwards, NEEDLES, PREFIXES_FORWARDS);
	b = prefixes_new(&pool, backwards, NEEDLES, PREFIXES_BACKWARDS);
	cr_assert_not_null(f);
	cr_assert_not_null(b);
	for (unsigned i = 0; i < TEXTS; i++) {
		bool found[NEEDLES] = { false };
		struct span text = letters(0, 20);

		prefixes_find(f, text, mark, found);
		check(text, forwards, found, span_starts);
		memset(found, 0, sizeof(found));
		prefixes_find(b, text, mark, found);
		check(text, backwards, found, span_ends);
	}
}

Test(lookup, an_empty_set_finds_nothing)
{
	bool found[1] = { false };

	prefixes_find(prefixes_new(&pool, NULL, 0, PREFIXES_FORWARDS), span_str("text"), mark,
		      found);
	substrings_find(substrings_new(&pool, NULL, 0), span_str("text"), mark, found);
	cr_assert(not(found[0]));
}

/* ---- predicates ---- */

static bool finds(const struct predicate *q, struct span text)
{
	struct expr left = { .kind = EXPR_CONSTANT, .type = PT_CHARBUF };
	struct value v = { .kind = VALUE_STRING, .type = PT_CHARBUF, .s = text };
	struct lookup *l = lookup_new(&pool);
	bool found[1] = { false };
	unsigned parts = lookup_parts(q, &left);

	cr_assert(parts != 0 && lookup_add(l, q, 0) && lookup_seal(l));
	lookup_find(l, parts, &v, mark, found);
	return found[0];
}

Test(lookup, a_path_is_found_however_its_slashes_are)
{
	static const char *const below[] = { "/etc/ssh",    "/etc/ssh/key", "//etc/ssh/key",
					     "/etc//ssh",   "etc/ssh/x",    "/etc/ssh//x",
					     "/etc///ssh/", "//etc//ssh" };
	struct op_right right = { .s = span_str("/etc/ssh") };
	struct predicate q = {
		.kind = PREDICATE_PATHS, .group = GROUP_STRING, .n = 1, .rights = &right
	};

	for (size_t i = 0; i < ARRAY_LEN(below); i++)
		cr_assert(finds(&q, span_str(below[i])), "%s", below[i]);
	cr_assert(not(finds(&q, span_str("/etc/passwd"))));
	cr_assert(not(finds(&q, span_str("/usr/lib/etc/ssh"))));
}

Test(lookup, a_slash_twice_behind_another_string_hides_no_path)
{
	struct op_right path = { .s = span_str("/etc/ssh") }, odd = { .s = span_str("/etc//x") };
	struct predicate paths = {
		.kind = PREDICATE_PATHS, .group = GROUP_STRING, .n = 1, .rights = &path
	};
	struct predicate starts = { .kind = PREDICATE_COMPARE,
				    .op = OP_STARTSWITH,
				    .group = GROUP_STRING,
				    .n = 1,
				    .rights = &odd };
	struct value v = { .kind = VALUE_STRING, .s = span_str("/etc//ssh/key") };
	struct lookup *l = lookup_new(&pool);
	bool found[2] = { false };

	cr_assert(lookup_add(l, &paths, 0) && lookup_add(l, &starts, 1) && lookup_seal(l));
	lookup_find(l, LOOKUP_PREFIX, &v, mark, found);
	cr_assert(found[0]);
	cr_assert(not(found[1]));
}

Test(lookup, a_pattern_is_found_by_its_letters)
{
	static const struct {
		const char *pattern, *text;
		bool found;
	} rows[] = {
		{ "/proc/*/environ", "/proc/1/environ", true },
		{ "/proc/*/environ", "/sys/1/environ", false },
		{ "*../*../*", "a/../../b", true },
		{ "*../*../*", "a/b", false },
		{ "*.[ch]", "x.c", true },
		{ "?a*", "ba", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct op_right right = { .s = span_str(rows[i].pattern) };
		struct predicate q = { .kind = PREDICATE_COMPARE,
				       .op = OP_GLOB,
				       .group = GROUP_STRING,
				       .n = 1,
				       .rights = &right };

		cr_assert(finds(&q, span_str(rows[i].text)) == rows[i].found, "%s %s",
			  rows[i].pattern, rows[i].text);
	}
}

Test(lookup, what_cannot_be_looked_up_says_so)
{
	struct op_right right = { .s = span_str("[ab]*") };
	struct expr text = { .kind = EXPR_CONSTANT, .type = PT_CHARBUF };
	struct expr real = { .kind = EXPR_CONSTANT, .type = PT_DOUBLE };
	struct predicate q = { .kind = PREDICATE_COMPARE,
			       .op = OP_GLOB,
			       .group = GROUP_STRING,
			       .n = 1,
			       .rights = &right };

	cr_assert(eq(uint, lookup_parts(&q, &text), 0));
	q.op = OP_NE;
	cr_assert(eq(uint, lookup_parts(&q, &text), 0));
	q.op = OP_EQ;
	cr_assert(eq(uint, lookup_parts(&q, &text), LOOKUP_EXACT));
	q.group = GROUP_NUMBER;
	cr_assert(eq(uint, lookup_parts(&q, &real), 0));
}
