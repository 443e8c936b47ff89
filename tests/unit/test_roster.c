/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is asked about next, again, or let go of.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "roster.h"

static struct roster r;
static const struct mono t0 = { 1000 };

static void setup(void)
{
	roster_init(&r, 100, 7, 10, 50);
}

static void teardown(void)
{
	roster_release(&r);
}

TestSuite(roster, .init = setup, .fini = teardown);

static void is_next(const char *id, struct mono now)
{
	const char *got = roster_next(&r, now);

	cr_assert_not_null(got, "nobody, not %s", id);
	cr_assert_str_eq(got, id);
}

static bool answer(const char *id, enum roster_answer what, struct mono now)
{
	return roster_answered(&r, span_str(id), what, now);
}

static void see(const char *id, enum roster_ask how)
{
	cr_assert(roster_see(&r, span_str(id), how));
}

static bool is_gone(const char *id, struct mono now)
{
	char got[ROSTER_ID_MAX];

	return roster_gone(&r, now, got) && strcmp(got, id) == 0;
}

Test(roster, each_is_asked_once_and_who_is_wished_for_first)
{
	see("a", ROSTER_IF_NEW);
	see("b", ROSTER_IF_NEW);
	see("c", ROSTER_WISHED);
	see("a", ROSTER_IF_NEW);
	is_next("c", t0);
	is_next("a", t0);
	is_next("b", t0);
	cr_assert_null(roster_next(&r, t0));
	cr_assert(answer("c", ROSTER_TOLD, t0));
	cr_assert_not(answer("a", ROSTER_TOLD, t0));
	see("a", ROSTER_IF_NEW);
	cr_assert_null(roster_next(&r, t0));
	see("a", ROSTER_AGAIN);
	is_next("a", t0);
}

Test(roster, a_change_while_the_answer_is_on_its_way_is_asked_for)
{
	see("a", ROSTER_IF_NEW);
	is_next("a", t0);
	see("a", ROSTER_AGAIN);
	cr_assert_null(roster_next(&r, t0));
	answer("a", ROSTER_TOLD, t0);
	is_next("a", t0);
	answer("a", ROSTER_TOLD, t0);
	cr_assert_null(roster_next(&r, t0));
}

Test(roster, what_came_to_nothing_is_asked_later_and_not_for_ever)
{
	struct mono now = t0;

	see("a", ROSTER_WISHED);
	for (unsigned i = 0; i < 3; i++) {
		is_next("a", now);
		cr_assert_not(answer("a", ROSTER_FAILED, now));
		cr_assert_null(roster_next(&r, now));
		cr_assert(eq(u64, roster_due(&r, now).ns, now.ns + 10));
		now = mono_after(now, 10);
	}
	is_next("a", now);
	cr_assert(answer("a", ROSTER_FAILED, now), "whoever waits for it is told");
	cr_assert_null(roster_next(&r, mono_after(now, 1000)));
	cr_assert(eq(u32, r.count, 0));
}

Test(roster, who_ends_is_let_go_of_later)
{
	see("a", ROSTER_IF_NEW);
	is_next("a", t0);
	answer("a", ROSTER_TOLD, t0);
	roster_leave(&r, span_str("a"), t0);
	cr_assert_not(is_gone("a", mono_after(t0, 49)));
	cr_assert(is_gone("a", mono_after(t0, 50)));
	cr_assert(eq(u32, r.count, 0));
}

Test(roster, who_ends_before_the_answer_goes_after_it)
{
	see("a", ROSTER_IF_NEW);
	is_next("a", t0);
	roster_leave(&r, span_str("a"), t0);
	answer("a", ROSTER_TOLD, t0);
	cr_assert(is_gone("a", mono_after(t0, 50)));
}

Test(roster, who_comes_back_in_time_stays)
{
	see("a", ROSTER_IF_NEW);
	is_next("a", t0);
	answer("a", ROSTER_TOLD, t0);
	roster_leave(&r, span_str("a"), t0);
	see("a", ROSTER_IF_NEW);
	is_next("a", t0);
	answer("a", ROSTER_TOLD, t0);
	cr_assert_not(is_gone("a", mono_after(t0, 1000)));
}

Test(roster, a_list_tells_who_is_gone)
{
	for (unsigned i = 0; i < 3; i++)
		see((const char *[]){ "a", "b", "c" }[i], ROSTER_IF_NEW);
	for (unsigned i = 0; i < 3; i++)
		answer(roster_next(&r, t0), ROSTER_TOLD, t0);
	roster_list_begin(&r);
	see("a", ROSTER_IF_NEW);
	see("c", ROSTER_IF_NEW);
	roster_list_end(&r, t0);
	cr_assert(is_gone("b", mono_after(t0, 50)));
	cr_assert_not(is_gone("a", mono_after(t0, 50)));
	cr_assert(eq(u32, r.count, 2));
}

Test(roster, who_is_unknown_there_is_forgotten)
{
	see("a", ROSTER_WISHED);
	is_next("a", t0);
	cr_assert(answer("a", ROSTER_ABSENT, t0));
	cr_assert(eq(u32, r.count, 0));
}

Test(roster, a_new_connection_asks_again_who_was_being_asked)
{
	see("a", ROSTER_WISHED);
	is_next("a", t0);
	roster_reset(&r);
	is_next("a", t0);
	cr_assert(answer("a", ROSTER_TOLD, t0), "the wish still stands");
}

Test(roster, many_come_and_go_within_the_bound)
{
	char id[16];

	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 100; i++) {
			snprintf(id, sizeof(id), "%u-%u", round, i);
			see(id, ROSTER_IF_NEW);
		}
		cr_assert_not(roster_see(&r, span_str("one-more"), ROSTER_IF_NEW));
		for (unsigned i = 0; i < 100; i++) {
			snprintf(id, sizeof(id), "%u-%u", round, i);
			is_next(id, t0);
			answer(id, ROSTER_TOLD, t0);
			roster_leave(&r, span_str(id), t0);
		}
		for (unsigned i = 0; i < 100; i++) {
			snprintf(id, sizeof(id), "%u-%u", round, i);
			cr_assert(is_gone(id, mono_after(t0, 50)));
		}
	}
	cr_assert(eq(u64, r.refused, 5));
	cr_assert(eq(u64, roster_due(&r, t0).ns, UINT64_MAX));
}

Test(roster, ids_are_bounded)
{
	char id[ROSTER_ID_MAX + 1];

	memset(id, 'a', sizeof(id));
	id[ROSTER_ID_MAX] = '\0';
	cr_assert_not(roster_see(&r, span_str(id), ROSTER_IF_NEW));
	cr_assert_not(roster_see(&r, SPAN_NONE, ROSTER_IF_NEW));
}
