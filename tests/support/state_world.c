/* SPDX-License-Identifier: Apache-2.0
 *
 * state_world.c -- see state_world.h.  What the core puts out goes to the mirror
 * at once; an event's payload is kept as long as the event is asked.
 */
#include "state_world.h"

#include <errno.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 4 << 20 };

static uint8_t *reserve(void *ctx, size_t cap)
{
	struct state_world *w = ctx;

	return cap <= WIRE_MAX_PAYLOAD ? w->out : NULL;
}

static void take_event(struct state_world *w, size_t len)
{
	memcpy(w->payload, w->out, len);
	if (wire_decode_event(span_of(w->payload, len), &w->frame) < 0)
		abort();
	w->event = (struct field_event){ .ev = &w->frame,
					 .info = event_info(w->frame.code),
					 .mirror = w->mirror,
					 .arena = &w->arena,
					 .source = "syscall",
					 .context = &w->context };
	if (w->frame.process != 0)
		w->event.process = mirror_process(w->mirror, w->frame.process);
	w->has_event = true;
}

static void submit(void *ctx, uint16_t type, size_t len)
{
	struct state_world *w = ctx;

	if (type == FRAME_EVENT)
		take_event(w, len);
	else if (type != FRAME_GAP && mirror_apply(w->mirror, type, span_of(w->out, len)) < 0)
		abort();
}

static void abandon(void *ctx)
{
	(void)ctx;
}

/* There is nobody to ask, unless the test says so. */
static bool ask(void *ctx, const struct container_wish *wish)
{
	struct state_world *w = ctx;

	if (wish->is_pod) {
		w->asked_pods++;
		return w->may_answer_pods;
	}
	w->asked++;
	return w->may_answer;
}

int state_world_new(struct state_world **ret)
{
	struct mirror_limits limits = { 8192, 256, 256, 256, 1, 0 };
	struct ring_wants wants = { .version = 1, .extras = WANT_EXTRAS };
	struct state_world *w = calloc(1, sizeof(*w));
	struct enrich_params p = { .sink = { w, reserve, submit, abandon },
				   .ask = ask,
				   .ask_ctx = w,
				   .seed = 1,
				   .threads = 8192,
				   .users = 512,
				   .containers = 256,
				   .pods = 4,
				   .memory_bytes = 64 << 20 };

	if (w == NULL)
		return -ENOMEM;
	p.counts = w->counts;
	w->out = malloc(WIRE_MAX_PAYLOAD);
	w->in = malloc(WIRE_MAX_PAYLOAD);
	w->payload = malloc(WIRE_MAX_PAYLOAD);
	w->block = malloc(BLOCK_BYTES);
	w->ts_ns = STATE_WORLD_START;
	if (w->out == NULL || w->in == NULL || w->payload == NULL || w->block == NULL ||
	    mirror_new(&limits, &w->mirror) < 0 || enrich_new(&p, &w->enrich) < 0) {
		state_world_free(w);
		return -ENOMEM;
	}
	arena_init(&w->arena, w->block, BLOCK_BYTES);
	memset(wants.events, 0xff, sizeof(wants.events));
	enrich_want(w->enrich, &wants);
	*ret = w;
	return 0;
}

void state_world_free(struct state_world *w)
{
	if (w == NULL)
		return;
	enrich_free(w->enrich);
	mirror_free(w->mirror);
	free(w->out);
	free(w->in);
	free(w->payload);
	free(w->block);
	free(w);
}

int state_world_frame(struct state_world *w, uint16_t type, struct span payload)
{
	struct ring_frame frame = { .type = type, .seq = ++w->seq, .payload = payload };

	return enrich_frame(w->enrich, &frame, 1);
}

static int encoded(struct state_world *w, uint16_t type, ssize_t n)
{
	return n < 0 ? (int)n : state_world_frame(w, type, span_of(w->in, (size_t)n));
}

int state_world_event(struct state_world *w, struct raw_event *ev)
{
	w->num++;
	w->ts_ns++;
	if (ev->ts_ns == 0)
		ev->ts_ns = w->ts_ns;
	if (ev->num == 0)
		ev->num = w->num;
	w->ts_ns = ev->ts_ns;
	return encoded(w, FRAME_RAW_EVENT, wire_encode_raw_event(w->in, WIRE_MAX_PAYLOAD, ev));
}

int state_world_task(struct state_world *w, const struct task_frame *task)
{
	return encoded(w, FRAME_TASK, wire_encode_task(w->in, WIRE_MAX_PAYLOAD, task));
}

int state_world_user(struct state_world *w, const struct user_frame *u)
{
	return encoded(w, FRAME_USER, wire_encode_user(w->in, WIRE_MAX_PAYLOAD, u));
}

int state_world_group(struct state_world *w, const struct group_frame *g)
{
	return encoded(w, FRAME_GROUP, wire_encode_group(w->in, WIRE_MAX_PAYLOAD, g));
}

int state_world_begin(struct state_world *w)
{
	struct host_frame host = { .hostname = span_str("cases-host"),
				   .boot_ts_ns = STATE_WORLD_START - UINT64_C(3600000000000),
				   .memory_bytes = 1 << 30,
				   .num_cpus = 2 };
	int err = encoded(w, FRAME_HOST, wire_encode_host(w->in, WIRE_MAX_PAYLOAD, &host));

	if (err < 0)
		return err;
	return encoded(w, FRAME_SNAPSHOT_BEGIN, wire_encode_empty(w->in, WIRE_MAX_PAYLOAD));
}

int state_world_end(struct state_world *w)
{
	return encoded(w, FRAME_SNAPSHOT_END, wire_encode_empty(w->in, WIRE_MAX_PAYLOAD));
}
