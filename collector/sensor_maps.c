/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_maps.c -- the arrays that the kernel side and this one both look at, mapped.
 */
#include <errno.h>
#include <sys/mman.h>

#include "sensor_core.h"

#define WANTED_SIZE (WANTED_COUNT * sizeof(struct wanted))
#define NARROW_SIZE (NARROW_COUNT * sizeof(struct wanted))
#define MUTES_SIZE  (MUTE_ROWS * sizeof(struct mutes))

static size_t counts_size(const struct sensor *s)
{
	return (size_t)s->ncpus * COUNTS_PER_CPU * sizeof(struct kernel_counts);
}

/* NULL: errno says why. */
static void *map_array(const struct sensor *s, const char *name, size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, programs_map(&s->programs, name), 0);

	return p == MAP_FAILED ? NULL : p;
}

int sensor_open_maps(struct sensor *s)
{
	const int both = PROT_READ | PROT_WRITE;

	if ((s->counts = map_array(s, "counts", counts_size(s), PROT_READ)) == NULL ||
	    (s->wanted = map_array(s, "wanted", WANTED_SIZE, both)) == NULL ||
	    (s->narrow = map_array(s, "wanted_narrow", NARROW_SIZE, both)) == NULL ||
	    (s->mutes.words = map_array(s, "mutes", MUTES_SIZE, both)) == NULL)
		return -errno;
	return 0;
}

void sensor_close_maps(struct sensor *s)
{
	if (s->counts != NULL)
		munmap((void *)s->counts, counts_size(s));
	if (s->wanted != NULL)
		munmap(s->wanted, WANTED_SIZE);
	if (s->narrow != NULL)
		munmap(s->narrow, NARROW_SIZE);
	if (s->mutes.words != NULL)
		munmap(s->mutes.words, MUTES_SIZE);
}
