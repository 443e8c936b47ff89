/* SPDX-License-Identifier: Apache-2.0
 *
 * duration.h -- lengths of time as Prometheus and Falco write them.  Core.
 */
#ifndef MEWS_DURATION_H
#define MEWS_DURATION_H

#include <stdint.h>

/* "1h30m" in ns: the units y w d h m s ms, each once at most and in this order, blanks anywhere, as
 * Falco takes it; 0 for anything else. */
uint64_t duration_parse(const char *text);

#endif
