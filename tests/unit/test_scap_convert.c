/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of old captures become those of today: what the enter event said stands on the
 * exit, new parameters are there, and what cannot be converted says why.  That each row
 * of the table is right is tests/pipeline/frames.sh's to say.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "enter_table.h"
#include "scap_convert.h"
#include "support/scap_kit.h"

static struct scap_convert *convert;
static struct raw_event got;

static void begin(void)
{
	cr_assert(eq(int, scap_convert_new(12345, &convert), 0));
}

static void end(void)
{
	scap_convert_free(convert);
}

/* Through a file's bytes, as an event comes. */
static int give(uint16_t code, int64_t tid, const struct kit_param *params, unsigned n)
{
	static struct kit kit;
	static struct scap_reader r;
	static struct scap_item item;
	bool wide = event_info(code)->flags & EF_LARGE_PAYLOAD;

	kit.n = 0;
	kit_section(&kit);
	kit_event(&kit, wide ? EVF_V2_LARGE : EV_V2, code, tid, params, n, wide ? 4 : 2);
	scap_reader_init(&r);
	scap_give(&r, span_of(kit.b, kit.n), true);
	cr_assert(eq(int, scap_read(&r, &item), 1));
	cr_assert(eq(int, scap_read(&r, &item), 1), "%s", r.why);
	return scap_convert(convert, &item.event, &got);
}

#define GIVE(code, tid, ...)                                                                       \
	give(EVENT_##code, tid, (struct kit_param[]){ __VA_ARGS__ },                               \
	     sizeof((struct kit_param[]){ __VA_ARGS__ }) / sizeof(struct kit_param))

#define PASSES(code, tid, ...)                                                                     \
	cr_assert(eq(int, GIVE(code, tid, __VA_ARGS__), 1), "%s", scap_convert_why(convert))
#define SWALLOWED(code, tid, ...)                                                                  \
	cr_assert(eq(int, GIVE(code, tid, __VA_ARGS__), 0), "%s", scap_convert_why(convert))

static void refused(int err, const char *why)
{
	cr_assert(eq(int, err, -EPROTO));
	cr_assert(strstr(scap_convert_why(convert), why) != NULL, "it says '%s'",
		  scap_convert_why(convert));
}

static void is_int(unsigned i, int64_t v)
{
	cr_assert(i < got.nparams);
	cr_assert(eq(int, got.params[i].kind, PARAM_INT), "parameter %u", i);
	cr_assert(eq(i64, got.params[i].i, v), "parameter %u", i);
}

static void is_text(unsigned i, const char *text)
{
	cr_assert(i < got.nparams);
	cr_assert(eq(int, got.params[i].kind, PARAM_BYTES), "parameter %u", i);
	cr_assert(span_is(got.params[i].s, text), "parameter %u", i);
}

static void is_empty(unsigned i)
{
	cr_assert(i < got.nparams);
	cr_assert(eq(int, got.params[i].kind, PARAM_EMPTY), "parameter %u", i);
}

TestSuite(scap_convert, .init = begin, .fini = end);

#define RES(v) KIT_INT(int64_t, v)
#define I64(v) KIT_INT(int64_t, v)
#define U32(v) KIT_INT(uint32_t, v)
#define U16(v) KIT_INT(uint16_t, v)
#define U8(v)  KIT_INT(uint8_t, v)

/* ---- events of today ---- */

Test(scap_convert, an_event_of_today_has_its_parameters_in_their_types)
{
	PASSES(SYSCALL_OPENAT_2_X, 42, I64(-2), I64(-100), KIT_TEXT("/etc/x"), U32(0x80000001),
	       U32(0644), U32(0), KIT_INT(uint64_t, 7));
	cr_assert(eq(u16, got.code, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert(eq(i64, got.tid, 42));
	cr_assert(eq(i64, got.pid, -1));
	cr_assert(eq(u16, got.cpu, 3));
	cr_assert(eq(u32, got.flags, 0));
	cr_assert(eq(u64, got.ts_ns, 1700000000123456789));
	cr_assert_not(got.has_kernel);
	cr_assert(eq(u8, got.nparams, 7));
	is_int(0, -2);
	is_int(1, -100);
	is_text(2, "/etc/x");
	is_int(3, 0x80000001);
	is_int(6, 7);
}

Test(scap_convert, only_types_with_a_sign_are_negative)
{
	/* setpgid: res ERRNO, pid PID, pgid PID; seccomp: op UINT64 */
	PASSES(SYSCALL_SETPGID_X, 1, RES(-1), I64(-5), I64(6));
	is_int(0, -1);
	is_int(1, -5);
	PASSES(SYSCALL_SETUID_X, 1, RES(0), U32(UINT32_MAX)); /* no user, and no -1 */
	is_int(1, UINT32_MAX);
	PASSES(SYSCALL_FLOCK_X, 1, RES(0), I64(3), U32(0x80000000));
	is_int(2, 0x80000000);
}

Test(scap_convert, a_number_of_another_width_says_nothing)
{
	PASSES(SYSCALL_CLOSE_X, 1, RES(0), U32(3));
	is_int(0, 0);
	is_empty(1);
}

Test(scap_convert, a_string_ends_at_its_first_nul_and_need_not_have_one)
{
	PASSES(SYSCALL_CHDIR_X, 1, RES(0), { "/a\0b", 5 });
	is_text(1, "/a");
	PASSES(SYSCALL_CHDIR_X, 1, RES(0), { "/ab", 3 });
	is_text(1, "/ab");
	PASSES(SYSCALL_CHDIR_X, 1, RES(0), { "", 1 });
	is_text(1, "");
	PASSES(SYSCALL_CHDIR_X, 1, RES(0), KIT_NONE);
	is_empty(1);
}

Test(scap_convert, parameters_that_are_new_to_us_are_left_out)
{
	/* signaldeliver is never converted: it goes as it is, whatever it has. */
	PASSES(SIGNALDELIVER_E, 1, I64(1), I64(2), U8(9), U32(77));
	cr_assert(eq(u8, got.nparams, event_info(EVENT_SIGNALDELIVER_E)->nparams));
	is_int(2, 9);
}

Test(scap_convert, state_only_is_told)
{
	PASSES(CONTAINER_JSON_2_E, 1, KIT_TEXT("{}")); /* the kit's block has flags */
	cr_assert(eq(u32, got.flags, EVENT_STATE_ONLY));
	is_text(0, "{}");
}

Test(scap_convert, parameters_that_reach_beyond_their_event_are_refused)
{
	struct scap_event ev = { .code = EVENT_SYSCALL_CLOSE_X,
				 .nparams = 2,
				 .lens = (const uint8_t *)"\x08\x00\x09\x00",
				 .data = { (const uint8_t *)"0123456789abcdef", 16 } };

	refused(scap_convert(convert, &ev, &got), "reach beyond it");
	ev.nparams = 1;
	ev.lens = (const uint8_t *)"\x11\x00";
	refused(scap_convert(convert, &ev, &got), "reach beyond it");
}

/* ---- two events become one ---- */

Test(scap_convert, what_the_enter_event_said_stands_on_the_exit)
{
	SWALLOWED(SYSCALL_READ_E, 42, I64(5), U32(4096));
	SWALLOWED(SYSCALL_READ_E, 43, I64(6), U32(512));
	PASSES(SYSCALL_READ_X, 42, RES(3), { "abc", 3 });
	cr_assert(eq(u8, got.nparams, 4));
	is_int(0, 3);
	is_text(1, "abc");
	is_int(2, 5);
	is_int(3, 4096);
	PASSES(SYSCALL_READ_X, 43, RES(-9), KIT_NONE);
	is_int(2, 6);
	is_int(3, 512);
}

Test(scap_convert, an_exit_alone_gets_zeros_or_nothing)
{
	PASSES(SYSCALL_READ_X, 42, RES(3), { "abc", 3 });
	is_int(2, 0);
	is_int(3, 0);
	PASSES(SYSCALL_DUP_X, 42, RES(3));
	cr_assert(eq(u16, got.code, EVENT_SYSCALL_DUP_1_X));
	is_int(0, 3);
	is_empty(1);
}

Test(scap_convert, an_enter_event_is_for_one_exit)
{
	SWALLOWED(SYSCALL_CLOSE_E, 42, I64(5));
	PASSES(SYSCALL_CLOSE_X, 42, RES(0));
	is_int(1, 5);
	PASSES(SYSCALL_CLOSE_X, 42, RES(0));
	is_int(1, 0);
}

Test(scap_convert, a_later_enter_event_takes_the_place_of_an_earlier)
{
	SWALLOWED(SYSCALL_CLOSE_E, 42, I64(5));
	SWALLOWED(SYSCALL_CLOSE_E, 42, I64(6));
	PASSES(SYSCALL_CLOSE_X, 42, RES(0));
	is_int(1, 6);
}

Test(scap_convert, an_exit_that_follows_on_another_call_is_refused)
{
	SWALLOWED(SYSCALL_CLOSE_E, 42, I64(5));
	refused(GIVE(SYSCALL_READ_X, 42, RES(3), { "abc", 3 }), "'read' follows on 'close'");
}

Test(scap_convert, a_thread_that_ended_has_no_exit_to_come)
{
	SWALLOWED(SYSCALL_CLOSE_E, 42, I64(5));
	PASSES(PROCEXIT_1_E, 42, RES(0), I64(0), U8(0), U8(0), I64(1));
	PASSES(SYSCALL_READ_X, 42, RES(3), { "abc", 3 });
	is_int(2, 0);
}

Test(scap_convert, some_enter_events_go_by_themselves)
{
	static const uint8_t addr[] = { 2, 127, 0, 0, 1, 80, 0 };

	PASSES(SYSCALL_OPENAT_2_E, 42, I64(-100), KIT_TEXT("/etc/x"), U32(1), U32(0));
	cr_assert(eq(u16, got.code, EVENT_SYSCALL_OPENAT_2_E));
	is_text(1, "/etc/x");
	PASSES(SOCKET_CONNECT_E, 42, I64(3), { addr, sizeof(addr) });
	PASSES(SOCKET_CONNECT_X, 42, RES(0), { "", 0 });
	is_int(2, 3); /* and are kept as well */
	PASSES(SYSCALL_EXECVE_19_E, 42, KIT_TEXT("/bin/sh"));
	is_text(0, "/bin/sh");
}

Test(scap_convert, other_enter_events_of_old_are_dropped)
{
	SWALLOWED(SYSCALL_CLONE_20_E, 42, I64(0)); /* nothing of it is needed */
	SWALLOWED(PROCEXIT_X, 42, I64(0));	   /* and this was never used */
}

/* ---- older and older ---- */

Test(scap_convert, an_event_goes_through_all_its_versions)
{
	/* execve of the first captures: 8 parameters; it has 30 today. */
	PASSES(SYSCALL_EXECVE_8_X, 42, RES(0), KIT_TEXT("cat"), { "/etc/x", 7 }, I64(42), I64(42),
	       I64(1), KIT_TEXT("/"), KIT_INT(uint64_t, 1024));
	cr_assert(eq(u16, got.code, EVENT_SYSCALL_EXECVE_19_X));
	cr_assert(eq(u8, got.nparams, event_info(EVENT_SYSCALL_EXECVE_19_X)->nparams));
	is_int(0, 0);
	is_text(1, "cat");
	is_int(3, 42);
	is_int(7, 1024);
	for (unsigned i = 8; i < got.nparams; i++)
		is_empty(i);
}

Test(scap_convert, a_container_of_old_becomes_json)
{
	PASSES(CONTAINER_E, 1, KIT_TEXT("3f5ae0a1b2c3"), U32(7), KIT_TEXT("a \"name\"\n\\"),
	       KIT_TEXT("nginx:latest"));
	cr_assert(eq(u16, got.code, EVENT_CONTAINER_JSON_2_E));
	cr_assert(eq(u8, got.nparams, 1));
	is_text(0, "{\"id\":\"3f5ae0a1b2c3\",\"type\":7,\"name\":\"a \\\"name\\\"\\u000a\\\\\","
		   "\"image\":\"nginx:latest\"}");
}

Test(scap_convert, a_parameter_is_cut_to_the_width_that_it_has_today)
{
	SWALLOWED(SYSCALL_CLOSE_E, 42, { "\x05\0\0\0\0\0\0\0 and more", 17 });
	PASSES(SYSCALL_CLOSE_X, 42, RES(0));
	is_int(1, 5);
}

Test(scap_convert, what_no_row_is_for_is_refused)
{
	refused(GIVE(SYSCALL_CLOSE_X, 42, RES(0), I64(3), I64(4)), "'close' (5) of 3 parameters");
	refused(give(EVENT_SYSCALL_OPEN_X, 42, NULL, 0), "'open' (3) of 0 parameters");
}

Test(scap_convert, of_old_events_both_number_and_length_of_parameters_have_a_bound)
{
	static uint8_t lens[2 * 33], data[70000];
	struct scap_event ev = { .code = EVENT_SYSCALL_CLOSE_E, .nparams = 33, .lens = lens };

	refused(scap_convert(convert, &ev, &got), "33 parameters");
	ev.nparams = 1;
	ev.data = span_of(data, sizeof(data));
	refused(scap_convert(convert, &ev, &got), "70000 bytes");
}

/* ---- what waits ---- */

static struct enter_table table;

static void keep(int64_t tid, const char *text)
{
	struct span param = span_str(text);

	enter_table_put(&table, tid, 4, &param, 1);
}

static void is_kept(int64_t tid, const char *text)
{
	const struct enter_event *e = enter_table_find(&table, tid);

	cr_assert(eq(int, e != NULL, text != NULL), "tid %lld", (long long)tid);
	if (e != NULL)
		cr_assert(span_is(e->params[0], text));
}

Test(enter_table, keeps_and_forgets)
{
	char text[32];

	enter_table_init(&table, 99);
	for (int64_t tid = -500; tid < 500; tid++) {
		snprintf(text, sizeof(text), "%lld", (long long)tid);
		keep(tid, text);
	}
	for (int64_t tid = -500; tid < 500; tid += 3)
		enter_table_remove(&table, tid);
	for (int64_t tid = -500; tid < 500; tid++) {
		snprintf(text, sizeof(text), "%lld", (long long)tid);
		is_kept(tid, (tid + 500) % 3 == 0 ? NULL : text);
	}
	keep(7, "longer than what was there before, and so somewhere else in memory, 64 bytes");
	is_kept(7, "longer than what was there before, and so somewhere else in memory, 64 bytes");
	cr_assert(eq(u64, table.forgotten, 0));
	enter_table_release(&table);
}

Test(enter_table, is_bounded_in_threads)
{
	enter_table_init(&table, 99);
	for (int64_t tid = 0; tid < ENTER_MAX_THREADS + 10; tid++)
		keep(tid, "x");
	cr_assert(eq(u32, table.count, ENTER_MAX_THREADS));
	cr_assert(eq(u64, table.forgotten, 10));
	is_kept(ENTER_MAX_THREADS, NULL);
	enter_table_remove(&table, 1);
	keep(ENTER_MAX_THREADS, "y");
	is_kept(ENTER_MAX_THREADS, "y");
	enter_table_release(&table);
}

Test(enter_table, is_bounded_in_bytes)
{
	static uint8_t big[60000];
	struct span param = span_of(big, sizeof(big));

	enter_table_init(&table, 99);
	for (int64_t tid = 0; tid < 2000; tid++)
		enter_table_put(&table, tid, 4, &param, 1);
	cr_assert(table.bytes <= ENTER_MAX_BYTES);
	cr_assert(eq(u64, table.forgotten, 2000 - 1024));
	enter_table_release(&table);
}
