/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts by steps of 1-2-5, and what can be told from them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "histogram.h"

Test(histogram, a_bound_is_within_its_step)
{
	struct histogram h = { 0 };

	histogram_add(&h, 0);
	histogram_add(&h, 10000);
	histogram_add(&h, 10001);
	histogram_add(&h, UINT64_C(10000000000));
	histogram_add(&h, UINT64_C(10000000001));
	cr_assert(eq(u64, h.count[0], 2));
	cr_assert(eq(u64, h.count[1], 1));
	cr_assert(eq(u64, h.count[HISTOGRAM_BOUNDS - 1], 1));
	cr_assert(eq(u64, h.count[HISTOGRAM_BOUNDS], 1));
	cr_assert(eq(u64, histogram_total(&h), 5));
	cr_assert(eq(u64, h.sum_ns, UINT64_C(20000020002)));
}

Test(histogram, bounds_go_up)
{
	for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++)
		cr_assert(lt(u64, histogram_bounds[i - 1], histogram_bounds[i]));
}

Test(histogram, quantiles_lie_in_the_step_that_holds_them)
{
	struct histogram h = { 0 };

	cr_assert(eq(u64, histogram_quantile(&h, 0.99), 0));
	for (unsigned i = 0; i < 98; i++)
		histogram_add(&h, 30000); /* 20 .. 50 us */
	histogram_add(&h, 700000);	  /* 500 us .. 1 ms */
	histogram_add(&h, UINT64_C(60000000000));
	cr_assert(lt(u64, 20000, histogram_quantile(&h, 0.5)));
	cr_assert(lt(u64, histogram_quantile(&h, 0.5), 50001));
	cr_assert(lt(u64, 500000, histogram_quantile(&h, 0.99)));
	cr_assert(lt(u64, histogram_quantile(&h, 0.99), 1000001));
	cr_assert(eq(u64, histogram_quantile(&h, 1.0), UINT64_C(10000000000)));
}
