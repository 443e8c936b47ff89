/* SPDX-License-Identifier: Apache-2.0
 *
 * diag.c -- diag.h's functions: cut rather than overflow, always
 * terminated.  Formats into memory; reads and writes no file.
 */
#include <stdio.h>

#include "diag.h"

void diag_set(struct diag *d, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vsnprintf(d->message, sizeof(d->message), format, ap) < 0)
		d->message[0] = '\0';
	va_end(ap);
}

bool diag_is_behind(const struct diag *d, const struct diag *other)
{
	return d->line > other->line || (d->line == other->line && d->column > other->column);
}

int diag_format(const struct diag *d, char *buf, unsigned long cap)
{
	const char *colon = d->file[0] == '\0' ? "" : ":";

	if (d->line == 0)
		return snprintf(buf, cap, "%s%s%s%s", d->file, colon, *colon == '\0' ? "" : " ",
				d->message);
	if (d->column == 0)
		return snprintf(buf, cap, "%s%s%u: %s", d->file, colon, d->line, d->message);
	return snprintf(buf, cap, "%s%s%u:%u: %s", d->file, colon, d->line, d->column, d->message);
}
