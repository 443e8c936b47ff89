/* SPDX-License-Identifier: Apache-2.0
 *
 * Which opens need no record: the kernel side's table, and which event it is that somebody names.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "mute.h"
#include "span.h"

static _Atomic uint64_t words[2 * MUTE_ROWS];
static struct mute_table table = { .words = words };
static struct mute_log mutes;

static unsigned times(uint64_t mute)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		n += words[i] == mute;
	return n;
}

static bool is_there(uint64_t mute)
{
	return words[2 * mute_row(mute)] == mute || words[2 * mute_row(mute) + 1] == mute;
}

Test(mute, what_is_added_is_where_the_kernel_side_looks_once)
{
	for (uint64_t i = 1; i < 1000; i++) {
		uint64_t mute = i * UINT64_C(0x9e3779b97f4a7c15);

		mute_table_add(&table, mute);
		mute_table_add(&table, mute);
		cr_assert(is_there(mute));
		cr_assert(eq(uint, times(mute), 1));
	}
}

Test(mute, a_row_that_is_full_gives_one_up)
{
	uint64_t row = UINT64_C(77) << 20;

	for (uint64_t i = 1; i <= 9; i++) {
		mute_table_add(&table, row | i);
		cr_assert(is_there(row | i));
	}
	cr_assert(is_there(row | 8), "the last but one stays");
	cr_assert(eq(uint, times(0), ARRAY_LEN(words) - 2));
}

Test(mute, all_come_again_when_it_is_cleared)
{
	for (uint64_t i = 1; i < 1000; i++)
		mute_table_add(&table, i << 20);
	mute_table_clear(&table);
	cr_assert(eq(uint, times(0), ARRAY_LEN(words)));
}

Test(mute, an_event_is_known_by_its_number_for_a_while)
{
	cr_assert(eq(u64, mute_log_find(&mutes, 7), 0));
	mute_log_note(&mutes, 7, 70);
	mute_log_note(&mutes, 8, 80);
	cr_assert(eq(u64, mute_log_find(&mutes, 7), 70));
	cr_assert(eq(u64, mute_log_find(&mutes, 8), 80));
	cr_assert(eq(u64, mute_log_find(&mutes, 7 + MUTE_EVENTS), 0), "one that never was");
	mute_log_note(&mutes, 7 + MUTE_EVENTS, 90);
	cr_assert(eq(u64, mute_log_find(&mutes, 7), 0));
	cr_assert(eq(u64, mute_log_find(&mutes, UINT64_MAX), 0));
}

Test(mute, what_was_said_for_other_rules_does_not_hold)
{
	mute_log_note(&mutes, 7, 70);
	mute_log_begin(&mutes, 8);
	mute_log_note(&mutes, 8, 80);
	cr_assert(eq(u64, mute_log_find(&mutes, 7), 0));
	cr_assert(eq(u64, mute_log_find(&mutes, 8), 80));
}
