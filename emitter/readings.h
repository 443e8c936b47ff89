/* SPDX-License-Identifier: Apache-2.0
 *
 * readings.h -- what all stages of the pipeline answer when they are asked how they are, this one
 * among them, and what the host says: for metrics and health.  Only threads that may wait call
 * this; events never do.  A stage that does not answer soon is away.  Shell.
 */
#ifndef MEWS_READINGS_H
#define MEWS_READINGS_H

#include "clock.h"
#include "metrics.h"

struct readings;

/* With privilege: opens what the host says.  RUN_DIR and HOSTNAME live longer.  NULL: no memory. */
struct readings *readings_new(const char *run_dir, const char *hostname);
void readings_free(struct readings *r);

/* From here on the supervisor is asked, too. */
void readings_ask_supervisor(struct readings *r);

/* What they say now, or said a moment ago.  From any thread; the view is the caller's until
 * readings_put(). */
const struct metrics_view *readings_get(struct readings *r);
void readings_put(struct readings *r);

#endif
