/* SPDX-License-Identifier: Apache-2.0
 *
 * page_alerts.h -- the youngest alerts as the web page asks for them (docs/web-page.md).  Core.
 */
#ifndef MEWS_PAGE_ALERTS_H
#define MEWS_PAGE_ALERTS_H

#include "format.h"
#include "recent.h"

/* The whole answer.  FORM's uuid is set here; SCRATCH, with room for one alert as JSON, and ALERT are
 * memory of the caller.  INSTANCE tells one emitter from its successor. */
void page_alerts_put(struct line *t, const char *instance, const struct recent_copy *copy,
		     struct format *form, struct alert_frame *alert, uint8_t *scratch, size_t cap);

#endif
