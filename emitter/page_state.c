/* SPDX-License-Identifier: Apache-2.0
 *
 * page_state.c -- see page_state.h.
 */
#include "page_state.h"

#include "clock.h"
#include "status_json.h"

static const struct supervised *supervised(const struct metrics_view *v, enum stage_id id)
{
	for (unsigned i = 0; i < v->nsupervised; i++)
		if (v->supervised[i].stage == id)
			return &v->supervised[i];
	return NULL;
}

static const char *state_of(const struct supervised *s, const struct stage_status *status)
{
	if (s != NULL && (s->state != SUPERVISED_RUNNING || status != NULL))
		return supervised_state_name(s->state);
	return status != NULL ? supervised_state_name(SUPERVISED_RUNNING) : "away";
}

/* What came within each step of the latencies, so that who asks twice knows what came between. */
static void put_steps(struct jout *j, const struct histogram *h)
{
	jout_array(j, "latency_counts");
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
		jout_uint(j, NULL, h->count[i]);
	jout_end(j);
}

static void put_stage(struct jout *j, const struct metrics_view *v, enum stage_id id)
{
	static const struct histogram none;
	const struct stage_status *s = v->stage[id];
	const struct supervised *by = supervised(v, id);

	if (id == STAGE_RECORDER && s == NULL && by == NULL)
		return; /* it is there where rules ask for captures */
	jout_object(j, NULL);
	jout_str(j, "name", stage_name(id));
	jout_str(j, "state", state_of(by, s));
	jout_bool(j, "answers", s != NULL);
	jout_uint(j, "restarts", by == NULL ? 0 : by->restarts);
	jout_int(j, "pid", s != NULL ? s->pid : by != NULL ? by->pid : 0);
	jout_double(j, "uptime_s", s == NULL ? 0 : (double)s->uptime_ns / (double)NS_PER_SEC);
	jout_double(j, "cpu_s", s == NULL ? 0 : (double)s->usage.cpu_ns / (double)NS_PER_SEC);
	jout_uint(j, "rss_kb", s == NULL ? 0 : s->usage.rss_bytes / 1024);
	jout_str(j, "detail", s == NULL ? "" : s->detail);
	status_json_numbers(j, id, s);
	put_steps(j, s == NULL ? &none : &s->latency);
	jout_end(j);
}

/* A ring is told of by its writer, which comes first, and by its reader. */
static bool is_told(const struct metrics_view *v, enum stage_id id, const char *name)
{
	for (enum stage_id before = STAGE_COLLECTOR; before < id; before++)
		for (unsigned i = 0; v->stage[before] != NULL && i < v->stage[before]->nrings; i++)
			if (strcmp(v->stage[before]->rings[i].name, name) == 0)
				return true;
	return false;
}

static void put_rings(struct jout *j, const struct metrics_view *v)
{
	jout_array(j, "rings");
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		for (unsigned i = 0; v->stage[id] != NULL && i < v->stage[id]->nrings; i++)
			if (!is_told(v, id, v->stage[id]->rings[i].name))
				status_json_ring(j, &v->stage[id]->rings[i]);
	jout_end(j);
}

static void put_lost(struct jout *j, const struct stage_status *collector)
{
	jout_object(j, "lost");
	for (enum gap_cause c = GAP_KERNEL_BUFFER; collector != NULL && c < GAP_CAUSE_COUNT; c++)
		jout_uint(j, loss_cause_name(c), losses_sum(&collector->losses, c));
	jout_end(j);
}

static void put_ends(struct jout *j, const struct metrics_view *v)
{
	static const struct stage_status nobody;
	const struct stage_status *emitter = v->stage[STAGE_EMITTER];
	const struct stage_status *enricher = v->stage[STAGE_ENRICHER];

	status_json_coverage(j, v->stage[STAGE_COLLECTOR]);
	status_json_outputs(j, emitter == NULL ? &nobody : emitter);
	status_json_spool(j, emitter == NULL ? &nobody.spool : &emitter->spool);
	status_json_heartbeat(j, emitter == NULL ? &nobody.heartbeat : &emitter->heartbeat);
	status_json_sources(j, enricher == NULL ? &nobody : enricher);
}

void page_state_put(struct line *t, const struct metrics_view *v)
{
	struct jout j;

	jout_init(&j, t);
	jout_object(&j, NULL);
	jout_uint(&j, "time_ms", v->now_ns / NS_PER_MSEC);
	jout_str(&j, "version", v->host.version == NULL ? "" : v->host.version);
	jout_str(&j, "hostname", v->host.hostname == NULL ? "" : v->host.hostname);
	jout_str(&j, "kernel", v->host.kernel_release == NULL ? "" : v->host.kernel_release);
	jout_array(&j, "latency_bounds_us");
	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++)
		jout_uint(&j, NULL, histogram_bounds[i] / NS_PER_USEC);
	jout_end(&j);
	jout_array(&j, "stages");
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		put_stage(&j, v, id);
	jout_end(&j);
	put_rings(&j, v);
	put_lost(&j, v->stage[STAGE_COLLECTOR]);
	put_ends(&j, v);
	jout_end(&j);
	line_put_char(t, '\n');
}
