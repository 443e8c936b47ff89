/* SPDX-License-Identifier: Apache-2.0
 *
 * Records are decoded to what the kernel side put in, and refused when any
 * length in them does not fit.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "decode.h"
#include "record.h"
#include "state_set.h"

/* A record put together by hand, byte after byte. */
struct made {
	uint8_t bytes[4096];
	size_t len, lens_at;
	unsigned nparams;
};

static void put(struct made *m, const void *p, size_t n)
{
	if (p != NULL)
		memcpy(m->bytes + m->len, p, n);
	m->len += n;
}

static unsigned more; /* files behind the first one */

static void begin(struct made *m, unsigned code, unsigned flags, const struct record_file *file,
		  const char *path, const void *tuple)
{
	struct record r = { .ts_ns = 1000,
			    .start_ns = 1234567890,
			    .cgroup_id = 77,
			    .tid = 12,
			    .pid = 11,
			    .uid = 1000,
			    .gid = 100,
			    .code = (__u16)code,
			    .cpu = 3,
			    .flags = (__u8)flags,
			    .more_files = (__u8)more };

	*m = (struct made){ .nparams = 0 };
	r.nparams = event_info(code)->nparams;
	put(m, &r, sizeof(r));
	if (file != NULL) {
		put(m, file, sizeof(*file));
		put(m, path, file->path_len);
		put(m, tuple, file->tuple_len);
	}
	for (unsigned i = 0; i < more; i++) {
		const struct record_file dir = { .ino = 100 + i, .fd = i, .path_len = 4 };

		put(m, &dir, sizeof(dir));
		put(m, "/dir", 4);
	}
	m->lens_at = m->len;
	m->len += 2u * r.nparams;
}

static void param(struct made *m, const void *p, uint16_t n)
{
	memcpy(m->bytes + m->lens_at + 2 * m->nparams++, &n, 2);
	put(m, p, n);
}

static struct span made(struct made *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes + offsetof(struct record, len), &len, sizeof(len));
	return span_of(m->bytes, m->len);
}

static void make_openat(struct made *m)
{
	const struct record_file file = {
		.ino = 42, .mnt_id = 5, .fd = 7, .mode = 0100640, .nlink = 3, .path_len = 11
	};
	int64_t fd = 7, dirfd = -100;
	uint32_t flags = 0x1001, mode = 0640, dev = 0x801;
	uint64_t ino = 42;

	begin(m, EVENT_SYSCALL_OPENAT_2_X, RECORD_HAS_FILE | RECORD_TRUNCATED, &file, "/etc/shadow",
	      "");
	param(m, &fd, 8);
	param(m, &dirfd, 8);
	param(m, "shadow", 6);
	param(m, &flags, 4);
	param(m, &mode, 4);
	param(m, &dev, 4);
	param(m, &ino, 8);
}

Test(decode, an_openat_with_its_file_comes_out_as_it_went_in)
{
	struct raw_event ev;
	struct made m;

	make_openat(&m);
	cr_assert(eq(int, decode_record(made(&m), &ev), 0));
	cr_assert(eq(u16, ev.code, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert(eq(u64, ev.ts_ns, 1000));
	cr_assert(eq(u64, ev.start_ns, 1230000000)); /* as /proc would have it */
	cr_assert(eq(u64, ev.cgroup_id, 77));
	cr_assert(eq(i64, ev.tid, 12));
	cr_assert(eq(i64, ev.pid, 11));
	cr_assert(eq(u32, ev.uid, 1000));
	cr_assert(eq(u32, ev.gid, 100));
	cr_assert(eq(u16, ev.cpu, 3));
	cr_assert(eq(u32, ev.flags, EVENT_TRUNCATED));
	cr_assert(ev.has_kernel && ev.has_file);
	cr_assert(eq(i64, ev.file.fd, 7));
	cr_assert(eq(u32, ev.file.mode, 0100640));
	cr_assert(span_is(ev.file.path, "/etc/shadow"));
	cr_assert(eq(u8, ev.nparams, 7));
	cr_assert(eq(i64, ev.params[0].i, 7));
	cr_assert(eq(i64, ev.params[1].i, -100));
	cr_assert(eq(u8, ev.params[2].kind, PARAM_BYTES));
	cr_assert(span_is(ev.params[2].s, "shadow"));
	cr_assert(eq(u64, ev.params[3].u, 0x1001));
	cr_assert(eq(u64, ev.params[6].u, 42));
}

Test(decode, the_collectors_own_call_is_marked)
{
	uint16_t sc = 100, native = 146;
	struct raw_event ev;
	struct made m;

	begin(&m, EVENT_GENERIC_X, RECORD_HEARTBEAT, NULL, "", "");
	param(&m, &sc, 2);
	param(&m, &native, 2);
	cr_assert(eq(int, decode_record(made(&m), &ev), 0));
	cr_assert(eq(u32, ev.flags, EVENT_HEARTBEAT));
}

Test(decode, further_files_come_behind_the_first)
{
	struct raw_event ev;
	struct made m;

	more = 2;
	make_openat(&m);
	cr_assert(eq(int, decode_record(made(&m), &ev), 0));
	cr_assert(eq(u8, ev.nmore, 2));
	cr_assert(span_is(ev.file.path, "/etc/shadow"));
	cr_assert(eq(u64, ev.more[1].ino, 101));
	cr_assert(eq(i64, ev.more[1].fd, 1));
	cr_assert(span_is(ev.more[0].path, "/dir"));
	cr_assert(span_is(ev.params[2].s, "shadow"));
	more = 3;
	make_openat(&m);
	cr_assert(eq(int, decode_record(made(&m), &ev), -EPROTO), "so many there are not");
	more = 0;
	make_openat(&m);
	cr_assert(eq(int, decode_record(made(&m), &ev), 0));
	cr_assert(eq(u8, ev.nmore, 0));
}

Test(decode, every_prefix_of_a_good_record_is_refused)
{
	struct raw_event ev;
	struct made m;

	more = 1;
	make_openat(&m);
	for (size_t n = 0; n < m.len; n++) {
		uint32_t len = (uint32_t)n;
		uint8_t *copy = malloc(n); /* its own block: a sanitizer sees a read behind it */

		memcpy(copy, made(&m).p, n);
		cr_assert(eq(int, decode_record(span_of(copy, n), &ev), -EPROTO));
		if (n >= sizeof(struct record)) {
			memcpy(copy + offsetof(struct record, len), &len, sizeof(len));
			cr_assert(eq(int, decode_record(span_of(copy, n), &ev), -EPROTO));
		}
		free(copy);
	}
}

Test(decode, slack_behind_the_record_is_allowed_inside_it_is_not)
{
	struct raw_event ev;
	struct made m;

	make_openat(&m);
	cr_assert(eq(int, decode_record(span_of(made(&m).p, m.len + 100), &ev), 0));
	m.len++;
	cr_assert(eq(int, decode_record(made(&m), &ev), -EPROTO));
}

Test(decode, numbers_of_a_wrong_width_are_refused_and_signs_kept)
{
	int64_t res = -2;
	int32_t backlog = -1;
	struct raw_event ev;
	struct made m;

	begin(&m, EVENT_SOCKET_LISTEN_X, 0, NULL, NULL, NULL);
	param(&m, &res, 8);
	param(&m, NULL, 0);
	param(&m, &backlog, 4);
	cr_assert(eq(int, decode_record(made(&m), &ev), 0));
	cr_assert(eq(i64, ev.params[0].i, -2));
	cr_assert(eq(u8, ev.params[1].kind, PARAM_EMPTY));
	cr_assert(eq(i64, ev.params[2].i, -1));

	begin(&m, EVENT_SOCKET_LISTEN_X, 0, NULL, NULL, NULL);
	param(&m, &res, 8);
	param(&m, &res, 4);
	param(&m, &backlog, 4);
	cr_assert(eq(int, decode_record(made(&m), &ev), -EPROTO));
}

Test(decode, a_string_ends_at_its_first_nul)
{
	int64_t res = 0;
	struct raw_event ev;
	struct made m;

	begin(&m, EVENT_SYSCALL_CHDIR_X, 0, NULL, NULL, NULL);
	param(&m, &res, 8);
	param(&m, "/tmp\0/etc", 9);
	cr_assert(eq(int, decode_record(made(&m), &ev), 0));
	cr_assert(span_is(ev.params[1].s, "/tmp"));
}

Test(decode, what_is_no_event_or_has_other_parameters_is_refused)
{
	static const unsigned codes[] = { EVENT_CODE_COUNT, 0xffff, EVENT_PROCEXIT_X };
	struct raw_event ev;
	struct made m;
	struct record r;

	for (unsigned i = 0; i < ARRAY_LEN(codes); i++) {
		make_openat(&m);
		memcpy(&r, made(&m).p, sizeof(r));
		r.code = (__u16)codes[i];
		memcpy(m.bytes, &r, sizeof(r));
		cr_assert(eq(int, decode_record(made(&m), &ev), -EPROTO));
	}
	make_openat(&m);
	m.bytes[offsetof(struct record, nparams)]--;
	cr_assert(eq(int, decode_record(made(&m), &ev), -EPROTO));
	make_openat(&m);
	m.bytes[offsetof(struct record, flags)] |= 0x80;
	cr_assert(eq(int, decode_record(made(&m), &ev), -EPROTO));
}

Test(decode, addresses_have_the_length_of_their_family)
{
	static const struct {
		const char *what;
		uint8_t addr[24];
		uint16_t n;
		int result;
	} rows[] = {
		{ "inet", { 2, 127, 0, 0, 1, 80, 0 }, 7, 0 },
		{ "inet, short", { 2, 127, 0, 0, 1, 80 }, 6, -EPROTO },
		{ "inet, long", { 2, 127, 0, 0, 1, 80, 0, 0 }, 8, -EPROTO },
		{ "inet6", { 10 }, 19, 0 },
		{ "inet6, short", { 10 }, 7, -EPROTO },
		{ "unix", { 1, '/', 'x', 0 }, 4, 0 },
		{ "unix without a name", { 1 }, 1, 0 },
		{ "a family that is only named", { 16 }, 1, 0 },
		{ "a family that is only named, long", { 16, 1 }, 2, -EPROTO },
		{ "none", { 0 }, 0, 0 },
	};
	int64_t res = 0, fd = 3;
	struct raw_event ev;
	struct made m;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		begin(&m, EVENT_SOCKET_BIND_X, 0, NULL, NULL, NULL);
		param(&m, &res, 8);
		param(&m, rows[i].addr, rows[i].n);
		param(&m, &fd, 8);
		cr_assert(eq(int, decode_record(made(&m), &ev), rows[i].result), "%s",
			  rows[i].what);
	}
}

Test(decode, a_tuple_of_a_wrong_length_is_refused)
{
	static const uint8_t tuple[40] = { 2, 127, 0, 0, 1, 1, 0, 127, 0, 0, 1, 2, 0 };
	int64_t res = 0, fd = 3;
	struct raw_event ev;
	struct made m;

	for (uint16_t n = 1; n < 20; n++) {
		struct record_file file = { .fd = 3, .mode = 0140777, .tuple_len = n };

		begin(&m, EVENT_SOCKET_CONNECT_X, RECORD_HAS_FILE, &file, "", tuple);
		param(&m, &res, 8);
		param(&m, tuple, 13);
		param(&m, &fd, 8);
		param(&m, NULL, 0);
		cr_assert(eq(int, decode_record(made(&m), &ev), n == 13 ? 0 : -EPROTO));
	}
}

Test(decode, a_list_of_descriptors_has_the_length_that_it_says)
{
	static const uint8_t list[] = { 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1,
					0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0 };
	int64_t res = 1, timeout = -1;
	struct raw_event ev;
	struct made m;

	for (uint16_t n = 1; n <= sizeof(list); n++) {
		begin(&m, EVENT_SYSCALL_POLL_X, 0, NULL, NULL, NULL);
		param(&m, &res, 8);
		param(&m, list, n);
		param(&m, &timeout, 8);
		cr_assert(eq(int, decode_record(made(&m), &ev), n == sizeof(list) ? 0 : -EPROTO));
	}
}

Test(state_set, only_vital_events_may_use_the_reserve)
{
	cr_assert(eq(int, state_set_class(EVENT_PROCEXIT_1_E), RING_STATE));
	cr_assert(eq(int, state_set_class(EVENT_SYSCALL_OPENAT_2_X), RING_BULK));
	cr_assert(eq(int, state_set_class(EVENT_SYSCALL_READ_X), RING_BULK));
	cr_assert(eq(int, state_set_class(0xffff), RING_BULK));
	cr_assert(state_set_matters(EVENT_SYSCALL_OPENAT_2_X));
	cr_assert_not(state_set_matters(EVENT_SYSCALL_READ_X));
}
