/* SPDX-License-Identifier: Apache-2.0
 *
 * path.h -- paths as text: how a name relative to a directory becomes an
 * absolute, normalised path.  No symbolic link is followed, nothing is looked
 * up.  Core; pure functions.
 */
#ifndef MEWS_PATH_H
#define MEWS_PATH_H

#include "span.h"

/* No path of ours is longer: what would be becomes PATH_TOO_LONG. */
#define PATH_CAP      1024
#define PATH_TOO_LONG "/DIR_TOO_LONG/FILENAME_TOO_LONG"

/* NAME seen from DIR into OUT; returns the length, no NUL behind it.
 *
 * A relative NAME goes behind DIR, which is taken as it is (so it ends in a
 * slash, mostly); an absolute or empty NAME stands alone.  Of NAME "." and empty
 * components are dropped, ".." takes the component before it away (DIR's too,
 * never more than there is), a slash at the end goes.  What could reach PATH_CAP
 * bytes is PATH_TOO_LONG instead.  CAP is at least PATH_CAP, or the result is empty. */
size_t path_concat(uint8_t *out, size_t cap, struct span dir, struct span name);

/* Are there two slashes in a row? */
bool path_has_two_slashes(struct span path);

/* PATH into OUT with one slash where there were several in a row, and nothing else done to it; cut at
 * CAP.  The length. */
size_t path_merge_slashes(uint8_t *out, size_t cap, struct span path);

/* Is PATH absolute and already what path_concat() would make of it? */
bool path_is_plain(struct span path);

#endif
