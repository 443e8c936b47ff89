/* SPDX-License-Identifier: Apache-2.0
 *
 * records_task.c -- what clones and execs tell of a task, parameter by parameter,
 * against what /proc and the C library say of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"

/* What a process says of itself. */
struct about {
	pid_t pid, ppid, pgid;
	uid_t euid;
	gid_t egid;
	long long fdlimit, kb, tty, loginuid, major[2], minor[2];
	long long inheritable, permitted, effective, init_ticks;
	char comm[16], exe_arg[256], exe[256];
};

static void read_all(const char *path, char *text, size_t cap)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, cap - 1);

	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

/* Field I, from 3 on, of the text of a /proc/PID/stat. */
static long long stat_field(const char *text, unsigned i)
{
	const char *p = strrchr(text, ')') + 2;

	while (i-- > 3)
		p = strchr(p, ' ') + 1;
	return strtoll(p, NULL, 10);
}

static long long capability_set(const char *status, const char *name)
{
	const char *p = strstr(status, name);

	return p == NULL ? -1 : (long long)strtoull(p + strlen(name) + 1, NULL, 16);
}

static void count_faults(struct about *a, unsigned i)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	a->major[i] = u.ru_majflt;
	a->minor[i] = u.ru_minflt;
}

static void tell_about(struct about *a)
{
	static char text[8192];
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	/* Where a processor does not note for itself what is looked at (arm64), a page that a
	 * child has not touched yet cannot be read by the kernel side either. */
	(void)*(volatile char *)program_invocation_name;
	*a = (struct about){
		.pid = getpid(),
		.ppid = getppid(),
		.pgid = getpgrp(),
		.euid = geteuid(),
		.egid = getegid(),
		.fdlimit = (long long)limit.rlim_cur,
	};
	prctl(PR_GET_NAME, a->comm);
	read_all("/proc/self/cmdline", a->exe_arg, sizeof(a->exe_arg));
	if (readlink("/proc/self/exe", a->exe, sizeof(a->exe) - 1) < 0)
		_exit(1);
	read_all("/proc/self/stat", text, sizeof(text));
	a->tty = stat_field(text, 7);
	read_all("/proc/1/stat", text, sizeof(text));
	a->init_ticks = stat_field(text, 22);
	read_all("/proc/self/loginuid", text, sizeof(text));
	a->loginuid = text[0] == 0 ? 0xffffffffll : strtoll(text, NULL, 10);
	read_all("/proc/self/status", text, sizeof(text));
	a->inheritable = capability_set(text, "CapInh:");
	a->permitted = capability_set(text, "CapPrm:");
	a->effective = capability_set(text, "CapEff:");
	a->kb = records_own_kb();
	count_faults(a, 0);
}

#define ABOUT(said) ((struct about *)(void *)(said)->bytes)

/* ---- what clones and execs have in common ---- */

/* Parameters 3 to 14. */
static void expect_task(const struct rig_record *r, const struct about *a, const char *name,
			pid_t pid, pid_t ppid)
{
	char cgroups[4096];
	size_t n = records_cgroups(cgroups);

	is_number(r, 3, pid, name);
	is_number(r, 4, pid, name);
	is_number(r, 5, ppid, name);
	is_text(r, 6, "", name);
	is_number(r, 7, a->fdlimit, name);
	is_number(r, 10, a->kb, name);
	is_between(r, 11, 100, a->kb, name);
	is_number(r, 12, 0, name);
	is_text(r, 13, a->comm, name);
	is_bytes(r, 14, cgroups, n, name);
}

/* Faults: between those before and those after. */
static void expect_faults(const struct rig_record *r, const struct about *a, const char *name)
{
	is_between(r, 8, a->major[0], a->major[1], name);
	is_between(r, 9, a->minor[0], a->minor[1], name);
}

/* ---- clones ---- */

static void expect_clone(struct rig *rig, unsigned code, const struct about *a, const char *name,
			 pid_t child, unsigned flags)
{
	const struct rig_record *r = records_one(rig, code, a->pid);
	unsigned from = 0;

	/* It was cloned itself. */
	while (r != NULL && rig_number(r, 0) != child)
		r = rig_find(rig, code, a->pid, &from);
	if (!tap_ok(r != NULL, "%s has its record", name))
		return;
	is_text(r, 1, a->exe_arg, name);
	is_text(r, 2, "", name);
	expect_task(r, a, name, a->pid, a->ppid);
	expect_faults(r, a, name);
	is_number(r, 15, flags, name);
	is_number(r, 16, a->euid, name);
	is_number(r, 17, a->egid, name);
	is_number(r, 18, a->pid, name);
	is_number(r, 19, a->pid, name);
	is_number(r, 20, 0, name);
	/* The same of the child; what it has in its memory are its parent's arguments. */
	r = records_one(rig, code, child);
	is_number(r, 0, 0, name);
	is_text(r, 1, a->exe_arg, name);
	is_text(r, 2, "", name);
	expect_task(r, a, name, child, a->pid);
	is_number(r, 8, 0, name);
	is_number(r, 9, 0, name);
	is_number(r, 15, flags, name);
	is_number(r, 16, a->euid, name);
	is_number(r, 17, a->egid, name);
	is_number(r, 18, child, name);
	is_number(r, 19, child, name);
	tap_number(rig_number(r, 20) / (1000000000 / sysconf(_SC_CLK_TCK)), a->init_ticks,
		   "the start of the namespace's init");
	records_looked_at(r, 20);
}

/* A child that ends at once, and its number. */
static void wait_for(struct said *s, unsigned i, pid_t child)
{
	int status;

	if (child == 0)
		_exit(0);
	count_faults(ABOUT(s), 1);
	s->n[i] = child;
	waitpid(child, &status, 0);
}

static void call_clone(struct said *s)
{
	tell_about(ABOUT(s));
	wait_for(s, 0, (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static void call_clone3(struct said *s)
{
	struct clone_args args = { .flags = CLONE_FS | CLONE_FILES, .exit_signal = SIGCHLD };

	tell_about(ABOUT(s));
	wait_for(s, 0, (pid_t)syscall(SYS_clone3, &args, sizeof(args)));
}

#ifdef SYS_fork
static void call_fork(struct said *s)
{
	tell_about(ABOUT(s));
	wait_for(s, 0, (pid_t)syscall(SYS_fork));
}

static void call_vfork(struct said *s)
{
	tell_about(ABOUT(s));
	wait_for(s, 0, vfork());
}
#endif

static void test_clones(struct rig *rig)
{
	struct said *s;

	records_in_child(rig, call_clone, &s);
	expect_clone(rig, EVENT_SYSCALL_CLONE_20_X, ABOUT(s), "clone", (pid_t)s->n[0], 0);
	records_in_child(rig, call_clone3, &s);
	expect_clone(rig, EVENT_SYSCALL_CLONE3_X, ABOUT(s), "clone3", (pid_t)s->n[0], 3);
#ifdef SYS_fork
	records_in_child(rig, call_fork, &s);
	expect_clone(rig, EVENT_SYSCALL_FORK_20_X, ABOUT(s), "fork", (pid_t)s->n[0], 0);
	records_in_child(rig, call_vfork, &s);
	expect_clone(rig, EVENT_SYSCALL_VFORK_20_X, ABOUT(s), "vfork", (pid_t)s->n[0],
		     1 << 27 | 1 << 15);
#endif
}

/* ---- execs ---- */

/* The texts are on the stack, which is there: a call that fails may not look, nor bring them in. */
static void call_execs(struct said *s)
{
	char zero[] = "zero", one[] = "one", two[] = "two", ab[] = "A=b", c[] = "C";
	char *argv[] = { zero, one, two, NULL }, *envp[] = { ab, c, NULL };

	tell_about(ABOUT(s));
	syscall(SYS_execveat, -1, "rel", argv, envp, 0);
	syscall(SYS_execve, "/no/such", argv, envp);
	count_faults(ABOUT(s), 1);
}

static void expect_failed_exec(struct rig *rig, unsigned code, const struct about *a,
			       const char *name, int error)
{
	const struct rig_record *r = records_one(rig, code, a->pid);
	struct stat st = { 0 };

	stat(a->exe, &st);
	is_number(r, 0, -error, name);
	is_text(r, 1, "zero", name);
	is_bytes(r, 2, "one\0two", 8, name);
	expect_task(r, a, name, a->pid, a->ppid);
	expect_faults(r, a, name);
	is_bytes(r, 15, "A=b\0C", 6, name);
	is_number(r, 16, a->tty, name);
	is_number(r, 17, a->pgid, name);
	is_number(r, 18, a->loginuid, name);
	is_number(r, 19, access(a->exe, W_OK) == 0, name);
	is_number(r, 20, a->inheritable, name);
	is_number(r, 21, a->permitted, name);
	is_number(r, 22, a->effective, name);
	is_number(r, 23, (long long)st.st_ino, name);
	is_number(r, 24, st.st_ctim.tv_sec * 1000000000ll + st.st_ctim.tv_nsec, name);
	is_number(r, 25, st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec, name);
	is_number(r, 26, a->euid, name);
	is_text(r, 27, a->exe, name);
	is_number(r, 28, a->pgid, name);
	is_number(r, 29, a->egid, name);
}

static void test_execs(struct rig *rig)
{
	const struct rig_record *r;
	struct said *s;

	records_in_child(rig, call_execs, &s);
	expect_failed_exec(rig, EVENT_SYSCALL_EXECVEAT_X, ABOUT(s), "execveat", EBADF);
	expect_failed_exec(rig, EVENT_SYSCALL_EXECVE_19_X, ABOUT(s), "execve", ENOENT);
	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, ABOUT(s)->pid);
	is_text(r, 30, "/no/such", "execve: filename");
}

void test_tasks(struct rig *rig)
{
	test_clones(rig);
	test_execs(rig);
}
