/* SPDX-License-Identifier: Apache-2.0
 *
 * direct.c -- see direct.h.
 */
#include "direct.h"

#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "log.h"

#define BATCH_BYTES ((size_t)256 * 1024)

/* One output's part of a batch. */
struct part {
	unsigned count;
	size_t used;
	uint32_t ends[DIRECT_ALERTS];
	unsigned alert[DIRECT_ALERTS]; /* which of the batch */
	uint8_t *bytes;		       /* BATCH_BYTES and the longest line */
	uint64_t failed;	       /* of all batches */
	struct log_ration ration;      /* its own: no output's trouble hides another's */
};

struct direct {
	struct outputs *os;
	unsigned count;
	bool failed[DIRECT_ALERTS];
	struct part part[]; /* one for each output */
};

struct direct *direct_new(struct outputs *os)
{
	struct direct *d = calloc(1, sizeof(*d) + os->count * sizeof(d->part[0]));

	if (d == NULL)
		return NULL;
	d->os = os;
	for (unsigned i = 0; i < os->count; i++) {
		os->all[i].sink.gives_up = true;
		d->part[i].bytes = malloc(BATCH_BYTES + FORMAT_MAX_LINE);
		if (d->part[i].bytes == NULL) {
			direct_free(d);
			return NULL;
		}
	}
	return d;
}

/* In all, since what was rationed says it of the first ones only. */
static void say_failed(const struct sink *s, const struct part *p)
{
	if (p->failed > 0)
		log_warning("output '%s' did not get %llu of its alerts", s->conf->name,
			    (unsigned long long)p->failed);
}

void direct_free(struct direct *d)
{
	if (d == NULL)
		return;
	for (unsigned i = 0; i < d->os->count; i++) {
		say_failed(&d->os->all[i].sink, &d->part[i]);
		free(d->part[i].bytes);
	}
	free(d);
}

bool direct_is_full(const struct direct *d)
{
	bool full = d->count == DIRECT_ALERTS;

	for (unsigned i = 0; i < d->os->count; i++)
		full = full || d->part[i].used >= BATCH_BYTES;
	return full;
}

static void note_failed(const struct sink *s, struct part *p, unsigned n, const char *why)
{
	p->failed += n;
	log_rationed_at(&p->ration, LOG_LEVEL_WARNING,
			"alerts do not reach output '%s': %s, they are not brought again",
			s->conf->name, why == NULL ? "?" : why);
}

bool direct_put(struct direct *d, const struct letter *l)
{
	unsigned wanted = 0, said = 0;

	for (unsigned i = 0; i < d->os->count; i++) {
		struct output *o = &d->os->all[i];
		struct part *p = &d->part[i];
		ssize_t n;

		if (!filter_passes(o->sink.conf, l->alert))
			continue;
		wanted++;
		n = o->sink.ops->form(&o->sink, l, &o->format, p->bytes + p->used,
				      BATCH_BYTES + FORMAT_MAX_LINE - p->used);
		if (n < 0) {
			note_failed(&o->sink, p, 1, "its form cannot say it all");
			continue;
		}
		said++;
		p->used += (size_t)n;
		p->alert[p->count] = d->count;
		p->ends[p->count++] = (uint32_t)p->used;
	}
	if (wanted > 0 && said == 0)
		return false;
	d->failed[d->count++] = said < wanted;
	return true;
}

static unsigned min(size_t a, size_t b)
{
	return (unsigned)(a < b ? a : b);
}

/* What is left of P behind its first DONE, as far as the sink takes it at once. */
static struct sink_result send_some(struct sink *s, const struct part *p, unsigned done)
{
	size_t from = done == 0 ? 0 : p->ends[done - 1];
	unsigned n = min(p->count - done, s->ops->batch_alerts);
	uint32_t ends[DIRECT_ALERTS];
	struct batch b = { { p->bytes + from, 0 }, n, ends, NULL };
	struct sink_result r;

	for (unsigned i = 0; i < n; i++)
		ends[i] = (uint32_t)(p->ends[done + i] - from);
	b.bytes.n = ends[n - 1];
	r = s->ops->send(s, &b);
	r.count = r.kind == SINK_SENT ? n : min(r.count, n);
	return r;
}

static void fail(struct direct *d, const struct part *p, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		d->failed[p->alert[i]] = true;
}

/* In as many sends as the sink wants it; how many did not go out.  One that is refused is passed over; a
 * sink that takes nothing now is left alone until the next batch, lest each alert wait for it. */
static unsigned send_part(struct direct *d, struct sink *s, struct part *p)
{
	unsigned done = 0, failed = 0;

	while (done < p->count) {
		struct sink_result r = send_some(s, p, done);
		unsigned n = 0;

		done += r.count;
		if (r.kind == SINK_AGAIN)
			n = p->count - done;
		else if (r.kind == SINK_REFUSED && done < p->count)
			n = 1;
		if (n == 0)
			continue;
		note_failed(s, p, n, r.why);
		fail(d, p, done, n);
		done += n;
		failed += n;
	}
	return failed;
}

struct direct_done direct_deliver(struct direct *d)
{
	struct direct_done ret = { .count = d->count };

	for (unsigned i = 0; i < d->os->count && d->count > 0; i++) {
		struct sink *s = &d->os->all[i].sink;
		struct part *p = &d->part[i];

		ret.by_kind[s->conf->kind] += send_part(d, s, p);
		p->count = 0;
		p->used = 0;
	}
	for (unsigned i = 0; i < d->count; i++)
		ret.failed += d->failed[i];
	d->count = 0;
	return ret;
}

void direct_reopen(struct direct *d)
{
	for (unsigned i = 0; i < d->os->count; i++) {
		struct sink *s = &d->os->all[i].sink;

		if (s->ops->reopen != NULL)
			s->ops->reopen(s);
	}
}
