/* SPDX-License-Identifier: Apache-2.0
 *
 * glob.h -- shell patterns over bytes: * ? [...] and backslash, as fnmatch(3)
 * without flags: * and ? also match '/' and a leading dot.  Time is bounded by
 * pattern times text; nothing is allocated and no terminator is needed.
 */
#ifndef MEWS_GLOB_H
#define MEWS_GLOB_H

#include "span.h"

enum glob_case { GLOB_EXACT, GLOB_FOLD };

bool glob_match(struct span pattern, struct span text, enum glob_case how);

#endif
