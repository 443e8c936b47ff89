/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields: how they are named, and whether they are missing, empty, or something.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "support/field_kit.h"

static struct kit kit;

/* ---- names ---- */

Test(field, every_field_of_the_table_can_be_named)
{
	static const char *const arguments[] = { "", "[0]", "[k]", ".name", ".cpu", ".open" };

	for (unsigned id = FIELD_NONE + 1; id < FIELD_COUNT; id++) {
		const struct field_info *info = field_info(id);
		struct field_ref ref;
		struct diag diag = { 0 };
		bool ok = false;
		char name[128];

		for (size_t i = 0; i < ARRAY_LEN(arguments) && !ok; i++) {
			snprintf(name, sizeof(name), "%s%s", info->name, arguments[i]);
			ok = field_parse(span_str(name), &ref, &diag) == 0;
		}
		cr_assert(ok, "%s: %s", info->name, diag.message);
		cr_assert(eq(uint, ref.id, id), "%s", info->name);
		cr_assert(ref.type != PT_NONE && ref.type < PT_COUNT, "%s has a type", info->name);
		cr_assert(field_getter_of(&ref) != NULL, "%s: nobody answers for it", info->name);
	}
	cr_assert_null(field_info(FIELD_NONE));
	cr_assert_null(field_info(FIELD_COUNT));
}

Test(field, references_are_read_with_their_arguments)
{
	static const struct {
		const char *text;
		enum field_id id;
		bool has_index;
		uint64_t index;
		const char *key;
		uint8_t type;
	} cases[] = {
		{ "proc.name", FIELD_proc_name, false, 0, NULL, PT_CHARBUF },
		{ "proc.aname[2]", FIELD_proc_aname, true, 2, NULL, PT_CHARBUF },
		{ "proc.aname", FIELD_proc_aname, false, 0, NULL, PT_CHARBUF },
		{ "proc.args[10]", FIELD_proc_args, true, 10, NULL, PT_CHARBUF },
		{ "proc.env[HOME]", FIELD_proc_env, false, 0, "HOME", PT_CHARBUF },
		{ "proc.env[\"A B\"]", FIELD_proc_env, false, 0, "A B", PT_CHARBUF },
		{ "proc.env[1]", FIELD_proc_env, false, 0, "1", PT_CHARBUF },
		{ "proc.aenv[1]", FIELD_proc_aenv, true, 1, NULL, PT_CHARBUF },
		{ "proc.aenv[PATH]", FIELD_proc_aenv, false, 0, "PATH", PT_CHARBUF },
		{ "evt.arg[0]", FIELD_evt_arg, true, 0, NULL, PT_CHARBUF },
		{ "evt.arg.name", FIELD_evt_arg, false, 0, "name", PT_CHARBUF },
		{ "evt.arg.dirfd", FIELD_evt_arg, false, 0, "dirfd", PT_CHARBUF },
		{ "evt.rawarg.res", FIELD_evt_rawarg, false, 0, "res", PT_ERRNO },
		{ "evt.rawarg.flags", FIELD_evt_rawarg, false, 0, "flags", PT_FLAGS32 },
		{ "evt.rawarg.uid", FIELD_evt_rawarg, false, 0, "uid", PT_UINT32 },
		{ "evt.type.is.3", FIELD_evt_type_is, true, 3, NULL, PT_UINT32 },
		{ "evt.type.is.open", FIELD_evt_type_is, false, 2, "open", PT_UINT32 },
		{ "evt.around[1404996934793590564]", FIELD_evt_around, true, 1404996934793590564,
		  NULL, PT_UINT64 },
		{ "evt.abspath", FIELD_evt_abspath, false, 0, NULL, PT_CHARBUF },
		{ "evt.abspath.dst", FIELD_evt_abspath, false, 0, "dst", PT_CHARBUF },
		{ "thread.cgroup.net_cls", FIELD_thread_cgroup, false, 0, "net_cls", PT_CHARBUF },
		{ "fd.types[1]", FIELD_fd_types, true, 1, NULL, PT_CHARBUF },
		{ "container.label[io.k]", FIELD_container_label, false, 0, "io.k", PT_CHARBUF },
		{ "container.mount[3]", FIELD_container_mount, true, 3, "3", PT_CHARBUF },
		{ "container.mount[/etc*]", FIELD_container_mount, false, 0, "/etc*", PT_CHARBUF },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct field_ref ref = kit_ref(cases[i].text);

		cr_assert(eq(uint, ref.id, cases[i].id), "%s", cases[i].text);
		cr_assert_eq(ref.has_index, cases[i].has_index, "%s", cases[i].text);
		if (ref.has_index)
			cr_assert(eq(u64, ref.index, cases[i].index), "%s", cases[i].text);
		cr_assert_eq(ref.has_key, cases[i].key != NULL, "%s", cases[i].text);
		if (ref.has_key)
			cr_assert(span_is(ref.key, cases[i].key), "%s", cases[i].text);
		cr_assert(eq(u8, ref.type, cases[i].type), "%s", cases[i].text);
		cr_assert(span_is(ref.text, cases[i].text));
	}
}

Test(field, what_is_no_field_is_refused_with_its_reason)
{
	static const struct {
		const char *text;
		int err;
		const char *message;
	} cases[] = {
		{ "proc.nme", -ENOENT, "filter_check called with nonexistent field proc.nme" },
		{ "", -ENOENT, "filter_check called with nonexistent field " },
		{ "proc.aname[x]", -ENOENT,
		  "filter_check called with nonexistent field proc.aname[x]" },
		{ "proc.aname[-1]", -ENOENT, NULL },
		{ "proc.aname[1", -ENOENT, NULL },
		{ "proc.aname[01]", -ENOENT, NULL },
		{ "proc.aname[99999999999999999999]", -ENOENT, NULL },
		{ "proc.name[1]", -ENOENT, NULL },
		{ "proc.names", -ENOENT, NULL },
		{ "evt.arg.nosuch", -ENOENT, NULL },
		{ "evt.arg.namefoo", -ENOENT, NULL },
		{ "evt.arg", -EINVAL, "field 'evt.arg' needs an argument" },
		{ "evt.rawarg", -EINVAL, NULL },
		{ "evt.rawarg[0]", -EINVAL, "evt.arg fields must be expressed explicitly" },
		{ "evt.type.is.nosuch", -EINVAL, "unknown event type nosuch" },
		{ "evt.abspath.foo", -ENOENT, NULL },
		{ "thread.cgroup.a-b", -ENOENT, NULL },
		{ "thread.cgroup", -EINVAL, NULL },
		{ "container.label", -EINVAL, NULL },
		{ "proc.env[]", -EINVAL, "field 'proc.env' has an empty argument" },
		{ "[", -ENOENT, NULL },
		{ "[]", -ENOENT, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct field_ref ref;
		struct diag diag = { 0 };

		cr_assert(eq(int, field_parse(span_str(cases[i].text), &ref, &diag), cases[i].err),
			  "%s", cases[i].text);
		if (cases[i].message != NULL)
			cr_assert_str_eq(diag.message, cases[i].message);
	}
}

Test(field, a_misspelt_name_finds_its_neighbour)
{
	cr_assert_str_eq(field_suggest(span_str("proc.nmae")), "proc.name");
	cr_assert_str_eq(field_suggest(span_str("fd.sporrt")), "fd.sport");
	cr_assert_null(field_suggest(span_str("completely.else")));
	cr_assert_null(field_suggest(span_str("")));
}

Test(field, wants_and_memory_are_known_per_field)
{
	static const struct {
		const char *field;
		int want;
		bool of_process, any;
	} cases[] = {
		{ "proc.name", -1, true, false },
		{ "proc.aname", -1, true, true },
		{ "proc.aname[1]", -1, true, false },
		{ "proc.aargs", -1, true, false },
		{ "proc.apid", -1, true, true },
		{ "proc.aenv", -1, true, true },
		{ "proc.aenv[A]", -1, true, false },
		{ "user.name", -1, true, false },
		{ "container.id", -1, true, false },
		{ "proc.duration", -1, false, false },
		{ "proc.fdopencount", WANT_FD_COUNT, false, false },
		{ "proc.stdin.type", WANT_STDIO, false, false },
		{ "proc.nthreads", WANT_THREADS, false, false },
		{ "fd.types", WANT_FD_TYPES, false, false },
		{ "fd.types[0]", WANT_STDIO, false, false },
		{ "fdlist.names", WANT_FDLIST, false, false },
		{ "evt.args", WANT_FDLIST, false, false },
		{ "proc.vmsize", 58, true, false },
		{ "thread.vmrss.b", 58, true, false },
		{ "thread.pfmajor", -1, true, false },
		{ "fd.name", -1, false, false },
		{ "fd.ip", -1, false, true },
		{ "fd.net", -1, false, true },
		{ "fd.port", -1, false, true },
		{ "fd.cip.name", -1, false, true },
		{ "fd.sip.name", -1, false, true },
		{ "fd.lip.name", -1, false, true },
		{ "fd.rip.name", -1, false, true },
		{ "evt.type", -1, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct field_ref ref = kit_ref(cases[i].field);

		cr_assert(eq(u64, field_wants(&ref),
			     cases[i].want < 0 ? 0 : UINT64_C(1) << cases[i].want),
			  "%s", cases[i].field);
		cr_assert_eq(field_is_of_process(&ref), cases[i].of_process, "%s", cases[i].field);
		cr_assert_eq(field_is_any(&ref), cases[i].any, "%s", cases[i].field);
	}
}

Test(field, the_descriptors_that_are_named_are_wanted)
{
	struct field_ref ref = kit_ref("fd.types[3]");

	cr_assert(eq(u64, field_wants(&ref), UINT64_C(1) << WANT_FD_NAMED | UINT64_C(1) << 16));
	ref = kit_ref("fd.types[42]");
	cr_assert(eq(u64, field_wants(&ref), UINT64_C(1) << WANT_FD_NAMED | UINT64_C(1) << 55));
	ref = kit_ref("fd.types[43]");
	cr_assert(eq(u64, field_wants(&ref), 0));
}

/* ---- processes ---- */

Test(field, a_process_tells_of_itself_and_its_ancestors)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	KIT_CHECK(&kit, { "proc.name", "ssh" }, { "proc.exe", "ssh" },
		  { "proc.exepath", "/usr/bin/ssh" }, { "proc.pid", "60" }, { "proc.vpid", "60" },
		  { "proc.cmdline", "ssh -o BatchMode=yes 127.0.0.1" },
		  { "proc.exeline", "ssh -o BatchMode=yes 127.0.0.1" },
		  { "proc.args", "-o BatchMode=yes 127.0.0.1" }, { "proc.args[0]", "-o" },
		  { "proc.args[2]", "127.0.0.1" }, { "proc.args[3]", "" }, { "proc.cmdnargs", "3" },
		  { "proc.cmdlenargs", "24" }, { "proc.cwd", "/srv/" },
		  { "proc.env", "HOME=/root PATH=/bin EMPTY=" }, { "proc.env[PATH]", "/bin" },
		  { "proc.env[EMPTY]", "" }, { "proc.env[PAT]", "" }, { "proc.env[NONE]", "" });
	KIT_CHECK(&kit, { "proc.pname", "bash" }, { "proc.pexe", "-bash" },
		  { "proc.pexepath", "/usr/bin/bash" }, { "proc.pcmdline", "bash -l" },
		  { "proc.ppid", "50" }, { "proc.pvpid", "50" },
		  { "proc.aname", "bash sshd supervisor" }, { "proc.aname[0]", "ssh" },
		  { "proc.aname[1]", "bash" }, { "proc.aname[3]", "supervisor" },
		  { "proc.aname[4]", NULL }, { "proc.aexe[2]", "/usr/sbin/sshd" },
		  { "proc.aexepath", "/usr/bin/bash /usr/sbin/sshd /usr/sbin/sv" },
		  { "proc.acmdline", "bash -l sshd supervisor" }, { "proc.acmdline[1]", "bash -l" },
		  { "proc.apid", "60" }, { "proc.apid[3]", "1" }, { "proc.apid[4]", NULL },
		  { "proc.aargs[1]", "-l" }, { "proc.aargs", "-l  " },
		  { "proc.aenv", "HOME=/root PATH=/bin EMPTY=" }, { "proc.aenv[PATH]", "/bin" },
		  { "proc.aenv[NONE]", "" }, { "proc.aenv[2]", "" });
	KIT_CHECK(&kit, { "proc.sid", "50" }, { "proc.sname", "bash" }, { "proc.sid.exe", "-bash" },
		  { "proc.sid.exepath", "/usr/bin/bash" }, { "proc.vpgid.name", "ssh" },
		  { "proc.pgid.exe", "ssh" }, { "proc.is_sid_leader", "false" },
		  { "proc.is_vpgid_leader", "true" }, { "proc.is_pgid_leader", "true" },
		  { "proc.loginshellid", "50" }, { "proc.duration", "10741401" },
		  { "proc.ppid.duration", "142132140" }, { "proc.pid.ts", "1795462519433870889" },
		  { "proc.ppid.ts", "1795462519302480150" }, { "proc.tty", "0" });
}

Test(field, sizes_flags_and_sets_of_a_process)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	KIT_CHECK(&kit, { "proc.is_exe_writable", "true" }, { "proc.is_exe_upper_layer", "false" },
		  { "proc.is_exe_lower_layer", "false" }, { "proc.is_exe_from_memfd", "false" },
		  { "proc.exe_ino", "248068" }, { "proc.exe_ino.ctime", "1746701666147483648" },
		  { "proc.exe_ino.mtime", NULL },
		  { "proc.exe_ino.ctime_duration_proc_start", "48760853286387241" },
		  { "proc.exe_ino.ctime_duration_pidns_start", NULL },
		  { "proc.pidns_init_start_ts", NULL },
		  { "thread.cap_effective", "CAP_CHOWN CAP_DAC_OVERRIDE" },
		  { "thread.cap_permitted", "" }, { "thread.cap_inheritable", "" },
		  { "proc.fdlimit", "1024" }, { "proc.vmsize", "1492" }, { "proc.vmrss", "0" },
		  { "thread.pfmajor", "1" }, { "thread.tid", "60" }, { "thread.ismain", "true" },
		  { "thread.vtid", "60" }, { "thread.nametid", "ssh60" },
		  { "thread.exectime", "0" }, { "thread.totexectime", "0" },
		  { "thread.cgroups", "cpuset=/ memory=/hostwork.slice" },
		  { "thread.cgroup.memory", "/hostwork.slice" }, { "thread.cgroup.cpu", NULL },
		  { "thread.vmsize", "1492" }, { "thread.vmsize.b", "1527808" },
		  { "thread.cpu", NULL }, { "proc.is_container_healthcheck", NULL });
}

Test(field, a_thread_has_its_own_name_and_the_process_for_an_ancestor)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_is(&kit, 5);
	KIT_CHECK(&kit, { "proc.name", "worker" }, { "proc.aname[0]", "ssh" }, { "proc.pid", "60" },
		  { "thread.tid", "61" }, { "thread.ismain", "false" }, { "thread.vmsize", "0" },
		  { "proc.vmsize", "1492" }, { "proc.pname", "bash" },
		  { "proc.cmdline", "worker -o BatchMode=yes 127.0.0.1" });
}

Test(field, a_placeholder_says_so_and_no_process_is_missing)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_process(&kit, 9,
		    (struct process_info){ .tid = 77,
					   .pid = -1,
					   .ptid = -1,
					   .sid = -1,
					   .vtid = -1,
					   .vpid = -1,
					   .vpgid = -1,
					   .pgid = -1,
					   .comm = span_str("<NA>"),
					   .exe = span_str("<NA>"),
					   .cwd = span_str("./"),
					   .loginuid = UINT32_MAX });
	kit_is(&kit, 9);
	KIT_CHECK(&kit, { "proc.name", "<NA>" }, { "proc.exe", "<NA>" }, { "proc.exepath", "" },
		  { "proc.cmdline", "<NA>" }, { "proc.exeline", "<NA> " }, { "proc.args", "" },
		  { "proc.pid", "-1" }, { "proc.vpid", NULL }, { "proc.sid", "-1" },
		  { "proc.sname", "" }, { "proc.pgid.name", "" }, { "proc.vpgid.exepath", "" },
		  { "proc.is_sid_leader", "true" }, { "proc.pname", NULL }, { "proc.ppid", NULL },
		  { "proc.aname", NULL }, { "proc.aname[0]", NULL }, { "proc.apid", NULL },
		  { "proc.loginshellid", NULL }, { "thread.vtid", NULL }, { "proc.cwd", "./" },
		  { "thread.ismain", "false" }, { "proc.duration", NULL },
		  { "thread.cgroups", NULL }, { "user.loginuid", "-1" },
		  { "user.loginname", "<NA>" }, { "user.uid", "0" });
	kit.e.process = NULL;
	kit.ev.tid = 78;
	KIT_CHECK(&kit, { "proc.name", NULL }, { "proc.pid", NULL }, { "proc.aname", NULL },
		  { "proc.args[0]", NULL }, { "proc.sname", NULL }, { "user.name", NULL },
		  { "group.gid", NULL }, { "container.id", NULL }, { "k8s.pod.name", NULL },
		  { "thread.tid", "78" }, { "thread.exectime", "0" },
		  { "thread.totexectime", NULL });
}

Test(field, a_number_beyond_32_bits_is_nobodys)
{
	const int64_t big = INT64_C(0x100000010);

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_process(
		&kit, 7,
		(struct process_info){ .tid = big, .pid = big, .ptid = 50, .vtid = 3, .vpid = 3 });
	kit_process(&kit, 8,
		    (struct process_info){
			    .tid = 90, .pid = 90, .ptid = big, .vtid = big, .vpid = big });
	kit_is(&kit, 7);
	KIT_CHECK(&kit, { "proc.pid", NULL }, { "thread.tid", NULL }, { "proc.vpid", "3" },
		  { "proc.ppid", "50" }, { "proc.apid[0]", NULL });
	kit_is(&kit, 8);
	KIT_CHECK(&kit, { "proc.pid", "90" }, { "proc.ppid", NULL }, { "proc.apid[1]", NULL },
		  { "proc.vpid", "4294967312" }, { "thread.vtid", "4294967312" });
}

Test(field, in_a_pid_namespace_the_leader_is_the_eldest_of_its_line)
{
	struct process_info p = { .tid = 500,
				  .pid = 500,
				  .ptid = 40,
				  .sid = 1,
				  .vtid = 1,
				  .vpid = 1,
				  .comm = span_str("init"),
				  .container_id = span_str("3f5ae0a1b2c3") };

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_process(&kit, 10, p);
	p.tid = p.pid = 501;
	p.ptid = 500;
	p.vtid = p.vpid = 7;
	p.comm = span_str("job");
	kit_process(&kit, 11, p);
	kit_is(&kit, 11);
	cr_assert_str_eq(kit_text(&kit, "proc.sname"), "init");
	kit_is(&kit, 10);
	KIT_CHECK(&kit, { "proc.sname", "" }, { "proc.is_sid_leader", "true" });
}

Test(field, ancestors_in_a_circle_end)
{
	kit_begin(&kit, EVENT_SYSCALL_CLOSE_X);
	for (int64_t i = 0; i < 3; i++)
		kit_process(&kit, (uint64_t)i + 1,
			    (struct process_info){ .tid = 10 + i,
						   .pid = 10 + i,
						   .ptid = 10 + (i + 1) % 3,
						   .comm = span_of(&"abc"[i], 1) });
	kit_is(&kit, 1);
	cr_assert(le(sz, strlen(kit_text(&kit, "proc.aname")), 16));
	cr_assert_eq(kit_text(&kit, "proc.aname")[0], 'b');
	KIT_CHECK(&kit, { "proc.aname[1]", "b" }, { "proc.aname[100]", NULL });
}

Test(field, any_ancestor_is_a_list_of_values)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("proc.aname");

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 3));
	cr_assert(span_is(out[0].s, "bash"));
	cr_assert(span_is(out[2].s, "supervisor"));
	ref = kit_ref("proc.apid");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 3));
	cr_assert(eq(i64, out[1].i, 40));
	ref = kit_ref("proc.aenv");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 3));
	cr_assert(span_is(out[0].s, "HOME=/root PATH=/bin EMPTY="));
	ref = kit_ref("proc.name");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 1));
	kit.e.process = NULL;
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 0));
	ref = kit_ref("proc.aname");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 0));
}

Test(field, extras_are_missing_until_the_event_carries_them)
{
	struct wire_stdio stdio[3] = { { true, FILE_REGULAR, span_str("/dev/null") },
				       { false, 0, SPAN_NONE },
				       { true, FILE_UNIX, span_str("") } };
	struct wire_fd_type named[] = { { 4, FILE_FIFO }, { 7, FILE_IPV6_SERVER } };

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	KIT_CHECK(&kit, { "proc.fdopencount", NULL }, { "proc.fdusage", NULL },
		  { "proc.nthreads", NULL }, { "proc.stdin.type", NULL }, { "fd.types", NULL },
		  { "fdlist.nums", NULL });
	wire_extra_put_fd_count(&kit.x, 6);
	wire_extra_put_stdio(&kit.x, stdio);
	wire_extra_put_threads(&kit.x, 3, 2);
	wire_extra_put_fd_types(&kit.x, 1 << FILE_REGULAR | 1 << FILE_IPV4 | 1 << FILE_IPV4_SERVER);
	KIT_CHECK(&kit, { "proc.fdopencount", "6" }, { "proc.fdusage", "0.6" },
		  { "proc.nthreads", "3" }, { "proc.nchilds", "2" }, { "proc.stdin.type", "file" },
		  { "proc.stdin.name", "/dev/null" }, { "proc.stdout.type", NULL },
		  { "proc.stdout.name", NULL }, { "proc.stderr.type", "unix" },
		  { "proc.stderr.name", "" }, { "fd.types", "(file,ipv4)" },
		  { "fd.types[0]", "(file)" }, { "fd.types[1]", NULL }, { "fd.types[7]", NULL });
	wire_extra_put_fd_named(&kit.x, named, ARRAY_LEN(named));
	KIT_CHECK(&kit, { "fd.types[0]", "(file)" }, { "fd.types[7]", "(ipv6)" },
		  { "fd.types[8]", NULL });
}

Test(field, users_and_groups_have_fall_backs)
{
	struct process_info p = {
		.tid = 5, .pid = 5, .uid = 65534, .gid = 65534, .loginuid = 0, .comm = span_str("x")
	};

	kit_begin(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_process(&kit, 1, p);
	kit_is(&kit, 1);
	KIT_CHECK(&kit, { "user.uid", "65534" }, { "user.name", "<NA>" },
		  { "user.homedir", "<NA>" }, { "user.shell", "<NA>" }, { "user.loginuid", "0" },
		  { "user.loginname", "root" }, { "group.gid", "65534" }, { "group.name", "<NA>" });
	kit_user(&kit, "", 65534, "nobody");
	kit_group(&kit, 65534, "nogroup");
	KIT_CHECK(&kit, { "user.name", "nobody" }, { "user.homedir", "/root" },
		  { "user.shell", "/bin/bash" }, { "group.name", "nogroup" });
	p.uid = p.gid = 0;
	p.container_id = span_str("3f5ae0a1b2c3");
	kit_process(&kit, 1, p);
	KIT_CHECK(&kit, { "user.name", "root" }, { "user.homedir", "/root" },
		  { "user.shell", "<NA>" }, { "group.name", "root" });
	kit_begin(&kit, EVENT_USER_ADDED_E);
	kit_int(&kit, 1001);
	kit_int(&kit, 1002);
	kit_str(&kit, "eve");
	kit_str(&kit, "/home/eve");
	kit_str(&kit, "/bin/sh");
	KIT_CHECK(&kit, { "user.uid", "1001" }, { "user.name", "eve" },
		  { "user.homedir", "/home/eve" }, { "user.shell", "/bin/sh" },
		  { "group.name", NULL });
}

Test(field, outside_containers_the_host_stands_for_one)
{
	struct container_frame c = { .id = span_str("3f5ae0a1b2c3"),
				     .type = 7,
				     .has_metadata = true,
				     .full_id = span_str("3f5ae0a1b2c3d4") };
	ssize_t n;

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	KIT_CHECK(&kit, { "container.id", "host" }, { "container.name", "host" },
		  { "container.full_id", "host" }, { "container.type", "host" },
		  { "container.image", "" }, { "container.image.repository", "" },
		  { "container.privileged", "false" }, { "container.start_ts", NULL },
		  { "container.healthcheck", NULL }, { "k8s.pod.name", NULL }, { "k8s.pod.ip", "" },
		  { "k8smeta.pod.name", NULL }, { "container.label[a]", NULL });
	kit_process(&kit, 1,
		    (struct process_info){ .tid = 5,
					   .pid = 5,
					   .container_id = c.id,
					   .pidns_init_start_ts = 1795462519444612000 });
	kit_is(&kit, 1);
	KIT_CHECK(&kit, { "container.id", "3f5ae0a1b2c3" }, { "container.name", NULL },
		  { "container.image", NULL }, { "container.type", NULL },
		  { "container.privileged", NULL }, { "container.start_ts", "1795462519444612000" },
		  { "container.duration", "290" });
	n = wire_encode_container(kit.frame, sizeof(kit.frame), &c);
	mirror_apply(kit.mirror, FRAME_CONTAINER, span_of(kit.frame, (size_t)n));
	KIT_CHECK(&kit, { "container.type", "containerd" },
		  { "container.full_id", "3f5ae0a1b2c3d4" });
}
