/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate.h -- repeats of one alert, summed up: the first passes at once; those of the same rule with
 * the same values in some fields (process, container, object) are held back for a while, and then
 * are one alert that says how many there were, and when the first and the last.  Bounded: what there
 * is no room to remember passes.  Core, on the clock that it is given.
 */
#ifndef MEWS_AGGREGATE_H
#define MEWS_AGGREGATE_H

#include "clock.h"
#include "conf.h"
#include "wire.h"

#define AGGREGATE_KEYS	4096
#define AGGREGATE_BYTES (4u << 20) /* of alerts that are held, each as it came last */

struct aggregate;

/* FIELDS, which stay the caller's, are what tells alerts of one rule apart.  SEED by lot: nobody shall
 * be able to make one alert look like another's repeat.  NULL: no memory. */
struct aggregate *aggregate_new(const struct conf_list *fields, uint64_t window_ns, uint64_t seed);
void aggregate_free(struct aggregate *ag);

/* Is ALERT, whose frame is PAYLOAD, a repeat that is held back? */
bool aggregate_holds(struct aggregate *ag, const struct alert_frame *alert, struct span payload,
		     struct mono now);

/* The next alert that is due, or with ALL that will be, as a summary in RET, which is valid until
 * the next call; false: there is none. */
bool aggregate_next(struct aggregate *ag, struct mono now, bool all, struct alert_frame *ret);

#endif
