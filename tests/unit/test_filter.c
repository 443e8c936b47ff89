/* SPDX-License-Identifier: Apache-2.0
 *
 * Which alerts go to an output.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "filter.h"

Test(filter, names)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "any thing", true },
		{ "a", "a", true },
		{ "a", "ab", false },
		{ "ab", "a", false },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "?", "", false },
		{ "a*", "a", true },
		{ "*b", "aab", true },
		{ "*b", "aba", false },
		{ "a*b*c", "a-b-b-c", true },
		{ "a*b*c", "a-c-b", false },
		{ "**a**", "a", true },
		{ "*ab*ab", "abab", true },
		{ "*ab*ab", "abaab", true },
		{ "*ab*abc", "ababab", false },
		{ "Terminal shell*", "Terminal shell in container", true },
		{ "terminal*", "Terminal shell in container", false },
		{ "\xff*", "\xff\xfe", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_assert(filter_matches(cases[i].pattern, span_str(cases[i].name)) ==
				  cases[i].matches,
			  "'%s' '%s'", cases[i].pattern, cases[i].name);
	cr_assert_not(filter_matches("a", span_of("a\0b", 3)));
}

Test(filter, a_pattern_of_stars_ends)
{
	char name[4096];

	memset(name, 'a', sizeof(name));
	cr_assert_not(filter_matches("*a*a*a*a*a*a*a*a*a*b", span_of(name, sizeof(name))));
}

Test(filter, all_that_is_asked_must_be_so)
{
	struct alert_frame a = { .priority = 4,
				 .rule = span_str("Shell spawned"),
				 .ntags = 2,
				 .tags = { span_str("host"), span_str("shell") } };
	struct conf_output o = { .minimum_priority = 7 };

	cr_assert(filter_passes(&o, &a));
	o.minimum_priority = 4;
	cr_assert(filter_passes(&o, &a));
	o.minimum_priority = 3;
	cr_assert_not(filter_passes(&o, &a));
	o.minimum_priority = 7;
	o.rules = (struct conf_list){ 2, { (char[]){ "Net*" }, (char[]){ "Shell*" } } };
	cr_assert(filter_passes(&o, &a));
	o.rules.count = 1;
	cr_assert_not(filter_passes(&o, &a));
	o.rules.count = 2;
	o.tags = (struct conf_list){ 2, { (char[]){ "net" }, (char[]){ "shell" } } };
	cr_assert(filter_passes(&o, &a));
	o.tags.count = 1;
	cr_assert_not(filter_passes(&o, &a));
	a.ntags = 0;
	cr_assert_not(filter_passes(&o, &a));
}
