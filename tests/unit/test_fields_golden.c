/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as captures have them, and what Falco printed for each of their fields;
 * where it printed null, the field is missing.  Made from captures once, by hand since.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support/field_kit.h"

static struct kit kit;

/* Rows as dense as they can be read. */
/* clang-format off */
#define NONE	    { .kind = PARAM_EMPTY }
#define INT(v)	    { .kind = PARAM_INT, .i = v }
#define BYTES(p, n) { .kind = PARAM_BYTES, .s = { (const uint8_t *)p, n } }
#define STR(p)	    BYTES(p, sizeof(p) - 1)
#define PARAMS(...)                                                                                \
	do {                                                                                       \
		static const struct param params_[] = { __VA_ARGS__ };                             \
		memcpy(kit.ev.params, params_, sizeof(params_));                                   \
		kit.ev.nparams = ARRAY_LEN(params_);                                               \
	} while (0)


static void elders_01_read_shadow(void)
{
	kit_process(&kit, 28667, (struct process_info){ .tid = 28667, .pid = 28667, .ptid = 28469,
		.sid = 4239, .vtid = 28667, .vpid = 28667, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("timeout"), .exe = span_str("timeout"),
		.exepath = span_str("/usr/bin/timeout"),
		.args = span_of("60\000./run_one.sh\00001_read_shadow\000", 31),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462437683562684 });
	kit_process(&kit, 28469, (struct process_info){ .tid = 28469, .pid = 28469, .ptid = 28464,
		.sid = 4239, .vtid = 28469, .vpid = 28469, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("record_small.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/opt/demo/") });
	kit_process(&kit, 28464, (struct process_info){ .tid = 28464, .pid = 28464, .ptid = 28463,
		.sid = 4239, .vtid = 28464, .vpid = 28464, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 28463, (struct process_info){ .tid = 28463, .pid = 28463, .ptid = 4239,
		.sid = 4239, .vtid = 28463, .vpid = 28463, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4239, (struct process_info){ .tid = 4239, .pid = 4239, .ptid = 4218,
		.sid = 4239, .vtid = 4239, .vpid = 4239, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4218, (struct process_info){ .tid = 4218, .pid = 4218, .vtid = 4218,
		.vpid = 4218, .vpgid = 4218, .pgid = 4218, .comm = span_str("supervisor"),
		.exe = span_str("/usr/bin/supervisor"),
		.exepath = span_str("/usr/bin/supervisor"), .cwd = span_str("/") });
}

Test(fields_golden, a_descriptor_that_is_not_open)
{
	kit_begin(&kit, EVENT_SYSCALL_FCNTL_X);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .vmsize = 1656, .pfminor = 25,
		.clone_ts = 1795462437684637182, .pidns_init_start_ts = 1795459325000000000,
		.exe_flags = 1, .exe_ino = 247101, .exe_ctime = 1745016456147483648,
		.exe_mtime = 10968388490854775808u, .cap_permitted = 2199006478335,
		.cap_effective = 2199006478335 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437686137332;
	kit.ev.num = 193;
	kit.ev.fd = 255;
	PARAMS(INT(-9), INT(255), INT(2), INT(140721062432388));
	KIT_CHECK(&kit, { "evt.type", "fcntl" },
		{ "evt.args", "res=-9(EBADF) fd=255 cmd=2(F_GETFD) arg=7FFC2CF04E84" },
		{ "evt.arg.res", "EBADF" }, { "evt.arg.fd", "255" }, { "evt.arg[1]", "255" },
		{ "evt.category", "unknown" }, { "evt.res", "EBADF" }, { "evt.rawres", "-9" },
		{ "evt.failed", "true" }, { "evt.count.error.file", NULL },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "fcntl" }, { "proc.name", "run_one.sh" },
		{ "proc.exe", "/bin/bash" }, { "proc.exepath", "/usr/bin/bash" },
		{ "proc.cmdline", "run_one.sh ./run_one.sh 01_read_shadow" },
		{ "proc.exeline", "/bin/bash ./run_one.sh 01_read_shadow" },
		{ "proc.cmdnargs", "2" }, { "proc.cwd", "/opt/demo/" }, { "proc.pid", "28668" },
		{ "proc.ppid", "28667" }, { "proc.vpid", "28668" }, { "proc.pvpid", "28667" },
		{ "proc.pname", "timeout" },
		{ "proc.pcmdline", "timeout 60 ./run_one.sh 01_read_shadow" },
		{ "proc.aname", "timeout record_small.sh bash bash bash supervisor" },
		{ "proc.acmdline[2]", "record_small.sh" },
		{ "proc.aexepath[1]", "/usr/bin/timeout" }, { "proc.apid[2]", "28469" },
		{ "proc.sname", "bash" }, { "proc.vpgid.name", "timeout" },
		{ "proc.pgid.exe", "timeout" }, { "proc.loginshellid", "4239" },
		{ "proc.duration", "1500150" }, { "proc.is_exe_writable", "true" },
		{ "proc.exe_ino", "247101" }, { "thread.cgroup.memory", "/hostwork.slice" },
		{ "thread.tid", "28668" }, { "thread.vtid", "28668" },
		{ "thread.ismain", "true" }, { "user.name", "root" }, { "user.uid", "0" },
		{ "user.loginuid", "-1" }, { "group.name", "root" }, { "fd.num", "255" },
		{ "fd.type", NULL }, { "fd.typechar", "o" }, { "fd.name", "" },
		{ "fd.nameraw", "" }, { "fd.directory", "/" }, { "fd.filename", NULL },
		{ "fd.sip", NULL }, { "fd.uid", "28668255" }, { "fd.containername", ":" },
		{ "fs.path.name", NULL }, { "container.id", "host" },
		{ "container.name", "host" }, { "container.type", "host" });
}

Test(fields_golden, a_clone_seen_by_the_child)
{
	kit_begin(&kit, EVENT_SYSCALL_CLONE_20_X);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28669, .pid = 28669, .ptid = 28668,
		.sid = 4239, .vtid = 28669, .vpid = 28669, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 25165824, .fdlimit = 20000, .vmsize = 4360,
		.vmrss = 2976, .pfmajor = 1, .pfminor = 162, .clone_ts = 1795462437686346183,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 247101,
		.exe_ctime = 1745016456147483648, .exe_mtime = 10968388490854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_process(&kit, 28668, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462437684637182 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437686401565;
	kit.ev.num = 201;
	PARAMS(INT(0), STR("/bin/bash"), BYTES("./run_one.sh\00001_read_shadow\000", 28),
		INT(28669), INT(28669), INT(28668), NONE, INT(20000), INT(0), INT(1), INT(4360),
		INT(168), INT(0), STR("run_one.sh"),
		BYTES("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		INT(25165824), INT(0), INT(0), INT(28669), INT(28669), INT(250271234));
	KIT_CHECK(&kit, { "evt.type", "clone" },
		{ "evt.args", "res=0 exe=/bin/bash args=./run_one.sh.01_read_shadow. tid=28669(run_one.sh) pid=28669(run_one.sh) ptid=28668(run_one.sh) cwd=<NA> fdlimit=20000 pgft_maj=0 pgft_min=1 vm_size=4360 vm_rss=168 vm_swap=0 comm=run_one.sh cgroups=cpuset=/.cpu=/.cpuacct=/.io=/.memory=/hostwork.slice. flags=25165824(CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID) uid=0 gid=0 vtid=28669(run_one.sh) vpid=28669(run_one.sh) pidns_init_start_ts=250271234" },
		{ "evt.arg.res", "0" }, { "evt.arg.fd", NULL }, { "evt.arg[1]", "/bin/bash" },
		{ "evt.category", "process" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "0" },
		{ "evt.failed", "false" }, { "evt.count.error.file", NULL },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "clone" }, { "proc.name", "run_one.sh" },
		{ "proc.exe", "/bin/bash" }, { "proc.exepath", "/usr/bin/bash" },
		{ "proc.cmdline", "run_one.sh ./run_one.sh 01_read_shadow" },
		{ "proc.exeline", "/bin/bash ./run_one.sh 01_read_shadow" },
		{ "proc.cmdnargs", "2" }, { "proc.cwd", "/opt/demo/" }, { "proc.pid", "28669" },
		{ "proc.ppid", "28668" }, { "proc.vpid", "28669" }, { "proc.pvpid", "28668" },
		{ "proc.pname", "run_one.sh" },
		{ "proc.pcmdline", "run_one.sh ./run_one.sh 01_read_shadow" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "proc.acmdline[2]", "timeout 60 ./run_one.sh 01_read_shadow" },
		{ "proc.aexepath[1]", "/usr/bin/bash" }, { "proc.apid[2]", "28667" },
		{ "proc.sname", "bash" }, { "proc.vpgid.name", "timeout" },
		{ "proc.pgid.exe", "timeout" }, { "proc.loginshellid", "4239" },
		{ "proc.duration", "55382" }, { "proc.is_exe_writable", "true" },
		{ "proc.exe_ino", "247101" }, { "thread.cgroup.memory", "/hostwork.slice" },
		{ "thread.tid", "28669" }, { "thread.vtid", "28669" },
		{ "thread.ismain", "true" }, { "user.name", "root" }, { "user.uid", "0" },
		{ "user.loginuid", "-1" }, { "group.name", "root" }, { "fd.num", NULL },
		{ "fd.type", NULL }, { "fd.name", NULL }, { "fd.filename", NULL },
		{ "fd.sip", NULL }, { "fs.path.name", NULL }, { "container.id", "host" },
		{ "container.name", "host" }, { "container.type", "host" });
}

Test(fields_golden, a_directory_that_is_there_already)
{
	kit_begin(&kit, EVENT_SYSCALL_MKDIR_2_X);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28669, .pid = 28669, .ptid = 28668,
		.sid = 4239, .vtid = 28669, .vpid = 28669, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("mkdir"), .exe = span_str("mkdir"),
		.exepath = span_str("/usr/bin/mkdir"),
		.args = span_of("-p\000/opt/demo/scratch\000", 21), .cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 472,
		.pfmajor = 1, .pfminor = 27, .clone_ts = 1795462437686346183,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 247777,
		.exe_ctime = 1663687649147483648, .exe_mtime = 10887059683854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_process(&kit, 28668, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462437684637182 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437687514570;
	kit.ev.num = 258;
	PARAMS(INT(-17), STR("/tmp"), INT(511));
	KIT_CHECK(&kit, { "evt.type", "mkdir" },
		{ "evt.args", "res=-17(EEXIST) path=/tmp mode=1FF" }, { "evt.arg.res", "EEXIST" },
		{ "evt.arg.fd", NULL }, { "evt.arg[1]", "/tmp" }, { "evt.category", "file" },
		{ "evt.res", "EEXIST" }, { "evt.rawres", "-17" }, { "evt.failed", "true" },
		{ "evt.count.error.file", NULL }, { "evt.io_dir", NULL }, { "evt.buflen", NULL },
		{ "evt.is_open_read", "false" }, { "evt.is_open_write", "false" },
		{ "evt.is_open_create", "false" }, { "syscall.type", "mkdir" },
		{ "proc.name", "mkdir" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", NULL }, { "fd.type", NULL },
		{ "fd.name", NULL }, { "fd.filename", NULL }, { "fd.sip", NULL },
		{ "fs.path.name", NULL });
}

Test(fields_golden, an_exit)
{
	kit_begin(&kit, EVENT_PROCEXIT_1_E);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28669, .pid = 28669, .ptid = 28668,
		.sid = 4239, .vtid = 28669, .vpid = 28669, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("mkdir"), .exe = span_str("mkdir"),
		.exepath = span_str("/usr/bin/mkdir"),
		.args = span_of("-p\000/opt/demo/scratch\000", 21), .cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 472,
		.pfmajor = 1, .pfminor = 27, .clone_ts = 1795462437686346183,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 247777,
		.exe_ctime = 1663687649147483648, .exe_mtime = 10887059683854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_process(&kit, 28668, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462437684637182 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437687553408;
	kit.ev.num = 265;
	PARAMS(INT(0), INT(0), INT(0), INT(0), INT(0));
	KIT_CHECK(&kit, { "evt.type", "procexit" },
		{ "evt.args", "status=0 ret=0 sig=0 core=0 reaper_tid=0" },
		{ "evt.arg.res", NULL }, { "evt.arg.fd", NULL }, { "evt.arg[1]", "0" },
		{ "evt.category", "process" }, { "evt.res", NULL }, { "evt.rawres", NULL },
		{ "evt.failed", NULL }, { "evt.count.error.file", NULL }, { "evt.io_dir", NULL },
		{ "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", NULL }, { "proc.name", "mkdir" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", NULL }, { "fd.type", NULL },
		{ "fd.name", NULL }, { "fd.filename", NULL }, { "fd.sip", NULL },
		{ "fs.path.name", NULL });
}

Test(fields_golden, a_pipe)
{
	kit_begin(&kit, EVENT_SYSCALL_PIPE2_X);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .vmsize = 1656, .pfminor = 25,
		.clone_ts = 1795462437684637182, .pidns_init_start_ts = 1795459325000000000,
		.exe_flags = 1, .exe_ino = 247101, .exe_ctime = 1745016456147483648,
		.exe_mtime = 10968388490854775808u, .cap_permitted = 2199006478335,
		.cap_effective = 2199006478335 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437687770260;
	kit.ev.num = 266;
	kit.ev.fd = 4;
	*kit_own_file(&kit, 4, 0, "") = (struct file_info){ 
		.fd = 4, .type = FILE_FIFO, .name = span_str(""), .ino = 201851 };
	*kit_file(&kit, 3, 0, "") = (struct file_info){ 
		.fd = 3, .type = FILE_FIFO, .name = span_str(""), .ino = 201851 };
	PARAMS(INT(0), INT(3), INT(4), INT(201851), INT(0));
	KIT_CHECK(&kit, { "evt.type", "pipe2" },
		{ "evt.args", "res=0 fd1=3(<p>) fd2=4(<p>) ino=201851 flags=0(O_NONE)" },
		{ "evt.arg.res", "0" }, { "evt.arg.fd", NULL }, { "evt.arg[1]", "<p>" },
		{ "evt.category", "IPC" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "0" },
		{ "evt.failed", "false" }, { "evt.count.error.file", NULL },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "pipe2" }, { "proc.name", "run_one.sh" },
		{ "proc.aname", "timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", "4" }, { "fd.type", "pipe" },
		{ "fd.typechar", "p" }, { "fd.name", "" }, { "fd.nameraw", "" },
		{ "fd.filename", NULL }, { "fd.ino", "201851" }, { "fd.dev", "0" },
		{ "fd.l4proto", "<NA>" }, { "fd.is_server", "false" },
		{ "fd.connected", "false" }, { "fd.name_changed", "false" }, { "fd.sip", NULL },
		{ "fd.uid", "286684" }, { "fd.containername", ":" }, { "fs.path.name", NULL });
}

Test(fields_golden, an_exec)
{
	kit_begin(&kit, EVENT_SYSCALL_EXECVE_19_X);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28674, .pid = 28674, .ptid = 28668,
		.sid = 4239, .vtid = 28674, .vpid = 28674, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("cat"), .exe = span_str("cat"),
		.exepath = span_str("/usr/bin/cat"), .args = span_of("/etc/shadow\000", 12),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 424,
		.pfminor = 45, .clone_ts = 1795462437711078035,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 247134,
		.exe_ctime = 1663687649147483648, .exe_mtime = 10887059683854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_process(&kit, 28668, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462437684637182 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437711620972;
	kit.ev.num = 462;
	PARAMS(INT(0), STR("cat"), BYTES("/etc/shadow\000", 12), INT(28674), INT(28674),
		INT(28668), NONE, INT(20000), INT(0), INT(45), INT(424), INT(0), INT(0),
		STR("cat"),
		BYTES("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		NONE, INT(0), INT(28667), INT(4294967295), INT(1), INT(0), INT(2199006478335),
		INT(2199006478335), INT(247134), INT(1663687649147483648),
		INT((int64_t)10887059683854775808u), INT(0), STR("/usr/bin/cat"), INT(28667),
		INT(0), STR("/usr/bin/cat"));
	KIT_CHECK(&kit, { "evt.type", "execve" },
		{ "evt.args", "res=0 exe=cat args=/etc/shadow. tid=28674(cat) pid=28674(cat) ptid=28668(run_one.sh) cwd=<NA> fdlimit=20000 pgft_maj=0 pgft_min=45 vm_size=424 vm_rss=0 vm_swap=0 comm=cat cgroups=cpuset=/.cpu=/.cpuacct=/.io=/.memory=/hostwork.slice. env=NULL tty=0 vpgid=28667(timeout) loginuid=-1(<NONE>) flags=1(EXE_WRITABLE) cap_inheritable=0 cap_permitted=1FFFEFFFFFF cap_effective=1FFFEFFFFFF exe_ino=247134 exe_ino_ctime=2022-09-20 15:27:29.147483648 exe_ino_mtime=2314-12-31 15:14:43.854775808 uid=0(root) trusted_exepath=/usr/bin/cat pgid=28667(timeout) gid=0(root) filename=/usr/bin/cat" },
		{ "evt.arg.res", "0" }, { "evt.arg.fd", NULL }, { "evt.arg[1]", "cat" },
		{ "evt.category", "process" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "0" },
		{ "evt.failed", "false" }, { "evt.count.error.file", NULL },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "execve" }, { "proc.name", "cat" }, { "proc.exe", "cat" },
		{ "proc.exepath", "/usr/bin/cat" }, { "proc.cmdline", "cat /etc/shadow" },
		{ "proc.exeline", "cat /etc/shadow" }, { "proc.cmdnargs", "1" },
		{ "proc.cwd", "/opt/demo/" }, { "proc.pid", "28674" }, { "proc.ppid", "28668" },
		{ "proc.vpid", "28674" }, { "proc.pvpid", "28668" },
		{ "proc.pname", "run_one.sh" },
		{ "proc.pcmdline", "run_one.sh ./run_one.sh 01_read_shadow" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "proc.acmdline[2]", "timeout 60 ./run_one.sh 01_read_shadow" },
		{ "proc.aexepath[1]", "/usr/bin/bash" }, { "proc.apid[2]", "28667" },
		{ "proc.sname", "bash" }, { "proc.vpgid.name", "timeout" },
		{ "proc.pgid.exe", "timeout" }, { "proc.loginshellid", "4239" },
		{ "proc.duration", "542937" }, { "proc.is_exe_writable", "true" },
		{ "proc.exe_ino", "247134" }, { "thread.cgroup.memory", "/hostwork.slice" },
		{ "thread.cap_effective", "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE" },
		{ "thread.tid", "28674" }, { "thread.vtid", "28674" },
		{ "thread.ismain", "true" }, { "user.name", "root" }, { "user.uid", "0" },
		{ "user.loginuid", "-1" }, { "group.name", "root" }, { "fd.num", NULL },
		{ "fd.type", NULL }, { "fd.name", NULL }, { "fd.filename", NULL },
		{ "fd.sip", NULL }, { "fs.path.name", NULL }, { "container.id", "host" },
		{ "container.name", "host" }, { "container.type", "host" });
}

Test(fields_golden, an_open_of_a_file_by_its_absolute_path)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	elders_01_read_shadow();
	kit_process(&kit, 1, (struct process_info){ .tid = 28674, .pid = 28674, .ptid = 28668,
		.sid = 4239, .vtid = 28674, .vpid = 28674, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("cat"), .exe = span_str("cat"),
		.exepath = span_str("/usr/bin/cat"), .args = span_of("/etc/shadow\000", 12),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 424,
		.pfminor = 45, .clone_ts = 1795462437711078035,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 247134,
		.exe_ctime = 1663687649147483648, .exe_mtime = 10887059683854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_process(&kit, 28668, (struct process_info){ .tid = 28668, .pid = 28668, .ptid = 28667,
		.sid = 4239, .vtid = 28668, .vpid = 28668, .vpgid = 28667, .pgid = 28667,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00001_read_shadow\000", 28),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462437684637182 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462437716496041;
	kit.ev.num = 511;
	kit.ev.fd = 3;
	*kit_own_file(&kit, 3, 0, "") = (struct file_info){ 
		.fd = 3, .type = FILE_REGULAR, .name = span_str("/etc/shadow"),
		.name_raw = span_str("/etc/shadow"), .ino = 409613, .dev = 0xfe00 };
	PARAMS(INT(3), INT(-100), STR("/etc/shadow"), INT(1), INT(0), INT(65024), INT(409613));
	KIT_CHECK(&kit, { "evt.type", "openat" },
		{ "evt.args", "fd=3(<f>/etc/shadow) dirfd=-100(AT_FDCWD) name=/etc/shadow flags=1(O_RDONLY) mode=0 dev=FE00 ino=409613" },
		{ "evt.arg.res", NULL }, { "evt.arg.fd", "<f>/etc/shadow" },
		{ "evt.arg.name", "/etc/shadow" }, { "evt.arg[1]", "AT_FDCWD" },
		{ "evt.category", "file" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "3" },
		{ "evt.failed", "false" }, { "evt.count.error.file", "0" },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "true" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "openat" }, { "proc.name", "cat" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", "3" }, { "fd.type", "file" },
		{ "fd.typechar", "f" }, { "fd.name", "/etc/shadow" },
		{ "fd.nameraw", "/etc/shadow" }, { "fd.directory", "/etc" },
		{ "fd.filename", "shadow" }, { "fd.ino", "409613" }, { "fd.dev", "FE00" },
		{ "fd.l4proto", "<NA>" }, { "fd.is_server", "false" },
		{ "fd.connected", "false" }, { "fd.name_changed", "true" }, { "fd.sip", NULL },
		{ "fd.uid", "286743" }, { "fd.containername", ":/etc/shadow" },
		{ "fs.path.name", "/etc/shadow" }, { "fs.path.nameraw", "/etc/shadow" });
}

static void elders_17_net(void)
{
	kit_process(&kit, 31215, (struct process_info){ .tid = 31215, .pid = 31215, .ptid = 31214,
		.sid = 4239, .vtid = 31215, .vpid = 31215, .vpgid = 31214, .pgid = 31214,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00017_net\000", 20), .cwd = span_str("/opt/demo/"),
		.clone_ts = 1795462519302480150 });
	kit_process(&kit, 31214, (struct process_info){ .tid = 31214, .pid = 31214, .ptid = 28469,
		.sid = 4239, .vtid = 31214, .vpid = 31214, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("timeout"), .exe = span_str("timeout"),
		.exepath = span_str("/usr/bin/timeout"),
		.args = span_of("60\000./run_one.sh\00017_net\000", 23),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462519299811843 });
	kit_process(&kit, 28469, (struct process_info){ .tid = 28469, .pid = 28469, .ptid = 28464,
		.sid = 4239, .vtid = 28469, .vpid = 28469, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("record_small.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/opt/demo/") });
	kit_process(&kit, 28464, (struct process_info){ .tid = 28464, .pid = 28464, .ptid = 28463,
		.sid = 4239, .vtid = 28464, .vpid = 28464, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 28463, (struct process_info){ .tid = 28463, .pid = 28463, .ptid = 4239,
		.sid = 4239, .vtid = 28463, .vpid = 28463, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4239, (struct process_info){ .tid = 4239, .pid = 4239, .ptid = 4218,
		.sid = 4239, .vtid = 4239, .vpid = 4239, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4218, (struct process_info){ .tid = 4218, .pid = 4218, .vtid = 4218,
		.vpid = 4218, .vpgid = 4218, .pgid = 4218, .comm = span_str("supervisor"),
		.exe = span_str("/usr/bin/supervisor"),
		.exepath = span_str("/usr/bin/supervisor"), .cwd = span_str("/") });
}

Test(fields_golden, a_connect_in_progress)
{
	kit_begin(&kit, EVENT_SOCKET_CONNECT_X);
	elders_17_net();
	kit_process(&kit, 1, (struct process_info){ .tid = 31223, .pid = 31223, .ptid = 31215,
		.sid = 4239, .vtid = 31223, .vpid = 31223, .vpgid = 31214, .pgid = 31214,
		.comm = span_str("ssh"), .exe = span_str("ssh"),
		.exepath = span_str("/usr/bin/ssh"),
		.args = span_of("-o\000BatchMode=yes\000-o\000StrictHostKeyChecking=no\000-o\000ConnectTimeout=1\000-p\0002222\000127.0.0.1\000true\000", 88),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 1492,
		.pfmajor = 1, .pfminor = 45, .clone_ts = 1795462519433870889,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 248068,
		.exe_ctime = 1746701666147483648, .exe_mtime = 10970073700854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462519444612290;
	kit.ev.num = 600;
	kit.ev.fd = 3;
	*kit_own_file(&kit, 3, 0, "") = (struct file_info){ 
		.fd = 3, .type = FILE_IPV4, .name = span_str("127.0.0.1:45988->127.0.0.1:2222"),
		.l4proto = 2,
		.flags = FILE_ROLE_CLIENT | FILE_CONNECTED | FILE_NAME_CHANGED | FILE_CLOEXEC | FILE_SIP_LOCAL | FILE_DIP_LOCAL,
		.sip = { 127, 0, 0, 1 }, .dip = { 127, 0, 0, 1 }, .sport = 45988, .dport = 2222 };
	PARAMS(INT(-115), BYTES("\002\177\000\000\001\244\263\177\000\000\001\256\010", 13),
		INT(3), BYTES("\002\177\000\000\001\256\010", 7));
	KIT_CHECK(&kit, { "evt.type", "connect" },
		{ "evt.args", "res=-115(EINPROGRESS) tuple=127.0.0.1:45988->127.0.0.1:2222 fd=3(<4t>127.0.0.1:45988->127.0.0.1:2222) addr=127.0.0.1:2222" },
		{ "evt.arg.res", "EINPROGRESS" },
		{ "evt.arg.fd", "<4t>127.0.0.1:45988->127.0.0.1:2222" },
		{ "evt.arg[1]", "127.0.0.1:45988->127.0.0.1:2222" }, { "evt.category", "net" },
		{ "evt.res", "EINPROGRESS" }, { "evt.rawres", "-115" }, { "evt.failed", "true" },
		{ "evt.count.error.file", NULL }, { "evt.io_dir", NULL }, { "evt.buflen", NULL },
		{ "evt.is_open_read", "false" }, { "evt.is_open_write", "false" },
		{ "evt.is_open_create", "false" }, { "syscall.type", "connect" },
		{ "proc.name", "ssh" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", "3" }, { "fd.type", "ipv4" },
		{ "fd.typechar", "4" }, { "fd.name", "127.0.0.1:45988->127.0.0.1:2222" },
		{ "fd.nameraw", "" }, { "fd.filename", NULL }, { "fd.ino", "0" },
		{ "fd.dev", "0" }, { "fd.l4proto", "tcp" }, { "fd.sockfamily", "ip" },
		{ "fd.is_server", "true" }, { "fd.connected", "true" },
		{ "fd.name_changed", "true" }, { "fd.cip", "127.0.0.1" },
		{ "fd.sip", "127.0.0.1" }, { "fd.cport", "45988" }, { "fd.sport", "2222" },
		{ "fd.lip", "127.0.0.1" }, { "fd.rip", "127.0.0.1" }, { "fd.lport", "45988" },
		{ "fd.rport", "2222" }, { "fd.sproto", "2222" }, { "fd.uid", "312233" },
		{ "fd.containername", ":127.0.0.1:45988->127.0.0.1:2222" },
		{ "fs.path.name", NULL });
}

Test(fields_golden, an_accept)
{
	kit_begin(&kit, EVENT_SOCKET_ACCEPT_5_X);
	elders_17_net();
	kit_process(&kit, 1, (struct process_info){ .tid = 31221, .pid = 31221, .ptid = 31215,
		.sid = 4239, .vtid = 31221, .vpid = 31221, .vpgid = 31214, .pgid = 31214,
		.comm = span_str("helper"), .exe = span_str("/opt/demo/helper"),
		.exepath = span_str("/opt/demo/helper"),
		.args = span_of("listen\0002222\0001\000", 14), .cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 404,
		.pfminor = 51, .clone_ts = 1795462519330776242,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 11043635,
		.exe_ctime = 12457532383860688601u, .exe_mtime = 12821859401899990301u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462519444899477;
	kit.ev.num = 660;
	kit.ev.fd = 4;
	*kit_own_file(&kit, 4, 0, "") = (struct file_info){ 
		.fd = 4, .type = FILE_IPV4, .name = span_str("127.0.0.1:45988->127.0.0.1:2222"),
		.l4proto = 2,
		.flags = FILE_ROLE_SERVER | FILE_CONNECTED | FILE_NAME_CHANGED | FILE_SIP_LOCAL | FILE_DIP_LOCAL,
		.sip = { 127, 0, 0, 1 }, .dip = { 127, 0, 0, 1 }, .sport = 45988, .dport = 2222 };
	PARAMS(INT(4), BYTES("\002\177\000\000\001\244\263\177\000\000\001\256\010", 13), INT(0),
		INT(0), INT(8));
	KIT_CHECK(&kit, { "evt.type", "accept" },
		{ "evt.args", "fd=4(<4t>127.0.0.1:45988->127.0.0.1:2222) tuple=127.0.0.1:45988->127.0.0.1:2222 queuepct=0 queuelen=0 queuemax=8" },
		{ "evt.arg.res", NULL }, { "evt.arg.fd", "<4t>127.0.0.1:45988->127.0.0.1:2222" },
		{ "evt.arg[1]", "127.0.0.1:45988->127.0.0.1:2222" }, { "evt.category", "net" },
		{ "evt.res", "SUCCESS" }, { "evt.rawres", "4" }, { "evt.failed", "false" },
		{ "evt.count.error.file", NULL }, { "evt.io_dir", NULL }, { "evt.buflen", NULL },
		{ "evt.is_open_read", "false" }, { "evt.is_open_write", "false" },
		{ "evt.is_open_create", "false" }, { "syscall.type", "accept" },
		{ "proc.name", "helper" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", "4" }, { "fd.type", "ipv4" },
		{ "fd.typechar", "4" }, { "fd.name", "127.0.0.1:45988->127.0.0.1:2222" },
		{ "fd.nameraw", "" }, { "fd.filename", NULL }, { "fd.ino", "0" },
		{ "fd.dev", "0" }, { "fd.l4proto", "tcp" }, { "fd.sockfamily", "ip" },
		{ "fd.is_server", "true" }, { "fd.connected", "true" },
		{ "fd.name_changed", "true" }, { "fd.cip", "127.0.0.1" },
		{ "fd.sip", "127.0.0.1" }, { "fd.cport", "45988" }, { "fd.sport", "2222" },
		{ "fd.lip", "127.0.0.1" }, { "fd.rip", "127.0.0.1" }, { "fd.lport", "45988" },
		{ "fd.rport", "2222" }, { "fd.sproto", "2222" }, { "fd.uid", "312214" },
		{ "fd.containername", ":127.0.0.1:45988->127.0.0.1:2222" },
		{ "fs.path.name", NULL });
}

Test(fields_golden, a_datagram_received)
{
	kit_begin(&kit, EVENT_SOCKET_RECVFROM_X);
	elders_17_net();
	kit_process(&kit, 1, (struct process_info){ .tid = 31251, .pid = 31251, .ptid = 31215,
		.sid = 4239, .vtid = 31251, .vpid = 31251, .vpgid = 31214, .pgid = 31214,
		.comm = span_str("helper"), .exe = span_str("/opt/demo/helper"),
		.exepath = span_str("/opt/demo/helper"),
		.args = span_of("udpserver\0005353\000", 15), .cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = 20000, .vmsize = 404,
		.pfminor = 50, .clone_ts = 1795462522772607214,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 11043635,
		.exe_ctime = 12457532383860688601u, .exe_mtime = 12821859401899990301u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462522876122676;
	kit.ev.num = 1242;
	kit.ev.fd = 3;
	*kit_own_file(&kit, 3, 0, "") = (struct file_info){ 
		.fd = 3, .type = FILE_IPV4, .name = span_str("127.0.0.1:49950->127.0.0.1:5353"),
		.l4proto = 3,
		.flags = FILE_ROLE_SERVER | FILE_NAME_CHANGED | FILE_SIP_LOCAL | FILE_DIP_LOCAL,
		.sip = { 127, 0, 0, 1 }, .dip = { 127, 0, 0, 1 }, .sport = 49950, .dport = 5353 };
	PARAMS(INT(29),
		BYTES("\0224\001\000\000\001\000\000\000\000\000\000\007example\003com\000\000\001\000\001", 29),
		BYTES("\002\177\000\000\001\036\303\177\000\000\001\351\024", 13), INT(3),
		INT(512));
	KIT_CHECK(&kit, { "evt.type", "recvfrom" },
		{ "evt.args", "res=29 data=.4...........example.com..... tuple=127.0.0.1:49950->127.0.0.1:5353 fd=3(<4u>127.0.0.1:49950->127.0.0.1:5353) size=512" },
		{ "evt.arg.res", "29" }, { "evt.arg.fd", "<4u>127.0.0.1:49950->127.0.0.1:5353" },
		{ "evt.arg[1]", ".4...........example.com....." }, { "evt.category", "net" },
		{ "evt.res", "SUCCESS" }, { "evt.rawres", "29" }, { "evt.failed", "false" },
		{ "evt.count.error.file", NULL }, { "evt.io_dir", "read" },
		{ "evt.buflen", "29" }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "recvfrom" }, { "proc.name", "helper" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", "3" }, { "fd.type", "ipv4" },
		{ "fd.typechar", "4" }, { "fd.name", "127.0.0.1:49950->127.0.0.1:5353" },
		{ "fd.nameraw", "" }, { "fd.filename", NULL }, { "fd.ino", "0" },
		{ "fd.dev", "0" }, { "fd.l4proto", "udp" }, { "fd.sockfamily", "ip" },
		{ "fd.is_server", "true" }, { "fd.connected", "false" },
		{ "fd.name_changed", "true" }, { "fd.cip", "127.0.0.1" },
		{ "fd.sip", "127.0.0.1" }, { "fd.cport", "49950" }, { "fd.sport", "5353" },
		{ "fd.lip", "127.0.0.1" }, { "fd.rip", "127.0.0.1" }, { "fd.lport", "49950" },
		{ "fd.rport", "5353" }, { "fd.sproto", "5353" }, { "fd.uid", "312513" },
		{ "fd.containername", ":127.0.0.1:49950->127.0.0.1:5353" },
		{ "fs.path.name", NULL });
}

static void elders_16_suid_mod_sock(void)
{
	kit_process(&kit, 31089, (struct process_info){ .tid = 31089, .pid = 31089, .ptid = 31088,
		.sid = 4239, .vtid = 31089, .vpid = 31089, .vpgid = 31088, .pgid = 31088,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\00016_suid_mod_sock\000", 30),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462515055190119 });
	kit_process(&kit, 31088, (struct process_info){ .tid = 31088, .pid = 31088, .ptid = 28469,
		.sid = 4239, .vtid = 31088, .vpid = 31088, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("timeout"), .exe = span_str("timeout"),
		.exepath = span_str("/usr/bin/timeout"),
		.args = span_of("60\000./run_one.sh\00016_suid_mod_sock\000", 33),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795462515054302259 });
	kit_process(&kit, 28469, (struct process_info){ .tid = 28469, .pid = 28469, .ptid = 28464,
		.sid = 4239, .vtid = 28469, .vpid = 28469, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("record_small.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/opt/demo/") });
	kit_process(&kit, 28464, (struct process_info){ .tid = 28464, .pid = 28464, .ptid = 28463,
		.sid = 4239, .vtid = 28464, .vpid = 28464, .vpgid = 28464, .pgid = 28464,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 28463, (struct process_info){ .tid = 28463, .pid = 28463, .ptid = 4239,
		.sid = 4239, .vtid = 28463, .vpid = 28463, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4239, (struct process_info){ .tid = 4239, .pid = 4239, .ptid = 4218,
		.sid = 4239, .vtid = 4239, .vpid = 4239, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4218, (struct process_info){ .tid = 4218, .pid = 4218, .vtid = 4218,
		.vpid = 4218, .vpgid = 4218, .pgid = 4218, .comm = span_str("supervisor"),
		.exe = span_str("/usr/bin/supervisor"),
		.exepath = span_str("/usr/bin/supervisor"), .cwd = span_str("/") });
}

Test(fields_golden, a_change_of_user)
{
	kit_begin(&kit, EVENT_SYSCALL_SETRESUID_X);
	elders_16_suid_mod_sock();
	kit_process(&kit, 1, (struct process_info){ .tid = 31108, .pid = 31108, .ptid = 31089,
		.sid = 4239, .vtid = 31108, .vpid = 31108, .vpgid = 31088, .pgid = 31088,
		.comm = span_str("helper"), .exe = span_str("/opt/demo/helper"),
		.exepath = span_str("/opt/demo/helper"), .args = span_of("setuid\000", 7),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.uid = 65534, .gid = 65534, .loginuid = UINT32_MAX, .flags = 524288,
		.fdlimit = 20000, .vmsize = 404, .pfminor = 32, .clone_ts = 1795462515123232077,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 11043635,
		.exe_ctime = 12457532383860688601u, .exe_mtime = 12821859401899990301u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_user(&kit, "", 65534, "nobody");
	kit_group(&kit, 65534, "nogroup");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462515123845149;
	kit.ev.num = 891;
	PARAMS(INT(0), INT(65534), INT(65534), INT(65534));
	KIT_CHECK(&kit, { "evt.type", "setresuid" },
		{ "evt.args", "res=0 ruid=65534(nobody) euid=65534(nobody) suid=65534(nobody)" },
		{ "evt.arg.res", "0" }, { "evt.arg.fd", NULL }, { "evt.arg[1]", "nobody" },
		{ "evt.category", "user" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "0" },
		{ "evt.failed", "false" }, { "evt.count.error.file", NULL },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "setresuid" }, { "proc.name", "helper" },
		{ "proc.exe", "/opt/demo/helper" }, { "proc.exepath", "/opt/demo/helper" },
		{ "proc.cmdline", "helper setuid" },
		{ "proc.exeline", "/opt/demo/helper setuid" }, { "proc.cmdnargs", "1" },
		{ "proc.cwd", "/opt/demo/" }, { "proc.pid", "31108" }, { "proc.ppid", "31089" },
		{ "proc.vpid", "31108" }, { "proc.pvpid", "31089" },
		{ "proc.pname", "run_one.sh" },
		{ "proc.pcmdline", "run_one.sh ./run_one.sh 16_suid_mod_sock" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "proc.acmdline[2]", "timeout 60 ./run_one.sh 16_suid_mod_sock" },
		{ "proc.aexepath[1]", "/usr/bin/bash" }, { "proc.apid[2]", "31088" },
		{ "proc.sname", "bash" }, { "proc.vpgid.name", "timeout" },
		{ "proc.pgid.exe", "timeout" }, { "proc.loginshellid", "4239" },
		{ "proc.duration", "613072" }, { "proc.is_exe_writable", "true" },
		{ "proc.exe_ino", "11043635" }, { "thread.cgroup.memory", "/hostwork.slice" },
		{ "thread.tid", "31108" }, { "thread.vtid", "31108" },
		{ "thread.ismain", "true" }, { "user.name", "nobody" }, { "user.uid", "65534" },
		{ "user.loginuid", "-1" }, { "group.name", "nogroup" }, { "fd.num", NULL },
		{ "fd.type", NULL }, { "fd.name", NULL }, { "fd.filename", NULL },
		{ "fd.sip", NULL }, { "fs.path.name", NULL }, { "container.id", "host" },
		{ "container.name", "host" }, { "container.type", "host" });
}

Test(fields_golden, an_open_below_a_directory_that_fails)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	elders_16_suid_mod_sock();
	kit_process(&kit, 1, (struct process_info){ .tid = 31115, .pid = 31115, .ptid = 31089,
		.sid = 4239, .vtid = 31115, .vpid = 31115, .vpgid = 31088, .pgid = 31088,
		.comm = span_str("su"), .exe = span_str("su"), .exepath = span_str("/usr/bin/su"),
		.args = span_of("-s\000/bin/sh\000nobody\000-c\000/opt/demo/helper uffd; /opt/demo/helper bpf; /opt/demo/helper iouring\000", 91),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 53),
		.loginuid = UINT32_MAX, .flags = 524288, .vmsize = 452, .pfmajor = 1,
		.pfminor = 30, .clone_ts = 1795462515130261850,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 248083,
		.exe_ctime = 1732219316147483648, .exe_mtime = 10955591350854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_user(&kit, "", 0, "root");
	kit_group(&kit, 0, "root");
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795462515135615930;
	kit.ev.num = 1214;
	kit.ev.fd = -1;
	*kit_file(&kit, 4, 0, "") = (struct file_info){ 
		.fd = 4, .type = FILE_REGULAR, .name = span_str("/etc"),
		.name_raw = span_str("etc"), .flags = FILE_CLOEXEC, .ino = 19, .dev = 0xfe00 };
	PARAMS(INT(-2), INT(4), STR("userdb"), INT(4097), INT(0), INT(0), INT(0));
	KIT_CHECK(&kit, { "evt.type", "openat" },
		{ "evt.args", "fd=-2(ENOENT) dirfd=4(<f>/etc) name=userdb(/etc/userdb) flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=0 ino=0" },
		{ "evt.arg.res", NULL }, { "evt.arg.fd", "ENOENT" },
		{ "evt.arg.name", "/etc/userdb" }, { "evt.arg[1]", "<f>/etc" },
		{ "evt.category", "file" }, { "evt.res", "ENOENT" }, { "evt.rawres", "-2" },
		{ "evt.failed", "true" }, { "evt.count.error.file", "1" }, { "evt.io_dir", NULL },
		{ "evt.buflen", NULL }, { "evt.is_open_read", "true" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "openat" }, { "proc.name", "su" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "user.name", "root" }, { "fd.num", "-1" }, { "fd.type", NULL },
		{ "fd.typechar", "f" }, { "fd.name", "/etc/userdb" }, { "fd.nameraw", "userdb" },
		{ "fd.directory", "/etc" }, { "fd.filename", NULL }, { "fd.sip", NULL },
		{ "fd.uid", "31115-1" }, { "fd.containername", ":/etc/userdb" },
		{ "fs.path.name", "<UNKNOWN>" }, { "fs.path.nameraw", "userdb" });
}

Test(fields_golden, an_open_in_a_container)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	kit_process(&kit, 1, (struct process_info){ .tid = 31439, .pid = 31439, .ptid = 31429,
		.sid = 4239, .vtid = 31439, .vpid = 31439, .vpgid = 31428, .pgid = 31428,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\000c18_webshell_db\000", 29),
		.cwd = span_str("/opt/demo/"),
		.cgroups = span_of("cpuset=/\000cpu=/docker/3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789a\000cpuacct=/\000io=/\000memory=/hostwork.slice\000", 124),
		.container_id = span_str("3f5ae0a1b2c3"), .loginuid = UINT32_MAX,
		.flags = 25165824, .fdlimit = 20000, .vmsize = 4360, .vmrss = 3132, .pfmajor = 1,
		.pfminor = 326, .clone_ts = 1795463846291037780,
		.pidns_init_start_ts = 1795459325000000000, .exe_flags = 1, .exe_ino = 247101,
		.exe_ctime = 1745016456147483648, .exe_mtime = 10968388490854775808u,
		.cap_permitted = 2199006478335, .cap_effective = 2199006478335 });
	kit_process(&kit, 31429, (struct process_info){ .tid = 31429, .pid = 31429, .ptid = 31428,
		.sid = 4239, .vtid = 31429, .vpid = 31429, .vpgid = 31428, .pgid = 31428,
		.comm = span_str("run_one.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"),
		.args = span_of("./run_one.sh\000c18_webshell_db\000", 29),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795463846265630523 });
	kit_process(&kit, 31428, (struct process_info){ .tid = 31428, .pid = 31428, .ptid = 29209,
		.sid = 4239, .vtid = 31428, .vpid = 31428, .vpgid = 29205, .pgid = 29205,
		.comm = span_str("timeout"), .exe = span_str("timeout"),
		.exepath = span_str("/usr/bin/timeout"),
		.args = span_of("60\000./run_one.sh\000c18_webshell_db\000", 32),
		.cwd = span_str("/opt/demo/"), .clone_ts = 1795463846263756747 });
	kit_process(&kit, 29209, (struct process_info){ .tid = 29209, .pid = 29209, .ptid = 29205,
		.sid = 4239, .vtid = 29209, .vpid = 29209, .vpgid = 29205, .pgid = 29205,
		.comm = span_str("record_small.sh"), .exe = span_str("/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/opt/demo/") });
	kit_process(&kit, 29205, (struct process_info){ .tid = 29205, .pid = 29205, .ptid = 29204,
		.sid = 4239, .vtid = 29205, .vpid = 29205, .vpgid = 29205, .pgid = 29205,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 29204, (struct process_info){ .tid = 29204, .pid = 29204, .ptid = 4239,
		.sid = 4239, .vtid = 29204, .vpid = 29204, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4239, (struct process_info){ .tid = 4239, .pid = 4239, .ptid = 4218,
		.sid = 4239, .vtid = 4239, .vpid = 4239, .vpgid = 4239, .pgid = 4239,
		.comm = span_str("bash"), .exe = span_str("/usr/bin/bash"),
		.exepath = span_str("/usr/bin/bash"), .cwd = span_str("/") });
	kit_process(&kit, 4218, (struct process_info){ .tid = 4218, .pid = 4218, .vtid = 4218,
		.vpid = 4218, .vpgid = 4218, .pgid = 4218, .comm = span_str("supervisor"),
		.exe = span_str("/usr/bin/supervisor"),
		.exepath = span_str("/usr/bin/supervisor"), .cwd = span_str("/") });
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1795463846291186040;
	kit.ev.num = 676;
	kit.ev.fd = 3;
	*kit_own_file(&kit, 3, 0, "") = (struct file_info){ 
		.fd = 3, .type = FILE_REGULAR, .name = span_str("/dev/null"),
		.name_raw = span_str("/dev/null"), .ino = 3, .dev = 0x6 };
	PARAMS(INT(3), INT(-100), STR("/dev/null"), INT(262), INT(438), INT(6), INT(3));
	KIT_CHECK(&kit, { "evt.type", "openat" },
		{ "evt.args", "fd=3(<f>/dev/null) dirfd=-100(AT_FDCWD) name=/dev/null flags=262(O_TRUNC|O_CREAT|O_WRONLY) mode=0666 dev=6 ino=3" },
		{ "evt.arg.res", NULL }, { "evt.arg.fd", "<f>/dev/null" },
		{ "evt.arg.name", "/dev/null" }, { "evt.arg[1]", "AT_FDCWD" },
		{ "evt.category", "file" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "3" },
		{ "evt.failed", "false" }, { "evt.count.error.file", "0" },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "true" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "openat" }, { "proc.name", "run_one.sh" },
		{ "proc.exe", "/bin/bash" }, { "proc.exepath", "/usr/bin/bash" },
		{ "proc.cmdline", "run_one.sh ./run_one.sh c18_webshell_db" },
		{ "proc.exeline", "/bin/bash ./run_one.sh c18_webshell_db" },
		{ "proc.cmdnargs", "2" }, { "proc.cwd", "/opt/demo/" }, { "proc.pid", "31439" },
		{ "proc.ppid", "31429" }, { "proc.vpid", "31439" }, { "proc.pvpid", "31429" },
		{ "proc.pname", "run_one.sh" },
		{ "proc.pcmdline", "run_one.sh ./run_one.sh c18_webshell_db" },
		{ "proc.aname", "run_one.sh timeout record_small.sh bash bash bash supervisor" },
		{ "proc.acmdline[2]", "timeout 60 ./run_one.sh c18_webshell_db" },
		{ "proc.aexepath[1]", "/usr/bin/bash" }, { "proc.apid[2]", "31428" },
		{ "proc.sname", "bash" }, { "proc.vpgid.name", "timeout" },
		{ "proc.pgid.exe", "timeout" }, { "proc.loginshellid", "4239" },
		{ "proc.duration", "148260" }, { "proc.is_exe_writable", "true" },
		{ "proc.exe_ino", "247101" }, { "thread.cgroup.memory", "/hostwork.slice" },
		{ "thread.tid", "31439" }, { "thread.vtid", "31439" },
		{ "thread.ismain", "true" }, { "user.name", "root" }, { "user.uid", "0" },
		{ "user.loginuid", "-1" }, { "group.name", "root" }, { "fd.num", "3" },
		{ "fd.type", "file" }, { "fd.typechar", "f" }, { "fd.name", "/dev/null" },
		{ "fd.nameraw", "/dev/null" }, { "fd.directory", "/dev" },
		{ "fd.filename", "null" }, { "fd.ino", "3" }, { "fd.dev", "6" },
		{ "fd.l4proto", "<NA>" }, { "fd.is_server", "false" },
		{ "fd.connected", "false" }, { "fd.name_changed", "true" }, { "fd.sip", NULL },
		{ "fd.uid", "314393" }, { "fd.containername", "3f5ae0a1b2c3:/dev/null" },
		{ "fs.path.name", "/dev/null" }, { "fs.path.nameraw", "/dev/null" },
		{ "container.id", "3f5ae0a1b2c3" }, { "container.name", NULL },
		{ "container.type", NULL });
}

Test(fields_golden, an_accept_over_ipv6)
{
	kit_begin(&kit, EVENT_SOCKET_ACCEPT_5_X);
	kit_process(&kit, 1, (struct process_info){ .tid = 25886, .pid = -1, .sid = -1,
		.vtid = -1, .vpid = -1, .vpgid = -1, .pgid = -1, .comm = span_str("<NA>"),
		.exe = span_str("<NA>"), .uid = 4294967295, .gid = 4294967295,
		.loginuid = UINT32_MAX, .flags = 524288, .fdlimit = -1 });
	kit_is(&kit, 1);
	kit.ev.ts_ns = 1533943856118352985;
	kit.ev.num = 1145;
	kit.ev.fd = 4;
	*kit_own_file(&kit, 4, 0, "") = (struct file_info){ 
		.fd = 4, .type = FILE_IPV6, .name = span_str("2001:db8::4:54405->2001:db8::3:1234"),
		.l4proto = 2,
		.flags = FILE_ROLE_SERVER | FILE_CONNECTED | FILE_NAME_CHANGED | FILE_SIP_LOCAL | FILE_DIP_LOCAL,
		.sip = { 32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4 }, .dip = { 32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3 },
		.sport = 54405, .dport = 1234 };
	PARAMS(INT(4),
		BYTES("\012 \001\015\270\000\000\000\000\000\000\000\000\000\000\000\004\205\324 \001\015\270\000\000\000\000\000\000\000\000\000\000\000\003\322\004", 37),
		INT(0), INT(0), INT(1));
	KIT_CHECK(&kit, { "evt.type", "accept" },
		{ "evt.args", "fd=4(<6t>2001:db8::4:54405->2001:db8::3:1234) tuple=2001:db8::4:54405->2001:db8::3:1234 queuepct=0 queuelen=0 queuemax=1" },
		{ "evt.arg.res", NULL },
		{ "evt.arg.fd", "<6t>2001:db8::4:54405->2001:db8::3:1234" },
		{ "evt.arg[1]", "2001:db8::4:54405->2001:db8::3:1234" },
		{ "evt.category", "net" }, { "evt.res", "SUCCESS" }, { "evt.rawres", "4" },
		{ "evt.failed", "false" }, { "evt.count.error.file", NULL },
		{ "evt.io_dir", NULL }, { "evt.buflen", NULL }, { "evt.is_open_read", "false" },
		{ "evt.is_open_write", "false" }, { "evt.is_open_create", "false" },
		{ "syscall.type", "accept" }, { "proc.name", "<NA>" }, { "proc.exe", "<NA>" },
		{ "proc.exepath", "" }, { "proc.cmdline", "<NA>" }, { "proc.exeline", "<NA> " },
		{ "proc.cmdnargs", "0" }, { "proc.cwd", "./" }, { "proc.pid", "-1" },
		{ "proc.ppid", NULL }, { "proc.vpid", NULL }, { "proc.pvpid", NULL },
		{ "proc.pname", NULL }, { "proc.pcmdline", NULL }, { "proc.aname", NULL },
		{ "proc.acmdline[2]", NULL }, { "proc.aexepath[1]", NULL },
		{ "proc.apid[2]", NULL }, { "proc.sname", "" }, { "proc.vpgid.name", "" },
		{ "proc.pgid.exe", "" }, { "proc.loginshellid", NULL }, { "proc.duration", NULL },
		{ "proc.is_exe_writable", "false" }, { "proc.exe_ino", NULL },
		{ "thread.cgroup.memory", NULL }, { "thread.tid", "25886" },
		{ "thread.vtid", NULL }, { "thread.ismain", "false" }, { "user.name", "<NA>" },
		{ "user.uid", "4294967295" }, { "user.loginuid", "-1" }, { "group.name", "<NA>" },
		{ "fd.num", "4" }, { "fd.type", "ipv6" }, { "fd.typechar", "6" },
		{ "fd.name", "2001:db8::4:54405->2001:db8::3:1234" }, { "fd.nameraw", "" },
		{ "fd.filename", NULL }, { "fd.ino", "0" }, { "fd.dev", "0" },
		{ "fd.l4proto", "tcp" }, { "fd.sockfamily", "ip" }, { "fd.is_server", "true" },
		{ "fd.connected", "true" }, { "fd.name_changed", "true" },
		{ "fd.cip", "2001:db8::4" }, { "fd.sip", "2001:db8::3" }, { "fd.cport", "54405" },
		{ "fd.sport", "1234" }, { "fd.lip", "2001:db8::4" }, { "fd.rip", "2001:db8::3" },
		{ "fd.lport", "54405" }, { "fd.rport", "1234" }, { "fd.sproto", "1234" },
		{ "fd.uid", "258864" },
		{ "fd.containername", ":2001:db8::4:54405->2001:db8::3:1234" },
		{ "fs.path.name", NULL }, { "container.id", "host" },
		{ "container.name", "host" }, { "container.type", "host" });
}

