/* SPDX-License-Identifier: Apache-2.0
 *
 * What is remembered of a process, and when it is forgotten.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "process_memo.h"

static struct pool pool;
static struct process_memos *memos;

static void setup(void)
{
	pool_init(&pool, 64 * 1024 * 1024);
	memos = process_memos_new(&pool, 100, 3);
	cr_assert_not_null(memos);
}

static void teardown(void)
{
	pool_release(&pool);
}

TestSuite(process_memo, .init = setup, .fini = teardown);

static struct process_memo *memo_of(uint64_t key, uint64_t version, uint64_t epoch)
{
	struct mirror_process p = { .key = key, .version = version };

	return process_memo_get(memos, &p, epoch);
}

Test(process_memo, holds_for_one_version_in_one_epoch)
{
	memo_of(7, 1, 1)->known[1] = 4;
	memo_of(7, 1, 1)->lists[2] = 9;
	cr_assert(eq(u64, memo_of(7, 1, 1)->known[1], 4));
	cr_assert(eq(u32, memo_of(7, 1, 1)->lists[2], 9));
	cr_assert(eq(u64, memo_of(7, 2, 1)->known[1], 0), "another version");
	cr_assert(eq(u32, memo_of(7, 2, 1)->lists[2], 0));
	memo_of(7, 2, 1)->known[0] = 1;
	cr_assert(eq(u64, memo_of(7, 2, 2)->known[0], 0), "another epoch");
}

Test(process_memo, is_another_for_another_process)
{
	for (uint64_t key = 1; key < 100000; key++) {
		struct process_memo *m = memo_of(key, 1, 1);

		cr_assert(eq(u64, m->known[0], 0));
		cr_assert(eq(u32, m->lists[0], 0));
		m->known[0] = key;
		m->lists[0] = (uint32_t)key;
	}
}

Test(process_memo, keeps_equal_lists_once)
{
	static const uint32_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 };
	uint32_t first = process_memo_list(memos, a, 3), second = process_memo_list(memos, b, 3);
	uint32_t none = process_memo_list(memos, NULL, 0);
	const uint32_t *rules;
	unsigned n;

	cr_assert(first != 0 && second != 0 && none != 0);
	cr_assert(ne(u32, first, second));
	cr_assert(eq(u32, process_memo_list(memos, a, 3), first));
	cr_assert(eq(u32, process_memo_list(memos, a, 2), process_memo_list(memos, b, 2)));
	rules = process_memo_rules(memos, second, &n);
	cr_assert(n == 3 && memcmp(rules, b, sizeof(b)) == 0);
	process_memo_rules(memos, none, &n);
	cr_assert(eq(uint, n, 0));
}

Test(process_memo, says_when_there_is_no_room_and_begins_again)
{
	static uint32_t rules[100];
	uint32_t list = 1;

	memo_of(7, 1, 1)->lists[0] = 5;
	memo_of(7, 1, 1)->known[0] = 5;
	for (uint32_t i = 0; list != 0; i++) {
		cr_assert(i < 10000000);
		rules[0] = i;
		list = process_memo_list(memos, rules, 100);
	}
	process_memos_clear(memos);
	cr_assert(eq(u32, memo_of(7, 1, 1)->lists[0], 0));
	cr_assert(eq(u64, memo_of(7, 1, 1)->known[0], 0));
	cr_assert(ne(u32, process_memo_list(memos, rules, 100), 0));
}
