/* SPDX-License-Identifier: Apache-2.0
 *
 * activity.h -- who had the most events: processes and containers, for `mews top`.  Core.
 */
#ifndef MEWS_ACTIVITY_H
#define MEWS_ACTIVITY_H

#include "mirror.h"

enum { ACTIVITY_MOST = 32 }; /* of each kind */

/* The busiest of the second before SECOND (mirror_count_event()), busiest first, a line of JSON for
 * each: {"container": ..} or {"process": ..}.  What does not fit in BUF is left out.  The length. */
size_t activity_list(const struct mirror *m, uint32_t second, uint8_t *buf, size_t cap);

#endif
