/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_alert.c -- see metrics_alert.h.
 */
#include "metrics_alert.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "own_alert.h"

#define RULE	     "Falco internal: metrics snapshot"
#define MESSAGE	     "Falco metrics snapshot"
#define KEPT_FIELDS  16 /* behind those of the registry */
#define FIELD_NAME   512
#define BYTES_PER_MB (1024.0 * 1024.0)

struct fields_out {
	struct metric_out out;
	const struct snapshot *s;
	struct arena *arena;
	struct alert_frame *a;
};

static bool ends(const char *text, const char *with)
{
	size_t n = strlen(text), m = strlen(with);

	return n >= m && strcmp(text + n - m, with) == 0;
}

static struct span keep(struct arena *arena, const char *text)
{
	size_t n = strlen(text);
	char *p = arena_get(arena, n + 1);

	if (p == NULL)
		return SPAN_NONE;
	memcpy(p, text, n + 1);
	return span_of(p, n);
}

static void put(struct alert_frame *a, struct span name, struct alert_value value)
{
	if (name.n > 0 && a->nfields < ALERT_MAX_FIELDS)
		a->fields[a->nfields++] = (struct alert_field){ name, value };
}

static void put_uint(struct alert_frame *a, const char *name, uint64_t u)
{
	put(a, span_str(name), (struct alert_value){ .kind = ALERT_UINT, .u = u });
}

static void put_double(struct alert_frame *a, const char *name, double d)
{
	put(a, span_str(name), (struct alert_value){ .kind = ALERT_DOUBLE, .d = d });
}

/* One decimal, as Falco has rates. */
static double one_decimal(double d)
{
	return (double)(int64_t)(d * 10 + 0.5) / 10;
}

/* The value of S's label NAME, as it stands in a field's name: texts of the host as they are, what rules
 * name without what Falco does not have there. */
static void put_label(struct line *t, const struct metric *m, const struct metric_sample *s,
		      struct span name)
{
	char clean[FIELD_NAME / 2];

	for (unsigned i = 0; i < s->nlabels; i++) {
		if (!span_is(name, s->label[i].name))
			continue;
		metric_clean_name(s->label[i].value, clean, sizeof(clean));
		line_put(t, m->kind == METRIC_INFO ? s->label[i].value : span_str(clean));
	}
}

/* The field's name: what stands in braces is a label, of which the value stands there. */
static struct span name_of(const struct fields_out *o, const struct metric *m,
			   const struct metric_sample *s)
{
	const char *rest = m->field, *open;
	char name[FIELD_NAME];
	struct line t;

	if (ends(m->field, "_mb") && !o->s->megabytes) {
		snprintf(name, sizeof(name), "%.*skb", (int)strlen(m->field) - 2, m->field);
		return keep(o->arena, name);
	}
	if (strchr(m->field, '{') == NULL)
		return span_str(m->field);
	line_init(&t, (uint8_t *)name, sizeof(name) - 1);
	while ((open = strchr(rest, '{')) != NULL) {
		const char *close = strchr(open, '}');

		line_put(&t, span_of(rest, (size_t)(open - rest)));
		put_label(&t, m, s, span_of(open + 1, (size_t)(close - open) - 1));
		rest = close + 1;
	}
	line_puts(&t, rest);
	*t.p = '\0';
	return keep(o->arena, name);
}

/* Falco's units: percents for shares, MB or kB for bytes. */
static struct alert_value value_of(const struct fields_out *o, const struct metric *m,
				   const struct metric_sample *s)
{
	double d = s->is_real ? s->d : (double)s->u;

	if (m->kind == METRIC_INFO && s->nlabels > 0)
		return (struct alert_value){ .kind = ALERT_STRING, .s = s->label[0].value };
	if (ends(m->field, "_perc"))
		return (struct alert_value){ .kind = ALERT_DOUBLE, .d = one_decimal(100 * d) };
	if (ends(m->field, "_mb") && o->s->megabytes)
		return (struct alert_value){ .kind = ALERT_DOUBLE,
					     .d = one_decimal(d / BYTES_PER_MB) };
	if (ends(m->field, "_mb"))
		return (struct alert_value){ .kind = ALERT_UINT, .u = s->u / 1024 };
	if (s->is_real)
		return (struct alert_value){ .kind = ALERT_DOUBLE, .d = s->d };
	return (struct alert_value){ .kind = ALERT_UINT, .u = s->u };
}

static bool is_empty(const struct alert_value *v)
{
	return (v->kind == ALERT_UINT && v->u == 0) || (v->kind == ALERT_DOUBLE && v->d == 0);
}

/* Falco leaves out what is zero, but not of these. */
static bool is_always_said(const struct metric *m)
{
	static const char *const fields[] = { "falco.rules.matches_total", "scap.n_evts",
					      "scap.n_drops" };

	for (unsigned i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(m->field, fields[i]) == 0)
			return true;
	return m->group == METRICS_ALWAYS;
}

static void take(struct metric_out *out, const struct metric_sample *s)
{
	struct fields_out *o = (struct fields_out *)out;
	struct alert_value value = value_of(o, out->metric, s);

	if (o->a->nfields >= ALERT_MAX_FIELDS - KEPT_FIELDS)
		return; /* as many rules as that are not said one by one */
	if (!o->s->with_empty && is_empty(&value) && !is_always_said(out->metric))
		return;
	/* What a sample holds is gone when the next one comes. */
	if (value.kind == ALERT_STRING) {
		uint8_t *p = arena_get(o->arena, value.s.n + 1);

		if (p == NULL)
			return;
		if (value.s.n > 0)
			memcpy(p, value.s.p, value.s.n);
		value.s.p = p;
	}
	put(o->a, name_of(o, out->metric, s), value);
}

/* ---- what is between two snapshots ---- */

static uint64_t counter(const struct metrics_view *v, enum stage_id id, unsigned word)
{
	return v->stage[id] == NULL ? 0 : v->stage[id]->counts.v[word];
}

static uint64_t lost(const struct metrics_view *v)
{
	return counter(v, STAGE_COLLECTOR, COLLECTOR_LOST_KERNEL) +
	       counter(v, STAGE_COLLECTOR, COLLECTOR_LOST_RESTART) +
	       counter(v, STAGE_COLLECTOR, COLLECTOR_LOST_RING) +
	       counter(v, STAGE_COLLECTOR, COLLECTOR_LOST_NOT_MADE) +
	       counter(v, STAGE_COLLECTOR, COLLECTOR_LOST_PASSED_OVER);
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? one_decimal((double)(now - before) / seconds) : 0;
}

static void put_evaluated(struct snapshot *s, const struct metrics_view *v, double seconds,
			  struct alert_frame *a)
{
	uint64_t evaluated = counter(v, STAGE_EVALUATOR, EVALUATOR_EVALUATED);

	put_uint(a, "falco.num_evts_prev", s->evaluated);
	if (s->at_ns != 0)
		put_double(a, "falco.evts_rate_sec", rate(evaluated, s->evaluated, seconds));
	s->evaluated = evaluated;
}

/* Unlike the one above, Falco says these rates in the first one, too. */
static void put_seen(struct snapshot *s, const struct metrics_view *v, double seconds,
		     struct alert_frame *a)
{
	uint64_t seen = counter(v, STAGE_COLLECTOR, COLLECTOR_SEEN), drops = lost(v);
	uint64_t met = seen > s->seen ? seen - s->seen : 0;
	uint64_t gone = drops > s->lost ? drops - s->lost : 0;

	if ((s->groups >> METRICS_KERNEL & 1) != 0) {
		put_uint(a, "scap.n_evts_prev", s->seen);
		put_uint(a, "scap.n_drops_prev", s->lost);
		put_double(a, "scap.evts_rate_sec", rate(seen, s->seen, seconds));
		put_double(a, "scap.evts_drop_rate_sec", rate(drops, s->lost, seconds));
		put_double(a, "scap.n_drops_perc",
			   met == 0 ? 0 : one_decimal(100.0 * (double)gone / (double)met));
	}
	s->seen = seen;
	s->lost = drops;
}

/* Of a stage that does not answer nothing is said, and the last that it said remembered. */
static void put_rates(struct snapshot *s, const struct metrics_view *v, struct alert_frame *a)
{
	bool is_second = s->at_ns != 0 && v->now_ns > s->at_ns;
	double seconds = is_second ? (double)(v->now_ns - s->at_ns) / 1e9 : 0;

	if (v->stage[STAGE_EVALUATOR] != NULL)
		put_evaluated(s, v, seconds, a);
	if (v->stage[STAGE_COLLECTOR] != NULL)
		put_seen(s, v, seconds, a);
	s->at_ns = v->now_ns;
}

void snapshot_make(struct snapshot *s, const struct metrics_view *v, struct arena *arena,
		   struct alert_frame *a)
{
	struct fields_out o = { .out = { .take = take }, .s = s, .arena = arena, .a = a };

	own_alert_begin(a, RULE, PRIORITY_INFORMATIONAL, v->now_ns, span_str(MESSAGE));
	for (unsigned i = 0; i < metrics_count(); i++) {
		const struct metric *m = metrics_at(i);

		if (m->field[0] != '\0' && (s->groups >> m->group & 1) != 0)
			metric_walk(m, v, &o.out);
	}
	put_uint(a, "evt.time", v->now_ns);
	put(a, span_str("evt.source"),
	    (struct alert_value){ .kind = ALERT_STRING, .s = span_str("syscall") });
	put_rates(s, v, a);
}
