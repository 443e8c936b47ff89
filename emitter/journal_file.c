/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_file.c -- see journal_file.h: opening and closing, and the thread that brings things to the
 * disk.  Its parts are files journal_*.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "journal_core.h"
#include "log.h"

#define STACK_BYTES ((size_t)64 << 10)
#define LOCK_NAME   "lock"

/* ---- opening ---- */

static int open_dir(struct journal *j)
{
	/* Where a link is followed, that was done with more right to say so. */
	j->dir = open(j->p.dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
		journal_take_over(j);
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

/* ---- bringing it to the disk ---- */

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
		until = journal_in_ns(j->p.fsync_ns);
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

/* ---- all of it ---- */

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
	while (journal_done_by_all(j) == j->next && j->nreaders > 0 && j->nsegments > 0)
		journal_drop_oldest(j);
	for (unsigned i = 0; i < j->nreaders; i++)
		journal_reader_free(j->readers[i]);
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
