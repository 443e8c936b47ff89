/* SPDX-License-Identifier: Apache-2.0
 *
 * line.h -- a line that is being put together in memory of the caller, and the
 * JSON forms of bytes and numbers.  Bytes come from the watched programs: what is
 * not UTF-8 becomes U+FFFD (one for each maximal part of a character), controls are
 * escaped, so that a line stays a line.
 */
#ifndef MEWS_LINE_H
#define MEWS_LINE_H

#include <sys/types.h>

#include "span.h"

/* Takes what is there so far, so that there is room again.  False: it cannot. */
typedef bool line_drain(void *ctx, struct span bytes);

struct line {
	uint8_t *start, *p, *end;
	bool full; /* something did not fit: the line is void */
	line_drain *drain;
	void *ctx;
};

void line_init(struct line *t, uint8_t *buf, size_t cap);

/* A line without end: whenever BUF is full, and in line_finish(), DRAIN gets it. */
void line_init_drained(struct line *t, uint8_t *buf, size_t cap, line_drain *drain, void *ctx);

/* The length, or -ENOSPC. */
ssize_t line_length(const struct line *t);

/* What is still there goes to the drain.  0, or -EIO: not all of the line went. */
int line_finish(struct line *t);

void line_put(struct line *t, struct span bytes);
void line_puts(struct line *t, const char *s);
void line_put_char(struct line *t, char c);
void line_put_int(struct line *t, int64_t i);
void line_put_uint(struct line *t, uint64_t u);
/* At least WIDTH digits. */
void line_put_padded(struct line *t, uint64_t u, unsigned width);
/* As JSON has it: the shortest digits that give D back, with a point or an exponent;
 * null for what is no number. */
void line_put_double(struct line *t, double d);

/* BYTES as the inside of a JSON string. */
void line_put_escaped(struct line *t, struct span bytes);

/* The same, but quotation marks and backslashes stay as they are. */
void line_put_visible(struct line *t, struct span bytes);

/* The same for text of several lines: newlines and tabs stay as well. */
void line_put_block(struct line *t, struct span bytes);

/* BYTES as a JSON string. */
void line_put_string(struct line *t, struct span bytes);

#endif
