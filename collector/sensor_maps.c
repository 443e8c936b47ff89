/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_maps.c -- the arrays that the kernel side and this one both look at, mapped.
 */
#include <errno.h>
#include <sys/mman.h>

#include "sensor_core.h"

static size_t counts_size(const struct sensor *s)
{
	return (size_t)s->ncpus * COUNTS_PER_CPU * sizeof(struct kernel_counts);
}

int sensor_open_maps(struct sensor *s)
{
	void *p;

	p = mmap(NULL, counts_size(s), PROT_READ, MAP_SHARED, programs_map(&s->programs, "counts"),
		 0);
	if (p == MAP_FAILED)
		return -errno;
	s->counts = p;
	p = mmap(NULL, WANTED_COUNT * sizeof(struct wanted), PROT_READ | PROT_WRITE, MAP_SHARED,
		 programs_map(&s->programs, "wanted"), 0);
	if (p == MAP_FAILED)
		return -errno;
	s->wanted = p;
	p = mmap(NULL, NARROW_COUNT * sizeof(struct wanted), PROT_READ | PROT_WRITE, MAP_SHARED,
		 programs_map(&s->programs, "wanted_narrow"), 0);
	if (p == MAP_FAILED)
		return -errno;
	s->narrow = p;
	p = mmap(NULL, MUTE_ROWS * sizeof(struct mutes), PROT_READ | PROT_WRITE, MAP_SHARED,
		 programs_map(&s->programs, "mutes"), 0);
	if (p == MAP_FAILED)
		return -errno;
	s->mutes.words = p;
	return 0;
}

void sensor_close_maps(struct sensor *s)
{
	if (s->counts != NULL)
		munmap((void *)s->counts, counts_size(s));
	if (s->wanted != NULL)
		munmap(s->wanted, WANTED_COUNT * sizeof(struct wanted));
	if (s->narrow != NULL)
		munmap(s->narrow, NARROW_COUNT * sizeof(struct wanted));
	if (s->mutes.words != NULL)
		munmap(s->mutes.words, MUTE_ROWS * sizeof(struct mutes));
}
