/* SPDX-License-Identifier: Apache-2.0
 *
 * What is collected for what is asked: state always, ends of descriptors only for those
 * who need them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "selection.h"
#include "wire.h"

static void ask(struct ring_wants *w, unsigned code)
{
	w->events[code / 64] |= UINT64_C(1) << (code % 64);
}

static bool has(const struct selection *s, unsigned code)
{
	return event_set_has(&s->events, code);
}

static bool spares(const struct selection *s, unsigned code)
{
	return event_set_has(&s->spared, code);
}

Test(selection, holds_state_and_what_is_asked_for)
{
	struct ring_wants wants = { .version = 1 };
	struct selection s;

	ask(&wants, EVENT_SYSCALL_KILL_X);
	selection_fill(&s, &wants, NULL);
	cr_assert(has(&s, EVENT_SYSCALL_EXECVE_19_X));
	cr_assert(has(&s, EVENT_SYSCALL_KILL_X));
	cr_assert_not(has(&s, EVENT_SYSCALL_READ_X));
	cr_assert(call_set_has(&s.calls, SC_kill));
	cr_assert(call_set_has(&s.calls, SC_openat));
	cr_assert_not(call_set_has(&s.calls, SC_read));
	cr_assert(eq(u32, s.nasked, 1));
}

Test(selection, calls_without_an_event_of_their_own_are_asked_for_one_by_one)
{
	struct ring_wants wants = { .version = 1 };
	struct selection s;

	ask(&wants, EVENT_GENERIC_X);
	wants.syscalls[SC_sysinfo / 64] |= UINT64_C(1) << SC_sysinfo % 64;
	selection_fill(&s, &wants, NULL);
	cr_assert(has(&s, EVENT_GENERIC_X));
	cr_assert(call_set_has(&s.calls, SC_sysinfo));
	cr_assert_not(call_set_has(&s.calls, SC_getppid));
}

Test(selection, urgent_is_what_somebody_looks_at)
{
	struct ring_wants wants = { .version = 1 };
	struct selection s;

	ask(&wants, EVENT_SYSCALL_KILL_X);
	selection_fill(&s, &wants, NULL);
	cr_assert(event_set_has(&s.urgent, EVENT_SYSCALL_KILL_X));
	cr_assert_not(event_set_has(&s.urgent, EVENT_SYSCALL_EXECVE_19_X),
		      "it is the state's alone");
	wants.extras = WANT_TAP;
	selection_fill(&s, &wants, NULL);
	cr_assert(event_set_has(&s.urgent, EVENT_SYSCALL_EXECVE_19_X), "somebody keeps all");
	selection_fill(&s, NULL, NULL);
	cr_assert(event_set_has(&s.urgent, EVENT_SYSCALL_EXECVE_19_X), "nobody knows yet");
}

Test(selection, what_is_no_system_call_is_collected_while_it_is_asked_for)
{
	struct ring_wants wants = { .version = 1 };
	struct selection s;

	selection_fill(&s, &wants, NULL);
	cr_assert(has(&s, EVENT_PROCEXIT_1_E));
	cr_assert_not(has(&s, EVENT_SIGNALDELIVER_E));
	ask(&wants, EVENT_SIGNALDELIVER_E);
	selection_fill(&s, &wants, NULL);
	cr_assert(has(&s, EVENT_SIGNALDELIVER_E));
}

/* ---- base_syscalls.* ---- */

static bool bits_are_zero(const struct call_set *c)
{
	static const struct call_set none;

	return memcmp(c, &none, sizeof(none)) == 0;
}

Test(selection, a_custom_set_takes_the_place_of_the_states)
{
	struct ring_wants wants = { .version = 1 };
	struct base_syscalls base = { 0 };
	struct selection s;

	ask(&wants, EVENT_SYSCALL_KILL_X);
	cr_assert(base_syscalls_add(&base, "execve"));
	cr_assert(base_syscalls_add(&base, "sysinfo"));
	selection_fill(&s, &wants, &base);
	cr_assert(call_set_has(&s.calls, SC_execve) && call_set_has(&s.calls, SC_sysinfo));
	cr_assert(call_set_has(&s.calls, SC_kill));
	cr_assert_not(call_set_has(&s.calls, SC_openat));
	cr_assert(call_set_has(&s.missing, SC_openat));
	cr_assert(eq(u32, s.ncalls, 3));
	cr_assert(has(&s, EVENT_PROCEXIT_1_E) && has(&s, EVENT_SYSCALL_CLONE_20_X),
		  "who begins and ends is told in any case");
}

Test(selection, a_name_with_an_exclamation_mark_is_taken_away_from_all)
{
	struct ring_wants wants = { .version = 1 };
	struct base_syscalls base = { 0 };
	struct selection s;

	ask(&wants, EVENT_SYSCALL_KILL_X);
	ask(&wants, EVENT_SYSCALL_PTRACE_X);
	cr_assert(base_syscalls_add(&base, "!kill"));
	cr_assert(base_syscalls_add(&base, "!openat"));
	selection_fill(&s, &wants, &base);
	cr_assert_not(call_set_has(&s.calls, SC_kill));
	cr_assert_not(has(&s, EVENT_SYSCALL_KILL_X));
	cr_assert(call_set_has(&s.asked, SC_kill), "a rule waits for it in vain");
	cr_assert_not(call_set_has(&s.calls, SC_openat));
	cr_assert(call_set_has(&s.missing, SC_openat));
	cr_assert(call_set_has(&s.calls, SC_ptrace));
	cr_assert(call_set_has(&s.calls, SC_open),
		  "without names of its own the state's are the base");
}

Test(selection, repair_leaves_of_the_state_what_the_rules_need)
{
	static const struct {
		const char *name;
		uint16_t code;
		bool open, socket;
	} rows[] = {
		{ "who runs what", EVENT_SYSCALL_EXECVE_19_X, false, false },
		{ "files", EVENT_SYSCALL_FCHMOD_X, true, false },
		{ "sockets", EVENT_SOCKET_CONNECT_X, false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct base_syscalls base = { .repair = true };
		struct ring_wants wants = { .version = 1 };
		struct selection s;

		ask(&wants, rows[i].code);
		selection_fill(&s, &wants, &base);
		cr_expect_eq(call_set_has(&s.calls, SC_openat), rows[i].open, "%s", rows[i].name);
		cr_expect_eq(call_set_has(&s.calls, SC_socket), rows[i].socket, "%s", rows[i].name);
		cr_expect(call_set_has(&s.calls, SC_setuid), "%s", rows[i].name);
		cr_expect(call_set_has(&s.calls, SC_clone), "%s", rows[i].name);
		base_syscalls_add(&base, "sysinfo");
		selection_fill(&s, &wants, &base);
		cr_expect(call_set_has(&s.calls, SC_sysinfo) && call_set_has(&s.calls, SC_setuid),
			  "%s: on top of a custom set", rows[i].name);
	}
}

Test(selection, names_that_are_no_system_call_are_refused)
{
	struct base_syscalls base = { 0 };

	cr_assert_not(base_syscalls_add(&base, "opennat"));
	cr_assert_not(base_syscalls_add(&base, "!"));
	cr_assert_not(base_syscalls_add(&base, ""));
	cr_assert(bits_are_zero(&base.with) && bits_are_zero(&base.without) && !base.has_with);
}

Test(selection, names_of_calls_fit_where_there_is_little_room)
{
	struct call_set c = { 0 };
	char text[64];

	call_set_names(&c, text, sizeof(text));
	cr_assert_str_eq(text, "");
	call_set_add(&c, SC_openat);
	call_set_names(&c, text, sizeof(text));
	cr_assert_str_eq(text, "openat");
	memset(&c, 0xff, sizeof(c));
	call_set_names(&c, text, sizeof(text));
	cr_assert_not_null(strstr(text, " more"));
}

Test(selection, until_something_is_said_state_is_whole)
{
	struct ring_wants nothing = { 0 };
	struct event_set none = { 0 };
	struct selection s, t;

	selection_fill(&s, NULL, NULL);
	cr_assert(has(&s, EVENT_SYSCALL_CLOSE_X));
	cr_assert_eq(memcmp(&s.spared, &none, sizeof(none)), 0);
	selection_fill(&t, &nothing, NULL);
	cr_assert_eq(memcmp(&s, &t, sizeof(s)), 0);
}

Test(selection, ends_of_descriptors_are_spared_unless_somebody_needs_them)
{
	static const struct {
		const char *name;
		uint16_t code;
		uint64_t extras;
		bool close, close_range, fcntl; /* spared */
	} rows[] = {
		{ "nothing asked", 0, 0, true, true, true },
		{ "close", EVENT_SYSCALL_CLOSE_X, 0, false, true, true },
		{ "close_range", EVENT_SYSCALL_CLOSE_RANGE_X, 0, true, false, true },
		{ "fcntl", EVENT_SYSCALL_FCNTL_X, 0, true, true, false },
		{ "fcntls that are told", EVENT_SYSCALL_FCNTL_X, WANT_RARE_FCNTLS, true, true,
		  true },
		{ "these, and a recorder", EVENT_SYSCALL_FCNTL_X, WANT_TAP | WANT_RARE_FCNTLS,
		  false, false, false },
		{ "their number", 0, 1u << WANT_FD_COUNT, false, false, true },
		{ "their types", 0, 1u << WANT_FD_TYPES, false, false, true },
		{ "those of a number", 0, 1u << WANT_FD_NAMED, false, false, true },
		{ "standard ones", 0, 1u << WANT_STDIO, true, true, true },
		{ "polled ones, but no poll", 0, 1u << WANT_FDLIST, true, true, true },
		{ "polled ones", EVENT_SYSCALL_PPOLL_X, 1u << WANT_FDLIST, false, false, true },
		{ "a recorder", 0, WANT_TAP, false, false, true },
		{ "whoever keeps account", 0, WANT_CLOSES, false, false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ring_wants wants = { .version = 1, .extras = rows[i].extras };
		struct selection s;

		if (rows[i].code != 0)
			ask(&wants, rows[i].code);
		selection_fill(&s, &wants, NULL);
		cr_expect_eq(spares(&s, EVENT_SYSCALL_CLOSE_X), rows[i].close, "%s: close",
			     rows[i].name);
		cr_expect_eq(spares(&s, EVENT_SYSCALL_CLOSE_RANGE_X), rows[i].close_range,
			     "%s: close_range", rows[i].name);
		cr_expect_eq(spares(&s, EVENT_SYSCALL_FCNTL_X), rows[i].fcntl, "%s: fcntl",
			     rows[i].name);
		cr_expect(has(&s, EVENT_SYSCALL_CLOSE_X), "%s: of the standard ones it is told",
			  rows[i].name);
	}
}

Test(selection, streams_are_spared_unless_somebody_looks_at_them)
{
	static const struct {
		const char *name;
		uint16_t codes[2];
		uint64_t extras;
		bool spared;
	} rows[] = {
		{ "nothing asked", { 0 }, 0, true },
		{ "sockets", { EVENT_SOCKET_SOCKET_X }, 0, false },
		{ "rare ones", { EVENT_SOCKET_SOCKET_X }, WANT_RARE_SOCKETS, true },
		{ "rare ones, and closes",
		  { EVENT_SOCKET_SOCKET_X, EVENT_SYSCALL_CLOSE_X },
		  WANT_RARE_SOCKETS,
		  false },
		{ "closes", { EVENT_SYSCALL_CLOSE_RANGE_X }, WANT_RARE_SOCKETS, false },
		{ "the number of descriptors", { 0 }, 1u << WANT_FD_COUNT, false },
		{ "a recorder", { 0 }, WANT_TAP | WANT_RARE_SOCKETS, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ring_wants wants = { .version = 1, .extras = rows[i].extras };
		struct selection s;

		for (unsigned k = 0; k < 2 && rows[i].codes[k] != 0; k++)
			ask(&wants, rows[i].codes[k]);
		selection_fill(&s, &wants, NULL);
		cr_expect_eq(spares(&s, EVENT_SOCKET_SOCKET_X), rows[i].spared, "%s", rows[i].name);
		cr_expect(has(&s, EVENT_SOCKET_SOCKET_X), "%s: of others it is told", rows[i].name);
	}
}

Test(selection, grows_when_ends_are_told_that_were_not)
{
	struct ring_wants few = { .version = 1 }, more = { .version = 2 };
	struct selection s, t;

	ask(&more, EVENT_SYSCALL_CLOSE_X);
	selection_fill(&s, &few, NULL);
	selection_fill(&t, &more, NULL);
	cr_assert(selection_grows(&s, &t));
	cr_assert_not(selection_grows(&t, &s));
	cr_assert_not(selection_grows(&s, &s));
}
