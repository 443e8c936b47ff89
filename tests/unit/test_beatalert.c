/* SPDX-License-Identifier: Apache-2.0
 *
 * A heartbeat is an alert with its event's name.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "beatalert.h"

Test(beatalert, it_has_the_events_name_and_time_and_says_how_old_it_is)
{
	static struct alert_frame a;
	struct event_frame e = {
		.origin_generation = 3, .origin_seq = 4, .ts_ns = 1000000, .cpu = 5
	};
	char text[BEATALERT_TEXT];

	beatalert_make(&e, 7, 3500000, text, &a);
	cr_assert(eq(u64, a.origin_generation, 3));
	cr_assert(eq(u64, a.origin_seq, 4));
	cr_assert(eq(u64, a.ts_ns, 1000000));
	cr_assert(eq(u8, a.priority, 6));
	cr_assert(span_is(a.rule, "Mews internal: heartbeat"));
	cr_assert(span_is(a.source, "internal"));
	cr_assert(span_is(a.message,
			  "Mews internal: heartbeat. Number 7, 2500 us from the kernel to "
			  "the rules."));
	cr_assert(eq(u16, a.nfields, 3));
	cr_assert(eq(u64, a.fields[0].value.u, 5));
	cr_assert(eq(u64, a.fields[1].value.u, 7));
	cr_assert(eq(u64, a.fields[2].value.u, 2500000));
}

Test(beatalert, a_clock_that_was_set_back_makes_no_huge_number)
{
	static struct alert_frame a;
	struct event_frame e = { .ts_ns = 1000000 };
	char text[BEATALERT_TEXT];

	beatalert_make(&e, 1, 999999, text, &a);
	cr_assert(eq(u64, a.fields[2].value.u, 0));
}
