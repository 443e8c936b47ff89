/* SPDX-License-Identifier: Apache-2.0
 *
 * How often rules matched: by page, and over a reload.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "rule_counts.h"

static struct ruleset *set_of(const char *const *names, unsigned n)
{
	struct ruleset *rs;
	struct diag diag;

	cr_assert(eq(int, ruleset_new(64 * 1024 * 1024, &rs), 0));
	for (unsigned i = 0; i < n; i++) {
		struct ruleset_rule rule = { .ordinal = i,
					     .priority = 4,
					     .enabled = true,
					     .name = span_str(names[i]),
					     .source = span_str("syscall") };
		struct compile_error error;
		struct node *tree;

		cr_assert(eq(int,
			     parse_condition(span_str("evt.type = open"), 1000, ruleset_pool(rs),
					     &tree, &diag, NULL),
			     0));
		cr_assert(eq(int, output_parse(span_str("x"), &rule.output, &diag), 0));
		cr_assert(eq(int, ruleset_add(rs, &rule, tree, &diag, &error), 0));
	}
	return rs;
}

static const char *page(const struct rule_counts *c, const struct ruleset *rs, uint64_t *from,
			size_t cap)
{
	static char text[4096];
	size_t n;

	cr_assert(lt(sz, cap, sizeof(text)));
	n = rule_counts_page(c, rs, from, (uint8_t *)text, cap);
	text[n] = '\0';
	return text;
}

#define LINE(name, matches)                                                                        \
	"{\"rule\":\"" name                                                                        \
	"\",\"source\":\"syscall\",\"priority\":4,\"tags\":[],\"matches\":" matches                \
	",\"looks\":0,\"ns\":0}\n"

Test(rule_counts, rules_that_matched_are_listed_in_their_order)
{
	static const char *const names[] = { "a", "b", "c\"" };
	struct ruleset *rs = set_of(names, 3);
	struct rule_counts c = { 0 };
	uint64_t from = 0;

	rule_counts_follow(&c, NULL, rs);
	cr_assert_str_eq(page(&c, rs, &from, 1000), "");
	rule_counts_add(&c, ruleset_rule(rs, 2));
	rule_counts_add(&c, ruleset_rule(rs, 0));
	rule_counts_add(&c, ruleset_rule(rs, 2));
	cr_assert_str_eq(page(&c, rs, &from, 1000), LINE("a", "1") LINE("c\\\"", "2"));
	cr_assert(eq(u64, from, 0));
	/* A page that has room for one. */
	cr_assert_str_eq(page(&c, rs, &from, 120), LINE("a", "1"));
	cr_assert(eq(u64, from, 2));
	cr_assert_str_eq(page(&c, rs, &from, 120), LINE("c\\\"", "2"));
	cr_assert(eq(u64, from, 0));
	/* And one that has room for none. */
	cr_assert_str_eq(page(&c, rs, &from, 10), "");
	cr_assert(eq(u64, from, 0));
	rule_counts_release(&c);
	ruleset_free(rs);
}

Test(rule_counts, counts_go_along_with_the_names)
{
	static const char *const old_names[] = { "a", "b", "c" }, *const names[] = { "c", "d",
										     "b" };
	struct ruleset *old = set_of(old_names, 3), *rs = set_of(names, 3);
	struct rule_counts c = { 0 };
	uint64_t from = 0;

	rule_counts_follow(&c, NULL, old);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k <= i; k++)
			rule_counts_add(&c, ruleset_rule(old, i));
	rule_counts_follow(&c, old, rs);
	cr_assert_str_eq(page(&c, rs, &from, 1000), LINE("c", "3") LINE("b", "2"));
	rule_counts_release(&c);
	ruleset_free(old);
	ruleset_free(rs);
}

Test(rule_counts, what_rules_cost_is_told_as_if_it_had_been_measured_at_all_events)
{
	static const char *const names[] = { "a", "b" };
	struct ruleset *rs = set_of(names, 2);
	struct rule_counts c = { .weight = 100, .clock_ns = 20 };
	uint64_t from = 0;

	rule_counts_follow(&c, NULL, rs);
	rule_counts_took(&c, ruleset_rule(rs, 1), 50);
	rule_counts_took(&c, ruleset_rule(rs, 1), 10); /* less than the clock: nothing */
	rule_counts_follow(&c, rs, rs);
	rule_counts_took(&c, ruleset_rule(rs, 1), 21);
	cr_assert_str_eq(page(&c, rs, &from, 1000),
			 "{\"rule\":\"b\",\"source\":\"syscall\",\"priority\":4,\"tags\":[],"
			 "\"matches\":0,\"looks\":300,\"ns\":3100}\n");
	rule_counts_release(&c);
	ruleset_free(rs);
}
