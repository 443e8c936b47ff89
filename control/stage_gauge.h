/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_gauge.h -- one number of a running stage (counter.h), as its control socket says it.
 */
#ifndef MEWS_STAGE_GAUGE_H
#define MEWS_STAGE_GAUGE_H

#include <stdbool.h>
#include <stdint.h>

#include "counter.h"

/* Gauge I of STAGE, whose run directory that is; waits at most ASK_TIMEOUT_NS.  False: it does not say. */
bool stage_gauge(const char *run_dir, enum stage_id stage, unsigned i, uint64_t *ret);

#endif
