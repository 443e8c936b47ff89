/* SPDX-License-Identifier: Apache-2.0
 *
 * records_process.c -- records of processes: they begin, exec, change who they are
 * and end; and numbers of system calls that mean something else elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"

/* When the first record of CODE by TID was made; the end of time if there is none.  (The place in
 * the rig says nothing: it takes one CPU's buffer after the other.) */
static uint64_t time_of(struct rig *rig, unsigned code, pid_t tid)
{
	unsigned from = 0;
	const struct rig_record *r = rig_find(rig, code, tid, &from);

	return r == NULL ? UINT64_MAX : r->head.ts_ns;
}

/* What the kernel says in /proc/self/cgroup of the hierarchy NAME, as events have it. */
static void append_cgroup(char *text, size_t *n, const char *name, const char *legacy)
{
	char line[1024], unified[512] = "/";
	FILE *f = fopen("/proc/self/cgroup", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *list = strchr(line, ':') + 1, *path = strchr(list, ':');
		char found[128];

		*path++ = 0;
		path[strcspn(path, "\n")] = 0;
		if (*list == 0)
			snprintf(unified, sizeof(unified), "%s", path);
		for (char *p = strtok_r(list, ",", &list); p != NULL;
		     p = strtok_r(NULL, ",", &list)) {
			snprintf(found, sizeof(found), "%s", p);
			if (strcmp(found, legacy) == 0) {
				*n += sprintf(text + *n, "%s=%s", name, path) + 1;
				fclose(f);
				return;
			}
		}
	}
	if (f != NULL)
		fclose(f);
	*n += sprintf(text + *n, "%s=%s", name, unified) + 1;
}

size_t records_cgroups(char *text)
{
	size_t n = 0;

	append_cgroup(text, &n, "cpuset", "cpuset");
	append_cgroup(text, &n, "cpu", "cpu");
	append_cgroup(text, &n, "cpuacct", "cpuacct");
	append_cgroup(text, &n, "io", "blkio");
	append_cgroup(text, &n, "memory", "memory");
	return n;
}

static void test_exec(struct rig *rig)
{
	static const char *const argv[] = { "a program", "one", "", "three 3", NULL };
	static const char *const envp[] = { "A=1", "B=2", NULL };
	struct stat st = { 0 };
	char cgroups[4096];
	const struct rig_record *r;
	struct rlimit limit;
	int status;
	pid_t child;

	stat("/bin/true", &st);
	getrlimit(RLIMIT_NOFILE, &limit);
	records_restart(rig);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		execve("/bin/true", (char *const *)argv, (char *const *)envp);
		_exit(1);
	}
	waitpid(child, &status, 0);
	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, child);
	is_number(r, 0, 0, "execve: res");
	is_text(r, 1, "a program", "execve: exe");
	is_bytes(r, 2, "one\0\0three 3", 13, "execve: args");
	is_number(r, 3, child, "execve: tid");
	is_number(r, 4, child, "execve: pid");
	is_number(r, 5, getpid(), "execve: ptid");
	is_number(r, 7, limit.rlim_cur, "execve: fdlimit");
	tap_ok(rig_number(r, 10) > 0, "execve: vm_size");
	is_text(r, 13, "true", "execve: comm");
	is_bytes(r, 14, cgroups, records_cgroups(cgroups), "execve: cgroups");
	is_bytes(r, 15, "A=1\0B=2", 8, "execve: env");
	is_number(r, 17, child, "execve: vpgid");
	is_number(r, 19, 1, "execve: flags, root may write it");
	is_number(r, 23, st.st_ino, "execve: exe_ino");
	is_number(r, 24, st.st_ctim.tv_sec * 1000000000ll + st.st_ctim.tv_nsec, "execve: ctime");
	is_number(r, 25, st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec, "execve: mtime");
	is_number(r, 26, 0, "execve: uid");
	is_text(r, 27, "/usr/bin/true", "execve: trusted_exepath");
	is_number(r, 28, child, "execve: pgid");
	is_number(r, 29, 0, "execve: gid");
	is_text(r, 30, "/bin/true", "execve: filename as given");
	tap_ok((r->head.flags & RECORD_HAS_FILE) && r->file.ino == st.st_ino &&
		       r->file.mode == st.st_mode,
	       "execve: its file");
	tap_ok(time_of(rig, EVENT_SYSCALL_CLONE_20_X, child) <
		       time_of(rig, EVENT_SYSCALL_SETPGID_X, child),
	       "a child's birth comes before what it does");
	r = records_one(rig, EVENT_PROCEXIT_1_E, child);
	is_number(r, 1, 0, "procexit: ret");
}

static void test_exec_fails(struct rig *rig)
{
	static const char *const argv[] = { "zero", "one", NULL }, *const envp[] = { "X=y", NULL };
	const struct rig_record *r;
	pid_t me = getpid();
	char exe[256];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n] = 0;
	records_restart(rig);
	execve("/no/such", (char *const *)argv, (char *const *)envp);
	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, me);
	is_number(r, 0, -ENOENT, "execve fails: res");
	is_text(r, 1, "zero", "execve fails: exe");
	is_bytes(r, 2, "one", 4, "execve fails: args");
	is_number(r, 3, me, "execve fails: tid");
	is_bytes(r, 15, "X=y", 4, "execve fails: env");
	is_text(r, 27, exe, "execve fails: trusted_exepath is what runs");
	is_text(r, 30, "/no/such", "execve fails: filename");
	syscall(SYS_execveat, -1, "rel", argv, envp, 0);
	r = records_one(rig, EVENT_SYSCALL_EXECVEAT_X, me);
	is_number(r, 0, -EBADF, "execveat fails: res");
	is_text(r, 1, "zero", "execveat fails: exe");
	records_restart(rig);
	syscall(SYS_execve, "/no/such", (void *)16, NULL);
	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, me);
	is_text(r, 1, "", "execve of nowhere: no exe");
	is_text(r, 2, "", "execve of nowhere: no args");
}

static void test_memfd_exec(struct rig *rig)
{
	static const char *const argv[] = { "x", NULL };
	const struct rig_record *r;
	int status;
	pid_t child = fork();

	if (child == 0) {
		char bytes[65536];
		int from = open("/bin/true", O_RDONLY), to = memfd_create("hidden", 0);
		ssize_t n;

		while ((n = read(from, bytes, sizeof(bytes))) > 0)
			if (write(to, bytes, n) != n)
				_exit(1);
		syscall(SYS_execveat, to, "", argv, argv, AT_EMPTY_PATH);
		_exit(1);
	}
	waitpid(child, &status, 0);
	tap_number(status, 0, "a program in a memfd runs");
	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, child);
	tap_number(rig_number(r, 19) & 4, 4, "execve of a memfd: flags");
	is_text(r, 27, "memfd:hidden", "execve of a memfd: trusted_exepath");
}

static void *thread_body(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	close(9999);
	return NULL;
}

static void test_clone(struct rig *rig)
{
	const struct rig_record *r;
	unsigned from = 0;
	pthread_t thread;
	pid_t child, tid;
	int status;

	records_restart(rig);
	child = fork();
	if (child == 0)
		_exit(7);
	waitpid(child, &status, 0);
	r = records_one(rig, EVENT_SYSCALL_CLONE_20_X, child);
	is_number(r, 0, 0, "clone in the child: res");
	is_number(r, 3, child, "clone in the child: tid");
	is_number(r, 5, getpid(), "clone in the child: ptid");
	is_text(r, 13, "test_records", "clone in the child: comm");
	is_number(r, 15, 0x1800000, "clone in the child: flags");
	is_number(r, 18, child, "clone in the child: vtid");
	tap_number(r->head.tid, child, "clone in the child: header");
	r = records_one(rig, EVENT_SYSCALL_CLONE_20_X, getpid());
	is_number(r, 0, child, "clone in the parent: res");
	is_number(r, 3, getpid(), "clone in the parent: tid");
	while ((r = rig_find(rig, EVENT_SYSCALL_CLONE_20_X, child, &from)) != NULL)
		tap_number(from != 0 &&
				   rig_find(rig, EVENT_SYSCALL_CLONE_20_X, child, &from) == NULL,
			   1, "a child is born once");
	r = records_one(rig, EVENT_PROCEXIT_1_E, child);
	is_number(r, 0, 7 << 8, "procexit: status");
	is_number(r, 1, 7, "procexit: ret");
	is_number(r, 2, 0, "procexit: sig");
	is_number(r, 4, 0, "procexit without children: reaper_tid");

	records_restart(rig);
	pthread_create(&thread, NULL, thread_body, &tid);
	pthread_join(thread, NULL);
	rig_collect(rig);
	from = 0;
	r = rig_find(rig, EVENT_SYSCALL_CLONE3_X, tid, &from);
	if (r == NULL)
		r = records_one(rig, EVENT_SYSCALL_CLONE_20_X, tid);
	tap_number(r->head.pid, getpid(), "a thread: its process");
	is_number(r, 3, tid, "a thread: tid");
	is_number(r, 4, getpid(), "a thread: pid");
	tap_number(rig_number(r, 15) & 0xa801, 0xa801,
		   "a thread: flags THREAD, VM, SIGHAND, FILES");
	tap_number(records_one(rig, EVENT_SYSCALL_CLOSE_X, tid)->head.pid, getpid(),
		   "a thread: what it does");

	records_restart(rig);
	child = fork();
	if (child == 0) {
		for (;;)
			pause();
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	r = records_one(rig, EVENT_PROCEXIT_1_E, child);
	is_number(r, 2, SIGKILL, "procexit of a killed one: sig");
	r = records_one(rig, EVENT_SYSCALL_KILL_X, getpid());
	is_number(r, 1, child, "kill: pid");
	is_number(r, 2, SIGKILL, "kill: sig");
}

static void test_pid_namespace(struct rig *rig)
{
	const struct rig_record *r = NULL, *q;
	int status;
	pid_t child;

	records_restart(rig);
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWPID) != 0)
			_exit(1);
		if (fork() == 0)
			_exit(getpid() == 1 ? 0 : 2);
		wait(&status);
		_exit(WEXITSTATUS(status));
	}
	waitpid(child, &status, 0);
	tap_number(status, 0, "a process in a pid namespace");
	rig_collect(rig);
	for (unsigned i = 0; i < rig_count(rig); i++) {
		q = rig_get(rig, i);
		if (q->head.code == EVENT_SYSCALL_CLONE_20_X && rig_number(q, 0) == 0 &&
		    rig_number(q, 5) == child)
			r = q;
	}
	if (!tap_ok(r != NULL, "its birth has a record"))
		return;
	is_number(r, 18, 1, "in a pid namespace: vtid");
	is_number(r, 19, 1, "in a pid namespace: vpid");
	tap_ok(rig_number(r, 3) > 1, "in a pid namespace: tid is the outer one");
	tap_number(rig_number(r, 15) & 0x20000000, 0x20000000, "in a pid namespace: flags");
	tap_number(rig_number(r, 20), r->head.start_ns, "in a pid namespace: its start");
}

/* PARENT makes a child, and ends while it lives. */
static void leave_orphan(void)
{
	if (fork() == 0) {
		usleep(50000);
		_exit(0);
	}
	_exit(3);
}

static void test_reaper(struct rig *rig)
{
	const struct rig_record *r;
	int status;
	pid_t child;

	for (int subreaper = 0; subreaper <= 1; subreaper++) {
		prctl(PR_SET_CHILD_SUBREAPER, subreaper);
		records_restart(rig);
		child = fork();
		if (child == 0)
			leave_orphan();
		waitpid(child, &status, 0);
		r = records_one(rig, EVENT_PROCEXIT_1_E, child);
		is_number(r, 1, 3, "procexit of a parent: ret");
		if (subreaper)
			is_number(r, 4, getpid(), "its children go to a subreaper");
		else
			tap_ok(rig_number(r, 4) != 0 && rig_number(r, 4) != child,
			       "its children go to somebody else");
	}
	while (wait(&status) > 0)
		;
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void test_processes(struct rig *rig)
{
	test_exec(rig);
	test_exec_fails(rig);
	test_memfd_exec(rig);
	test_clone(rig);
	test_pid_namespace(rig);
	test_reaper(rig);
}

static void drop_ids(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	syscall(SYS_setresgid, 65534, 65534, 65534);
	syscall(SYS_setresuid, 65534, 65534, 65534);
	data[0].effective = data[0].permitted = 1 << CAP_KILL;
	syscall(SYS_capset, &head, data);
	syscall(SYS_setuid, 0);
	syscall(SYS_setsid);
	_exit(0);
}

void test_credentials(struct rig *rig)
{
	const struct rig_record *r;
	pid_t me = getpid(), child;
	long long res;
	int status;

	records_restart(rig);
	child = fork();
	if (child == 0)
		drop_ids();
	waitpid(child, &status, 0);
	r = records_one(rig, EVENT_SYSCALL_SETRESGID_X, child);
	is_number(r, 0, 0, "setresgid: res");
	is_number(r, 1, 65534, "setresgid: rgid");
	is_number(r, 2, 65534, "setresgid: egid");
	is_number(r, 3, 65534, "setresgid: sgid");
	r = records_one(rig, EVENT_SYSCALL_SETRESUID_X, child);
	is_number(r, 0, 0, "setresuid: res");
	is_number(r, 1, 65534, "setresuid: ruid");
	is_number(r, 3, 65534, "setresuid: suid");
	tap_number(r->head.uid, 65534, "setresuid: the header has the new one");
	r = records_one(rig, EVENT_SYSCALL_CAPSET_X, child);
	is_number(r, 0, 0, "capset: res");
	is_number(r, 1, 0, "capset: inheritable");
	is_number(r, 2, 1 << CAP_KILL, "capset: permitted");
	is_number(r, 3, 1 << CAP_KILL, "capset: effective");
	r = records_one(rig, EVENT_SYSCALL_SETUID_X, child);
	is_number(r, 0, -EPERM, "setuid: res");
	is_number(r, 1, 0, "setuid: uid");
	is_number(records_one(rig, EVENT_SYSCALL_SETSID_X, child), 0, child, "setsid: res");
	r = records_one(rig, EVENT_SYSCALL_PRCTL_X, child);
	is_number(r, 0, 0, "prctl: res");
	is_number(r, 1, PR_SET_KEEPCAPS, "prctl: option");
	is_number(r, 3, 1, "prctl: arg2_int");

	prctl(PR_SET_NAME, "new name");
	r = records_one(rig, EVENT_SYSCALL_PRCTL_X, me);
	is_text(r, 2, "new name", "prctl: arg2_str");
	ptrace(PTRACE_ATTACH, 999999, 0, 0);
	r = records_one(rig, EVENT_SYSCALL_PTRACE_X, me);
	is_number(r, 0, -ESRCH, "ptrace: res");
	is_bytes(r, 1, "\0\0\0\0\0\0\0\0\0", 9, "ptrace: addr");
	is_bytes(r, 2, "\0\0\0\0\0\0\0\0\0", 9, "ptrace: data");
	is_number(r, 3, 11, "ptrace: request is Falco's");
	is_number(r, 4, 999999, "ptrace: pid");
	syscall(SYS_setns, -1, CLONE_NEWNET);
	r = records_one(rig, EVENT_SYSCALL_SETNS_X, me);
	is_number(r, 0, -EBADF, "setns: res");
	is_number(r, 1, -1, "setns: fd");
	is_number(r, 2, 0x10, "setns: nstype");
	res = syscall(SYS_init_module, "not a module", 12, "some args") < 0 ? -errno : 0;
	r = records_one(rig, EVENT_SYSCALL_INIT_MODULE_X, me);
	is_number(r, 0, res, "init_module: res");
	is_text(r, 1, "not a module", "init_module: img");
	is_number(r, 2, 12, "init_module: length");
	is_text(r, 3, "some args", "init_module: uargs");
	res = syscall(SYS_finit_module, -1, "x=1", 3) < 0 ? -errno : 0;
	r = records_one(rig, EVENT_SYSCALL_FINIT_MODULE_X, me);
	is_number(r, 0, res, "finit_module: res");
	is_number(r, 1, -1, "finit_module: fd");
	is_text(r, 2, "x=1", "finit_module: uargs");
	is_number(r, 3, 3, "finit_module: flags");
	res = syscall(SYS_bpf, 19, NULL, 0) < 0 ? -errno : 0;
	records_expect(rig, me, EVENT_SYSCALL_BPF_2_X, "bpf", "nn", res, 19ll);
	syscall(SYS_tgkill, me, me, 0);
	records_expect(rig, me, EVENT_SYSCALL_TGKILL_X, "tgkill", "nnnn", 0ll, (long long)me,
		       (long long)me, 0ll);
}

/* A 32-bit call has other numbers: 3 is read there and close here. */
void test_numbers(struct rig *rig)
{
#if defined(__x86_64__)
	unsigned from = 0;
	int status;
	pid_t child;

	records_restart(rig);
	child = fork();
	if (child == 0) {
		long res;

		__asm__ volatile("int $0x80"
				 : "=a"(res)
				 : "a"(3), "b"(9999), "c"(0), "d"(0)
				 : "memory");
		_exit(res == -EBADF ? 0 : 1);
	}
	waitpid(child, &status, 0);
	if (status != 0) {
		tap_ok(true, "numbers of 32-bit calls # SKIP there are none here");
		return;
	}
	rig_collect(rig);
	tap_ok(rig_find(rig, EVENT_SYSCALL_CLOSE_X, child, &from) == NULL,
	       "the number of a 32-bit call is not taken for a 64-bit one");
#else
	(void)rig;
#endif
}
