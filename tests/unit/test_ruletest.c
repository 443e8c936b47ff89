/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of rules: what they may say of an event, what is told when they are
 * wrong, and what comes of running them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "ruletest_report.h"
#include "rulefile.h"
#include "scene_value.h"

static struct rulefile_load load;
static struct ruletests *tests;
static struct ruletest_stage *stage;
static struct ruletest_outcome outcomes[16];

static void release(void)
{
	ruletest_stage_free(stage);
	ruletests_free(tests);
	rulefile_release(&load);
	stage = NULL;
	tests = NULL;
}

TestSuite(ruletest, .fini = release);

/* Rules that most of the tests below are about. */
#define RULES                                                                                      \
	"- list: readers\n  items: [cat, less]\n"                                                  \
	"- macro: reads\n  condition: (evt.type in (open, openat) and evt.is_open_read = true)\n"  \
	"- rule: Shadow read\n  desc: d\n  priority: WARNING\n"                                    \
	"  condition: reads and fd.name = /etc/shadow and not proc.name in (sshd, login)\n"        \
	"  output: read %fd.name by %proc.name (%proc.pname)\n"                                    \
	"- rule: Any reader\n  desc: d\n  priority: NOTICE\n"                                      \
	"  condition: reads and proc.name in (readers)\n  output: o %proc.name\n"

static int read_text(const char *yaml)
{
	release();
	cr_assert(eq(int, rulefile_load_text("t.yaml", span_str(yaml), &load), 0));
	cr_assert(eq(int, ruletests_new(&tests), 0));
	return ruletests_read(tests, load.files[0].file, load.rules);
}

static const char *message(unsigned i)
{
	const struct rule_problems *p = ruletests_problems(tests);

	return i < p->list.n ? rule_problem_at(p, i)->diag.message : "";
}

/* Read and run; how many passed. */
static unsigned run_text(const char *yaml)
{
	struct span enabling;
	unsigned passed = 0;

	cr_assert(eq(int, read_text(yaml), 0), "%s", message(0));
	enabling = ruletests_enabling(tests, load.rules);
	if (enabling.n > 0)
		cr_assert(eq(int, rulefile_add_text(&load, "enabling", enabling), 0));
	cr_assert(eq(int, ruleset_seal(load.rules, 7), 0));
	cr_assert(eq(int, ruletest_stage_new(load.rules, 1, &stage), 0));
	for (unsigned i = 0; i < ruletests_count(tests); i++) {
		outcomes[i].test = ruletests_at(tests, i);
		cr_assert(eq(int,
			     ruletest_run(stage, outcomes[i].test, ruletests_pool(tests),
					  &outcomes[i].result),
			     0));
		passed += outcomes[i].result.passed;
	}
	return passed;
}

static const char *complaint(unsigned test, unsigned i)
{
	const struct ruletest_complaint *all = outcomes[test].result.complaints.items;

	return i < outcomes[test].result.complaints.n ? (const char *)all[i].text.p : "";
}

static const char *why(unsigned test, unsigned i, unsigned line)
{
	const struct ruletest_complaint *all = outcomes[test].result.complaints.items;
	const struct span *lines = all[i].why.items;

	return line < all[i].why.n ? (const char *)lines[line].p : "";
}

/* ---- running ---- */

Test(ruletest, five_lines_are_a_test)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: cat reads it\n"
				    "  event: openat\n"
				    "  fields: {fd.name: /etc/shadow, proc.name: cat}\n"
				    "  trips: Shadow read\n"
				    "- test: nobody else\n"
				    "  event: openat\n"
				    "  fields: {fd.name: /etc/shadow, proc.name: sshd}\n"
				    "  misses: Shadow read\n"),
		     2));
}

Test(ruletest, a_missing_alert_tells_which_clause_decided)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  event: openat\n"
				    "  fields: {fd.name: /etc/shadow, proc.name: sshd}\n"
				    "  trips: Shadow read\n"),
		     0));
	cr_assert_str_eq(complaint(0, 0), "missing alert: Shadow read");
	cr_assert_str_eq(why(0, 0, 0), "decided by: proc.name in (sshd, login) is true, under "
				       "'not': proc.name is 'sshd'");
	cr_assert_str_eq(why(0, 0, 1), "");
}

Test(ruletest, the_first_false_clause_decides_and_says_its_macro)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  event: openat\n  fd: /etc/shadow\n"
				    "  params: {flags: O_WRONLY}\n  trips: Shadow read\n"),
		     0));
	cr_assert_str_eq(why(0, 0, 0), "decided by: evt.is_open_read = true is false, in macro "
				       "'reads': evt.is_open_read is false");
}

Test(ruletest, of_many_clauses_some_are_shown_and_the_rest_counted)
{
	cr_assert(eq(uint,
		     run_text("- rule: R\n  desc: d\n  priority: INFO\n  output: o\n  condition: "
			      "proc.name = a or proc.name = b or proc.name = c or proc.name = d or "
			      "proc.name = e or proc.name = f or proc.name = g or proc.name = h\n"
			      "- test: t\n  event: close\n  trips: R\n"),
		     0));
	cr_assert_str_eq(why(0, 0, 5),
			 "decided by: proc.name = f is false: proc.name is 'program'");
	cr_assert_str_eq(why(0, 0, 6), "decided by: 2 more checks");
	cr_assert_str_eq(why(0, 0, 7), "");
}

Test(ruletest, alerts_are_just_those_and_no_other)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  event: openat\n"
				    "  fields: {fd.name: /etc/shadow, proc.name: cat}\n"
				    "  alerts: [Shadow read]\n"
				    "- test: both\n  event: openat\n"
				    "  fields: {fd.name: /etc/shadow, proc.name: cat}\n"
				    "  alerts: [Any reader, Shadow read]\n"
				    "- test: none\n  event: openat\n"
				    "  fields: {proc.name: cat}\n  alerts: []\n"),
		     1));
	cr_assert_str_eq(complaint(0, 0), "unexpected alert: Any reader");
	cr_assert(eq(int, outcomes[1].result.passed, 1));
	cr_assert_str_eq(complaint(2, 0), "unexpected alert: Any reader");
	cr_assert_str_eq(why(2, 0, 2), "decided by: proc.name in (cat, less) is true: proc.name "
				       "is 'cat'");
}

Test(ruletest, the_same_alert_twice_must_be_wanted_twice)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  process: less\n  events: [openat, openat]\n"
				    "  alerts: [Any reader, Any reader]\n"
				    "- test: t\n  process: less\n  events: [openat, openat]\n"
				    "  alerts: [Any reader]\n"
				    "- test: t\n  process: less\n  events: [openat]\n"
				    "  alerts: [Any reader, Any reader]\n"),
		     1));
	cr_assert_str_eq(complaint(1, 0), "unexpected alert: Any reader at event 2 (openat)");
	cr_assert_str_eq(complaint(2, 0), "missing alert: Any reader");
}

Test(ruletest, an_alert_can_be_wanted_in_detail)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  event: open\n"
				    "  process: {name: vi, parent: bash}\n  fd: /etc/shadow\n"
				    "  alerts:\n  - rule: Shadow read\n    priority: warning\n"
				    "    output: read /etc/shadow by vi (bash)\n"
				    "    output_fields: {fd.name: /etc/shadow, proc.pname: bash}\n"
				    "- test: t\n  event: open\n"
				    "  process: {name: vi, parent: bash}\n  fd: /etc/shadow\n"
				    "  alerts:\n  - rule: Shadow read\n    priority: error\n"
				    "    output: another\n"
				    "    output_fields: {proc.pname: zsh, evt.num: 1}\n"),
		     1));
	cr_assert_str_eq(complaint(1, 0), "another priority of alert: Shadow read: it is "
					  "'Warning', wanted is 'Error'");
	cr_assert_str_eq(complaint(1, 1), "another output of alert: Shadow read: it is 'read "
					  "/etc/shadow by vi (bash)', wanted is 'another'");
	cr_assert_str_eq(complaint(1, 2), "another field proc.pname of alert: Shadow read: it is "
					  "'bash', wanted is 'zsh'");
	cr_assert_str_eq(complaint(1, 3), "another field evt.num of alert: Shadow read: it is "
					  "'(not in the output)', wanted is '1'");
}

Test(ruletest, events_have_wishes_of_their_own_and_the_test_has_one_for_the_rest)
{
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  process: cat\n  events:\n"
				    "  - openat\n"
				    "  - {event: openat, process: vi, alerts: []}\n"
				    "  - {event: openat, fd: /etc/shadow}\n"
				    "  - close\n"
				    "  alerts: [Any reader, Any reader, Shadow read]\n"),
		     1));
	cr_assert(eq(uint,
		     run_text(RULES "- test: t\n  process: cat\n  events:\n"
				    "  - {event: openat, alerts: []}\n"
				    "  - {event: close, trips: Any reader}\n"),
		     0));
	cr_assert_str_eq(complaint(0, 0), "unexpected alert: Any reader at event 1 (openat)");
	cr_assert_str_eq(complaint(0, 1), "missing alert: Any reader at event 2 (close)");
	cr_assert_str_eq(why(0, 1, 0), "decided by: evt.type in (open, openat) is false, in macro "
				       "'reads': evt.type is 'close'");
}

#define POD_RULES                                                                                  \
	"- rule: Image\n  desc: d\n  priority: NOTICE\n"                                           \
	"  condition: evt.type = openat and container.image.repository = nginx\n"                  \
	"  output: \"%container.name %container.privileged %container.label[a] "                   \
	"%container.mount.dest[/etc]\"\n"                                                          \
	"- rule: Pod\n  desc: d\n  priority: NOTICE\n"                                             \
	"  condition: evt.type = openat and k8smeta.ns.name = shop and k8smeta.svc.name "          \
	"intersects (web)\n"                                                                       \
	"  output: \"%k8smeta.pod.name %k8smeta.deployment.name %k8s.pod.name\"\n"                 \
	"- rule: Namespace\n  desc: d\n  priority: NOTICE\n"                                       \
	"  condition: evt.type = openat and k8s.ns.name = back\n"                                  \
	"  output: \"%k8s.pod.name\"\n"

Test(ruletest, what_a_runtime_and_kubernetes_tell_can_be_said)
{
	cr_expect(
		eq(uint,
		   run_text(POD_RULES
			    "- test: image\n  event: openat\n"
			    "  container: {name: web, image.repository: nginx, privileged: true,\n"
			    "    labels: {a: 'b \"c\"'}, mounts: ['/etc:/hostetc']}\n"
			    "  alerts:\n"
			    "  - {rule: Image, output: 'web true b \"c\" /hostetc'}\n"
			    "- test: no image\n  event: openat\n  container: c0ffee\n"
			    "  alerts: []\n"
			    "- test: pod\n  event: openat\n"
			    "  fields: {k8smeta.pod.name: web-1, k8smeta.ns.name: shop,\n"
			    "    k8smeta.svc.name: [front, web], k8smeta.deployment.name: web}\n"
			    "  alerts:\n"
			    "  - {rule: Pod, output: web-1 web web-1}\n"
			    "- test: another service\n  event: openat\n"
			    "  fields: {k8smeta.ns.name: shop, k8smeta.svc.name: front}\n"
			    "  alerts: []\n"
			    "- test: by the runtime\n  event: openat\n"
			    "  fields: {k8s.ns.name: back, k8s.pod.name: db-1}\n"
			    "  alerts:\n"
			    "  - {rule: Namespace, output: db-1}\n"),
		   5));
}

#define HOST_RULES                                                                                 \
	"- list: ours\n  items: [a.example, b.example]\n"                                          \
	"- rule: Ours\n  desc: d\n  priority: INFO\n"                                              \
	"  condition: evt.type = connect and fd.sip.name in (ours)\n  output: \"%fd.sip.name\"\n"  \
	"- rule: Not a\n  desc: d\n  priority: INFO\n"                                             \
	"  condition: evt.type = connect and fd.sip.name != a.example\n  output: o\n"

Test(ruletest, the_names_of_hosts_can_be_said)
{
	cr_expect(eq(uint,
		     run_text(HOST_RULES
			      "- test: a host\n  event: connect\n  fd: {sip.name: a.example}\n"
			      "  alerts:\n  - {rule: Ours, output: a.example}\n"
			      "- test: its address too\n  event: connect\n"
			      "  fd: {sip.name: b.example, sip: \"2001:db8::7\", sport: 80}\n"
			      "  alerts: [Ours, Not a]\n"
			      "- test: by both ends as a name has them\n  event: connect\n"
			      "  fd: {name: \"10.0.0.1:4000->10.0.0.2:80\", sip.name: a.example,\n"
			      "    cip.name: c.example}\n"
			      "  alerts: [Ours]\n"
			      "- test: two names\n  event: connect\n"
			      "  fd: {sip.name: b.example, rip.name: a.example}\n"
			      "  alerts: [Ours]\n"
			      "- test: one host at both ends\n  event: connect\n"
			      "  fd: {sip: 10.0.0.1, cip: 10.0.0.1, cip.name: a.example}\n"
			      "  alerts: [Ours]\n"
			      "- test: nobody\n  event: connect\n  alerts: [Not a]\n"),
		     6));
}

Test(ruletest, a_name_is_of_the_event_that_says_it)
{
	cr_expect(eq(uint,
		     run_text(HOST_RULES "- test: t\n  events:\n"
					 "  - {event: connect, alerts: [Not a]}\n"
					 "  - event: connect\n    fd: {sip.name: a.example}\n"
					 "    alerts: [Ours]\n"
					 "  - {event: openat, alerts: []}\n"
					 "  - {event: connect, alerts: [Not a]}\n"
					 "  - event: connect\n    fd: {sip.name: b.example}\n"
					 "    alerts: [Ours, Not a]\n"
					 "  - event: connect\n"
					 "    fd: {cip: 198.51.100.1, sip: 10.0.0.7}\n"
					 "    alerts: [Not a]\n"
					 "  - {event: connect, alerts: [Not a]}\n"),
		     1));
}

Test(ruletest, a_process_that_did_not_change_is_told_once)
{
	unsigned states[3] = { 0 };

	read_text(RULES "- test: t\n  alerts: []\n  events:\n  - close\n  - close\n"
			"  - {event: close, process: vi}\n");
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < ruletests_at(tests, 0)->events[i].nframes; j++)
			states[i] +=
				ruletests_at(tests, 0)->events[i].frames[j].type == FRAME_PROCESS;
	cr_assert(eq(uint, states[0], 2)); /* and systemd */
	cr_assert(eq(uint, states[1], 0));
	cr_assert(eq(uint, states[2], 1));
}

Test(ruletest, a_disabled_rule_is_tried_for_the_tests_that_name_it)
{
#define DISABLED                                                                                   \
	"- rule: \"Off \\\"1\\\"\"\n  desc: d\n  priority: INFO\n  enabled: false\n"               \
	"  condition: evt.type = close\n  output: o\n"
	cr_assert(
		eq(uint, run_text(DISABLED "- test: t\n  event: close\n  trips: Off \"1\"\n"), 1));
	cr_assert(eq(int, ruleset_rule(load.rules, 0)->enabled, 1));
	cr_assert(eq(uint,
		     run_text(DISABLED "- test: a\n  event: close\n  trips: Off \"1\"\n"
				       "- test: b\n  event: close\n  alerts: []\n"),
		     1));
	cr_assert(eq(int, ruletest_stage_hide(stage, span_str("Off \"1\"")), 0));
	cr_assert(eq(int,
		     ruletest_run(stage, ruletests_at(tests, 1), ruletests_pool(tests),
				  &outcomes[1].result),
		     0));
	cr_assert(eq(int, outcomes[1].result.passed, 1));
	cr_assert(eq(int,
		     ruletest_run(stage, ruletests_at(tests, 0), ruletests_pool(tests),
				  &outcomes[0].result),
		     0));
	cr_assert(eq(int, outcomes[0].result.passed, 1));
}

/* ---- what can be said ---- */

static const struct {
	const char *field, *event, *value;
} sayings[] = {
	{ "evt.rawtime", "close", "1700000000000000000" },
	{ "fd.type", "read", "directory" },
	{ "fd.typechar", "read", "p" },
	{ "user.uid", "close", "0" },
	{ "user.loginuid", "close", "-1" },
	{ "evt.arg.flags", "openat", "O_CREAT|O_WRONLY" },
	{ "evt.rawarg.mode", "openat", "\"0755\"" },
	{ "proc.pid", "close", "77" },
	{ "proc.vpid", "close", "7" },
	{ "proc.pidns_init_start_ts", "close", "1700000000000000000" },
	{ "proc.name", "close", "cat" },
	{ "proc.pname", "close", "bash" },
	{ "proc.pname", "close", "null" },
	{ "proc.aname[3]", "close", "sshd" },
	{ "proc.aname[15]", "close", "sshd" },
	{ "proc.sname", "close", "login" },
	{ "proc.vpgid.name", "close", "login" },
	{ "proc.pgid.name", "close", "login" },
	{ "proc.exe", "close", "./cat" },
	{ "proc.pexe", "close", "-bash" },
	{ "proc.aexe[2]", "close", "-bash" },
	{ "proc.sid.exe", "close", "-bash" },
	{ "proc.vpgid.exe", "close", "-bash" },
	{ "proc.pgid.exe", "close", "-bash" },
	{ "proc.exepath", "close", "/opt/cat" },
	{ "proc.pexepath", "close", "/opt/sh" },
	{ "proc.aexepath[2]", "close", "/opt/sh" },
	{ "proc.sid.exepath", "close", "/opt/sh" },
	{ "proc.vpgid.exepath", "close", "/opt/sh" },
	{ "proc.pgid.exepath", "close", "/opt/sh" },
	{ "proc.args", "close", "a b" },
	{ "proc.args", "close", "[a, b c]" },
	{ "proc.aargs[1]", "close", "[-c, ls -l]" },
	{ "proc.cmdline", "close", "ls -l /" },
	{ "proc.pcmdline", "close", "sh -c x" },
	{ "proc.acmdline[2]", "close", "sh -c x" },
	{ "proc.exeline", "close", "/bin/ls -l" },
	{ "proc.env", "close", "A=1 B=2" },
	{ "proc.env", "close", "{A: 1, B: 2}" },
	{ "proc.env[LD_PRELOAD]", "close", "/tmp/x.so" },
	{ "proc.aenv[1]", "close", "A=1" },
	{ "proc.cwd", "close", "/root" },
	{ "proc.ppid", "close", "55" },
	{ "proc.apid[2]", "close", "44" },
	{ "proc.pvpid", "close", "5" },
	{ "proc.sid", "close", "33" },
	{ "proc.vpgid", "close", "33" },
	{ "proc.pgid", "close", "33" },
	{ "proc.tty", "close", "34816" },
	{ "proc.is_sid_leader", "close", "true" },
	{ "proc.is_vpgid_leader", "close", "true" },
	{ "proc.is_pgid_leader", "close", "true" },
	{ "proc.duration", "close", "5000000000" },
	{ "proc.ppid.duration", "close", "5000000000" },
	{ "proc.pid.ts", "close", "1700000000000000000" },
	{ "proc.ppid.ts", "close", "1700000000000000000" },
	{ "proc.is_exe_writable", "execve", "true" },
	{ "proc.is_exe_upper_layer", "execve", "true" },
	{ "proc.is_exe_from_memfd", "execve", "true" },
	{ "proc.is_exe_lower_layer", "execve", "true" },
	{ "proc.exe_ino", "execve", "12" },
	{ "proc.exe_ino.ctime", "execve", "1700000000000000000" },
	{ "proc.exe_ino.mtime", "execve", "1700000000000000000" },
	{ "proc.exe_ino.ctime_duration_proc_start", "execve", "9" },
	{ "proc.fdlimit", "close", "4096" },
	{ "proc.vmsize", "close", "1" },
	{ "proc.vmrss", "close", "2" },
	{ "proc.vmswap", "close", "3" },
	{ "thread.vmsize", "close", "1" },
	{ "thread.vmrss", "close", "1" },
	{ "thread.pfmajor", "close", "1" },
	{ "thread.pfminor", "close", "1" },
	{ "thread.tid", "close", "4711" },
	{ "thread.vtid", "close", "4711" },
	{ "thread.cap_permitted", "close", "CAP_SYS_ADMIN" },
	{ "thread.cap_inheritable", "close", "[CAP_CHOWN, CAP_DAC_OVERRIDE]" },
	{ "thread.cap_effective", "close", "CAP_CHOWN CAP_DAC_OVERRIDE" },
	{ "thread.cgroups", "close", "cpu=/a memory=/b" },
	{ "thread.cgroup.cpu", "close", "/a" },
	{ "proc.fdopencount", "close", "17" },
	{ "proc.nthreads", "close", "17" },
	{ "proc.nchilds", "close", "16" },
	{ "proc.stdin.type", "close", "ipv4" },
	{ "proc.stdout.type", "close", "pipe" },
	{ "proc.stderr.type", "close", "null" },
	{ "proc.stdin.name", "close", "/dev/pts/1" },
	{ "proc.stdout.name", "close", "/dev/pts/1" },
	{ "proc.stderr.name", "close", "/dev/pts/1" },
	{ "user.name", "close", "root" },
	{ "user.name", "close", "www-data" },
	{ "user.homedir", "close", "/srv" },
	{ "user.shell", "close", "/sbin/nologin" },
	{ "user.loginname", "close", "admin" },
	{ "group.gid", "close", "0" },
	{ "group.name", "close", "wheel" },
	{ "fd.num", "openat", "9" },
	{ "fd.num", "read", "9" },
	{ "fd.name", "openat", "/etc/shadow" },
	{ "fd.name", "connect", "10.0.0.9:4000->10.0.0.1:80" },
	{ "fd.name", "connect", "\"[::1]:4000->[::1]:80\"" },
	{ "fd.name", "connect", "/run/docker.sock" },
	{ "fd.nameraw", "openat", "../shadow" },
	{ "fd.path.resolved", "openat", "/etc/shadow" },
	{ "fd.cip", "connect", "10.1.2.3" },
	{ "fd.sip", "connect", "2001:db8::5" },
	{ "fd.lip", "connect", "10.1.2.3" },
	{ "fd.lip", "accept4", "10.1.2.3" },
	{ "fd.rip", "connect", "10.1.2.3" },
	{ "fd.rip", "accept4", "10.1.2.3" },
	{ "fd.ip", "sendto", "10.1.2.3" },
	{ "fd.cip.name", "connect", "a.example" },
	{ "fd.cip.name", "accept4", "a.example" },
	{ "fd.sip.name", "connect", "a.example" },
	{ "fd.sip.name", "sendto", "a.example" },
	{ "fd.sip.name", "bind", "a.example" },
	{ "fd.sip.name", "write", "a.example" },
	{ "fd.lip.name", "connect", "a.example" },
	{ "fd.lip.name", "accept4", "a.example" },
	{ "fd.rip.name", "connect", "a.example" },
	{ "fd.rip.name", "accept4", "a.example" },
	{ "fd.cport", "connect", "1" },
	{ "fd.sport", "connect", "4444" },
	{ "fd.sport", "bind", "4444" },
	{ "fd.lport", "accept4", "22" },
	{ "fd.rport", "connect", "53" },
	{ "fd.port", "recvfrom", "53" },
	{ "fd.cproto", "connect", "1" },
	{ "fd.sproto", "connect", "4444" },
	{ "fd.lproto", "connect", "1234" },
	{ "fd.rproto", "connect", "53" },
	{ "fd.l4proto", "connect", "udp" },
	{ "fd.is_server", "accept4", "true" },
	{ "fd.connected", "connect", "false" },
	{ "fd.name_changed", "connect", "true" },
	{ "evt.truncated", "execve", "true" },
	{ "fd.is_upper_layer", "openat", "true" },
	{ "fd.is_hard_linked", "openat", "true" },
	{ "fd.is_lower_layer", "openat", "true" },
	{ "fd.dev", "openat", "2049" },
	{ "fd.dev.major", "openat", "8" },
	{ "fd.dev.minor", "openat", "1" },
	{ "fd.ino", "openat", "12" },
	{ "evt.num", "close", "99" },
	{ "evt.cpu", "close", "3" },
	{ "evt.hostname", "close", "web-1" },
	{ "evt.res", "openat", "ENOENT" },
	{ "evt.res", "openat", "SUCCESS" },
	{ "evt.rawres", "read", "-11" },
	{ "evt.buflen", "write", "12" },
	{ "evt.failed", "connect", "true" },
	{ "evt.buffer", "write", "GET /" },
	{ "evt.is_open_read", "openat", "true" },
	{ "evt.is_open_write", "openat2", "true" },
	{ "evt.is_open_create", "open", "true" },
	{ "evt.is_open_exec", "openat", "true" },
	{ "evt.is_open_exec", "creat", "true" },
	{ "fs.path.name", "openat", "/etc/a" },
	{ "fs.path.name", "unlinkat", "/etc/a" },
	{ "fs.path.name", "fchmod", "/etc/a" },
	{ "fs.path.nameraw", "mkdir", "a/b" },
	{ "fs.path.source", "rename", "/etc/a" },
	{ "fs.path.sourceraw", "linkat", "a" },
	{ "fs.path.target", "renameat2", "/etc/b" },
	{ "fs.path.targetraw", "symlink", "/etc/b" },
	{ "evt.abspath", "openat", "/etc/a" },
	{ "evt.abspath.dst", "renameat", "/etc/b" },
	{ "container.id", "close", "3ad7b26ded6d" },
	{ "container.id", "close", "host" },
	{ "container.type", "close", "podman" },
	{ "container.full_id", "close", "3ad7b26ded6d0001" },
	{ "container.name", "close", "web" },
	{ "container.name", "close", "host" },
	{ "container.image", "close", "nginx:1.25" },
	{ "container.image.id", "close", "abc" },
	{ "container.image.repository", "close", "docker.io/library/nginx" },
	{ "container.image.tag", "close", "1.25" },
	{ "container.image.digest", "close", "sha256:abc" },
	{ "container.ip", "close", "10.1.2.3" },
	{ "container.cni.json", "close", "'{}'" },
	{ "container.privileged", "close", "true" },
	{ "container.privileged", "close", "false" },
	{ "container.host_pid", "close", "true" },
	{ "container.host_network", "close", "true" },
	{ "container.host_ipc", "close", "true" },
	{ "container.label[team]", "close", "shop" },
	{ "container.labels", "close", "{team: shop, x: y}" },
	{ "container.mounts", "close", "['/etc:/host/etc::true:']" },
	{ "k8s.pod.name", "close", "web-1" },
	{ "k8s.ns.name", "close", "shop" },
	{ "k8s.pod.uid", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8s.pod.id", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8s.pod.full_sandbox_id", "close", "abc" },
	{ "k8s.pod.label[app]", "close", "web" },
	{ "k8s.pod.labels", "close", "{app: web}" },
	{ "k8smeta.pod.name", "close", "shop" },
	{ "k8smeta.pod.uid", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8smeta.pod.label[app]", "close", "web" },
	{ "k8smeta.pod.labels", "close", "{app: web}" },
	{ "k8smeta.ns.name", "close", "shop" },
	{ "k8smeta.ns.uid", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8smeta.ns.label[app]", "close", "web" },
	{ "k8smeta.ns.labels", "close", "{app: web}" },
	{ "k8smeta.deployment.name", "close", "shop" },
	{ "k8smeta.deployment.uid", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8smeta.deployment.label[app]", "close", "web" },
	{ "k8smeta.deployment.labels", "close", "{app: web}" },
	{ "k8smeta.rs.name", "close", "shop" },
	{ "k8smeta.rs.uid", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8smeta.rs.label[app]", "close", "web" },
	{ "k8smeta.rs.labels", "close", "{app: web}" },
	{ "k8smeta.rc.name", "close", "shop" },
	{ "k8smeta.rc.uid", "close", "4348581d-93ad-4c9c-93fd-c71bd2cb4d20" },
	{ "k8smeta.rc.label[app]", "close", "web" },
	{ "k8smeta.rc.labels", "close", "{app: web}" },
	{ "k8smeta.pod.ip", "close", "10.1.2.3" },
	{ "k8smeta.svc.name", "close", "[web, front]" },
	{ "k8smeta.svc.uid", "close", "[a, b]" },
	{ "k8smeta.svc.label[tier]", "close", "front" },
	/* These follow: saying them is a check. */
	{ "fd.directory", "openat", "/tmp" },
	{ "fd.filename", "openat", "file" },
	{ "evt.type", "openat", "openat" },
	{ "evt.dir", "openat", "<" },
	{ "evt.is_io_read", "read", "true" },
	{ "evt.category", "connect", "net" },
	{ "proc.fdusage", "close", "null" },
};

Test(ruletest, every_field_that_can_be_said_is_then_so)
{
	char text[512];

	for (size_t i = 0; i + 1 < ARRAY_LEN(sayings); i++) {
		snprintf(text, sizeof(text),
			 "- test: t\n  event: %s\n  fields: {\"%s\": %s}\n  alerts: []\n",
			 sayings[i].event, sayings[i].field, sayings[i].value);
		cr_expect(eq(int, read_text(text), 0), "%s of %s as %s: %s", sayings[i].field,
			  sayings[i].event, sayings[i].value, message(0));
	}
}

Test(ruletest, there_is_an_example_of_each)
{
	static const uint16_t ids[] = {
#define SAYS(field, order, form, who, setter, what) FIELD_##field,
#include "scene_field.def"
#undef SAYS
	};

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		bool found = false;

		for (size_t k = 0; k < ARRAY_LEN(sayings) && !found; k++) {
			struct field_ref ref;
			struct diag diag;

			cr_assert(eq(int, field_parse(span_str(sayings[k].field), &ref, &diag), 0),
				  "%s", sayings[k].field);
			found = ref.id == ids[i];
		}
		cr_expect(found, "%s", field_info(ids[i])->name);
	}
}

Test(ruletest, every_event_that_rules_see_can_be_said)
{
	char text[256];

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);

		if (info->generated != GENERATED_NOW || info->source == ES_ITER || code < 2)
			continue;
		snprintf(text, sizeof(text),
			 "- test: t\n  event: %s\n  fields: {evt.type: %s}\n  alerts: []\n",
			 info->name, info->name);
		if (code == EVENT_ASYNCEVENT_E) /* it has a name of its own */
			continue;
		cr_expect(eq(int, read_text(text), 0), "%s: %s", info->name, message(0));
	}
	cr_expect(eq(int,
		     read_text("- test: t\n  event: getrandom\n"
			       "  fields: {evt.type: getrandom}\n  alerts: []\n"),
		     0));
}

Test(ruletest, processes_can_be_said_in_their_own_words)
{
	cr_assert(
		eq(int,
		   read_text("- test: t\n  event: execve\n  alerts: []\n"
			     "  process:\n"
			     "    name: ls\n    args: [-l, my file]\n    uid: 33\n"
			     "    user: www-data\n    gid: 33\n"
			     "    env: {PATH: /bin}\n    container: {id: 3ad7b26ded6d}\n"

			     "    parent: {name: sh, args: -c ls, parent: {cmdline: nginx -g x}}\n"
			     "  fields:\n"
			     "    proc.cmdline: ls -l my file\n    proc.cmdnargs: 2\n"
			     "    proc.pname: sh\n    group.name: www-data\n"
			     "    proc.pcmdline: sh -c ls\n    proc.aname[2]: nginx\n"
			     "    proc.env[PATH]: /bin\n"
			     "    thread.cap_effective: CAP_NET_RAW\n    proc.aname[3]: systemd\n"
			     "    proc.aname[4]: null\n    proc.exepath: /usr/bin/ls\n"),
		   0),
		"%s", message(0));
}

Test(ruletest, a_path_can_be_relative)
{
	cr_assert(eq(int,
		     read_text("- test: t\n  event: openat\n  alerts: []\n"
			       "  process: {name: x, cwd: /etc}\n"
			       "  params: {name: ../root/.ssh}\n"
			       "  fields: {fd.name: /root/.ssh, fd.nameraw: ../root/.ssh}\n"),
		     0),
		  "%s", message(0));
}

/* ---- what is wrong ---- */

static const struct {
	const char *text;
	unsigned line, column;
	const char *message;
} mistakes[] = {
	{ "- test: t\n  event: opnat\n  alerts: []\n", 2, 10,
	  "there is no event 'opnat', did you mean 'openat'?" },
	{ "- test: t\n  event: close\n  fields: {fd.nme: x}\n  alerts: []\n", 3, 12,
	  "there is no field 'fd.nme', did you mean 'fd.name'?" },
	{ "- test: t\n  event: close\n  fields: {proc.pid: cat}\n  alerts: []\n", 3, 12,
	  "'proc.pid' takes a number that fits it" },
	{ "- test: t\n  event: close\n  fields: {proc.tty: -1}\n  alerts: []\n", 3, 12,
	  "'proc.tty' takes a number that fits it" },
	{ "- test: t\n  event: close\n  fields: {proc.tty: 4294967296}\n  alerts: []\n", 3, 12,
	  "'proc.tty' takes a number that fits it" },
	{ "- test: t\n  event: openat\n  fields: {evt.is_open_read: maybe}\n  alerts: []\n", 3, 12,
	  "'evt.is_open_read' is true or false" },
	{ "- test: t\n  event: connect\n  fields: {fd.sip: 1.2.3}\n  alerts: []\n", 3, 12,
	  "'fd.sip' takes an IP address" },
	{ "- test: t\n  event: connect\n  fields: {fd.sip.name: a b}\n  alerts: []\n", 3, 12,
	  "'fd.sip.name' takes the name of a host" },
	{ "- test: t\n  event: bind\n  fields: {fd.cip.name: a}\n  alerts: []\n", 3, 12,
	  "'fd.cip.name' is <NA> at this event, not what is said" },
	{ "- test: t\n  event: close\n  fields: {proc.name: [a, b]}\n  alerts: []\n", 3, 12,
	  "'proc.name' takes one value" },
	{ "- test: t\n  event: close\n  fields: {proc.name: a-name-of-17-byte}\n  alerts: []\n", 3,
	  12, "'proc.name' is cut to 15 bytes by the kernel: no event ever has this" },
	{ "- test: t\n  event: openat\n  fields: {fd.name: /etc/x, fd.directory: /tmp}\n"
	  "  alerts: []\n",
	  3, 29,
	  "'fd.directory' is '/etc' at this event, not what is said: it follows from other "
	  "fields, say those" },
	{ "- test: t\n  event: close\n  fields: {proc.aname: x}\n  alerts: []\n", 3, 12,
	  "'proc.aname' needs the ancestor's number, as proc.aname[2]" },
	{ "- test: t\n  event: close\n  fields: {\"proc.aname[99]\": x}\n  alerts: []\n", 3, 12,
	  "'proc.aname[99]' is about an ancestor too far up: 15 at most" },
	{ "- test: t\n  event: openat\n  params: {flgas: O_RDONLY}\n  alerts: []\n", 3, 12,
	  "event 'openat' has no parameter 'flgas', did you mean 'flags'?" },
	{ "- test: t\n  event: openat\n  params: {flags: O_RDONL}\n  alerts: []\n", 3, 12,
	  "no flag 'O_RDONL' here, did you mean 'O_RDONLY'?" },
	{ "- test: t\n  event: openat\n  params: {mode: \"0888\"}\n  alerts: []\n", 3, 12,
	  "'0888' is not an octal number" },
	{ "- test: t\n  event: openat\n  fields: {evt.res: EFOO}\n  alerts: []\n", 3, 12,
	  "'evt.res' takes SUCCESS, an error's name as ENOENT, or a number" },
	{ "- test: t\n  event: close\n  process: {parent: {nmae: x}}\n  alerts: []\n", 3, 22,
	  "key 'nmae' has no place here, did you mean 'name'?" },
	{ "- test: t\n  event: close\n  alrts: []\n", 3, 3,
	  "key 'alrts' has no place here, did you mean 'alerts'?" },
	{ "- test: t\n  event: close\n  fields: {proc.name: a}\n  process: b\n  alerts: []\n", 4, 3,
	  "'proc.name' is said twice" },
	{ "- test: t\n  event: close\n", 1, 3,
	  "the test wants nothing: say what it `trips`, what it `misses`, or its `alerts`" },
	{ "- test: t\n  alerts: []\n", 1, 3, "which event? say it, as in `event: openat`" },
	{ "- test: t\n  event: close\n  trips: Any\n", 3, 10, "there is no rule 'Any'" },
	{ RULES "- test: t\n  event: close\n  trips: Shadow raed\n", 17, 10,
	  "there is no rule 'Shadow raed', did you mean 'Shadow read'?" },
	{ RULES "- test: t\n  event: close\n  trips: {rule: Any reader, priorty: x}\n", 17, 29,
	  "key 'priorty' has no place here, did you mean 'priority'?" },
	{ RULES "- test: t\n  event: close\n  trips: {rule: Any reader, priority: high}\n", 17, 39,
	  "a priority is wanted here" },
	{ "- test: t\n  event: close\n  events: [close]\n  alerts: []\n", 2, 10,
	  "'event' and 'events' exclude each other" },
	{ "- test: t\n  events: []\n  alerts: []\n", 2, 11, "a list of events is wanted here" },
	{ "- test: t\n  events: [[close]]\n  alerts: []\n", 2, 12,
	  "an event is a name or a mapping" },
	{ "- test: ~\n  event: close\n  alerts: []\n", 1, 9, "a test has a name" },
	{ "- test: t\n  event: close\n  time: yesterday\n  alerts: []\n", 3, 3,
	  "'evt.rawtime' takes nanoseconds since the epoch, or a time as "
	  "2026-01-02T03:04:05.678Z" },
};

Test(ruletest, what_is_wrong_is_told_with_its_place)
{
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		const struct rule_problem *p;

		cr_expect(eq(int, read_text(mistakes[i].text), -EINVAL), "%s", mistakes[i].text);
		if (ruletests_problems(tests)->list.n == 0)
			continue;
		p = rule_problem_at(ruletests_problems(tests), 0);
		cr_expect_str_eq(p->diag.message, mistakes[i].message);
		cr_expect(eq(uint, p->diag.line, mistakes[i].line), "%s", mistakes[i].message);
		cr_expect(eq(uint, p->diag.column, mistakes[i].column), "%s", mistakes[i].message);
		cr_expect_str_eq(rule_problem_name(p->code), "LOAD_ERR_TEST");
	}
}

Test(ruletest, all_mistakes_are_told_up_to_a_hundred)
{
	struct pool pool;
	struct pool_text text = { .pool = &pool };

	pool_init(&pool, 1024 * 1024);
	for (unsigned i = 0; i < 150; i++)
		pool_text_str(&text, "- test: t\n  event: nothing\n  alerts: []\n");
	cr_assert(eq(int, read_text((const char *)text.p), -EINVAL));
	cr_assert(eq(uint, ruletests_problems(tests)->list.n, RULETEST_MAX_PROBLEMS));
	pool_release(&pool);
}

Test(ruletest, rules_load_without_a_word_about_tests)
{
	read_text(RULES "- test: t\n  anything: here\n");
	cr_assert(eq(uint, load.files[0].nproblems, 0));
}

/* ---- values ---- */

Test(ruletest, times_are_read)
{
	uint64_t t = 0;

	cr_assert(scene_time(span_str("2026-01-01T00:00:00Z"), &t));
	cr_assert(eq(u64, t, UINT64_C(1767225600000000000)));
	cr_assert(scene_time(span_str("2024-02-29 23:59:59.5"), &t));
	cr_assert(eq(u64, t, UINT64_C(1709251199500000000)));
	cr_assert(scene_time(span_str("1970-01-01T00:00:00.000000001Z"), &t));
	cr_assert(eq(u64, t, 1));
	cr_assert(not(scene_time(span_str("2026-13-01T00:00:00Z"), &t)));
	cr_assert(not(scene_time(span_str("2026-01-01"), &t)));
	cr_assert(not(scene_time(span_str("2026-01-01T00:00:00.Z"), &t)));
}

Test(ruletest, numbers_must_fit)
{
	int64_t v = 0;

	cr_assert(scene_number(span_str("0xff"), PT_UINT8, &v));
	cr_assert(eq(i64, v, 255));
	cr_assert(not(scene_number(span_str("256"), PT_UINT8, &v)));
	cr_assert(scene_number(span_str("-128"), PT_INT8, &v));
	cr_assert(not(scene_number(span_str("-129"), PT_INT8, &v)));
	cr_assert(scene_number(span_str("18446744073709551615"), PT_UINT64, &v));
	cr_assert(eq(i64, v, -1));
	cr_assert(not(scene_number(span_str("18446744073709551616"), PT_UINT64, &v)));
	cr_assert(not(scene_number(span_str("9223372036854775808"), PT_INT64, &v)));
	cr_assert(scene_number(span_str("-9223372036854775808"), PT_INT64, &v));
	cr_assert(not(scene_number(span_str(""), PT_INT64, &v)));
	cr_assert(not(scene_number(span_str("1x"), PT_INT64, &v)));
	cr_assert(scene_number(span_str("-1"), PT_UID, &v));
	cr_assert(eq(i64, v, UINT32_MAX));
}

/* ---- reports ---- */

static char report[8192];

static struct line *report_begin(struct line *t)
{
	line_init(t, (uint8_t *)report, sizeof(report) - 1);
	return t;
}

static const char *report_end(struct line *t)
{
	cr_assert(ge(i64, line_length(t), 0));
	*t->p = '\0';
	return report;
}

/* Names and texts that would like to be more than that. */
#define HOSTILE                                                                                    \
	"- rule: \"<b>&\\\"\\u001b\\ufffe\"\n  desc: d\n  priority: INFO\n"                        \
	"  condition: evt.type = close\n  output: \"x\"\n"                                         \
	"- test: \"# SKIP \\nok 1 <&>\"\n  event: open\n"                                          \
	"  trips: \"<b>&\\\"\\u001b\\ufffe\"\n"

Test(ruletest, tap_lines_stay_lines)
{
	struct line t;

	cr_assert(eq(uint, run_text(HOSTILE), 0));
	report_tap_begin(report_begin(&t), 1);
	report_tap(&t, 1, &outcomes[0]);
	cr_assert_str_eq(report_end(&t),
			 "TAP version 13\n1..1\nnot ok 1 - \\# SKIP \\\\nok 1 <&>\n"
			 "# t.yaml:6:9\n"
			 "# missing alert: <b>&\"\\u001b\xef\xbf\xbe\n"
			 "#   decided by: evt.type = close is false: evt.type is 'open'\n");
}

Test(ruletest, junit_is_xml_whatever_the_names_are)
{
	struct line t;

	cr_assert(eq(uint, run_text(HOSTILE), 0));
	outcomes[0].took_ns = 1500000;
	report_junit(report_begin(&t), outcomes, 1, "2026-01-02T03:04:05");
	cr_assert_str_eq(
		report_end(&t),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"t.yaml\" package=\"mews\" id=\"0\" "
		"timestamp=\"2026-01-02T03:04:05\" hostname=\"localhost\" tests=\"1\" "
		"failures=\"1\" errors=\"0\" time=\"0.001500\">\n    <properties/>\n"
		"    <testcase name=\"# SKIP \\nok 1 &lt;&amp;&gt;\" classname=\"t.yaml\" "
		"time=\"0.001500\">\n"
		"      <failure message=\"missing alert: &lt;b&gt;&amp;&quot;\\u001b\xef\xbf\xbd\" "
		"type=\"missing alert\">t.yaml:6:9\n"
		"missing alert: &lt;b&gt;&amp;&quot;\\u001b\xef\xbf\xbd\n"
		"  decided by: evt.type = close is false: evt.type is 'open'</failure>\n"
		"    </testcase>\n    <system-out/>\n    <system-err/>\n  </testsuite>\n"
		"</testsuites>\n");
}
