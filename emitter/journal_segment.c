/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_segment.c -- the files of a journal, one for each segment: their names, and reading what is in one
 * from its beginning, whatever it looks like.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "journal_core.h"
#include "rundir.h"

#define WINDOW	    (2 * (size_t)JOURNAL_MAX_RECORD)
#define NAME_FORMAT "%020" PRIu64 SPOOL_SEGMENT

void segment_name(char name[MAX_NAME], uint64_t first)
{
	snprintf(name, MAX_NAME, NAME_FORMAT, first);
}

bool segment_number(const char *name, uint64_t *ret_first)
{
	char again[MAX_NAME];

	if (name[0] < '0' || name[0] > '9')
		return false;
	*ret_first = strtoull(name, NULL, 10);
	segment_name(again, *ret_first);
	return strcmp(again, name) == 0 && *ret_first <= JOURNAL_NUMBER_MAX;
}

/* The window begins where the reader is, and reaches to LIMIT if it can. */
static int fill_window(struct journal_reader *r, uint64_t limit)
{
	uint64_t left = limit > r->at ? limit - r->at : 0;
	ssize_t n;

	if (r->window == NULL && (r->window = malloc(WINDOW)) == NULL)
		return -ENOMEM;
	do
		n = pread(r->fd, r->window, left < WINDOW ? (size_t)left : WINDOW, (off_t)r->at);
	while (n == -1 && errno == EINTR);
	r->window_at = r->at;
	r->window_used = n > 0 ? (size_t)n : 0;
	return n == -1 ? -errno : 0;
}

/* What the window has from where the reader is: a whole record, if there is one before LIMIT. */
static struct span look(struct journal_reader *r, uint64_t limit)
{
	uint64_t end = r->window_at + r->window_used;
	bool is_in = r->at >= r->window_at && r->at <= end;

	if ((!is_in || end - r->at < JOURNAL_MAX_RECORD) && (!is_in || end < limit) &&
	    fill_window(r, limit) < 0)
		return SPAN_NONE;
	return span_of(r->window + (r->at - r->window_at),
		       r->window_used - (size_t)(r->at - r->window_at));
}

bool segment_next(struct journal_reader *r, uint64_t limit, struct journal_record *ret,
		  uint64_t *ret_damaged)
{
	bool is_damaged = false;

	for (;;) {
		struct span rest = look(r, limit);
		size_t start, end;
		bool found =
			rest.n > 0 && journal_search(r->key, rest, &r->patience, ret, &start, &end);

		if (rest.n == 0)
			break;
		is_damaged = is_damaged || !found || start > 0;
		/* No record is longer than what was looked at: one that wants more lies. */
		if (!found && rest.n >= JOURNAL_MAX_RECORD)
			end = start > 0 ? start : 1;
		r->at += end;
		/* What is behind us pays for more: all of it takes time as its length, not as its square. */
		r->patience += end;
		if (found) {
			*ret_damaged += is_damaged;
			return true;
		}
	}
	*ret_damaged += is_damaged;
	return false;
}

void segment_leave(struct journal_reader *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
	r->window_used = 0;
}

int segment_open(struct journal_reader *r, uint64_t first)
{
	char name[MAX_NAME];
	uint64_t said;
	int err;

	segment_leave(r);
	segment_name(name, first);
	r->fd = openat(r->j->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (r->fd == -1)
		return -errno;
	r->segment = first;
	r->at = 0;
	err = fill_window(r, JOURNAL_SEGMENT_HEADER);
	if (err == 0 &&
	    (!journal_decode_header(span_of(r->window, r->window_used), &said, &r->key) ||
	     said != first))
		err = -EPROTO;
	r->at = JOURNAL_SEGMENT_HEADER;
	r->patience = JOURNAL_PATIENCE;
	if (err < 0)
		segment_leave(r);
	return err;
}
