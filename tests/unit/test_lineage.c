/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an alert's event comes from.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "lineage.h"
#include "support/field_kit.h"

static struct kit kit;
static struct alert_frame alert;

static void lineage_of(uint64_t key)
{
	kit_is(&kit, key);
	lineage_put(&kit.e, &alert);
}

static void is_at(unsigned i, int64_t pid, const char *name, const char *cmdline)
{
	const struct alert_process *p = &alert.lineage[i];

	cr_assert(i < alert.nlineage && p->pid == pid && span_is(p->name, name) &&
			  span_is(p->cmdline, cmdline),
		  "%u of %u: %ld '%.*s' '%.*s'", i, alert.nlineage, (long)p->pid, (int)p->name.n,
		  (const char *)p->name.p, (int)p->cmdline.n, (const char *)p->cmdline.p);
}

Test(lineage, begins_with_the_process_and_ends_with_the_first_ancestor)
{
	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_X);
	lineage_put(&kit.e, &alert);
	cr_assert(eq(u8, alert.nlineage, 4));
	is_at(0, 60, "ssh", "ssh -o BatchMode=yes 127.0.0.1");
	is_at(1, 50, "bash", "bash -l");
	is_at(2, 40, "sshd", "sshd");
	is_at(3, 1, "supervisor", "supervisor");
	cr_assert(span_is(alert.lineage[3].exepath, "/usr/sbin/sv"));
}

Test(lineage, of_an_event_without_a_process_is_empty)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	alert.nlineage = 3;
	lineage_put(&kit.e, &alert);
	cr_assert(eq(u8, alert.nlineage, 0));
}

static void child(uint64_t key, int64_t pid, int64_t parent, struct span args)
{
	kit_process(&kit, key,
		    (struct process_info){ .tid = pid,
					   .pid = pid,
					   .ptid = parent,
					   .comm = span_str("sh"),
					   .args = args });
}

Test(lineage, of_processes_that_are_each_others_parents_ends)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	child(1, 10, 11, SPAN_NONE);
	child(2, 11, 10, SPAN_NONE);
	lineage_of(1);
	cr_assert(eq(u8, alert.nlineage, 2));
}

Test(lineage, has_a_bound_and_its_texts_have)
{
	static uint8_t args[4000];

	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	memset(args, 'x', sizeof(args));
	for (int64_t i = 1; i <= 40; i++)
		child((uint64_t)i, i, i - 1, span_of(args, sizeof(args)));
	lineage_of(40);
	cr_assert(eq(u8, alert.nlineage, ALERT_MAX_LINEAGE));
	for (unsigned i = 0; i < alert.nlineage; i++) {
		cr_assert(eq(sz, alert.lineage[i].cmdline.n, 512));
		cr_assert(memcmp(alert.lineage[i].cmdline.p, "sh xxx", 6) == 0);
	}
}

Test(lineage, without_room_says_the_name_alone)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	child(1, 10, 0, span_str("secret"));
	kit.arena.used = kit.arena.cap;
	lineage_of(1);
	is_at(0, 10, "sh", "sh");
}

Test(lineage, says_which_container_it_is_in)
{
	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_X);
	lineage_put_place(&kit.e, &alert);
	cr_assert(ge(u8, alert.nplace, 1));
	cr_assert(span_is(alert.place[0].name, "container.id"));
	cr_assert(span_is(alert.place[0].value.s, "host"));
	kit.e.process = NULL;
	lineage_put_place(&kit.e, &alert);
	cr_assert(eq(u8, alert.nplace, 0));
}
