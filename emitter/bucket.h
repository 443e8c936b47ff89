/* SPDX-License-Identifier: Apache-2.0
 *
 * bucket.h -- Falco's token bucket for alerts: so many a second, and so many in a row after a quiet
 * time.  Core, on the clock that it is given.
 */
#ifndef MEWS_BUCKET_H
#define MEWS_BUCKET_H

#include <stdbool.h>

#include "clock.h"

struct bucket {
	double rate; /* tokens a second; 0: there is no limit */
	double most; /* that are kept */
	double tokens;
	struct mono at;
};

static inline struct bucket bucket_full(double rate, double most, struct mono now)
{
	return (struct bucket){ rate, most, most, now };
}

/* Take one; false: there is none. */
static inline bool bucket_take(struct bucket *b, struct mono now)
{
	if (b->rate <= 0)
		return true;
	b->tokens += (double)mono_since(b->at, now) / (double)NS_PER_SEC * b->rate;
	b->at = now;
	if (b->tokens > b->most)
		b->tokens = b->most;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}

#endif
