/* SPDX-License-Identifier: Apache-2.0
 *
 * names.h -- the names of errors, signals and capabilities.  Constant data;
 * NULL where a number has no name.
 */
#ifndef MEWS_NAMES_H
#define MEWS_NAMES_H

#include "span.h"

const char *name_of_errno(int64_t error); /* positive: 2 is ENOENT */
const char *name_of_signal(unsigned signal);
const char *name_of_capability(unsigned bit);

#endif
