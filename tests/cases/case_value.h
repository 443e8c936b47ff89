/* SPDX-License-Identifier: Apache-2.0
 *
 * case_value.h -- the values of events as the cases write them: numbers, names of
 * constants and sums of them, strings, buffers, socket addresses.
 */
#ifndef MEWS_CASE_VALUE_H
#define MEWS_CASE_VALUE_H

#include <jansson.h>

#include "wire.h"

/* The number that TEXT stands for: digits, names of constants, '-', '|', '+' and
 * parentheses.  TABLE: of which flags a bare name may be.  False: not known. */
bool case_number(const char *text, unsigned table, int64_t *ret);

/* The string that a constant's name stands for; NULL if it is none. */
const char *case_string(const char *name);

/* Bytes that live until case_values_clear(). */
uint8_t *case_bytes(size_t n);
void case_values_clear(void);

/* A JSON string's bytes; those beyond ASCII stand for one byte each. */
struct span case_json_bytes(const json_t *s);

/* Parameter VALUE for the parameter INFO; ALL are those of the event.  False: it
 * cannot be told what it is. */
bool case_param(const json_t *value, const struct event_param *info, const json_t *all,
		struct param *ret);

#endif
