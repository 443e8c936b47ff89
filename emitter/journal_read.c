/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_read.c -- the readers of a journal: each where it is, from memory or out of a segment,
 * and what they wait for.
 */
#include <errno.h>
#include <stdlib.h>

#include "journal_core.h"
#include "log.h"

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

void journal_reader_free(struct journal_reader *r)
{
	segment_leave(r);
	pthread_cond_destroy(&r->cond);
	free(r->record);
	free(r->window);
	free(r);
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

	if ((r->fd == -1 || r->segment != s->first) && segment_open(r, s->first) < 0)
		return false;
	while (!found && segment_next(r, s->bytes, ret, &damaged))
		found = ret->number >= r->number;
	if (damaged > 0) {
		log_rationed(LOG_LEVEL_WARNING,
			     "the spool is damaged, what can be read of it is used");
		pthread_mutex_lock(&r->j->lock);
		r->j->damaged += damaged;
		pthread_mutex_unlock(&r->j->lock);
	}
	if (!found)
		segment_leave(r);
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
	struct timespec until = journal_in_ns(timeout_ns);

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
