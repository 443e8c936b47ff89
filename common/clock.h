/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h -- two kinds of time that cannot be mixed up.  Core code is given
 * them as arguments; only shell code reads a clock.
 */
#ifndef MEWS_CLOCK_H
#define MEWS_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SEC  UINT64_C(1000000000)
#define NS_PER_MSEC UINT64_C(1000000)
#define NS_PER_USEC UINT64_C(1000)

/* Nanoseconds of CLOCK_MONOTONIC: for time-outs and intervals. */
struct mono {
	uint64_t ns;
};

/* Nanoseconds since the epoch: what events and alerts carry is a plain
 * uint64_t called *_ts or ts_ns; this type is for "now". */
struct wall {
	uint64_t ns;
};

static inline struct mono mono_after(struct mono t, uint64_t ns)
{
	return (struct mono){ t.ns + ns };
}

static inline uint64_t mono_since(struct mono then, struct mono now)
{
	return now.ns > then.ns ? now.ns - then.ns : 0;
}

#ifndef MEWS_CORE /* core code has no clock */
static inline struct mono mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec };
}

static inline struct wall wall_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct wall){ (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec };
}
#endif

#endif
