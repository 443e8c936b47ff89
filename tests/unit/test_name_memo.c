/* SPDX-License-Identifier: Apache-2.0
 *
 * What came of a name is found again for that name and key, and for no other.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "name_memo.h"

static struct pool pool;
static struct name_memos *memos;

static void setup(void)
{
	pool_init(&pool, SIZE_MAX);
	memos = name_memos_new(&pool);
	cr_assert(ne(ptr, memos, NULL));
}

static void teardown(void)
{
	pool_release(&pool);
}

TestSuite(name_memo, .init = setup, .fini = teardown);

static const struct name_key key = { .list = 1, .class = 2, .outcome = 3, .file = 4 };

static struct name_memo *get(const struct name_key *k, const char *name, const char *raw)
{
	return name_memo_get(memos, k, span_str(name), span_str(raw));
}

Test(name_memo, is_new_until_it_is_written)
{
	struct name_memo *memo = get(&key, "/etc/hosts", "");

	cr_assert(eq(int, memo->nrules, NAME_IS_NEW));
	memo->nrules = 0;
	cr_assert(eq(int, get(&key, "/etc/hosts", "")->nrules, 0));
	name_memos_clear(memos);
	cr_assert(eq(int, get(&key, "/etc/hosts", "")->nrules, NAME_IS_NEW));
}

Test(name_memo, the_empty_name_of_the_empty_key_is_new_as_well)
{
	static const struct name_key none;

	cr_assert(eq(int, get(&none, "", "")->nrules, NAME_IS_NEW));
	get(&none, "", "")->nrules = 0;
	cr_assert(eq(int, get(&none, "", "")->nrules, 0));
	cr_assert(eq(int, get(&none, NULL, NULL)->nrules, 0));
	name_memos_clear(memos);
	cr_assert(eq(int, get(&none, NULL, NULL)->nrules, NAME_IS_NEW));
}

/* Each is held against the one before: whatever differs makes another. */
Test(name_memo, holds_for_all_of_it)
{
	static const struct {
		struct name_key key;
		const char *name, *raw;
	} others[] = {
		{ { 1, 2, 3, 4 }, "/etc/hosts", "" }, { { 9, 2, 3, 4 }, "/etc/hosts", "" },
		{ { 9, 9, 3, 4 }, "/etc/hosts", "" }, { { 9, 9, 9, 4 }, "/etc/hosts", "" },
		{ { 9, 9, 9, 9 }, "/etc/hosts", "" }, { { 9, 9, 9, 9 }, "/etc/hostt", "" },
		{ { 9, 9, 9, 9 }, "/etc/host", "" },  { { 9, 9, 9, 9 }, "/etc/host", "/" },
		{ { 9, 9, 9, 9 }, "/etc/hos", "t/" }, { { 9, 9, 9, 9 }, "/etc/hos", "t." },
		{ { 9, 9, 9, 9 }, "", "/etc/host" },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct name_memo *memo = get(&others[i].key, others[i].name, others[i].raw);

		cr_assert(eq(int, memo->nrules, NAME_IS_NEW), "%zu", i);
		memo->nrules = 0;
		cr_assert(eq(int, get(&others[i].key, others[i].name, others[i].raw)->nrules, 0));
	}
}

/* Of more names than there are places each has its own memo or a new one, never another's. */
Test(name_memo, gives_nobody_what_is_of_another)
{
	char name[16];

	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 20000; i++) {
			struct name_memo *memo;

			snprintf(name, sizeof(name), "/%u", i);
			memo = get(&key, name, "");
			cr_assert(memo->nrules == NAME_IS_NEW || memo->rules[0] == i % 65536);
			memo->nrules = 1;
			memo->rules[0] = (uint16_t)(i % 65536);
		}
}

Test(name_memo, has_no_place_for_what_is_long)
{
	char name[NAME_MEMO_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[NAME_MEMO_MAX + 1] = '\0';
	cr_assert(eq(ptr, get(&key, name, ""), NULL));
	cr_assert(ne(ptr, get(&key, name + 1, ""), NULL));
	cr_assert(eq(ptr, get(&key, name + 1, "/"), NULL));
	cr_assert(ne(ptr, get(&key, name + 2, "/"), NULL));
}
