/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_rings.c -- which rings a stage reads and writes, as a table; they are opened behind
 * the jail.
 */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "rundir.h"
#include "stage_core.h"

/* What each stage reads and writes; whether what it reads outlives both ends, and whether it makes a
 * state of it.  The reserve of ring raw is for events that carry state. */
static const struct {
	const char *in, *out;
	enum stage_id writer, reader;
	bool kept, has_state;
} wiring[STAGE_COUNT] = {
	[STAGE_COLLECTOR] = { NULL, "raw", STAGE_NONE, STAGE_ENRICHER, false, false },
	[STAGE_ENRICHER] = { "raw", "enriched", STAGE_COLLECTOR, STAGE_EVALUATOR, true, true },
	[STAGE_EVALUATOR] = { "enriched", "alerts", STAGE_ENRICHER, STAGE_EMITTER, true, true },
	[STAGE_EMITTER] = { "alerts", NULL, STAGE_EVALUATOR, STAGE_NONE, true, false },
	[STAGE_RECORDER] = { "tap", NULL, STAGE_COLLECTOR, STAGE_NONE, false, false },
};

static uint64_t out_size(const struct runtime *rt)
{
	switch (rt->ops->id) {
	case STAGE_COLLECTOR:
		return rt->st.conf.ring_raw_bytes;
	case STAGE_ENRICHER:
		return rt->st.conf.ring_enriched_bytes;
	default:
		return rt->st.conf.ring_alerts_bytes;
	}
}

static int snapshot_of_stage(void *ctx, struct frame_sink *sink)
{
	struct runtime *rt = ctx;

	return rt->ops->snapshot(rt->st.ctx, sink);
}

static bool state_of_stage(void *ctx)
{
	struct runtime *rt = ctx;

	return rt->ops->has_state(rt->st.ctx);
}

int stage_open_rings(struct runtime *rt)
{
	enum stage_id id = rt->ops->id;
	char path[RUN_DIR_PATH_MAX];
	int err = 0;

	if (wiring[id].out != NULL) {
		struct outlet_params p = {
			.door = path,
			.reader_uid = jail_identity(wiring[id].reader).uid,
			.socket_gid = jail_identity(id).gid,
			.size = out_size(rt),
			.reserve = id == STAGE_COLLECTOR ? out_size(rt) / 8 : 0,
			.snapshot = rt->ops->snapshot == NULL ? NULL : snapshot_of_stage,
			.has_state = rt->ops->has_state == NULL ? NULL : state_of_stage,
			.inherit = stage_offered,
			.ctx = rt,
		};

		run_dir_path(path, rt->st.run_dir, wiring[id].out, ".door");
		err = outlet_open(&p, &rt->st.out);
	}
	if (err == 0 && wiring[id].in != NULL) {
		struct inlet_params p = {
			.door = path,
			.writer_uid = jail_identity(wiring[id].writer).uid,
			.keep = wiring[id].kept ? &rt->keep : NULL,
			.ring = wiring[id].in,
			.has_state = wiring[id].has_state,
		};

		run_dir_path(path, rt->st.run_dir, wiring[id].in, ".door");
		err = inlet_open(&p, &rt->st.in);
	}
	keep_settle(&rt->keep);
	if (err < 0)
		log_error("cannot open '%s': %s", path, strerror(-err));
	return err < 0 ? EXIT_HOST : EXIT_OK;
}

void stage_fill_rings(const struct runtime *rt, struct stage_status *s)
{
	enum stage_id id = rt->ops->id;

	if (rt->st.in != NULL) {
		struct ring_status *r = &s->rings[s->nrings++];
		struct inlet_status in;

		inlet_status(rt->st.in, &in);
		snprintf(r->name, sizeof(r->name), "%s", wiring[id].in);
		r->capacity = in.size;
		r->used = in.used;
		r->generation = in.generation;
		r->attached = in.attached && in.writer_alive;
		r->refused = in.lies;
	}
	if (rt->st.out != NULL) {
		struct ring_status *r = &s->rings[s->nrings++];
		struct outlet_status out;

		outlet_status(rt->st.out, &out);
		snprintf(r->name, sizeof(r->name), "%s", wiring[id].out);
		r->capacity = out.size;
		r->used = out.used;
		r->generation = out.generation;
		r->attached = out.has_reader;
		r->refused = out.refused;
		if (id == STAGE_COLLECTOR)
			r->lost = s->counts.v[COLLECTOR_LOST_RING];
	}
}
