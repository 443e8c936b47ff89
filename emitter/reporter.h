/* SPDX-License-Identifier: Apache-2.0
 *
 * reporter.h -- the metrics now and then, as an alert of our own and as a line of a file: a thread
 * that asks the stages, waits for them, and leaves the alert where the event loop finds it.  Shell.
 */
#ifndef MEWS_REPORTER_H
#define MEWS_REPORTER_H

#include "conf.h"
#include "format.h"
#include "readings.h"

struct reporter;

/* The groups that CONF has on, as a mask. */
unsigned reporter_groups(const struct conf *conf);

/* With privilege: opens the file.  NULL: it cannot be, which was said. */
struct reporter *reporter_open(const struct conf *conf, struct readings *readings,
			       const struct format *format);

/* Behind the jail.  RING is called, by the thread, when there is an alert. */
int reporter_start(struct reporter *r, void (*ring)(void *ctx), void *ctx);

/* The alert's frame, until the next call; none: empty.  R may be NULL.  Never waits. */
struct span reporter_take(struct reporter *r);

void reporter_close(struct reporter *r);

#endif
