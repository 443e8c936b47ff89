/* SPDX-License-Identifier: Apache-2.0
 *
 * filter.h -- which alerts go to an output: by priority, rule and tag.  Core.
 */
#ifndef MEWS_FILTER_H
#define MEWS_FILTER_H

#include "conf_output.h"
#include "wire.h"

bool filter_passes(const struct conf_output *o, const struct alert_frame *alert);

/* Is NAME what PATTERN says?  In it * stands for any bytes, ? for any one. */
bool filter_matches(const char *pattern, struct span name);

#endif
