/* SPDX-License-Identifier: Apache-2.0
 *
 * An alert's id: the same for the same, another for another, in the form of a UUID.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "uuid.h"

static struct uuid of_numbers(uint64_t generation, uint64_t seq, uint64_t rule)
{
	uint64_t name[] = { generation, seq, rule };
	struct span parts[] = { span_str("boot"), span_of(name, sizeof(name)) };

	return uuid_of(parts, 2);
}

Test(uuid, the_same_has_the_same)
{
	struct uuid a = of_numbers(1, 2, 3), b = of_numbers(1, 2, 3);

	cr_assert(memcmp(&a, &b, sizeof(a)) == 0);
}

Test(uuid, where_a_part_ends_makes_a_difference)
{
	struct span one[] = { span_str("ab"), span_str("c") };
	struct span two[] = { span_str("a"), span_str("bc") };
	struct span three[] = { span_str("abc"), span_str("") };
	struct uuid a = uuid_of(one, 2), b = uuid_of(two, 2), c = uuid_of(three, 2);

	cr_assert(memcmp(&a, &b, sizeof(a)) != 0 && memcmp(&b, &c, sizeof(b)) != 0 &&
		  memcmp(&a, &c, sizeof(a)) != 0);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

Test(uuid, neighbours_have_others)
{
	enum { COUNT = 60 * 60 * 60 };
	struct uuid *all = calloc(COUNT, sizeof(*all));
	unsigned n = 0;

	for (uint64_t g = 0; g < 60; g++)
		for (uint64_t s = 0; s < 60; s++)
			for (uint64_t r = 0; r < 60; r++)
				all[n++] = of_numbers(g, s, r);
	qsort(all, n, sizeof(*all), compare);
	for (unsigned i = 1; i < n; i++)
		cr_assert(compare(&all[i - 1], &all[i]) != 0);
	free(all);
}

Test(uuid, it_looks_like_one)
{
	char text[UUID_TEXT];

	uuid_print(of_numbers(7, 8, 9), text);
	cr_assert(eq(sz, strlen(text), 36));
	for (unsigned i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		cr_assert(dash ? text[i] == '-' : strchr("0123456789abcdef", text[i]) != NULL);
	}
	cr_assert(text[14] == '8' && strchr("89ab", text[19]) != NULL, "%s", text);
}
