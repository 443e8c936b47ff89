/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions, compiled and asked about one event: what is true, what is false,
 * and what must not compile.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "codes.h"
#include "eval_world.h"
#include "parse.h"

static struct eval_world world;
static struct diag diag;

static void setup(void)
{
	eval_world_init(&world);
	memset(&diag, 0, sizeof(diag));
}

static void teardown(void)
{
	eval_world_release(&world);
}

TestSuite(compile, .init = setup, .fini = teardown);

Test(compile, conditions_are_true_or_false_as_they_should)
{
	static const struct {
		const char *condition;
		bool is;
	} rows[] = {
		{ "evt.type = openat", true },
		{ "evt.type in (open, close)", false },
		{ "not evt.type in (open, close)", true },
		{ "evt.type = openat and proc.name = bash and fd.name = /etc/shadow", true },
		{ "evt.type = open or (proc.name = bash and not fd.name startswith /tmp)", true },
		{ "proc.name in (zsh, bash, fish)", true },
		{ "proc.name in ()", false },
		{ "proc.name != bash", false },
		{ "not proc.name != bash", true },
		{ "fd.name pmatch (/etc, /usr/bin)", true },
		{ "fd.name glob /etc/sh?d*", true },
		{ "fd.name regex '/etc/.*w'", true },
		{ "fd.name regex 'shadow'", false },
		{ "fd.name contains anyof (tmp, shad)", true },
		{ "fd.name contains allof (etc, shad)", true },
		{ "fd.name contains oneof (etc, shad)", false },
		{ "fd.num >= 0", true },
		{ "fd.num < 3", false },
		{ "fd.num in (1, 2, 3)", true },
		{ "proc.pid = 42", true },
		/* constants wrap at 64 bits, and stay all ones beyond */
		{ "evt.count = 1", true },
		{ "evt.count = -18446744073709551615", true },
		{ "evt.count = -18446744073709551616", false },
		{ "evt.count < -18446744073709551616", true },
		{ "evt.count < 18446744073709551616", true },
		{ "evt.count = 4294967297", true },
		{ "evt.num <= -18446744073709551616", true },
		{ "evt.num <= -18446744073709551615", false },
		{ "proc.pid > -18446744073709551616", true },
		{ "evt.around[1700000000003000001] = 4", true },
		{ "evt.around[1700000000003000001] == 4", true },
		{ "evt.around[1700000000003000001] == 3", false },
		{ "proc.pname = sshd", true },
		/* ancestors: any of them */
		{ "proc.aname = systemd", true },
		{ "proc.aname = bash", false },
		{ "proc.aname != sshd", true },
		{ "proc.aname in (cron, sshd)", true },
		{ "proc.aname[1] = sshd", true },
		{ "proc.aname[9] exists", false },
		/* a missing value is false, even when it is denied */
		{ "fd.sip = 1.2.3.4", false },
		{ "fd.sip != 1.2.3.4", false },
		{ "not fd.sip = 1.2.3.4", true },
		{ "fd.sip exists", false },
		/* either end of a file is there, but has no value */
		{ "fd.ip exists", true },
		{ "fd.net exists", true },
		{ "fd.port exists", false },
		{ "fd.proto exists", false },
		{ "fd.ip = 0.0.0.0", false },
		{ "fd.ip != 0.0.0.0", false },
		/* transformers, and fields against fields */
		{ "toupper(proc.name) = BASH", true },
		{ "basename(fd.name) = shadow", true },
		{ "len(fd.name) = 11", true },
		{ "concat(proc.name, \"-\", proc.pname) = bash-sshd", true },
		{ "join(\",\", (proc.name, proc.pid)) = 'bash,42'", true },
		{ "b64(concat(\"YmFz\", \"aA==\")) = bash", true },
		{ "proc.name = val(proc.pname)", false },
		{ "proc.name = val(proc.name)", true },
		{ "getopt((\"-c\", \"x\"), \"c:\")[c] = x", true },
		{ "getopt((\"-abc\"), \"abc\") intersects (\"b\")", true },
		{ "getopt((\"-ab\"), \"ab:\") in (\"a\", \"\")", true },
		{ "getopt((\"-ab\", \"\"), \"ab:\") intersects (\"b\")", true },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		int got = eval_world_ask(&world, rows[i].condition, &diag);

		cr_expect(got == (int)rows[i].is, "%s: %d %s", rows[i].condition, got,
			  got < 0 ? diag.message : "");
	}
}

/* The world's event is one of CODE with a parameter of this value. */
static void event_with(unsigned code, const char *name, int64_t value)
{
	int i = event_param_index(code, span_str(name));

	cr_assert(i >= 0);
	world.open.code = (uint16_t)code;
	world.open.nparams = (uint8_t)(i + 1);
	world.open.params[i] = (struct param){ .kind = PARAM_INT, .i = value };
	world.event.info = event_info(code);
}

/* The first event that has a `size` says UINT32, with a `tty` INT32, with `flags` FLAGS32. */
Test(compile, a_raw_number_is_compared_as_the_type_that_its_event_has)
{
	static const struct {
		unsigned code;
		const char *name;
		int64_t value;
		const char *condition;
		bool is;
	} rows[] = {
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size = -22", true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size == -22", true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size != -22", false },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size > -30", true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size < -30", false },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size >= -22", true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size <= -23", false },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size = 4294967274", true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size in (1, -22)", true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size in (1, 22)", false },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size intersects (-22)",
		  true },
		{ EVENT_SYSCALL_EPOLL_CREATE_X, "size", -22, "evt.rawarg.size in ()", false },
		{ EVENT_SYSCALL_READ_X, "size", 4294967274, "evt.rawarg.size = -22", true },
		{ EVENT_SYSCALL_READ_X, "size", 4294967274, "evt.rawarg.size > 5", true },
		{ EVENT_SYSCALL_EXECVE_19_X, "tty", 4294967295, "evt.rawarg.tty = -1", true },
		{ EVENT_SYSCALL_EXECVE_19_X, "tty", 4294967295, "evt.rawarg.tty > 0", true },
		{ EVENT_SYSCALL_TIMERFD_CREATE_X, "flags", 255, "evt.rawarg.flags = 767", true },
		{ EVENT_SYSCALL_TIMERFD_CREATE_X, "flags", 255, "evt.rawarg.flags = 511", true },
		{ EVENT_SYSCALL_TIMERFD_CREATE_X, "flags", 255, "evt.rawarg.flags < 767", false },
		{ EVENT_SYSCALL_TIMERFD_CREATE_X, "flags", 255, "evt.rawarg.flags in (767)", true },
		{ EVENT_SYSCALL_SIGNALFD4_X, "flags", 255, "evt.rawarg.flags < 767", true },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		event_with(rows[i].code, rows[i].name, rows[i].value);
		cr_expect(eq(int, eval_ask(&world.event, rows[i].condition, &diag), rows[i].is),
			  "%s at %s: %s", rows[i].condition, event_info(rows[i].code)->name,
			  diag.message);
	}
}

Test(compile, what_cannot_be_meant_is_refused_with_a_reason)
{
	static const struct {
		const char *condition, *reason;
	} rows[] = {
		{ "proc.nme = x", "did you mean 'proc.name'" },
		{ "nosuch.field = x", "nonexistent field" },
		{ "evt.type = opnat", "unknown event type" },
		{ "proc.pid contains 1", "not supported for numeric" },
		{ "proc.pid = 0x1f", "not a valid number" },
		{ "proc.pid = cat", "not a valid number" },
		{ "fd.sip = 1.2.3", "IP address" },
		{ "fd.snet = 1.2.3.4", "IP network" },
		{ "fd.snet = 1.2.3.4/33", "IP network" },
		{ "proc.name regex '('", "invalid regex" },
		{ "proc.name = val(proc.pid)", "differ" },
		{ "proc.name regex val(proc.pname)", "right-hand" },
		{ "tolower(proc.pid) = 1", "not supported by 'tolower'" },
		{ "len(proc.pid) = 1", "not supported by 'len'" },
		{ "join(proc.name, proc.name) = x", "not supported by 'join'" },
		{ "proc.name contains \"\\x00\"", "NUL" },
		{ "a_macro and proc.name = x", "Undefined macro" },
		{ "fd.name bcontains 41", "not supported for string" },
		{ "evt.is_io = yes", "boolean" },
		{ "evt.around[1700000000003000001] >= 4", "only '='" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		cr_expect(eval_world_ask(&world, rows[i].condition, &diag) == -1, "compiled: %s",
			  rows[i].condition);
		cr_expect(strstr(diag.message, rows[i].reason) != NULL, "%s: %s", rows[i].condition,
			  diag.message);
	}
}

/* The number of event codes that CONDITION can match; -1: the search refuses. */
static int codes_in(const char *condition)
{
	const struct node *at;
	struct codes codes;
	struct pool pool;
	struct node *tree;
	int n = -1;

	pool_init(&pool, 1024 * 1024);
	cr_assert(
		eq(int, parse_condition(span_str(condition), 1000, &pool, &tree, &diag, NULL), 0));
	if (codes_of_condition(tree, &codes, &diag, &at) == 0)
		n = (int)codes_count(&codes);
	pool_release(&pool);
	return n;
}

Test(compile, the_events_of_a_condition_are_told_from_its_tree)
{
	static const struct {
		const char *condition;
		int n;
	} rows[] = {
		{ "evt.type = openat", 4 },
		{ "evt.type in (openat)", 4 },
		{ "evt.type = openat and evt.type = close", 0 },
		{ "evt.type != openat", EVENT_CODE_COUNT - 4 },
		{ "not evt.type = openat", EVENT_CODE_COUNT - 4 },
		{ "not (evt.type = openat or proc.name = x)", EVENT_CODE_COUNT - 4 },
		{ "evt.type = openat or proc.name = x", EVENT_CODE_COUNT },
		{ "evt.type = openat and not proc.name = x", 4 },
		{ "not proc.name = x", EVENT_CODE_COUNT },
		{ "evt.num = 0", 0 },
		{ "not evt.num = 0", EVENT_CODE_COUNT },
		{ "evt.type exists", EVENT_CODE_COUNT },
		{ "not evt.type exists", 0 },
		{ "evt.type = val(proc.name)", -1 },
		{ "tolower(evt.type) = x", -1 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect(codes_in(rows[i].condition) == rows[i].n, "%s: %d", rows[i].condition,
			  codes_in(rows[i].condition));
}
