/* SPDX-License-Identifier: Apache-2.0
 *
 * A capture at its largest size makes an alert, once.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "limitalert.h"

static struct limitalert l;
static struct alert_frame a;

static void look(uint64_t files, uint64_t bytes)
{
	struct ring_counts counts = { 0 };

	counts.v[RECORDER_LIMITED] = files;
	counts.v[RECORDER_LIMITED_BYTES] = bytes;
	limitalert_look(&l, &counts);
}

Test(limitalert, what_was_there_before_is_no_news)
{
	look(3, 3000);
	look(3, 3000);
	cr_assert_not(limitalert_make(&l, 1, 7, &a));
}

Test(limitalert, each_file_is_an_alert_in_falcos_form)
{
	look(0, 0);
	look(1, 1000000);
	cr_assert(limitalert_make(&l, 1, 7, &a));
	cr_assert(span_is(a.rule, "Falco internal: capture size limit reached"));
	cr_assert(span_is(a.source, "internal"));
	cr_assert(eq(u8, a.priority, 6));
	cr_assert(eq(u64, a.ts_ns, 7));
	cr_assert(eq(u64, a.origin_generation, 0));
	cr_assert(eq(u16, a.nfields, 2));
	cr_assert(span_is(a.fields[0].name, "max_file_size_mb"));
	cr_assert(eq(u64, a.fields[0].value.u, 1));
	cr_assert(span_is(a.fields[1].name, "written_bytes"));
	cr_assert(eq(u64, a.fields[1].value.u, 1000000));
	cr_assert_not(limitalert_make(&l, 1, 7, &a));
	look(3, 1000000 + 5);
	cr_assert(limitalert_make(&l, 1, 7, &a));
	cr_assert(eq(u64, a.fields[1].value.u, 2));
	cr_assert(limitalert_make(&l, 1, 7, &a));
	cr_assert(eq(u64, a.fields[1].value.u, 3));
	cr_assert_not(limitalert_make(&l, 1, 7, &a));
}

Test(limitalert, a_recorder_that_begins_from_nothing_is_no_news_either)
{
	look(5, 5000);
	look(0, 0);
	cr_assert_not(limitalert_make(&l, 1, 7, &a));
	look(1, 10);
	cr_assert(limitalert_make(&l, 1, 7, &a));
}

Test(limitalert, a_recorder_that_counts_what_it_likes_makes_few)
{
	unsigned n = 0;

	look(0, 0);
	look(UINT64_MAX, UINT64_MAX);
	while (limitalert_make(&l, 1, 7, &a))
		cr_assert(le(uint, ++n, LIMITALERT_MOST));
	cr_assert(eq(uint, n, LIMITALERT_MOST));
}
