/* SPDX-License-Identifier: Apache-2.0
 *
 * beatalert.h -- a heartbeat, which is an event of the collector's own and meets no rule, is an alert of
 * its own.  Core.
 */
#ifndef MEWS_BEATALERT_H
#define MEWS_BEATALERT_H

#include "wire.h"

#define BEATALERT_TEXT 128

/* Fill ALERT for the heartbeat E, the NUMBERth, which was read at NOW_NS since the epoch.  It has E's
 * name, so that doubles are known. */
void beatalert_make(const struct event_frame *e, uint64_t number, uint64_t now_ns,
		    char text[static BEATALERT_TEXT], struct alert_frame *alert);

#endif
