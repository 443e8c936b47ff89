/* SPDX-License-Identifier: Apache-2.0
 *
 * The event tables say what Falco's say, and refuse what they do not have.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "event.h"

Test(event, openat_has_its_name_and_parameters)
{
	const struct event_info *info = event_info(EVENT_SYSCALL_OPENAT_2_X);

	cr_assert_not_null(info);
	cr_assert_str_eq(info->name, "openat");
	cr_assert(eq(u8, info->nparams, 7));
	cr_assert_str_eq(info->params[1].name, "dirfd");
	cr_assert(eq(u8, info->params[2].type, PT_FSRELPATH));
	cr_assert(eq(i8, info->params[2].dirfd, 1));
	cr_assert(eq(int, event_param_index(EVENT_SYSCALL_OPENAT_2_X, span_str("name")), 2));
	cr_assert(eq(int, event_param_index(EVENT_SYSCALL_OPENAT_2_X, span_str("nam")), -1));
}

Test(event, a_code_behind_the_table_has_no_row)
{
	cr_assert_null(event_info(EVENT_CODE_COUNT));
	cr_assert_null(event_info(0xffff));
	cr_assert(eq(int, event_param_index(0xffff, span_str("fd")), -1));
	cr_assert(eq(uint, flag_table(FLAG_TABLE_COUNT)->count, 0));
}

Test(event, flags_come_in_the_order_in_which_they_are_tried)
{
	const struct flag_table *t = flag_table(FLAG_TABLE_execve_flags);

	cr_assert_str_eq(t->name, "execve_flags");
	cr_assert(eq(uint, t->count, 4));
	cr_assert_str_eq(t->flags[0].name, "EXE_WRITABLE");
}

Test(event, native_numbers_find_their_system_call)
{
#ifdef __x86_64__
	cr_assert(eq(uint, syscall_from_native(257), SC_openat));
#else
	cr_assert(eq(uint, syscall_from_native(56), SC_openat));
#endif
	cr_assert_str_eq(syscall_info(SC_openat)->name, "openat");
	cr_assert(eq(uint, syscall_info(SC_openat)->exit_event, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert(eq(uint, syscall_from_native(-1), 0));
	cr_assert(eq(uint, syscall_from_native(100000), 0));
}
