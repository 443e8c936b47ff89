/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_collect.c -- where the values of metrics.def come from: a function for each row.  What
 * nobody said has no sample.
 */
#include <stdio.h>

#include "drop_group.h"
#include "event.h"
#include "jread.h"
#include "metrics_rows.h"

#define NS_PER_S 1e9

/* ---- samples ---- */

static struct metric_sample sample(void)
{
	return (struct metric_sample){ .suffix = "" };
}

static void label(struct metric_sample *s, const char *name, const char *value)
{
	s->label[s->nlabels++] = (struct metric_label){ name, span_str(value) };
}

static void take_uint(struct metric_out *out, struct metric_sample *s, uint64_t u)
{
	s->is_real = false;
	s->u = u;
	out->take(out, s);
}

static void take_real(struct metric_out *out, struct metric_sample *s, double d)
{
	s->is_real = true;
	s->d = d;
	out->take(out, s);
}

static void plain(struct metric_out *out, uint64_t u)
{
	struct metric_sample s = sample();

	take_uint(out, &s, u);
}

static void plain_unless_zero(struct metric_out *out, uint64_t u)
{
	if (u != 0)
		plain(out, u);
}

static void plain_real(struct metric_out *out, double d)
{
	struct metric_sample s = sample();

	take_real(out, &s, d);
}

static void info(struct metric_out *out, const char *name, const char *value)
{
	struct metric_sample s = sample();

	if (value == NULL)
		return;
	label(&s, name, value);
	take_uint(out, &s, 1);
}

static void plain_counter(struct metric_out *out, const struct metrics_view *v, enum stage_id id,
			  unsigned word)
{
	if (v->stage[id] != NULL)
		plain(out, v->stage[id]->counts.v[word]);
}

/* ---- always ---- */

void collect_VERSION(const struct metrics_view *v, struct metric_out *out)
{
	info(out, "version", v->host.version);
}

void collect_KERNEL_RELEASE(const struct metrics_view *v, struct metric_out *out)
{
	info(out, "kernel_release", v->host.kernel_release);
}

void collect_HOSTNAME(const struct metrics_view *v, struct metric_out *out)
{
	info(out, "hostname", v->host.hostname);
}

void collect_ENGINE(const struct metrics_view *v, struct metric_out *out)
{
	struct metric_sample s = sample();

	if (v->host.engine == NULL)
		return;
	label(&s, "engine_name", v->host.engine);
	label(&s, "evt_source", "syscall");
	take_uint(out, &s, 1);
}

void collect_START(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, v->host.start_ns);
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
		plain(out, (uint64_t)duration(v));
}

void collect_RELOAD(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_EVALUATOR];

	if (s != NULL)
		plain_unless_zero(out, s->gauges.v[EVALUATOR_GAUGE_RULES_LOADED_TIMESTAMP_SECONDS] *
					       UINT64_C(1000000000));
}

void collect_HOST_BOOT(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, v->host.boot_ns);
}

void collect_HOST_CPUS(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, v->host.cpus);
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
	plain(out, sum);
}

void collect_NUM_EVTS(const struct metrics_view *v, struct metric_out *out)
{
	plain_counter(out, v, STAGE_EVALUATOR, EVALUATOR_EVALUATED);
}

/* ---- rules ---- */

void collect_MATCHES(const struct metrics_view *v, struct metric_out *out)
{
	plain_counter(out, v, STAGE_EVALUATOR, EVALUATOR_MATCHES);
}

#define RULE_TAGS 64
#define TAG_NAME  64

/* What is behind the fixed labels: tag_<name>="true", each once, in order. */
static void label_tags(struct metric_sample *s, struct span tags, char names[RULE_TAGS][TAG_NAME])
{
	struct jread_walk w = jread_begin(tags);
	unsigned from = s->nlabels, n = 0;
	struct span key, value, text;
	uint8_t buf[TAG_NAME];

	while (n < RULE_TAGS && jread_next(&w, &key, &value)) {
		char clean[TAG_NAME - 4];
		unsigned at = from;

		if (value.n > sizeof(buf) || !jread_string(value, buf, &text))
			continue;
		metric_clean_name(text, clean, sizeof(clean));
		for (char *c = clean; *c != '\0'; c++)
			*c = *c == ':' ? '_' : *c; /* not in a label's name */
		snprintf(names[n], TAG_NAME, "tag_%s", clean);
		while (at < s->nlabels && strcmp(s->label[at].name, names[n]) < 0)
			at++;
		if (at < s->nlabels && strcmp(s->label[at].name, names[n]) == 0)
			continue;
		memmove(&s->label[at + 1], &s->label[at], (s->nlabels - at) * sizeof(s->label[0]));
		s->label[at] = (struct metric_label){ names[n++], span_str("true") };
		s->nlabels++;
	}
}

static void take_rule(struct span line, struct metric_out *out)
{
	uint8_t name_buf[1024], source_buf[64];
	char names[RULE_TAGS][TAG_NAME], priority[24];
	struct span name = jread_member(line, "rule"), source = jread_member(line, "source");
	struct metric_sample s = sample();
	uint64_t matches, level;

	if (name.n > sizeof(name_buf) || !jread_string(name, name_buf, &name) ||
	    source.n > sizeof(source_buf) || !jread_string(source, source_buf, &source) ||
	    !jread_uint(jread_member(line, "matches"), &matches) ||
	    !jread_uint(jread_member(line, "priority"), &level) || matches == 0)
		return;
	snprintf(priority, sizeof(priority), "%llu", (unsigned long long)level);
	label(&s, "priority", priority);
	s.label[s.nlabels++] = (struct metric_label){ "rule_name", name };
	s.label[s.nlabels++] = (struct metric_label){ "source", source };
	label_tags(&s, jread_member(line, "tags"), names);
	take_uint(out, &s, matches);
}

static void each_rule(const struct metrics_view *v, struct metric_out *out,
		      void (*of)(struct span line, struct metric_out *out))
{
	struct span rest = v->rules;

	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end == NULL ? rest.n : (size_t)(end - rest.p);

		of(span_of(rest.p, n), out);
		n += end != NULL;
		rest = span_of(rest.p + n, rest.n - n);
	}
}

void collect_RULE_MATCHES(const struct metrics_view *v, struct metric_out *out)
{
	each_rule(v, out, take_rule);
}

/* What a rule costs, and the sample that says so. */
struct rule_cost {
	uint64_t looks, ns;
	struct metric_sample s;
	uint8_t name_buf[1024], source_buf[64];
};

/* False: it was not measured. */
static bool read_cost(struct span line, struct rule_cost *ret)
{
	struct span name = jread_member(line, "rule"), source = jread_member(line, "source");

	ret->s = sample();
	if (name.n > sizeof(ret->name_buf) || !jread_string(name, ret->name_buf, &name) ||
	    source.n > sizeof(ret->source_buf) || !jread_string(source, ret->source_buf, &source) ||
	    !jread_uint(jread_member(line, "looks"), &ret->looks) ||
	    !jread_uint(jread_member(line, "ns"), &ret->ns) || ret->looks == 0)
		return false;
	ret->s.label[ret->s.nlabels++] = (struct metric_label){ "rule_name", name };
	ret->s.label[ret->s.nlabels++] = (struct metric_label){ "source", source };
	return true;
}

static void take_looks(struct span line, struct metric_out *out)
{
	struct rule_cost cost;

	if (read_cost(line, &cost))
		take_uint(out, &cost.s, cost.looks);
}

void collect_RULE_LOOKS(const struct metrics_view *v, struct metric_out *out)
{
	each_rule(v, out, take_looks);
}

static void take_seconds(struct span line, struct metric_out *out)
{
	struct rule_cost cost;

	if (read_cost(line, &cost))
		take_real(out, &cost.s, (double)cost.ns / NS_PER_S);
}

void collect_RULE_SECONDS(const struct metrics_view *v, struct metric_out *out)
{
	each_rule(v, out, take_seconds);
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
		plain_real(out, (double)sum_usage(v, offsetof(struct stage_usage, cpu_ns)) /
					NS_PER_S / duration(v));
}

void collect_MEMORY_RSS(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, sum_usage(v, offsetof(struct stage_usage, rss_bytes)));
}

void collect_MEMORY_VSZ(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, sum_usage(v, offsetof(struct stage_usage, vsz_bytes)));
}

void collect_HOST_CPU_USAGE(const struct metrics_view *v, struct metric_out *out)
{
	if (v->host.busy > 0)
		plain_real(out, v->host.busy);
}

void collect_HOST_MEMORY(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, v->host.memory_used);
}

void collect_HOST_PROCS(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, v->host.procs_running);
}

void collect_HOST_FDS(const struct metrics_view *v, struct metric_out *out)
{
	plain_unless_zero(out, v->host.open_fds);
}

/* ---- state ---- */

void collect_N_THREADS(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_ENRICHER] != NULL)
		plain(out, v->stage[STAGE_ENRICHER]->gauges.v[ENRICHER_GAUGE_THREADS]);
}

void collect_N_ADDED_THREADS(const struct metrics_view *v, struct metric_out *out)
{
	plain_counter(out, v, STAGE_ENRICHER, ENRICHER_PROCESSES);
}

void collect_N_FAILED_LOOKUPS(const struct metrics_view *v, struct metric_out *out)
{
	plain_counter(out, v, STAGE_ENRICHER, ENRICHER_PROCESS_MISSES);
}

void collect_N_FULL_TABLE(const struct metrics_view *v, struct metric_out *out)
{
	plain_counter(out, v, STAGE_ENRICHER, ENRICHER_PROCESSES_EVICTED);
}

/* ---- the kernel side ---- */

void collect_N_EVTS(const struct metrics_view *v, struct metric_out *out)
{
	plain_counter(out, v, STAGE_COLLECTOR, COLLECTOR_SEEN);
}

void collect_N_DROPS(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_COLLECTOR];

	if (s != NULL)
		plain(out, s->counts.v[COLLECTOR_LOST_KERNEL] +
				   s->counts.v[COLLECTOR_LOST_RESTART] +
				   s->counts.v[COLLECTOR_LOST_RING] +
				   s->counts.v[COLLECTOR_LOST_NOT_MADE] +
				   s->counts.v[COLLECTOR_LOST_PASSED_OVER]);
}

void collect_N_DROPS_BUFFER_ALL(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *s = v->stage[STAGE_COLLECTOR];

	if (s != NULL)
		plain(out, s->counts.v[COLLECTOR_LOST_KERNEL] + s->counts.v[COLLECTOR_LOST_RING]);
}

void collect_N_DROPS_BUFFER(const struct metrics_view *v, struct metric_out *out)
{
	const struct stage_status *st = v->stage[STAGE_COLLECTOR];
	uint64_t sums[DROP_GROUPS] = { 0 };

	if (st == NULL)
		return;
	for (unsigned i = 0; i < st->losses.count; i++) {
		const struct loss *l = &st->losses.cell[i];

		if (l->cause == GAP_KERNEL_BUFFER || l->cause == GAP_RING)
			sums[drop_group(l->code)] += l->count;
	}
	for (unsigned g = DROP_OTHERS + 1; g < DROP_GROUPS; g++) {
		struct metric_sample s = sample();

		label(&s, "dir", "exit");
		label(&s, "drop", drop_group_name(g));
		take_uint(out, &s, sums[g]);
	}
}

/* ---- ours: stages ---- */

void collect_UP(const struct metrics_view *v, struct metric_out *out)
{
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		struct metric_sample s = sample();

		/* The recorder is there only where rules ask for captures. */
		if (id == STAGE_RECORDER && v->stage[id] == NULL)
			continue;
		label(&s, "stage", stage_name(id));
		take_uint(out, &s, v->stage[id] != NULL);
	}
}

/* OF gives the value, in seconds or as it is. */
static void each_stage(const struct metrics_view *v, struct metric_out *out,
		       void (*of)(const struct stage_status *st, struct metric_out *out,
				  struct metric_sample *s))
{
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		struct metric_sample s = sample();

		if (v->stage[id] == NULL)
			continue;
		label(&s, "stage", stage_name(id));
		of(v->stage[id], out, &s);
	}
}

static void uptime(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	take_real(out, s, (double)st->uptime_ns / NS_PER_S);
}

void collect_UPTIME(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, uptime);
}

static void cpu(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	take_real(out, s, (double)st->usage.cpu_ns / NS_PER_S);
}

void collect_STAGE_CPU(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, cpu);
}

static void rss(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	take_uint(out, s, st->usage.rss_bytes);
}

void collect_STAGE_RSS(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, rss);
}

static void ceiling(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	take_uint(out, s, st->usage.ceiling_bytes);
}

void collect_STAGE_CEILING(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, ceiling);
}

/* As Prometheus has them: each bucket holds all that is below its bound. */
static void histogram(const struct histogram *h, struct metric_out *out, struct metric_sample *s)
{
	struct metric_sample bucket = *s;
	uint64_t sum = 0;
	unsigned at = 0;

	while (at < s->nlabels && strcmp(s->label[at].name, "le") < 0)
		at++;
	memmove(&bucket.label[at + 1], &s->label[at], (s->nlabels - at) * sizeof(s->label[0]));
	bucket.nlabels++;
	bucket.suffix = "_bucket";
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		char le[32] = "+Inf";

		if (i < HISTOGRAM_BOUNDS)
			snprintf(le, sizeof(le), "%g", (double)histogram_bounds[i] / NS_PER_S);
		sum += h->count[i];
		bucket.label[at] = (struct metric_label){ "le", span_str(le) };
		take_uint(out, &bucket, sum);
	}
	s->suffix = "_sum";
	take_real(out, s, (double)h->sum_ns / NS_PER_S);
	s->suffix = "_count";
	take_uint(out, s, sum);
}

static void latency(const struct stage_status *st, struct metric_out *out, struct metric_sample *s)
{
	if (st->stage != STAGE_RECORDER)
		histogram(&st->latency, out, s);
}

void collect_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	each_stage(v, out, latency);
}

/* ---- ours: rings ---- */

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
		struct metric_sample s = sample();

		if (r == NULL)
			r = ring_at(v->stage[joints[i].reader], joints[i].name);
		if (r == NULL)
			continue;
		label(&s, "ring", joints[i].name);
		take_uint(out, &s, of(r));
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

/* ---- ours: losses ---- */

typedef void loss_name(const struct loss *l, char *buf, size_t cap);

static void type_name(const struct loss *l, char *buf, size_t cap)
{
	const struct event_info *info = event_info(l->code);

	snprintf(buf, cap, "%s", info != NULL ? info->name : "unknown");
}

static void cpu_name(const struct loss *l, char *buf, size_t cap)
{
	if (l->cpu == LOSS_ANY_CPU)
		snprintf(buf, cap, "unknown");
	else
		snprintf(buf, cap, "%u", l->cpu);
}

/* All cells of one cause and one name are one sample, said at the first of them. */
static void each_loss(const struct losses *l, struct metric_out *out, const char *by,
		      loss_name *name)
{
	char mine[40], other[40];

	for (unsigned i = 0; i < l->count; i++) {
		struct metric_sample s = sample();
		uint64_t sum = 0;
		unsigned first = l->count;

		name(&l->cell[i], mine, sizeof(mine));
		for (unsigned k = 0; k < l->count && first >= i; k++) {
			if (l->cell[k].cause != l->cell[i].cause)
				continue;
			name(&l->cell[k], other, sizeof(other));
			if (strcmp(mine, other) != 0)
				continue;
			first = k < first ? k : first;
			sum += l->cell[k].count;
		}
		if (first < i)
			continue;
		label(&s, "cause", loss_cause_name(l->cell[i].cause));
		label(&s, by, mine);
		take_uint(out, &s, sum);
	}
}

void collect_LOST(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_COLLECTOR] != NULL)
		each_loss(&v->stage[STAGE_COLLECTOR]->losses, out, "type", type_name);
}

void collect_LOST_BY_CPU(const struct metrics_view *v, struct metric_out *out)
{
	if (v->stage[STAGE_COLLECTOR] != NULL)
		each_loss(&v->stage[STAGE_COLLECTOR]->losses, out, "cpu", cpu_name);
}

/* ---- ours: metadata ---- */

static void each_source(const struct metrics_view *v, struct metric_out *out,
			uint64_t (*of)(const struct source_status *o))
{
	const struct stage_status *st = v->stage[STAGE_ENRICHER];

	for (unsigned i = 0; st != NULL && i < st->nsources; i++) {
		const struct source_status *o = &st->sources[i];
		struct metric_sample s = sample();

		if (o->state == SOURCE_ABSENT)
			continue;
		label(&s, "place", o->place);
		label(&s, "source", o->name);
		take_uint(out, &s, of(o));
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
		struct metric_sample s = sample();

		if (o->latency_ns == 0)
			continue;
		label(&s, "place", o->place);
		label(&s, "source", o->name);
		take_real(out, &s, (double)o->latency_ns / NS_PER_S);
	}
}

/* ---- ours: outputs ---- */

static void each_output(const struct metrics_view *v, struct metric_out *out,
			void (*of)(const struct output_status *o, struct metric_out *out,
				   struct metric_sample *s))
{
	const struct stage_status *st = v->stage[STAGE_EMITTER];

	for (unsigned i = 0; st != NULL && i < st->noutputs; i++) {
		struct metric_sample s = sample();

		label(&s, "kind", st->outputs[i].kind);
		label(&s, "output", st->outputs[i].name);
		of(&st->outputs[i], out, &s);
	}
}

static void output_up(const struct output_status *o, struct metric_out *out,
		      struct metric_sample *s)
{
	take_uint(out, s, o->state == OUTPUT_STATE_OK);
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
		take_uint(out, s, results[i].count);
	}
}

void collect_OUTPUT_ALERTS(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_alerts);
}

static void output_pending(const struct output_status *o, struct metric_out *out,
			   struct metric_sample *s)
{
	take_uint(out, s, o->pending);
}

void collect_OUTPUT_PENDING(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_pending);
}

static void output_retries(const struct output_status *o, struct metric_out *out,
			   struct metric_sample *s)
{
	take_uint(out, s, o->retries);
}

void collect_OUTPUT_RETRIES(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_retries);
}

static void output_last(const struct output_status *o, struct metric_out *out,
			struct metric_sample *s)
{
	if (o->last_delivery_ns != 0)
		take_real(out, s, (double)o->last_delivery_ns / NS_PER_S);
}

void collect_OUTPUT_LAST(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_last);
}

static void output_latency(const struct output_status *o, struct metric_out *out,
			   struct metric_sample *s)
{
	histogram(&o->latency, out, s);
}

void collect_OUTPUT_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_latency);
}

/* ---- ours: heartbeats ---- */

static const struct heartbeat_status *beat_of(const struct metrics_view *v)
{
	const struct stage_status *st = v->stage[STAGE_EMITTER];

	return st != NULL && st->heartbeat.state != HEARTBEAT_OFF ? &st->heartbeat : NULL;
}

void collect_HEARTBEAT_MISSING(const struct metrics_view *v, struct metric_out *out)
{
	if (beat_of(v) != NULL)
		plain(out, beat_of(v)->state == HEARTBEAT_MISSING);
}

void collect_HEARTBEAT_LAST(const struct metrics_view *v, struct metric_out *out)
{
	struct metric_sample s = sample();

	if (beat_of(v) != NULL && beat_of(v)->last_ns != 0)
		take_real(out, &s, (double)beat_of(v)->last_ns / NS_PER_S);
}

static void output_beat_missing(const struct output_status *o, struct metric_out *out,
				struct metric_sample *s)
{
	if (o->heartbeat.state != HEARTBEAT_OFF)
		take_uint(out, s, o->heartbeat.state == HEARTBEAT_MISSING);
}

void collect_OUTPUT_BEAT_MISSING(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_beat_missing);
}

static void output_beat_last(const struct output_status *o, struct metric_out *out,
			     struct metric_sample *s)
{
	if (o->heartbeat.last_ns != 0)
		take_real(out, s, (double)o->heartbeat.last_ns / NS_PER_S);
}

void collect_OUTPUT_BEAT_LAST(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_beat_last);
}

static void output_beat_latency(const struct output_status *o, struct metric_out *out,
				struct metric_sample *s)
{
	if (o->heartbeat.last_ns != 0)
		take_real(out, s, (double)o->heartbeat.latency_ns / NS_PER_S);
}

void collect_OUTPUT_BEAT_LATENCY(const struct metrics_view *v, struct metric_out *out)
{
	each_output(v, out, output_beat_latency);
}

/* ---- ours: the spool ---- */

static const struct spool_status *spool_of(const struct metrics_view *v)
{
	const struct stage_status *st = v->stage[STAGE_EMITTER];

	return st != NULL && st->spool.is_used ? &st->spool : NULL;
}

void collect_SPOOL_ON_DISK(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		plain(out, spool_of(v)->on_disk);
}

void collect_SPOOL_RECORDS(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		plain(out, spool_of(v)->records);
}

void collect_SPOOL_BYTES(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		plain(out, spool_of(v)->bytes);
}

void collect_SPOOL_DROPPED(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		plain(out, spool_of(v)->dropped);
}

void collect_SPOOL_DAMAGED(const struct metrics_view *v, struct metric_out *out)
{
	if (spool_of(v) != NULL)
		plain(out, spool_of(v)->damaged);
}
