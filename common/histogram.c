/* SPDX-License-Identifier: Apache-2.0
 *
 * histogram.c -- see histogram.h.
 */
#include "histogram.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

const uint64_t histogram_bounds[HISTOGRAM_BOUNDS] = {
	10 * US, 20 * US, 50 * US,  100 * US, 200 * US, 500 * US, 1 * MS, 2 * MS, 5 * MS, 10 * MS,
	20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS, 1 * S,	  2 * S,  5 * S,  10 * S,
};

void histogram_add(struct histogram *h, uint64_t ns)
{
	unsigned i = 0;

	while (i < HISTOGRAM_BOUNDS && ns > histogram_bounds[i])
		i++;
	h->count[i]++;
	h->sum_ns += ns;
}

uint64_t histogram_total(const struct histogram *h)
{
	uint64_t n = 0;

	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
		n += h->count[i];
	return n;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
	double rank = share * (double)histogram_total(h), below = 0;

	if (rank <= 0)
		return 0;
	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
		double n = (double)h->count[i];
		uint64_t from = i == 0 ? 0 : histogram_bounds[i - 1];

		if (n > 0 && below + n >= rank)
			return from + (uint64_t)((double)(histogram_bounds[i] - from) *
						 ((rank - below) / n));
		below += n;
	}
	return histogram_bounds[HISTOGRAM_BOUNDS - 1];
}
