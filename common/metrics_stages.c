/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_stages.c -- metrics of stages, of the rings between them, and of who is asked for metadata.
 */
#include "metrics_rows.h"

/* ---- stages ---- */

void collect_UP(const struct metrics_view *v, struct metric_out *out)
{
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		struct metric_sample s = metric_sample();

		/* The recorder is there only where rules ask for captures. */
		if (id == STAGE_RECORDER && v->stage[id] == NULL)
			continue;
		metric_label(&s, "stage", stage_name(id));
		metric_take_uint(out, &s, v->stage[id] != NULL);
	}
}

/* OF gives the value, in seconds or as it is. */
static void each_stage(const struct metrics_view *v, struct metric_out *out,
		       void (*of)(const struct stage_status *st, struct metric_out *out,
				  struct metric_sample *s))
{
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		struct metric_sample s = metric_sample();

		if (v->stage[id] == NULL)
			continue;
		metric_label(&s, "stage", stage_name(id));
		of(v->stage[id], out, &s);
	}
}

static void uptime(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	metric_take_real(out, s, (double)st->uptime_ns / NS_PER_S);
}

void collect_UPTIME(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, uptime);
}

static void cpu(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	metric_take_real(out, s, (double)st->usage.cpu_ns / NS_PER_S);
}

void collect_STAGE_CPU(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, cpu);
}

static void rss(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	metric_take_uint(out, s, st->usage.rss_bytes);
}

void collect_STAGE_RSS(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, rss);
}

static void ceiling(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	metric_take_uint(out, s, st->usage.ceiling_bytes);
}

void collect_STAGE_CEILING(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, ceiling);
}

static void latency(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	if (st->stage != STAGE_RECORDER)
		metric_histogram(&st->latency, out, s);
}

void collect_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, latency);
}

/* ---- rings ---- */

static const struct ring_status *ring_at(const struct stage_status *st, const char *name)
{
	for (unsigned i = 0; st != NULL && i < st->nrings && i < CONTROL_MAX_RINGS; i++)
		if (strcmp(st->rings[i].name, name) == 0)
			return &st->rings[i];
	return NULL;
}

/* The writer knows best what its ring is; without it, the reader. */
static void each_ring(const struct metrics_view *v, struct metric_out *out,
		      uint64_t (*of)(const struct ring_status *r))
{
	static const struct {
		const char *name;
		enum stage_id writer, reader;
	} joints[] = {
		{ "raw", STAGE_COLLECTOR, STAGE_ENRICHER },
		{ "enriched", STAGE_ENRICHER, STAGE_EVALUATOR },
		{ "alerts", STAGE_EVALUATOR, STAGE_EMITTER },
		{ "tap", STAGE_COLLECTOR, STAGE_RECORDER },
	};

	for (unsigned i = 0; i < ARRAY_LEN(joints); i++) {
		const struct ring_status *r = ring_at(v->stage[joints[i].writer], joints[i].name);
		struct metric_sample s = metric_sample();

		if (r == NULL)
			r = ring_at(v->stage[joints[i].reader], joints[i].name);
		if (r == NULL)
			continue;
		metric_label(&s, "ring", joints[i].name);
		metric_take_uint(out, &s, of(r));
	}
}

static uint64_t capacity(const struct ring_status *r)
{
	return r->capacity;
}

void collect_RING_CAPACITY(const struct metrics_view *v, struct metric_out *out)
{
	each_ring(v, out, capacity);
}

static uint64_t used(const struct ring_status *r)
{
	return r->used;
}

void collect_RING_USED(const struct metrics_view *v, struct metric_out *out)
{
	each_ring(v, out, used);
}

static uint64_t attached(const struct ring_status *r)
{
	return r->attached;
}

void collect_RING_READER(const struct metrics_view *v, struct metric_out *out)
{
	each_ring(v, out, attached);
}

/* ---- metadata ---- */

static void each_source(const struct metrics_view *v, struct metric_out *out,
			uint64_t (*of)(const struct source_status *o))
{
	const struct stage_status *st = v->stage[STAGE_ENRICHER];

	for (unsigned i = 0; st != NULL && i < st->nsources; i++) {
		const struct source_status *o = &st->sources[i];
		struct metric_sample s = metric_sample();

		if (o->state == SOURCE_ABSENT)
			continue;
		metric_label(&s, "place", o->place);
		metric_label(&s, "source", o->name);
		metric_take_uint(out, &s, of(o));
	}
}

static uint64_t source_up(const struct source_status *o)
{
	return o->state == SOURCE_CONNECTED;
}

void collect_SOURCE_UP(const struct metrics_view *v, struct metric_out *out)
{
	each_source(v, out, source_up);
}

static uint64_t source_objects(const struct source_status *o)
{
	return o->objects;
}

void collect_SOURCE_OBJECTS(const struct metrics_view *v, struct metric_out *out)
{
	each_source(v, out, source_objects);
}

static uint64_t source_requests(const struct source_status *o)
{
	return o->asked;
}

void collect_SOURCE_REQUESTS(const struct metrics_view *v, struct metric_out *out)
{
	each_source(v, out, source_requests);
}

static uint64_t source_misses(const struct source_status *o)
{
	return o->misses;
}

void collect_SOURCE_MISSES(const struct metrics_view *v, struct metric_out *out)
{
	each_source(v, out, source_misses);
}

static uint64_t source_reconnects(const struct source_status *o)
{
	return o->reconnects;
}

void collect_SOURCE_RECONNECTS(const struct metrics_view *v, struct metric_out *out)
{
	each_source(v, out, source_reconnects);
}

void collect_SOURCE_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *st = v->stage[STAGE_ENRICHER];

	for (unsigned i = 0; st != NULL && i < st->nsources; i++) {
		const struct source_status *o = &st->sources[i];
		struct metric_sample s = metric_sample();

		if (o->latency_ns == 0)
			continue;
		metric_label(&s, "place", o->place);
		metric_label(&s, "source", o->name);
		metric_take_real(out, &s, (double)o->latency_ns / NS_PER_S);
	}
}
