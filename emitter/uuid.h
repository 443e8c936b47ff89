/* SPDX-License-Identifier: Apache-2.0
 *
 * uuid.h -- an alert's id, made from what it is: the same alert, decided or sent again, has the
 * same one; another has another.  RFC 9562, version 8.  Core.
 */
#ifndef MEWS_UUID_H
#define MEWS_UUID_H

#include "span.h"

#define UUID_BYTES 16
#define UUID_TEXT  37 /* with the NUL */

struct uuid {
	uint8_t byte[UUID_BYTES];
};

/* Of the parts, in their order; where one ends and the next begins makes a difference. */
struct uuid uuid_of(const struct span *parts, unsigned n);

void uuid_print(struct uuid u, char ret[static UUID_TEXT]);

#endif
