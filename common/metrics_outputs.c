/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_outputs.c -- metrics of outputs, of the heartbeats that come out of them, and of the spool.
 */
#include "metrics_rows.h"

/* ---- outputs ---- */

static void each_output(const struct metrics_view *v, struct metric_out *out,
			void (*of)(const struct output_status *o, struct metric_out *out,
				   struct metric_sample *s))
{
	const struct stage_status *st = v->stage[STAGE_EMITTER];

	for (unsigned i = 0; st != NULL && i < st->noutputs; i++) {
		struct metric_sample s = metric_sample();

		metric_label(&s, "kind", st->outputs[i].kind);
		metric_label(&s, "output", st->outputs[i].name);
		of(&st->outputs[i], out, &s);
	}
}

static void output_up(const struct output_status *o, struct metric_out *out,
		      struct metric_sample *s)
{
	metric_take_uint(out, s, o->state == OUTPUT_STATE_OK);
}

void collect_OUTPUT_UP(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_up);
}

static void output_alerts(const struct output_status *o, struct metric_out *out,
			  struct metric_sample *s)
{
	const struct {
		const char *name;
		uint64_t count;
	} results[] = {
		{ "delivered", o->delivered },
		{ "filtered", o->filtered },
		{ "lost", o->lost },
		{ "refused", o->refused },
	};
	unsigned at = s->nlabels++;

	for (unsigned i = 0; i < ARRAY_LEN(results); i++) {
		s->label[at] = (struct metric_label){ "result", span_str(results[i].name) };
		metric_take_uint(out, s, results[i].count);
	}
}

void collect_OUTPUT_ALERTS(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_alerts);
}

static void output_pending(const struct output_status *o, struct metric_out *out,
			   struct metric_sample *s)
{
	metric_take_uint(out, s, o->pending);
}

void collect_OUTPUT_PENDING(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_pending);
}

static void output_retries(const struct output_status *o, struct metric_out *out,
			   struct metric_sample *s)
{
	metric_take_uint(out, s, o->retries);
}

void collect_OUTPUT_RETRIES(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_retries);
}

static void output_last(const struct output_status *o, struct metric_out *out,
			struct metric_sample *s)
{
	if (o->last_delivery_ns != 0)
		metric_take_real(out, s, (double)o->last_delivery_ns / NS_PER_S);
}

void collect_OUTPUT_LAST(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_last);
}

static void output_latency(const struct output_status *o, struct metric_out *out,
			   struct metric_sample *s)
{
	metric_histogram(&o->latency, out, s);
}

void collect_OUTPUT_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_latency);
}

/* ---- heartbeats ---- */

static const struct heartbeat_status *beat_of(const struct metrics_view *v)
{
	const struct stage_status *st = v->stage[STAGE_EMITTER];

	return st != NULL && st->heartbeat.state != HEARTBEAT_OFF ? &st->heartbeat : NULL;
}

void collect_HEARTBEAT_MISSING(const struct metrics_view *v, struct metric_out *out)
{
	if (beat_of(v) != NULL)
		metric_plain(out, beat_of(v)->state == HEARTBEAT_MISSING);
}

void collect_HEARTBEAT_LAST(const struct metrics_view *v, struct metric_out *out)
{
	struct metric_sample s = metric_sample();

	if (beat_of(v) != NULL && beat_of(v)->last_ns != 0)
		metric_take_real(out, &s, (double)beat_of(v)->last_ns / NS_PER_S);
}

static void output_beat_missing(const struct output_status *o, struct metric_out *out,
				struct metric_sample *s)
{
	if (o->heartbeat.state != HEARTBEAT_OFF)
		metric_take_uint(out, s, o->heartbeat.state == HEARTBEAT_MISSING);
}

void collect_OUTPUT_BEAT_MISSING(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_beat_missing);
}

static void output_beat_last(const struct output_status *o, struct metric_out *out,
			     struct metric_sample *s)
{
	if (o->heartbeat.last_ns != 0)
		metric_take_real(out, s, (double)o->heartbeat.last_ns / NS_PER_S);
}

void collect_OUTPUT_BEAT_LAST(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_beat_last);
}

static void output_beat_latency(const struct output_status *o, struct metric_out *out,
				struct metric_sample *s)
{
	if (o->heartbeat.last_ns != 0)
		metric_take_real(out, s, (double)o->heartbeat.latency_ns / NS_PER_S);
}

void collect_OUTPUT_BEAT_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_beat_latency);
}

/* ---- the spool ---- */

static const struct spool_status *spool_of(const struct metrics_view *v)
{
	const struct stage_status *st = v->stage[STAGE_EMITTER];

	return st != NULL && st->spool.is_used ? &st->spool : NULL;
}

void collect_SPOOL_ON_DISK(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		metric_plain(out, spool_of(v)->on_disk);
}

void collect_SPOOL_RECORDS(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		metric_plain(out, spool_of(v)->records);
}

void collect_SPOOL_BYTES(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		metric_plain(out, spool_of(v)->bytes);
}

void collect_SPOOL_DROPPED(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		metric_plain(out, spool_of(v)->dropped);
}

void collect_SPOOL_DAMAGED(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		metric_plain(out, spool_of(v)->damaged);
}
