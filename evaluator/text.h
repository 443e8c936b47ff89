/* SPDX-License-Identifier: Apache-2.0
 *
 * text.h -- text put together in an event's arena, piece by piece.  Between
 * text_begin() and text_end() nothing else may be taken from that arena.  What
 * does not fit is cut, and the text then ends in "...".  Core.
 */
#ifndef MEWS_TEXT_H
#define MEWS_TEXT_H

#include "arena.h"
#include "value.h"

struct text {
	struct arena *arena;
	uint8_t *p;
	size_t n, cap;
	bool cut;
};

void text_begin(struct text *t, struct arena *arena);
struct span text_end(struct text *t);

void text_put(struct text *t, struct span s);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_unsigned(struct text *t, uint64_t v);
void text_signed(struct text *t, int64_t v);
void text_hex(struct text *t, uint64_t v);   /* lower case, no prefix */
void text_HEX(struct text *t, uint64_t v);   /* upper case, no prefix */
void text_octal(struct text *t, uint64_t v); /* a leading 0, as %#o */
void text_padded(struct text *t, uint64_t v, unsigned digits);

/* S with bytes that do not print as dots. */
void text_dotted(struct text *t, struct span s);
void text_base64(struct text *t, struct span s);

/* Addresses: network order, 4 or 16 bytes. */
void text_ipv4(struct text *t, const uint8_t *addr);
void text_ipv6(struct text *t, const uint8_t *addr);

/* A scalar value in the form PRINT; a list as "(a,b)". */
void text_value(struct text *t, const struct value *v, unsigned print);

/* A path's part after its last slash; up to it. */
struct span text_basename(struct span path);

#endif
