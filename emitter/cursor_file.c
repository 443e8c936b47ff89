/* SPDX-License-Identifier: Apache-2.0
 *
 * cursor_file.c -- see cursor_file.h.
 */
#include "cursor_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_output.h"
#include "journal.h"
#include "log.h"
#include "rundir.h"

#define FILE_BYTES 4096
#define MAGIC	   UINT64_C(0x3172756377656d00)

/* In the file of one machine, for itself. */
struct slot {
	uint64_t magic, version;
	struct output_place place;
	uint64_t sum;
};
_Static_assert(2 * sizeof(struct slot) <= FILE_BYTES, "both places fit");

static uint64_t sum_of(const struct slot *s)
{
	return journal_crc(0, span_of(s, offsetof(struct slot, sum)));
}

static bool is_whole(const struct slot *s)
{
	return s->magic == MAGIC && s->sum == sum_of(s) && s->place.number <= JOURNAL_NUMBER_MAX &&
	       s->place.number - s->place.begun ==
		       s->place.delivered + s->place.filtered + s->place.lost + s->place.refused;
}

/* The younger one of the two; false: there is none. */
static bool load(struct cursor_file *c)
{
	const struct slot *slots = c->map;
	bool found = false;

	for (unsigned i = 0; i < 2; i++) {
		struct slot s = slots[i];

		if (!is_whole(&s) || (found && s.version < c->version))
			continue;
		c->place = s.place;
		c->version = s.version;
		found = true;
	}
	return found;
}

static int map_file(struct cursor_file *c, int dir, const char *name)
{
	char file[CONF_OUTPUT_NAME_MAX + sizeof(SPOOL_PLACE)];
	int fd, err;

	snprintf(file, sizeof(file), "%s" SPOOL_PLACE, name);
	fd = openat(dir, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -errno;
	/* All of it is there, so that writing to the map cannot fail. */
	err = -posix_fallocate(fd, 0, FILE_BYTES);
	if (err == 0) {
		c->map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		err = c->map == MAP_FAILED ? -errno : 0;
	}
	if (err < 0)
		c->map = NULL;
	close(fd);
	return err;
}

void cursor_file_open(struct cursor_file *c, int dir, const char *name, uint64_t number,
		      bool *ret_new)
{
	int err;

	*c = (struct cursor_file){ .place = { .begun = number, .number = number } };
	*ret_new = true;
	if (dir == -1)
		return;
	err = map_file(c, dir, name);
	if (err < 0)
		log_error("cannot keep the place of output '%s': %s, alerts that wait for it are "
			  "lost when this process ends",
			  name, strerror(-err));
	else if (load(c))
		*ret_new = false;
	cursor_file_save(c);
}

void cursor_file_save(struct cursor_file *c)
{
	struct slot *slot, s = { .magic = MAGIC, .version = ++c->version, .place = c->place };

	if (c->map == NULL)
		return;
	s.sum = sum_of(&s);
	slot = (struct slot *)c->map + c->version % 2;
	slot->sum = 0;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(slot, &s, offsetof(struct slot, sum));
	atomic_signal_fence(memory_order_seq_cst);
	slot->sum = s.sum;
}

void cursor_file_close(struct cursor_file *c)
{
	if (c->map != NULL)
		munmap(c->map, FILE_BYTES);
	c->map = NULL;
}

/* How many records before NEXT are behind the place that FILE says. */
static uint64_t pending_of(int dir, const char *file, uint64_t next)
{
	struct cursor_file c = { 0 };
	uint64_t ret = 0;
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat s;

	if (fd != -1 && fstat(fd, &s) == 0 && s.st_size >= FILE_BYTES) {
		c.map = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
		c.map = c.map == MAP_FAILED ? NULL : c.map;
	}
	if (fd != -1)
		close(fd);
	if (c.map != NULL && load(&c) && c.place.number < next)
		ret = next - c.place.number;
	cursor_file_close(&c);
	return ret;
}

/* Whoever gave an output another name may want to know that it does not go on where it was. */
static void sweep_one(int dir, const char *file, struct span name, uint64_t next)
{
	uint64_t pending = pending_of(dir, file, next);

	if (unlinkat(dir, file, 0) == -1)
		return;
	if (pending > 0)
		log_warning("output '%.*s' is not there any more: up to %llu alerts that waited "
			    "for it are let go",
			    (int)name.n, (const char *)name.p, (unsigned long long)pending);
	else
		log_info("output '%.*s' is not there any more, nor is its place in the spool",
			 (int)name.n, (const char *)name.p);
}

void cursor_file_sweep(int dir, uint64_t next, const char *const *names, unsigned n)
{
	int fd = dir == -1 ? -1 : fcntl(dir, F_DUPFD_CLOEXEC, 0);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (d == NULL)
		return;
	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		struct span name = span_str(e->d_name);
		bool is_known = false;

		if (!span_ends(name, span_str(SPOOL_PLACE)))
			continue;
		name.n -= strlen(SPOOL_PLACE);
		for (unsigned i = 0; i < n; i++)
			is_known = is_known || span_is(name, names[i]);
		if (!is_known)
			sweep_one(dir, e->d_name, name, next);
	}
	closedir(d);
}
