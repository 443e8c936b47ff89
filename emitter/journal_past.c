/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_past.c -- what a predecessor left in the spool: its segments are taken over, and the last
 * one is gone on in.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_core.h"
#include "log.h"

/* Look through the segment at NAME; it goes if there is nothing in it.  True: nothing is wrong
 * with it. */
static bool take_segment(struct journal *j, struct journal_reader *r, const char *name,
			 uint64_t first)
{
	struct segment *s = &j->segments[j->nsegments];
	struct journal_record record;
	struct stat st;
	uint64_t damaged = 0;

	*s = (struct segment){ .first = first, .next = first };
	if (segment_open(r, first) == 0 && fstat(r->fd, &st) == 0) {
		s->bytes = (uint64_t)st.st_size;
		while (segment_next(r, s->bytes, &record, &damaged))
			s->next = record.number + 1 > s->next ? record.number + 1 : s->next;
	} else {
		damaged = 1;
	}
	segment_leave(r);
	j->damaged += damaged;
	if (damaged > 0)
		log_warning("'%s' in the spool is damaged in %" PRIu64
			    " places, what can be read of it is used",
			    name, damaged);
	if (s->next == first)
		unlinkat(j->dir, name, 0);
	else
		j->nsegments++;
	return damaged == 0 && s->next != first;
}

/* Go on at the end of the last segment, with its key, while there is room in it. */
static void go_on_in(struct journal *j, const char *name, struct journal_key key)
{
	const struct segment *last = &j->segments[j->nsegments - 1];

	if (last->bytes >= j->segment_bytes)
		return;
	j->fd = openat(j->dir, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (j->fd != -1)
		j->key = key;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The numbers of the segments that are there, at most MAX. */
static int list_segments(struct journal *j, uint64_t *ret, unsigned max)
{
	int fd = fcntl(j->dir, F_DUPFD_CLOEXEC, 0), n = 0;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *e;
	uint64_t first;

	if (d == NULL)
		return -errno;
	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		if (!segment_number(e->d_name, &first))
			continue;
		if ((unsigned)n < max)
			ret[n++] = first;
		else
			unlinkat(j->dir, e->d_name, 0); /* more than we ever make */
	}
	closedir(d);
	qsort(ret, (size_t)n, sizeof(*ret), by_number);
	return n;
}

static uint64_t size_of(const struct journal *j, uint64_t first)
{
	char name[MAX_NAME];
	struct stat st;

	segment_name(name, first);
	return fstatat(j->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ? 0 : (uint64_t)st.st_size;
}

/* Of the N segments the oldest that have no room beside the others are let go, as they would be when the
 * next one begins: nobody waits until they are read.  How many. */
static int drop_excess(struct journal *j, const uint64_t *firsts, int n)
{
	uint64_t left = j->p.disk_bytes, size;
	char name[MAX_NAME];
	int keep = n;

	while (keep > 0 && (size = size_of(j, firsts[keep - 1])) <= left) {
		left -= size;
		keep--;
	}
	for (int i = 0; i < keep; i++) {
		segment_name(name, firsts[i]);
		unlinkat(j->dir, name, 0);
	}
	if (keep > 0)
		log_warning("%d segments are more than the spool may hold, they are let go", keep);
	j->dropped += (uint64_t)keep;
	return keep;
}

void journal_take_over(struct journal *j)
{
	static uint64_t firsts[MAX_SEGMENTS - 1];
	struct journal_reader r = { .j = j, .fd = -1 };
	int n = list_segments(j, firsts, ARRAY_LEN(firsts));
	char name[MAX_NAME];
	bool is_good = false;

	for (int i = drop_excess(j, firsts, n); i < n; i++) {
		segment_name(name, firsts[i]);
		is_good = take_segment(j, &r, name, firsts[i]);
	}
	free(r.window);
	if (j->nsegments > 0)
		j->next = j->segments[j->nsegments - 1].next;
	if (is_good)
		go_on_in(j, name, r.key);
}

void journal_look_back(struct journal *j, unsigned count,
		       void (*found)(void *ctx, const struct journal_record *r), void *ctx)
{
	struct journal_reader r = { .j = j, .fd = -1 };
	const struct segment *last = &j->segments[j->nsegments > 0 ? j->nsegments - 1 : 0];
	struct journal_record record;
	uint64_t damaged = 0;

	if (j->nsegments > 0 && segment_open(&r, last->first) == 0)
		while (segment_next(&r, last->bytes, &record, &damaged))
			if (record.number + count >= last->next)
				found(ctx, &record);
	segment_leave(&r);
	free(r.window);
}
