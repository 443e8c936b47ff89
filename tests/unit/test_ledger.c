/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger: closes where all is accounted for, and opens for one event that is not.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>

#include "ledger.h"

/* A pipeline at rest, after a restart of enricher and evaluator. */
static struct ledger_reading at_rest(void)
{
	static const struct loss losses[] = {
		{ .cause = GAP_KERNEL_BUFFER, .cpu = 0, .code = 5, .count = 20 },
		{ .cause = GAP_KERNEL_BUFFER, .cpu = 1, .code = 5, .count = 30 },
		{ .cause = GAP_RESTART, .cpu = LOSS_ANY_CPU, .code = LOSS_ANY_CODE, .count = 3 },
		{ .cause = GAP_RING, .cpu = 0, .code = 5, .count = 20 },
		{ .cause = GAP_NOT_MADE, .cpu = 0, .code = 5, .count = 4 },
		{ .cause = GAP_PASSED_OVER, .cpu = LOSS_ANY_CPU, .code = 5, .count = 2 },
	};
	struct ledger_reading r = { 0 };
	uint64_t *c = r.stage[STAGE_COLLECTOR].counts.v, *en = r.stage[STAGE_ENRICHER].counts.v;
	uint64_t *ev = r.stage[STAGE_EVALUATOR].counts.v, *em = r.stage[STAGE_EMITTER].counts.v;
	static const char *const in[] = { NULL, NULL, "raw", "enriched", "alerts", "tap" };
	static const char *const out[] = { NULL, "raw", "enriched", "alerts", NULL, NULL };

	for (unsigned i = 0; i < ARRAY_LEN(losses); i++)
		losses_add(&r.stage[STAGE_COLLECTOR].losses, &losses[i]);
	c[COLLECTOR_SEEN] = 1006;
	c[COLLECTOR_LOST_NOT_MADE] = 4;
	c[COLLECTOR_LOST_PASSED_OVER] = 2;
	c[COLLECTOR_LOST_KERNEL] = 50;
	c[COLLECTOR_LOST_RESTART] = 3;
	c[COLLECTOR_TAKEN] = 947;
	c[COLLECTOR_LOST_RING] = 20;
	c[COLLECTOR_REFUSED] = 1;
	c[COLLECTOR_FILTERED] = 6;
	c[COLLECTOR_OUT] = 920;
	c[COLLECTOR_TAPPED] = r.stage[STAGE_RECORDER].counts.v[RECORDER_IN] = 700;
	en[ENRICHER_IN] = 920;
	en[ENRICHER_FOLDED] = 100;
	en[ENRICHER_REFUSED] = 2;
	en[ENRICHER_OUT] = 818;
	ev[EVALUATOR_IN] = 830;
	ev[EVALUATOR_DOUBLES] = 12;
	ev[EVALUATOR_EVALUATED] = 817;
	ev[EVALUATOR_REFUSED] = 1;
	ev[EVALUATOR_OUT] = 40;
	em[EMITTER_IN] = 44;
	em[EMITTER_DOUBLES] = 4;
	em[EMITTER_OUT] = 37;
	em[EMITTER_FAILED] = 1;
	em[EMITTER_HELD] = 1;
	em[EMITTER_REPEATED] = 2;
	em[EMITTER_MADE] = 1;
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		struct stage_status *s = &r.stage[id];

		r.there[id] = true;
		s->stage = (enum stage_id)id;
		for (unsigned k = 0; k < 2; k++) {
			const char *name = k == 0 ? in[id] : out[id];

			if (name == NULL)
				continue;
			s->rings[s->nrings] = (struct ring_status){ .capacity = 65536 };
			strncpy(s->rings[s->nrings++].name, name, 15);
		}
	}
	return r;
}

static struct ledger_sum sums[LEDGER_SUMS];

static bool balanced(const struct ledger_reading *r, enum ledger_pace pace, const char *name)
{
	unsigned n = ledger_sums(r, pace, sums);

	for (unsigned i = 0; i < n; i++)
		if (strcmp(sums[i].name, name) == 0)
			return sums[i].balanced;
	cr_fatal("no sum %s", name);
	return false;
}

Test(ledger, a_pipeline_at_rest_balances)
{
	struct ledger_reading r = at_rest();

	cr_assert(eq(uint, ledger_sums(&r, LEDGER_QUIET, sums), LEDGER_JOINTS));
	for (unsigned i = 0; i < LEDGER_JOINTS; i++)
		cr_assert(sums[i].balanced, "%s", sums[i].name);
}

Test(ledger, the_first_term_is_the_sum_of_the_others)
{
	struct ledger_reading r = at_rest();

	ledger_sums(&r, LEDGER_QUIET, sums);
	for (unsigned i = 0; i < 3; i++) { /* kernel, collector, losses */
		int64_t rest = sums[i].term[0].value;

		for (unsigned t = 1; t < sums[i].nterms; t++)
			rest -= sums[i].term[t].value;
		cr_assert(eq(i64, rest, 0), "%s", sums[i].name);
	}
}

Test(ledger, one_event_too_few_opens_the_sum)
{
	static const struct {
		enum stage_id stage;
		unsigned word;
		int change;
		const char *sum;
	} cases[] = {
		{ STAGE_COLLECTOR, COLLECTOR_TAKEN, -1, "kernel" },
		{ STAGE_COLLECTOR, COLLECTOR_TAKEN, +1, "kernel" },
		{ STAGE_COLLECTOR, COLLECTOR_OUT, -1, "collector" },
		{ STAGE_COLLECTOR, COLLECTOR_LOST_RING, +1, "collector" },
		{ STAGE_COLLECTOR, COLLECTOR_LOST_KERNEL, +1, "losses" },
		{ STAGE_COLLECTOR, COLLECTOR_LOST_NOT_MADE, -1, "losses" },
		{ STAGE_COLLECTOR, COLLECTOR_LOST_PASSED_OVER, -1, "losses" },
		{ STAGE_COLLECTOR, COLLECTOR_LOST_RESTART, +1, "losses" },
		{ STAGE_COLLECTOR, COLLECTOR_LOST_RING, -1, "losses" },
		{ STAGE_ENRICHER, ENRICHER_IN, -1, "raw" },
		{ STAGE_ENRICHER, ENRICHER_IN, +1, "raw" },
		{ STAGE_ENRICHER, ENRICHER_OUT, +1, "enricher" },
		{ STAGE_EVALUATOR, EVALUATOR_DOUBLES, +1, "enriched" },
		{ STAGE_EVALUATOR, EVALUATOR_IN, +1, "enriched" },
		{ STAGE_EVALUATOR, EVALUATOR_EVALUATED, -1, "evaluator" },
		{ STAGE_EVALUATOR, EVALUATOR_OUT, +1, "alerts" },
		{ STAGE_EMITTER, EMITTER_OUT, +2, "emitter" },
		{ STAGE_EMITTER, EMITTER_OUT, -2, "emitter" },
		{ STAGE_RECORDER, RECORDER_IN, +1, "tap" },
		{ STAGE_COLLECTOR, COLLECTOR_TAPPED, +1, "tap" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ledger_reading r = at_rest();
		uint64_t *word = &r.stage[cases[i].stage].counts.v[cases[i].word];

		*word = (uint64_t)((int64_t)*word + cases[i].change);
		cr_assert_not(balanced(&r, LEDGER_QUIET, cases[i].sum), "case %zu", i);
	}
}

Test(ledger, what_flows_may_be_in_a_ring_but_never_less_than_nothing)
{
	struct ledger_reading r = at_rest();

	r.stage[STAGE_COLLECTOR].counts.v[COLLECTOR_OUT] += 100;
	cr_assert(balanced(&r, LEDGER_FLOWING, "raw"));
	cr_assert_not(balanced(&r, LEDGER_QUIET, "raw"));
	r.stage[STAGE_COLLECTOR].counts.v[COLLECTOR_OUT] -= 101;
	cr_assert_not(balanced(&r, LEDGER_FLOWING, "raw"));
}

Test(ledger, what_waits_at_rest_must_fit_what_the_ring_holds)
{
	struct ledger_reading r = at_rest();

	r.stage[STAGE_COLLECTOR].counts.v[COLLECTOR_OUT] += 100;
	r.stage[STAGE_COLLECTOR].rings[0].used = 100 * 128;
	r.stage[STAGE_ENRICHER].rings[0].used = 100 * 128;
	cr_assert(balanced(&r, LEDGER_QUIET, "raw"));
	r.stage[STAGE_COLLECTOR].rings[0].used = 99 * RING_FRAME_HEADER;
	cr_assert_not(balanced(&r, LEDGER_QUIET, "raw"));
}

Test(ledger, no_ring_holds_more_than_fits)
{
	struct ledger_reading r = at_rest();

	r.stage[STAGE_ENRICHER].counts.v[ENRICHER_OUT] += 65536 / RING_FRAME_HEADER;
	cr_assert(balanced(&r, LEDGER_FLOWING, "enriched"));
	r.stage[STAGE_ENRICHER].counts.v[ENRICHER_OUT]++;
	cr_assert_not(balanced(&r, LEDGER_FLOWING, "enriched"));
}

Test(ledger, a_new_ring_and_the_old_one_that_is_drained_both_count)
{
	struct ledger_reading r = at_rest();

	r.stage[STAGE_ENRICHER].counts.v[ENRICHER_OUT] += 2 * 65536 / RING_FRAME_HEADER;
	r.stage[STAGE_ENRICHER].rings[1].generation = 2;
	r.stage[STAGE_EVALUATOR].rings[0].generation = 1;
	cr_assert(balanced(&r, LEDGER_FLOWING, "enriched"));
}

Test(ledger, a_stage_that_waits_for_room_holds_one_event_and_no_more)
{
	struct ledger_reading r = at_rest();

	r.stage[STAGE_ENRICHER].counts.v[ENRICHER_OUT]--;
	cr_assert_not(balanced(&r, LEDGER_FLOWING, "enricher"));
	r.stage[STAGE_ENRICHER].mid_event = true;
	cr_assert(balanced(&r, LEDGER_FLOWING, "enricher"));
	r.stage[STAGE_ENRICHER].counts.v[ENRICHER_OUT]--;
	cr_assert_not(balanced(&r, LEDGER_FLOWING, "enricher"));
}

Test(ledger, sums_of_a_stage_that_is_away_are_left_out)
{
	struct ledger_reading r = at_rest();

	r.there[STAGE_EVALUATOR] = false;
	cr_assert(eq(uint, ledger_sums(&r, LEDGER_FLOWING, sums), 7));
	for (unsigned i = 0; i < 7; i++)
		cr_assert_not(strcmp(sums[i].name, "evaluator") == 0 ||
			      strcmp(sums[i].name, "enriched") == 0 ||
			      strcmp(sums[i].name, "alerts") == 0);
}

Test(ledger, each_output_has_a_sum)
{
	struct ledger_reading r = at_rest();
	unsigned n;

	r.stage[STAGE_EMITTER].noutputs = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct output_status *o = &r.stage[STAGE_EMITTER].outputs[i];

		*o = (struct output_status){ .journalled = 15,
					     .delivered = 1,
					     .filtered = 2,
					     .pending = 3,
					     .lost = 4,
					     .refused = 5 };
		snprintf(o->name, sizeof(o->name), "out-%u", i);
	}
	r.stage[STAGE_EMITTER].outputs[1].lost--;
	n = ledger_sums(&r, LEDGER_QUIET, sums);
	cr_assert(eq(uint, n, LEDGER_JOINTS + 2));
	cr_assert_str_eq(sums[n - 2].name, "out-0");
	cr_assert(sums[n - 2].balanced);
	cr_assert_not(sums[n - 1].balanced);
	r.there[STAGE_EMITTER] = false;
	n = ledger_sums(&r, LEDGER_QUIET, sums);
	for (unsigned i = 0; i < n; i++)
		cr_assert(strncmp(sums[i].name, "out", 3) != 0);
}

Test(ledger, where_there_is_no_recorder_there_is_no_sum_of_it)
{
	struct ledger_reading r = at_rest();

	r.there[STAGE_RECORDER] = false;
	cr_assert(eq(uint, ledger_sums(&r, LEDGER_QUIET, sums), LEDGER_JOINTS - 1));
}

Test(ledger, readings_are_alike_when_the_counters_are)
{
	struct ledger_reading a = at_rest(), b = at_rest();

	b.stage[STAGE_EMITTER].uptime_ns = 5;
	cr_assert(ledger_same(&a, &b));
	b.stage[STAGE_EMITTER].counts.v[EMITTER_IN]++;
	cr_assert_not(ledger_same(&a, &b));
	b = a;
	b.there[STAGE_EMITTER] = false;
	cr_assert_not(ledger_same(&a, &b));
}
