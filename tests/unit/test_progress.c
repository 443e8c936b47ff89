/* SPDX-License-Identifier: Apache-2.0
 *
 * The line that says how far a replay is.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "progress.h"

static const struct {
	struct progress p;
	uint64_t after_ms;
	const char *want;
} lines[] = {
	{ { 0, 0, 0, { 0 } }, 0, "0 B of 0 B, 0 %, 0 events, 0 /s" },
	{ { 12400000, 19600000, 1234567, { 0 } },
	  1000,
	  "12.4 MB of 19.6 MB, 63 %, 1234567 events, 1.2 M/s, 0:00 left" },
	{ { 1000, 151000, 900, { 0 } },
	  1000,
	  "1.0 kB of 151.0 kB, 0 %, 900 events, 900 /s, 2:30 left" },
	/* Too early to say how long it takes. */
	{ { 100, 1000, 50, { 0 } }, 100, "100 B of 1.0 kB, 10 %, 50 events, 500 /s" },
	{ { 1000, 1000, 50, { 0 } }, 1000, "1.0 kB of 1.0 kB, 100 %, 50 events, 50 /s" },
	/* A file that grows. */
	{ { 2000, 1000, 50, { 0 } }, 1000, "2.0 kB of 1.0 kB, 100 %, 50 events, 50 /s" },
	/* Nobody waits that long. */
	{ { 1, UINT64_MAX, 1, { 0 } }, 1000, "1 B of 18446744073.7 GB, 0 %, 1 events, 1 /s" },
};

Test(progress, says_how_far_how_fast_and_how_long)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct mono now = mono_after(lines[i].p.began, lines[i].after_ms * NS_PER_MSEC);
		char line[PROGRESS_LINE];
		size_t n = progress_line(&lines[i].p, now, line);

		cr_assert(eq(str, line, (char *)(uintptr_t)lines[i].want));
		cr_assert(eq(sz, n, strlen(line)));
	}
}
