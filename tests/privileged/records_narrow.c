/* SPDX-License-Identifier: Apache-2.0
 *
 * records_narrow.c -- records of 32-bit calls: int 0x80 from this 64-bit program, with all
 * that it points at below 4 GB; and of x32's numbers, which a kernel without x32
 * refuses, but not unseen.  On arm64 those of a 32-bit ARM program.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"

#if defined(__x86_64__)

/* A 32-bit call with up to six arguments; what it returns, which is negative if it fails. */
static long int80(long nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f)
{
	register long sixth __asm__("r12") = f;
	long ret;

	__asm__ volatile("xchg %%r12, %%rbp\n\t"
			 "int $0x80\n\t"
			 "xchg %%r12, %%rbp"
			 : "=a"(ret), "+r"(sixth)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return (int)ret;
}

#define CALL32_(nr, a, b, c, d, e, f, ...)                                                         \
	int80(nr, (uint32_t)(uintptr_t)(a), (uint32_t)(uintptr_t)(b), (uint32_t)(uintptr_t)(c),    \
	      (uint32_t)(uintptr_t)(d), (uint32_t)(uintptr_t)(e), (uint32_t)(uintptr_t)(f))
#define CALL32(nr, ...) CALL32_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* What 32-bit calls point at. */
struct low {
	char text[8][64];
	uint8_t bytes[512];
	uint32_t words[64];
};

static struct low *low;

static uint32_t at(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static char *low_text(unsigned i, const char *text)
{
	return strcpy(low->text[i], text);
}

/* ---- files ---- */

static void call_files(struct said *s)
{
	char *passwd = low_text(0, "/etc/passwd"), *none = low_text(1, "/none/such");
	int fd = (int)(s->n[0] = CALL32(5, passwd, O_RDONLY | O_CLOEXEC)); /* open */

	s->n[1] = CALL32(195, passwd, low->bytes);	       /* stat64 */
	s->n[2] = CALL32(196, none, low->bytes);	       /* lstat64 */
	s->n[3] = CALL32(197, fd, low->bytes);		       /* fstat64 */
	s->n[4] = CALL32(140, fd, 1, 2, low->bytes, SEEK_SET); /* _llseek */
	s->n[5] = CALL32(180, fd, low->bytes, 4, 3, 1);	       /* pread64 at 1 << 32 | 3 */
	low->words[0] = at(low->bytes);
	low->words[1] = 2;
	low->words[2] = at(low->bytes + 2);
	low->words[3] = 3;
	CALL32(140, fd, 0, 0, low->bytes + 100, SEEK_SET);
	s->n[6] = CALL32(145, fd, low->words, 2); /* readv */
	memcpy(s->bytes, low->bytes, 5);
	s->n[7] = CALL32(142, 0, 0, 0, 0, memset(low->bytes, 0, 8)); /* _newselect */
	s->n[8] = CALL32(22, none);				     /* umount */
	s->n[9] = CALL32(33, passwd, R_OK);			     /* access */
	s->n[10] = CALL32(221, fd, F_GETFD);			     /* fcntl64 */
	low->words[0] = 7;
	low->words[1] = 0xffffffff;			/* not of the offset */
	s->n[11] = CALL32(187, 990, fd, low->words, 5); /* sendfile */
	low->words[1] = 1;
	s->n[12] = CALL32(6, fd);		 /* close */
	s->n[13] = CALL32(212, none, 70000, -1); /* chown32 */
}

static void test_files32(struct rig *rig)
{
	const struct rig_record *r;
	struct said *s;
	pid_t child = records_in_child(rig, call_files, &s);

	records_expect(rig, child, EVENT_SYSCALL_OPEN_X, "ia32 open", "ntnn**", s->n[0],
		       "/etc/passwd", 0x1001ll, 0ll);
	r = records_one(rig, EVENT_SYSCALL_OPEN_X, child);
	tap_ok(r->head.flags & RECORD_COMPAT32, "ia32 open: marked as a 32-bit call");
	tap_text(r->path, "/etc/passwd", "ia32 open: its path");
	records_expect(rig, child, EVENT_SYSCALL_STAT64_X, "stat64", "nt", 0ll, "/etc/passwd");
	records_expect(rig, child, EVENT_SYSCALL_LSTAT64_X, "lstat64", "nt", (long long)-ENOENT,
		       "/none/such");
	records_expect(rig, child, EVENT_SYSCALL_FSTAT64_X, "fstat64", "n", 0ll);
	records_expect(rig, child, EVENT_SYSCALL_LLSEEK_X, "_llseek", "nnnn", s->n[4], s->n[0],
		       1ll << 32 | 2, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_PREAD_X, "ia32 pread", "nennn", s->n[5], s->n[0],
		       4ll, 1ll << 32 | 3);
	tap_number(s->n[6], 5, "ia32 readv reads");
	records_expect(rig, child, EVENT_SYSCALL_READV_X, "ia32 readv", "nnbn", 5ll, 5ll, s->bytes,
		       (size_t)5, s->n[0]);
	records_expect(rig, child, EVENT_SYSCALL_SELECT_X, "_newselect", "n", 0ll);
	records_expect(rig, child, EVENT_SYSCALL_UMOUNT_1_X, "umount", "nt", s->n[8], "/none/such");
	records_expect(rig, child, EVENT_SYSCALL_ACCESS_X, "ia32 access", "ntn", 0ll, "/etc/passwd",
		       4ll);
	records_expect(rig, child, EVENT_SYSCALL_FCNTL_X, "fcntl64", "nnnn", 1ll, s->n[0], 2ll,
		       0ll);
	records_expect(rig, child, EVENT_SYSCALL_SENDFILE_X, "ia32 sendfile", "nnnnn",
		       (long long)-EBADF, 7ll, 990ll, s->n[0], 5ll);
	records_expect(rig, child, EVENT_SYSCALL_CLOSE_X, "ia32 close", "nn", 0ll, s->n[0]);
	records_expect(rig, child, EVENT_SYSCALL_CHOWN_X, "chown32", "ntnn", s->n[13], "/none/such",
		       70000ll, 0xffffffffll);
}

/* ---- memory, times, limits, ids ---- */

static void call_others(struct said *s)
{
	const uint32_t map[6] = { 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };
	struct pollfd *fds = (void *)low->bytes;

	memcpy(low->words, map, sizeof(map));
	s->n[0] = CALL32(90, low->words);					      /* mmap */
	s->n[1] = CALL32(192, 0, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 3); /* mmap2 */
	s->n[13] = records_own_kb();
	s->n[2] = CALL32(91, s->n[1], 8192); /* munmap */
	low->words[0] = 0;
	low->words[1] = 1000001;
	s->n[3] = CALL32(162, low->words, 0); /* nanosleep */
	fds[0] = (struct pollfd){ .fd = 991, .events = POLLIN };
	s->n[4] = CALL32(168, fds, 1, 0); /* poll */
	low->words[0] = 1;
	low->words[1] = 5;
	s->n[5] = CALL32(309, fds, 1, low->words, 0, 8); /* ppoll */
	low->words[0] = 5;
	low->words[1] = 0xffffffff;
	s->n[6] = CALL32(75, 4, low->words);				   /* setrlimit */
	s->n[7] = CALL32(191, 4, low->words);				   /* ugetrlimit */
	s->n[8] = CALL32(208, 70001, 70002, 0);				   /* setresuid32 */
	s->n[9] = CALL32(209, low->words, low->words + 1, low->words + 2); /* getresuid32 */
	CALL32(199);							   /* getuid32 */
	s->n[10] = CALL32(70, 0xffff, 0); /* setreuid: of 16 bits, and the first is left as it is */
	s->n[11] = CALL32(116, 16);	  /* sysinfo */
	s->n[12] = CALL32(34, 0);	  /* nice */
}

static void test_others32(struct rig *rig)
{
	uint8_t list[12] = { 1, 0 };
	struct said *s;
	pid_t child = records_in_child(rig, call_others, &s);

	memcpy(list + 2, &(int64_t){ 991 }, 8);
	memcpy(list + 10, &(uint16_t){ 0x40 }, 2);
	records_expect(rig, child, EVENT_SYSCALL_MMAP_X, "ia32 mmap of old", "n***nnnnnn",
		       s->n[0] & 0xffffffff, 0ll, 4096ll, 1ll, 0xall, -1ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_MMAP2_X, "mmap2", "nvnnnnnn", s->n[1] & 0xffffffff,
		       s->n[13], 0ll, 8192ll, 1ll, 9ll, -1ll, 3ll);
	records_expect(rig, child, EVENT_SYSCALL_MUNMAP_X, "ia32 munmap", "n***nn", 0ll,
		       s->n[1] & 0xffffffff, 8192ll);
	records_expect(rig, child, EVENT_SYSCALL_NANOSLEEP_X, "ia32 nanosleep", "nn", 0ll,
		       1000001ll);
	records_expect(rig, child, EVENT_SYSCALL_POLL_X, "ia32 poll", "nbn", 1ll, list,
		       sizeof(list), 0ll);
	records_expect(rig, child, EVENT_SYSCALL_PPOLL_X, "ia32 ppoll", "nb*n", 1ll, list,
		       sizeof(list), 0ll);
	is_between(records_one(rig, EVENT_SYSCALL_PPOLL_X, child), 2, 900000000, 1000000005,
		   "ia32 ppoll: timeout");
	records_expect(rig, child, EVENT_SYSCALL_SETRLIMIT_X, "ia32 setrlimit", "nnnn", s->n[6],
		       5ll, -1ll, 4ll);
	records_expect(rig, child, EVENT_SYSCALL_GETRLIMIT_X, "ugetrlimit", "nnnn", 0ll, 5ll, -1ll,
		       4ll);
	records_expect(rig, child, EVENT_SYSCALL_SETRESUID_X, "setresuid32", "nnnn", 0ll, 70001ll,
		       70002ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_GETRESUID_X, "getresuid32", "nnnn", 0ll, 70001ll,
		       70002ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_GETUID_X, "getuid32", "n", 70001ll);
	records_expect(rig, child, EVENT_SYSCALL_SETREUID_X, "setreuid of 16 bits", "nnn", s->n[10],
		       0xffffffffll, 0ll);
	records_generic(rig, child, SC_sysinfo, SYS_sysinfo);
	records_generic(rig, child, SC_nice, 34); /* no other ABI has one */
}

/* ---- sockets, the old way ---- */

enum { SOCKETCALL32 = 102 };

static long socketcall(int call, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e,
		       uint32_t f)
{
	const uint32_t args[6] = { a, b, c, d, e, f };

	memcpy(low->words, args, sizeof(args));
	return CALL32(SOCKETCALL32, call, low->words);
}

/* A message of two buffers, with what a 32-bit program thinks a header is. */
static uint32_t low_message(uint8_t *one, uint32_t n, uint8_t *two, uint32_t m)
{
	const uint32_t iov[4] = { at(one), n, at(two), m };
	const uint32_t header[7] = { 0, 0, at(low->words + 16), 2, 0, 0, 0 };

	memcpy(low->words + 16, iov, sizeof(iov));
	memcpy(low->words + 32, header, sizeof(header));
	return at(low->words + 32);
}

static void call_sockets(struct said *s)
{
	const char address[] = { AF_UNIX, 0, '/', 'n', 'o', 0 };
	int *pair = (int *)(low->words + 48);

	s->n[0] = socketcall(1, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);
	memcpy(low->bytes, address, sizeof(address));
	s->n[1] = socketcall(3, (uint32_t)s->n[0], at(low->bytes), sizeof(address), 0, 0, 0);
	s->n[2] = socketcall(8, AF_UNIX, SOCK_DGRAM, 0, at(pair), 0, 0);
	s->n[3] = pair[0];
	s->n[4] = pair[1];
	memcpy(low->bytes, "hello, world", 12);
	s->n[5] = socketcall(9, (uint32_t)pair[0], at(low->bytes), 5, 0, 0, 0);	       /* send */
	s->n[6] = socketcall(10, (uint32_t)pair[1], at(low->bytes + 64), 32, 0, 0, 0); /* recv */
	s->n[7] = socketcall(16, (uint32_t)pair[0], low_message(low->bytes, 5, low->bytes + 7, 5),
			     0, 0, 0, 0);
	s->n[8] = socketcall(17, (uint32_t)pair[1],
			     low_message(low->bytes + 64, 3, low->bytes + 128, 32), 0, 0, 0, 0);
	low->words[30] = 1;
	s->n[9] =
		CALL32(366, pair[0], SOL_SOCKET, SO_REUSEADDR, low->words + 30, 4); /* setsockopt */
	low_message(low->bytes, 2, low->bytes + 2, 1);
	s->n[10] = CALL32(345, pair[0], low->words + 32, 1, 0); /* sendmmsg */
}

static void test_sockets32(struct rig *rig)
{
	const struct rig_record *r;
	uint8_t tuple[18];
	struct said *s;
	pid_t child = records_in_child(rig, call_sockets, &s);

	r = records_one(rig, EVENT_SOCKET_SOCKETPAIR_X, child);
	records_pair_tuple(r, tuple);
	records_expect(rig, child, EVENT_SOCKET_SOCKET_X, "socketcall socket", "nnnnn", s->n[0],
		       (long long)AF_UNIX, (long long)(SOCK_STREAM | SOCK_CLOEXEC), 0ll, 0x1000ll);
	records_expect(rig, child, EVENT_SOCKET_CONNECT_X, "socketcall connect", "nenb",
		       (long long)-ENOENT, s->n[0], "\1/no", (size_t)5);
	records_expect(rig, child, EVENT_SOCKET_SOCKETPAIR_X, "socketcall socketpair", "nnn**nnn",
		       0ll, s->n[3], s->n[4], 1ll, 2ll, 0ll);
	records_expect(rig, child, EVENT_SOCKET_SEND_X, "send", "ntnnb", 5ll, "hello", s->n[3], 5ll,
		       tuple, sizeof(tuple));
	records_expect(rig, child, EVENT_SOCKET_RECV_X, "recv", "ntnnb", 5ll, "hello", s->n[4],
		       32ll, tuple, sizeof(tuple));
	records_expect(rig, child, EVENT_SOCKET_SENDMSG_X, "socketcall sendmsg", "ntnn*", 10ll,
		       "helloworld", s->n[3], 10ll);
	records_expect(rig, child, EVENT_SOCKET_RECVMSG_X, "socketcall recvmsg", "nnt*en", 10ll,
		       10ll, "helloworld", s->n[4]);
	records_expect(rig, child, EVENT_SOCKET_SETSOCKOPT_X, "ia32 setsockopt", "nnnnbn", s->n[9],
		       s->n[3], 1ll, 2ll, "\2\1\0\0", (size_t)5, 4ll);
	records_expect(rig, child, EVENT_SOCKET_SENDMMSG_X, "ia32 sendmmsg", "nnnt*", 3ll, s->n[3],
		       3ll, "hel");
}

/* ---- processes ---- */

static void low_args(void)
{
	low->words[0] = at(low_text(1, "arg0"));
	low->words[1] = at(low_text(2, "arg one"));
	low->words[2] = 0;
	low->words[3] = at(low_text(3, "A=B"));
	low->words[4] = 0;
}

static void call_processes(struct said *s)
{
	int status;
	long pid;

	low_args();
	CALL32(11, low_text(0, "/none/such"), low->words, low->words + 3); /* execve */
	pid = CALL32(2);						   /* fork */
	if (pid == 0)
		_exit(0);
	s->n[0] = pid;
	waitpid((pid_t)pid, &status, 0);
}

/* A 64-bit program, by a 32-bit call. */
static void call_execve(struct said *s)
{
	(void)s;
	low_args();
	CALL32(11, low_text(0, "/bin/true"), low->words, low->words + 3);
	_exit(1);
}

static void test_processes32(struct rig *rig)
{
	const struct rig_record *r;
	struct said *s;
	pid_t child = records_in_child(rig, call_processes, &s);

	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, child);
	is_number(r, 0, -ENOENT, "ia32 execve fails: res");
	is_text(r, 1, "arg0", "ia32 execve fails: exe");
	is_bytes(r, 2, "arg one", 8, "ia32 execve fails: args");
	is_bytes(r, 15, "A=B", 4, "ia32 execve fails: env");
	is_text(r, 30, "/none/such", "ia32 execve fails: filename");
	r = records_one(rig, EVENT_SYSCALL_FORK_20_X, child);
	is_number(r, 0, s->n[0], "ia32 fork: parent");
	r = records_one(rig, EVENT_SYSCALL_FORK_20_X, (pid_t)s->n[0]);
	is_number(r, 0, 0, "ia32 fork: child");
	child = records_in_child(rig, call_execve, &s);
	r = records_one(rig, EVENT_SYSCALL_EXECVE_19_X, child);
	is_number(r, 0, 0, "ia32 execve: res");
	is_bytes(r, 2, "arg one", 8, "ia32 execve: args");
	is_text(r, 30, "/bin/true", "ia32 execve: filename");
}

/* The same numbers mean other calls. */
void test_narrow(struct rig *rig)
{
	pid_t child;
	int status;

	low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	child = fork();
	if (child == 0)
		_exit(CALL32(20) == getpid() ? 0 : 1);
	waitpid(child, &status, 0);
	if (status != 0 || low == MAP_FAILED) {
		tap_ok(true, "32-bit calls # SKIP there are none here");
		return;
	}
	test_files32(rig);
	test_others32(rig);
	test_sockets32(rig);
	test_processes32(rig);
	munmap(low, sizeof(*low));
}

/* ---- x32 ---- */

enum { X32 = 0x40000000, X32_READV = 515 };

static void call_x32(struct said *s)
{
	char name[] = "/etc/hostname"; /* in memory that is there, for the kernel may not look */

	s->n[0] = syscall(X32 + SYS_open, name, O_RDONLY | O_CLOEXEC);
	if (s->n[0] < 0)
		s->n[0] = -errno;
	s->n[1] = syscall(X32 + SYS_kill, 999999, SIGUSR1);
	if (s->n[1] < 0)
		s->n[1] = -errno;
	s->n[2] = syscall(X32 + X32_READV, 992, NULL, 0);
	if (s->n[2] < 0)
		s->n[2] = -errno;
}

void test_x32(struct rig *rig)
{
	const struct rig_record *r;
	struct said *s;
	pid_t child = records_in_child(rig, call_x32, &s);

	records_expect(rig, child, EVENT_SYSCALL_OPEN_X, "x32 open", "ntnn**", s->n[0],
		       "/etc/hostname", 0x1001ll, 0ll);
	r = records_one(rig, EVENT_SYSCALL_OPEN_X, child);
	tap_ok(r->head.flags & RECORD_COMPAT32, "x32 open: marked as a call of a 32-bit program");
	records_expect(rig, child, EVENT_SYSCALL_KILL_X, "x32 kill", "nnn", s->n[1], 999999ll,
		       (long long)SIGUSR1);
	records_expect(rig, child, EVENT_SYSCALL_READV_X, "x32 readv, which has its own number",
		       "nnen", s->n[2], 0ll, 992ll);
}

#else

/* narrow_arm.c makes the calls; it lies beside this program if there is a compiler for it. */
static bool run_helper(struct rig *rig, pid_t *ret_child, int *said, size_t size)
{
	char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	int pair[2], status;

	if (n < 0 || pipe(pair) != 0)
		return false;
	path[n] = 0;
	strcpy(strrchr(path, '/') + 1, "narrow_arm");
	records_restart(rig);
	*ret_child = fork();
	if (*ret_child == 0) {
		dup2(pair[1], 3);
		execl(path, "narrow_arm", NULL);
		_exit(99);
	}
	waitpid(*ret_child, &status, 0);
	close(pair[1]);
	n = read(pair[0], said, size);
	close(pair[0]);
	return status == 0 && n == (ssize_t)size;
}

static void expect_files(struct rig *rig, pid_t child, const int *said)
{
	const struct rig_record *r = records_one(rig, EVENT_SYSCALL_OPEN_X, child);

	tap_ok(r->head.flags & RECORD_COMPAT32, "arm open: marked as a 32-bit call");
	records_expect(rig, child, EVENT_SYSCALL_OPEN_X, "arm open", "ntnn**", (long long)said[0],
		       "/etc/passwd", 0x1001ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_STAT64_X, "arm stat64", "nt", 0ll, "/etc/passwd");
	records_expect(rig, child, EVENT_SYSCALL_LLSEEK_X, "arm _llseek", "nnnn", 0ll,
		       (long long)said[0], 1ll << 32 | 2, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_PREAD_X, "arm pread", "nennn", 0ll,
		       (long long)said[0], 4ll, 1ll << 32 | 3);
	records_expect(rig, child, EVENT_SYSCALL_READV_X, "arm readv", "nn*n", 5ll, 5ll,
		       (long long)said[0]);
	records_expect(rig, child, EVENT_SYSCALL_CLOSE_X, "arm close", "nn", 0ll,
		       (long long)said[0]);
}

static void expect_others(struct rig *rig, pid_t child, const int *said)
{
	const struct rig_record *r;
	unsigned from = 0;

	records_expect(rig, child, EVENT_SYSCALL_MMAP2_X, "arm mmap2", "n***nnnnnn",
		       said[6] & 0xffffffffll, 0ll, 8192ll, 1ll, 0xall, -1ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_NANOSLEEP_X, "arm nanosleep", "nn", 0ll,
		       1000001ll);
	records_expect(rig, child, EVENT_SYSCALL_SETRESUID_X, "arm setresuid32", "nnnn", 0ll,
		       70001ll, 70002ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_GETUID_X, "arm getuid32", "n", 70001ll);
	records_expect(rig, child, EVENT_SOCKET_SEND_X, "arm send", "ntnn*", 4ll, "/etc",
		       (long long)said[12], 4ll);
	records_generic(rig, child, SC_sysinfo, SYS_sysinfo);
	while ((r = rig_find(rig, EVENT_SYSCALL_EXECVE_19_X, child, &from)) != NULL)
		if (rig_number(r, 0) == -ENOENT)
			break;
	if (!tap_ok(r != NULL, "an arm execve that fails has its record"))
		return;
	is_text(r, 1, "arg0", "arm execve: exe");
	is_bytes(r, 2, "arg one", 8, "arm execve: args");
	is_text(r, 30, "/none/such", "arm execve: filename");
}

void test_narrow(struct rig *rig)
{
	int said[32];
	pid_t child;

	if (!run_helper(rig, &child, said, sizeof(said))) {
		tap_ok(true,
		       "32-bit calls # SKIP no program that makes them, or no such calls here");
		return;
	}
	expect_files(rig, child, said);
	expect_others(rig, child, said);
}

void test_x32(struct rig *rig)
{
	(void)rig;
}

#endif
