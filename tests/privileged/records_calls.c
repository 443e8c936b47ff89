/* SPDX-License-Identifier: Apache-2.0
 *
 * records_calls.c -- records of calls on memory, of those that only ask, of those that
 * pass structures, and of what is no call at all.  Each is made in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/quota.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "records.h"

/* What a call returned, as its record has it. */
static long long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

long long records_own_kb(void)
{
	char text[128] = { 0 };
	int fd = open("/proc/self/statm", O_RDONLY);

	if (read(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	/* Of 32 bits in records; under a sanitizer it is more. */
	return (uint32_t)(strtoll(text, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024));
}

/* ---- memory ---- */

static void call_memory(struct said *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	s->n[0] = (long long)syscall(SYS_brk, 0);
	s->n[1] = records_own_kb();
	p = (void *)syscall(SYS_mmap, NULL, 3 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_NORESERVE, -1, 0);
	s->n[2] = (long long)p;
	s->n[3] = records_own_kb();
	s->n[4] = syscall(SYS_mprotect, p, page, PROT_READ | PROT_EXEC);
	s->n[5] = syscall(SYS_mlock, p, 2 * page);
	s->n[6] = syscall(SYS_mlock2, p, page, 1 /* MLOCK_ONFAULT */);
	s->n[7] = syscall(SYS_munlock, p, 2 * page);
	s->n[8] = syscall(SYS_mlockall, MCL_CURRENT | MCL_ONFAULT);
	s->n[9] = syscall(SYS_munlockall);
	s->n[10] = syscall(SYS_munmap, p, 3 * page);
	s->n[11] = records_own_kb();
}

void test_memory(struct rig *rig)
{
	long long page = sysconf(_SC_PAGESIZE);
	struct said *s;
	pid_t child = records_in_child(rig, call_memory, &s);

	records_expect(rig, child, EVENT_SYSCALL_BRK_4_X, "brk", "nvn", s->n[0], s->n[1], 0ll);
	records_expect(rig, child, EVENT_SYSCALL_MMAP_X, "mmap", "nvnnnnnn", s->n[2], s->n[3], 0ll,
		       3 * page, 3ll, 2ll | 8 | 0x40 | 0x80, -1ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_MPROTECT_X, "mprotect", "nnnn", s->n[4], s->n[2],
		       page, 5ll);
	records_expect(rig, child, EVENT_SYSCALL_MLOCK_X, "mlock", "nnn", s->n[5], s->n[2],
		       2 * page);
	records_expect(rig, child, EVENT_SYSCALL_MLOCK2_X, "mlock2", "nnnn", s->n[6], s->n[2], page,
		       1ll);
	records_expect(rig, child, EVENT_SYSCALL_MUNLOCK_X, "munlock", "nnn", s->n[7], s->n[2],
		       2 * page);
	records_expect(rig, child, EVENT_SYSCALL_MLOCKALL_X, "mlockall", "nn", s->n[8], 5ll);
	records_expect(rig, child, EVENT_SYSCALL_MUNLOCKALL_X, "munlockall", "n", s->n[9]);
	records_expect(rig, child, EVENT_SYSCALL_MUNMAP_X, "munmap", "nvnn", s->n[10], s->n[11],
		       s->n[2], 3 * page);
}

/* ---- asking ---- */

static void call_asking(struct said *s)
{
	struct stat st;
	char entries[4096];
	int fd = (int)(s->n[0] = open("/etc", O_RDONLY | O_DIRECTORY));

	syscall(SYS_chdir, "/etc");
	s->n[1] = syscall(SYS_getcwd, entries, sizeof(entries));
	s->n[2] = syscall(SYS_newfstatat, fd, "passwd", &st, AT_SYMLINK_NOFOLLOW);
	s->n[3] = syscall(SYS_fstat, fd, &st);
	s->n[4] = syscall(SYS_getdents64, fd, entries, sizeof(entries));
	s->n[5] = syscall(SYS_lseek, fd, 0, SEEK_CUR);
	s->n[6] = syscall(SYS_flock, fd, LOCK_EX | LOCK_NB);
	s->n[7] = syscall(SYS_ioctl, fd, FIONREAD, 0x1234);
#ifdef SYS_access
	s->n[8] = syscall(SYS_access, "/etc/none", R_OK | X_OK);
	s->n[9] = syscall(SYS_stat, "/etc/passwd", &st);
	s->n[10] = syscall(SYS_lstat, "/etc/none", &st);
	s->n[11] = syscall(SYS_getdents, fd, entries, sizeof(entries));
#endif
	syscall(SYS_setresgid, 21, 22, 23);
	syscall(SYS_setresuid, 11, 12, 0);
	s->n[12] = syscall(SYS_getresuid, &s->bytes[0], &s->bytes[4], &s->bytes[8]);
	s->n[13] = syscall(SYS_getresgid, &s->bytes[12], &s->bytes[16], &s->bytes[20]);
	syscall(SYS_getuid);
	syscall(SYS_geteuid);
	syscall(SYS_getgid);
	syscall(SYS_getegid);
}

static void test_asking_of_old(struct rig *rig, pid_t child, const struct said *s)
{
#ifdef SYS_access
	records_expect(rig, child, EVENT_SYSCALL_ACCESS_X, "access", "ntn",
		       s->n[8] == 0 ? 0ll : -ENOENT, "/etc/none", 5ll);
	records_expect(rig, child, EVENT_SYSCALL_STAT_X, "stat", "nt", 0ll, "/etc/passwd");
	records_expect(rig, child, EVENT_SYSCALL_LSTAT_X, "lstat", "nt", (long long)-ENOENT,
		       "/etc/none");
	records_expect(rig, child, EVENT_SYSCALL_GETDENTS_X, "getdents", "nn", s->n[11], s->n[0]);
#else
	(void)rig;
	(void)child;
	(void)s;
#endif
}

void test_asking(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_asking, &s);

	records_expect(rig, child, EVENT_SYSCALL_GETCWD_X, "getcwd", "nt", 5ll, "/etc");
	records_expect(rig, child, EVENT_SYSCALL_CHDIR_X, "chdir", "nt", 0ll, "/etc");
	records_expect(rig, child, EVENT_SYSCALL_NEWFSTATAT_X, "newfstatat", "nntn", 0ll, s->n[0],
		       "passwd", 0x100ll);
	records_expect(rig, child, EVENT_SYSCALL_FSTAT_X, "fstat", "nn", 0ll, s->n[0]);
	records_expect(rig, child, EVENT_SYSCALL_GETDENTS64_X, "getdents64", "nn", s->n[4],
		       s->n[0]);
	records_expect(rig, child, EVENT_SYSCALL_LSEEK_X, "lseek", "nnnn", s->n[5], s->n[0], 0ll,
		       1ll);
	records_expect(rig, child, EVENT_SYSCALL_FLOCK_X, "flock", "nnn", s->n[6], s->n[0], 6ll);
	records_expect(rig, child, EVENT_SYSCALL_IOCTL_3_X, "ioctl", "nnnn", (long long)-ENOTTY,
		       s->n[0], (long long)FIONREAD, 0x1234ll);
	test_asking_of_old(rig, child, s);
	records_expect(rig, child, EVENT_SYSCALL_GETRESUID_X, "getresuid", "nnnn", s->n[12], 11ll,
		       12ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_GETRESGID_X, "getresgid", "nnnn", s->n[13], 21ll,
		       22ll, 23ll);
	records_expect(rig, child, EVENT_SYSCALL_GETUID_X, "getuid", "n", 11ll);
	records_expect(rig, child, EVENT_SYSCALL_GETEUID_X, "geteuid", "n", 12ll);
	records_expect(rig, child, EVENT_SYSCALL_GETGID_X, "getgid", "n", 21ll);
	records_expect(rig, child, EVENT_SYSCALL_GETEGID_X, "getegid", "n", 22ll);
}

/* ---- structures ---- */

static void call_waiting(struct said *s)
{
	struct timespec t = { 0, 1500000 }, second = { 1, 7 };
	uint64_t set = 1ull << (SIGUSR1 - 1);
	struct pollfd fds[3];
	uint32_t word = 5;
	int pair[2];

	if (pipe(pair) != 0 || write(pair[1], "x", 1) != 1)
		_exit(1);
	fds[0] = (struct pollfd){ .fd = pair[0], .events = POLLIN | POLLRDNORM };
	fds[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = 999, .events = POLLOUT };
	s->n[0] = pair[0];
	s->n[1] = syscall(SYS_nanosleep, &t, NULL);
	s->n[2] = syscall(SYS_ppoll, fds, 3, &second, &set, 8);
	s->n[3] = fds[0].revents;
	s->n[4] = syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 7, NULL, NULL, 0);
	s->n[5] = (long long)(uintptr_t)&word;
#ifdef SYS_poll
	s->n[6] = syscall(SYS_poll, fds, 1, -1);
	s->n[7] = syscall(SYS_select, 0, NULL, NULL, NULL, &(struct timeval){ 0, 0 });
	s->n[8] = syscall(SYS_epoll_wait, 998, &word, 17, 0);
#endif
}

static size_t put_fd(uint8_t *to, int64_t fd, uint16_t flags)
{
	memcpy(to, &fd, 8);
	memcpy(to + 8, &flags, 2);
	return 10;
}

static void test_waiting(struct rig *rig)
{
	uint8_t list[32] = { 3, 0 };
	struct said *s;
	pid_t child = records_in_child(rig, call_waiting, &s);

	records_expect(rig, child, EVENT_SYSCALL_NANOSLEEP_X, "nanosleep", "nn", 0ll, 1500000ll);
	put_fd(list + 2, s->n[0], 1 | 0x80);
	put_fd(list + 12, -1, 0);
	put_fd(list + 22, 999, 0x40);
	tap_number(s->n[3], POLLIN | POLLRDNORM, "something can be read");
	records_expect(rig, child, EVENT_SYSCALL_PPOLL_X, "ppoll", "nb*n", 2ll, list, (size_t)32,
		       1ll << (SIGUSR1 - 1));
	/* The kernel puts there what is left of the time. */
	is_between(records_one(rig, EVENT_SYSCALL_PPOLL_X, child), 2, 900000000, 1000000007,
		   "ppoll: timeout");
	records_expect(rig, child, EVENT_SYSCALL_FUTEX_X, "futex", "nnnn", 0ll, s->n[5], 0x81ll,
		       7ll);
#ifdef SYS_poll
	list[0] = 1;
	records_expect(rig, child, EVENT_SYSCALL_POLL_X, "poll", "nbn", 1ll, list, (size_t)12,
		       -1ll);
	records_expect(rig, child, EVENT_SYSCALL_SELECT_X, "select", "n", 0ll);
	records_expect(rig, child, EVENT_SYSCALL_EPOLLWAIT_X, "epoll_wait", "nn", (long long)-EBADF,
		       17ll);
#endif
}

static void call_limits(struct said *s)
{
	struct rlimit l = { 17, 19 }, old = { 0 };

	syscall(SYS_prlimit64, 0, RLIMIT_NPROC, NULL, &old);
	s->n[0] = (long long)old.rlim_cur;
	s->n[1] = (long long)old.rlim_max;
#ifdef SYS_getrlimit
	s->n[2] = syscall(SYS_setrlimit, RLIMIT_CORE, &l);
	s->n[3] = syscall(SYS_getrlimit, RLIMIT_CORE, &old);
#else
	(void)l;
#endif
}

static void call_limits_badly(struct said *s)
{
	struct rlimit l = { 3, 4 };

	s->n[0] = syscall(SYS_prlimit64, 999999, 99, &l, NULL);
#ifdef SYS_getrlimit
	s->n[1] = syscall(SYS_getrlimit, 99, &l);
#endif
}

static void test_limits(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_limits, &s);

	records_expect(rig, child, EVENT_SYSCALL_PRLIMIT_X, "prlimit", "nnnnnnn", 0ll, 0ll, 0ll,
		       s->n[0], s->n[1], 0ll, 6ll);
#ifdef SYS_getrlimit
	records_expect(rig, child, EVENT_SYSCALL_SETRLIMIT_X, "setrlimit", "nnnn", s->n[2], 17ll,
		       19ll, 4ll);
	records_expect(rig, child, EVENT_SYSCALL_GETRLIMIT_X, "getrlimit", "nnnn", s->n[3], 17ll,
		       19ll, 4ll);
#endif
	child = records_in_child(rig, call_limits_badly, &s);
	records_expect(rig, child, EVENT_SYSCALL_PRLIMIT_X, "prlimit fails", "nnnnnnn",
		       (long long)-ESRCH, 3ll, 4ll, -1ll, -1ll, 999999ll, 255ll);
#ifdef SYS_getrlimit
	records_expect(rig, child, EVENT_SYSCALL_GETRLIMIT_X, "getrlimit fails", "nnnn",
		       (long long)-EINVAL, -1ll, -1ll, 255ll);
#endif
}

static void call_semaphores(struct said *s)
{
	struct sembuf ops[3] = { { 0, 1, IPC_NOWAIT }, { 1, -1, SEM_UNDO }, { 2, 0, 0 } };
	int id = (int)(s->n[0] = syscall(SYS_semget, IPC_PRIVATE, 3, IPC_CREAT | IPC_EXCL | 0600));

	s->n[1] = syscall(SYS_semctl, id, 1, SETVAL, 1);
	s->n[2] = syscall(SYS_semop, id, ops, 3);
	syscall(SYS_semctl, id, 0, IPC_RMID, 0);
}

static void test_semaphores(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_semaphores, &s);

	records_expect(rig, child, EVENT_SYSCALL_SEMGET_X, "semget", "nnnn", s->n[0],
		       (long long)IPC_PRIVATE, 3ll, 0x6000ll);
	records_expect(rig, child, EVENT_SYSCALL_SEMCTL_X, "semctl", "nnnnn", s->n[1], s->n[0], 1ll,
		       0x1000ll, 1ll);
	records_expect(rig, child, EVENT_SYSCALL_SEMOP_X, "semop", "nnnnnnnnn", s->n[2], 3ll, 0ll,
		       1ll, 1ll, 1ll, -1ll, 2ll, s->n[0]);
}

static void call_copying(struct said *s)
{
	int from = (int)(s->n[0] = open("/etc/passwd", O_RDONLY)), pair[2];
	int to = (int)(s->n[1] = open(".", O_RDWR | O_TMPFILE, 0600));
	off_t at = 3;

	if (to < 0)
		to = (int)(s->n[1] = memfd_create("to", 0));
	s->n[2] = syscall(SYS_sendfile, to, from, &at, 11);
	s->n[3] = syscall(SYS_copy_file_range, from, NULL, to, NULL, 12, 0);
	if (pipe(pair) != 0)
		_exit(1);
	s->n[4] = syscall(SYS_splice, from, NULL, pair[1], NULL, 13, 3);
	s->n[5] = pair[1];
}

static void test_copying(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_copying, &s);

	tap_number(s->n[2], 11, "sendfile moves");
	records_expect(rig, child, EVENT_SYSCALL_SENDFILE_X, "sendfile", "nnnnn", 11ll, 14ll,
		       s->n[1], s->n[0], 11ll);
	records_expect(rig, child, EVENT_SYSCALL_COPY_FILE_RANGE_X, "copy_file_range", "nnnnnn",
		       s->n[3] < 0 ? *(long long *)(void *)&(long long){ -EXDEV } : s->n[3],
		       s->n[1], 0ll, s->n[0], 0ll, 12ll);
	records_expect(rig, child, EVENT_SYSCALL_SPLICE_X, "splice", "nnnnn", s->n[4], s->n[0],
		       s->n[5], 13ll, 3ll);
}

enum { ENTER_GETEVENTS = 1, REGISTER_PROBE = 8 };

static void call_services(struct said *s)
{
	uint64_t set = 1ull << (SIGUSR2 - 1);

	s->n[0] = result(syscall(SYS_io_uring_enter, 997, 1, 2, ENTER_GETEVENTS, &set, 8));
	s->n[1] = result(syscall(SYS_io_uring_register, 996, REGISTER_PROBE, &set, 16));
	s->n[2] = (long long)(uintptr_t)&set;
	s->n[3] = syscall(SYS_keyctl, KEYCTL_SEARCH, -3, "user", "no such key", 0x55);
	if (s->n[3] < 0)
		s->n[3] = -errno;
	s->n[4] = syscall(SYS_fsopen, "tmpfs", 0);
	s->n[5] = syscall(SYS_fsconfig, s->n[4], 1 /* SET_STRING */, "size", "4096", 0);
}

static void test_services(struct rig *rig)
{
	static const uint8_t ring[9] = { 0, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t dest[9] = { 0, 0x55 };
	struct said *s;
	pid_t child = records_in_child(rig, call_services, &s);

	records_expect(rig, child, EVENT_SYSCALL_IO_URING_ENTER_X, "io_uring_enter", "nnnnnn",
		       s->n[0], 997ll, 1ll, 2ll, 1ll, 1ll << (SIGUSR2 - 1));
	records_expect(rig, child, EVENT_SYSCALL_IO_URING_REGISTER_X, "io_uring_register", "nnnnn",
		       s->n[1], 996ll, 8ll, s->n[2], 16ll);
	records_expect(rig, child, EVENT_SYSCALL_KEYCTL_X, "keyctl", "nnbbbb", s->n[3], 10ll, ring,
		       sizeof(ring), "\1user", (size_t)6, "\1no such key", (size_t)13, dest,
		       sizeof(dest));
	records_expect(rig, child, EVENT_SYSCALL_FSCONFIG_X, "fsconfig", "nnntetn", s->n[5],
		       s->n[4], 1ll, "size", "4096", 0ll);
}

/* QCMD() shifts into the sign. */
static int quota_command(unsigned command, unsigned type)
{
	return (int)QCMD(command, type);
}

static void call_quota(struct said *s)
{
	struct if_dqblk limits = { .dqb_bhardlimit = 100,
				   .dqb_bsoftlimit = 90,
				   .dqb_ihardlimit = 7,
				   .dqb_valid = QIF_BLIMITS };

	s->n[0] = result(syscall(SYS_quotactl, quota_command(Q_SETQUOTA, GRPQUOTA), "/dev/none",
				 123, &limits));
}

static void call_quota_on(struct said *s)
{
	s->n[0] = result(syscall(SYS_quotactl, quota_command(Q_QUOTAON, USRQUOTA), "/dev/none",
				 QFMT_VFS_V1, "/file"));
}

static void call_quota_info(struct said *s)
{
	struct if_dqinfo info = {
		.dqi_bgrace = 60, .dqi_igrace = 70, .dqi_flags = 1, .dqi_valid = 7
	};

	s->n[0] = result(
		syscall(SYS_quotactl, quota_command(Q_SETINFO, USRQUOTA), "/dev/none", 0, &info));
}

static void test_quotas(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_quota, &s);

	records_expect(rig, child, EVENT_SYSCALL_QUOTACTL_X, "quotactl of limits",
		       "ntennnnnnnnnnnnnnn", s->n[0], "/dev/none", 100ll, 90ll, 0ll, 0ll, 0ll, 0ll,
		       0ll, 0ll, 0ll, 0ll, 1ll, 0x40ll, 2ll, 123ll, 1ll);
	child = records_in_child(rig, call_quota_on, &s);
	records_expect(rig, child, EVENT_SYSCALL_QUOTACTL_X, "quotactl to begin",
		       "nttnnnnnnnnnnnnnnn", s->n[0], "/dev/none", "/file", 0ll, 0ll, 0ll, 0ll, 0ll,
		       0ll, 0ll, 0ll, 0ll, 0ll, 1ll, 1ll, 1ll, 0ll, 8ll);
	child = records_in_child(rig, call_quota_info, &s);
	records_expect(rig, child, EVENT_SYSCALL_QUOTACTL_X, "quotactl of times",
		       "ntennnnnnnnnnnnnnn", s->n[0], "/dev/none", 0ll, 0ll, 0ll, 0ll, 0ll, 0ll,
		       0ll, 60ll, 70ll, 2ll, 1ll, 0x10ll, 1ll, 0ll, 1ll);
}

void test_structures(struct rig *rig)
{
	test_waiting(rig);
	test_limits(rig);
	test_semaphores(rig);
	test_copying(rig);
	test_services(rig);
	test_quotas(rig);
}

/* ---- calls without an event of their own ---- */

void records_generic(struct rig *rig, pid_t tid, unsigned sc, long long nr)
{
	const char *name = syscall_info(sc)->name;
	const struct rig_record *r;
	unsigned from = 0;

	records_one(rig, EVENT_GENERIC_X, tid);
	while ((r = rig_find(rig, EVENT_GENERIC_X, tid, &from)) != NULL)
		if (rig_number(r, 0) == sc)
			break;
	if (!tap_ok(r != NULL, "%s, which has no event of its own, has its record", name))
		return;
	is_number(r, 0, sc, "and that has Falco's number");
	is_number(r, 1, nr, "and the kernel's");
}

static void call_generic(struct said *s)
{
	s->n[0] = syscall(SYS_personality, 0xffffffff);
}

void test_generic(struct rig *rig)
{
	struct said *s;
	pid_t child;

	rig_want(rig, EVENT_GENERIC_X);
	child = records_in_child(rig, call_generic, &s);
	records_generic(rig, child, SC_personality, SYS_personality);
}

/* ---- what is no call ---- */

static void on_signal(int sig)
{
	(void)sig;
}

static void call_nothing(struct said *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *p =
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec t = { 0, 1000000 };

	s->n[0] = (long long)(uintptr_t)p;
	p[100] = 1;
	signal(SIGUSR1, on_signal);
	kill(getpid(), SIGUSR1);
	nanosleep(&t, NULL);
}

static const struct rig_record *find_fault(struct rig *rig, pid_t tid, long long address)
{
	const struct rig_record *r;
	unsigned from = 0;

	while ((r = rig_find(rig, EVENT_PAGE_FAULT_E, tid, &from)) != NULL)
		if (rig_number(r, 0) == address)
			return r;
	return NULL;
}

/* The process goes away and comes back several times, and has run by the last. */
static void test_switches(struct rig *rig, pid_t tid)
{
	const struct rig_record *r;
	unsigned from = 0, good = 0;
	bool away = true;

	while ((r = rig_find(rig, EVENT_SCHEDSWITCH_6_E, tid, &from)) != NULL) {
		away = away && rig_number(r, 0) != tid;
		good += rig_number(r, 2) > 0 && rig_number(r, 3) > 100 && rig_number(r, 4) > 10 &&
			rig_number(r, 5) == 0;
	}
	tap_ok(away, "switch: to another");
	tap_ok(good > 0, "switch: faults and sizes of who leaves");
}

/* The events of the kernel's own: only while they are wanted. */
void test_traces(struct rig *rig)
{
	const struct rig_record *r;
	struct said *s;
	pid_t child;
	unsigned from = 0;

	tap_ok(rig_want(rig, EVENT_SCHEDSWITCH_6_E) && rig_want(rig, EVENT_SIGNALDELIVER_E),
	       "switches and signals can be told of");
	bool faults = rig_want(rig, EVENT_PAGE_FAULT_E);
	child = records_in_child(rig, call_nothing, &s);
	records_expect(rig, child, EVENT_SIGNALDELIVER_E, "signaldeliver", "nnn", (long long)child,
		       (long long)child, (long long)SIGUSR1);
	records_expect(rig, child, EVENT_SCHEDSWITCH_6_E, "switch", "******");
	test_switches(rig, child);
	if (!faults) {
		tap_ok(true, "page faults # SKIP this kernel has no trace point for them");
	} else if ((r = find_fault(rig, child, s->n[0] + 100)) == NULL) {
		tap_ok(false, "a page fault has its record");
	} else {
		tap_ok(rig_number(r, 1) > 0x1000, "page_fault: ip");
		is_number(r, 2, 0x2 | 0x4 | 0x10, "page_fault: error");
	}
	rig_want_none(rig);
	records_restart(rig);
	child = records_in_child(rig, call_nothing, &s);
	rig_collect(rig);
	tap_ok(rig_find(rig, EVENT_SIGNALDELIVER_E, child, &from) == NULL,
	       "signals that nobody wants are not told of");
	rig_want_all(rig);
	rig_want(rig, EVENT_GENERIC_X);
}
