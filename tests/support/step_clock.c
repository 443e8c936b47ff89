/* SPDX-License-Identifier: Apache-2.0
 *
 * step_clock.c -- loaded before the C library: the wall's clock is off by as many seconds as the file
 * $STEP_CLOCK_FILE says.  For tests of what happens when somebody sets it.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long offset(void)
{
	const char *path = getenv("STEP_CLOCK_FILE");
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	long n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	static int (*real)(clockid_t, struct timespec *);
	int status;

	if (real == NULL)
		real = (__typeof__(real))(uintptr_t)dlsym(RTLD_NEXT, "clock_gettime");
	status = real(id, ret);
	if (status == 0 && id == CLOCK_REALTIME)
		ret->tv_sec += offset();
	return status;
}

time_t time(time_t *ret)
{
	struct timespec now;
	time_t t;

	if (clock_gettime(CLOCK_REALTIME, &now) == -1)
		return -1;
	t = now.tv_sec;
	if (ret != NULL)
		*ret = t;
	return t;
}
