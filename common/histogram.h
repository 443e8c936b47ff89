/* SPDX-License-Identifier: Apache-2.0
 *
 * histogram.h -- how long things took: counts by the same steps everywhere, 1-2-5 from 10
 * microseconds to 10 seconds.  Counts only grow.  Core.
 */
#ifndef MEWS_HISTOGRAM_H
#define MEWS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 19

struct histogram {
	uint64_t count[HISTOGRAM_BOUNDS + 1]; /* up to each bound; the last: above all */
	uint64_t sum_ns;
};

extern const uint64_t histogram_bounds[HISTOGRAM_BOUNDS]; /* ns, each within its count */

void histogram_add(struct histogram *h, uint64_t ns);
uint64_t histogram_total(const struct histogram *h);

/* At most this long took SHARE (0 .. 1) of them, as far as the steps tell: in a step they are
 * taken to be spread evenly.  ns; 0: there are none.  Above the last bound it is that bound. */
uint64_t histogram_quantile(const struct histogram *h, double share);

#endif
