/* SPDX-License-Identifier: Apache-2.0
 *
 * Captures of every version of the format: each kind of block gives what stands in it,
 * whatever pieces it comes in, and what cannot be is refused where it is.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "support/scap_kit.h"

static struct kit kit;
static struct scap_reader reader;
static struct scap_item item;

static void begin(void)
{
	memset(&kit, 0, sizeof(kit));
	kit_section(&kit);
}

/* Read what there is from its start; the section's own item is passed. */
static void open_kit(void)
{
	scap_reader_init(&reader);
	scap_give(&reader, span_of(kit.b, kit.n), true);
	cr_assert(eq(int, scap_read(&reader, &item), 1), "%s", reader.why);
	cr_assert(eq(int, item.kind, SCAP_SECTION));
}

static void next(enum scap_kind kind)
{
	int err = scap_read(&reader, &item);

	cr_assert(eq(int, err, 1), "%s", err < 0 ? reader.why : "the end");
	cr_assert(eq(int, item.kind, kind));
}

static void ends(void)
{
	int err = scap_read(&reader, &item);

	cr_assert(eq(int, err, 0), "%s", err < 0 ? reader.why : "one more");
}

static void refused(const char *why)
{
	int err;

	while ((err = scap_read(&reader, &item)) == 1)
		;
	cr_assert(eq(int, err, -EPROTO));
	cr_assert(strstr(reader.why, why) != NULL, "it says '%s'", reader.why);
}

static void is_text(struct span s, const char *text)
{
	cr_assert(span_is(s, text), "'%.*s' is not '%s'", (int)s.n, (const char *)s.p, text);
}

/* ---- golden bytes ---- */

/* Written down from the format, not by the kit: a section's header and one close(3) = 0. */
static const uint8_t golden[] = {
	0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,	  0,		     /* block, its length */
	0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    2,	  0,		     /* magic, 1.2 */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0, /* length, block's again */
	0x16, 0x02, 0,	  0,	60,   0,    0,	  0,		     /* event, v2 */
	5,    0,						     /* cpu */
	0x15, 0xcd, 0x85, 0x3d, 0xfe, 0x9c, 0x97, 0x17,		     /* ts */
	0x92, 0x10, 0,	  0,	0,    0,    0,	  0,		     /* tid 4242 */
	46,   0,    0,	  0,	5,    0,    2,	  0,	0,  0,	     /* len, close exit, 2 */
	8,    0,    8,	  0,	0,    0,    0,	  0,	0,  0, 0, 0,
	3,    0,    0,	  0,	0,    0,    0,	  0, /* res, fd */
	60,   0,    0,	  0,
};

Test(scap_read, reads_bytes_that_it_did_not_make)
{
	scap_reader_init(&reader);
	scap_give(&reader, span_of(golden, sizeof(golden)), true);
	next(SCAP_SECTION);
	next(SCAP_EVENT);
	cr_assert(eq(u16, item.event.code, EVENT_SYSCALL_CLOSE_X));
	cr_assert(eq(u16, item.event.cpu, 5));
	cr_assert(eq(u64, item.event.ts_ns, 1700000000123456789));
	cr_assert(eq(i64, item.event.tid, 4242));
	cr_assert(eq(u32, item.event.nparams, 2));
	cr_assert_not(item.event.state_only);
	cr_assert(eq(sz, scap_param_len(&item.event, 1), 8));
	cr_assert(eq(sz, item.event.data.n, 16));
	cr_assert(eq(int, item.event.data.p[8], 3));
	cr_assert(eq(u64, reader.block, 2));
	cr_assert(eq(u64, reader.block_offset, 28));
	ends();
}

/* ---- the machine and its people ---- */

Test(scap_read, the_machine)
{
	static const uint32_t blocks[] = { MI, 0x8002ABCD };

	for (unsigned i = 0; i < ARRAY_LEN(blocks); i++) {
		begin();
		kit_machine(&kit, "host");
		memcpy(kit.b + kit.block, &blocks[i], 4);
		open_kit();
		next(SCAP_MACHINE);
		is_text(item.host.hostname, "host");
		cr_assert(eq(u32, item.host.num_cpus, 4));
		cr_assert(eq(u64, item.host.memory_bytes, 8589934592));
		cr_assert(eq(u64, item.host.boot_ts_ns, 1700000000000000000));
		ends();
	}
}

static void put_interface(unsigned version, unsigned type)
{
	unsigned n = type == 1 || type == 3 ? 4 : 16;

	if (version == 2)
		kit_begin_entry(&kit);
	kit_int(&kit, type, 2);
	kit_int(&kit, 4, 2);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < n; j++)
			kit_int(&kit, 10 * i + j, 1);
	if (type <= 2)
		kit_int(&kit, 1000, 8);
	kit_put(&kit, "eth0", 4);
	if (version == 2)
		kit_end_entry(&kit, 4);
}

static void reads_interfaces(uint32_t block, unsigned version)
{
	begin();
	kit_begin(&kit, block);
	for (unsigned type = 1; type <= 4; type++)
		put_interface(version, type);
	kit_end(&kit);
	open_kit();
	next(SCAP_INTERFACES);
	for (unsigned type = 1; type <= 4; type++) {
		next(SCAP_INTERFACE);
		cr_assert(eq(int, item.addr.is_ipv6, type % 2 == 0));
		cr_assert(eq(int, item.addr.addr[3], 3));
		cr_assert(eq(int, item.addr.mask[3], 13));
		cr_assert(eq(int, item.addr.addr[15], type % 2 == 0 ? 15 : 0));
		is_text(item.addr.name, "eth0");
	}
	ends();
}

Test(scap_read, interfaces_of_each_version)
{
	reads_interfaces(IL, 1);
	reads_interfaces(0x8011ABCD, 1);
	reads_interfaces(IL_V2, 2);
}

Test(scap_read, an_address_of_a_new_type_is_passed_over_if_it_says_how_long_it_is, .init = begin)
{
	kit_begin(&kit, IL_V2);
	kit_begin_entry(&kit);
	kit_int(&kit, 9, 2);
	kit_int(&kit, 4, 2);
	kit_put(&kit, "0123456789abcdef", 16);
	kit_end_entry(&kit, 4);
	put_interface(2, 1);
	kit_end(&kit);
	open_kit();
	next(SCAP_INTERFACES);
	next(SCAP_INTERFACE);
	is_text(item.addr.name, "eth0");
	ends();

	begin();
	kit_begin(&kit, IL);
	kit_int(&kit, 9, 2);
	kit_int(&kit, 4, 2);
	kit_end(&kit);
	open_kit();
	refused("not known, 9");
}

static void reads_users(uint32_t block, unsigned version)
{
	begin();
	kit_begin(&kit, block);
	for (unsigned i = 0; i < 2; i++) {
		if (version == 2)
			kit_begin_entry(&kit);
		kit_int(&kit, i, 1);
		kit_int(&kit, 1000 + i, 4);
		if (i == 0)
			kit_int(&kit, 100, 4);
		kit_text(&kit, i == 0 ? "ann" : "staff");
		if (i == 0) {
			kit_text(&kit, "/home/ann");
			kit_text(&kit, "/bin/sh");
		}
		if (version == 2) {
			kit_put(&kit, "newer", 5); /* what we do not know of */
			kit_end_entry(&kit, 0);
		}
	}
	kit_end(&kit);
	open_kit();
	next(SCAP_PEOPLE);
	next(SCAP_USER);
	cr_assert(eq(u32, item.user.uid, 1000));
	cr_assert(eq(u32, item.user.gid, 100));
	is_text(item.user.name, "ann");
	is_text(item.user.home, "/home/ann");
	is_text(item.user.shell, "/bin/sh");
	next(SCAP_GROUP);
	cr_assert(eq(u32, item.group.gid, 1001));
	is_text(item.group.name, "staff");
	ends();
}

Test(scap_read, users_and_groups_of_each_version)
{
	reads_users(UL, 1);
	reads_users(0x8012ABCD, 1);
	reads_users(UL_V2, 2);
}

/* ---- tasks ---- */

static void put_task(unsigned version, int64_t tid)
{
	kit_int(&kit, (uint64_t)tid, 8);
	kit_int(&kit, 2, 8);
	kit_int(&kit, 1, 8);
	if (version >= 6)
		kit_int(&kit, 60, 8);
	if (version >= 8)
		kit_int(&kit, 80, 8);
	kit_text(&kit, "comm");
	kit_text(&kit, "exe");
	if (version >= 7)
		kit_text(&kit, "/exe");
	kit_text(&kit, "args");
	kit_text(&kit, "/cwd");
	kit_int(&kit, 1024, 8);
	kit_int(&kit, 7, 4);
	kit_int(&kit, 1000, 4);
	kit_int(&kit, 1001, 4);
	if (version >= 2) {
		kit_int(&kit, 21, 4);
		kit_int(&kit, 22, 4);
		kit_int(&kit, 23, 4);
		kit_int(&kit, 24, 8);
		kit_int(&kit, 25, 8);
	}
	if (version >= 3)
		kit_text(&kit, "A=1");
	if (version >= 4) {
		kit_int(&kit, 41, 8);
		kit_int(&kit, 42, 8);
		kit_text(&kit, "cpu=/");
	}
	if (version >= 5)
		kit_text(&kit, "/root");
}

static void is_task(unsigned version, int64_t tid)
{
	const struct process_info *p = &item.task.info;

	cr_assert(eq(i64, p->tid, tid));
	cr_assert(eq(i64, p->pid, 2));
	cr_assert(eq(i64, p->ptid, 1));
	cr_assert(eq(i64, p->sid, version >= 6 ? 60 : -1));
	cr_assert(eq(i64, p->vpgid, version >= 8 ? 80 : -1));
	is_text(p->comm, "comm");
	is_text(p->exe, "exe");
	is_text(p->exepath, version >= 7 ? "/exe" : "");
	is_text(p->args, "args");
	is_text(p->cwd, "/cwd");
	cr_assert(eq(i64, p->fdlimit, 1024));
	cr_assert(eq(u64, p->flags, 7));
	cr_assert(eq(u64, p->uid, 1000));
	cr_assert(eq(u64, p->gid, 1001));
	cr_assert(eq(u64, p->vmsize, version >= 2 ? 21 : 0));
	cr_assert(eq(u64, p->vmrss, version >= 2 ? 22 : 0));
	cr_assert(eq(u64, p->vmswap, version >= 2 ? 23 : 0));
	cr_assert(eq(u64, p->pfmajor, version >= 2 ? 24 : 0));
	cr_assert(eq(u64, p->pfminor, version >= 2 ? 25 : 0));
	is_text(p->env, version >= 3 ? "A=1" : "");
	cr_assert(eq(i64, p->vtid, version >= 4 ? 41 : -1));
	cr_assert(eq(i64, p->vpid, version >= 4 ? 42 : -1));
	is_text(p->cgroups, version >= 4 ? "cpu=/" : "");
	is_text(p->root, version >= 5 ? "/root" : "");
}

Test(scap_read, tasks_of_each_version)
{
	static const struct {
		uint32_t block;
		unsigned version;
	} blocks[] = {
		{ 0x202, 1 }, { 0x207, 2 },	 { 0x209, 3 },	    { 0x210, 4 },
		{ 0x211, 5 }, { 0x212, 6 },	 { 0x213, 7 },	    { 0x214, 8 },
		{ 0x215, 9 }, { 0x8000ABCD, 1 }, { 0x8013ABCD, 2 }, { 0x8014ABCD, 3 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(blocks); i++) {
		begin();
		kit_begin(&kit, blocks[i].block);
		for (int64_t tid = 2; tid < 4; tid++) {
			if (blocks[i].version == 9)
				kit_begin_entry(&kit);
			put_task(blocks[i].version, tid);
			if (blocks[i].version == 9)
				kit_end_entry(&kit, 0);
		}
		kit_end(&kit);
		open_kit();
		next(SCAP_TASKS);
		for (int64_t tid = 2; tid < 4; tid++) {
			next(SCAP_TASK);
			is_task(blocks[i].version, tid);
			cr_assert(eq(u64, item.task.info.loginuid, UINT32_MAX));
			cr_assert(eq(i64, item.task.info.pgid, -1));
		}
		ends();
	}
}

/* What newer writers put behind it, in its order. */
static const unsigned tail[] = { 8, 4, 4, 1, 8, 8, 8, 1, 8, 8, 8, 1, 1, 8, 5 };

static void put_tail(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		kit_int(&kit, 100 + i, tail[i]);
}

static void open_task_with_tail(unsigned from, unsigned to)
{
	begin();
	kit_begin(&kit, PL_V9);
	kit_begin_entry(&kit);
	put_task(9, 2);
	put_tail(from, to);
	kit_end_entry(&kit, 0);
	kit_begin_entry(&kit); /* another one: its place shows that the first one's end was found */
	put_task(9, 3);
	kit_end_entry(&kit, 0);
	kit_end(&kit);
	open_kit();
	next(SCAP_TASKS);
	next(SCAP_TASK);
	is_task(9, 2);
}

static void another_task(void)
{
	next(SCAP_TASK);
	is_task(9, 3);
	ends();
}

Test(scap_read, a_task_has_what_its_writer_knew_of)
{
	for (unsigned to = 6; to <= ARRAY_LEN(tail); to++) {
		const struct process_info *p = &item.task.info;

		open_task_with_tail(0, to);
		cr_assert(eq(u64, p->pidns_init_start_ts, 100));
		cr_assert(eq(u64, p->tty, 101));
		cr_assert(eq(u64, p->loginuid, 102));
		cr_assert(eq(u64, p->cap_inheritable, 104));
		cr_assert(eq(u64, p->cap_permitted, 105));
		cr_assert(eq(u64, p->cap_effective, to > 6 ? 106 : 0));
		cr_assert(eq(u64, p->exe_flags,
			     1u | (to > 7 ? 2u : 0) | (to > 11 ? 4u : 0) | (to > 12 ? 8u : 0)));
		cr_assert(eq(u64, p->exe_ino, to > 8 ? 108 : 0));
		cr_assert(eq(u64, p->exe_ctime, to > 9 ? 109 : 0));
		cr_assert(eq(u64, p->exe_mtime, to > 10 ? 110 : 0));
		cr_assert(eq(i64, p->pgid, to > 13 ? 113 : -1));
		another_task();
	}
}

Test(scap_read, an_old_task_has_neither_namespace_nor_terminal)
{
	const struct process_info *p = &item.task.info;

	open_task_with_tail(2, 7); /* the most that those writers wrote: 29 bytes */
	cr_assert(eq(u64, p->pidns_init_start_ts, 0));
	cr_assert(eq(u64, p->tty, 0));
	cr_assert(eq(u64, p->loginuid, 102));
	cr_assert(eq(u64, p->cap_effective, 106));
	another_task();
}

/* ---- open files ---- */

static void put_file(unsigned version, unsigned type)
{
	unsigned n = type == 4 || type == 6 ? 16 : 4;
	uint8_t addr[16];

	memset(addr, 7, sizeof(addr));
	if (version == 2)
		kit_begin_entry(&kit);
	kit_int(&kit, 30 + type, 8);
	kit_int(&kit, 1234, 8);
	kit_int(&kit, type, 1);
	switch (type) {
	case 0:
		break;
	case 3:
	case 4:
		kit_put(&kit, addr, n);
		addr[0] = 9;
		kit_put(&kit, addr, n);
		kit_int(&kit, 40000, 2);
		kit_int(&kit, 443, 2);
		kit_int(&kit, 2, 1);
		break;
	case 5:
	case 6:
		addr[0] = 9;
		kit_put(&kit, addr, n);
		kit_int(&kit, 443, 2);
		kit_int(&kit, 2, 1);
		break;
	case 8:
		kit_int(&kit, 0xffff888012345678, 8);
		kit_int(&kit, 0xffff888087654321, 8);
		kit_text(&kit, "name");
		break;
	case 16:
		kit_int(&kit, 4097, 4);
		kit_text(&kit, "name");
		if (version == 2)
			kit_int(&kit, 0x800001, 4);
		break;
	case 22:
		kit_put(&kit, "what nobody knows", 17);
		break;
	default:
		kit_text(&kit, "name");
	}
	if (version == 2)
		kit_end_entry(&kit, 0);
}

static void is_file(unsigned version, unsigned type)
{
	const struct file_info *f = &item.file.file;
	bool is_ip = type >= 3 && type <= 6, is_server = type == 5 || type == 6;

	cr_assert(eq(i64, item.file.tid, 77));
	cr_assert(eq(i64, f->fd, 30 + type));
	cr_assert(eq(u64, f->ino, 1234));
	cr_assert(eq(int, f->type, type == 22 ? FILE_UNSUPPORTED : (int)type));
	cr_assert(eq(int, f->sip[3], is_ip && !is_server ? 7 : 0));
	cr_assert(eq(int, f->dip[0], is_ip ? 9 : 0));
	cr_assert(eq(int, f->dip[15], type == 4 || type == 6 ? 7 : 0));
	cr_assert(eq(u16, f->sport, is_ip && !is_server ? 40000 : 0));
	cr_assert(eq(u16, f->dport, is_ip ? 443 : 0));
	cr_assert(eq(int, f->l4proto, is_ip ? L4_TCP : 0));
	cr_assert(eq(u64, f->source, type == 8 ? 0xffff888012345678 : 0));
	cr_assert(eq(u64, f->dest, type == 8 ? 0xffff888087654321 : 0));
	cr_assert(eq(u32, f->open_flags, type == 16 ? 4097 : 0));
	cr_assert(eq(u32, f->dev, type == 16 && version == 2 ? 0x800001 : 0));
	is_text(f->name, type == 22 ? "unknown-type:[22]" : is_ip || type == 0 ? "" : "name");
}

static void reads_files(uint32_t block, unsigned version)
{
	unsigned types = version == 2 ? 23 : 22; /* a new type needs a length to be passed over */

	begin();
	kit_begin(&kit, block);
	kit_int(&kit, 77, 8);
	for (unsigned type = 0; type < types; type++)
		put_file(version, type);
	kit_end(&kit);
	open_kit();
	for (unsigned type = 0; type < types; type++) {
		next(SCAP_TASK_FILE);
		is_file(version, type);
	}
	ends();
}

Test(scap_read, open_files_of_each_type_and_version)
{
	reads_files(FDL, 1);
	reads_files(0x8001ABCD, 1);
	reads_files(FDL_V2, 2);
}

Test(scap_read, a_file_may_come_without_its_device, .init = begin)
{
	kit_begin(&kit, FDL_V2);
	kit_int(&kit, 77, 8);
	kit_begin_entry(&kit);
	kit_int(&kit, 3, 8);
	kit_int(&kit, 1234, 8);
	kit_int(&kit, 16, 1);
	kit_int(&kit, 4097, 4);
	kit_text(&kit, "name");
	kit_end_entry(&kit, 0);
	kit_end(&kit);
	open_kit();
	next(SCAP_TASK_FILE);
	cr_assert(eq(u32, item.file.file.dev, 0));
	is_text(item.file.file.name, "name");
	ends();
}

/* ---- events ---- */

static const struct kit_param close_params[] = { KIT_INT(int64_t, -9), KIT_INT(int64_t, 3) };

Test(scap_read, events_in_each_kind_of_block)
{
	static const struct {
		uint32_t block;
		bool has_flags;
	} blocks[] = {
		{ EV, false },	  { 0x8010ABCD, false },  { EVF, true },	  { EV_V2, false },
		{ EVF_V2, true }, { EV_V2_LARGE, false }, { EVF_V2_LARGE, true },
	};

	for (unsigned i = 0; i < ARRAY_LEN(blocks); i++) {
		begin();
		kit_event(&kit, blocks[i].block, EVENT_SYSCALL_CLOSE_X, 42, close_params, 2, 2);
		open_kit();
		next(SCAP_EVENT);
		cr_assert(eq(u16, item.event.code, EVENT_SYSCALL_CLOSE_X));
		cr_assert(eq(u16, item.event.cpu, 3));
		cr_assert(eq(i64, item.event.tid, 42));
		cr_assert(eq(u32, item.event.nparams, 2));
		cr_assert(eq(int, item.event.state_only, blocks[i].has_flags));
		cr_assert(eq(sz, item.event.data.n, 16));
		cr_assert(eq(int, item.event.data.p[8], 3));
		ends();
	}
}

Test(scap_read, lengths_of_large_payloads_are_wide, .init = begin)
{
	static char json[100000];
	struct kit_param params[] = { { json, sizeof(json) } };

	memset(json, 'x', sizeof(json) - 1);
	kit_event(&kit, EV_V2_LARGE, EVENT_CONTAINER_JSON_2_E, 1, params, 1, 4);
	open_kit();
	next(SCAP_EVENT);
	cr_assert(item.event.wide);
	cr_assert(eq(sz, scap_param_len(&item.event, 0), sizeof(json)));
	cr_assert(eq(sz, item.event.data.n, sizeof(json)));
	ends();
}

Test(scap_read, an_event_that_is_too_long_for_us_is_passed_over, .init = begin)
{
	static char json[SCAP_MAX_ITEM];
	struct kit_param params[] = { { json, sizeof(json) } };

	kit_event(&kit, EV_V2_LARGE, EVENT_CONTAINER_JSON_2_E, 1, params, 1, 4);
	kit_close_event(&kit, 3);
	open_kit();
	next(SCAP_OVERSIZE);
	next(SCAP_EVENT);
	cr_assert(eq(u16, item.event.code, EVENT_SYSCALL_CLOSE_X));
	ends();
}

Test(scap_read, events_that_do_not_say_how_many_parameters_they_have, .init = begin)
{
	struct kit_param one[] = { KIT_INT(int64_t, 0) };
	struct kit_param open4[] = { KIT_INT(int64_t, 3), KIT_TEXT("/etc/passwd"),
				     KIT_INT(uint32_t, 1), KIT_INT(uint32_t, 0) };

	kit_event(&kit, EV, EVENT_SYSCALL_CLOSE_X, 42, one, 1, 2);
	kit_event(&kit, EV, EVENT_SYSCALL_OPEN_X, 42, open4, 4, 2);
	kit_event(&kit, EV, EVENT_PROCEXIT_E, 42, NULL, 0, 2);
	open_kit();
	next(SCAP_EVENT);
	cr_assert(eq(u32, item.event.nparams, 1));
	cr_assert(eq(sz, item.event.data.n, 8));
	next(SCAP_EVENT);
	cr_assert(eq(u32, item.event.nparams, 4));
	cr_assert(eq(sz, scap_param_len(&item.event, 1), 12));
	next(SCAP_EVENT);
	cr_assert(eq(u32, item.event.nparams, 0));
	ends();
}

Test(scap_read, of_old_notifications_three_bytes_are_not_there, .init = begin)
{
	struct kit_param two[] = { KIT_TEXT("id"), KIT_TEXT("what happened") };
	uint32_t len;

	kit_event(&kit, EV, EVENT_NOTIFICATION_E, 42, two, 2, 2);
	memcpy(&len, kit.b + kit.block + 8 + 2 + 16, 4);
	len += 3;
	memcpy(kit.b + kit.block + 8 + 2 + 16, &len, 4);
	open_kit();
	next(SCAP_EVENT);
	cr_assert(eq(u32, item.event.nparams, 2));
	cr_assert(eq(sz, item.event.data.n, 3 + 14));
	ends();
}

Test(scap_read, no_number_of_parameters_fits, .init = begin)
{
	struct kit_param one[] = { KIT_INT(int64_t, 0) };

	kit_event(&kit, EV, EVENT_SYSCALL_CLOSE_X, 42, one, 1, 2);
	kit.b[kit.block + 8 + 2 + 22]++; /* the parameter's length */
	open_kit();
	refused("no number of parameters fits");
	cr_assert(eq(u64, reader.block, 2));
	cr_assert(eq(u64, reader.block_offset, 28));
}

Test(scap_read, an_event_that_nobody_knows_is_passed_over, .init = begin)
{
	kit_event(&kit, EV_V2, EVENT_CODE_COUNT, 42, close_params, 2, 2);
	kit_close_event(&kit, 3);
	open_kit();
	next(SCAP_EVENT);
	cr_assert(eq(u16, item.event.code, EVENT_SYSCALL_CLOSE_X));
	ends();
}

Test(scap_read, bytes_behind_the_last_parameter_do_not_matter, .init = begin)
{
	kit_close_event(&kit, 3);
	kit.n -= 4; /* the second length */
	kit_int(&kit, 0xdeadbeef, 4);
	kit_end(&kit);
	kit.b[kit.block + 8 + 2 + 16] += 4; /* the event's length: they are part of it */
	open_kit();
	next(SCAP_EVENT);
	cr_assert(eq(u32, item.event.nparams, 2));
	cr_assert(eq(sz, item.event.data.n, 20));
	ends();
}

/* ---- what cannot be ---- */

Test(scap_read, what_is_no_capture_is_refused)
{
	static const char text[] = "#!/bin/sh\necho no capture\n";

	scap_reader_init(&reader);
	scap_give(&reader, span_of(text, sizeof(text)), true);
	refused("not a capture");

	scap_reader_init(&reader);
	scap_give(&reader, SPAN_NONE, true);
	refused("it is empty");

	begin();
	kit.b[8] ^= 1;
	scap_reader_init(&reader);
	scap_give(&reader, span_of(kit.b, kit.n), true);
	refused("not a capture");
}

Test(scap_read, a_machine_of_the_other_byte_order_or_a_new_format_is_refused, .init = begin)
{
	memcpy(kit.b + 8, (uint8_t[]){ 0x1a, 0x2b, 0x3c, 0x4d }, 4);
	scap_reader_init(&reader);
	scap_give(&reader, span_of(kit.b, kit.n), true);
	refused("other byte order");

	begin();
	kit.b[12] = 2;
	scap_reader_init(&reader);
	scap_give(&reader, span_of(kit.b, kit.n), true);
	refused("version 2");
}

Test(scap_read, the_second_length_counts_before_the_events_only, .init = begin)
{
	kit_machine(&kit, "host");
	kit.b[kit.n - 4]++;
	open_kit();
	refused("differ");

	begin();
	kit_close_event(&kit, 3);
	kit.b[kit.n - 4]++;
	open_kit();
	next(SCAP_EVENT);
	ends();
}

Test(scap_read, unknown_blocks_are_passed_over_before_the_events_only, .init = begin)
{
	kit_begin(&kit, 0x999);
	kit_text(&kit, "from the future");
	kit_end(&kit);
	kit_close_event(&kit, 3);
	kit_begin(&kit, 0x999);
	kit_end(&kit);
	open_kit();
	next(SCAP_EVENT);
	refused("type 0x999 among the events");
	cr_assert(eq(u64, reader.block, 4));
}

Test(scap_read, another_section_may_follow_on_events, .init = begin)
{
	kit_close_event(&kit, 3);
	kit_section(&kit);
	kit_machine(&kit, "other");
	kit_close_event(&kit, 4);
	open_kit();
	next(SCAP_EVENT);
	next(SCAP_SECTION);
	next(SCAP_MACHINE);
	next(SCAP_EVENT);
	ends();
}

Test(scap_read, a_list_among_the_events_needs_a_section_of_its_own, .init = begin)
{
	kit_close_event(&kit, 3);
	kit_machine(&kit, "other");
	open_kit();
	refused("among the events");
}

Test(scap_read, strings_have_bounds, .init = begin)
{
	char name[300];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	kit_begin(&kit, UL);
	kit_int(&kit, 1, 1);
	kit_int(&kit, 0, 4);
	kit_text(&kit, name);
	kit_end(&kit);
	open_kit();
	refused("the name of a group is too long");
}

Test(scap_read, an_entry_that_lies_about_its_length_is_refused)
{
	static const uint32_t lies[] = { 3, 20, 60, 70, 1000, UINT32_MAX };

	for (unsigned i = 0; i < ARRAY_LEN(lies); i++) {
		begin();
		kit_begin(&kit, FDL_V2);
		kit_int(&kit, 77, 8);
		put_file(2, 1);
		memcpy(kit.b + kit.entry, &lies[i], 4);
		kit_end(&kit);
		open_kit();
		refused("length");
	}
}

Test(scap_read, an_entry_that_reaches_beyond_its_block_is_refused, .init = begin)
{
	kit_begin(&kit, FDL);
	kit_int(&kit, 77, 8);
	kit_int(&kit, 3, 8);
	kit_int(&kit, 1234, 8);
	kit_int(&kit, 1, 1);
	kit_int(&kit, 50, 2);
	kit_put(&kit, "four", 4);
	kit_end(&kit);
	kit_close_event(&kit, 3);
	open_kit();
	refused("reaches beyond its block");
}

Test(scap_read, an_event_that_lies_about_its_length_is_refused, .init = begin)
{
	static const uint32_t lies[] = { 0, 25, 49, 1000, UINT32_MAX };

	for (unsigned i = 0; i < ARRAY_LEN(lies); i++) {
		begin();
		kit_close_event(&kit, 3);
		memcpy(kit.b + kit.block + 8 + 2 + 16, &lies[i], 4);
		open_kit();
		refused("length of an event");
	}
}

Test(scap_read, an_event_that_lies_about_its_parameters_is_refused, .init = begin)
{
	static const uint32_t lies[] = { 11, 1000, UINT32_MAX };

	for (unsigned i = 0; i < ARRAY_LEN(lies); i++) {
		begin();
		kit_close_event(&kit, 3);
		memcpy(kit.b + kit.block + 8 + 2 + 22, &lies[i], 4);
		open_kit();
		refused("parameters");
	}
}

Test(scap_read, a_block_that_lies_about_its_length_is_refused, .init = begin)
{
	uint32_t lie = 11;

	kit_close_event(&kit, 3);
	memcpy(kit.b + kit.block + 4, &lie, 4);
	open_kit();
	refused("the length of a block, 11, cannot be");

	lie = 1u << 20;
	memcpy(kit.b + kit.block + 4, &lie, 4);
	open_kit();
	refused("65544 is the most");
}

/* ---- pieces ---- */

static void make_all(void)
{
	begin();
	kit_machine(&kit, "host");
	kit_begin(&kit, IL_V2);
	put_interface(2, 1);
	put_interface(2, 2);
	kit_end(&kit);
	kit_begin(&kit, UL);
	kit_int(&kit, 1, 1);
	kit_int(&kit, 0, 4);
	kit_text(&kit, "root");
	kit_end(&kit);
	kit_begin(&kit, PL_V9);
	kit_begin_entry(&kit);
	put_task(9, 2);
	put_tail(0, ARRAY_LEN(tail));
	kit_end_entry(&kit, 0);
	kit_end(&kit);
	kit_begin(&kit, FDL_V2);
	kit_int(&kit, 2, 8);
	put_file(2, 16);
	put_file(2, 22);
	put_file(2, 3);
	kit_end(&kit);
	kit_begin(&kit, 0x999);
	kit_end(&kit);
	kit_event(&kit, EV, EVENT_SYSCALL_CLOSE_X, 42, close_params, 1, 2);
	kit_close_event(&kit, 3);
}

Test(scap_read, each_beginning_of_a_good_file_is_refused_or_ends_between_blocks, .init = make_all)
{
	struct scap_reader r;
	unsigned good = 0, bad = 0;

	for (size_t n = 0; n < kit.n; n++) {
		uint8_t *copy = malloc(n > 0 ? n : 1); /* to its end and not beyond */
		int err;

		memcpy(copy, kit.b, n);
		scap_reader_init(&r);
		scap_give(&r, span_of(copy, n), true);
		while ((err = scap_read(&r, &item)) == 1)
			;
		if (err == 0)
			cr_assert(r.left == 0 && r.offset == n);
		else
			cr_assert(eq(int, err, -EPROTO));
		good += err == 0;
		bad += err < 0;
		free(copy);
	}
	cr_assert(eq(uint, good, 8)); /* blocks */
	cr_assert(eq(uint, bad, (unsigned)kit.n - 8));
}

/* Kinds and, of what has one, a number: enough to tell one item from another. */
static unsigned list_items(size_t piece, uint64_t *ret, unsigned cap)
{
	struct scap_reader r;
	uint8_t *window = malloc(kit.n);
	size_t given = 0;
	unsigned n = 0;

	scap_reader_init(&r);
	for (;;) {
		int err = scap_read(&r, &item);
		size_t more = piece < kit.n - given ? piece : kit.n - given;

		cr_assert(err >= 0, "%s", r.why);
		if (err == 1) {
			cr_assert(n < cap);
			ret[n++] = (uint64_t)item.kind << 32 |
				   (item.kind == SCAP_EVENT	  ? item.event.nparams
				    : item.kind == SCAP_TASK	  ? (uint32_t)item.task.info.pgid
				    : item.kind == SCAP_TASK_FILE ? (uint32_t)item.file.file.name.n
								  : 0);
			continue;
		}
		if (r.is_last)
			break;
		memmove(window, r.in.p == NULL ? window : r.in.p, r.in.n);
		memcpy(window + r.in.n, kit.b + given, more);
		given += more;
		scap_give(&r, span_of(window, r.in.n + more), given == kit.n);
	}
	cr_assert(eq(u64, r.offset, kit.n));
	free(window);
	return n;
}

Test(scap_read, it_does_not_matter_in_what_pieces_a_file_comes, .init = make_all)
{
	uint64_t whole[32], pieces[32];
	unsigned n = list_items(kit.n, whole, ARRAY_LEN(whole));

	cr_assert(eq(uint, n, 14));
	for (size_t piece = 1; piece < kit.n; piece += piece < 40 ? 1 : 37) {
		cr_assert(eq(uint, list_items(piece, pieces, ARRAY_LEN(pieces)), n));
		cr_assert(memcmp(whole, pieces, n * sizeof(whole[0])) == 0);
	}
}
