/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger.c -- the sums of the pipeline, from the collector's kernel side to the
 * spool and from there to each output, and the one of what the recorder gets.
 */
#include "ledger.h"

/* A frame in a ring takes at least its header: what more than this many frames
 * would fill cannot be in a ring. */
#define LEAST_FRAME RING_FRAME_HEADER

struct summing {
	const struct ledger_reading *r;
	enum ledger_pace pace;
	struct ledger_sum *sum;
};

static void sum_begin(struct summing *s, struct ledger_sum *sum, const char *name)
{
	s->sum = sum;
	*sum = (struct ledger_sum){ .name = name };
}

static int64_t sum_term(struct summing *s, const char *name, int64_t value)
{
	s->sum->term[s->sum->nterms++] = (struct ledger_term){ name, value };
	return value;
}

static int64_t counter(const struct summing *s, enum stage_id stage, unsigned word)
{
	return (int64_t)s->r->stage[stage].counts.v[word];
}

static const struct ring_status *ring_of(const struct summing *s, enum stage_id stage,
					 const char *name)
{
	const struct stage_status *st = &s->r->stage[stage];

	for (unsigned i = 0; i < st->nrings && i < CONTROL_MAX_RINGS; i++)
		if (strcmp(st->rings[i].name, name) == 0)
			return &st->rings[i];
	return NULL;
}

/* What waits is the difference: not negative, not more than fits, and nothing
 * in an empty ring when all stands still. */
static void sum_ring(struct summing *s, const char *name, enum stage_id writer,
		     enum stage_id reader, int64_t waiting)
{
	const struct ring_status *w = ring_of(s, writer, name), *r = ring_of(s, reader, name);
	uint64_t capacity = w != NULL ? w->capacity : 0, used = w != NULL ? w->used : 0;

	/* A writer that was started again has a new ring while the old one is read. */
	if (r != NULL && (w == NULL || w->generation != r->generation)) {
		capacity += r->capacity;
		used += r->used;
	}
	sum_term(s, "in_ring", waiting);
	s->sum->balanced = waiting >= 0 && (uint64_t)waiting <= capacity / LEAST_FRAME;
	if (s->pace == LEDGER_QUIET && (uint64_t)waiting > used / LEAST_FRAME)
		s->sum->balanced = false;
}

/* A stage's own sum closes, but for the one event that it may hold in its hands. */
static void sum_stage(struct summing *s, enum stage_id stage, int64_t rest)
{
	bool mid_event = s->r->stage[stage].mid_event;

	if (mid_event)
		sum_term(s, "in_hand", rest);
	s->sum->balanced = rest == 0 || (mid_event && rest == 1);
}

#define C(word)	 counter(s, STAGE_COLLECTOR, COLLECTOR_##word)
#define EN(word) counter(s, STAGE_ENRICHER, ENRICHER_##word)
#define EV(word) counter(s, STAGE_EVALUATOR, EVALUATOR_##word)
#define EM(word) counter(s, STAGE_EMITTER, EMITTER_##word)

static void kernel(struct summing *s)
{
	int64_t rest = sum_term(s, "seen", C(SEEN));

	rest -= sum_term(s, "lost_kernel", C(LOST_KERNEL));
	rest -= sum_term(s, "lost_not_made", C(LOST_NOT_MADE));
	rest -= sum_term(s, "lost_passed_over", C(LOST_PASSED_OVER));
	rest -= sum_term(s, "lost_restart", C(LOST_RESTART));
	rest -= sum_term(s, "taken", C(TAKEN));
	sum_term(s, "in_kernel_buffer", rest);
	s->sum->balanced = rest >= 0 && (rest == 0 || s->pace == LEDGER_FLOWING);
}

static void collector(struct summing *s)
{
	int64_t rest = sum_term(s, "taken", C(TAKEN));

	rest -= sum_term(s, "out", C(OUT));
	rest -= sum_term(s, "lost_ring", C(LOST_RING));
	rest -= sum_term(s, "refused", C(REFUSED));
	rest -= sum_term(s, "filtered", C(FILTERED));
	sum_stage(s, STAGE_COLLECTOR, rest);
}

/* Each cell of the table of losses is counted by its cause. */
static void losses(struct summing *s)
{
	static const struct {
		enum gap_cause cause;
		unsigned counter;
	} rows[] = {
		{ GAP_KERNEL_BUFFER, COLLECTOR_LOST_KERNEL },
		{ GAP_NOT_MADE, COLLECTOR_LOST_NOT_MADE },
		{ GAP_PASSED_OVER, COLLECTOR_LOST_PASSED_OVER },
		{ GAP_RESTART, COLLECTOR_LOST_RESTART },
		{ GAP_RING, COLLECTOR_LOST_RING },
	};
	const struct losses *l = &s->r->stage[STAGE_COLLECTOR].losses;
	int64_t all = 0;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		all += counter(s, STAGE_COLLECTOR, rows[i].counter);
	sum_term(s, "lost", all);
	s->sum->balanced = true;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t cells = (int64_t)losses_sum(l, rows[i].cause);

		sum_term(s, loss_cause_name(rows[i].cause), cells);
		if (cells != counter(s, STAGE_COLLECTOR, rows[i].counter))
			s->sum->balanced = false;
	}
}

static void raw(struct summing *s)
{
	int64_t rest = sum_term(s, "collector_out", C(OUT));

	rest -= sum_term(s, "enricher_in", EN(IN));
	sum_ring(s, "raw", STAGE_COLLECTOR, STAGE_ENRICHER, rest);
}

static void enricher(struct summing *s)
{
	int64_t rest = sum_term(s, "in", EN(IN));

	rest -= sum_term(s, "out", EN(OUT));
	rest -= sum_term(s, "folded", EN(FOLDED));
	rest -= sum_term(s, "refused", EN(REFUSED));
	sum_stage(s, STAGE_ENRICHER, rest);
}

static void enriched(struct summing *s)
{
	int64_t rest = sum_term(s, "enricher_out", EN(OUT));

	rest -= sum_term(s, "evaluator_in", EV(IN));
	rest += sum_term(s, "evaluator_doubles", EV(DOUBLES));
	sum_ring(s, "enriched", STAGE_ENRICHER, STAGE_EVALUATOR, rest);
}

static void evaluator(struct summing *s)
{
	int64_t rest = sum_term(s, "in", EV(IN));

	rest -= sum_term(s, "evaluated", EV(EVALUATED));
	rest -= sum_term(s, "doubles", EV(DOUBLES));
	rest -= sum_term(s, "refused", EV(REFUSED));
	sum_stage(s, STAGE_EVALUATOR, rest);
}

static void alerts(struct summing *s)
{
	int64_t rest = sum_term(s, "evaluator_out", EV(OUT));

	rest -= sum_term(s, "emitter_in", EM(IN));
	rest += sum_term(s, "emitter_doubles", EM(DOUBLES));
	sum_ring(s, "alerts", STAGE_EVALUATOR, STAGE_EMITTER, rest);
}

/* Behind the spool each output has a sum of its own. */
static void emitter(struct summing *s)
{
	int64_t rest = sum_term(s, "in", EM(IN));

	rest -= sum_term(s, "out", EM(OUT));
	rest -= sum_term(s, "doubles", EM(DOUBLES));
	rest -= sum_term(s, "refused", EM(REFUSED));
	rest -= sum_term(s, "failed", EM(FAILED));
	rest -= sum_term(s, "held", EM(HELD));
	rest -= sum_term(s, "repeated", EM(REPEATED));
	rest -= sum_term(s, "made", -EM(MADE));
	sum_stage(s, STAGE_EMITTER, rest);
}

/* From the spool to one output: each record is somewhere. */
static void output(struct summing *s, const struct output_status *o)
{
	int64_t rest = sum_term(s, "journalled", (int64_t)o->journalled);

	rest -= sum_term(s, "delivered", (int64_t)o->delivered);
	rest -= sum_term(s, "filtered", (int64_t)o->filtered);
	rest -= sum_term(s, "pending", (int64_t)o->pending);
	rest -= sum_term(s, "lost", (int64_t)o->lost);
	rest -= sum_term(s, "refused", (int64_t)o->refused);
	s->sum->balanced = rest == 0;
}

static void tap(struct summing *s)
{
	int64_t rest = sum_term(s, "collector_tapped", C(TAPPED));

	rest -= sum_term(s, "recorder_in",
			 (int64_t)s->r->stage[STAGE_RECORDER].counts.v[RECORDER_IN]);
	sum_ring(s, "tap", STAGE_COLLECTOR, STAGE_RECORDER, rest);
}

static const struct {
	const char *name;
	enum stage_id stages[2]; /* that must be there */
	void (*make)(struct summing *s);
} sums[] = {
	{ "kernel", { STAGE_COLLECTOR, STAGE_COLLECTOR }, kernel },
	{ "collector", { STAGE_COLLECTOR, STAGE_COLLECTOR }, collector },
	{ "losses", { STAGE_COLLECTOR, STAGE_COLLECTOR }, losses },
	{ "raw", { STAGE_COLLECTOR, STAGE_ENRICHER }, raw },
	{ "enricher", { STAGE_ENRICHER, STAGE_ENRICHER }, enricher },
	{ "enriched", { STAGE_ENRICHER, STAGE_EVALUATOR }, enriched },
	{ "evaluator", { STAGE_EVALUATOR, STAGE_EVALUATOR }, evaluator },
	{ "alerts", { STAGE_EVALUATOR, STAGE_EMITTER }, alerts },
	{ "emitter", { STAGE_EMITTER, STAGE_EMITTER }, emitter },
	{ "tap", { STAGE_COLLECTOR, STAGE_RECORDER }, tap },
};

unsigned ledger_sums(const struct ledger_reading *r, enum ledger_pace pace,
		     struct ledger_sum ret[LEDGER_SUMS])
{
	struct summing s = { .r = r, .pace = pace };
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(sums); i++) {
		if (!r->there[sums[i].stages[0]] || !r->there[sums[i].stages[1]])
			continue;
		sum_begin(&s, &ret[n++], sums[i].name);
		sums[i].make(&s);
	}
	for (unsigned i = 0; i < r->stage[STAGE_EMITTER].noutputs && i < CONTROL_MAX_OUTPUTS &&
			     r->there[STAGE_EMITTER];
	     i++) {
		sum_begin(&s, &ret[n++], r->stage[STAGE_EMITTER].outputs[i].name);
		output(&s, &r->stage[STAGE_EMITTER].outputs[i]);
	}
	return n;
}

bool ledger_same(const struct ledger_reading *a, const struct ledger_reading *b)
{
	for (unsigned i = 0; i < STAGE_COUNT; i++) {
		if (a->there[i] != b->there[i])
			return false;
		if (a->there[i] && memcmp(&a->stage[i].counts, &b->stage[i].counts,
					  sizeof(a->stage[i].counts)) != 0)
			return false;
	}
	return true;
}
