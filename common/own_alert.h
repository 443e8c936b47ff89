/* SPDX-License-Identifier: Apache-2.0
 *
 * own_alert.h -- alerts that no rule makes: of losses and limits, of what mews does itself.  Core.
 */
#ifndef MEWS_OWN_ALERT_H
#define MEWS_OWN_ALERT_H

#include "priority.h"
#include "wire.h"

/* A is one of them, of no event, with no fields yet.  RULE and MESSAGE live as long as A. */
void own_alert_begin(struct alert_frame *a, const char *rule, enum priority priority,
		     uint64_t ts_ns, struct span message);

/* A field more, as long as there is room. */
void own_alert_uint(struct alert_frame *a, const char *name, uint64_t value);
void own_alert_text(struct alert_frame *a, const char *name, struct span value);

#endif
