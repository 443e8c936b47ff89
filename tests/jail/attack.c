/* SPDX-License-Identifier: Apache-2.0
 *
 * attack.c -- see attack.h.  $MEWS_NEIGHBOUR is the number of a process of another user, $MEWS_PORT a TCP
 * port of the host's loopback at which somebody listens.
 */
#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "stage.h"

struct attack {
	const char *name;
	long (*run)(const struct stage *st); /* -1 and errno: refused */
};

static pid_t neighbour(void)
{
	const char *text = getenv("MEWS_NEIGHBOUR");

	return text == NULL ? 1 : (pid_t)strtol(text, NULL, 10);
}

/* ---- files ---- */

static long done(int fd)
{
	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

static long read_shadow(const struct stage *st)
{
	(void)st;
	return done(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
}

static long read_rules(const struct stage *st)
{
	(void)st;
	return done(open(getenv("MEWS_RULES"), O_RDONLY | O_CLOEXEC));
}

/* Where everybody may. */
static long write_file(const struct stage *st)
{
	(void)st;
	return done(open("/tmp/mews-attack", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static long write_into_run_dir(const struct stage *st)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/attack", st->run_dir);
	return done(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static long link_program(const struct stage *st)
{
	(void)st;
	return symlink("/bin/sh", "/tmp/mews-attack-link");
}

static long read_environment(const struct stage *st)
{
	char path[64];

	(void)st;
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)neighbour());
	return done(open(path, O_RDONLY | O_CLOEXEC));
}

static long write_memory_by_proc(const struct stage *st)
{
	char path[64];

	(void)st;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)neighbour());
	return done(open(path, O_RDWR | O_CLOEXEC));
}

static long change_own_memory_by_proc(const struct stage *st)
{
	(void)st;
	return done(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
}

static long change_kernel_settings(const struct stage *st)
{
	(void)st;
	return done(open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC));
}

/* ---- network ---- */

static long reach(int family, int type, const struct sockaddr *to, socklen_t n)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (connect(fd, to, n) == -1) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return done(fd);
}

static struct sockaddr_in loopback(void)
{
	const char *port = getenv("MEWS_PORT");

	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)strtoul(port == NULL ? "1" : port,
									 NULL, 10)),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static long connect_tcp(const struct stage *st)
{
	struct sockaddr_in to = loopback();

	(void)st;
	return reach(AF_INET, SOCK_STREAM, (struct sockaddr *)&to, sizeof(to));
}

static long send_udp(const struct stage *st)
{
	struct sockaddr_in to = loopback();

	(void)st;
	return reach(AF_INET, SOCK_DGRAM, (struct sockaddr *)&to, sizeof(to));
}

static long open_raw_socket(const struct stage *st)
{
	(void)st;
	return done(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static long open_vsock(const struct stage *st)
{
	(void)st;
	return done(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* ---- memory that is code ---- */

static long map_code(const struct stage *st)
{
	(void)st;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED
		       ? -1
		       : 0;
}

static long make_code(const struct stage *st)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)st;
	return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long change_code(const struct stage *st)
{
	uintptr_t page = (uintptr_t)(void *)change_code & ~(uintptr_t)4095;

	(void)st;
	return mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* ---- processes ---- */

static long start_process(const struct stage *st)
{
	pid_t pid;

	(void)st;
	pid = fork();
	if (pid == 0)
		_exit(0);
	return pid == -1 ? -1 : 0;
}

static long kill_neighbour(const struct stage *st)
{
	(void)st;
	return kill(neighbour(), SIGKILL);
}

static long stop_neighbour_by_pidfd(const struct stage *st)
{
	(void)st;
	return done((int)syscall(SYS_pidfd_open, neighbour(), 0));
}

static long be_dumpable(const struct stage *st)
{
	(void)st;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long raise_limit(const struct stage *st)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };

	(void)st;
	return setrlimit(RLIMIT_CORE, &core);
}

static long make_bpf_map(const struct stage *st)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	(void)st;
	return done((int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static long load_bpf_program(const struct stage *st)
{
	static const struct bpf_insn code[] = { { .code = 0xb7 }, { .code = 0x95 } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insns = (uintptr_t)code,
				.insn_cnt = 2,
				.license = (uintptr_t) "GPL" };

	(void)st;
	return done((int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static long read_kernel_log(const struct stage *st)
{
	(void)st;
	return syscall(SYS_syslog, 3, NULL, 0) == -1 ? -1 : 0;
}

/* Whose flags no filter can look at. */
static long make_namespace_by_clone3(const struct stage *st)
{
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_NEWPID, .exit_signal = SIGCHLD };
	long pid;

	(void)st;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	return pid;
}

static const struct attack attacks[] = {
	{ "read-shadow", read_shadow },
	{ "read-rules", read_rules },
	{ "write-file", write_file },
	{ "write-into-run-dir", write_into_run_dir },
	{ "link-program", link_program },
	{ "read-environment", read_environment },
	{ "write-memory-by-proc", write_memory_by_proc },
	{ "change-own-memory-by-proc", change_own_memory_by_proc },
	{ "change-kernel-settings", change_kernel_settings },
	{ "connect-tcp", connect_tcp },
	{ "send-udp", send_udp },
	{ "open-raw-socket", open_raw_socket },
	{ "open-vsock", open_vsock },
	{ "map-code", map_code },
	{ "make-code", make_code },
	{ "change-code", change_code },
	{ "start-process", start_process },
	{ "namespace-by-clone3", make_namespace_by_clone3 },
	{ "kill-neighbour", kill_neighbour },
	{ "signal-by-pidfd", stop_neighbour_by_pidfd },
	{ "be-dumpable", be_dumpable },
	{ "raise-limit", raise_limit },
	{ "make-bpf-map", make_bpf_map },
	{ "load-bpf-program", load_bpf_program },
	{ "read-kernel-log", read_kernel_log },
};

/* ---- what ends the process ---- */

static long exec_shell(const struct stage *st)
{
	static char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"true", NULL };

	(void)st;
	return execve("/bin/sh", argv, NULL);
}

static long trace_neighbour(const struct stage *st)
{
	(void)st;
	return ptrace(PTRACE_ATTACH, neighbour(), NULL, NULL);
}

static long read_neighbour(const struct stage *st)
{
	char byte;
	struct iovec mine = { &byte, 1 }, others = { (void *)st, 1 };

	return process_vm_readv(neighbour(), &mine, 1, &others, 1, 0);
}

static long make_user_namespace(const struct stage *st)
{
	(void)st;
	return unshare(CLONE_NEWUSER);
}

static long mount_something(const struct stage *st)
{
	(void)st;
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long be_root(const struct stage *st)
{
	(void)st;
	return setuid(0);
}

static long load_module(const struct stage *st)
{
	(void)st;
	return syscall(SYS_finit_module, 0, "", 0);
}

static long use_io_uring(const struct stage *st)
{
	(void)st;
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long change_root(const struct stage *st)
{
	(void)st;
	return chroot("/tmp");
}

static const struct attack deadly[] = {
	{ "exec", exec_shell },
	{ "ptrace", trace_neighbour },
	{ "read-memory", read_neighbour },
	{ "user-namespace", make_user_namespace },
	{ "mount", mount_something },
	{ "setuid", be_root },
	{ "load-module", load_module },
	{ "io-uring", use_io_uring },
	{ "chroot", change_root },
};

static void run(const struct attack *a, const struct stage *st)
{
	long r;

	errno = 0;
	r = a->run(st);
	fprintf(stderr, "attack %s %s\n", a->name, r != -1 ? "done" : strerrorname_np(errno));
}

void attack_from_inside(struct stage *st)
{
	const char *which = getenv("MEWS_ATTACK");

	if (which == NULL)
		return;
	for (unsigned i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (strcmp(which, "all") == 0)
			run(&attacks[i], st);
	for (unsigned i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (strcmp(which, deadly[i].name) == 0)
			run(&deadly[i], st);
	_exit(0);
}
