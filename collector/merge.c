/* SPDX-License-Identifier: Apache-2.0
 *
 * merge.c -- see merge.h.  A binary heap of the rings' oldest records: with n
 * CPUs a record costs log2(n) comparisons, and idle CPUs cost one look a turn.
 */
#include "merge.h"

#include <errno.h>

void merge_init(struct merge *m, struct kring *rings, unsigned nrings, struct merge_head *heap,
		bool *in_heap, uint64_t window_ns)
{
	*m = (struct merge){ .rings = rings,
			     .nrings = nrings,
			     .heap = heap,
			     .in_heap = in_heap,
			     .window_ns = window_ns };
	memset(in_heap, 0, nrings * sizeof(*in_heap));
}

/* Records begin with their stamp.  One too short to have one goes first, to be
 * refused; so does one from the future, which would hold up its CPU until then.
 * NOW is a little old, so stamps may well be a little younger. */
static uint64_t stamp_of(const struct merge *m, struct span record)
{
	uint64_t ts = 0;

	if (record.n >= sizeof(ts))
		memcpy(&ts, record.p, sizeof(ts));
	return ts > m->now_ns && ts - m->now_ns > MERGE_FUTURE_NS ? 0 : ts;
}

static void swap(struct merge_head *a, struct merge_head *b)
{
	struct merge_head t = *a;

	*a = *b;
	*b = t;
}

static void sift_up(struct merge *m, unsigned i)
{
	while (i > 0 && m->heap[i].ts_ns < m->heap[(i - 1) / 2].ts_ns) {
		swap(&m->heap[i], &m->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sift_down(struct merge *m, unsigned i)
{
	for (;;) {
		unsigned child = 2 * i + 1;

		if (child >= m->count)
			return;
		if (child + 1 < m->count && m->heap[child + 1].ts_ns < m->heap[child].ts_ns)
			child++;
		if (m->heap[i].ts_ns <= m->heap[child].ts_ns)
			return;
		swap(&m->heap[i], &m->heap[child]);
		i = child;
	}
}

/* The oldest record of RING into *RET; false: it has none that is whole. */
static bool head_of(struct merge *m, unsigned ring, struct merge_head *ret)
{
	struct span record;
	int err = kring_peek(&m->rings[ring], &record);

	if (err < 0)
		m->broken++;
	if (err != 1)
		return false;
	*ret = (struct merge_head){ stamp_of(m, record), ring, record };
	return true;
}

void merge_begin(struct merge *m, uint64_t now_ns)
{
	m->now_ns = now_ns;
	for (unsigned i = 0; i < m->nrings; i++) {
		if (m->in_heap[i] || !head_of(m, i, &m->heap[m->count]))
			continue;
		m->in_heap[i] = true;
		sift_up(m, m->count++);
	}
}

static bool is_due(const struct merge *m, uint64_t ts)
{
	return ts <= m->now_ns && m->now_ns - ts >= m->window_ns;
}

int merge_next(struct merge *m, struct span *ret)
{
	struct merge_head *top = &m->heap[0];
	unsigned ring = top->ring;
	uint64_t ts = top->ts_ns;

	if (m->count == 0)
		return 0;
	if (!is_due(m, ts))
		return 0;
	*ret = top->record;
	if (ts < m->last_ns)
		m->late++;
	else
		m->last_ns = ts;

	kring_pop(&m->rings[ring]);
	if (!head_of(m, ring, top)) {
		m->in_heap[ring] = false;
		*top = m->heap[--m->count];
	}
	sift_down(m, 0);
	return 1;
}

void merge_commit(struct merge *m)
{
	for (unsigned i = 0; i < m->nrings; i++)
		kring_commit(&m->rings[i]);
}
