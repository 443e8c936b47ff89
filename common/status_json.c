/* SPDX-License-Identifier: Apache-2.0
 *
 * status_json.c -- see status_json.h.
 */
#include "status_json.h"

#include "clock.h"
#include "counter.h"
#include "event.h"

/* ---- numbers ---- */

static void put_rows(struct jout *j, const char *key, const struct counter_info *rows, unsigned n,
		     const uint64_t *values)
{
	jout_object(j, key);
	for (unsigned i = 0; values != NULL && i < n; i++)
		jout_uint(j, rows[i].name, values[i]);
	jout_end(j);
}

static double us(uint64_t ns)
{
	return (double)ns / (double)NS_PER_USEC;
}

static void put_latency(struct jout *j, const struct histogram *h)
{
	jout_object(j, "latency");
	jout_uint(j, "samples", histogram_total(h));
	jout_double(j, "p50_us", us(histogram_quantile(h, 0.5)));
	jout_double(j, "p99_us", us(histogram_quantile(h, 0.99)));
	jout_end(j);
}

void status_json_numbers(struct jout *j, enum stage_id id, const struct stage_status *s)
{
	static const struct histogram none;
	const struct counter_info *rows;
	unsigned n;

	rows = counter_rows(id, &n);
	put_rows(j, "counters", rows, n, s == NULL ? NULL : s->counts.v);
	rows = gauge_rows(id, &n);
	put_rows(j, "gauges", rows, n, s == NULL ? NULL : s->gauges.v);
	put_latency(j, s == NULL ? &none : &s->latency);
}

void status_json_ring(struct jout *j, const struct ring_status *r)
{
	jout_object(j, NULL);
	jout_str(j, "name", r->name);
	jout_uint(j, "capacity", r->capacity);
	jout_uint(j, "used", r->used);
	jout_uint(j, "lost", r->lost);
	jout_bool(j, "attached", r->attached);
	jout_uint(j, "refused", r->refused);
	jout_end(j);
}

/* ---- what cannot be seen ---- */

bool event_set_names(const uint64_t *set, unsigned code)
{
	for (unsigned i = 0; i < code; i++)
		if ((set[i / 64] >> (i % 64) & 1) != 0 &&
		    strcmp(event_info(i)->name, event_info(code)->name) == 0)
			return false;
	return (set[code / 64] >> (code % 64) & 1) != 0;
}

static void put_names(struct jout *j, const char *key, const uint64_t *set)
{
	jout_array(j, key);
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (event_set_names(set, code))
			jout_str(j, NULL, event_info(code)->name);
	jout_end(j);
}

void status_json_coverage(struct jout *j, const struct stage_status *s)
{
	jout_object(j, "coverage");
	jout_bool(j, "complete", s != NULL && s->ngaps == 0);
	jout_array(j, "gaps");
	for (unsigned i = 0; s != NULL && i < s->ngaps; i++) {
		jout_object(j, NULL);
		jout_str(j, "program", s->gaps[i].program);
		jout_str(j, "reason", s->gaps[i].reason);
		put_names(j, "events", s->gaps[i].events);
		put_names(j, "wanted", s->gaps[i].wanted);
		jout_bool(j, "state", s->gaps[i].of_state);
		jout_bool(j, "io_uring", s->gaps[i].of_ring);
		jout_end(j);
	}
	jout_end(j);
	jout_end(j);
}

/* ---- the emitter's and the enricher's ---- */

void status_json_heartbeat(struct jout *j, const struct heartbeat_status *h)
{
	if (h->state == HEARTBEAT_OFF) {
		jout_null(j, "heartbeat");
		return;
	}
	jout_object(j, "heartbeat");
	jout_str(j, "state", heartbeat_state_name(h->state));
	jout_uint(j, "count", h->count);
	if (h->last_ns == 0)
		jout_null(j, "last");
	else
		jout_uint(j, "last", h->last_ns);
	jout_double(j, "latency_us", us(h->latency_ns));
	jout_end(j);
}

void status_json_outputs(struct jout *j, const struct stage_status *s)
{
	jout_array(j, "outputs");
	for (unsigned i = 0; i < s->noutputs; i++) {
		const struct output_status *o = &s->outputs[i];

		jout_object(j, NULL);
		jout_str(j, "name", o->name);
		jout_str(j, "kind", o->kind);
		jout_str(j, "state", output_state_name(o->state));
		jout_uint(j, "journalled", o->journalled);
		jout_uint(j, "delivered", o->delivered);
		jout_uint(j, "filtered", o->filtered);
		jout_uint(j, "pending", o->pending);
		jout_uint(j, "lost", o->lost);
		jout_uint(j, "refused", o->refused);
		jout_uint(j, "retries", o->retries);
		jout_str(j, "last_error", o->last_error);
		if (o->last_delivery_ns == 0)
			jout_null(j, "last_delivery");
		else
			jout_uint(j, "last_delivery", o->last_delivery_ns);
		put_latency(j, &o->latency);
		status_json_heartbeat(j, &o->heartbeat);
		jout_end(j);
	}
	jout_end(j);
}

void status_json_spool(struct jout *j, const struct spool_status *s)
{
	if (!s->is_used) {
		jout_null(j, "spool");
		return;
	}
	jout_object(j, "spool");
	jout_str(j, "place", s->on_disk ? "disk" : "memory");
	jout_str(j, "error", s->why);
	jout_uint(j, "records", s->records);
	jout_uint(j, "bytes", s->bytes);
	jout_uint(j, "segments", s->segments);
	jout_uint(j, "dropped", s->dropped);
	jout_uint(j, "damaged", s->damaged);
	jout_end(j);
}

void status_json_sources(struct jout *j, const struct stage_status *s)
{
	jout_array(j, "sources");
	for (unsigned i = 0; i < s->nsources; i++) {
		const struct source_status *o = &s->sources[i];

		jout_object(j, NULL);
		jout_str(j, "name", o->name);
		jout_str(j, "place", o->place);
		jout_str(j, "state", source_state_name(o->state));
		jout_str(j, "reason", o->text);
		if (o->last_contact_ns == 0)
			jout_null(j, "last_contact_s");
		else
			jout_double(j, "last_contact_s", (double)o->last_contact_ns / 1e9);
		jout_uint(j, "objects", o->objects);
		jout_double(j, "latency_ms", (double)o->latency_ns / 1e6);
		jout_uint(j, "asked", o->asked);
		jout_uint(j, "misses", o->misses);
		jout_uint(j, "reconnects", o->reconnects);
		jout_end(j);
	}
	jout_end(j);
}
