/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_file.c -- see journal_file.h.
 *
 * What is marked "writer" belongs to the thread that appends; what is under the lock is there for
 * readers, too.  A reader opens segments by itself and reads them without the lock: records do not
 * change any more, and one whose segment goes away finds that out behind it.
 */
#include "journal_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "conf_output.h"
#include "log.h"
#include "rundir.h"
#include "tail.h"

#define MAX_SEGMENTS 256
#define MAX_NAME     32
#define WINDOW	     (2 * (size_t)JOURNAL_MAX_RECORD)
#define RETRY_NS     NS_PER_SEC
#define STACK_BYTES  ((size_t)64 << 10)
#define LOCK_NAME    "lock"
#define KEPT_BYTES   ((uint64_t)512 << 10)
#define NAME_FORMAT  "%020" PRIu64 SPOOL_SEGMENT

struct segment {
	uint64_t first, next; /* NEXT: behind its last record */
	uint64_t bytes;
};

struct journal_reader {
	struct journal *j;
	uint64_t number; /* to read next; the reader's own */

	/* under the lock */
	uint64_t done;
	pthread_cond_t cond;
	bool waits, woken;

	/* the reader's own */
	struct tail_place place;
	uint8_t *record;  /* what was read from the tail */
	int fd;		  /* of the segment that is read; -1 */
	uint64_t segment; /* its first */
	struct journal_key key;
	uint64_t at; /* in the segment */
	uint8_t *window;
	uint64_t window_at; /* in the segment */
	size_t window_used;
};

struct journal {
	struct journal_params p;
	struct journal_key key;
	uint64_t segment_bytes;
	int dir, lock_fd; /* -1: there is no directory */

	/* writer */
	int fd;		    /* of the last segment; -1: the next record begins a new one */
	uint64_t disk_next; /* records before it are on disk, or lost */
	struct mono retry_at;

	pthread_mutex_t lock;
	struct tail tail;
	uint64_t next;
	struct segment segments[MAX_SEGMENTS];
	unsigned nsegments;
	uint64_t dropped, damaged;
	bool on_disk;
	char why[96];
	struct journal_reader *readers[CONF_MAX_OUTPUTS];
	unsigned nreaders;

	/* the thread that brings things to the disk */
	pthread_t thread;
	pthread_cond_t sync_cond;
	bool is_running, stopping;
	int dirty_fd; /* a copy of FD, to be synced; -1 */
};

/* ---- files ---- */

static void segment_name(char name[MAX_NAME], uint64_t first)
{
	snprintf(name, MAX_NAME, NAME_FORMAT, first);
}

static bool is_segment(const char *name, uint64_t *ret_first)
{
	char again[MAX_NAME];

	if (name[0] < '0' || name[0] > '9')
		return false;
	*ret_first = strtoull(name, NULL, 10);
	segment_name(again, *ret_first);
	return strcmp(again, name) == 0 && *ret_first <= JOURNAL_NUMBER_MAX;
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

/* The next record of the segment that is open; it ends at LIMIT.  Each damaged place counts.
 * False: there is none, or it cannot be read. */
static bool next_of_segment(struct journal_reader *r, uint64_t limit, struct journal_record *ret,
			    uint64_t *ret_damaged)
{
	bool is_damaged = false;

	for (;;) {
		struct span rest = look(r, limit);
		size_t start, end;
		bool found = rest.n > 0 && journal_next(r->key, rest, ret, &start, &end);

		if (rest.n == 0)
			break;
		is_damaged = is_damaged || !found || start > 0;
		/* No record is longer than what was looked at: one that wants more lies. */
		if (!found && rest.n >= JOURNAL_MAX_RECORD)
			end = start > 0 ? start : 1;
		r->at += end;
		if (found) {
			*ret_damaged += is_damaged;
			return true;
		}
	}
	*ret_damaged += is_damaged;
	return false;
}

static void leave_segment(struct journal_reader *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
	r->window_used = 0;
}

static int open_segment(struct journal_reader *r, uint64_t first)
{
	char name[MAX_NAME];
	uint64_t said;
	int err;

	leave_segment(r);
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
	if (err < 0)
		leave_segment(r);
	return err;
}

/* ---- what a predecessor left ---- */

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
	if (open_segment(r, first) == 0 && fstat(r->fd, &st) == 0) {
		s->bytes = (uint64_t)st.st_size;
		while (next_of_segment(r, s->bytes, &record, &damaged))
			s->next = record.number + 1 > s->next ? record.number + 1 : s->next;
	} else {
		damaged = 1;
	}
	leave_segment(r);
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
		if (!is_segment(e->d_name, &first))
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

static void take_over(struct journal *j)
{
	static uint64_t firsts[MAX_SEGMENTS - 1];
	struct journal_reader r = { .j = j, .fd = -1 };
	int n = list_segments(j, firsts, ARRAY_LEN(firsts));
	char name[MAX_NAME];
	bool is_good = false;

	for (int i = 0; i < n; i++) {
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

	if (j->nsegments > 0 && open_segment(&r, last->first) == 0)
		while (next_of_segment(&r, last->bytes, &record, &damaged))
			if (record.number + count >= last->next)
				found(ctx, &record);
	leave_segment(&r);
	free(r.window);
}

/* ---- opening ---- */

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

static int open_dir(struct journal *j)
{
	j->dir = open(j->p.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir == -1)
		return -errno;
	j->lock_fd = openat(j->dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->lock_fd == -1)
		return -errno;
	return flock(j->lock_fd, LOCK_EX | LOCK_NB) == -1 ? -errno : 0;
}

static void use_dir(struct journal *j)
{
	int err = j->p.dir == NULL ? -ENOENT : open_dir(j);

	if (err == 0) {
		j->on_disk = true;
		take_over(j);
		return;
	}
	if (j->dir != -1)
		close(j->dir);
	j->dir = -1;
	snprintf(j->why, sizeof(j->why), "%s",
		 err == -EWOULDBLOCK ? "another process has it" : strerror(-err));
	if (j->p.dir != NULL)
		log_error("cannot use the spool in '%s': %s, alerts that wait are kept in memory",
			  j->p.dir, j->why);
}

int journal_open(const struct journal_params *p, struct journal **ret)
{
	struct journal *j = calloc(1, sizeof(*j));
	pthread_condattr_t attr;
	size_t cap = (size_t)p->memory_bytes;
	void *mem = j == NULL ? MAP_FAILED
			      : mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				     -1, 0);

	if (mem == MAP_FAILED) {
		free(j);
		return -ENOMEM;
	}
	j->p = *p;
	j->dir = j->lock_fd = j->fd = j->dirty_fd = -1;
	j->segment_bytes = p->disk_bytes / 16;
	if (getrandom(&j->key, sizeof(j->key), 0) != sizeof(j->key))
		j->key = (struct journal_key){ (uint32_t)getpid(), (uint32_t)mono_now().ns };
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->sync_cond, &attr);
	pthread_condattr_destroy(&attr);
	use_dir(j);
	j->disk_next = j->next;
	tail_init(&j->tail, mem, cap, j->next);
	*ret = j;
	return 0;
}

int journal_dir(const struct journal *j)
{
	return j->dir;
}

struct journal_key journal_key_of(const struct journal *j)
{
	return j->key;
}

uint64_t journal_next_number(const struct journal *j)
{
	return j->next;
}

void journal_skip_to(struct journal *j, uint64_t number)
{
	pthread_mutex_lock(&j->lock);
	if (number > j->next && number <= JOURNAL_NUMBER_MAX) {
		j->next = j->disk_next = number;
		tail_clear(&j->tail, number);
	}
	pthread_mutex_unlock(&j->lock);
}

/* ---- the disk, for the writer ---- */

/* The lock is held. */
static void drop_oldest(struct journal *j)
{
	char name[MAX_NAME];

	segment_name(name, j->segments[0].first);
	unlinkat(j->dir, name, 0);
	memmove(&j->segments[0], &j->segments[1], --j->nsegments * sizeof(j->segments[0]));
}

/* What everybody has before NUMBER. */
static uint64_t done_by_all(const struct journal *j)
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
	done = done_by_all(j);
	while (j->nsegments > (j->fd != -1) && j->segments[0].next <= done)
		drop_oldest(j);
	for (unsigned i = 0; i < j->nsegments; i++)
		all += j->segments[i].bytes;
	while (j->nsegments > (j->fd != -1) &&
	       (all > j->p.disk_bytes || j->nsegments >= MAX_SEGMENTS - 1)) {
		all -= j->segments[0].bytes;
		j->dropped++;
		drop_oldest(j);
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
	if (done_by_all(j) == j->next && j->tail.end - j->tail.begin > KEPT_BYTES)
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

/* ---- bringing it to the disk ---- */

static struct timespec in_ns(uint64_t ns)
{
	uint64_t at = mono_after(mono_now(), ns).ns;

	return (struct timespec){ (time_t)(at / NS_PER_SEC), (long)(at % NS_PER_SEC) };
}

static void *sync_main(void *ctx)
{
	struct journal *j = ctx;
	struct timespec until;

	prctl(PR_SET_NAME, "spool");
	pthread_mutex_lock(&j->lock);
	while (!j->stopping) {
		int fd = j->dirty_fd;

		if (fd == -1) {
			pthread_cond_wait(&j->sync_cond, &j->lock);
			continue;
		}
		/* What comes in this time goes along with it. */
		until = in_ns(j->p.fsync_ns);
		while (!j->stopping &&
		       pthread_cond_timedwait(&j->sync_cond, &j->lock, &until) != ETIMEDOUT)
			;
		j->dirty_fd = -1;
		pthread_mutex_unlock(&j->lock);
		(void)fdatasync(fd);
		close(fd);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

int journal_start(struct journal *j)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	if (j->p.fsync != JOURNAL_FSYNC_INTERVAL || j->dir == -1)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_create(&j->thread, &attr, sync_main, j);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	j->is_running = err == 0;
	return err;
}

static void free_reader(struct journal_reader *r)
{
	leave_segment(r);
	pthread_cond_destroy(&r->cond);
	free(r->record);
	free(r->window);
	free(r);
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->is_running) {
		pthread_mutex_lock(&j->lock);
		j->stopping = true;
		pthread_cond_signal(&j->sync_cond);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
	}
	/* When nothing waits, nothing stays. */
	while (done_by_all(j) == j->next && j->nreaders > 0 && j->nsegments > 0)
		drop_oldest(j);
	for (unsigned i = 0; i < j->nreaders; i++)
		free_reader(j->readers[i]);
	if (j->dirty_fd != -1)
		close(j->dirty_fd);
	if (j->fd != -1) {
		if (j->p.fsync != JOURNAL_FSYNC_NEVER)
			(void)fdatasync(j->fd);
		close(j->fd);
	}
	if (j->lock_fd != -1)
		close(j->lock_fd);
	if (j->dir != -1)
		close(j->dir);
	munmap(j->tail.mem, (size_t)j->p.memory_bytes);
	pthread_cond_destroy(&j->sync_cond);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

void journal_status(struct journal *j, struct journal_status *ret)
{
	pthread_mutex_lock(&j->lock);
	*ret = (struct journal_status){ .next = j->next,
					.segments = j->nsegments,
					.dropped = j->dropped,
					.damaged = j->damaged,
					.on_disk = j->on_disk };
	for (unsigned i = 0; i < j->nsegments; i++) {
		ret->bytes_on_disk += j->segments[i].bytes;
		ret->records_on_disk += j->segments[i].next - j->segments[i].first;
	}
	memcpy(ret->why, j->why, sizeof(ret->why));
	pthread_mutex_unlock(&j->lock);
}

/* ---- readers ---- */

struct journal_reader *journal_reader_new(struct journal *j, uint64_t number)
{
	struct journal_reader *r = j->nreaders == CONF_MAX_OUTPUTS ? NULL : calloc(1, sizeof(*r));
	pthread_condattr_t attr;

	if (r == NULL)
		return NULL;
	r->j = j;
	r->fd = -1;
	r->record = malloc(JOURNAL_MAX_RECORD);
	if (r->record == NULL) {
		free(r);
		return NULL;
	}
	/* Beyond the end: it was another log's number. */
	r->number = r->done = number < j->next ? number : j->next;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->cond, &attr);
	pthread_condattr_destroy(&attr);
	j->readers[j->nreaders++] = r;
	return r;
}

static bool copy_from_tail(struct journal_reader *r, struct journal_record *ret)
{
	struct span bytes = tail_get(&r->j->tail, r->number, &r->place);
	size_t start, end;

	if (bytes.n == 0 || bytes.n > JOURNAL_MAX_RECORD)
		return false;
	memcpy(r->record, bytes.p, bytes.n);
	return journal_next(r->j->key, span_of(r->record, bytes.n), ret, &start, &end);
}

/* The first segment that may have NUMBER or one behind it. */
static bool find_segment(const struct journal *j, uint64_t number, struct segment *ret)
{
	for (unsigned i = 0; i < j->nsegments; i++) {
		if (j->segments[i].next <= number)
			continue;
		*ret = j->segments[i];
		return true;
	}
	return false;
}

/* Look for the reader's number in S, or for the next one behind it. */
static bool read_segment(struct journal_reader *r, const struct segment *s,
			 struct journal_record *ret)
{
	uint64_t damaged = 0;
	bool found = false;

	if ((r->fd == -1 || r->segment != s->first) && open_segment(r, s->first) < 0)
		return false;
	while (!found && next_of_segment(r, s->bytes, ret, &damaged))
		found = ret->number >= r->number;
	if (damaged > 0) {
		log_rationed(LOG_LEVEL_WARNING,
			     "the spool is damaged, what can be read of it is used");
		pthread_mutex_lock(&r->j->lock);
		r->j->damaged += damaged;
		pthread_mutex_unlock(&r->j->lock);
	}
	if (!found)
		leave_segment(r);
	return found;
}

int journal_read(struct journal_reader *r, struct journal_record *ret, uint64_t *ret_missed)
{
	struct journal *j = r->j;
	uint64_t from = r->number;
	bool found = false;

	pthread_mutex_lock(&j->lock);
	while (!found && r->number < j->next) {
		struct segment s = { 0 };

		if (r->number >= j->tail.first) {
			found = copy_from_tail(r, ret);
			BUG_ON(!found); /* we put it there */
		} else if (find_segment(j, r->number, &s) && s.first < j->tail.first) {
			pthread_mutex_unlock(&j->lock);
			found = read_segment(r, &s, ret);
			pthread_mutex_lock(&j->lock);
			if (!found)
				r->number = s.next;
		} else {
			r->number = j->tail.first;
		}
	}
	pthread_mutex_unlock(&j->lock);
	if (found)
		r->number = ret->number;
	*ret_missed = r->number - from;
	r->number += found;
	return found;
}

void journal_done(struct journal_reader *r, uint64_t number)
{
	pthread_mutex_lock(&r->j->lock);
	r->done = number;
	pthread_mutex_unlock(&r->j->lock);
}

uint64_t journal_pending(const struct journal_reader *r)
{
	uint64_t n;

	pthread_mutex_lock(&r->j->lock);
	n = r->j->next - r->done;
	pthread_mutex_unlock(&r->j->lock);
	return n;
}

static void sleep_until(struct journal_reader *r, uint64_t timeout_ns, bool wakes_for_records)
{
	struct timespec until = in_ns(timeout_ns);

	pthread_mutex_lock(&r->j->lock);
	r->waits = wakes_for_records;
	while (!r->woken && !(wakes_for_records && r->number < r->j->next)) {
		if (timeout_ns == 0)
			pthread_cond_wait(&r->cond, &r->j->lock);
		else if (pthread_cond_timedwait(&r->cond, &r->j->lock, &until) == ETIMEDOUT)
			break;
	}
	r->waits = r->woken = false;
	pthread_mutex_unlock(&r->j->lock);
}

void journal_wait(struct journal_reader *r, uint64_t timeout_ns)
{
	sleep_until(r, timeout_ns, true);
}

void journal_pause(struct journal_reader *r, uint64_t timeout_ns)
{
	sleep_until(r, timeout_ns, false);
}

void journal_wake(struct journal_reader *r)
{
	pthread_mutex_lock(&r->j->lock);
	r->woken = true;
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->j->lock);
}
