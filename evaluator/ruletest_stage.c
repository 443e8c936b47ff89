/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_stage.c -- what an evaluator has around its rules, for tests: the
 * mirror, the memory of an event, and the way of a frame into them.
 */
#include "ruletest_stage.h"

#include <errno.h>
#include <stdlib.h>

int ruletest_stage_new(struct ruleset *rules, uint64_t seed, struct ruletest_stage **ret)
{
	struct mirror_limits limits = {
		.processes = 16384, .users = 4096, .groups = 4096, .containers = 4096, .seed = seed
	};
	struct ruletest_stage *st = calloc(1, sizeof(*st));
	int err = st == NULL ? -ENOMEM : mirror_new(&limits, &st->mirror);

	if (err < 0) {
		free(st);
		return err;
	}
	st->rules = rules;
	pool_init(&st->pool, RULETEST_LIMIT);
	st->hidden.pool = &st->pool;
	arena_init(&st->arena, st->arena_bytes, sizeof(st->arena_bytes));
	*ret = st;
	return 0;
}

void ruletest_stage_free(struct ruletest_stage *st)
{
	if (st == NULL)
		return;
	mirror_free(st->mirror);
	pool_release(&st->pool);
	free(st);
}

int ruletest_stage_hide(struct ruletest_stage *st, struct span rule)
{
	struct span name = pool_copy(&st->pool, rule);
	struct strmap_entry *e = name.p == NULL ? NULL : strmap_entry(&st->hidden, name);

	if (e == NULL)
		return -ENOMEM;
	e->value = 1;
	return 0;
}

int ruletest_stage_clear(struct ruletest_stage *st)
{
	uint8_t buf[WIRE_EMPTY_BOUND];
	ssize_t n = wire_encode_empty(buf, sizeof(buf));
	int err = n < 0 ? (int)n
			: mirror_apply(st->mirror, FRAME_SNAPSHOT_BEGIN, span_of(buf, (size_t)n));

	st->context = (struct field_context){ .local = NULL };
	return err < 0 ? err
		       : mirror_apply(st->mirror, FRAME_SNAPSHOT_END, span_of(buf, (size_t)n));
}

int ruletest_stage_play(struct ruletest_stage *st, const struct scene_frame *frames, unsigned n,
			struct field_event **ret)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < n; i++) {
		if (frames[i].type == FRAME_EVENT)
			err = wire_decode_event(frames[i].payload, &st->frame);
		else
			err = mirror_apply(st->mirror, frames[i].type, frames[i].payload);
	}
	if (err < 0)
		return err;
	st->event = (struct field_event){
		.ev = &st->frame,
		.info = event_info(st->frame.code),
		.mirror = st->mirror,
		.process = mirror_process(st->mirror, st->frame.process),
		.arena = &st->arena,
		.source = "syscall",
		.context = &st->context,
	};
	if (st->event.info == NULL)
		return -EPROTO;
	arena_clear(&st->arena);
	*ret = &st->event;
	return 0;
}
