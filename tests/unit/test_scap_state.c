/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of state in front of a capture's events: the host before its tasks, the tasks
 * between their marks, and again what a later list or section says otherwise.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "scap_state.h"

static struct scap_state state;
static struct scap_item item;
static uint8_t buf[WIRE_MAX_PAYLOAD], last_host[WIRE_MAX_PAYLOAD];
static char made[64];
static struct host_frame host;

static void end(void)
{
	scap_state_release(&state);
}

static void begin(void)
{
	scap_state_init(&state);
	memset(made, 0, sizeof(made));
}

/* Capitals are for who is gone. */
static void note_if_gone(unsigned type, struct span payload)
{
	struct group_frame g;
	struct user_frame u;
	char *last = &made[strlen(made) - 1];

	if (type == FRAME_USER) {
		cr_assert(eq(int, wire_decode_user(payload, &u), 0));
		*last = u.gone ? 'U' : 'u';
	} else {
		cr_assert(eq(int, wire_decode_group(payload, &g), 0));
		*last = g.gone ? 'G' : 'g';
	}
}

/* Meet an item of that kind, and put down what it makes: a letter for each frame. */
static void meet(enum scap_kind kind)
{
	static const char letters[] = {
		[FRAME_HOST] = 'H',	   [FRAME_USER] = 'u',	    [FRAME_GROUP] = 'g',
		[FRAME_TASK] = 't',	   [FRAME_TASK_FILE] = 'f', [FRAME_SNAPSHOT_BEGIN] = '(',
		[FRAME_SNAPSHOT_END] = ')'
	};
	uint16_t type;
	ssize_t n;

	item.kind = kind;
	scap_state_meet(&state, &item);
	while ((n = scap_state_next(&state, &item, buf, &type)) != 0) {
		cr_assert(n > 0);
		made[strlen(made)] = letters[type];
		if (type == FRAME_USER || type == FRAME_GROUP)
			note_if_gone(type, span_of(buf, (size_t)n));
		if (type != FRAME_HOST)
			continue;
		memcpy(last_host, buf, (size_t)n);
		cr_assert(eq(int, wire_decode_host(span_of(last_host, (size_t)n), &host), 0));
	}
	if (kind == SCAP_EVENT)
		made[strlen(made)] = '.';
}

static void machine(const char *name)
{
	item.host = (struct host_frame){ .hostname = span_str(name), .num_cpus = 2 };
	meet(SCAP_MACHINE);
}

static void interface(const char *name)
{
	item.addr = (struct interface_addr){ .name = span_str(name) };
	meet(SCAP_INTERFACE);
}

static void task(void)
{
	item.task = (struct task_frame){ .info.tid = 1 };
	meet(SCAP_TASK);
}

static void file(void)
{
	memset(&item.file, 0, sizeof(item.file));
	meet(SCAP_TASK_FILE);
}

static void user(void)
{
	item.user = (struct user_frame){ .uid = 1, .name = span_str("ann") };
	meet(SCAP_USER);
}

static void group(uint32_t gid)
{
	item.group = (struct group_frame){ .gid = gid, .name = span_str("staff") };
	meet(SCAP_GROUP);
}

TestSuite(scap_state, .init = begin, .fini = end);

Test(scap_state, the_usual_order)
{
	meet(SCAP_SECTION);
	machine("host");
	meet(SCAP_INTERFACES);
	interface("lo");
	user();
	meet(SCAP_TASKS);
	task();
	file();
	meet(SCAP_EVENT);
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"uH(tf).."));
	cr_assert(span_is(host.hostname, "host"));
	cr_assert(eq(u16, host.naddrs, 1));
	cr_assert(span_is(host.addrs[0].name, "lo"));
}

Test(scap_state, without_tasks_there_is_no_snapshot)
{
	meet(SCAP_SECTION);
	meet(SCAP_EVENT);
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"H.."));
	cr_assert(eq(sz, host.hostname.n, 0));
}

Test(scap_state, the_host_is_told_again_when_more_is_known)
{
	meet(SCAP_SECTION);
	machine("host");
	meet(SCAP_TASKS);
	task();
	meet(SCAP_INTERFACES);
	interface("eth0");
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"H(tH)."));
	cr_assert(eq(u16, host.naddrs, 1));
}

Test(scap_state, a_second_list_of_tasks_is_of_the_same_snapshot)
{
	meet(SCAP_SECTION);
	meet(SCAP_TASKS);
	task();
	meet(SCAP_TASKS);
	task();
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"H(tt)."));
}

Test(scap_state, a_section_has_its_own_host_and_tasks)
{
	meet(SCAP_SECTION);
	machine("one");
	meet(SCAP_INTERFACES);
	interface("eth0");
	meet(SCAP_TASKS);
	meet(SCAP_EVENT);
	meet(SCAP_SECTION);
	machine("two");
	meet(SCAP_TASKS);
	task();
	meet(SCAP_OVERSIZE);
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"H().H(t)."));
	cr_assert(span_is(host.hostname, "two"));
	cr_assert(eq(u16, host.naddrs, 0));
}

Test(scap_state, nobody_is_left_behind_a_section_that_tells_of_no_tasks)
{
	meet(SCAP_SECTION);
	machine("one");
	meet(SCAP_EVENT);
	meet(SCAP_SECTION);
	machine("two");
	meet(SCAP_EVENT);
	meet(SCAP_EVENT);
	meet(SCAP_SECTION);
	meet(SCAP_TASKS);
	task();
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"H.H()..H(t)."));
}

Test(scap_state, a_later_list_of_interfaces_replaces_the_first)
{
	char name[100];

	meet(SCAP_SECTION);
	meet(SCAP_INTERFACES);
	interface("eth0");
	interface("eth1");
	meet(SCAP_INTERFACES);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (unsigned i = 0; i < HOST_MAX_ADDRS + 5; i++)
		interface(name);
	meet(SCAP_EVENT);
	cr_assert(state.lacks_addrs);
	cr_assert(eq(u16, host.naddrs, HOST_MAX_ADDRS));
	cr_assert(eq(sz, host.addrs[0].name.n, 64)); /* longer than any that a kernel has */
}

Test(scap_state, a_later_list_of_people_replaces_the_first)
{
	meet(SCAP_PEOPLE);
	user();
	group(10);
	group(11);
	meet(SCAP_EVENT);
	meet(SCAP_PEOPLE);
	group(12);
	meet(SCAP_PEOPLE);
	meet(SCAP_PEOPLE);
	meet(SCAP_EVENT);
	cr_assert(eq(str, made, (char *)"uggH.GGUgG."));
}

Test(scap_state, of_people_a_bounded_number_is_remembered)
{
	meet(SCAP_PEOPLE);
	for (uint32_t i = 0; i < SCAP_MAX_PEOPLE + 10; i++) {
		group(i);
		made[0] = 0;
	}
	cr_assert(eq(u32, state.npeople, SCAP_MAX_PEOPLE));
}
