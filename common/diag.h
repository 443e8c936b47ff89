/* SPDX-License-Identifier: Apache-2.0
 *
 * diag.h -- what is wrong with a text that somebody wrote (rules, settings,
 * conditions), and where.  Plain data; whoever has the text prints it.
 */
#ifndef MEWS_DIAG_H
#define MEWS_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct diag {
	char file[256];	       /* "" if the text has no file; cut if longer */
	uint32_t line, column; /* 1-based; 0: not known */
	uint8_t kind;	       /* in the words of who has the text; 0: it is wrong */
	char message[512];     /* lower case, no full stop; cut if longer */
};

/* Fill D with a formatted message.  File and place stay as they are. */
void diag_set(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Is the place of D behind that of OTHER? */
bool diag_is_behind(const struct diag *d, const struct diag *other);

/* "FILE:LINE:COLUMN: MESSAGE" into BUF (always terminated); parts that are not known are left
 * out.  Returns the length it would have, as snprintf does. */
int diag_format(const struct diag *d, char *buf, unsigned long cap);

#endif
