/* SPDX-License-Identifier: Apache-2.0
 *
 * Which alerts were delivered before: by order, and of the last few each by name.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "delivered.h"

static struct delivered d;

static bool again(uint64_t generation, uint64_t seq, uint64_t rule, bool late)
{
	return delivered_before(&d, (struct alert_name){ generation, seq, rule }, late);
}

Test(delivered, alerts_in_order_are_known_by_the_last)
{
	cr_assert(not(again(1, 5, 2, false)));
	cr_assert(again(1, 5, 2, false));
	cr_assert(again(1, 5, 1, false));
	cr_assert(again(1, 4, 9, false));
	cr_assert(not(again(1, 5, 3, false)));
	cr_assert(not(again(2, 1, 0, false)));
	cr_assert(eq(u64, d.last.generation, 2));
}

Test(delivered, those_without_a_name_are_never_known)
{
	cr_assert(not(again(0, 0, 0, false)));
	cr_assert(not(again(0, 0, 0, false)));
	cr_assert(not(again(0, 0, 0, true)));
}

Test(delivered, a_late_one_is_delivered_once_and_does_not_hide_others)
{
	cr_assert(not(again(1, 10, 0, false)));
	cr_assert(not(again(1, 3, 0, true)));
	cr_assert(again(1, 3, 0, true));
	cr_assert(not(again(1, 3, 1, true)));
	cr_assert(eq(u64, d.last.seq, 10));
	cr_assert(not(again(1, 11, 0, false)));
	cr_assert(again(1, 11, 0, true)); /* one evaluator held it, its successor did not */
}

Test(delivered, a_late_one_that_comes_in_order_after_all_is_known)
{
	cr_assert(not(again(1, 10, 0, true)));
	cr_assert(again(1, 10, 0, false));
	cr_assert(not(again(1, 11, 0, false)));
}

Test(delivered, thousands_of_alerts_later_a_late_one_is_still_known)
{
	cr_assert(not(again(1, 1, 0, true)));
	for (uint64_t i = 2; i < DELIVERED_RECENT; i++)
		cr_assert(not(again(1, i, 0, false)));
	cr_assert(again(1, 1, 0, true));
}

/* Whoever made alerts before may have named them as he liked. */
Test(delivered, a_name_from_the_future_does_not_silence_what_follows)
{
	cr_assert(not(again(UINT64_MAX, UINT64_MAX, 1, false)));
	cr_assert(not(again(7, 1, 1, false)));
	cr_assert(again(7, 1, 1, false));
	cr_assert(not(again(7, UINT64_MAX, 1, false)));
	cr_assert(not(again(7, 2, 1, false)));
	cr_assert(not(again(7, 3, 1, false)));
	cr_assert(again(7, 2, 1, false), "what was delivered is known, whatever came between");
}

Test(delivered, as_far_as_an_evaluator_goes_back_nothing_is_delivered_twice)
{
	d.last = (struct alert_name){ 7, 100000, 0 }; /* as its notes say to a successor */
	cr_assert(again(7, 100001 - DELIVERED_SPAN, 1, false));
	cr_assert(not(again(7, 100000 - DELIVERED_SPAN, 1, false)));
}

Test(delivered, where_all_begins_anew_all_is_known)
{
	d.from_start = true;
	d.last = (struct alert_name){ 1, 100000, 0 };
	cr_assert(again(1, 1, 0, false));
	cr_assert(not(again(1, 100001, 0, false)));
}
