/* SPDX-License-Identifier: Apache-2.0
 *
 * suggest.h -- "did you mean": the nearest of some names to a misspelt one.
 * Core; set-up time only.
 */
#ifndef MEWS_SUGGEST_H
#define MEWS_SUGGEST_H

#include "span.h"

/* Edits (insert, delete, replace, swap of neighbours) that make B of A; LIMIT + 1 if there
 * are more than LIMIT. */
unsigned suggest_distance(struct span a, struct span b, unsigned limit);

/* How many edits still count as near for a text of N bytes. */
unsigned suggest_limit(size_t n);

#endif
