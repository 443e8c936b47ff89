/* SPDX-License-Identifier: Apache-2.0
 *
 * record_filter.c -- see record_filter.h.
 */
#include "record_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "codes.h"
#include "compile.h"
#include "enrich.h"
#include "mirror.h"
#include "parse.h"
#include "state_set.h"

enum {
	MAX_THREADS = 262144, /* as the stages have it */
	MAX_PEOPLE = 65536,
	MAX_CONTAINERS = 8192,
	POOL_BYTES = 64 << 20,
	ARENA_BYTES = 1 << 20,
};

struct record_filter {
	struct enrich *enrich;
	uint64_t counts[ENRICHER_COUNTERS];
	struct mirror *mirror;

	struct pool pool;
	struct program program;
	struct program_memo memo;
	uint32_t start;
	struct ring_wants wants;

	struct arena arena;
	struct field_context context;
	struct event_frame event;
	bool is_true; /* at the frame that is being taken */
	_Alignas(16) uint8_t arena_bytes[ARENA_BYTES];
	uint8_t out[WIRE_MAX_PAYLOAD];
};

/* ---- what the state engine says ---- */

static uint8_t *out_reserve(void *ctx, size_t cap)
{
	struct record_filter *f = ctx;

	return cap <= sizeof(f->out) ? f->out : NULL;
}

static void out_abandon(void *ctx)
{
	(void)ctx;
}

static void take_event(struct record_filter *f, struct span payload)
{
	struct field_event e = {
		.ev = &f->event,
		.mirror = f->mirror,
		.arena = &f->arena,
		.source = "syscall",
		.context = &f->context,
	};

	if (wire_decode_event(payload, &f->event) < 0)
		return;
	e.info = event_info(f->event.code);
	if (e.info == NULL)
		return;
	if (f->event.process != 0)
		e.process = mirror_process(f->mirror, f->event.process);
	arena_clear(&f->arena);
	program_memo_next(&f->memo, &f->program);
	f->is_true = (f->event.flags & EVENT_STATE_ONLY) == 0 &&
		     program_run(&f->program, &f->memo, f->start, &e);
}

static void out_submit(void *ctx, uint16_t type, size_t len)
{
	struct record_filter *f = ctx;

	if (type == FRAME_EVENT)
		take_event(f, span_of(f->out, len));
	else
		(void)mirror_apply(f->mirror, type, span_of(f->out, len));
}

enum record_verdict record_filter_frame(struct record_filter *f, const struct ring_frame *frame,
					uint64_t generation, unsigned code)
{
	const struct event_info *info = event_info(code);

	f->is_true = false;
	(void)enrich_frame(f->enrich, frame, generation);
	if (f->is_true)
		return RECORD_EVENT;
	return state_set_matters(code) || (info != NULL && info->flags & EF_MODIFIES_STATE)
		       ? RECORD_STATE
		       : RECORD_NOT;
}

void record_filter_people(struct record_filter *f, struct span passwd, struct span group)
{
	enrich_host_users(f->enrich, passwd, group);
}

void record_filter_wants(const struct record_filter *f, struct ring_wants *ret)
{
	*ret = f->wants;
}

/* ---- making ---- */

/* DIAG gets a place where it has none: byte AT. */
static void place(struct diag *diag, uint32_t at)
{
	if (diag->column == 0)
		diag->column = at + 1;
}

static int compile(struct record_filter *f, struct span text, struct diag *diag)
{
	struct compile_error error = { 0 };
	const struct node *at = NULL;
	struct codes codes;
	struct node *tree;
	int err;

	pool_init(&f->pool, POOL_BYTES);
	program_init(&f->program, &f->pool);
	err = parse_condition(text, PARSE_DEPTH_DEFAULT, &f->pool, &tree, diag, NULL);
	if (err < 0)
		return err;
	if ((err = codes_of_condition(tree, &codes, diag, &at)) < 0)
		place(diag, at == NULL ? 0 : at->at);
	else if ((err = compile_condition(&f->program, tree, &f->start, diag, &error)) < 0)
		place(diag, error.at);
	if (err < 0)
		return err;
	if (!program_memo_init(&f->memo, &f->program, &f->pool))
		return -ENOMEM;
	_Static_assert(sizeof(f->wants.events) == sizeof(codes.events), "the same bits");
	_Static_assert(sizeof(codes.syscalls) <= sizeof(f->wants.syscalls), "room for each call");
	memcpy(f->wants.events, codes.events, sizeof(f->wants.events));
	memcpy(f->wants.syscalls, codes.syscalls, sizeof(codes.syscalls));
	f->wants.extras = program_wants(&f->program);
	f->wants.version = 1;
	return 0;
}

static int make_tables(struct record_filter *f, uint64_t seed)
{
	struct enrich_params p = {
		.sink = { f, out_reserve, out_submit, out_abandon },
		.counts = f->counts,
		.seed = seed,
		.threads = MAX_THREADS,
	};
	struct mirror_limits limits = {
		.processes = MAX_THREADS,
		.users = MAX_PEOPLE,
		.groups = MAX_PEOPLE,
		.containers = MAX_CONTAINERS,
		.seed = seed,
	};
	int err = mirror_new(&limits, &f->mirror);

	return err < 0 ? err : enrich_new(&p, &f->enrich);
}

int record_filter_new(struct span text, uint64_t seed, struct record_filter **ret,
		      struct diag *diag)
{
	struct record_filter *f = calloc(1, sizeof(*f));
	int err;

	if (f == NULL)
		return -ENOMEM;
	arena_init(&f->arena, f->arena_bytes, sizeof(f->arena_bytes));
	if ((err = compile(f, text, diag)) < 0 || (err = make_tables(f, seed)) < 0) {
		record_filter_free(f);
		return err;
	}
	enrich_want(f->enrich, &f->wants);
	*ret = f;
	return 0;
}

int record_filter_check(struct span text, struct diag *diag)
{
	struct record_filter *f = calloc(1, sizeof(*f));
	int err;

	if (f == NULL)
		return -ENOMEM;
	err = compile(f, text, diag);
	record_filter_free(f);
	return err;
}

void record_filter_free(struct record_filter *f)
{
	if (f == NULL)
		return;
	enrich_free(f->enrich);
	mirror_free(f->mirror);
	program_release(&f->program);
	pool_release(&f->pool);
	free(f);
}
