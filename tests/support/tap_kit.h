/* SPDX-License-Identifier: Apache-2.0
 *
 * tap_kit.h -- for programs that say TAP by themselves (https://testanything.org), one source file each.
 */
#ifndef MEWS_TAP_KIT_H
#define MEWS_TAP_KIT_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned tests, failures;

__attribute__((format(printf, 2, 3))) static inline bool check(bool good, const char *name, ...)
{
	va_list args;

	tests++;
	failures += !good;
	printf("%s %u - ", good ? "ok" : "not ok", tests);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return good;
}

static inline void skipped(const char *name, const char *reason)
{
	printf("ok %u - %s # SKIP %s\n", ++tests, name, reason);
}

/* What the tests cannot do without. */
static inline void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The exit code. */
static inline int tests_end(void)
{
	printf("1..%u\n", tests);
	return failures > 0;
}

static inline void pause_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

#endif
