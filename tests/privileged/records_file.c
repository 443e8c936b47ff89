/* SPDX-License-Identifier: Apache-2.0
 *
 * records_file.c -- records of files: opened, copied, named, read and written.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"

/* Falco's bits: common/flag.def, table file_flags. */
enum {
	F_RDONLY = 1,
	F_WRONLY = 2,
	F_RDWR = 3,
	F_CREAT = 4,
	F_EXCL = 0x20,
	F_NONBLOCK = 0x40,
	F_TRUNC = 0x100,
	F_DIRECTORY = 0x400,
	F_CLOEXEC = 0x1000,
	F_TMPFILE = 0x2000,
	F_CREATED = 0x4000,
};

/* The calls that newer architectures have not. */
static void test_old_open(struct rig *rig, const char *path)
{
#ifdef SYS_open
	const struct rig_record *r;
	int fd;

	records_restart(rig);
	fd = syscall(SYS_open, path, O_WRONLY | O_TRUNC | O_NONBLOCK, 0);
	r = records_one(rig, EVENT_SYSCALL_OPEN_X, getpid());
	is_text(r, 1, path, "open: name");
	is_number(r, 2, F_WRONLY | F_TRUNC | F_NONBLOCK, "open: flags");
	is_number(r, 4, records_dev(fd), "open: dev");
	is_number(r, 5, records_ino(fd), "open: ino");
	is_file(r, fd, path, "open: path");
	close(fd);

	records_restart(rig);
	fd = syscall(SYS_creat, path, 0600);
	r = records_one(rig, EVENT_SYSCALL_CREAT_X, getpid());
	is_number(r, 0, fd, "creat: fd");
	is_text(r, 1, path, "creat: name");
	is_number(r, 2, 0600, "creat: mode");
	is_number(r, 3, records_dev(fd), "creat: dev");
	is_number(r, 4, records_ino(fd), "creat: ino");
	is_number(r, 5, 0, "creat: no layer");
	close(fd);
#else
	(void)rig;
	(void)path;
#endif
}

static void test_open(struct rig *rig)
{
	const struct rig_record *r;
	char path[256];
	int fd, at;

	snprintf(path, sizeof(path), "%s/new", records_dir());
	records_restart(rig);
	fd = openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
	is_number(r, 0, fd, "openat: fd");
	is_number(r, 1, -100, "openat: dirfd");
	is_text(r, 2, path, "openat: name");
	is_number(r, 3, F_RDWR | F_CREAT | F_EXCL | F_CLOEXEC | F_CREATED, "openat: flags");
	is_number(r, 4, 0640, "openat: mode");
	is_number(r, 5, records_dev(fd), "openat: dev");
	is_number(r, 6, records_ino(fd), "openat: ino");
	is_file(r, fd, path, "openat: path");
	close(fd);

	at = open(records_dir(), O_RDONLY | O_DIRECTORY);
	records_restart(rig);
	fd = openat(at, "new", O_RDONLY, 0777);
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
	is_number(r, 1, at, "openat in a directory: dirfd");
	is_text(r, 2, "new", "openat in a directory: name as given");
	is_number(r, 3, F_RDONLY, "openat in a directory: not made anew");
	is_number(r, 4, 0, "openat without O_CREAT has no mode");
	is_file(r, fd, path, "openat in a directory: whole path");
	is_more_file(r, 0, at, records_dir(), "openat in a directory");
	close(fd);
	close(at);

	records_restart(rig);
	fd = openat(AT_FDCWD, records_dir(), O_WRONLY | O_TMPFILE, 0600);
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
	if (fd >= 0)
		is_number(r, 3, F_WRONLY | F_DIRECTORY | F_TMPFILE | (rig_number(r, 3) & F_CREATED),
			  "openat O_TMPFILE: flags");
	close(fd);

	test_old_open(rig, path);
	unlink(path);
}

static void test_openat2(struct rig *rig)
{
	struct open_how how = { .flags = O_RDONLY,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	const struct rig_record *r;
	int at = open("/etc", O_PATH | O_DIRECTORY), fd;

	records_restart(rig);
	fd = syscall(SYS_openat2, at, "passwd", &how, sizeof(how));
	r = records_one(rig, EVENT_SYSCALL_OPENAT2_X, getpid());
	is_number(r, 0, fd, "openat2: fd");
	is_number(r, 1, at, "openat2: dirfd");
	is_text(r, 2, "passwd", "openat2: name");
	is_number(r, 3, F_RDONLY, "openat2: flags");
	is_number(r, 4, 0, "openat2: mode");
	is_number(r, 5, 8 | 1, "openat2: resolve");
	is_number(r, 6, records_dev(fd), "openat2: dev");
	is_number(r, 7, records_ino(fd), "openat2: ino");
	is_file(r, fd, "/etc/passwd", "openat2: path");
	close(fd);
	close(at);
}

/* What goes wrong is told as it went wrong. */
static void test_open_fails(struct rig *rig)
{
	const struct rig_record *r;
	char *longest = malloc(6000);

	records_restart(rig);
	openat(AT_FDCWD, "/none/such", O_RDONLY);
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
	is_number(r, 0, -ENOENT, "openat fails: its error");
	is_text(r, 2, "/none/such", "openat fails: its name");
	is_number(r, 5, 0, "openat fails: no dev");
	is_number(r, 6, 0, "openat fails: no ino");
	tap_number(r->head.flags, 0, "openat fails: no file");

	records_restart(rig);
	syscall(SYS_openat, AT_FDCWD, (void *)16, O_RDONLY);
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
	is_number(r, 0, -EFAULT, "openat of nowhere: its error");
	is_text(r, 2, "", "openat of nowhere: an empty name");

	memset(longest, 'x', 5999);
	longest[5999] = 0;
	records_restart(rig);
	openat(AT_FDCWD, longest, O_RDONLY);
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
	is_number(r, 0, -ENAMETOOLONG, "a name that is too long: its error");
	is_bytes(r, 2, longest, 4095, "a name that is too long: its start");
	tap_ok(r->head.flags & RECORD_TRUNCATED, "a name that is too long: marked");
	free(longest);
}

/* Make N directories one in the other from AT down; a descriptor of the last. */
static int go_down(int at, int n)
{
	for (int i = 0; i < n; i++) {
		int next;

		mkdirat(at, "deep-down", 0700);
		next = openat(at, "deep-down", O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	return at;
}

static void go_up(int at, int n)
{
	while (n-- > 0) {
		int next = openat(at, "..", O_RDONLY | O_DIRECTORY);

		close(at);
		at = next;
		unlinkat(at, "deep-down", AT_REMOVEDIR);
	}
	close(at);
}

static void test_paths(struct rig *rig)
{
	char path[4096], link[64], self[64];
	const struct rig_record *r;
	int at, fd;
	ssize_t n;

	for (int depth = 60; depth <= 120; depth += 60) {
		at = go_down(open(records_dir(), O_RDONLY | O_DIRECTORY), depth);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
		n = readlink(link, path, sizeof(path) - 1);
		path[n] = 0;
		records_restart(rig);
		fd = openat(at, ".", O_RDONLY);
		r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid());
		if (depth == 60) {
			is_file(r, fd, path, "a path of 62 names");
			tap_number(r->head.flags, RECORD_HAS_FILE, "and it is whole");
		} else {
			tap_ok(span_ends(span_str(path), r->path) && r->path.n > 900,
			       "a path of 122 names has its end");
			tap_ok(r->head.flags & RECORD_TRUNCATED, "and is marked");
		}
		close(fd);
		go_up(at, depth);
	}
	records_restart(rig);
	fd = openat(AT_FDCWD, "/", O_RDONLY);
	is_file(records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid()), fd, "/", "the root");
	close(fd);
	snprintf(self, sizeof(self), "/proc/%d/status", getpid());
	records_restart(rig);
	fd = openat(AT_FDCWD, "/proc/self/status", O_RDONLY);
	is_file(records_one(rig, EVENT_SYSCALL_OPENAT_2_X, getpid()), fd, self,
		"over a mount and a symbolic link");
	close(fd);
}

/* A mount on a directory on a mount: names on both sides of each. */
static void test_mount_path(struct rig *rig)
{
	char low[128], high[192], file[256];
	const struct rig_record *r;
	int fd, status;
	pid_t child;

	snprintf(low, sizeof(low), "%s/low", records_dir());
	snprintf(high, sizeof(high), "%s/mid/high", low);
	snprintf(file, sizeof(file), "%s/a/file", high);
	mkdir(low, 0700);
	records_restart(rig);
	child = fork();
	if (child == 0) {
		char mid[192], a[256];

		snprintf(mid, sizeof(mid), "%s/mid", low);
		snprintf(a, sizeof(a), "%s/a", high);
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", low, "tmpfs", 0, NULL) || mkdir(mid, 0700) || mkdir(high, 0700) ||
		    mount("none", high, "tmpfs", MS_NOSUID, NULL) || mkdir(a, 0700))
			_exit(1);
		fd = openat(AT_FDCWD, file, O_WRONLY | O_CREAT, 0600);
		unlink(file);
		snprintf(a, sizeof(a), "/proc/self/fd/%d", fd);
		_exit(openat(AT_FDCWD, a, O_RDONLY) < 0 || umount2(high, MNT_DETACH) != 0);
	}
	waitpid(child, &status, 0);
	tap_number(status, 0, "mounts in a namespace of their own");
	r = records_one(rig, EVENT_SYSCALL_OPENAT_2_X, child);
	tap_text(r->path, file, "a path over two mounts");
	r = records_one(rig, EVENT_SYSCALL_UNSHARE_X, child);
	is_number(r, 0, 0, "unshare: res");
	is_number(r, 1, 0x20, "unshare: flags");
	r = records_one(rig, EVENT_SYSCALL_UMOUNT2_X, child);
	is_number(r, 0, 0, "umount2: res");
	is_text(r, 1, high, "umount2: name");
	is_number(r, 2, 2, "umount2: flags");
	unsigned from = 0;
	bool found = false;
	while ((r = rig_find(rig, EVENT_SYSCALL_MOUNT_X, child, &from)) != NULL)
		if (span_is(r->param[2], high)) {
			found = true;
			is_number(r, 0, 0, "mount: res");
			is_text(r, 1, "none", "mount: dev");
			is_text(r, 3, "tmpfs", "mount: type");
			is_number(r, 4, 2, "mount: flags");
		}
	tap_ok(found, "mount has its record");
	rmdir(low);
}

void test_files(struct rig *rig)
{
	test_open(rig);
	test_openat2(rig);
	test_open_fails(rig);
	test_paths(rig);
	test_mount_path(rig);
}

static unsigned how_many(struct rig *rig, unsigned code)
{
	unsigned from = 0, n = 0;

	rig_collect(rig);
	while (rig_find(rig, code, getpid(), &from) != NULL)
		n++;
	records_restart(rig);
	return n;
}

/* What only the state is made of. */
static void test_spared(struct rig *rig)
{
	int fd = open("/etc/passwd", O_RDONLY), input = dup(STDIN_FILENO);

	rig_spare(rig, EVENT_SYSCALL_CLOSE_X);
	rig_spare(rig, EVENT_SYSCALL_FCNTL_X);
	records_restart(rig);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_GETFD);
	fcntl(9999, F_DUPFD, 0);
	tap_number(how_many(rig, EVENT_SYSCALL_FCNTL_X), 0,
		   "spared: an fcntl that changes nothing");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	close(fcntl(fd, F_DUPFD, 50));
	close(fcntl(fd, F_DUPFD_CLOEXEC, 50));
	close(9999);
	close(fd);
	rig_collect(rig);
	tap_number(how_many(rig, EVENT_SYSCALL_FCNTL_X), 3, "told: one that does");
	close(open("/etc/passwd", O_RDONLY));
	tap_number(how_many(rig, EVENT_SYSCALL_CLOSE_X), 0, "spared: a close");
	close(STDIN_FILENO);
	tap_number(how_many(rig, EVENT_SYSCALL_CLOSE_X), 1, "told: that of a standard descriptor");
	dup2(input, STDIN_FILENO);
	close(input);
	rig_want_all(rig);
	records_restart(rig);
	close(dup(STDIN_FILENO));
	tap_number(how_many(rig, EVENT_SYSCALL_CLOSE_X), 1, "told: any when it is asked for");
}

/* Are sockets of FAMILY and TYPE told of? */
static bool is_socket_told(struct rig *rig, int family, int type)
{
	int fd;

	records_restart(rig);
	fd = socket(family, type, 0);
	if (fd >= 0)
		close(fd);
	return how_many(rig, EVENT_SOCKET_SOCKET_X) == 1;
}

/* Of what a stream is the next event tells. */
static void test_spared_sockets(struct rig *rig)
{
	int input = dup(STDIN_FILENO);

	rig_spare(rig, EVENT_SOCKET_SOCKET_X);
	tap_ok(!is_socket_told(rig, AF_INET, SOCK_STREAM), "spared: a stream");
	tap_ok(!is_socket_told(rig, AF_INET6, SOCK_STREAM | SOCK_CLOEXEC), "spared: one by IPv6");
	tap_ok(!is_socket_told(rig, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK), "spared: a local one");
	tap_ok(is_socket_told(rig, AF_INET, SOCK_DGRAM), "told: datagrams");
	tap_ok(is_socket_told(rig, AF_INET, SOCK_RAW), "told: raw ones");
	tap_ok(is_socket_told(rig, AF_PACKET, SOCK_RAW), "told: packets");
	tap_ok(is_socket_told(rig, AF_NETLINK, SOCK_DGRAM), "told: netlink");
	tap_ok(is_socket_told(rig, AF_UNIX, SOCK_SEQPACKET), "told: what is no stream");
	close(STDIN_FILENO);
	tap_ok(is_socket_told(rig, AF_INET, SOCK_STREAM), "told: one that is standard input");
	dup2(input, STDIN_FILENO);
	close(input);
	rig_want_all(rig);
	tap_ok(is_socket_told(rig, AF_INET, SOCK_STREAM), "told: any when it is asked for");
	records_restart(rig);
}

void test_descriptors(struct rig *rig)
{
	const struct rig_record *r;
	int fd = open("/etc/passwd", O_RDONLY), two, pair[2];

	records_restart(rig);
	two = dup(fd);
	r = records_one(rig, EVENT_SYSCALL_DUP_1_X, getpid());
	is_number(r, 0, two, "dup: res");
	is_number(r, 1, fd, "dup: oldfd");
	is_file(r, fd, "/etc/passwd", "dup");
	syscall(SYS_dup3, fd, 77, O_CLOEXEC);
	r = records_one(rig, EVENT_SYSCALL_DUP3_X, getpid());
	is_number(r, 0, 77, "dup3: res");
	is_number(r, 1, fd, "dup3: oldfd");
	is_number(r, 2, 77, "dup3: newfd");
	is_number(r, 3, F_CLOEXEC, "dup3: flags");
#ifdef SYS_dup2
	syscall(SYS_dup2, fd, 78);
	r = records_one(rig, EVENT_SYSCALL_DUP2_X, getpid());
	is_number(r, 0, 78, "dup2: res");
	is_number(r, 1, fd, "dup2: oldfd");
	is_number(r, 2, 78, "dup2: newfd");
#endif
	int four = fcntl(fd, F_DUPFD_CLOEXEC, 90);
	r = records_one(rig, EVENT_SYSCALL_FCNTL_X, getpid());
	is_number(r, 0, four, "fcntl: res");
	is_number(r, 1, fd, "fcntl: fd");
	is_number(r, 2, 26, "fcntl: cmd is Falco's F_DUPFD_CLOEXEC");
	is_number(r, 3, 90, "fcntl: arg");
	close(two);
	r = records_one(rig, EVENT_SYSCALL_CLOSE_X, getpid());
	is_number(r, 0, 0, "close: res");
	is_number(r, 1, two, "close: fd");
	syscall(SYS_close_range, 77, 78, 0);
	close(four);
	r = records_one(rig, EVENT_SYSCALL_CLOSE_RANGE_X, getpid());
	is_number(r, 0, 0, "close_range: res");
	is_number(r, 1, 77, "close_range: first");
	is_number(r, 2, 78, "close_range: last");
	is_number(r, 3, 0, "close_range: flags");

	records_restart(rig);
	if (pipe2(pair, O_NONBLOCK) == 0) {
		r = records_one(rig, EVENT_SYSCALL_PIPE2_X, getpid());
		is_number(r, 0, 0, "pipe2: res");
		is_number(r, 1, pair[0], "pipe2: fd1");
		is_number(r, 2, pair[1], "pipe2: fd2");
		is_number(r, 3, records_ino(pair[0]), "pipe2: ino");
		is_number(r, 4, F_NONBLOCK, "pipe2: flags");
		close(pair[0]);
		close(pair[1]);
	}
	close(fd);
	fd = memfd_create("a name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	r = records_one(rig, EVENT_SYSCALL_MEMFD_CREATE_X, getpid());
	is_number(r, 0, fd, "memfd_create: fd");
	is_text(r, 1, "a name", "memfd_create: name");
	is_number(r, 2, 3, "memfd_create: flags");
	is_file(r, fd, "memfd:a name", "memfd_create");
	close(fd);
	fd = eventfd(5, EFD_NONBLOCK);
	r = records_one(rig, EVENT_SYSCALL_EVENTFD2_X, getpid());
	is_number(r, 0, fd, "eventfd2: res");
	is_number(r, 1, F_NONBLOCK, "eventfd2: flags");
	is_number(r, 2, 5, "eventfd2: initval");
	tap_text(r->path, "[eventfd]", "eventfd2: a file without a path has its kind's name");
	close(fd);
	test_spared(rig);
	test_spared_sockets(rig);
}

/* Each name call once, on a file of its own directory. */
void test_names(struct rig *rig)
{
	const struct rig_record *r;
	int at = open(records_dir(), O_RDONLY | O_DIRECTORY);
	pid_t me = getpid();
	char cwd[256];

	records_restart(rig);
	mkdirat(at, "d", 0751);
	r = records_one(rig, EVENT_SYSCALL_MKDIRAT_X, me);
	is_number(r, 0, 0, "mkdirat: res");
	is_number(r, 1, at, "mkdirat: dirfd");
	is_text(r, 2, "d", "mkdirat: path");
	is_number(r, 3, 0751, "mkdirat: mode");
	symlinkat("to where", at, "s");
	r = records_one(rig, EVENT_SYSCALL_SYMLINKAT_X, me);
	is_text(r, 1, "to where", "symlinkat: target");
	is_number(r, 2, at, "symlinkat: linkdirfd");
	is_text(r, 3, "s", "symlinkat: linkpath");
	linkat(at, "s", at, "hard", 0);
	r = records_one(rig, EVENT_SYSCALL_LINKAT_2_X, me);
	is_text(r, 2, "s", "linkat: oldpath");
	is_number(r, 3, at, "linkat: newdir");
	is_text(r, 4, "hard", "linkat: newpath");
	is_more_file(r, 0, at, records_dir(), "linkat: old directory");
	is_more_file(r, 1, at, records_dir(), "linkat: new directory");
	syscall(SYS_renameat2, at, "hard", AT_FDCWD, "/nowhere/x", 1);
	r = records_one(rig, EVENT_SYSCALL_RENAMEAT2_X, me);
	is_number(r, 0, -ENOENT, "renameat2: res");
	is_text(r, 2, "hard", "renameat2: oldpath");
	is_number(r, 3, -100, "renameat2: newdirfd");
	is_text(r, 4, "/nowhere/x", "renameat2: newpath");
	is_number(r, 5, 1, "renameat2: flags");
	fchmodat(at, "d", 04711, 0);
	r = records_one(rig, EVENT_SYSCALL_FCHMODAT_X, me);
	is_text(r, 2, "d", "fchmodat: filename");
	is_number(r, 3, 04711, "fchmodat: mode");
	fchownat(at, "s", 12, 34, AT_SYMLINK_NOFOLLOW);
	r = records_one(rig, EVENT_SYSCALL_FCHOWNAT_X, me);
	is_number(r, 3, 12, "fchownat: uid");
	is_number(r, 4, 34, "fchownat: gid");
	is_number(r, 5, 0x400, "fchownat: flags are Falco's");
	unlinkat(at, "hard", 0);
	r = records_one(rig, EVENT_SYSCALL_UNLINKAT_2_X, me);
	is_text(r, 2, "hard", "unlinkat: name");
	is_number(r, 3, 0, "unlinkat: flags");
	unlinkat(at, "s", 0);
	unlinkat(at, "d", AT_REMOVEDIR);
	if (getcwd(cwd, sizeof(cwd)) != NULL && chdir(records_dir()) == 0) {
		r = records_one(rig, EVENT_SYSCALL_CHDIR_X, me);
		is_text(r, 1, records_dir(), "chdir: path");
#ifdef SYS_rename
		syscall(SYS_rename, "no", "such");
		r = records_one(rig, EVENT_SYSCALL_RENAME_X, me);
		is_number(r, 0, -ENOENT, "rename: res");
		is_text(r, 1, "no", "rename: oldpath");
		is_text(r, 2, "such", "rename: newpath");
		syscall(SYS_chmod, "nofile", 0644);
		is_number(records_one(rig, EVENT_SYSCALL_CHMOD_X, me), 2, 0644, "chmod: mode");
		syscall(SYS_mknod, "nod/e", S_IFCHR | 0600, makedev(1, 3));
		r = records_one(rig, EVENT_SYSCALL_MKNOD_X, me);
		is_number(r, 2, S_IFCHR | 0600, "mknod: mode");
		is_number(r, 3, 0x103, "mknod: dev");
#endif
		if (chdir(cwd) != 0)
			exit(1);
	}
	if (fchdir(at) == 0)
		is_file(records_one(rig, EVENT_SYSCALL_FCHDIR_X, me), at, records_dir(), "fchdir");
	fchmod(at, 0700);
	r = records_one(rig, EVENT_SYSCALL_FCHMOD_X, me);
	is_number(r, 1, at, "fchmod: fd");
	is_number(r, 2, 0700, "fchmod: mode");
	is_file(r, at, records_dir(), "fchmod");
	if (chdir(cwd) != 0)
		exit(1);
	close(at);
}

void test_data(struct rig *rig)
{
	char bytes[200], back[200];
	struct iovec iov[3] = { { bytes, 30 }, { bytes + 30, 30 }, { bytes + 60, 140 } };
	const struct rig_record *r;
	pid_t me = getpid();
	int pair[2];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	if (pipe(pair) != 0)
		exit(1);
	records_restart(rig);
	tap_number(write(pair[1], bytes, sizeof(bytes)), 200, "a write of 200 bytes");
	r = records_one(rig, EVENT_SYSCALL_WRITE_X, me);
	is_number(r, 0, 200, "write: res");
	is_bytes(r, 1, bytes, 80, "write: the first 80 bytes");
	is_number(r, 2, pair[1], "write: fd");
	is_number(r, 3, 200, "write: size");
	is_file(r, pair[1], "", "write");
	tap_number(read(pair[0], back, 50), 50, "a read of 50 bytes");
	r = records_one(rig, EVENT_SYSCALL_READ_X, me);
	is_number(r, 0, 50, "read: res");
	is_bytes(r, 1, bytes, 50, "read: its bytes");
	is_number(r, 3, 50, "read: size");
	records_restart(rig);
	tap_number(writev(pair[1], iov, 3), 200, "a writev of three");
	r = records_one(rig, EVENT_SYSCALL_WRITEV_X, me);
	is_bytes(r, 1, bytes, 80, "writev: the first 80 bytes of all");
	is_number(r, 3, 200, "writev: size");
	iov[0].iov_base = back;
	iov[1].iov_base = back + 30;
	tap_number(readv(pair[0], iov, 2), 60, "a readv of two");
	r = records_one(rig, EVENT_SYSCALL_READV_X, me);
	is_number(r, 1, 60, "readv: size");
	is_bytes(r, 2, back, 60, "readv: its bytes");
	records_restart(rig);
	close(pair[0]);
	if (read(-1, back, 10) < 0) {
		r = records_one(rig, EVENT_SYSCALL_READ_X, me);
		is_number(r, 0, -EBADF, "read fails: res");
		is_text(r, 1, "", "read fails: no data");
		tap_number(r->head.flags, 0, "read fails: no file");
	}
	close(pair[1]);
}

/* On an overlay, files say which layer they are of. */
void test_overlay(struct rig *rig)
{
	static const char *const subs[] = { "lower", "upper", "work", "merged" };
	char cmd[1024], low[256], high[256];
	const struct rig_record *r;
	unsigned from = 0;
	int status;
	pid_t child;

	snprintf(low, sizeof(low), "%s/o/merged/low", records_dir());
	snprintf(high, sizeof(high), "%s/o/merged/high", records_dir());
	child = fork();
	if (child == 0) {
		char options[512], base[128];

		snprintf(base, sizeof(base), "%s/o", records_dir());
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mkdir(base, 0700) ||
		    mount("none", base, "tmpfs", 0, NULL) || chdir(base) != 0)
			_exit(1);
		for (unsigned i = 0; i < ARRAY_LEN(subs); i++)
			mkdir(subs[i], 0755);
		close(open("lower/low", O_CREAT | O_WRONLY, 0644));
		snprintf(options, sizeof(options),
			 "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", base, base, base);
		if (mount("none", "merged", "overlay", 0, options) != 0)
			_exit(2);
		openat(AT_FDCWD, low, O_RDONLY);
		openat(AT_FDCWD, high, O_WRONLY | O_CREAT, 0644);
		_exit(0);
	}
	waitpid(child, &status, 0);
	snprintf(cmd, sizeof(cmd), "%s/o", records_dir());
	rmdir(cmd);
	if (status != 0) {
		tap_ok(true, "layers of an overlay # SKIP no overlay here");
		return;
	}
	rig_collect(rig);
	bool saw_low = false, saw_high = false;
	while ((r = rig_find(rig, EVENT_SYSCALL_OPENAT_2_X, child, &from)) != NULL) {
		if (span_is(r->param[2], low))
			saw_low = (rig_number(r, 3) & 0x18000) == 0x10000 && span_is(r->path, low);
		if (span_is(r->param[2], high))
			saw_high = (rig_number(r, 3) & 0x18000) == 0x8000 && span_is(r->path, high);
	}
	tap_ok(saw_low, "a file of an overlay's lower layer");
	tap_ok(saw_high, "a file of an overlay's upper layer");
}
