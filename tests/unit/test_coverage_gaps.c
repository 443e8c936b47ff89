/* SPDX-License-Identifier: Apache-2.0
 *
 * What is not seen when a program of the kernel side is missing.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "coverage.h"
#include "record.h"

static const char *const programs[] = {
#define FAMILY(name, program) #program,
#include "family.def"
#undef FAMILY
#define TRACE(event, program) #program,
#include "family.def"
#undef TRACE
#define RING(program) #program,
#include "family.def"
#undef RING
};

static struct coverage cov;

static bool is_empty(const struct event_set *set)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (event_set_has(set, code))
			return false;
	return true;
}

Test(coverage, every_program_of_the_table_makes_events)
{
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		struct event_set events = coverage_events(programs[i]);

		cr_assert_not(is_empty(&events), "%s", programs[i]);
	}
}

Test(coverage, an_event_is_its_familys)
{
	struct event_set events = coverage_events("exit_open");

	cr_assert(event_set_has(&events, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert_not(event_set_has(&events, EVENT_SYSCALL_CLOSE_X));
	events = coverage_events("task_switch");
	cr_assert(event_set_has(&events, EVENT_SCHEDSWITCH_6_E));
}

Test(coverage, only_what_tells_processes_and_what_is_in_no_table_is_essential)
{
	unsigned essential = 0;

	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		essential += coverage_is_essential(programs[i]);
	cr_assert(eq(uint, essential, 2));
	cr_assert(coverage_is_essential("exit_exec"));
	cr_assert(coverage_is_essential("exit_clone"));
	cr_assert(coverage_is_essential("sys_exit"));
	cr_assert(coverage_is_essential("process_exit"));
	cr_assert_not(coverage_is_essential("exit_plain"));
}

Test(coverage, what_is_lost_is_missing_and_the_rest_is_seen)
{
	struct event_set set = { { 0 } }, unseen;
	struct event_set seen;

	event_set_add(&set, EVENT_SYSCALL_OPENAT_2_X);
	event_set_add(&set, EVENT_SYSCALL_CLOSE_X);
	cr_assert_not(coverage_unseen(&cov, &set, &unseen));
	cr_assert(coverage_lose(&cov, "exit_open", "why"));
	seen = coverage_seen(&cov, &set);
	cr_assert_not(event_set_has(&seen, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert(event_set_has(&seen, EVENT_SYSCALL_CLOSE_X));
	cr_assert(coverage_unseen(&cov, &set, &unseen));
	cr_assert(event_set_has(&unseen, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert_not(event_set_has(&unseen, EVENT_SYSCALL_CLOSE_X));
	cr_assert_not(event_set_has(&unseen, EVENT_SYSCALL_CREAT_X), "nobody asked for it");
}

Test(coverage, an_essential_program_is_no_gap)
{
	cr_assert_not(coverage_lose(&cov, "process_exec", "why"));
	cr_assert_not(coverage_lose(&cov, "no_such_program", "why"));
	cr_assert(eq(uint, cov.ngaps, 0));
}

Test(coverage, what_is_asked_for_through_io_uring_is_still_seen_as_a_system_call)
{
	struct event_set set = coverage_events("uring_submit"), unseen;

	cr_assert(event_set_has(&set, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert(coverage_lose(&cov, "uring_submit", "why"));
	cr_assert(cov.gaps[0].of_ring);
	cr_assert_not(coverage_unseen(&cov, &set, &unseen));
	cr_assert(coverage_lose(&cov, "exit_open", "why"));
	cr_assert_not(cov.gaps[1].of_ring);
	cr_assert(coverage_unseen(&cov, &set, &unseen));
}

Test(coverage, an_event_is_still_seen_without_the_program_that_notes_things_for_it)
{
	struct event_set set = coverage_events("connect_begun"), unseen;

	cr_assert(event_set_has(&set, EVENT_SOCKET_CONNECT_X));
	cr_assert(coverage_lose(&cov, "connect_begun", "why"));
	cr_assert_not(coverage_unseen(&cov, &set, &unseen));
	cr_assert(coverage_lose(&cov, "exit_connect", "why"));
	cr_assert(coverage_unseen(&cov, &set, &unseen));
}

Test(coverage, there_are_only_so_many_gaps)
{
	for (unsigned i = 0; i < CONTROL_MAX_GAPS; i++)
		cr_assert(coverage_lose(&cov, "exit_poll", "why"));
	cr_assert_not(coverage_lose(&cov, "exit_poll", "why"));
	cr_assert(eq(uint, cov.ngaps, CONTROL_MAX_GAPS));
}

Test(coverage, the_report_says_what_rules_ask_for_and_what_bears_state)
{
	struct event_set wanted = { { 0 } };
	static struct stage_status s;

	event_set_add(&wanted, EVENT_SYSCALL_POLL_X);
	cr_assert(coverage_lose(&cov, "exit_poll", "because"));
	cr_assert(coverage_lose(&cov, "exit_open", "too"));
	coverage_report(&cov, &wanted, &s);
	cr_assert(eq(uint, s.ngaps, 2));
	cr_assert_str_eq(s.gaps[0].program, "exit_poll");
	cr_assert_str_eq(s.gaps[0].reason, "because");
	cr_assert(s.gaps[0].wanted[EVENT_SYSCALL_POLL_X / 64] >> (EVENT_SYSCALL_POLL_X % 64) & 1);
	cr_assert_not(s.gaps[0].wanted[EVENT_SYSCALL_PPOLL_X / 64] >> (EVENT_SYSCALL_PPOLL_X % 64) &
		      1);
	cr_assert(s.gaps[0].events[EVENT_SYSCALL_PPOLL_X / 64] >> (EVENT_SYSCALL_PPOLL_X % 64) & 1);
	cr_assert_not(s.gaps[0].of_state);
	cr_assert(s.gaps[1].of_state);
}

Test(coverage, what_is_put_off_is_not_seen_and_is_told_of_in_one_gap)
{
	struct event_set set = { { 0 } }, seen, unseen;
	static struct stage_status s;

	event_set_add(&set, EVENT_SYSCALL_POLL_X);
	event_set_add(&set, EVENT_SYSCALL_OPENAT_2_X);
	cr_assert(coverage_lose(&cov, "exit_open", "why"));
	coverage_put_off(&cov, "exit_poll");
	coverage_put_off(&cov, "uring_submit"); /* as system calls these are seen */
	seen = coverage_seen(&cov, &set);
	cr_assert(is_empty(&seen));
	cr_assert(coverage_unseen(&cov, &set, &unseen));
	cr_assert_not(event_set_has(&unseen, EVENT_SYSCALL_POLL_X), "it is not lost for good");
	coverage_report(&cov, &set, &s);
	cr_assert(eq(uint, s.ngaps, 2));
	cr_assert(s.gaps[0].wanted[EVENT_SYSCALL_POLL_X / 64] >> (EVENT_SYSCALL_POLL_X % 64) & 1);
	cr_assert_not(
		s.gaps[0].events[EVENT_SOCKET_CONNECT_X / 64] >> (EVENT_SOCKET_CONNECT_X % 64) & 1);
	cr_assert_str_eq(s.gaps[1].program, "exit_open");
	cr_assert(coverage_has_gap(&cov, "exit_open"));
	cr_assert_not(coverage_has_gap(&cov, "exit_poll"));
}

Test(coverage, the_reason_is_the_verifiers_last_word)
{
	static const struct {
		const char *name, *log, *reason;
	} cases[] = {
		{ "a whole log",
		  "0: (bf) r0 = r9\nR9 !read_ok\nprocessed 1 insns (limit 1000000) max_states\n",
		  "the verifier: R9 !read_ok" },
		{ "with statistics",
		  "R9 !read_ok\nverification time 12 usec\nstack depth 0\nprocessed 1 insns\n\n",
		  "the verifier: R9 !read_ok" },
		{ "one line without an end", "unknown func", "the verifier: unknown func" },
		{ "only statistics", "processed 1 insns\n", "no memory" },
		{ "none", "", "no memory" },
	};
	char buf[CONTROL_GAP_REASON], small[20];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		coverage_reason(span_str(cases[i].log), "no memory", buf, sizeof(buf));
		cr_assert_str_eq(buf, cases[i].reason, "%s", cases[i].name);
	}
	coverage_reason(span_str("a line that is longer than that"), "", small, sizeof(small));
	cr_assert_str_eq(small, "the verifier: a lin");
}

Test(coverage, names_come_once_and_what_finds_no_room_is_counted)
{
	struct event_set set = coverage_events("exit_open");
	char buf[128], small[40];

	coverage_names(&set, buf, sizeof(buf));
	cr_assert_str_eq(buf, "open, creat, openat, openat2, open_by_handle_at");
	coverage_names(&set, small, sizeof(small));
	cr_assert_str_eq(small, "open, creat, openat and 2 more");
	set = (struct event_set){ { 0 } };
	event_set_add(&set, EVENT_SYSCALL_EXECVE_18_X);
	event_set_add(&set, EVENT_SYSCALL_EXECVE_19_X);
	coverage_names(&set, buf, sizeof(buf));
	cr_assert_str_eq(buf, "execve");
	set = (struct event_set){ { 0 } };
	coverage_names(&set, buf, sizeof(buf));
	cr_assert_str_eq(buf, "");
}
