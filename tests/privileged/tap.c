/* SPDX-License-Identifier: Apache-2.0
 *
 * tap.c -- see tap.h.  For one thread.
 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>

static int tap_count, tap_failed;

bool tap_ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%s %d - ", good ? "ok" : "not ok", ++tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	tap_failed += !good;
	return good;
}

bool tap_number(long long got, long long want, const char *what)
{
	if (tap_ok(got == want, "%s", what))
		return true;
	printf("# got %lld (%#llx), want %lld (%#llx)\n", got, (unsigned long long)got, want,
	       (unsigned long long)want);
	return false;
}

static void tap_bytes(const char *name, struct span s)
{
	printf("# %s %zu bytes \"", name, s.n);
	for (size_t i = 0; i < s.n && i < 160; i++)
		if (s.p[i] < 32 || s.p[i] > 126)
			printf("\\x%02x", s.p[i]);
		else
			putchar(s.p[i]);
	printf("\"\n");
}

bool tap_span(struct span got, struct span want, const char *what)
{
	if (tap_ok(span_eq(got, want), "%s", what))
		return true;
	tap_bytes("got", got);
	tap_bytes("want", want);
	return false;
}

bool tap_text(struct span got, const char *want, const char *what)
{
	return tap_span(got, span_str(want), what);
}

int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
