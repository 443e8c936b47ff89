/* SPDX-License-Identifier: Apache-2.0
 *
 * backoff.h -- how long to wait before the next try: twice as long each time, up to a
 * bound, and never quite the same, so that many do not come back together.  Core.
 */
#ifndef MEWS_BACKOFF_H
#define MEWS_BACKOFF_H

#include <stdint.h>

struct backoff {
	uint64_t least_ns, most_ns, now_ns; /* now 0: none failed yet */
	uint64_t random;
};

static inline uint64_t backoff_next(struct backoff *b)
{
	b->now_ns = b->now_ns == 0 ? b->least_ns : b->now_ns * 2;
	if (b->now_ns > b->most_ns)
		b->now_ns = b->most_ns;
	b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return b->now_ns / 2 + (b->random >> 33) % (b->now_ns / 2 + 1);
}

static inline void backoff_clear(struct backoff *b)
{
	b->now_ns = 0;
}

#endif
