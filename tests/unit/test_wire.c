/* SPDX-License-Identifier: Apache-2.0
 *
 * Every frame type: what msgpack-c sees in it, the bytes themselves, there and
 * back, and what is refused.  The rows are in support/wire_samples.c.
 */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <msgpack.h>

#include "support/wire_samples.h"

#define S(text) span_of(text, sizeof(text) - 1)

static uint8_t buf[WIRE_MAX_PAYLOAD];
static union any_frame frame, again;

/* Encode row ROW's sample into BUF. */
static struct span sample(const struct wire_sample *row)
{
	ssize_t n;

	row->fill(&frame);
	n = row->encode(buf, sizeof(buf), &frame);
	cr_assert(n > 0, "%s: %zd", row->name, n);
	return span_of(buf, (size_t)n);
}

Test(wire, every_frame_type_has_a_sample_and_a_name)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < wire_sample_count; i++)
		seen |= UINT64_C(1) << wire_samples[i].type;
	for (unsigned t = 0; t < FRAME_TYPE_COUNT; t++)
		cr_assert((strcmp(frame_type_name(t), "?") != 0) == (seen >> t & 1), "type %u", t);
	cr_assert_str_eq(frame_type_name(FRAME_ALERT), "ALERT");
	cr_assert_str_eq(frame_type_name(FRAME_TYPE_COUNT), "?");
}

Test(wire, msgpack_c_sees_what_was_meant)
{
	for (unsigned i = 0; i < wire_sample_count; i++) {
		struct span s = sample(&wire_samples[i]);
		msgpack_unpacked un;
		size_t off = 0;
		char text[4096];

		msgpack_unpacked_init(&un);
		cr_assert(msgpack_unpack_next(&un, (const char *)s.p, s.n, &off) ==
				  MSGPACK_UNPACK_SUCCESS,
			  "%s", wire_samples[i].name);
		cr_assert(off == s.n, "%s", wire_samples[i].name);
		msgpack_object_print_buffer(text, sizeof(text), un.data);
		cr_assert_str_eq(text, wire_samples[i].seen, "%s:\n%s\n%s", wire_samples[i].name,
				 text, wire_samples[i].seen);
		msgpack_unpacked_destroy(&un);
	}
}

Test(wire, what_is_decoded_encodes_to_the_same_bytes)
{
	static uint8_t second[WIRE_MAX_PAYLOAD];

	for (unsigned i = 0; i < wire_sample_count; i++) {
		const struct wire_sample *row = &wire_samples[i];
		struct span s = sample(row);

		cr_assert(row->decode(s, &again) == 0, "%s", row->name);
		cr_assert(row->encode(second, sizeof(second), &again) == (ssize_t)s.n, "%s",
			  row->name);
		cr_assert(memcmp(second, s.p, s.n) == 0, "%s", row->name);
	}
}

Test(wire, the_bound_bounds_and_less_room_is_refused)
{
	for (unsigned i = 0; i < wire_sample_count; i++) {
		const struct wire_sample *row = &wire_samples[i];
		struct span s = sample(row);
		uint8_t *tight;

		cr_assert(row->bound(&frame) >= s.n, "%s", row->name);
		cr_assert(row->bound(&frame) < s.n + 1024, "%s is bound too widely", row->name);
		for (size_t cap = 0; cap < s.n; cap++) {
			tight = malloc(cap + 1); /* the sanitizer watches its end */
			cr_assert(row->encode(tight + 1, cap, &frame) == -ENOSPC, "%s in %zu",
				  row->name, cap);
			free(tight);
		}
	}
}

/* In memory of just that size, so that a sanitizer sees a read behind the end. */
static int decode_exact(const struct wire_sample *row, struct span s)
{
	uint8_t *exact = malloc(s.n + 1);
	int err;

	cr_assert_not_null(exact);
	memcpy(exact + 1, s.p, s.n);
	err = row->decode(span_of(exact + 1, s.n), &again);
	free(exact);
	return err;
}

Test(wire, every_prefix_of_a_good_frame_is_refused)
{
	for (unsigned i = 0; i < wire_sample_count; i++) {
		struct span s = sample(&wire_samples[i]);

		for (size_t n = 0; n < s.n; n++)
			cr_assert(decode_exact(&wire_samples[i], span_of(s.p, n)) == -EPROTO,
				  "%s: %zu of %zu bytes", wire_samples[i].name, n, s.n);
	}
}

Test(wire, garbage_behind_a_good_frame_is_refused)
{
	for (unsigned i = 0; i < wire_sample_count; i++) {
		struct span s = sample(&wire_samples[i]);

		buf[s.n] = 0xc0;
		cr_assert(decode_exact(&wire_samples[i], span_of(s.p, s.n + 1)) == -EPROTO, "%s",
			  wire_samples[i].name);
	}
}

/* All samples are arrays of at most 15 elements: one byte says how many. */
static struct span with_more_elements(struct span s, const char *more, size_t more_n,
				      unsigned count)
{
	static uint8_t longer[WIRE_MAX_PAYLOAD];

	cr_assert((s.p[0] & 0xf0) == 0x90);
	longer[0] = 0xdc;
	longer[1] = 0;
	longer[2] = (uint8_t)((s.p[0] & 15) + count);
	memcpy(longer + 3, s.p + 1, s.n - 1);
	memcpy(longer + 3 + s.n - 1, more, more_n);
	return span_of(longer, 3 + s.n - 1 + more_n);
}

Test(wire, elements_of_a_newer_writer_are_passed_over)
{
	/* 1, "a", [[nil], {1: 2.0}], an ext, true */
	static const char more[] =
		"\x01\xa1\x61\x92\x91\xc0\x81\x01\xcb@\0\0\0\0\0\0\0\xd4\x01\x02\xc3";

	for (unsigned i = 0; i < wire_sample_count; i++) {
		const struct wire_sample *row = &wire_samples[i];
		struct span s = sample(row), longer;
		uint8_t second[4096];

		longer = with_more_elements(s, more, sizeof(more) - 1, 5);
		cr_assert(row->decode(longer, &again) == 0, "%s", row->name);
		cr_assert(row->encode(second, sizeof(second), &again) == (ssize_t)s.n &&
				  memcmp(second, buf, s.n) == 0,
			  "%s", row->name);
	}
}

Test(wire, elements_nested_without_end_are_refused)
{
	char deep[200];

	memset(deep, '\x91', sizeof(deep));
	deep[sizeof(deep) - 1] = '\xc0';
	for (unsigned i = 0; i < wire_sample_count; i++) {
		struct span s = with_more_elements(sample(&wire_samples[i]), deep, sizeof(deep), 1);

		cr_assert(decode_exact(&wire_samples[i], s) == -EPROTO, "%s", wire_samples[i].name);
	}
}

Test(wire, a_payload_beyond_the_limit_is_refused)
{
	static uint8_t big[WIRE_MAX_PAYLOAD + 64];
	union any_frame f = { .container_gone = span_of(big, WIRE_MAX_PAYLOAD) };
	static uint8_t out[WIRE_MAX_PAYLOAD + 64];
	ssize_t n = wire_encode_container_gone(out, sizeof(out), f.container_gone);

	cr_assert(n > (ssize_t)WIRE_MAX_PAYLOAD);
	cr_assert(wire_decode_container_gone(span_of(out, (size_t)n), &f.container_gone) ==
		  -EPROTO);
	n = wire_encode_container_gone(out, sizeof(out), span_of(big, WIRE_MAX_PAYLOAD - 6));
	cr_assert(wire_decode_container_gone(span_of(out, (size_t)n), &f.container_gone) == 0);
}

/* What a broken or evil writer might send: never a crash, and what is believed
 * can be encoded and decoded again. */
Test(wire, no_mutation_of_a_frame_does_harm)
{
	static uint8_t bad[4096], second[2 * WIRE_MAX_PAYLOAD];
	uint64_t random = 0x9e3779b97f4a7c15;
	unsigned believed = 0;

	for (unsigned round = 0; round < 40000; round++) {
		const struct wire_sample *row = &wire_samples[round % wire_sample_count];
		struct span s = sample(row);
		uint8_t *exact;

		memcpy(bad, s.p, s.n);
		for (unsigned change = 0; change <= round % 3; change++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			bad[(random >> 33) % s.n] = (uint8_t)(random >> 24);
		}
		exact = malloc(s.n);
		memcpy(exact, bad, s.n);
		if (row->decode(span_of(exact, s.n), &again) == 0) {
			ssize_t n = row->encode(second, sizeof(second), &again);

			believed++;
			cr_assert(n > 0, "%s: %zd", row->name, n);
			cr_assert((size_t)n <= row->bound(&again), "%s", row->name);
			cr_assert(row->decode(span_of(second, (size_t)n), &frame) == 0, "%s",
				  row->name);
		}
		free(exact);
	}
	cr_assert(believed > 1000);
}

/* ---- bytes made by hand ---- */

#define B(bytes)                                                                                   \
	{                                                                                          \
		(const uint8_t *)(bytes), sizeof(bytes) - 1                                        \
	}

/* A small number as wide as 64 bits are. */
#define WIDE(byte)   "\xcf\0\0\0\0\0\0\0" byte
#define SIGNED(byte) "\xd3\0\0\0\0\0\0\0" byte

struct golden {
	const char *name;
	unsigned type;
	struct span bytes;
	struct span seen; /* the bytes that our encoder makes of it; empty: the same */
};

/* One per frame type, with the numbers' forms that the samples do not have. */
static const struct golden goldens[] = {
	{ "raw event", FRAME_RAW_EVENT,
	  B("\x99\x05\xcc\xff\x00\xcf\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c"
	    "\x95\x0d\x0e\x0f\x10\xc0\x92\xe0\xd1\xff\x01"),
	  B("\x99\xcd\0\5\xcd\0\xff\xce\0\0\0\0\xcf\1\2\3\4\5\6\7\x08" WIDE("\x0a") SIGNED("\x0b")
		    SIGNED("\x0c") "\x95" WIDE("\x0d") WIDE(
			    "\x0e") "\xce\0\0\0\x0f"
				    "\xce\0\0\0\x10\xc0\x92\xd3\xff\xff\xff\xff\xff\xff\xff\xe0"
				    "\xd3\xff\xff\xff\xff\xff\xff\xff\x01") },
	{ "the kernel's file", FRAME_RAW_EVENT,
	  B("\x98\0\0\0\0\0\1\xff\x95\0\0\0\0\x9b\3\1\2\4\5\xc4\1/\xc0\6\7\x08\x0a"),
	  B("\x99\xcd\0\0\xcd\0\0\xce\0\0\0\0" WIDE("\0") WIDE("\0")
		    SIGNED("\1") "\xd3\xff\xff\xff\xff\xff\xff\xff\xff\x95" WIDE("\0")
			    WIDE("\0") "\xce\0\0\0\0\xce\0\0\0\0\x9b" SIGNED(
				    "\3") "\xce\0\0\0\1\xce\0\0\0\2" WIDE("\4")
				    WIDE("\5") "\xc4\1/\xc0\xcc\6\xcc\7\xcd\0\x08\xcd\0\x0a\x90") },
	{ "task file", FRAME_TASK_FILE,
	  B("\x92\x05\x9a\x00\x02\x00\x00\x00\x00\xc4\x01/\xc0\x00\xc0"),
	  B("\x92\x05\x9a" SIGNED("\0") "\xcc\2\xcd\0\0\xce\0\0\0\0\xce\0\0\0\0" WIDE(
		  "\0") "\xc4\1/\xc0" WIDE("\0") "\xc0") },
	{ "task file of a socket", FRAME_TASK_FILE,
	  B("\x92\x05\xdc\0\x11\7\3\4\0\0\x08\xc4\1s\xc0\0\xc0\2\xc4\4abcd\xc4\4efgh\1\2\3\5"),
	  B("\x92\x05\xdc\0\x11" SIGNED("\7") "\xcc\3\xcd\0\4\xce\0\0\0\0\xce\0\0\0\0" WIDE(
		  "\x08") "\xc4\1s\xc0" WIDE("\0") "\xc0\xcc\2\xc4\4abcd\xc4\4efgh"
						   "\xcd\0\1\xcd\0\2" WIDE("\3") WIDE("\5")) },
	{ "task read", FRAME_TASK_READ, B("\x93\xcd\x10\x93\xfe\xc3"), B("") },
	{ "snapshot begin", FRAME_SNAPSHOT_BEGIN, B("\x90"), B("") },
	{ "snapshot end", FRAME_SNAPSHOT_END, B("\x90"), B("") },
	{ "end", FRAME_END, B("\x90"), B("") },
	{ "gap", FRAME_GAP,
	  B("\x98\x02\x01\xcd\x01\x00\xcc\x80\x07\x94\xcd\x01\x33\x05\xcd\xff\xff\x02\x92\x03\x07\xc3"),
	  B("") },
	{ "gap of an older writer", FRAME_GAP, B("\x94\x02\x01\xcd\x01\x00\xcc\x80"),
	  B("\x98\x02\x01\xcd\x01\x00\xcc\x80\x00\xc0\xc0\xc2") },
	{ "host", FRAME_HOST,
	  B("\x96\xc4\x01h\x01\x02\x03\x91\x93\xc0\xc4\x04\x7f\x00\x00\x01\xc4\x04"
	    "\xff\x00\x00\x00\x09"),
	  B("") },
	{ "user", FRAME_USER, B("\x97\xc0\x00\x01\xc4\x04root\xc0\xc4\x01/\xc3"), B("") },
	{ "group", FRAME_GROUP, B("\x94\xc0\x05\xc4\x03tty\xc2"), B("") },
	{ "process", FRAME_PROCESS, B("\x95\x01\x02\x03\xcd\x01\x02\x92\x2a\xc4\x02sh"), B("") },
	{ "process gone", FRAME_PROCESS_GONE, B("\x91\xcd\x01\x00"), B("") },
	{ "container", FRAME_CONTAINER,
	  B("\x96\xc4\x02"
	    "ab\xc0\x07\xc2\xc0\x02"),
	  B("") },
	{ "container gone", FRAME_CONTAINER_GONE,
	  B("\x91\xc4\x02"
	    "ab"),
	  B("") },
	{ "pod", FRAME_POD,
	  B("\x93\xc4\x02"
	    "ab"
	    "\xc4\x02{}\x01"),
	  B("") },
	{ "pod gone", FRAME_POD_GONE,
	  B("\x91\xc4\x02"
	    "ab"),
	  B("") },
	{ "address", FRAME_ADDRESS,
	  B("\x92\xc4\x04"
	    "abcd\x92\xc4\x01"
	    "a\xc4\x01"
	    "b"),
	  B("") },
	{ "event", FRAME_EVENT,
	  B("\x9f\x05\x00\x00\x01\x02\x03\x04\x05\x06\x07\xff\xff\x90\xc0"
	    "\x93\xc0\xc4\x00\x08"),
	  B("\x9f\xcd\0\5\xcd\0\0\xce\0\0\0\0" WIDE("\1") WIDE("\2") WIDE("\3") WIDE("\4")
		    WIDE("\5") WIDE("\6") SIGNED("\7") "\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xff"
						       "\x90\xc0\x93\xc0\xc4\0" WIDE("\x08")) },
	{ "alert", FRAME_ALERT,
	  B("\x9a\x01\x02\x03\x04\x05\xc4\x01r\xc4\x01s\xc4\x00\x91\xc4\x01t\x91"
	    "\x92\xc4\x01n\xc4\x00"),
	  B("\x9d\x01\x02\x03\x04\x05\xc4\x01r\xc4\x01s\xc0\x91\xc4\x01t\x91\x92"
	    "\xc4\x01n\xc4\x00\xc0\xc0\xc0") },
	{ "capture", FRAME_CAPTURE, B("\x95\x01\x02\xff\x04\xc4\x01r"), B("") },
	{ "ints in long forms", FRAME_GAP,
	  B("\xdd\x00\x00\x00\x04\xcc\x01\xcf\0\0\0\0\0\0\0\x05\xd3\0\0\0\0\0\0\0\x06"
	    "\xd0\x07"),
	  B("\x98\x01\x05\x06\x07\x00\xc0\xc0\xc2") },
	{ "only the first elements", FRAME_RAW_EVENT, B("\x91\x05"),
	  B("\x99\xcd\0\5\xcd\0\0\xce\0\0\0\0" WIDE("\0") WIDE(
		  "\0") "\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xc0\x90") },
};

static const struct wire_sample *row_of(unsigned type)
{
	for (unsigned i = 0; i < wire_sample_count; i++)
		if (wire_samples[i].type == type)
			return &wire_samples[i];
	return NULL;
}

Test(wire, bytes_made_by_hand_are_understood_and_made_alike)
{
	for (unsigned i = 0; i < ARRAY_LEN(goldens); i++) {
		const struct golden *g = &goldens[i];
		struct span want = g->seen.n > 0 ? g->seen : g->bytes;
		const struct wire_sample *row = row_of(g->type);
		ssize_t n;

		cr_assert(row->decode(g->bytes, &again) == 0, "%s", g->name);
		n = row->encode(buf, sizeof(buf), &again);
		cr_assert(n == (ssize_t)want.n, "%s: %zd bytes", g->name, n);
		cr_assert(memcmp(buf, want.p, want.n) == 0, "%s", g->name);
	}
}

Test(wire, a_raw_event_made_by_hand_has_each_value_in_its_place)
{
	struct raw_event ev;

	cr_assert(wire_decode_raw_event(goldens[0].bytes, &ev) == 0);
	cr_assert(ev.code == 5 && ev.cpu == 255 && ev.flags == 0);
	cr_assert(ev.ts_ns == 0x0102030405060708 && ev.num == 10 && ev.tid == 11 && ev.pid == 12);
	cr_assert(ev.has_kernel && ev.start_ns == 13 && ev.cgroup_id == 14);
	cr_assert(ev.uid == 15 && ev.gid == 16 && !ev.has_file);
	cr_assert(ev.nparams == 2 && ev.params[0].kind == PARAM_INT && ev.params[0].i == -32);
	cr_assert(ev.params[1].kind == PARAM_INT && ev.params[1].i == -255);
}

Test(wire, an_openat_comes_back_field_by_field)
{
	const struct wire_sample *row = row_of(FRAME_RAW_EVENT);
	struct raw_event ev;

	cr_assert(wire_decode_raw_event(sample(row), &ev) == 0);
	cr_assert(ev.code == EVENT_SYSCALL_OPENAT_2_X && ev.cpu == 5 &&
		  ev.flags == EVENT_TRUNCATED);
	cr_assert(ev.ts_ns == UINT64_C(1700000000123456789) && ev.num == 70000);
	cr_assert(ev.tid == 4243 && ev.pid == 4242 && ev.start_ns == 998877665544);
	cr_assert(ev.cgroup_id == 3141 && ev.uid == 1000 && ev.gid == 1001);
	cr_assert(ev.has_file && ev.file.fd == 3 && ev.file.mode == 0100640);
	cr_assert(ev.file.dev == 0x800001 && ev.file.ino == 1234567 && ev.file.mnt_id == 29);
	cr_assert(span_is(ev.file.path, "/etc/shadow") && ev.file.tuple.n == 0);
	cr_assert(ev.file.nlink == 2);
	cr_assert(ev.nparams == 7 && ev.params[1].i == -100);
	cr_assert(ev.params[2].kind == PARAM_BYTES && span_is(ev.params[2].s, "/etc/shadow"));
}

Test(wire, further_files_of_a_raw_event_come_back)
{
	struct raw_event ev, back;
	ssize_t n;

	wire_sample_openat(&ev);
	ev.nmore = 2;
	ev.more[0] = (struct kernel_file){ .fd = 9, .ino = 1, .path = span_str("/etc") };
	ev.more[1] = (struct kernel_file){ .fd = 10, .ino = 2, .path = span_str("/root") };
	n = wire_encode_raw_event(buf, sizeof(buf), &ev);
	cr_assert(n > 0 && (size_t)n <= wire_raw_event_bound(&ev));
	cr_assert(wire_decode_raw_event(span_of(buf, (size_t)n), &back) == 0);
	cr_assert(back.nmore == 2 && back.more[0].fd == 9 && back.more[1].ino == 2);
	cr_assert(span_is(back.more[1].path, "/root") && span_is(back.file.path, "/etc/shadow"));
	ev.has_file = false;
	n = wire_encode_raw_event(buf, sizeof(buf), &ev);
	cr_assert(wire_decode_raw_event(span_of(buf, (size_t)n), &back) == 0);
	cr_assert(!back.has_file && back.nmore == 2 && back.more[0].fd == 9 && back.nparams == 7);
	cr_assert(back.maker == 0);
}

Test(wire, who_made_a_process_comes_back)
{
	struct raw_event ev, back;
	ssize_t n;

	wire_sample_openat(&ev);
	ev.maker = 4194304;
	for (ev.nmore = 0; ev.nmore <= EVENT_MORE_FILES; ev.nmore++) {
		ev.more[0] = ev.more[1] = (struct kernel_file){ .fd = 9, .path = span_str("/etc") };
		n = wire_encode_raw_event(buf, sizeof(buf), &ev);
		cr_assert(n > 0 && (size_t)n <= wire_raw_event_bound(&ev));
		cr_assert(wire_decode_raw_event(span_of(buf, (size_t)n), &back) == 0);
		cr_assert(back.maker == 4194304 && back.nmore == ev.nmore && back.nparams == 7);
	}
}

Test(wire, an_event_comes_back_field_by_field)
{
	const struct wire_sample *row = row_of(FRAME_EVENT);
	const struct file_info *f;
	struct event_frame ev;

	cr_assert(wire_decode_event(sample(row), &ev) == 0);
	cr_assert(ev.origin_generation == 5000000000 && ev.origin_seq == 65536);
	cr_assert(ev.process == 9 && ev.version == 2 && ev.tid == 4243);
	cr_assert(ev.fd == 3 && ev.fd_file == 0 && ev.nfiles == 2);
	cr_assert(ev.files[0].type == FILE_REGULAR && span_is(ev.files[0].name_raw, "shadow"));
	f = &ev.files[1];
	cr_assert(f->type == FILE_IPV4 && f->l4proto == L4_TCP && f->sport == 5000);
	cr_assert(f->dport == 443 && f->sip[0] == 10 && f->dip[3] == 1 && f->dip[4] == 0);
	cr_assert(f->source == 0xffff888000000000 && f->dest == 17 && f->flags == 260);
	cr_assert(ev.nparams == 7);
}

Test(wire, an_event_without_a_descriptor_is_told_from_one_that_failed)
{
	struct event_frame ev = { .fd = FD_NONE, .fd_file = -1 }, ret;
	ssize_t n = wire_encode_event(buf, sizeof(buf), &ev);

	cr_assert(wire_decode_event(span_of(buf, (size_t)n), &ret) == 0);
	cr_assert(ret.fd == FD_NONE && ret.fd_file == -1);
	ev.fd = -1;
	n = wire_encode_event(buf, sizeof(buf), &ev);
	cr_assert(wire_decode_event(span_of(buf, (size_t)n), &ret) == 0);
	cr_assert(ret.fd == -1);
}

Test(wire, an_empty_parameter_is_told_from_an_empty_string)
{
	struct raw_event ev = { .nparams = 2 }, ret;
	ssize_t n;

	ev.params[0] = (struct param){ .kind = PARAM_EMPTY };
	ev.params[1] = (struct param){ .kind = PARAM_BYTES };
	n = wire_encode_raw_event(buf, sizeof(buf), &ev);
	cr_assert(wire_decode_raw_event(span_of(buf, (size_t)n), &ret) == 0);
	cr_assert(ret.params[0].kind == PARAM_EMPTY);
	cr_assert(ret.params[1].kind == PARAM_BYTES && ret.params[1].s.n == 0);
}

/* The enricher's way: what it decoded goes on in another frame. */
Test(wire, parameters_go_on_as_they_came)
{
	static uint8_t out[4096];
	struct span raw_bytes = goldens[0].bytes, params = S("\x92\xe0\xd1\xff\x01");
	struct event_frame ev = { .fd = FD_NONE, .fd_file = -1 }, ret;
	struct raw_event raw;
	ssize_t n;

	cr_assert(wire_decode_raw_event(raw_bytes, &raw) == 0);
	cr_assert(span_eq(raw.params_bytes, params));
	ev.params_bytes = raw.params_bytes;
	n = wire_encode_event(out, sizeof(out), &ev);
	cr_assert(n > 0 && (size_t)n <= wire_event_bound(&ev));
	cr_assert(span_ends(span_of(out, (size_t)n), params));
	cr_assert(wire_decode_event(span_of(out, (size_t)n), &ret) == 0);
	cr_assert(ret.nparams == 2 && ret.params[0].i == -32 && ret.params[1].i == -255);
	cr_assert(ret.params_bytes.n == 0);
	for (size_t cap = 0; cap < (size_t)n; cap++)
		cr_assert(wire_encode_event(out, cap, &ev) == -ENOSPC, "%zu", cap);

	cr_assert(wire_decode_raw_event(S("\x91\5"), &raw) == 0);
	cr_assert(raw.params_bytes.n == 0);
}

/* The same event in the widest and in other forms: read the same way. */
Test(wire, numbers_in_full_width_are_read_like_others)
{
	for (unsigned i = 0; i < ARRAY_LEN(goldens); i++) {
		const struct golden *g = &goldens[i];
		const struct wire_sample *row = row_of(g->type);
		ssize_t n;

		if (g->seen.n == 0)
			continue;
		cr_assert(decode_exact(row, g->seen) == 0, "%s", g->name);
		cr_assert(row->decode(g->seen, &again) == 0, "%s", g->name);
		n = row->encode(buf, sizeof(buf), &again);
		cr_assert(span_eq(span_of(buf, (size_t)n), g->seen), "%s", g->name);
		for (size_t k = 0; k < g->seen.n; k++)
			cr_assert(decode_exact(row, span_of(g->seen.p, k)) == -EPROTO,
				  "%s: %zu bytes", g->name, k);
	}
}

/* ---- what is refused ---- */

static const struct golden refused[] = {
	{ "no array", FRAME_GAP, B("\x01"), B("") },
	{ "a map", FRAME_GAP, B("\x80"), B("") },
	{ "a gap's event without its count", FRAME_GAP, B("\x96\x01\0\0\0\0\x93\x01\x02\x03"),
	  B("") },
	{ "a gap's number for its events", FRAME_GAP, B("\x96\x01\0\0\0\0\x05"), B("") },
	{ "a str where a bin belongs", FRAME_GROUP, B("\x93\xc0\x05\xa3tty"), B("") },
	{ "a bin where an int belongs", FRAME_GROUP, B("\x92\xc0\xc4\x00"), B("") },
	{ "an int where a bin belongs", FRAME_GROUP, B("\x91\x05"), B("") },
	{ "an int where a bool belongs", FRAME_GROUP, B("\x94\xc0\x05\xc0\x01"), B("") },
	{ "a number beyond 32 bits", FRAME_GROUP, B("\x92\xc0\xcf\0\0\0\1\0\0\0\0"), B("") },
	{ "a negative number", FRAME_GROUP, B("\x92\xc0\xff"), B("") },
	{ "a number beyond 16 bits", FRAME_RAW_EVENT, B("\x91\xce\0\1\0\0"), B("") },
	{ "a thread number beyond 63 bits", FRAME_TASK_FILE,
	  B("\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x91\x01"), B("") },
	{ "an ask for a thread number beyond 31 bits", FRAME_TASK_READ,
	  B("\x93\xce\x80\0\0\0\xff\xc2"), B("") },
	{ "a count beyond the bytes", FRAME_GAP, B("\xdd\xff\xff\xff\xff\x01"), B("") },
	{ "a bin beyond the bytes", FRAME_CONTAINER_GONE, B("\x91\xc6\xff\xff\xff\xff\x01"),
	  B("") },
	{ "a byte that msgpack never uses", FRAME_CONTAINER_GONE, B("\x91\xc1"), B("") },
	{ "a float parameter", FRAME_RAW_EVENT,
	  B("\x99\x05\0\0\0\0\0\0\xc0\x91\xcb\0\0\0\0\0\0\0\0"), B("") },
	{ "a file of no known type", FRAME_TASK_FILE, B("\x92\x01\x92\x01\x16"), B("") },
	{ "no file", FRAME_TASK_FILE, B("\x92\x01\xc0"), B("") },
	{ "an address of five bytes", FRAME_HOST,
	  B("\x95\xc0\0\0\0\x91\x93\xc0\xc4\5abcde\xc4\5abcde"), B("") },
	{ "a mask shorter than its address", FRAME_HOST,
	  B("\x95\xc0\0\0\0\x91\x93\xc0\xc4\x10"
	    "0123456789abcdef\xc4\4abcd"),
	  B("") },
	{ "process 0", FRAME_PROCESS, B("\x91\x00"), B("") },
	{ "process 0 is gone", FRAME_PROCESS_GONE, B("\x90"), B("") },
	{ "a container without id", FRAME_CONTAINER, B("\x91\xc4\x00"), B("") },
	{ "a container that waits for what there is not", FRAME_CONTAINER,
	  B("\x96\xc4\x01"
	    "a\xc0\x07\xc2\xc0\x03"),
	  B("") },
	{ "a pod without uid", FRAME_POD, B("\x92\xc0\xc4\x02{}"), B("") },
	{ "a pod that waits for what there is not", FRAME_POD,
	  B("\x93\xc4\x01"
	    "a\xc0\x03"),
	  B("") },
	{ "nobody is gone", FRAME_POD_GONE, B("\x90"), B("") },
	{ "an address of five bytes", FRAME_ADDRESS,
	  B("\x92\xc4\x05"
	    "abcde\x90"),
	  B("") },
	{ "an address without its names", FRAME_ADDRESS,
	  B("\x91\xc4\x04"
	    "abcd"),
	  B("") },
	{ "an address with a name that is none", FRAME_ADDRESS,
	  B("\x92\xc4\x04"
	    "abcd\x91\xc4\x01/"),
	  B("") },
	{ "its file is not there", FRAME_EVENT,
	  B("\x9c\x05\x00\x00\x01\x02\x03\x04\x05\x06\x07\x03\x00"), B("") },
	{ "extras that are no map", FRAME_EVENT,
	  B("\x9e\x05\x00\x00\x01\x02\x03\x04\x05\x06\x07\x03\xff\x90\x90"), B("") },
	{ "priority 8", FRAME_ALERT, B("\x94\x01\x01\x01\x08"), B("") },
	{ "a list of lists", FRAME_ALERT,
	  B("\x9a\1\1\1\1\1\xc0\xc0\xc0\x90\x91\x92\xc4\1n\x91\x90"), B("") },
	{ "a field that is a map", FRAME_ALERT,
	  B("\x9a\1\1\1\1\1\xc0\xc0\xc0\x90\x91\x92\xc4\1n\x80"), B("") },
};

Test(wire, what_makes_no_sense_is_refused)
{
	for (unsigned i = 0; i < ARRAY_LEN(refused); i++)
		cr_assert(decode_exact(row_of(refused[i].type), refused[i].bytes) == -EPROTO, "%s",
			  refused[i].name);
}

/* An array of N times VALUE as the LAST element behind HEAD. */
static struct span many(struct span head, unsigned n, struct span value)
{
	size_t at = head.n;

	memcpy(buf, head.p, head.n);
	buf[at++] = 0xdc;
	buf[at++] = (uint8_t)(n >> 8);
	buf[at++] = (uint8_t)n;
	for (unsigned i = 0; i < n; i++, at += value.n)
		memcpy(buf + at, value.p, value.n);
	return span_of(buf, at);
}

Test(wire, as_many_as_the_struct_holds_and_no_more)
{
	struct span raw = S("\x99\x05\0\0\0\0\0\0\xc0");
	struct span event = S("\x9d\x05\x00\x00\x01\x02\x03\x04\x05\x06\x07\x03\xff");
	struct span host = S("\x95\xc0\0\0\0"), tags = S("\x99\1\1\1\1\1\xc0\xc0\xc0");
	struct span fields = S("\x9a\1\1\1\1\1\xc0\xc0\xc0\x90");
	struct span addr = S("\x93\xc0\xc4\4abcd\xc4\4abcd"), pair = S("\x92\xc4\1n\1");
	struct {
		unsigned type, max;
		struct span head, value;
	} rows[] = {
		{ FRAME_RAW_EVENT, EVENT_MAX_PARAMS, raw, S("\x01") },
		{ FRAME_EVENT, EVENT_MAX_FILES, event, S("\x91\x01") },
		{ FRAME_HOST, HOST_MAX_ADDRS, host, addr },
		{ FRAME_ALERT, ALERT_MAX_TAGS, tags, S("\xc4\x01t") },
		{ FRAME_ALERT, ALERT_MAX_FIELDS, fields, pair },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const struct wire_sample *row = row_of(rows[i].type);

		cr_assert(row->decode(many(rows[i].head, rows[i].max, rows[i].value), &again) == 0,
			  "row %u", i);
		cr_assert(row->decode(many(rows[i].head, rows[i].max + 1, rows[i].value), &again) ==
				  -EPROTO,
			  "row %u", i);
	}
}

Test(wire, structs_that_break_their_own_bounds_are_not_sent)
{
	static struct raw_event raw = { .nparams = EVENT_MAX_PARAMS + 1 };
	static struct raw_event kind = { .nparams = 1, .params = { { .kind = 9 } } };
	static struct event_frame files = { .nfiles = EVENT_MAX_FILES + 1 };
	static struct event_frame fd_file = { .fd_file = 0 };
	static struct event_frame extra = { .fd_file = -1, .extra = B("\x81\1") };
	static struct host_frame host = { .naddrs = HOST_MAX_ADDRS + 1 };
	static struct alert_frame priority = { .priority = 8 };
	static struct alert_frame tags = { .ntags = ALERT_MAX_TAGS + 1 };
	static struct alert_frame fields = { .nfields = ALERT_MAX_FIELDS + 1 };
	static struct alert_frame place = { .nplace = ALERT_MAX_PLACE + 1 };
	static struct alert_frame lineage = { .nlineage = ALERT_MAX_LINEAGE + 1 };
	static struct alert_frame list = {
		.nfields = 1,
		.fields = { { .value = { .kind = ALERT_LIST, .s = B("\x91") } } },
	};

	cr_assert(wire_encode_raw_event(buf, sizeof(buf), &raw) == -EINVAL);
	cr_assert(wire_encode_raw_event(buf, sizeof(buf), &kind) == -EINVAL);
	cr_assert(wire_encode_event(buf, sizeof(buf), &files) == -EINVAL);
	cr_assert(wire_encode_event(buf, sizeof(buf), &fd_file) == -EINVAL);
	cr_assert(wire_encode_event(buf, sizeof(buf), &extra) == -EINVAL);
	cr_assert(wire_encode_host(buf, sizeof(buf), &host) == -EINVAL);
	cr_assert(wire_encode_alert(buf, sizeof(buf), &priority) == -EINVAL);
	cr_assert(wire_encode_alert(buf, sizeof(buf), &tags) == -EINVAL);
	cr_assert(wire_encode_alert(buf, sizeof(buf), &fields) == -EINVAL);
	cr_assert(wire_encode_alert(buf, sizeof(buf), &lineage) == -EINVAL);
	cr_assert(wire_encode_alert(buf, sizeof(buf), &place) == -EINVAL);
	cr_assert(wire_encode_alert(buf, sizeof(buf), &list) == -EINVAL);
	cr_assert(wire_encode_process(buf, sizeof(buf), &(struct process_frame){ 0 }) == -EINVAL);
	cr_assert(wire_encode_container(buf, sizeof(buf), &(struct container_frame){ 0 }) ==
		  -EINVAL);
	cr_assert(wire_encode_pod(buf, sizeof(buf), &(struct pod_frame){ 0 }) == -EINVAL);
	cr_assert(wire_encode_pod_gone(buf, sizeof(buf), SPAN_NONE) == -EINVAL);
	cr_assert(wire_encode_address(buf, sizeof(buf),
				      &(struct address_frame){ .address = S("abc") }) == -EINVAL);
	cr_assert(wire_encode_address(buf, sizeof(buf),
				      &(struct address_frame){ .address = S("abcd"),
							       .nnames = 1,
							       .names = { S("a b") } }) == -EINVAL);
	cr_assert(wire_encode_address(buf, sizeof(buf),
				      &(struct address_frame){ .address = S("abcd"),
							       .nnames = ADDRESS_MAX_NAMES + 1 }) ==
		  -EINVAL);
}

/* ---- names that are asked for ---- */

Test(wire, host_names_come_as_they_were_said)
{
	static struct host_names names = { .n = 2, .name = { B("a.example"), B("b-1_c.example") } };
	static struct host_names got;
	ssize_t n = wire_encode_host_names(buf, sizeof(buf), &names);

	cr_assert(n > 0);
	cr_assert(wire_decode_host_names(span_of(buf, (size_t)n), &got) == 0);
	cr_assert(got.n == 2);
	cr_assert(span_is(got.name[0], "a.example") && span_is(got.name[1], "b-1_c.example"));
	for (size_t cap = 0; cap < (size_t)n; cap++)
		cr_assert(wire_encode_host_names(buf, cap, &names) == -ENOSPC);
}

Test(wire, names_that_are_none_are_refused)
{
	static struct host_names got;
	static const struct span rows[] = {
		B("\x91\xc4\x00"), B("\x91\xc4\x02 a"),	 B("\x91\xc4\x02.a"),
		B("\x91\x07"),	   B("\x91\xc4\x03-ab"), B("\xc0"),
	};
	static uint8_t many[2 * (HOST_NAMES_MAX + 1) + 3] = { 0xdc, (HOST_NAMES_MAX + 1) >> 8,
							      (HOST_NAMES_MAX + 1) & 0xff };
	static char longest[HOST_NAME_LONGEST + 1];

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert(wire_decode_host_names(rows[i], &got) == -EPROTO, "row %u", i);
	for (unsigned i = 0; i <= HOST_NAMES_MAX; i++)
		memcpy(many + 3 + 2 * i, "\xa1z", 2);
	cr_assert(wire_decode_host_names(span_of(many, sizeof(many)), &got) == -EPROTO);
	memset(longest, 'l', sizeof(longest));
	cr_assert(is_host_name(span_of(longest, HOST_NAME_LONGEST)));
	cr_assert(!is_host_name(span_of(longest, HOST_NAME_LONGEST + 1)));
}

/* ---- process entries of other versions ---- */

Test(wire, process_fields_of_a_newer_writer_are_passed_over)
{
	/* mask: pid and bit 60; fields 7 and 8. */
	struct span s = S("\x95\x01\x02\x03\xcf\x10\0\0\0\0\0\0\2\x92\x07\x08");
	struct process_frame f;

	cr_assert(wire_decode_process(s, &f) == 0);
	cr_assert(f.mask == PROCESS_BIT(pid) && f.info.pid == 7 && f.info.tid == 0);
}

Test(wire, a_process_without_a_base_is_whole)
{
	struct span s = S("\x95\x01\x02\x00\x02\x91\x07");
	struct process_frame f;

	cr_assert(wire_decode_process(s, &f) == 0);
	cr_assert(f.mask == PROCESS_ALL && f.info.pid == 7 && f.info.cap_effective == 0);
}

/* ---- extras ---- */

Test(wire, extras_are_found_again)
{
	struct wire_stdio stdio[3] = { { true, FILE_FIFO, S("pipe") },
				       { false, 0, SPAN_NONE },
				       { true, FILE_IPV4, S("a->b") } };
	struct file_info files[2] = { { .fd = 4, .name = S("/x") }, { .fd = 5 } }, got[2];
	struct wire_fd_type named[2] = { { 3, FILE_FIFO }, { 42, FILE_PIDFD } };
	struct wire_stdio got_stdio[3];
	uint64_t count, live, others;
	struct event_frame ev = { .fd = FD_NONE, .fd_file = -1 }, ret;
	struct wire_extra x;
	uint8_t mem[256];
	uint32_t types;
	uint8_t type;
	ssize_t n;

	wire_extra_begin(&x, mem, sizeof(mem));
	wire_extra_put_stdio(&x, stdio);
	wire_extra_put_fdlist(&x, files, 2);
	wire_extra_put_fd_count(&x, 300);
	wire_extra_put_fd_types(&x, 1u << FILE_IPV4 | 1u << FILE_PIDFD);
	wire_extra_put_threads(&x, 4, 3);
	wire_extra_put_fd_named(&x, named, 2);
	ev.extra = wire_extra_end(&x);
	n = wire_encode_event(buf, sizeof(buf), &ev);
	cr_assert(n > 0 && (size_t)n <= wire_event_bound(&ev));
	cr_assert(wire_decode_event(span_of(buf, (size_t)n), &ret) == 0);

	cr_assert(wire_extra_get_fd_count(ret.extra, &count) && count == 300);
	cr_assert(wire_extra_get_threads(ret.extra, &live, &others) && live == 4 && others == 3);
	cr_assert(wire_extra_get_fd_types(ret.extra, &types));
	cr_assert(types == (1u << FILE_IPV4 | 1u << FILE_PIDFD));
	cr_assert(wire_extra_get_stdio(ret.extra, got_stdio));
	cr_assert(got_stdio[0].is_open && got_stdio[0].type == FILE_FIFO && !got_stdio[1].is_open);
	cr_assert(got_stdio[2].is_open && span_is(got_stdio[2].name, "a->b"));
	cr_assert(wire_extra_get_fdlist(ret.extra, got, 2) == 2);
	cr_assert(got[0].fd == 4 && span_is(got[0].name, "/x") && got[1].fd == 5);
	cr_assert(wire_extra_get_fdlist(ret.extra, got, 1) == 1);
	cr_assert(wire_extra_get_fd_named(ret.extra, 3, &type) && type == FILE_FIFO);
	cr_assert(wire_extra_get_fd_named(ret.extra, 42, &type) && type == FILE_PIDFD);
	cr_assert(!wire_extra_get_fd_named(ret.extra, 4, &type) && type == FILE_PIDFD);
}

Test(wire, extras_that_are_not_there_are_not_found)
{
	uint64_t count = 77, others;
	struct wire_stdio stdio[3];
	struct file_info file;
	uint32_t types;
	uint8_t type;

	for (unsigned i = 0; i < 5; i++) {
		struct span extra[] = { SPAN_NONE, S("\x80"), S("\x82\x09\x01\x0a\x91\xc0"),
					S("\x81\x00"),
					S("\x86\0\xc4\0\1\1\2\1\3\1\4\1\5\x91\x92\3\xff") };

		cr_assert(!wire_extra_get_fd_count(extra[i], &count) && count == 77, "%u", i);
		cr_assert(!wire_extra_get_stdio(extra[i], stdio), "%u", i);
		cr_assert(!wire_extra_get_fd_types(extra[i], &types), "%u", i);
		cr_assert(!wire_extra_get_threads(extra[i], &count, &others), "%u", i);
		cr_assert(!wire_extra_get_fd_named(extra[i], 3, &type), "%u", i);
		cr_assert(wire_extra_get_fdlist(extra[i], &file, 1) < 0, "%u", i);
	}
}

Test(wire, extras_without_room_are_left_out)
{
	struct wire_extra x;
	uint8_t mem[3];

	for (size_t cap = 0; cap <= sizeof(mem); cap++) {
		wire_extra_begin(&x, mem, cap);
		wire_extra_put_fd_count(&x, 5);
		cr_assert(wire_extra_end(&x).n == (cap == 3 ? 3u : 0u));
	}
	wire_extra_begin(&x, mem, sizeof(mem));
	cr_assert(wire_extra_end(&x).n == 0);
}

/* The example of docs/wire.md, which other people's stages are written by. */
Test(wire, the_example_in_the_specification_is_an_openat)
{
	struct span s = S("\x99\xcd\x01\x33\xcd\0\5\xce\0\0\0\0\xcf\x17\x97\x9c\xfe\x3d\x85\xcd\x15"
			  "\xcf\0\0\0\0\0\1\x11\x70\xd3\0\0\0\0\0\0\x10\x93\xd3\0\0\0\0\0\0\x10\x92"
			  "\xc0\x97\xcf\0\0\0\0\0\0\0\3\xd3\xff\xff\xff\xff\xff\xff\xff\x9c"
			  "\xc4\x0b/etc/shadow\xcf\0\0\0\0\0\0\x10\1\xcf\0\0\0\0\0\0\0\0"
			  "\xcf\0\0\0\0\0\x80\0\1\xcf\0\0\0\0\0\x12\xd6\x87");
	struct raw_event ev, want;
	ssize_t n;

	wire_sample_openat(&want);
	want.has_kernel = false;
	want.flags = 0;
	n = wire_encode_raw_event(buf, sizeof(buf), &want);
	cr_assert(span_eq(s, span_of(buf, (size_t)n)));
	cr_assert(wire_decode_raw_event(s, &ev) == 0);
	cr_assert(ev.code == EVENT_SYSCALL_OPENAT_2_X && ev.ts_ns == want.ts_ns && ev.nparams == 7);
}
