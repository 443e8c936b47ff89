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
		{ "fd.name", -1, false, false },
		{ "fd.ip", -1, false, true },
		{ "fd.net", -1, false, true },
		{ "fd.port", -1, false, true },
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

/* ---- processes ---- */

static const uint8_t bash_env[] = "HOME=/root\0PATH=/bin\0EMPTY=";
static const uint8_t ssh_args[] = "-o\0BatchMode=yes\0"
				  "127.0.0.1";
static const uint8_t cgroups[] = "cpuset=/\0memory=/hostwork.slice";

/* supervisor 1 -> sshd 40 -> bash 50 (session 50) -> ssh 60, and a thread 61 of it. */
static void family(unsigned code)
{
	struct process_info p = { .tid = 1,
				  .pid = 1,
				  .ptid = 0,
				  .sid = 1,
				  .vtid = 1,
				  .vpid = 1,
				  .vpgid = 1,
				  .pgid = 1,
				  .comm = span_str("supervisor"),
				  .exe = span_str("/sbin/sv"),
				  .exepath = span_str("/usr/sbin/sv"),
				  .cwd = span_str("/"),
				  .loginuid = UINT32_MAX,
				  .fdlimit = 1024 };

	kit_begin(&kit, code);
	kit_process(&kit, 1, p);
	p.tid = p.pid = p.vtid = p.vpid = p.sid = p.vpgid = p.pgid = 40;
	p.ptid = 1;
	p.comm = span_str("sshd");
	p.exe = p.exepath = span_str("/usr/sbin/sshd");
	kit_process(&kit, 2, p);
	p.tid = p.pid = p.vtid = p.vpid = p.sid = p.vpgid = p.pgid = 50;
	p.ptid = 40;
	p.comm = span_str("bash");
	p.exe = span_str("-bash");
	p.exepath = span_str("/usr/bin/bash");
	p.args = span_of("-l", 3);
	p.env = span_of(bash_env, sizeof(bash_env));
	p.clone_ts = 1795462519302480150;
	p.cwd = span_str("/srv/");
	kit_process(&kit, 3, p);
	p.tid = p.pid = p.vtid = p.vpid = p.vpgid = p.pgid = 60;
	p.ptid = 50;
	p.comm = span_str("ssh");
	p.exe = span_str("ssh");
	p.exepath = span_str("/usr/bin/ssh");
	p.args = span_of(ssh_args, sizeof(ssh_args));
	p.clone_ts = 1795462519433870889;
	p.cgroups = span_of(cgroups, sizeof(cgroups));
	p.exe_ino = 248068;
	p.exe_ctime = 1746701666147483648;
	p.exe_flags = 1;
	p.cap_effective = 0x3;
	p.vmsize = 1492;
	p.pfmajor = 1;
	kit_process(&kit, 4, p);
	p.tid = p.vtid = 61;
	p.comm = span_str("worker");
	kit_process(&kit, 5, p);
	kit_is(&kit, 4);
}

Test(field, a_process_tells_of_itself_and_its_ancestors)
{
	family(EVENT_SYSCALL_CLOSE_X);
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
	family(EVENT_SYSCALL_CLOSE_X);
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
	family(EVENT_SYSCALL_CLOSE_X);
	kit_is(&kit, 5);
	KIT_CHECK(&kit, { "proc.name", "worker" }, { "proc.aname[0]", "ssh" }, { "proc.pid", "60" },
		  { "thread.tid", "61" }, { "thread.ismain", "false" }, { "thread.vmsize", "0" },
		  { "proc.vmsize", "1492" }, { "proc.pname", "bash" },
		  { "proc.cmdline", "worker -o BatchMode=yes 127.0.0.1" });
}

Test(field, a_placeholder_says_so_and_no_process_is_missing)
{
	family(EVENT_SYSCALL_CLOSE_X);
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

	family(EVENT_SYSCALL_CLOSE_X);
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
						   .comm = span_of("abc" + i, 1) });
	kit_is(&kit, 1);
	cr_assert(le(sz, strlen(kit_text(&kit, "proc.aname")), 16));
	cr_assert_eq(kit_text(&kit, "proc.aname")[0], 'b');
	KIT_CHECK(&kit, { "proc.aname[1]", "b" }, { "proc.aname[100]", NULL });
}

Test(field, any_ancestor_is_a_list_of_values)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("proc.aname");

	family(EVENT_SYSCALL_CLOSE_X);
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

	family(EVENT_SYSCALL_CLOSE_X);
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
		  { "fd.types[0]", "file" }, { "fd.types[1]", NULL }, { "fd.types[7]", NULL });
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

	family(EVENT_SYSCALL_CLOSE_X);
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

/* ---- descriptors ---- */

Test(field, an_event_without_a_descriptor_has_no_fd_fields)
{
	family(EVENT_SYSCALL_MKDIR_2_X);
	KIT_CHECK(&kit, { "fd.num", NULL }, { "fd.name", NULL }, { "fd.typechar", NULL },
		  { "fd.uid", NULL }, { "fd.types", NULL }, { "fd.containername", NULL });
}

Test(field, a_file_has_a_name_a_directory_and_an_inode)
{
	struct file_info *f;

	family(EVENT_SYSCALL_CLOSE_X);
	f = kit_own_file(&kit, 255, FILE_REGULAR, "/opt/demo/a.sh");
	f->name_raw = span_str("./a.sh");
	f->ino = 11043646;
	f->dev = 0xfe00;
	f->flags = FILE_NAME_CHANGED | FILE_UPPER_LAYER;
	KIT_CHECK(&kit, { "fd.num", "255" }, { "fd.type", "file" }, { "fd.typechar", "f" },
		  { "fd.name", "/opt/demo/a.sh" }, { "fd.directory", "/opt/demo" },
		  { "fd.filename", "a.sh" }, { "fd.nameraw", "./a.sh" }, { "fd.ino", "11043646" },
		  { "fd.dev", "FE00" }, { "fd.dev.major", "254" }, { "fd.dev.minor", "0" },
		  { "fd.uid", "60255" }, { "fd.containername", ":/opt/demo/a.sh" },
		  { "fd.containerdirectory", ":/opt/demo" }, { "fd.l4proto", "<NA>" },
		  { "fd.sockfamily", NULL }, { "fd.is_server", "false" },
		  { "fd.connected", "false" }, { "fd.name_changed", "true" },
		  { "fd.is_upper_layer", "true" }, { "fd.is_lower_layer", "false" },
		  { "fd.sip", NULL }, { "fd.sport", NULL }, { "fd.sproto", NULL },
		  { "fd.cip.name", NULL });
	f->name = span_str("/x");
	cr_assert_str_eq(kit_text(&kit, "fd.directory"), "/");
	f->name = span_str("x");
	cr_assert_str_eq(kit_text(&kit, "fd.directory"), "/");
	f->type = FILE_DIRECTORY;
	KIT_CHECK(&kit, { "fd.type", "directory" }, { "fd.directory", "x" },
		  { "fd.filename", NULL });
	f->type = FILE_FIFO;
	f->name = span_str("");
	KIT_CHECK(&kit, { "fd.type", "pipe" }, { "fd.name", "" }, { "fd.directory", NULL },
		  { "fd.filename", NULL }, { "fd.containerdirectory", NULL },
		  { "fd.containername", ":" });
	f->type = FILE_UNKNOWN;
	KIT_CHECK(&kit, { "fd.type", "<NA>" }, { "fd.typechar", "o" });
}

Test(field, a_descriptor_that_is_not_in_the_table_is_told_by_the_event)
{
	static const uint8_t v4[] = { 2, 1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 0 };

	family(EVENT_SYSCALL_CLOSE_X);
	kit_int(&kit, -9);
	kit_int(&kit, 4);
	kit.ev.fd = 4;
	KIT_CHECK(&kit, { "fd.num", "4" }, { "fd.name", "" }, { "fd.nameraw", "" },
		  { "fd.directory", "/" }, { "fd.filename", NULL }, { "fd.type", NULL },
		  { "fd.typechar", "o" }, { "fd.containername", ":" },
		  { "fd.containerdirectory", ":/" }, { "fd.uid", "604" }, { "fd.ino", NULL },
		  { "fd.is_server", NULL }, { "fd.l4proto", NULL }, { "fd.connected", NULL });
	family(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, -2);
	kit_int(&kit, -100);
	kit_str(&kit, "../etc/shadow");
	kit.ev.fd = -1;
	KIT_CHECK(&kit, { "fd.num", "-1" }, { "fd.name", "/etc/shadow" },
		  { "fd.directory", "/etc" }, { "fd.nameraw", "../etc/shadow" },
		  { "fd.typechar", "f" }, { "fd.filename", NULL }, { "fd.type", NULL },
		  { "fd.uid", "60-1" });
	kit.ev.params[2].kind = PARAM_EMPTY;
	KIT_CHECK(&kit, { "fd.name", NULL }, { "fd.directory", NULL },
		  { "fd.containername", NULL });
	family(EVENT_SYSCALL_OPEN_X);
	kit_int(&kit, -2);
	kit_str(&kit, "x");
	kit.ev.fd = -1;
	KIT_CHECK(&kit, { "fd.name", "/srv/x" }, { "fd.typechar", "o" });
	family(EVENT_SOCKET_CONNECT_X);
	kit_int(&kit, -111);
	kit_bytes(&kit, v4, sizeof(v4));
	kit_int(&kit, 3);
	kit.ev.fd = 3;
	KIT_CHECK(&kit, { "fd.name", "1.2.3.4:5->6.7.8.9:10" }, { "fd.typechar", "o" });
	family(EVENT_SYSCALL_OPENAT_2_E);
	kit.ev.fd = -1;
	KIT_CHECK(&kit, { "fd.name", NULL }, { "fd.num", "-1" });
}

static struct file_info *socket_of(unsigned type, uint16_t flags)
{
	static const uint8_t sip[4] = { 10, 0, 0, 1 }, dip[4] = { 93, 184, 216, 34 };
	struct file_info *f;

	family(EVENT_SYSCALL_CLOSE_X);
	f = kit_own_file(&kit, 3, type, "10.0.0.1:40000->93.184.216.34:80");
	memcpy(f->sip, sip, 4);
	memcpy(f->dip, dip, 4);
	f->sport = 40000;
	f->dport = 80;
	f->l4proto = L4_TCP;
	f->flags = flags;
	return f;
}

Test(field, a_connection_has_a_client_a_server_and_a_local_end)
{
	socket_of(FILE_IPV4, FILE_ROLE_CLIENT | FILE_CONNECTED | FILE_SIP_LOCAL);
	KIT_CHECK(&kit, { "fd.type", "ipv4" }, { "fd.cip", "10.0.0.1" },
		  { "fd.sip", "93.184.216.34" }, { "fd.cport", "40000" }, { "fd.sport", "80" },
		  { "fd.lip", "10.0.0.1" }, { "fd.lport", "40000" }, { "fd.rip", "93.184.216.34" },
		  { "fd.rport", "80" }, { "fd.cproto", "40000" }, { "fd.sproto", "80" },
		  { "fd.lproto", "40000" }, { "fd.rproto", "80" }, { "fd.l4proto", "tcp" },
		  { "fd.sockfamily", "ip" }, { "fd.is_server", "false" },
		  { "fd.connected", "true" });
	socket_of(FILE_IPV4, FILE_ROLE_SERVER | FILE_DIP_LOCAL);
	KIT_CHECK(&kit, { "fd.lip", "93.184.216.34" }, { "fd.lport", "80" },
		  { "fd.rip", "10.0.0.1" }, { "fd.is_server", "true" });
}

Test(field, a_socket_without_a_role_has_no_ends_but_either_of_them)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.ip");

	socket_of(FILE_IPV4, 0);
	KIT_CHECK(&kit, { "fd.sip", NULL }, { "fd.cip", NULL }, { "fd.lip", NULL },
		  { "fd.rip", NULL }, { "fd.sport", NULL }, { "fd.lport", NULL },
		  { "fd.sproto", NULL }, { "fd.cproto", NULL },
		  { "fd.name", "10.0.0.1:40000->93.184.216.34:80" });
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 2));
	cr_assert(eq(u8, out[0].type, PT_IPADDR));
	cr_assert(eq(u8, out[0].ip.family, 4));
	cr_assert(eq(u8, out[1].ip.addr[0], 93));
	ref = kit_ref("fd.net");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 2));
	cr_assert(eq(u8, out[0].type, PT_IPNET));
	ref = kit_ref("fd.port");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 2));
	cr_assert(eq(u64, out[0].u, 40000));
	cr_assert(eq(u64, out[1].u, 80));
}

Test(field, a_listening_socket_has_its_bound_address)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.ip");

	socket_of(FILE_IPV4_SERVER, FILE_ROLE_SERVER);
	KIT_CHECK(&kit, { "fd.sip", "93.184.216.34" }, { "fd.sport", "80" }, { "fd.cip", NULL },
		  { "fd.cport", NULL }, { "fd.lip", NULL }, { "fd.lport", NULL },
		  { "fd.rip", NULL }, { "fd.sproto", "" }, { "fd.cproto", "" },
		  { "fd.lproto", NULL }, { "fd.rproto", NULL }, { "fd.is_server", "true" },
		  { "fd.type", "ipv4" });
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 1));
	cr_assert(eq(u8, out[0].ip.addr[0], 93));
	socket_of(FILE_IPV4_SERVER, 0);
	KIT_CHECK(&kit, { "fd.sip", NULL }, { "fd.sport", "80" });
}

Test(field, either_end_of_a_file_is_there_but_has_no_value)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.ip");

	family(EVENT_SYSCALL_CLOSE_X);
	kit_own_file(&kit, 3, FILE_REGULAR, "/x");
	cr_assert(kit_has(&kit, "fd.ip"));
	cr_assert(kit_has(&kit, "fd.net"));
	cr_assert_not(kit_has(&kit, "fd.port"));
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 0));
	kit.ev.fd_file = -1;
	cr_assert_not(kit_has(&kit, "fd.ip"));
}

Test(field, ipv6_prints_without_brackets)
{
	struct file_info *f = socket_of(FILE_IPV6, FILE_ROLE_CLIENT);

	memset(f->sip, 0, 16);
	memset(f->dip, 0, 16);
	cr_assert_str_eq(kit_text(&kit, "fd.is_server"), "true");
	f->sip[15] = 1;
	f->dip[0] = 0x20;
	f->dip[1] = 1;
	KIT_CHECK(&kit, { "fd.cip", "::1" }, { "fd.sip", "2001::" }, { "fd.type", "ipv6" },
		  { "fd.typechar", "6" }, { "fd.is_server", "false" });
}

/* ---- events ---- */

Test(field, an_event_tells_its_kind_and_result)
{
	family(EVENT_SYSCALL_CLOSE_X);
	kit_int(&kit, -9);
	kit_int(&kit, 4);
	kit.ev.cpu = 3;
	KIT_CHECK(&kit, { "evt.num", "600" }, { "evt.type", "close" }, { "syscall.type", "close" },
		  { "evt.dir", "<" }, { "evt.cpu", "3" }, { "evt.source", "syscall" },
		  { "evt.res", "EBADF" }, { "evt.rawres", "-9" }, { "evt.failed", "true" },
		  { "evt.category", "unknown" }, { "evt.is_io", "false" }, { "evt.io_dir", NULL },
		  { "evt.is_wait", "false" }, { "evt.is_async", "false" },
		  { "evt.asynctype", NULL }, { "evt.count", "1" }, { "evt.count.error", "1" },
		  { "evt.count.error.file", NULL }, { "evt.count.error.other", "1" },
		  { "evt.count.exit", "1" }, { "evt.buflen", NULL }, { "evt.buffer", NULL },
		  { "evt.pluginname", NULL }, { "evt.latency", "0" },
		  { "evt.latency.human", "0ns" }, { "evt.hostname", NULL },
		  { "evt.is_syslog", "false" });
	kit.ev.params[0].i = 0;
	kit_own_file(&kit, 4, FILE_REGULAR, "/x");
	KIT_CHECK(&kit, { "evt.res", "SUCCESS" }, { "evt.rawres", "0" }, { "evt.failed", "false" },
		  { "evt.category", "file" }, { "evt.count.error", "0" },
		  { "evt.count.error.file", "0" }, { "evt.count.error.net", NULL },
		  { "evt.buflen", "0" }, { "evt.buflen.file", "0" }, { "evt.buflen.in", NULL });
	kit.ev.params[0].i = -4000;
	KIT_CHECK(&kit, { "evt.res", "-4000" });
	kit.ev.params[0].kind = PARAM_EMPTY;
	KIT_CHECK(&kit, { "evt.res", NULL }, { "evt.rawres", NULL }, { "evt.failed", NULL },
		  { "evt.count.error", NULL });
}

Test(field, the_category_of_reading_and_writing_is_the_files)
{
	static const struct {
		uint8_t type;
		const char *category;
	} cases[] = {
		{ FILE_REGULAR, "file" },     { FILE_DIRECTORY, "file" },  { FILE_IPV4, "net" },
		{ FILE_IPV6_SERVER, "net" },  { FILE_FIFO, "ipc" },	   { FILE_UNIX, "ipc" },
		{ FILE_EVENT, "ipc" },	      { FILE_NETLINK, "unknown" }, { FILE_BPF, "unknown" },
		{ FILE_IO_URING, "unknown" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		family(EVENT_SYSCALL_WRITE_X);
		kit_int(&kit, 15);
		kit_bytes(&kit, "this is a test\n", 15);
		kit_own_file(&kit, 1, cases[i].type, "/dev/log");
		cr_assert_str_eq(kit_text(&kit, "evt.category"), cases[i].category);
		KIT_CHECK(&kit, { "evt.buflen", "15" }, { "evt.buflen.out", "15" },
			  { "evt.buflen.in", NULL }, { "evt.io_dir", "write" },
			  { "evt.is_io_write", "true" }, { "evt.is_io_read", "false" },
			  { "evt.is_syslog", "true" }, { "evt.buffer", "this is a test." });
	}
	family(EVENT_SYSCALL_PIPE2_X);
	cr_assert_str_eq(kit_text(&kit, "evt.category"), "IPC");
}

Test(field, events_that_are_no_system_calls)
{
	family(EVENT_PROCEXIT_1_E);
	kit_int(&kit, 0);
	KIT_CHECK(&kit, { "evt.type", "procexit" }, { "syscall.type", NULL }, { "evt.dir", ">" },
		  { "evt.res", NULL }, { "evt.failed", NULL }, { "evt.category", "process" },
		  { "evt.count.exit", NULL });
	family(EVENT_PROCINFO_E);
	KIT_CHECK(&kit, { "evt.type", "procinfo" }, { "evt.category", "internal" },
		  { "evt.is_async", "true" }, { "evt.asynctype", "procinfo" },
		  { "syscall.type", NULL }, { "thread.cpu", "0.0" }, { "evt.count.procinfo", "1" },
		  { "evt.count.threadinfo", "1" });
	family(EVENT_ASYNCEVENT_E);
	kit_int(&kit, 1);
	kit_str(&kit, "container");
	KIT_CHECK(&kit, { "evt.type", "container" }, { "evt.asynctype", "container" });
	family(EVENT_GENERIC_X);
	kit_int(&kit, SC_getpid);
	kit_int(&kit, 39);
	KIT_CHECK(&kit, { "evt.type", "getpid" }, { "syscall.type", "getpid" }, { "evt.args", "" },
		  { "evt.res", NULL });
}

Test(field, evt_type_is_compares_codes)
{
	family(EVENT_SYSCALL_OPEN_X);
	KIT_CHECK(&kit, { "evt.type.is.open", "1" }, { "evt.type.is.3", "1" },
		  { "evt.type.is.2", "0" }, { "evt.type.is.close", "0" });
}

Test(field, opens_say_what_they_are_for)
{
	static const struct {
		uint16_t code;
		int64_t res;
		uint32_t flags, mode;
		bool read, write, exec, create;
	} cases[] = {
		{ EVENT_SYSCALL_OPEN_X, 3, 0x1, 0, true, false, false, false },
		{ EVENT_SYSCALL_OPEN_X, -2, 0x2, 0, false, true, false, false },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x3, 0111, true, true, false, false },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x6, 0755, false, true, true, false },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x4006, 0644, false, true, false, true },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x2002, 0100, false, true, true, true },
		{ EVENT_SYSCALL_OPEN_X, -1, 0x2002, 0644, false, true, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		family(cases[i].code);
		kit_int(&kit, cases[i].res);
		kit_str(&kit, "/x");
		kit_int(&kit, cases[i].flags);
		kit_int(&kit, cases[i].mode);
		cr_assert_eq(kit_text(&kit, "evt.is_open_read")[0] == 't', cases[i].read, "%zu", i);
		cr_assert_eq(kit_text(&kit, "evt.is_open_write")[0] == 't', cases[i].write, "%zu",
			     i);
		cr_assert_eq(kit_text(&kit, "evt.is_open_exec")[0] == 't', cases[i].exec, "%zu", i);
		cr_assert_eq(kit_text(&kit, "evt.is_open_create")[0] == 't', cases[i].create, "%zu",
			     i);
	}
	family(EVENT_SYSCALL_CREAT_X);
	kit_int(&kit, 3);
	kit_str(&kit, "/x");
	kit_int(&kit, 0755);
	KIT_CHECK(&kit, { "evt.is_open_exec", "true" }, { "evt.is_open_write", "false" },
		  { "evt.is_open_create", "false" });
	family(EVENT_SYSCALL_CLOSE_X);
	KIT_CHECK(&kit, { "evt.is_open_read", "false" }, { "evt.is_open_create", "false" });
}

static void bangkok(uint64_t epoch_s, struct tm *ret)
{
	*ret = (struct tm){ .tm_year = 126,
			    .tm_mon = 10,
			    .tm_mday = 24,
			    .tm_hour = (int)((epoch_s / 3600 + 7) % 24),
			    .tm_min = (int)(epoch_s / 60 % 60),
			    .tm_sec = (int)(epoch_s % 60) };
}

Test(field, times_print_local_and_utc)
{
	family(EVENT_SYSCALL_CLOSE_X);
	kit.context = (struct field_context){ 0 };
	kit.ev.code = EVENT_PROCINFO_E;
	field_context_step(&kit.context, &kit.ev);
	cr_assert_str_eq(kit_text(&kit, "evt.reltime"), "1795462519444612290");
	kit.ev.code = EVENT_SYSCALL_CLOSE_X;
	kit.ev.ts_ns -= 144800447;
	field_context_step(&kit.context, &kit.ev);
	kit.ev.ts_ns += 144800447;
	field_context_step(&kit.context, &kit.ev);
	KIT_CHECK(&kit, { "evt.time", "19:35:19.444612290" }, { "evt.time.s", "19:35:19" },
		  { "evt.time.iso8601", "2026-11-23T19:35:19.444612290+0000" },
		  { "evt.datetime", "2026-11-23 19:35:19.444612290" },
		  { "evt.datetime.s", "2026-11-23 19:35:19" },
		  { "evt.outputtime", "19:35:19.444612290" },
		  { "evt.rawtime", "1795462519444612290" }, { "evt.rawtime.s", "1795462519" },
		  { "evt.rawtime.ns", "444612290" }, { "evt.reltime", "144800447" },
		  { "evt.reltime.s", "0" }, { "evt.reltime.ns", "144800447" },
		  { "evt.deltatime", "0" });
	kit.context.local = bangkok;
	KIT_CHECK(&kit, { "evt.time.s", "02:35:19" }, { "evt.datetime.s", "2026-11-24 02:35:19" },
		  { "evt.time.iso8601", "2026-11-23T19:35:19.444612290+0000" });
	kit.ev.ts_ns = 951782400000000007; /* 2000-02-29 */
	KIT_CHECK(&kit, { "evt.time.iso8601", "2000-02-29T00:00:00.000000007+0000" },
		  { "evt.rawtime.ns", "000000007" });
	kit.ev.ts_ns = 0;
	cr_assert_str_eq(kit_text(&kit, "evt.time.iso8601"), "1970-01-01T00:00:00.000000000+0000");
}

Test(field, deltas_are_counted_by_each_reference_for_itself)
{
	struct field_ref a = kit_ref("evt.deltatime"), b = kit_ref("evt.deltatime.s");
	struct value v;

	family(EVENT_SYSCALL_CLOSE_X);
	kit.context = (struct field_context){ 0 };
	kit.ev.ts_ns = 5000000000;
	cr_assert(field_get(&a, &kit.e, &v));
	cr_assert(eq(u64, v.u, 0));
	kit.ev.ts_ns = 7000000001;
	cr_assert(field_get(&a, &kit.e, &v));
	cr_assert(eq(u64, v.u, 2000000001));
	cr_assert(field_get(&b, &kit.e, &v));
	cr_assert(eq(u64, v.u, 0));
	kit.ev.ts_ns = 9000000001;
	cr_assert(field_get(&b, &kit.e, &v));
	cr_assert(eq(u64, v.u, 2));
	cr_assert(field_get(&a, &kit.e, &v));
	cr_assert(eq(u64, v.u, 2000000000));
}

Test(field, raw_arguments_keep_their_type)
{
	struct value v;

	family(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, -2);
	kit_int(&kit, -100);
	kit_bytes(&kit, "x", 2);
	kit_int(&kit, 1);
	cr_assert(kit_get(&kit, "evt.rawarg.fd", &v));
	cr_assert(v.kind == VALUE_INT && v.i == -2 && v.type == PT_FD);
	cr_assert(kit_get(&kit, "evt.rawarg.flags", &v));
	cr_assert(v.kind == VALUE_UINT && v.u == 1 && v.type == PT_FLAGS32);
	cr_assert(kit_get(&kit, "evt.rawarg.name", &v));
	cr_assert(v.kind == VALUE_STRING && span_is(v.s, "x"));
	cr_assert_not(kit_get(&kit, "evt.rawarg.res", &v));
	cr_assert_not(kit_get(&kit, "evt.rawarg.mode", &v), "it is not in this event");
	kit.ev.params[2].kind = PARAM_EMPTY;
	cr_assert_not(kit_get(&kit, "evt.rawarg.name", &v));
}

Test(field, around_is_a_distance_in_milliseconds)
{
	struct value v;

	family(EVENT_SYSCALL_CLOSE_X);
	kit.ev.ts_ns = 5000000000;
	cr_assert(kit_get(&kit, "evt.around[5000000000]", &v));
	cr_assert(eq(u64, v.u, 0));
	cr_assert(kit_get(&kit, "evt.around[5000000001]", &v));
	cr_assert(eq(u64, v.u, 1));
	cr_assert(kit_get(&kit, "evt.around[4000000000]", &v));
	cr_assert(eq(u64, v.u, 1000));
}

/* ---- paths ---- */

Test(field, fs_path_is_there_for_calls_that_succeeded)
{
	family(EVENT_SYSCALL_UNLINKAT_2_X);
	kit_int(&kit, 0);
	kit_int(&kit, 4);
	kit_str(&kit, "zz");
	kit_file(&kit, 4, FILE_DIRECTORY, "/host");
	KIT_CHECK(&kit, { "fs.path.name", "/host/zz" }, { "fs.path.nameraw", "zz" },
		  { "fs.path.source", NULL }, { "fs.path.target", NULL },
		  { "evt.abspath", "/host/zz" });
	kit.ev.files[0].type = FILE_REGULAR;
	KIT_CHECK(&kit, { "fs.path.name", "<UNKNOWN>zz" }, { "evt.abspath", "/host/zz" });
	kit.ev.nfiles = 0;
	KIT_CHECK(&kit, { "fs.path.name", "<UNKNOWN>zz" }, { "evt.abspath", "<UNKNOWN>/zz" });
	kit.ev.params[1].i = -100;
	KIT_CHECK(&kit, { "fs.path.name", "/srv/zz" }, { "evt.abspath", "/srv/zz" });
	kit.ev.params[0].i = -2;
	KIT_CHECK(&kit, { "fs.path.name", NULL }, { "fs.path.nameraw", NULL },
		  { "evt.abspath", "/srv/zz" });
}

Test(field, fs_path_of_an_open_is_the_name_of_what_was_opened)
{
	family(EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, 3);
	kit_int(&kit, 4);
	kit_str(&kit, "lib");
	kit_own_file(&kit, 3, FILE_REGULAR, "/usr/lib");
	KIT_CHECK(&kit, { "fs.path.name", "/usr/lib" }, { "fs.path.nameraw", "lib" });
	kit.ev.params[2].s = span_str("/usr/../etc");
	KIT_CHECK(&kit, { "fs.path.name", "/etc" });
	kit.ev.params[0].i = -2;
	KIT_CHECK(&kit, { "fs.path.name", "/etc" });
	kit.ev.fd_file = -1;
	kit.ev.params[2].s = span_str("lib");
	KIT_CHECK(&kit, { "fs.path.name", "<UNKNOWN>" });
	kit.ev.params[0].i = -1;
	KIT_CHECK(&kit, { "fs.path.name", NULL });
}

Test(field, calls_with_two_paths_have_a_source_and_a_target)
{
	family(EVENT_SYSCALL_RENAMEAT2_X);
	kit_int(&kit, 0);
	kit_int(&kit, -100);
	kit_str(&kit, "a");
	kit_int(&kit, -100);
	kit_str(&kit, "/b/./c");
	KIT_CHECK(&kit, { "fs.path.source", "/srv/a" }, { "fs.path.sourceraw", "a" },
		  { "fs.path.target", "/b/c" }, { "fs.path.targetraw", "/b/./c" },
		  { "fs.path.name", NULL }, { "evt.abspath", "/srv/a" },
		  { "evt.abspath.src", "/srv/a" }, { "evt.abspath.dst", "/b/c" });
	family(EVENT_SYSCALL_LINK_2_X);
	kit_int(&kit, 0);
	kit_str(&kit, "/old");
	kit_str(&kit, "new");
	KIT_CHECK(&kit, { "fs.path.source", "/srv/new" }, { "fs.path.target", "/old" },
		  { "evt.abspath", NULL });
	family(EVENT_SYSCALL_SYMLINKAT_X);
	kit_int(&kit, 0);
	kit_str(&kit, "to");
	kit_int(&kit, -100);
	kit_str(&kit, "ln");
	KIT_CHECK(&kit, { "fs.path.source", "/srv/ln" }, { "fs.path.target", "<UNKNOWN>to" },
		  { "evt.abspath", "/srv/ln" }, { "evt.abspath.dst", NULL });
	family(EVENT_SYSCALL_MOUNT_X);
	kit_int(&kit, 0);
	kit_str(&kit, "/dev/vda");
	kit_str(&kit, "/mnt");
	KIT_CHECK(&kit, { "fs.path.source", "/dev/vda" }, { "fs.path.target", "/mnt" });
	family(EVENT_SYSCALL_FCHMOD_X);
	kit_int(&kit, 0);
	kit_int(&kit, 3);
	kit_own_file(&kit, 3, FILE_REGULAR, "/x/y");
	KIT_CHECK(&kit, { "fs.path.name", "/x/y" });
}

Test(field, a_full_arena_cuts_and_never_overruns)
{
	family(EVENT_SYSCALL_CLOSE_X);
	for (size_t cap = 0; cap < 64; cap++) {
		for (unsigned id = FIELD_NONE + 1; id < FIELD_COUNT; id++) {
			struct field_ref ref = { .id = id, .type = field_info(id)->type };
			struct alert_value v;

			memset(kit.block + cap, 0x5a, 64);
			arena_init(&kit.arena, kit.block, cap);
			field_text(&ref, &kit.e);
			field_alert_value(&ref, &kit.e, &v);
			for (unsigned i = 0; i < 64; i++)
				cr_assert(eq(u8, kit.block[cap + i], 0x5a), "%s",
					  field_info(id)->name);
		}
	}
	arena_init(&kit.arena, kit.block, 28);
	struct field_ref cmdline = kit_ref("proc.cmdline");
	struct span s = field_text(&cmdline, &kit.e);

	cr_assert(span_is(s, "ssh -o BatchMode=yes 127...."));
}
