/* SPDX-License-Identifier: Apache-2.0
 *
 * records_made.c -- records of calls that make descriptors, names and processes, in
 * all their old and new forms.  Each is made in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
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

/* ---- descriptors ---- */

static void call_making(struct said *s)
{
	struct io_uring_params p = { .flags = IORING_SETUP_CLAMP, .sq_thread_cpu = 3 };
	uint64_t set = 1ull << (SIGUSR1 - 1);

	s->n[0] = result(syscall(SYS_eventfd2, 5, EFD_NONBLOCK));
	s->n[1] = result(syscall(SYS_epoll_create1, EPOLL_CLOEXEC));
	s->n[2] = result(syscall(SYS_timerfd_create, CLOCK_BOOTTIME, 0));
	s->n[3] = result(syscall(SYS_inotify_init1, IN_NONBLOCK | IN_CLOEXEC));
	s->n[4] = result(syscall(SYS_signalfd4, -1, &set, 8, O_CLOEXEC));
	s->n[5] = result(syscall(SYS_userfaultfd, O_CLOEXEC | 1));
	s->n[6] = result(syscall(SYS_pidfd_open, getpid(), 0));
	s->n[7] = result(syscall(SYS_pidfd_getfd, s->n[6], 0, 0));
	s->n[8] = result(syscall(SYS_memfd_create, "secret", 3));
	s->n[9] = result(syscall(SYS_io_uring_setup, 4, &p));
	memcpy(s->bytes, &p, sizeof(p));
#ifdef SYS_eventfd
	s->n[10] = result(syscall(SYS_eventfd, 6));
	s->n[11] = result(syscall(SYS_epoll_create, 7));
	s->n[12] = result(syscall(SYS_inotify_init));
	s->n[13] = result(syscall(SYS_signalfd, -1, &set, 8));
	s->n[14] = result(syscall(SYS_pipe, s->bytes + 2048));
	s->n[15] = (long long)records_ino(*(int *)(void *)(s->bytes + 2048));
#endif
}

static void test_making_of_old(struct rig *rig, pid_t child, const struct said *s)
{
#ifdef SYS_eventfd
	int pair[2];

	memcpy(pair, s->bytes + 2048, sizeof(pair));
	records_expect(rig, child, EVENT_SYSCALL_EVENTFD_X, "eventfd", "nnn", s->n[10], 6ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_EPOLL_CREATE_X, "epoll_create", "nn", s->n[11],
		       7ll);
	records_expect(rig, child, EVENT_SYSCALL_INOTIFY_INIT_X, "inotify_init", "nn", s->n[12],
		       0ll);
	records_expect(rig, child, EVENT_SYSCALL_SIGNALFD_X, "signalfd", "nnnn", s->n[13], -1ll,
		       0ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_PIPE_X, "pipe", "nnnn", s->n[14],
		       (long long)pair[0], (long long)pair[1], s->n[15]);
#else
	(void)rig;
	(void)child;
	(void)s;
#endif
}

void test_making(struct rig *rig)
{
	struct io_uring_params p;
	struct said *s;
	pid_t child = records_in_child(rig, call_making, &s);

	memcpy(&p, s->bytes, sizeof(p));
	records_expect(rig, child, EVENT_SYSCALL_EVENTFD2_X, "eventfd2", "nnn", s->n[0], 0x40ll,
		       5ll);
	records_expect(rig, child, EVENT_SYSCALL_EPOLL_CREATE1_X, "epoll_create1", "nn", s->n[1],
		       1ll);
	records_expect(rig, child, EVENT_SYSCALL_TIMERFD_CREATE_X, "timerfd_create", "nnn", s->n[2],
		       (long long)CLOCK_BOOTTIME, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_INOTIFY_INIT1_X, "inotify_init1", "nn", s->n[3],
		       0x1040ll);
	records_expect(rig, child, EVENT_SYSCALL_SIGNALFD4_X, "signalfd4", "nnnn", s->n[4],
		       0x1000ll, -1ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_USERFAULTFD_X, "userfaultfd", "nn", s->n[5],
		       0x1000ll | 2);
	records_expect(rig, child, EVENT_SYSCALL_PIDFD_OPEN_X, "pidfd_open", "nnn", s->n[6],
		       (long long)child, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_PIDFD_GETFD_X, "pidfd_getfd", "nnnn", s->n[7],
		       s->n[6], 0ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_MEMFD_CREATE_X, "memfd_create", "ntn", s->n[8],
		       "secret", 3ll);
	records_expect(rig, child, EVENT_SYSCALL_IO_URING_SETUP_X, "io_uring_setup", "nnnnnnnn",
		       s->n[9], 4ll, (long long)p.sq_entries, (long long)p.cq_entries, 0x20ll, 3ll,
		       0ll, (long long)(p.features & 0x7ff));
	test_making_of_old(rig, child, s);
}

/* ---- names ---- */

static void call_renaming(struct said *s)
{
	struct {
		struct file_handle head;
		uint8_t room[128];
	} handle = { .head = { .handle_bytes = sizeof(handle.room) } };
	int at = (int)(s->n[0] = open(records_dir(), O_RDONLY | O_DIRECTORY)), mount_id, fd;

	s->n[1] = result(syscall(SYS_mkdirat, at, "dir", 0750));
	s->n[2] = result(syscall(SYS_mknodat, at, "fifo", S_IFIFO | 0600, makedev(1, 3)));
#ifdef SYS_renameat
	s->n[3] = result(syscall(SYS_renameat, at, "fifo", at, "queue"));
#else
	s->n[3] = result(syscall(SYS_renameat2, at, "fifo", at, "queue", 0));
#endif
	s->n[4] = result(syscall(SYS_fchownat, at, "queue", 5, 6, AT_SYMLINK_NOFOLLOW));
	s->n[5] = result(syscall(SYS_fchmodat, at, "queue", 0640));
	fd = openat(at, "queue", O_RDWR);
	s->n[6] = result(syscall(SYS_fchown, fd, -1, 7));
	s->n[7] = fd;
	s->n[8] = name_to_handle_at(at, "queue", &handle.head, &mount_id, 0);
	s->n[9] = result(syscall(SYS_open_by_handle_at, at, &handle, O_RDONLY | O_NONBLOCK));
	s->n[15] = (long long)records_dev((int)s->n[9]);
	s->n[16] = (long long)records_ino((int)s->n[9]);
	s->n[17] = result(syscall(SYS_fchmod, fd, 0604));
	s->n[18] = result(syscall(SYS_fchdir, at));
	s->n[10] = result(syscall(SYS_linkat, at, "queue", at, "twin", AT_SYMLINK_FOLLOW));
	s->n[11] = result(syscall(SYS_symlinkat, "queue", at, "soft"));
	s->n[12] = result(syscall(SYS_renameat2, at, "soft", at, "softer", 1));
	syscall(SYS_unlinkat, at, "queue", 0);
	unlinkat(at, "twin", 0);
	unlinkat(at, "softer", 0);
	s->n[13] = result(
		syscall(SYS_mount, "dev", "/none/such", "ext4", 0xc0ed0000ul | MS_RDONLY, 0));
	unlinkat(at, "dir", AT_REMOVEDIR);
	s->n[14] = result(syscall(SYS_chroot, records_dir()));
}

#ifdef SYS_mkdir
static void call_renaming_of_old(struct said *s)
{
	if (chdir(records_dir()) != 0)
		_exit(1);
	s->n[0] = result(syscall(SYS_mkdir, "d", 0711));
	s->n[1] = result(syscall(SYS_chmod, "d", 0700));
	s->n[2] = result(syscall(SYS_mknod, "p", S_IFIFO | 0600, 0));
	s->n[3] = result(syscall(SYS_link, "p", "q"));
	s->n[4] = result(syscall(SYS_symlink, "p", "l"));
	s->n[5] = result(syscall(SYS_lchown, "l", 8, 9));
	s->n[6] = result(syscall(SYS_chown, "p", 10, -1));
	s->n[7] = result(syscall(SYS_rename, "q", "r"));
	s->n[8] = result(syscall(SYS_unlink, "r"));
	s->n[9] = result(syscall(SYS_rmdir, "d"));
	unlinkat(AT_FDCWD, "p", 0);
	unlinkat(AT_FDCWD, "l", 0);
}
#endif

static void test_renaming_of_old(struct rig *rig)
{
#ifdef SYS_mkdir
	struct said *s;
	pid_t child = records_in_child(rig, call_renaming_of_old, &s);

	records_expect(rig, child, EVENT_SYSCALL_MKDIR_2_X, "mkdir", "ntn", 0ll, "d", 0711ll);
	records_expect(rig, child, EVENT_SYSCALL_CHMOD_X, "chmod", "ntn", 0ll, "d", 0700ll);
	records_expect(rig, child, EVENT_SYSCALL_MKNOD_X, "mknod", "ntnn", 0ll, "p",
		       (long long)(S_IFIFO | 0600), 0ll);
	records_expect(rig, child, EVENT_SYSCALL_LINK_2_X, "link", "ntt", 0ll, "p", "q");
	records_expect(rig, child, EVENT_SYSCALL_SYMLINK_X, "symlink", "ntt", 0ll, "p", "l");
	records_expect(rig, child, EVENT_SYSCALL_LCHOWN_X, "lchown", "ntnn", 0ll, "l", 8ll, 9ll);
	records_expect(rig, child, EVENT_SYSCALL_CHOWN_X, "chown", "ntnn", 0ll, "p", 10ll,
		       0xffffffffll);
	records_expect(rig, child, EVENT_SYSCALL_RENAME_X, "rename", "ntt", 0ll, "q", "r");
	records_expect(rig, child, EVENT_SYSCALL_UNLINK_2_X, "unlink", "nt", 0ll, "r");
	records_expect(rig, child, EVENT_SYSCALL_RMDIR_2_X, "rmdir", "nt", 0ll, "d");
#else
	(void)rig;
#endif
}

void test_renaming(struct rig *rig)
{
	char queue[256];
	struct said *s;
	pid_t child = records_in_child(rig, call_renaming, &s);
	const struct rig_record *r;
	long long at = s->n[0];

	snprintf(queue, sizeof(queue), "%s/queue", records_dir());
	records_expect(rig, child, EVENT_SYSCALL_MKDIRAT_X, "mkdirat", "nntn", 0ll, at, "dir",
		       0750ll);
	records_expect(rig, child, EVENT_SYSCALL_MKNODAT_X, "mknodat", "nntnn", 0ll, at, "fifo",
		       (long long)(S_IFIFO | 0600), (long long)makedev(1, 3));
#ifdef SYS_renameat
	records_expect(rig, child, EVENT_SYSCALL_RENAMEAT_X, "renameat", "nntnt", 0ll, at, "fifo",
		       at, "queue");
#endif
	records_expect(rig, child, EVENT_SYSCALL_FCHOWNAT_X, "fchownat", "nntnnn", 0ll, at, "queue",
		       5ll, 6ll, 0x400ll);
	records_expect(rig, child, EVENT_SYSCALL_FCHMODAT_X, "fchmodat", "nntn", 0ll, at, "queue",
		       0640ll);
	records_expect(rig, child, EVENT_SYSCALL_FCHOWN_X, "fchown", "nnnn", 0ll, s->n[7],
		       0xffffffffll, 7ll);
	records_expect(rig, child, EVENT_SYSCALL_FCHMOD_X, "fchmod", "nnn", 0ll, s->n[7], 0604ll);
	records_expect(rig, child, EVENT_SYSCALL_FCHDIR_X, "fchdir", "nn", 0ll, at);
	if (s->n[8] == 0) {
		records_expect(rig, child, EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X, "open_by_handle_at",
			       "nnntnn", s->n[9], at, 0x41ll, queue, s->n[15], s->n[16]);
	} else {
		r = records_one(rig, EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X, child);
		tap_ok(rig_number(r, 0) < 0,
		       "open_by_handle_at # SKIP no handles on this file system");
	}
	records_expect(rig, child, EVENT_SYSCALL_LINKAT_2_X, "linkat", "nntntn", 0ll, at, "queue",
		       at, "twin", 0x400ll);
	records_expect(rig, child, EVENT_SYSCALL_SYMLINKAT_X, "symlinkat", "ntnt", 0ll, "queue", at,
		       "soft");
	records_expect(rig, child, EVENT_SYSCALL_RENAMEAT2_X, "renameat2", "nntntn", s->n[12], at,
		       "soft", at, "softer", 1ll);
	records_expect(rig, child, EVENT_SYSCALL_UNLINKAT_2_X, "unlinkat", "nntn", 0ll, at, "queue",
		       0ll);
	records_expect(rig, child, EVENT_SYSCALL_MOUNT_X, "mount", "ntttn", s->n[13], "dev",
		       "/none/such", "ext4", 1ll);
	records_expect(rig, child, EVENT_SYSCALL_CHROOT_X, "chroot", "nt", s->n[14], records_dir());
	test_renaming_of_old(rig);
}

/* ---- data and others ---- */

static void call_others(struct said *s)
{
	char one[] = "first", two[] = "second", into[16];
	struct iovec v[2] = { { one, 5 }, { two, 6 } }, local = { into, 4 }, remote = { one, 4 };
	struct clone_args args = { .flags = CLONE_FS | CLONE_FILES, .exit_signal = SIGCHLD };
	int fd = (int)(s->n[0] = memfd_create("data", 0)), status;
	pid_t pid;

	s->n[1] = result(syscall(SYS_pwrite64, fd, "hello", 5, 7));
	s->n[2] = result(syscall(SYS_pwritev, fd, v, 2, 20, 0));
	s->n[3] = result(syscall(SYS_preadv, fd, v, 2, 5, 0));
	s->n[4] = result(syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0));
	memcpy(s->bytes, into, 4);
	s->n[5] = result(syscall(SYS_process_vm_writev, getpid(), &local, 1, &remote, 1, 0));
	s->n[6] = result(syscall(SYS_tkill, syscall(SYS_gettid), 0));
	s->n[7] = result(syscall(SYS_kill, getpid(), 0));
	s->n[8] = result(syscall(SYS_setpgid, 0, 0));
	s->n[9] = result(syscall(SYS_delete_module, "no_such", O_NONBLOCK));
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	s->n[10] = pid;
	waitpid(pid, &status, 0);
	pid = vfork();
	if (pid == 0)
		_exit(0);
	s->n[11] = pid;
	waitpid(pid, &status, 0);
	s->n[12] = result(syscall(SYS_setregid, 33, -1));
	s->n[13] = result(syscall(SYS_setgid, 34));
	s->n[15] = result(syscall(SYS_pread64, fd, into, 5, 7));
	s->n[17] = result(syscall(SYS_lseek, fd, 40, SEEK_SET));
	memcpy(s->bytes + 128, one, 5);
	memcpy(s->bytes + 133, two, 6);
	s->n[18] = result(syscall(SYS_writev, fd, v, 2));
	syscall(SYS_lseek, fd, 40, SEEK_SET);
	s->n[19] = result(syscall(SYS_read, fd, into, 6));
	s->n[16] = result(syscall(SYS_setreuid, 35, -1));
	s->n[14] = result(syscall(SYS_seccomp, 2 /* GET_ACTION_AVAIL */, 0, s->bytes + 64));
}

static void test_clones(struct rig *rig, pid_t child, const struct said *s)
{
	const struct rig_record *r = records_one(rig, EVENT_SYSCALL_CLONE3_X, child);

	is_number(r, 0, s->n[10], "clone3: res");
	is_number(r, 15, 3, "clone3: flags are Falco's");
	r = records_one(rig, EVENT_SYSCALL_CLONE3_X, (pid_t)s->n[10]);
	is_number(r, 0, 0, "clone3: res in the child");
	is_number(r, 5, child, "clone3: ptid in the child");
#ifdef SYS_vfork
	r = records_one(rig, EVENT_SYSCALL_VFORK_20_X, child);
	is_number(r, 0, s->n[11], "vfork: res");
	r = records_one(rig, EVENT_SYSCALL_VFORK_20_X, (pid_t)s->n[11]);
	is_number(r, 15, 1 << 27 | 1 << 15, "vfork: flags");
#endif
}

void test_others(struct rig *rig)
{
	struct said *s;
	pid_t child = records_in_child(rig, call_others, &s);

	records_expect(rig, child, EVENT_SYSCALL_PWRITE_X, "pwrite", "ntnnn", 5ll, "hello", s->n[0],
		       5ll, 7ll);
	records_expect(rig, child, EVENT_SYSCALL_PWRITEV_X, "pwritev", "ntnnn", 11ll, "firstsecond",
		       s->n[0], 11ll, 20ll);
	records_expect(rig, child, EVENT_SYSCALL_PREADV_X, "preadv", "nnbnn", 11ll, 11ll,
		       "\0\0hello\0\0\0", (size_t)11, s->n[0], 5ll);
	records_expect(rig, child, EVENT_SYSCALL_PROCESS_VM_READV_X, "process_vm_readv", "nnb", 4ll,
		       (long long)child, s->bytes, (size_t)4);
	records_expect(rig, child, EVENT_SYSCALL_PROCESS_VM_WRITEV_X, "process_vm_writev", "nnb",
		       4ll, (long long)child, s->bytes, (size_t)4);
	records_expect(rig, child, EVENT_SYSCALL_TKILL_X, "tkill", "nnn", 0ll, (long long)child,
		       0ll);
	records_expect(rig, child, EVENT_SYSCALL_KILL_X, "kill", "nnn", 0ll, (long long)child, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_SETPGID_X, "setpgid", "nnn", 0ll, 0ll, 0ll);
	records_expect(rig, child, EVENT_SYSCALL_DELETE_MODULE_X, "delete_module", "ntn", s->n[9],
		       "no_such", 2ll);
	test_clones(rig, child, s);
	records_expect(rig, child, EVENT_SYSCALL_SETREGID_X, "setregid", "nnn", s->n[12], 33ll,
		       0xffffffffll);
	records_expect(rig, child, EVENT_SYSCALL_PREAD_X, "pread", "ntnnn", 5ll, "hello", s->n[0],
		       5ll, 7ll);
	records_expect(rig, child, EVENT_SYSCALL_WRITEV_X, "writev", "nbnn", 11ll, s->bytes + 128,
		       (size_t)11, s->n[0], 11ll);
	records_expect(rig, child, EVENT_SYSCALL_READ_X, "read", "nbnn", 6ll, s->bytes + 128,
		       (size_t)6, s->n[0], 6ll);
	records_expect(rig, child, EVENT_SYSCALL_SETREUID_X, "setreuid", "nnn", s->n[16], 35ll,
		       0xffffffffll);
	records_expect(rig, child, EVENT_SYSCALL_SETGID_X, "setgid", "nn", s->n[13], 34ll);
	records_expect(rig, child, EVENT_SYSCALL_SECCOMP_X, "seccomp", "nnn", s->n[14], 2ll, 0ll);
}
