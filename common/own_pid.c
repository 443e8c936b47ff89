/* SPDX-License-Identifier: Apache-2.0
 *
 * own_pid.c -- see own_pid.h.
 */
#include "own_pid.h"

#include <unistd.h>

#include "span.h"

int64_t pid_in_initial_namespace(int64_t pid)
{
	static const char initial[] = "pid:[4026531836]"; /* the same on all machines */
	char link[64];
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link));

	return n > 0 && span_is(span_of(link, (size_t)n), initial) ? pid : -1;
}
