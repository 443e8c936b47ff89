/* SPDX-License-Identifier: Apache-2.0
 *
 * Repeats are summed up, and nothing else is held back; so many alerts a second.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "aggregate.h"
#include "bucket.h"

#define WINDOW (10 * NS_PER_SEC)

static struct alert_frame frame;
static uint8_t payload[4096];
static size_t payload_length;

static char names[3][16] = { "proc.pid", "container.id", "fd.name" };
static const struct conf_list fields = { 3, { names[0], names[1], names[2] } };

/* An alert of RULE by PID about FILE, at TS. */
static void alert(const char *rule, uint64_t pid, const char *file, uint64_t ts_ns)
{
	struct alert_frame f = {
		.origin_generation = 1,
		.origin_seq = ts_ns,
		.priority = 3,
		.ts_ns = ts_ns,
		.rule = span_str(rule),
		.source = span_str("syscall"),
		.message = span_str("it happened"),
		.ntags = 1,
		.tags = { span_str("t") },
		.nfields = 3,
		.fields = { { span_str("proc.pid"), { .kind = ALERT_UINT, .u = pid } },
			    { span_str("fd.name"), { .kind = ALERT_STRING, .s = span_str(file) } },
			    { span_str("evt.num"), { .kind = ALERT_UINT, .u = ts_ns } } },
	};
	ssize_t n = wire_encode_alert(payload, sizeof(payload), &f);

	cr_assert(n > 0);
	payload_length = (size_t)n;
	cr_assert(eq(int, wire_decode_alert(span_of(payload, payload_length), &frame), 0));
}

static bool holds(struct aggregate *ag, uint64_t now)
{
	return aggregate_holds(ag, &frame, span_of(payload, payload_length), (struct mono){ now });
}

static bool text_is(const struct alert_frame *a, const char *text)
{
	if (!span_is(a->message, text))
		fprintf(stderr, "%.*s\n", (int)a->message.n, (const char *)a->message.p);
	return span_is(a->message, text);
}

Test(aggregate, repeats_become_one_alert)
{
	struct aggregate *ag = aggregate_new(&fields, WINDOW, 7);
	struct alert_frame sum;

	for (uint64_t i = 0; i < 5; i++) {
		alert("rule", 4, "/x", UINT64_C(1795462437000000000) + i);
		cr_assert(holds(ag, i) == (i > 0));
	}
	cr_assert_not(aggregate_next(ag, (struct mono){ WINDOW - 1 }, false, &sum));
	cr_assert(aggregate_next(ag, (struct mono){ WINDOW }, false, &sum));
	cr_assert(text_is(&sum,
			  "it happened (again 4 times, from 2026-11-23T19:33:57.000000001Z to "
			  "2026-11-23T19:33:57.000000004Z)"));
	cr_assert(span_is(sum.rule, "rule"));
	cr_assert(eq(u64, sum.origin_generation, 0));
	cr_assert(eq(u64, sum.ts_ns, UINT64_C(1795462437000000004)));
	cr_assert(eq(uint, sum.nfields, 6));
	cr_assert(span_is(sum.fields[3].name, "mews.repeats"));
	cr_assert(eq(u64, sum.fields[3].value.u, 4));
	cr_assert(eq(u64, sum.fields[4].value.u, UINT64_C(1795462437000000001)));
	cr_assert(eq(u64, sum.fields[5].value.u, UINT64_C(1795462437000000004)));
	cr_assert_not(aggregate_next(ag, (struct mono){ WINDOW }, false, &sum));

	/* It goes on: one summary in each window; after a quiet one the next passes at once. */
	alert("rule", 4, "/x", 99);
	cr_assert(holds(ag, WINDOW + 1));
	cr_assert(aggregate_next(ag, (struct mono){ 2 * WINDOW }, false, &sum));
	cr_assert(text_is(&sum, "it happened (again 1 time, at 1970-01-01T00:00:00.000000099Z)"));
	cr_assert_not(aggregate_next(ag, (struct mono){ 2 * WINDOW }, false, &sum));
	cr_assert_not(aggregate_next(ag, (struct mono){ 3 * WINDOW }, false, &sum));
	cr_assert_not(holds(ag, 3 * WINDOW));
	aggregate_free(ag);
}

Test(aggregate, what_differs_passes)
{
	struct aggregate *ag = aggregate_new(&fields, WINDOW, 7);

	alert("rule", 4, "/x", 1);
	cr_assert_not(holds(ag, 1));
	alert("other", 4, "/x", 2);
	cr_assert_not(holds(ag, 1));
	alert("rule", 5, "/x", 3);
	cr_assert_not(holds(ag, 1));
	alert("rule", 4, "/y", 4);
	cr_assert_not(holds(ag, 1));
	alert("rule", 4, "/x", 5);
	cr_assert(holds(ag, 1));
	aggregate_free(ag);
}

/* As many as there are: each passes once, none is lost, all are summed up in the end. */
Test(aggregate, it_is_bounded_and_counts_each)
{
	struct aggregate *ag = aggregate_new(&fields, WINDOW, 12345);
	struct alert_frame sum;
	uint64_t held = 0, passed = 0, summed = 0, now = 0;

	for (unsigned round = 0; round < 30; round++) {
		for (uint64_t pid = 0; pid < AGGREGATE_KEYS + 500; pid += 1 + round % 3) {
			alert("rule", pid * 977, "/x", pid);
			if (holds(ag, now))
				held++;
			else
				passed++;
		}
		now += WINDOW / 2 + round * NS_PER_SEC / 4;
		while (aggregate_next(ag, (struct mono){ now }, false, &sum))
			summed += sum.fields[3].value.u;
	}
	while (aggregate_next(ag, (struct mono){ now }, true, &sum))
		summed += sum.fields[3].value.u;
	cr_assert(eq(u64, summed, held));
	cr_assert(held > 10000 && passed > AGGREGATE_KEYS, "%zu %zu", (size_t)held, (size_t)passed);
	aggregate_free(ag);
}

Test(bucket, so_many_a_second)
{
	struct bucket b = bucket_full(10, 3, (struct mono){ 5 });
	unsigned n = 0;

	for (unsigned i = 0; i < 5; i++)
		n += bucket_take(&b, (struct mono){ 5 });
	cr_assert(eq(uint, n, 3));
	for (uint64_t t = 0; t < 10 * NS_PER_SEC; t += NS_PER_MSEC)
		n += bucket_take(&b, (struct mono){ 5 + t });
	cr_assert(n >= 102 && n <= 103, "%u", n);
	/* A quiet hour is no more than a burst; a clock that stands still gives nothing. */
	n = 0;
	for (unsigned i = 0; i < 10; i++)
		n += bucket_take(&b, (struct mono){ 3600 * NS_PER_SEC });
	cr_assert(eq(uint, n, 3));
	b = bucket_full(0, 0, (struct mono){ 0 });
	for (unsigned i = 0; i < 1000; i++)
		cr_assert(bucket_take(&b, (struct mono){ 0 }));
}
