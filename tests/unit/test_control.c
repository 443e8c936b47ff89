/* SPDX-License-Identifier: Apache-2.0
 *
 * Control messages: what is encoded is decoded, and nothing else is.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <msgpack.h>

#include "control.h"

static uint8_t buf[CONTROL_MAX_MESSAGE];

static struct control_answer full_answer(void)
{
	struct control_answer a = { .result = -EBUSY, .text = "not now", .has_status = true };

	a.status = (struct stage_status){
		.stage = STAGE_ENRICHER,
		.pid = 4711,
		.uptime_ns = 1ull << 40,
		.nrings = 2,
		.rings = { { "raw", 1 << 20, 77, 5, 99, true, 3 },
			   { "enriched", 1 << 21, 0, 0, 100, false, 0 } },
		.detail = "all is well",
		.mid_event = true,
		.ngaps = 2,
		.gaps = { { "exit_other", "refused", { 1, [7] = 1ull << 63 }, { 1 }, true, false },
			  { "exit_open", "too", { [2] = 5 }, { 0 }, false, true } },
	};
	for (unsigned i = 0; i < RING_COUNTS; i++)
		a.status.counts.v[i] = i * 0x0101010101010101u;
	a.status.noutputs = 2;
	a.status.outputs[1] = (struct output_status){
		.name = "http-2",
		.kind = "http_output",
		.last_error = "nobody is there",
		.state = OUTPUT_STATE_RETRYING,
		.journalled = 21,
		.delivered = 1,
		.filtered = 2,
		.pending = 3,
		.lost = 7,
		.refused = 8,
		.retries = 6,
		.last_delivery_ns = 9,
		.latency = { .count = { [0] = 1, [HISTOGRAM_BOUNDS] = 10 }, .sum_ns = 11 },
		.heartbeat = { HEARTBEAT_MISSING, 12, 13, 14 },
	};
	a.status.heartbeat = (struct heartbeat_status){ HEARTBEAT_OK, 15, 16, 17 };
	a.status.spool = (struct spool_status){ .is_used = true,
						.why = "full",
						.records = 1,
						.bytes = 2,
						.segments = 3,
						.dropped = 4,
						.damaged = 5 };
	a.status.nsources = 1;
	a.status.sources[0] = (struct source_status){
		"docker", "/run/docker.sock", "why", SOURCE_CONNECTED, 1, 2, 3, 4, 5, 6,
	};
	for (unsigned i = 0; i < STAGE_GAUGES; i++)
		a.status.gauges.v[i] = 1000 + i;
	histogram_add(&a.status.latency, 15000);
	histogram_add(&a.status.latency, UINT64_C(11000000000));
	a.status.usage = (struct stage_usage){ 11, 12, 13, 14 };
	a.page = span_str("{}\n");
	a.next = 17;
	a.nsupervised = 2;
	a.supervised[0] = (struct supervised){ STAGE_COLLECTOR, SUPERVISED_RUNNING, 12, 3 };
	a.supervised[1] = (struct supervised){ STAGE_EMITTER, SUPERVISED_WAITING, 0, 9 };
	return a;
}

Test(control, a_request_comes_back)
{
	struct control_request in = { CONTROL_LOG_LEVEL, "debug" }, out;
	ssize_t n = control_encode_request(buf, sizeof(buf), &in);

	cr_assert(lt(long, 0, (long)n));
	cr_assert(eq(int, control_decode_request(span_of(buf, (size_t)n), &out), 0));
	cr_assert(eq(int, (int)out.kind, CONTROL_LOG_LEVEL));
	cr_assert_str_eq(out.argument, "debug");
}

Test(control, an_answer_comes_back)
{
	struct control_answer in = full_answer(), out;
	ssize_t n = control_encode_answer(buf, sizeof(buf), &in);

	cr_assert(lt(long, 0, (long)n));
	cr_assert(eq(int, control_decode_answer(span_of(buf, (size_t)n), &out), 0));
	cr_assert(eq(int, out.result, -EBUSY));
	cr_assert_str_eq(out.text, "not now");
	cr_assert(out.has_status);
	cr_assert_eq(
		memcmp(&out.status.heartbeat, &in.status.heartbeat, sizeof(out.status.heartbeat)),
		0);
	cr_assert(eq(u32, out.status.noutputs, 2));
	cr_assert_eq(memcmp(&out.status.outputs, &in.status.outputs, sizeof(out.status.outputs)),
		     0);
	cr_assert_eq(memcmp(&out.status.spool, &in.status.spool, sizeof(out.status.spool)), 0);
	cr_assert(eq(u32, out.status.nsources, 1));
	cr_assert_eq(memcmp(&out.status.sources[0], &in.status.sources[0],
			    sizeof(out.status.sources[0])),
		     0);
	cr_assert_eq(memcmp(&out.status.gauges, &in.status.gauges, sizeof(in.status.gauges)), 0);
	cr_assert_eq(memcmp(&out.status.latency, &in.status.latency, sizeof(in.status.latency)), 0);
	cr_assert_eq(memcmp(&out.status.usage, &in.status.usage, sizeof(in.status.usage)), 0);
	cr_assert(span_is(out.page, "{}\n"));
	cr_assert(eq(u64, out.next, 17));
	cr_assert(eq(int, (int)out.status.stage, STAGE_ENRICHER));
	cr_assert(eq(i64, out.status.pid, 4711));
	cr_assert(eq(int, memcmp(&out.status.counts, &in.status.counts, sizeof(in.status.counts)),
		     0));
	cr_assert(eq(uint, out.status.nrings, 2));
	cr_assert_str_eq(out.status.rings[1].name, "enriched");
	cr_assert(eq(u64, out.status.rings[0].used, 77));
	cr_assert(out.status.rings[0].attached);
	cr_assert(eq(u64, out.status.rings[0].refused, 3));
	cr_assert_str_eq(out.status.detail, "all is well");
	cr_assert(out.status.mid_event);
	cr_assert(eq(uint, out.status.ngaps, 2));
	for (unsigned i = 0; i < 2; i++) {
		const struct coverage_gap *a = &in.status.gaps[i], *b = &out.status.gaps[i];

		cr_assert_str_eq(b->program, a->program);
		cr_assert_str_eq(b->reason, a->reason);
		cr_assert(eq(int, memcmp(b->events, a->events, sizeof(a->events)), 0));
		cr_assert(eq(int, memcmp(b->wanted, a->wanted, sizeof(a->wanted)), 0));
		cr_assert(eq(int, b->of_state, a->of_state));
		cr_assert(eq(int, b->of_ring, a->of_ring));
	}
	cr_assert(eq(uint, out.nsupervised, 2));
	cr_assert(eq(int, (int)out.supervised[1].state, SUPERVISED_WAITING));
	cr_assert(eq(u64, out.supervised[1].restarts, 9));
}

Test(control, an_answer_without_a_status_comes_back)
{
	struct control_answer in = { .text = "yes" }, out;
	ssize_t n;

	in.nsupervised = 1;
	in.supervised[0] = (struct supervised){ STAGE_COLLECTOR, SUPERVISED_STARTING, 1, 0 };
	n = control_encode_answer(buf, sizeof(buf), &in);
	cr_assert(eq(int, control_decode_answer(span_of(buf, (size_t)n), &out), 0));
	cr_assert_not(out.has_status);
	cr_assert(eq(uint, out.nsupervised, 1));
}

Test(control, any_msgpack_library_can_read_it)
{
	struct control_answer in = full_answer();
	ssize_t n = control_encode_answer(buf, sizeof(buf), &in);
	msgpack_unpacked u;
	size_t off = 0;

	msgpack_unpacked_init(&u);
	cr_assert(eq(int, (int)msgpack_unpack_next(&u, (char *)buf, (size_t)n, &off),
		     MSGPACK_UNPACK_SUCCESS));
	cr_assert(eq(sz, off, (size_t)n));
	cr_assert(eq(int, (int)u.data.type, MSGPACK_OBJECT_ARRAY));
	cr_assert(eq(u32, u.data.via.array.size, 7));
	cr_assert(eq(i64, u.data.via.array.ptr[1].via.i64, -EBUSY));
	cr_assert(eq(u64, u.data.via.array.ptr[3].via.array.ptr[1].via.u64, 4711));
	msgpack_unpacked_destroy(&u);
}

Test(control, bytes_of_another_maker_are_read)
{
	/* [1, 1, bin ""], [1, 2, nil], and one with an element that we do not know. */
	static const uint8_t status[] = { 0x93, 1, 1, 0xc4, 0 };
	static const uint8_t stop[] = { 0x93, 1, 0xcd, 0, 2, 0xc0 };
	static const uint8_t longer[] = { 0x94, 1, 1, 0xc0, 0x91, 0xc3 };
	struct control_request r;

	cr_assert(eq(int, control_decode_request(span_of(status, sizeof(status)), &r), 0));
	cr_assert(eq(int, (int)r.kind, CONTROL_STATUS));
	cr_assert(eq(int, control_decode_request(span_of(stop, sizeof(stop)), &r), 0));
	cr_assert(eq(int, (int)r.kind, CONTROL_STOP));
	cr_assert(eq(int, control_decode_request(span_of(longer, sizeof(longer)), &r), 0));
}

Test(control, every_prefix_of_a_good_message_is_refused)
{
	struct control_request req = { CONTROL_RESTART, "enricher" }, rout;
	struct control_answer a = full_answer(), aout;
	ssize_t n = control_encode_request(buf, sizeof(buf), &req);

	for (ssize_t i = 0; i < n; i++)
		cr_assert(lt(int, control_decode_request(span_of(buf, (size_t)i), &rout), 0));
	n = control_encode_answer(buf, sizeof(buf), &a);
	for (ssize_t i = 0; i < n; i++)
		cr_assert(lt(int, control_decode_answer(span_of(buf, (size_t)i), &aout), 0));
}

Test(control, what_makes_no_sense_is_refused)
{
	static const struct {
		uint8_t bytes[16];
		size_t n;
		int err;
	} cases[] = {
		{ { 0x93, 2, 1, 0xc4, 0 }, 5, -EPROTONOSUPPORT },
		{ { 0x93, 1, 0, 0xc4, 0 }, 5, -EOPNOTSUPP },
		{ { 0x93, 1, 99, 0xc4, 0 }, 5, -EOPNOTSUPP },
		{ { 0x93, 1, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc4, 0 },
		  13,
		  -EOPNOTSUPP },
		{ { 0x93, 1, 1, 0xc4, 1, 0 }, 6, -EPROTO }, /* a NUL in a text */
		{ { 0x93, 1, 1, 0xc4, 0, 0 }, 6, -EPROTO }, /* a byte behind the end */
		{ { 0xdd, 0xff, 0xff, 0xff, 0xff, 1, 1 }, 7, -EPROTO },
		{ { 0x80 }, 1, -EPROTO },
		{ { 0xc0 }, 1, -EPROTO },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct control_request r;

		cr_expect(eq(int, control_decode_request(span_of(cases[i].bytes, cases[i].n), &r),
			     cases[i].err),
			  "case %zu", i);
	}
}

Test(control, an_answer_of_a_stage_that_is_none_is_refused)
{
	struct control_answer a = full_answer(), out;
	ssize_t n;

	a.status.stage = STAGE_COUNT;
	n = control_encode_answer(buf, sizeof(buf), &a);
	cr_assert(eq(int, control_decode_answer(span_of(buf, (size_t)n), &out), -EPROTO));
	a = full_answer();
	a.supervised[0].state = SUPERVISED_STATE_COUNT;
	n = control_encode_answer(buf, sizeof(buf), &a);
	cr_assert(eq(int, control_decode_answer(span_of(buf, (size_t)n), &out), -EPROTO));
	a = full_answer();
	a.result = 5;
	n = control_encode_answer(buf, sizeof(buf), &a);
	cr_assert(eq(int, control_decode_answer(span_of(buf, (size_t)n), &out), -EPROTO));
}

Test(control, texts_without_an_end_stay_within_their_room)
{
	struct control_request r = { .kind = CONTROL_STATUS };
	ssize_t n;

	memset(r.argument, 'x', sizeof(r.argument));
	n = control_encode_request(buf, sizeof(buf), &r);
	cr_assert(lt(long, 0, (long)n));
	cr_assert(eq(int, control_decode_request(span_of(buf, (size_t)n), &r), -EPROTO));
}

Test(control, what_does_not_fit_is_said)
{
	struct control_answer a = full_answer();

	cr_assert(eq(long, (long)control_encode_answer(buf, 100, &a), -ENOSPC));
}

Test(control, only_status_is_for_any)
{
	cr_assert(eq(int, (int)control_permission(CONTROL_STATUS), CONTROL_WHO_ANY));
	cr_assert(eq(int, (int)control_permission(CONTROL_STOP), CONTROL_WHO_ROOT));
	cr_assert(eq(int, (int)control_permission(CONTROL_RELOAD), CONTROL_WHO_ROOT));
	cr_assert(eq(int, (int)control_permission(CONTROL_LOG_LEVEL), CONTROL_WHO_ROOT));
	cr_assert(eq(int, (int)control_permission(CONTROL_RESTART), CONTROL_WHO_ROOT));
	cr_assert(eq(int, (int)control_permission(CONTROL_NONE), CONTROL_WHO_NOBODY));
	cr_assert(eq(int, (int)control_permission((enum control_kind)77), CONTROL_WHO_NOBODY));
}

Test(control, counters_have_their_names_in_the_order_of_their_words)
{
	unsigned n;
	const struct counter_info *rows = counter_rows(STAGE_COLLECTOR, &n);

	cr_assert(eq(uint, n, COLLECTOR_COUNTERS));
	cr_assert_str_eq(rows[COLLECTOR_SEEN].name, "seen");
	cr_assert_str_eq(rows[COLLECTOR_LOST_RING].name, "lost_ring");
	rows = counter_rows(STAGE_EMITTER, &n);
	cr_assert(eq(uint, n, EMITTER_COUNTERS));
	cr_assert_str_eq(rows[EMITTER_FILE_FAILED].name, "file_failed");
	cr_assert(eq(int, (int)stage_of_name("evaluator"), STAGE_EVALUATOR));
	cr_assert(eq(int, (int)stage_of_name("?"), STAGE_NONE));
	cr_assert_str_eq(stage_name(STAGE_COUNT), "?");
}
