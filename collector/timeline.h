/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline.h -- from the kernel's stamps (CLOCK_BOOTTIME) to what goes on the
 * wire (ns since the epoch).  The distance of the two clocks is measured again
 * and again; small corrections never make time run backwards from one event to
 * the next, a clock that is set back does, as it should.  Core.
 */
#ifndef MEWS_TIMELINE_H
#define MEWS_TIMELINE_H

#include "clock.h"

#define TIMELINE_STEP_NS NS_PER_SEC /* a correction larger than this is a step */

struct timeline {
	uint64_t offset_ns; /* epoch - boot, modulo 2^64 */
	uint64_t last_ns;   /* that was given out */
};

static inline void timeline_set(struct timeline *t, uint64_t wall_ns, uint64_t boot_ns)
{
	t->offset_ns = wall_ns - boot_ns;
}

/* Plain translation, for moments that are not in the stream of events. */
static inline uint64_t timeline_wall(const struct timeline *t, uint64_t boot_ns)
{
	return boot_ns + t->offset_ns;
}

/* The stamp of the next event in order. */
static inline uint64_t timeline_stamp(struct timeline *t, uint64_t boot_ns)
{
	uint64_t ns = boot_ns + t->offset_ns;

	if (ns < t->last_ns && t->last_ns - ns < TIMELINE_STEP_NS)
		ns = t->last_ns;
	t->last_ns = ns;
	return ns;
}

#ifndef MEWS_CORE /* core code has no clock */
/* Now, as the kernel stamps. */
static inline uint64_t boot_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}
#endif

#endif
