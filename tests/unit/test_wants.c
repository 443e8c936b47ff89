/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel side's tables: a row for each call that is wanted, by each of its numbers,
 * and none for any other.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "event.h"
#include "wants.h"

static struct wants filled(unsigned code)
{
	struct selection s = { 0 };
	struct wants w;

	selection_add(&s, code);
	wants_fill(&w, &s);
	return w;
}

static unsigned rows_with(const struct wanted *rows, size_t n, unsigned flag)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++)
		count += (rows[i].flags & flag) != 0;
	return count;
}

static int native_nr(unsigned sc)
{
#if defined(__x86_64__)
	return syscall_info(sc)->x86_64_nr;
#else
	return syscall_info(sc)->aarch64_nr;
#endif
}

Test(wants, nothing_wanted_is_nothing_asked_for)
{
	struct wants w = filled(EVENT_CODE_COUNT - 1); /* keyctl: any that is not below */
	struct selection none = { 0 };

	wants_fill(&w, &none);
	cr_assert(eq(u32, rows_with(w.native, WANTED_COUNT, 0xff), 0));
}

Test(wants, an_event_has_the_rows_of_its_calls_and_no_other)
{
	struct wants w = filled(EVENT_SYSCALL_CLOSE_X);
	const struct wanted *row = &w.native[native_nr(SC_close)];

	cr_assert(eq(u32, rows_with(w.native, WANTED_COUNT, WANTED_YES), 1));
	cr_assert(eq(u32, row->code, EVENT_SYSCALL_CLOSE_X));
	cr_assert(eq(u32, row->family, FAMILY_CLOSE));
	cr_assert(eq(u32, row->native, (unsigned)native_nr(SC_close)));
	cr_assert(eq(u32, row->flags & WANTED_STATE, 0));
	w = filled(EVENT_SYSCALL_EXECVEAT_X);
	cr_assert(ne(u32, w.native[native_nr(SC_execveat)].flags & WANTED_STATE, 0));
}

Test(wants, calls_without_an_event_of_their_own_are_wanted_together)
{
	struct wants w = filled(EVENT_GENERIC_X);

	cr_assert(eq(u32, w.native[native_nr(SC_personality)].sc, SC_personality));
	cr_assert(eq(u32, w.native[native_nr(SC_close)].flags & WANTED_YES, 0));
}

Test(wants, one_of_them_alone_has_its_row_alone)
{
	struct selection s = { 0 };
	struct wants w;

	event_set_add(&s.events, EVENT_GENERIC_X);
	call_set_add(&s.calls, SC_personality);
	wants_fill(&w, &s);
	cr_assert(eq(u32, rows_with(w.native, WANTED_COUNT, WANTED_YES), 1));
	cr_assert(eq(u32, w.native[native_nr(SC_personality)].code, EVENT_GENERIC_X));
}

Test(wants, a_call_that_is_spared_is_marked_and_keeps_its_family)
{
	struct selection s = { 0 };
	struct wants w;

	selection_add(&s, EVENT_SYSCALL_CLOSE_X);
	selection_add(&s, EVENT_SYSCALL_FCNTL_X);
	event_set_add(&s.spared, EVENT_SYSCALL_CLOSE_X);
	wants_fill(&w, &s);
	cr_assert(eq(u32, w.native[native_nr(SC_close)].family, FAMILY_CLOSE | WANTED_SPARED));
	cr_assert(eq(u32, w.native[native_nr(SC_fcntl)].family, FAMILY_FD));
}

#if defined(__x86_64__)

/* 6 is close in ia32 and lstat here. */
Test(wants, the_heartbeat_has_a_row_whether_others_want_that_call_or_not)
{
	struct wants w = filled(EVENT_SYSCALL_CLOSE_X);
	const struct wanted *row = &w.native[wants_beat_nr()];

	cr_assert(eq(int, wants_beat_nr(), native_nr(SC_sched_get_priority_max)));
	cr_assert(eq(u32, row->flags & WANTED_YES, 0));
	cr_assert_not(wants_beat(&w));
	cr_assert(eq(u32, row->flags & WANTED_YES, WANTED_YES));
	cr_assert(eq(u32, row->code, EVENT_GENERIC_X));
	cr_assert(eq(u32, row->sc, SC_sched_get_priority_max));
	cr_assert(eq(u32, row->family, FAMILY_GENERIC | WANTED_BEAT));
	cr_assert(eq(u32, rows_with(w.native, WANTED_COUNT, WANTED_YES), 2));
	w = filled(EVENT_GENERIC_X);
	cr_assert(wants_beat(&w));
	cr_assert(eq(u32, row->family, FAMILY_GENERIC | WANTED_BEAT));
}

Test(wants, a_number_of_ia32_is_marked_among_the_native_ones)
{
	struct wants w = filled(EVENT_SYSCALL_CLOSE_X);

	cr_assert(eq(u32, w.narrow[NARROW_32 + 6].code, EVENT_SYSCALL_CLOSE_X));
	cr_assert(eq(u32, w.narrow[NARROW_32 + 6].native, 3));
	cr_assert(ne(u32, w.native[6].flags & WANTED_NARROW, 0));
	cr_assert(eq(u32, w.native[6].flags & WANTED_YES, 0));
	cr_assert(eq(u32, rows_with(w.narrow, NARROW_X32, WANTED_YES), 1));
}

Test(wants, a_call_in_socketcall_has_its_row_and_its_number_of_arguments)
{
	struct wants w = filled(EVENT_SOCKET_CONNECT_X);
	const struct wanted *row = &w.narrow[NARROW_SOCKETCALL + 3];

	cr_assert(eq(u32, row->code, EVENT_SOCKET_CONNECT_X));
	cr_assert(eq(u32, row->flags >> WANTED_ARGS, 3));
	cr_assert(ne(u32, row->flags & WANTED_MANY, 0));
	cr_assert(ne(u32, w.narrow[NARROW_32 + 102].flags & WANTED_MANY, 0));
	cr_assert(eq(u32, w.narrow[NARROW_32 + 102].flags & WANTED_YES, 0),
		  "socketcall itself is not");
	cr_assert(ne(u32, w.native[102].flags & WANTED_NARROW, 0));
	cr_assert(eq(u32, w.narrow[NARROW_32 + 362].code, EVENT_SOCKET_CONNECT_X));
}

Test(wants, calls_that_only_32_bit_programs_have_have_their_events)
{
	struct wants w = filled(EVENT_SYSCALL_MMAP2_X);

	cr_assert(eq(u32, w.narrow[NARROW_32 + 192].code, EVENT_SYSCALL_MMAP2_X));
	cr_assert(eq(u32, rows_with(w.native, WANTED_COUNT, WANTED_YES), 0));
	w = filled(EVENT_SYSCALL_MMAP_X);
	cr_assert(eq(u32, w.narrow[NARROW_32 + 90].flags >> WANTED_ARGS, 6),
		  "mmap of old has its arguments in memory");
}

Test(wants, what_is_wide_in_ia32_is_marked)
{
	struct wants w = filled(EVENT_SYSCALL_PPOLL_X);

	cr_assert(eq(u32, w.narrow[NARROW_32 + 309].flags & WANTED_WIDE, 0));
	cr_assert(ne(u32, w.narrow[NARROW_32 + 414].flags & WANTED_WIDE, 0));
}

Test(wants, x32_has_numbers_of_its_own)
{
	struct wants w = filled(EVENT_SYSCALL_READV_X);

	cr_assert(eq(u32, w.narrow[515].code, EVENT_SYSCALL_READV_X));
	cr_assert(eq(u32, w.narrow[515].flags, WANTED_YES));
}

#else

/* 6 is close on 32-bit ARM and lsetxattr here. */
Test(wants, a_number_of_32_bit_arm_is_marked_among_the_native_ones)
{
	struct wants w = filled(EVENT_SYSCALL_CLOSE_X);

	cr_assert(eq(u32, w.narrow[NARROW_32 + 6].code, EVENT_SYSCALL_CLOSE_X));
	cr_assert(eq(u32, w.narrow[NARROW_32 + 6].native, 57));
	cr_assert(ne(u32, w.native[6].flags & WANTED_NARROW, 0));
	cr_assert(eq(u32, w.native[6].flags & WANTED_YES, 0));
	cr_assert(eq(u32, rows_with(w.narrow, NARROW_COUNT, WANTED_YES), 1));
}

Test(wants, calls_that_only_32_bit_programs_have_have_their_events)
{
	struct wants w = filled(EVENT_SYSCALL_OPEN_X);

	cr_assert(eq(u32, w.narrow[NARROW_32 + 5].code, EVENT_SYSCALL_OPEN_X));
	cr_assert(eq(u32, rows_with(w.native, WANTED_COUNT, WANTED_YES), 0));
	w = filled(EVENT_SOCKET_SEND_X);
	cr_assert(eq(u32, w.narrow[NARROW_32 + 289].code, EVENT_SOCKET_SEND_X));
}

#endif
