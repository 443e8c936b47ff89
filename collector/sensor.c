/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor.c -- the live source as the collector's loop has it; each part of it is a file sensor_*.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "decode.h"
#include "log.h"
#include "own_pid.h"
#include "sensor_core.h"

#define CLOCK_LOOK_NS NS_PER_SEC

/* So long the few events that come while others are dealt with are no reason for another turn. */
#define DRY_NS NS_PER_MSEC

/* Measure how far the clocks are apart; a measurement that was interrupted is done again. */
static void look_at_clocks(struct sensor *s)
{
	uint64_t before, wall, after;

	for (unsigned i = 0; i < 5; i++) {
		before = boot_now();
		wall = wall_now().ns;
		after = boot_now();
		if (after - before < 20 * NS_PER_USEC)
			break;
	}
	timeline_set(&s->time, wall, before + (after - before) / 2);
	s->next_clock_look = after + CLOCK_LOOK_NS;
}

static void sensor_begin(struct source *source)
{
	struct sensor *s = sensor_of(source);
	uint64_t now = boot_now();

	if (now - s->dry_ns < DRY_NS)
		return; /* what has become due since is for after the next sleep */
	if (now >= s->next_clock_look)
		look_at_clocks(s);
	merge_begin(&s->merge, now);
}

static int sensor_next(struct source *source, struct raw_event *ret)
{
	struct sensor *s = sensor_of(source);
	struct span record;

	if (merge_next(&s->merge, &record) == 0) {
		s->dry_ns = s->merge.now_ns;
		return 0;
	}
	s->taken++;
	if (decode_record(record, ret) < 0)
		return -EPROTO;
	ret->ts_ns = timeline_stamp(&s->time, ret->ts_ns);
	return 1;
}

static void sensor_commit(struct source *source)
{
	merge_commit(&sensor_of(source)->merge);
}

static int put_into_sink(void *ctx, uint16_t type, struct span payload)
{
	return frame_sink_put(ctx, type, payload);
}

static int sensor_snapshot(struct source *source, struct frame_sink *sink, size_t budget)
{
	return snapshot_take(sensor_of(source)->snapshot, put_into_sink, sink, budget);
}

static int sensor_read_again(struct source *source, const struct ring_ask *ask, source_put *put,
			     void *ctx, size_t budget)
{
	return snapshot_read_again(sensor_of(source)->snapshot, ask, put, ctx, budget);
}

static void sensor_settle(struct source *source)
{
	snapshot_settle(sensor_of(source)->snapshot);
}

static void sensor_beat(struct source *source)
{
	volatile struct sensor_beat *beat = programs_beat(&sensor_of(source)->programs);
	uint64_t nonce[2];

	if (getrandom(nonce, sizeof(nonce), GRND_NONBLOCK) != sizeof(nonce))
		return; /* it is missed, and that is said */
	nonce[0] |= 1;
	beat->nonce[1] = nonce[1];
	beat->nonce[0] = nonce[0];
	syscall(wants_beat_nr(), 0, nonce[0], nonce[1]);
	beat->nonce[0] = 0;
}

static uint64_t sensor_now(struct source *source)
{
	return timeline_wall(&sensor_of(source)->time, boot_now());
}

static void sensor_close(struct source *source)
{
	struct sensor *s = sensor_of(source);

	if (s == NULL)
		return;
	sensor_close_rings(s);
	sensor_close_maps(s);
	sensor_close_traces(s);
	programs_close(&s->programs);
	snapshot_close(s->snapshot);
	free(s->memory);
	free(s->rings);
	free(s->heap);
	free(s->in_heap);
	free(s->told);
	free(s);
}

static const struct source_ops sensor_ops = {
	.name = "kernel",
	.begin = sensor_begin,
	.next = sensor_next,
	.commit = sensor_commit,
	.want = sensor_want,
	.count = sensor_count,
	.mute = sensor_mute,
	.muted = sensor_muted,
	.snapshot = sensor_snapshot,
	.now = sensor_now,
	.read_again = sensor_read_again,
	.settle = sensor_settle,
	.beat = sensor_beat,
	.begin_rest = sensor_begin_rest,
	.take_rest = sensor_take_rest,
	.wait = sensor_wait,
	.close = sensor_close,
};

int sensor_open(const struct sensor_params *params, struct source **ret)
{
	struct sensor *s = calloc(1, sizeof(*s));
	const char *step = "get memory";
	int err = -ENOMEM;

	if (s != NULL) {
		s->params = *params;
		loader_listen();
		s->source.ops = &sensor_ops;
		s->source.coverage = &s->coverage;
		s->source.own_pid = own_pid_in_initial_namespace();
		look_at_clocks(s);
		err = sensor_set_up(s, &step);
	}
	if (err < 0) {
		if (s == NULL || !s->programs.loader.said)
			sensor_explain(step, err);
		sensor_close(&s->source);
		return EXIT_HOST;
	}
	*ret = &s->source;
	return 0;
}

void sensor_look_inside(const struct source *source, struct sensor_inside *ret)
{
	const struct sensor *s = (const struct sensor *)source;

	*ret = (struct sensor_inside){ .loader = &s->programs.loader,
				       .load_ns = s->programs.load_ns,
				       .nbuffers = s->nrings };
	for (unsigned i = 0; i < PROGRAMS_PARTS; i++) {
		ret->objects[i] = programs_object(&s->programs, i);
		ret->loaded_ns[i] = s->programs.loaded_ns[i];
	}
	for (unsigned i = 0; i < s->nrings; i++)
		ret->buffer_bytes += s->memory[i].size;
}
