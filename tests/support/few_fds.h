/* SPDX-License-Identifier: Apache-2.0
 *
 * few_fds.h -- no descriptors but those that there are, as long as a test needs that.
 */
#ifndef MEWS_FEW_FDS_H
#define MEWS_FEW_FDS_H

#include <sys/resource.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* What gives them back. */
static inline struct rlimit few_fds_begin(void)
{
	struct rlimit all, few;
	int next = dup(0);

	close(next);
	cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &all), 0));
	few = all;
	few.rlim_cur = (rlim_t)next;
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &few), 0));
	return all;
}

static inline void few_fds_end(const struct rlimit *all)
{
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, all), 0));
}

#endif
