/* SPDX-License-Identifier: Apache-2.0
 *
 * text.h -- a line that is being put together in memory of the caller, and the
 * JSON forms of bytes and numbers.  Bytes come from the watched programs: what is
 * not UTF-8 becomes U+FFFD (one for each maximal part of a character), controls are
 * escaped, so that a line stays a line.
 */
#ifndef MEWS_TEXT_H
#define MEWS_TEXT_H

#include <sys/types.h>

#include "span.h"

struct text {
	uint8_t *start, *p, *end;
	bool full; /* something did not fit: the line is void */
};

void text_init(struct text *t, uint8_t *buf, size_t cap);

/* The length, or -ENOSPC. */
ssize_t text_length(const struct text *t);

void text_put(struct text *t, struct span bytes);
void text_puts(struct text *t, const char *s);
void text_put_char(struct text *t, char c);
void text_put_int(struct text *t, int64_t i);
void text_put_uint(struct text *t, uint64_t u);
/* At least WIDTH digits. */
void text_put_padded(struct text *t, uint64_t u, unsigned width);
/* As JSON has it: the shortest digits that give D back, with a point or an exponent;
 * null for what is no number. */
void text_put_double(struct text *t, double d);

/* BYTES as the inside of a JSON string. */
void text_put_escaped(struct text *t, struct span bytes);

/* The same, but quotation marks and backslashes stay as they are. */
void text_put_visible(struct text *t, struct span bytes);

/* BYTES as a JSON string. */
void text_put_string(struct text *t, struct span bytes);

#endif
