/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_write.c -- appending, to memory and to the disk, by the one thread that does; the disk
 * may go away meanwhile, and come back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_core.h"
#include "log.h"

#define RETRY_NS   NS_PER_SEC
#define KEPT_BYTES ((uint64_t)512 << 10)

/* ---- the disk ---- */

/* From here on memory is all there is, until the disk is tried again. */
static void let_go_of_disk(struct journal *j, int err)
{
	if (j->on_disk || j->why[0] == '\0')
		log_error("cannot write to the spool: %s, alerts that wait are kept in memory",
			  strerror(-err));
	j->on_disk = false;
	snprintf(j->why, sizeof(j->why), "%s", strerror(-err));
	if (j->fd != -1)
		close(j->fd);
	j->fd = -1;
	j->retry_at = mono_after(mono_now(), RETRY_NS);
}

static int write_whole(int fd, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n > 0)
			bytes = span_of(bytes.p + n, bytes.n - (size_t)n);
		else if (n == 0 || errno != EINTR)
			return n == 0 ? -EIO : -errno;
	}
	return 0;
}

void journal_drop_oldest(struct journal *j)
{
	char name[MAX_NAME];

	segment_name(name, j->segments[0].first);
	unlinkat(j->dir, name, 0);
	memmove(&j->segments[0], &j->segments[1], --j->nsegments * sizeof(j->segments[0]));
}

uint64_t journal_done_by_all(const struct journal *j)
{
	uint64_t least = j->next;

	for (unsigned i = 0; i < j->nreaders; i++)
		least = j->readers[i]->done < least ? j->readers[i]->done : least;
	return least;
}

/* Let segments go that nobody needs; and for COMING bytes, the oldest that somebody may. */
static void make_room(struct journal *j, uint64_t coming)
{
	uint64_t all = coming, done;

	pthread_mutex_lock(&j->lock);
	done = journal_done_by_all(j);
	while (j->nsegments > (j->fd != -1) && j->segments[0].next <= done)
		journal_drop_oldest(j);
	for (unsigned i = 0; i < j->nsegments; i++)
		all += j->segments[i].bytes;
	while (j->nsegments > (j->fd != -1) &&
	       (all > j->p.disk_bytes || j->nsegments >= MAX_SEGMENTS - 1)) {
		all -= j->segments[0].bytes;
		j->dropped++;
		journal_drop_oldest(j);
	}
	pthread_mutex_unlock(&j->lock);
}

static int begin_segment(struct journal *j, uint64_t first)
{
	uint8_t header[JOURNAL_SEGMENT_HEADER];
	char name[MAX_NAME];
	int fd, err;

	segment_name(name, first);
	fd = openat(j->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd == -1)
		return -errno;
	journal_encode_header(header, first, j->key);
	err = write_whole(fd, span_of(header, sizeof(header)));
	if (err < 0) {
		close(fd);
		unlinkat(j->dir, name, 0);
		return err;
	}
	if (j->p.fsync == JOURNAL_FSYNC_ALWAYS)
		(void)fsync(j->dir);
	j->fd = fd;
	pthread_mutex_lock(&j->lock);
	/* One that was begun, and then the disk took nothing. */
	if (j->nsegments > 0 && j->segments[j->nsegments - 1].first == first)
		j->nsegments--;
	j->segments[j->nsegments++] =
		(struct segment){ .first = first, .next = first, .bytes = sizeof(header) };
	pthread_mutex_unlock(&j->lock);
	return 0;
}

static void end_segment(struct journal *j)
{
	close(j->fd);
	j->fd = -1;
}

/* The thread gets a copy of the descriptor: ours may be closed before it comes to it. */
static void bring_to_disk(struct journal *j)
{
	if (j->p.fsync == JOURNAL_FSYNC_ALWAYS)
		(void)fdatasync(j->fd);
	if (j->p.fsync != JOURNAL_FSYNC_INTERVAL || !j->is_running)
		return;
	pthread_mutex_lock(&j->lock);
	if (j->dirty_fd == -1) {
		j->dirty_fd = fcntl(j->fd, F_DUPFD_CLOEXEC, 0);
		pthread_cond_signal(&j->sync_cond);
	}
	pthread_mutex_unlock(&j->lock);
}

/* COUNT records, from number FIRST on, at the log's end. */
static int write_records(struct journal *j, struct span records, uint64_t first, unsigned count)
{
	struct segment *s;
	int err;

	if (j->fd != -1 && j->segments[j->nsegments - 1].bytes + records.n > j->segment_bytes)
		end_segment(j);
	if (j->fd == -1) {
		make_room(j, records.n + j->segment_bytes);
		err = begin_segment(j, first);
		if (err < 0)
			return err;
	}
	err = write_whole(j->fd, records);
	s = &j->segments[j->nsegments - 1];
	if (err < 0) {
		/* Not half of it: the rest may come elsewhere. */
		if (ftruncate(j->fd, (off_t)s->bytes) == -1)
			end_segment(j);
		return err;
	}
	bring_to_disk(j);
	pthread_mutex_lock(&j->lock);
	s->bytes += records.n;
	s->next = first + count;
	pthread_mutex_unlock(&j->lock);
	j->disk_next = first + count;
	return 0;
}

/* What lies in memory only. */
static int write_tail(struct journal *j)
{
	struct tail_place place = { 0 };
	uint64_t number = j->disk_next > j->tail.first ? j->disk_next : j->tail.first;
	int err = 0;

	/* A gap in the numbers is for a new segment to show. */
	for (; number < j->tail.next && err == 0; number++)
		err = write_records(j, tail_get(&j->tail, number, &place), number, 1);
	return err;
}

/* ---- appending ---- */

static void put_in_tail(struct journal *j, struct span records)
{
	/* What nobody needs is kept for who looks on, but not so much that all of the memory is used. */
	if (journal_done_by_all(j) == j->next && j->tail.end - j->tail.begin > KEPT_BYTES)
		tail_clear(&j->tail, j->next);
	while (records.n > 0) {
		size_t n = journal_length(j->key, records);

		BUG_ON(n == 0 || n > records.n);
		tail_put(&j->tail, span_of(records.p, n));
		records = span_of(records.p + n, records.n - n);
	}
}

static void wake_waiting(struct journal *j)
{
	for (unsigned i = 0; i < j->nreaders; i++)
		if (j->readers[i]->waits)
			pthread_cond_signal(&j->readers[i]->cond);
}

void journal_append(struct journal *j, struct span records, unsigned count)
{
	int err;

	if (count == 0)
		return;
	if (j->on_disk && (err = write_records(j, records, j->next, count)) < 0) {
		pthread_mutex_lock(&j->lock);
		let_go_of_disk(j, err);
		pthread_mutex_unlock(&j->lock);
	}
	pthread_mutex_lock(&j->lock);
	put_in_tail(j, records);
	j->next += count;
	wake_waiting(j);
	pthread_mutex_unlock(&j->lock);
}

/* Who appends is the only one to change the tail. */
struct span journal_recent(const struct journal *j, uint64_t number, uint64_t *ret_first)
{
	struct tail_place place = { 0 };

	*ret_first = j->tail.first;
	return tail_get(&j->tail, number, &place);
}

void journal_tick(struct journal *j, struct mono now)
{
	int err;

	if (j->dir == -1 || j->on_disk) {
		if (j->fd != -1 && j->segments[j->nsegments - 1].bytes > JOURNAL_SEGMENT_HEADER)
			make_room(j, 0);
		return;
	}
	if (now.ns < j->retry_at.ns)
		return;
	make_room(j, 0);
	err = write_tail(j);
	pthread_mutex_lock(&j->lock);
	if (err < 0) {
		let_go_of_disk(j, err);
	} else {
		j->on_disk = true;
		j->why[0] = '\0';
		log_info("the spool can be written to again");
	}
	pthread_mutex_unlock(&j->lock);
}
