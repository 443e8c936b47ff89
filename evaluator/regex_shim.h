/* SPDX-License-Identifier: Apache-2.0
 *
 * regex_shim.h -- POSIX regular expressions in linear time: RE2 behind a C interface
 * (re2_shim.cc).  A pattern matches the whole subject; bytes that are no UTF-8
 * count as U+FFFD each.
 */
#ifndef MEWS_REGEX_SHIM_H
#define MEWS_REGEX_SHIM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct regex;

/* NULL with the reason in ERROR: the pattern is bad; with none there: there is no memory. */
struct regex *regex_shim_new(const void *pattern, size_t n, char *error, size_t error_cap);
void regex_shim_free(struct regex *r);
bool regex_shim_match(const struct regex *r, const void *subject, size_t n);

#ifdef __cplusplus
}
#endif

#endif
