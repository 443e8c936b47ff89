/* SPDX-License-Identifier: Apache-2.0
 *
 * own_pid.c -- see own_pid.h.
 */
#include "own_pid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "span.h"

#define KERNEL_THREAD 0x200000u /* PF_KTHREAD */

static const char initial[] = "pid:[4026531836]"; /* the same on all machines */

static bool links_to(const char *path, const char *what)
{
	char link[64];
	ssize_t n = readlink(path, link, sizeof(link));

	return n > 0 && span_is(span_of(link, (size_t)n), what);
}

int64_t pid_in_initial_namespace(int64_t pid)
{
	return links_to("/proc/self/ns/pid", initial) ? pid : -1;
}

void host_proc(char ret[HOST_PROC_MAX])
{
	const char *root = getenv("HOST_ROOT");

	if (root == NULL || snprintf(ret, HOST_PROC_MAX, "%s/proc", root) >= HOST_PROC_MAX ||
	    access(ret, X_OK) == -1)
		snprintf(ret, HOST_PROC_MAX, "/proc");
}

/* Is the procfs PROC that of the initial namespace?  No other has threads of the kernel, of which
 * process 2 there begins all others. */
static bool is_of_host(const char *proc)
{
	char path[HOST_PROC_MAX + sizeof("/2/stat")];
	unsigned flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/2/stat", proc);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fscanf(f, "2 (%*[^)]) %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		flags = 0;
	fclose(f);
	return (flags & KERNEL_THREAD) != 0;
}

/* `self` of a procfs is our number in the namespace that it shows. */
int64_t own_pid_in_initial_namespace(void)
{
	char proc[HOST_PROC_MAX], path[HOST_PROC_MAX + sizeof("/self")], self[24];
	ssize_t n;

	if (links_to("/proc/self/ns/pid", initial))
		return getpid();
	host_proc(proc);
	if (!is_of_host(proc))
		return -1;
	snprintf(path, sizeof(path), "%s/self", proc);
	n = readlink(path, self, sizeof(self) - 1);
	if (n <= 0)
		return -1;
	self[n] = '\0';
	return strtoll(self, NULL, 10);
}
