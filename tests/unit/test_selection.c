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
	selection_fill(&s, &wants);
	cr_assert(has(&s, EVENT_SYSCALL_EXECVE_19_X));
	cr_assert(has(&s, EVENT_SYSCALL_KILL_X));
	cr_assert_not(has(&s, EVENT_SYSCALL_READ_X));
}

Test(selection, until_something_is_said_state_is_whole)
{
	struct ring_wants nothing = { 0 };
	struct event_set none = { 0 };
	struct selection s, t;

	selection_fill(&s, NULL);
	cr_assert(has(&s, EVENT_SYSCALL_CLOSE_X));
	cr_assert_eq(memcmp(&s.spared, &none, sizeof(none)), 0);
	selection_fill(&t, &nothing);
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
		{ "their number", 0, 1u << WANT_FD_COUNT, false, false, true },
		{ "their types", 0, 1u << WANT_FD_TYPES, false, false, true },
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
		selection_fill(&s, &wants);
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

Test(selection, grows_when_ends_are_told_that_were_not)
{
	struct ring_wants few = { .version = 1 }, more = { .version = 2 };
	struct selection s, t;

	ask(&more, EVENT_SYSCALL_CLOSE_X);
	selection_fill(&s, &few);
	selection_fill(&t, &more);
	cr_assert(selection_grows(&s, &t));
	cr_assert_not(selection_grows(&t, &s));
	cr_assert_not(selection_grows(&s, &s));
}
