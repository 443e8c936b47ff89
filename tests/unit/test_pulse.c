/* SPDX-License-Identifier: Apache-2.0
 *
 * Heartbeats that do not come are said once, and once that they are back.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "pulse.h"

#define PATIENCE (3 * NS_PER_SEC)

static struct pulse p;

static enum pulse_change look(uint64_t count, uint64_t second)
{
	return pulse_look(&p, count, PATIENCE, (struct mono){ second * NS_PER_SEC });
}

Test(pulse, while_they_come_there_is_nothing_to_say)
{
	for (uint64_t i = 0; i < 100; i++)
		cr_assert(eq(int, look(i, 100 + 3 * i), PULSE_NONE));
	cr_assert_not(p.missing);
}

Test(pulse, at_the_first_look_all_the_patience_is_left)
{
	cr_assert(eq(int, look(0, 1000), PULSE_NONE));
	cr_assert(eq(int, look(0, 1003), PULSE_NONE));
	cr_assert(eq(int, look(0, 1004), PULSE_STOPPED));
}

Test(pulse, one_that_stops_is_said_once_and_once_that_it_is_back)
{
	look(5, 10);
	cr_assert(eq(int, look(5, 13), PULSE_NONE));
	cr_assert(eq(int, look(5, 14), PULSE_STOPPED));
	cr_assert(eq(int, look(5, 100), PULSE_NONE));
	cr_assert(p.missing);
	cr_assert(eq(int, look(6, 101), PULSE_BACK));
	cr_assert(eq(int, look(6, 104), PULSE_NONE));
	cr_assert(eq(int, look(6, 105), PULSE_STOPPED));
}

Test(pulse, one_that_is_excused_has_all_its_patience_again_and_no_pulse)
{
	look(5, 10);
	pulse_excuse(&p, (struct mono){ 13 * NS_PER_SEC });
	cr_assert(eq(int, look(5, 16), PULSE_NONE));
	cr_assert(eq(int, look(5, 17), PULSE_STOPPED));
	pulse_excuse(&p, (struct mono){ 18 * NS_PER_SEC });
	cr_assert(eq(int, look(5, 18), PULSE_NONE));
	cr_assert(p.missing);
	cr_assert(eq(int, look(6, 19), PULSE_BACK));
}

Test(pulse, the_alert_names_the_output)
{
	static struct alert_frame a;
	char text[PULSE_TEXT];

	pulse_alert("kafka", 5 * NS_PER_SEC, 7, text, &a);
	cr_assert(span_is(a.rule, "Mews internal: heartbeat missing"));
	cr_assert(span_is(a.source, "internal"));
	cr_assert(span_is(
		a.message,
		"Mews internal: heartbeat missing. None came out of output kafka for 5 s."));
	cr_assert(eq(u8, a.priority, 2));
	cr_assert(eq(u64, a.origin_generation, 0));
	cr_assert(eq(u64, a.ts_ns, 7));
	cr_assert(eq(u16, a.nfields, 2));
	cr_assert(span_is(a.fields[0].value.s, "kafka"));
	cr_assert(eq(u64, a.fields[1].value.u, 5 * NS_PER_SEC));
	pulse_alert(NULL, 0, 8, text, &a);
	cr_assert(span_is(a.rule, "Mews internal: heartbeat back"));
	cr_assert(eq(u16, a.nfields, 0));
}
