/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_collect.c -- where the values of metrics.def come from: a function for each row, in
 * metrics_*.c.  What nobody said has no sample.  Here: of the host, the pipeline as a whole and what it takes.
 */
#include "metrics_rows.h"

/* ---- always ---- */

void collect_VERSION(const struct metrics_view *v, struct metric_out *out)
{
	metric_info(out, "version", v->host.version);
}

void collect_KERNEL_RELEASE(const struct metrics_view *v, struct metric_out *out)
{
	metric_info(out, "kernel_release", v->host.kernel_release);
}

void collect_HOSTNAME(const struct metrics_view *v, struct metric_out *out)
{
	metric_info(out, "hostname", v->host.hostname);
}

void collect_ENGINE(const struct metrics_view *v, struct metric_out *out)
{
	struct metric_sample s = metric_sample();

	if (v->host.engine == NULL)
		return;
	metric_label(&s, "engine_name", v->host.engine);
	metric_label(&s, "evt_source", "syscall");
	metric_take_uint(out, &s, 1);
}

void collect_START(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, v->host.start_ns);
}

static double duration(const struct metrics_view *v)
{
	return v->host.start_ns == 0 || v->now_ns < v->host.start_ns
		       ? 0
		       : (double)(v->now_ns - v->host.start_ns) / NS_PER_S;
}

void collect_DURATION(const struct metrics_view *v, struct metric_out *out)
{
	if (v->host.start_ns != 0)
		metric_plain(out, (uint64_t)duration(v));
}

void collect_RELOAD(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_EVALUATOR];

	if (s != NULL)
		metric_plain_unless_zero(
			out, s->gauges.v[EVALUATOR_GAUGE_RULES_LOADED_TIMESTAMP_SECONDS] *
				     UINT64_C(1000000000));
}

void collect_HOST_BOOT(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, v->host.boot_ns);
}

void collect_HOST_CPUS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, v->host.cpus);
}

void collect_QUEUE_DROPS(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_EMITTER];
	uint64_t sum;

	if (s == NULL)
		return;
	sum = s->counts.v[EMITTER_FAILED];
	for (unsigned i = 0; i < s->noutputs; i++)
		sum += s->outputs[i].lost;
	metric_plain(out, sum);
}

void collect_HOST_ADDRESSES(const struct metrics_view *v, struct metric_out *out)
{
	for (unsigned i = 0; i < v->host.naddresses; i++) {
		const struct metrics_addresses *a = &v->host.addresses[i];
		struct metric_sample s = metric_sample();

		metric_label(&s, "addresses", a->text);
		metric_label(&s, "interface", a->interface);
		metric_label(&s, "protocol", a->protocol);
		metric_take_uint(out, &s, 1);
	}
}

void collect_NUM_EVTS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_EVALUATOR, EVALUATOR_EVALUATED);
}

/* ---- resources ---- */

static uint64_t sum_usage(const struct metrics_view *v, size_t offset)
{
	uint64_t sum = 0;

	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		if (v->stage[id] != NULL)
			sum += *(
				const uint64_t *)(const void *)((const char *)&v->stage[id]->usage +
								offset);
	return sum;
}

void collect_CPU_USAGE(const struct metrics_view *v, struct metric_out *out)
{
	if (duration(v) > 0)
		metric_plain_real(out, (double)sum_usage(v, offsetof(struct stage_usage, cpu_ns)) /
					       NS_PER_S / duration(v));
}

void collect_MEMORY_RSS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, sum_usage(v, offsetof(struct stage_usage, rss_bytes)));
}

void collect_MEMORY_VSZ(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, sum_usage(v, offsetof(struct stage_usage, vsz_bytes)));
}

void collect_HOST_CPU_USAGE(const struct metrics_view *v, struct metric_out *out)
{
	if (v->host.busy > 0)
		metric_plain_real(out, v->host.busy);
}

void collect_HOST_MEMORY(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, v->host.memory_used);
}

void collect_HOST_PROCS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, v->host.procs_running);
}

void collect_HOST_FDS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_unless_zero(out, v->host.open_fds);
}

/* ---- state ---- */

void collect_N_THREADS(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_ENRICHER] != NULL)
		metric_plain(out, v->stage[STAGE_ENRICHER]->gauges.v[ENRICHER_GAUGE_THREADS]);
}

void collect_N_ADDED_THREADS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_ENRICHER, ENRICHER_PROCESSES);
}

void collect_N_REMOVED_THREADS(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_ENRICHER];
	uint64_t added, here;

	if (s == NULL)
		return;
	added = s->counts.v[ENRICHER_PROCESSES];
	here = s->gauges.v[ENRICHER_GAUGE_THREADS];
	metric_plain(out, added > here ? added - here : 0);
}

void collect_N_FDS(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_ENRICHER] != NULL)
		metric_plain(out, v->stage[STAGE_ENRICHER]->gauges.v[ENRICHER_GAUGE_FILES]);
}

void collect_N_ADDED_FDS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_ENRICHER, ENRICHER_FILES);
}

void collect_N_REMOVED_FDS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_ENRICHER, ENRICHER_FILES_REMOVED);
}

void collect_N_FAILED_LOOKUPS(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_ENRICHER, ENRICHER_PROCESS_MISSES);
}

void collect_N_FULL_TABLE(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_ENRICHER, ENRICHER_PROCESSES_EVICTED);
}
