/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h -- how far a replay is, as one line for a terminal.  Core: it is told
 * the numbers and the time.
 */
#ifndef MEWS_PROGRESS_H
#define MEWS_PROGRESS_H

#include <stddef.h>

#include "clock.h"

#define PROGRESS_LINE 128

struct progress {
	uint64_t done, total; /* bytes of the capture */
	uint64_t events;
	struct mono began;
};

/* "12.4 MB of 19.6 MB, 63 %, 1234567 events, 1.1 M/s, 0:07 left"; its length. */
size_t progress_line(const struct progress *p, struct mono now, char line[PROGRESS_LINE]);

#endif
