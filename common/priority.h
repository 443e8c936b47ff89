/* SPDX-License-Identifier: Apache-2.0
 *
 * priority.h -- how severe a rule is: 0 emergency ... 7 debug, and what people
 * call it.
 */
#ifndef MEWS_PRIORITY_H
#define MEWS_PRIORITY_H

#include "span.h"

enum priority {
	PRIORITY_EMERGENCY,
	PRIORITY_ALERT,
	PRIORITY_CRITICAL,
	PRIORITY_ERROR,
	PRIORITY_WARNING,
	PRIORITY_NOTICE,
	PRIORITY_INFORMATIONAL,
	PRIORITY_DEBUG,
	PRIORITY_COUNT
};

/* "Emergency" ... "Debug". */
const char *priority_name(unsigned priority);

/* By its name, whatever the case; "info" is one, too.  PRIORITY_COUNT: no such name. */
unsigned priority_find(struct span name);

#endif
