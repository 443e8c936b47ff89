/* SPDX-License-Identifier: Apache-2.0
 *
 * static_fields.h -- fields static.NAME: constants that the settings give, for conditions and
 * outputs (static_fields).  Core.
 */
#ifndef MEWS_STATIC_FIELDS_H
#define MEWS_STATIC_FIELDS_H

#include <stdbool.h>

#include "span.h"

/* What stands between name and value. */
#define STATIC_FIELD_JOINT '='

struct static_fields {
	unsigned n;
	char *const *pair; /* "NAME=VALUE", the settings': they must live as long */
};

/* The value of NAME; false: there is none.  Of several the last counts. */
bool static_fields_find(const struct static_fields *s, struct span name, struct span *ret);

#endif
