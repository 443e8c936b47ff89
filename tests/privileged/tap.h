/* SPDX-License-Identifier: Apache-2.0
 *
 * tap.h -- TAP for plain programs: one line a check, with what was expected and
 * what came when they differ.  tap_end() prints the plan and gives the exit status.
 */
#ifndef MEWS_TAP_H
#define MEWS_TAP_H

#include "span.h"

__attribute__((format(printf, 2, 3))) bool tap_ok(bool good, const char *format, ...);
bool tap_number(long long got, long long want, const char *what);
bool tap_span(struct span got, struct span want, const char *what);
bool tap_text(struct span got, const char *want, const char *what);
int tap_end(void);

#endif
