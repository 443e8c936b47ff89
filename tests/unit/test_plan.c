/* SPDX-License-Identifier: Apache-2.0
 *
 * The restart policy, on a clock that the test turns.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "log.h"
#include "plan.h"

static const struct plan_end killed = { PLAN_END_SIGNAL, 9 };

static struct mono at_ms(uint64_t ms)
{
	return (struct mono){ NS_PER_SEC + ms * NS_PER_MSEC };
}

static uint64_t delay_ms(struct plan_decision d, struct mono now)
{
	return mono_since(now, d.at) / NS_PER_MSEC;
}

Test(plan, readers_start_before_their_writers)
{
	enum stage_id want[] = { STAGE_EMITTER, STAGE_EVALUATOR, STAGE_ENRICHER, STAGE_COLLECTOR };

	for (unsigned i = 0; i < PLAN_STAGES; i++)
		cr_assert(eq(int, (int)plan_stage(i)->id, (int)want[i]));
	cr_assert(eq(int, (int)plan_stage(PLAN_STAGES)->id, (int)STAGE_RECORDER));
	cr_assert_null(plan_stage(PLAN_PROCESSES));
}

Test(plan, only_the_emitter_has_the_standard_output)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		cr_assert(eq(int, plan_stage(i)->out == PLAN_STDOUT_PASSED_ON,
			     plan_stage(i)->id == STAGE_EMITTER));
}

Test(plan, a_stage_that_dies_again_and_again_waits_twice_as_long_each_time)
{
	static const uint64_t want[] = { 10, 20, 40, 80, 160, 320, 640, 1280, 2560 };
	struct plan_life life = { 0 };
	struct mono now = at_ms(0);

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct plan_decision d;

		plan_started(&life, now);
		d = plan_ended(&life, killed, PLAN_MAX_DEATHS, now);
		cr_assert(eq(int, (int)d.verdict, PLAN_START_AGAIN));
		cr_assert(eq(u64, delay_ms(d, now), want[i]));
		now = d.at;
	}
}

Test(plan, the_tenth_death_within_a_minute_ends_all)
{
	struct plan_life life = { 0 };
	struct plan_decision d = { 0 };
	struct mono now = at_ms(0);

	for (unsigned i = 0; i < PLAN_MAX_DEATHS; i++) {
		plan_started(&life, now);
		cr_assert(eq(int, (int)d.verdict, i == 0 ? PLAN_NONE : PLAN_START_AGAIN));
		d = plan_ended(&life, killed, PLAN_MAX_DEATHS, now);
		now = mono_after(now, 5 * NS_PER_SEC);
	}
	cr_assert(eq(int, (int)d.verdict, PLAN_END_ALL));
	cr_assert(eq(int, d.code, EXIT_STAGE));
}

Test(plan, ten_deaths_in_more_than_a_minute_are_lived_with)
{
	struct plan_life life = { 0 };
	struct mono now = at_ms(0);

	for (unsigned i = 0; i < 100; i++) {
		plan_started(&life, now);
		cr_assert(eq(int, (int)plan_ended(&life, killed, PLAN_MAX_DEATHS, now).verdict,
			     PLAN_START_AGAIN));
		now = mono_after(now, 7 * NS_PER_SEC);
	}
}

Test(plan, a_good_life_makes_the_next_wait_short_again)
{
	struct plan_life life = { 0 };
	struct mono now = at_ms(0);
	struct plan_decision d;

	for (unsigned i = 0; i < 5; i++) {
		plan_started(&life, now);
		d = plan_ended(&life, killed, PLAN_MAX_DEATHS, now);
		now = d.at;
	}
	plan_started(&life, now);
	now = mono_after(now, PLAN_GOOD_LIFE_NS);
	d = plan_ended(&life, killed, PLAN_MAX_DEATHS, now);
	cr_assert(eq(u64, delay_ms(d, now), 10));
}

Test(plan, a_stage_that_is_to_end_when_events_are_dropped_ends_all)
{
	struct plan_life life = { 0 };
	struct plan_end end = { .kind = PLAN_END_EXIT, .code = EXIT_DROPS };
	struct plan_decision d;

	plan_started(&life, at_ms(0));
	plan_started(&life, at_ms(10));
	d = plan_ended(&life, end, PLAN_MAX_DEATHS, at_ms(20));
	cr_assert(eq(int, (int)d.verdict, PLAN_END_ALL));
	cr_assert(eq(int, d.code, EXIT_INPUT));
}

Test(plan, the_wait_has_an_upper_bound)
{
	struct plan_life life = { 0 };
	struct mono now = at_ms(0);

	for (unsigned i = 0; i < 100; i++) {
		struct plan_decision d;

		plan_started(&life, now);
		now = mono_after(now, 7 * NS_PER_SEC);
		life.started = now;
		d = plan_ended(&life, killed, PLAN_MAX_DEATHS, now);
		cr_assert(le(u64, mono_since(now, d.at), PLAN_MOST_DELAY_NS));
	}
}

Test(plan, an_end_that_was_asked_for_is_no_death)
{
	struct plan_life life = { 0 };
	struct mono now = at_ms(0);

	for (unsigned i = 0; i < 50; i++) {
		struct plan_decision d;

		plan_started(&life, now);
		d = plan_ended(&life, (struct plan_end){ PLAN_END_ASKED, 0 }, PLAN_MAX_DEATHS, now);
		cr_assert(eq(int, (int)d.verdict, PLAN_START_AGAIN));
		cr_assert(eq(u64, delay_ms(d, now), 0));
	}
}

Test(plan, a_stage_is_believed_at_its_first_start_and_not_later)
{
	static const int codes[] = { EXIT_INPUT, EXIT_USAGE, EXIT_HOST };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct plan_end end = { PLAN_END_EXIT, codes[i] };
		struct plan_life life = { 0 };
		struct plan_decision d;

		plan_started(&life, at_ms(0));
		d = plan_ended(&life, end, PLAN_MAX_DEATHS, at_ms(5));
		cr_assert(eq(int, (int)d.verdict, PLAN_END_ALL));
		cr_assert(eq(int, d.code, codes[i]));

		plan_started(&life, at_ms(10));
		d = plan_ended(&life, end, PLAN_MAX_DEATHS, at_ms(20));
		cr_assert(eq(int, (int)d.verdict, PLAN_START_AGAIN));
	}
}

Test(plan, an_end_without_a_reason_is_a_death)
{
	struct plan_life life = { 0 };
	struct plan_decision d;

	plan_started(&life, at_ms(0));
	d = plan_ended(&life, (struct plan_end){ PLAN_END_EXIT, EXIT_OK }, PLAN_MAX_DEATHS,
		       at_ms(5));
	cr_assert(eq(int, (int)d.verdict, PLAN_START_AGAIN));
	cr_assert(eq(u64, delay_ms(d, at_ms(5)), 10));
}

/* ---- a replay ---- */

static struct plan_decision replay_ended(struct plan_life *life, enum stage_id id,
					 struct plan_end end, struct plan_reached reached)
{
	plan_started(life, at_ms(0));
	return plan_replay_ended(life, id, end, reached, at_ms(5));
}

Test(plan, in_a_replay_the_emitter_starts_again_alone_and_the_others_take_all_along)
{
	for (unsigned i = STAGE_COLLECTOR; i <= STAGE_EMITTER; i++) {
		struct plan_life life = { 0 };
		struct plan_decision d = replay_ended(&life, (enum stage_id)i, killed,
						      (struct plan_reached){ .ready = true });

		cr_assert(eq(int, (int)d.verdict,
			     i == STAGE_EMITTER ? PLAN_START_AGAIN : PLAN_START_OVER));
		cr_assert(eq(u64, delay_ms(d, at_ms(5)), 10));
	}
}

Test(plan, a_replays_stage_is_done_when_it_said_so_and_not_by_its_exit_code)
{
	static const struct plan_end clean = { PLAN_END_EXIT, EXIT_OK };
	struct plan_reached reached = { .ready = true };
	struct plan_life life = { 0 };
	struct plan_decision d = replay_ended(&life, STAGE_EVALUATOR, clean, reached);

	cr_assert(eq(int, (int)d.verdict, PLAN_START_OVER));
	reached.done = true;
	d = replay_ended(&life, STAGE_EVALUATOR, clean, reached);
	cr_assert(eq(int, (int)d.verdict, PLAN_DONE));
	cr_assert(eq(int, d.code, EXIT_OK));
	d = replay_ended(&life, STAGE_EVALUATOR, killed, reached);
	cr_assert(eq(int, (int)d.verdict, PLAN_DONE));
	cr_assert(eq(int, d.code, EXIT_OK));
}

Test(plan, a_capture_that_breaks_off_ends_the_replay_with_that_code)
{
	struct plan_reached reached = { .ready = true, .done = true };
	struct plan_life life = { 0 };
	struct plan_decision d = replay_ended(
		&life, STAGE_COLLECTOR, (struct plan_end){ PLAN_END_EXIT, EXIT_INPUT }, reached);

	cr_assert(eq(int, (int)d.verdict, PLAN_DONE));
	cr_assert(eq(int, d.code, EXIT_INPUT));
}

Test(plan, a_replays_stage_that_never_got_ready_is_believed_that_its_input_is_wrong)
{
	static const struct plan_end wrong = { PLAN_END_EXIT, EXIT_INPUT };
	struct plan_life life = { 0 };
	struct plan_decision d =
		replay_ended(&life, STAGE_EVALUATOR, wrong, (struct plan_reached){ 0 });

	cr_assert(eq(int, (int)d.verdict, PLAN_END_ALL));
	cr_assert(eq(int, d.code, EXIT_INPUT));
	d = replay_ended(&life, STAGE_EVALUATOR, wrong, (struct plan_reached){ .ready = true });
	cr_assert(eq(int, (int)d.verdict, PLAN_START_OVER));
}

Test(plan, when_all_alerts_are_out_no_death_matters)
{
	for (unsigned i = STAGE_COLLECTOR; i <= STAGE_EMITTER; i++) {
		struct plan_life life = { 0 };
		struct plan_reached reached = { .ready = true, .over = true };
		struct plan_decision d = replay_ended(&life, (enum stage_id)i, killed, reached);

		cr_assert(eq(int, (int)d.verdict, PLAN_DONE));
		cr_assert(eq(int, d.code, EXIT_OK));
	}
}

Test(plan, ten_deaths_end_a_replay_however_far_apart)
{
	struct plan_reached reached = { .ready = true };
	struct plan_life life = { 0 };
	struct plan_decision d = { 0 };
	struct mono now = at_ms(0);

	for (unsigned i = 0; i < PLAN_MAX_DEATHS; i++) {
		plan_started(&life, now);
		cr_assert(eq(int, (int)d.verdict, i == 0 ? PLAN_NONE : PLAN_START_OVER));
		d = plan_replay_ended(&life, STAGE_ENRICHER, killed, reached, now);
		now = mono_after(now, 3600 * NS_PER_SEC);
	}
	cr_assert(eq(int, (int)d.verdict, PLAN_END_ALL));
	cr_assert(eq(int, d.code, EXIT_STAGE));
}

Test(plan, in_a_replay_an_end_that_was_asked_for_starts_over_at_once)
{
	struct plan_life life = { 0 };
	struct plan_decision d =
		replay_ended(&life, STAGE_ENRICHER, (struct plan_end){ PLAN_END_ASKED, 0 },
			     (struct plan_reached){ .ready = true });

	cr_assert(eq(int, (int)d.verdict, PLAN_START_OVER));
	cr_assert(eq(u64, delay_ms(d, at_ms(5)), 0));
}
