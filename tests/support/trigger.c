/* SPDX-License-Identifier: Apache-2.0
 *
 * trigger.c -- does one suspicious thing for real, so that a rule can be seen to
 * fire (or, for the near misses, not to).  A plain program, called by tests/rules
 * and others: trigger ACTION [ARG] [ARG...].  What comes after an action's own
 * arguments is ignored: tests put their mark there, to find it in proc.cmdline.
 *
 * Everything it touches is its caller's, or is put back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "trigger: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int must(int result, const char *what)
{
	if (result == -1)
		die(what);
	return result;
}

static void open_with(const char *path, int flags)
{
	int fd = must(open(path, flags | O_CLOEXEC, 0600), path);

	close(fd);
}

static void do_read(char **arg)
{
	char buf[16];
	int fd = must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]);

	if (read(fd, buf, sizeof(buf)) == -1)
		die(arg[0]);
	close(fd);
}

static void do_write(char **arg)
{
	open_with(arg[0], O_WRONLY | O_CREAT);
}

static void do_append(char **arg)
{
	open_with(arg[0], O_WRONLY | O_CREAT | O_APPEND);
}

static void do_truncate(char **arg)
{
	open_with(arg[0], O_WRONLY | O_CREAT | O_TRUNC);
}

static void do_unlink(char **arg)
{
	must(unlink(arg[0]), arg[0]);
}

static void do_chmod(char **arg)
{
	must(chmod(arg[0], (mode_t)strtoul(arg[1], NULL, 8)), arg[0]);
}

static void do_symlink(char **arg)
{
	must(symlink(arg[0], arg[1]), arg[1]);
}

/* Attach to a child of our own, or be traced ourselves (the near miss). */
static void do_ptrace(char **arg)
{
	pid_t child = must(fork(), "fork");

	if (child == 0) {
		if (strcmp(arg[0], "traceme") == 0)
			must((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL), "traceme");
		pause();
		_exit(0);
	}
	if (strcmp(arg[0], "attach") == 0) {
		must((int)ptrace(PTRACE_ATTACH, child, NULL, NULL), "attach");
		must(waitpid(child, NULL, __WALL), "waitpid");
	} else {
		usleep(20000);
	}
	kill(child, SIGKILL);
	while (waitpid(child, NULL, __WALL) == -1 && errno == EINTR)
		;
}

static void do_setns(char **arg)
{
	int fd = must(open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), "/proc/self/ns/uts");

	if (strcmp(arg[0], "enter") == 0)
		must(setns(fd, CLONE_NEWUTS), "setns");
	close(fd);
}

static void do_mount(char **arg)
{
	must(unshare(CLONE_NEWNS), "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	must(mount("none", arg[0], "tmpfs", 0, NULL), arg[0]);
	must(umount(arg[0]), arg[0]);
}

/* A memfd with a real program in it; run it, or let it be (the near miss). */
static void do_memfd(char **arg)
{
	char name[] = "true", *argv[] = { name, arg[1], NULL }, *envp[] = { NULL };
	int from = must(open("/bin/true", O_RDONLY | O_CLOEXEC), "/bin/true");
	int fd = must((int)syscall(SYS_memfd_create, "trigger", MFD_CLOEXEC), "memfd_create");
	struct stat st;

	must(fstat(from, &st), "fstat");
	if (sendfile(fd, from, NULL, (size_t)st.st_size) != st.st_size)
		die("sendfile");
	if (strcmp(arg[0], "run") == 0)
		must(fexecve(fd, argv, envp), "fexecve");
}

/* The kernel refuses these bytes: nothing is loaded. */
static void do_module(char **arg)
{
	(void)arg;
	if (syscall(SYS_init_module, "not a module", 12ul, "") == 0)
		die("the kernel took a module that is none");
}

static int connection(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(connect(fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	return fd;
}

static void do_connect(char **arg)
{
	close(connection(arg[0]));
}

/* Put a connection in the place of stdin (or of descriptor 9, the near miss). */
static void do_redirect(char **arg)
{
	must(dup2(connection(arg[0]), atoi(arg[1])), "dup2");
}

/* Listen on loopback, print the port, serve until stdin ends (at most a minute). */
static void do_listen(char **arg)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"), peer;

	(void)arg;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(fd, (struct sockaddr *)&at, sizeof(at)), "bind");
	must(listen(fd, 16), "listen");
	must(getsockname(fd, (struct sockaddr *)&at, &len), "getsockname");
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	alarm(300);
	while ((peer = accept(fd, NULL, NULL)) != -1)
		close(peer);
}

static void run_and_wait(char **argv)
{
	pid_t child = must(fork(), "fork");

	if (child == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		;
}

/* run PROGRAM ARGS...: as a child. */
static void do_run(char **arg)
{
	run_and_wait(arg);
}

/* in-cgroup DIR PROGRAM ARGS...: from inside the cgroup whose directory DIR is. */
static void do_in_cgroup(char **arg)
{
	char path[4096], pid[32];
	int fd, n;

	snprintf(path, sizeof(path), "%s/cgroup.procs", arg[0]);
	fd = must(open(path, O_WRONLY | O_CLOEXEC), path);
	n = snprintf(pid, sizeof(pid), "%d", getpid());
	if (write(fd, pid, (size_t)n) != n)
		die(path);
	close(fd);
	execv(arg[1], arg + 1);
	die(arg[1]);
}

/* Descriptor of DECOY, which is closed, and then the number is that of REAL, which comes through a
 * socket: no call that makes a descriptor says so. */
static int handed(const char *decoy, const char *real)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int pair[2], fd = must(open(real, O_RDONLY | O_CLOEXEC), real), got;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	must((int)sendmsg(pair[0], &m, 0), "sendmsg");
	fd = must(open(decoy, O_RDONLY | O_CLOEXEC), decoy);
	close(fd);
	must((int)recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC), "recvmsg");
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
	if (got != fd)
		die("the number is another");
	return got;
}

/* handed DECOY REAL: a file. */
static void do_handed(char **arg)
{
	must(fchmod(handed(arg[0], arg[1]), 0600), "fchmod");
}

/* handed-dir DECOY REAL NAME: a directory, and a file in it. */
static void do_handed_dir(char **arg)
{
	close(must(openat(handed(arg[0], arg[1]), arg[2], O_RDONLY | O_CLOEXEC), arg[2]));
}

/* many FILE N: open and close, so many times. */
static void do_many(char **arg)
{
	for (long n = strtol(arg[1], NULL, 10); n > 0; n--)
		open_with(arg[0], O_RDONLY);
}

/* call NAME N: a system call without arguments, so many times. */
static void do_call(char **arg)
{
	struct sysinfo info;

	for (long n = strtol(arg[1], NULL, 10); n > 0; n--) {
		if (strcmp(arg[0], "sysinfo") == 0)
			must(sysinfo(&info), arg[0]);
		else if (strcmp(arg[0], "getppid") == 0)
			syscall(SYS_getppid);
		else
			die(arg[0]);
	}
}

/* On each processor in turn: open and close a file N times, then change the directory N / 4 times, which
 * is an event that state is made of. */
static void do_flood(char **arg)
{
	unsigned long n = strtoul(arg[1], NULL, 10);
	cpu_set_t all, one;

	must(sched_getaffinity(0, sizeof(all), &all), "sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		must(sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
		for (unsigned long i = 0; i < n; i++)
			open_with(arg[0], O_RDONLY);
		for (unsigned long i = 0; i < n / 4; i++)
			must(chdir("/"), "/");
	}
}

/* For some seconds: open and close a file as fast as can be; say how often. */
static void do_flood_for(char **arg)
{
	double seconds = strtod(arg[1], NULL);
	struct timespec begin, now;
	unsigned long n = 0;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		for (unsigned i = 0; i < 1000; i++, n++)
			open_with(arg[0], O_RDONLY);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9 <
		 seconds);
	printf("%lu\n", n);
}

/* Go to a directory and open a file there; say so at a fifo; read another one byte by byte, and at its end use
 * the file. */
static void do_unseen(char **arg)
{
	int fd, again;
	char c;

	must(chdir(arg[0]), arg[0]);
	fd = must(open("unseen", O_RDWR | O_CREAT, 0600), "unseen");
	close(must(open(arg[2], O_WRONLY), arg[2]));
	again = must(open(arg[1], O_RDONLY), arg[1]);
	while (must((int)read(again, &c, 1), arg[1]) > 0)
		;
	must(fchmod(fd, 0640), "unseen");
	close(must(open("later", O_RDWR | O_CREAT, 0600), "later"));
}

/* Execute a program with FILE as its output, and as an input that is closed by that. */
static void do_exec_with(char **arg)
{
	int fd = must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]);

	must(dup2(fd, 1), "dup2");
	must(dup3(fd, 0, O_CLOEXEC), "dup3");
	execl("/proc/self/exe", "trigger", "lock-output", arg[1], (char *)NULL);
	must(-1, "/proc/self/exe");
}

static void do_lock_output(char **arg)
{
	(void)arg;
	must(flock(1, LOCK_SH), "flock");
}

static const struct action {
	const char *name;
	int args;
	void (*act)(char **arg);
} actions[] = {
	{ "read", 1, do_read },
	{ "write", 1, do_write },
	{ "append", 1, do_append },
	{ "truncate", 1, do_truncate },
	{ "unlink", 1, do_unlink },
	{ "chmod", 2, do_chmod },
	{ "symlink", 2, do_symlink },
	{ "ptrace", 1, do_ptrace },
	{ "setns", 1, do_setns },
	{ "mount", 1, do_mount },
	{ "memfd", 2, do_memfd },
	{ "module", 0, do_module },
	{ "connect", 1, do_connect },
	{ "redirect", 2, do_redirect },
	{ "listen", 0, do_listen },
	{ "run", 1, do_run },
	{ "in-cgroup", 2, do_in_cgroup },
	{ "handed", 2, do_handed },
	{ "handed-dir", 3, do_handed_dir },
	{ "many", 2, do_many },
	{ "call", 2, do_call },
	{ "flood", 2, do_flood },
	{ "flood-for", 2, do_flood_for },
	{ "unseen", 3, do_unseen },
	{ "exec-with", 2, do_exec_with },
	{ "lock-output", 1, do_lock_output },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[1], actions[i].name) == 0 && argc - 2 >= actions[i].args) {
			actions[i].act(argv + 2);
			return 0;
		}
	}
	fprintf(stderr, "usage: trigger ACTION [ARG...]\n");
	return 2;
}
