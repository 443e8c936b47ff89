/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_change.h -- what it takes until another value of a setting is in force.
 */
#ifndef MEWS_CONF_CHANGE_H
#define MEWS_CONF_CHANGE_H

#include "conf.h"
#include "counter.h"

struct conf_change {
	unsigned
		again; /* a bit per enum stage_id: a reload starts these again; nothing is lost by that */
	unsigned
		by_hand; /* the same: it is in force when these are started again, which is not done
			   * unasked: events are missed, or a ring is made anew */
};

/* Of one key; all zero: a reload is enough. */
struct conf_change conf_change_of(const char *key);

/* Of all that differs in A and B.  SAY for each key that takes more than a reload; of an output it is that
 * of its kind. */
struct conf_change conf_compare(const struct conf *a, const struct conf *b,
				void (*say)(void *ctx, const char *key, struct conf_change change),
				void *ctx);

#endif
