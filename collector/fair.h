/* SPDX-License-Identifier: Apache-2.0
 *
 * fair.h -- where there is no room for all, those who ask for little have a share of the reserve: so
 * a flood, be it made to hide something, costs the events of those that flood.
 *
 * It is asked only when an event would be lost otherwise, so it costs nothing before that; the
 * kernel side does the same with its buffers (has_quiet_room() in bpf/build.bpf.h).  Core.
 */
#ifndef MEWS_FAIR_H
#define MEWS_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#define FAIR_SEATS  1024
#define FAIR_EVENTS 64 /* of one process in each period */
#define FAIR_SHIFT  27 /* a period is 2^27 ns: seven and a half in a second */

/* Two processes may want one seat; then each takes it from the other, and both are quiet. */
struct fair {
	struct fair_seat {
		uint32_t pid, period, events;
	} seats[FAIR_SEATS];
};

/* One more event of process PID finds no room, at TS: is it of one that had few of these? */
static inline bool fair_is_quiet(struct fair *f, uint32_t pid, uint64_t ts_ns)
{
	struct fair_seat *s = &f->seats[pid % FAIR_SEATS];
	uint32_t period = (uint32_t)(ts_ns >> FAIR_SHIFT);

	if (s->pid != pid || s->period != period)
		*s = (struct fair_seat){ .pid = pid, .period = period };
	return s->events++ < FAIR_EVENTS;
}

#endif
