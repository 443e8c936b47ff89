/* SPDX-License-Identifier: Apache-2.0
 *
 * evade.c -- does one thing that is to be alerted on in a way that hides it: evade ACTION ARG...
 * What comes behind an action's own arguments is ignored: tests put their mark there.  Ends with 0
 * when it was done, 77 when this machine cannot do it (said on standard error), 1 when it failed.
 *
 * Everything it touches is its caller's.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evade.h"

_Noreturn void die(const char *what)
{
	fprintf(stderr, "evade: %s: %s\n", what, strerror(errno));
	exit(errno == ENOSYS || errno == EOPNOTSUPP ? CANNOT : 1);
}

long must(long result, const char *what)
{
	if (result == -1)
		die(what);
	return result;
}

void look_into(int fd)
{
	char buf[16];

	must(read(fd, buf, sizeof(buf)), "read");
	close(fd);
}

/* ---- races ---- */

static atomic_bool over;
static char racing[] = "/etc/shadow";

static void *flip_name(void *arg)
{
	(void)arg;
	for (unsigned i = 0; !atomic_load(&over); i++) {
		memcpy(racing, i % 2 == 0 ? "/etc/passwd" : "/etc/shadow", sizeof(racing));
		for (volatile unsigned k = 0; k < i % 997; k++)
			;
	}
	return NULL;
}

/* Open a name that another thread changes all the time, until it was /etc/shadow ARG[0] times or that
 * took too long; say how often it was. */
static void do_race_open(char **arg)
{
	unsigned wanted = (unsigned)strtoul(arg[0], NULL, 10), hits = 0;
	struct stat shadow, got;
	pthread_t flipper;

	must(stat("/etc/shadow", &shadow), "/etc/shadow");
	pthread_create(&flipper, NULL, flip_name, NULL);
	for (unsigned i = 0; i < 100000 && hits < wanted; i++) {
		int fd = open(racing, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		hits += fstat(fd, &got) == 0 && got.st_ino == shadow.st_ino &&
			got.st_dev == shadow.st_dev;
		close(fd);
	}
	atomic_store(&over, true);
	pthread_join(flipper, NULL);
	printf("%u\n", hits);
}

static struct sockaddr_in there = { .sin_family = AF_INET };
static int listener;

/* While connect() waits, another port is written to where it found its argument; then the server
 * has room. */
static void *change_port(void *arg)
{
	(void)arg;
	usleep(300000);
	there.sin_port = htons(9);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* `there` is a server that is too busy to answer; say its port. */
static void be_busy(void)
{
	socklen_t n = sizeof(there);

	listener = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(listener, (struct sockaddr *)&there, sizeof(there)), "bind");
	must(listen(listener, 0), "listen");
	must(getsockname(listener, (struct sockaddr *)&there, &n), "getsockname");
	printf("%u\n", ntohs(there.sin_port));
	fflush(stdout);
	for (unsigned i = 0; i < 4; i++) { /* until there is no room */
		struct sockaddr_in same = there;
		int other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		connect(other, (struct sockaddr *)&same, sizeof(same));
	}
	usleep(100000);
}

/* Connect to a server that is too busy to answer; say to which port. */
static void do_slow_connect(char **arg)
{
	pthread_t changer;
	int fd;

	(void)arg;
	be_busy();
	fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	pthread_create(&changer, NULL, change_port, NULL);
	must(connect(fd, (struct sockaddr *)&there, sizeof(there)), "connect");
}

static struct open_how *asked;
static pid_t holder;

static void *change_how(void *arg)
{
	usleep(300000);
	if (strcmp(arg, "unmapped") == 0)
		munmap(asked, 4096);
	else
		asked->flags = O_RDONLY | O_CLOEXEC;
	kill(holder, SIGKILL);
	return NULL;
}

/* Open ARG[1] for writing, which waits for a reader's lease to end; meanwhile the memory says reading, or is gone. */
static void do_swapped_how(char **arg)
{
	int tell[2], fd;
	pthread_t changer;
	char c;

	must(pipe2(tell, O_CLOEXEC), "pipe2");
	holder = fork();
	if (holder == 0) {
		signal(SIGIO, SIG_IGN);
		fd = (int)must(open(arg[1], O_RDONLY | O_CLOEXEC), arg[1]);
		if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
			must(write(tell[1], "", 1), "write");
		else
			_exit(0);
		for (;;)
			pause();
	}
	close(tell[1]);
	if (read(tell[0], &c, 1) != 1) {
		fprintf(stderr, "evade: no lease can be had of %s\n", arg[1]);
		exit(CANNOT);
	}
	asked = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (asked == MAP_FAILED)
		die("mmap");
	asked->flags = O_WRONLY | O_CLOEXEC;
	pthread_create(&changer, NULL, change_how, arg[0]);
	fd = (int)must(syscall(SYS_openat2, AT_FDCWD, arg[1], asked, sizeof(*asked)), arg[1]);
	must(write(fd, "x", 1), "write");
}

static int connecting, decoy, kept;

/* While connect() waits, its descriptor becomes that of another file, the address is changed, and the socket goes
 * on under another number. */
static void *change_file(void *arg)
{
	usleep(200000);
	kept = dup(connecting);
	dup2(decoy, connecting);
	return change_port(arg);
}

/* The same with the descriptor changed, too: to a file, or to another connection.  Say that as well. */
static void do_swapped_connect(char **arg)
{
	struct sockaddr_in other = { .sin_family = AF_INET };
	socklen_t n = sizeof(other);
	pthread_t changer;

	if (strcmp(arg[0], "socket") == 0) {
		int at = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");

		other.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		must(bind(at, (struct sockaddr *)&other, sizeof(other)), "bind");
		must(getsockname(at, (struct sockaddr *)&other, &n), "getsockname");
		decoy = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
		must(connect(decoy, (struct sockaddr *)&other, sizeof(other)), "connect");
	} else {
		decoy = (int)must(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
	}
	be_busy();
	connecting = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	printf("%d\n", connecting);
	fflush(stdout);
	pthread_create(&changer, NULL, change_file, NULL);
	must(connect(connecting, (struct sockaddr *)&there, sizeof(there)), "connect");
	must(send(kept, "hello", 5, 0), "send");
}

/* ---- sends ---- */

/* Connect FD, a socket for datagrams, to a port of ours at which nobody is. */
void connect_to_nobody(int fd, int family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr);
	must(family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
			       : connect(fd, (struct sockaddr *)&v6, sizeof(v6)),
	     "connect");
}

/* Send a datagram from a socket that is connected to somebody else; say to which port. */
static void do_send_elsewhere(char **arg)
{
	int family = strcmp(arg[0], "from-inet6") == 0 ? AF_INET6 : AF_INET;
	int from = (int)must(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	int at = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t n = sizeof(to);
	struct iovec iov = { (char[]){ "hello" }, 5 };
	struct mmsghdr m = { .msg_hdr = { .msg_name = &to,
					  .msg_namelen = sizeof(to),
					  .msg_iov = &iov,
					  .msg_iovlen = 1 } };
	char got[8];

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(at, (struct sockaddr *)&to, sizeof(to)), "bind");
	must(getsockname(at, (struct sockaddr *)&to, &n), "getsockname");
	connect_to_nobody(from, family);
	if (strcmp(arg[0], "unspec") == 0)
		to.sin_family = AF_UNSPEC; /* the kernel does not mind */
	if (strcmp(arg[0], "sendmsg") == 0)
		must(sendmsg(from, &m.msg_hdr, 0), "sendmsg");
	else if (strcmp(arg[0], "sendmmsg") == 0)
		must(sendmmsg(from, &m, 1, 0), "sendmmsg");
	else
		must(sendto(from, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), "sendto");
	must(recv(at, got, sizeof(got), MSG_DONTWAIT), "recv");
	printf("%u\n", ntohs(to.sin_port));
}

/* Begin a connection to PORT by sending something there. */
static void do_send_and_connect(char **arg)
{
	int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(arg[0], NULL, 10)) };
	struct iovec iov = { (char[]){ "hello" }, 5 };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1
	};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(strcmp(arg[1], "sendmsg") == 0
		     ? sendmsg(fd, &m, MSG_FASTOPEN)
		     : sendto(fd, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof(to)),
	     "sendto");
	printf("%d\n", fd);
}

/* ---- names ---- */

static void do_read(char **arg)
{
	look_into((int)must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]));
}

static int read_there(void *arg)
{
	do_read(arg);
	return 0;
}

/* By a child of our parent's. */
static void do_read_beside(char **arg)
{
	static char stack[65536];

	must(clone(read_there, stack + sizeof(stack), CLONE_PARENT | CLONE_VFORK | SIGCHLD, arg),
	     "clone");
}

/* As if it were in another directory: its working directory is what another process says. */
static void do_read_by_cwd(char **arg)
{
	char path[64];
	pid_t child = fork();

	if (child == 0) {
		must(chdir("/etc"), "/etc");
		pause();
		_exit(0);
	}
	usleep(50000);
	snprintf(path, sizeof(path), "/proc/%d/cwd/%s", (int)child, arg[0]);
	do_read((char *[]){ path });
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Relative to a descriptor that is another directory's as soon as the call is done. */
static void do_read_at(char **arg)
{
	int dir = (int)must(open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC), "/etc");
	int other = (int)must(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/");
	int fd = openat(dir, arg[0], O_RDONLY | O_CLOEXEC);

	dup2(other, dir);
	look_into((int)must(fd, arg[0]));
}

static void do_read_openat2(char **arg)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };

	look_into((int)must(syscall(SYS_openat2, AT_FDCWD, arg[0], &how, sizeof(how)), arg[0]));
}

static void do_read_by_handle(char **arg)
{
	struct {
		struct file_handle h;
		unsigned char room[MAX_HANDLE_SZ];
	} handle = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount = (int)must(open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "/etc"), id;

	must(name_to_handle_at(AT_FDCWD, arg[0], &handle.h, &id, 0), arg[0]);
	look_into((int)must(open_by_handle_at(mount, &handle.h, O_RDONLY | O_CLOEXEC), arg[0]));
}

/* A library that is on no disk by then, for all that rules can see. */
static void do_load_from_memory(char **arg)
{
	int from = (int)must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]);
	int to = (int)must(memfd_create("library", MFD_CLOEXEC), "memfd_create");
	char path[32];

	while (must(sendfile(to, from, NULL, 1 << 20), arg[0]) > 0)
		;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	if (dlopen(path, RTLD_NOW) == NULL) {
		fprintf(stderr, "evade: %s\n", dlerror());
		exit(1);
	}
}

/* By the 32-bit call, from a 64-bit program. */
static void do_read_32(char **arg)
{
#if defined(__x86_64__)
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long fd;

	if (low == MAP_FAILED)
		die("mmap");
	strncpy(low, arg[0], 4095);
	__asm__ volatile("int $0x80"
			 : "=a"(fd)
			 : "a"(5L), "b"(low), "c"((long)O_RDONLY), "d"(0L)
			 : "memory");
	errno = (int)-fd;
	look_into((int)must((int)fd < 0 ? -1 : fd, arg[0]));
#else
	(void)arg;
	exit(CANNOT);
#endif
}

static void do_creat(char **arg)
{
	close((int)must(creat(arg[0], 0600), arg[0]));
}

static void do_rename(char **arg)
{
	must(syscall(SYS_renameat2, AT_FDCWD, arg[0], AT_FDCWD, arg[1], 0), arg[1]);
}

static void do_link(char **arg)
{
	must(link(arg[0], arg[1]), arg[1]);
}

static void do_exchange(char **arg)
{
	must(syscall(SYS_renameat2, AT_FDCWD, arg[0], AT_FDCWD, arg[1], 2 /* RENAME_EXCHANGE */),
	     arg[1]);
}

/* Files that are made to run with their owner's privileges. */
static void do_make_setuid(char **arg)
{
	umask(0);
	if (strcmp(arg[0], "mknod") == 0)
		must(mknod(arg[1], S_IFREG | S_ISUID | 0755, 0), arg[1]);
	else
		close((int)must(
			open(arg[1], O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, S_ISUID | 0755),
			arg[1]));
}

/* ---- who it seems to be ---- */

/* The program ARG[1] below this one. */
static void do_run_below(char **arg)
{
	pid_t child = fork();

	if (child == 0) {
		execv(arg[0], arg);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

/* Connect to a port of this machine's with a socket that is the standard input, and the others by fcntl. */
static void do_connect_as_input(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(arg[0], NULL, 10)) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	close(0);
	close(1);
	must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	must(connect(0, (struct sockaddr *)&to, sizeof(to)), "connect");
	must(fcntl(0, F_DUPFD, 1), "fcntl");
}

/* The program ARG[0], from memory that processes share. */
static void do_run_shared(char **arg)
{
	int from = (int)must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]), fd;
	char path[64];
	struct stat st;
	char *p;

	must(fstat(from, &st), arg[0]);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		 0);
	if (p == MAP_FAILED)
		die("mmap");
	must(read(from, p, (size_t)st.st_size), arg[0]);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)p,
		 ((unsigned long)p + (unsigned long)st.st_size + 4095) & ~4095ul);
	fd = (int)must(open(path, O_RDWR | O_CLOEXEC), path);
	must(fchmod(fd, 0755), path);
	close(fd);
	fd = (int)must(open(path, O_RDONLY), path);
	munmap(p, (size_t)st.st_size);
	must(syscall(SYS_execveat, fd, "", arg, environ, AT_EMPTY_PATH), "execveat");
}

static void do_renamed_read(char **arg)
{
	must(prctl(PR_SET_NAME, arg[0]), arg[0]);
	do_read(arg + 1);
}

/* The program ARG[0], from a file that has no name. */
static void do_run_nameless(char **arg)
{
	int from = (int)must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]);
	int to = (int)must(open(arg[1], O_TMPFILE | O_RDWR | O_CLOEXEC, 0700), arg[1]);
	char path[64], buf[65536];
	ssize_t n;
	int fd;

	while ((n = must(read(from, buf, sizeof(buf)), arg[0])) > 0)
		must(write(to, buf, (size_t)n), "write");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	fd = (int)must(open(path, O_RDONLY), path);
	close(to);
	must(syscall(SYS_execveat, fd, "", arg, environ, AT_EMPTY_PATH), "execveat");
}

/* ---- other processes ---- */

static int word = 1;

/* A child that has ARG (NULL: nothing) open as descriptor 100 and waits to be killed. */
static pid_t sitting(const char *path)
{
	pid_t child = fork();

	if (child == 0) {
		if (path != NULL)
			dup2((int)must(open(path, O_RDONLY | O_CLOEXEC), path), 100);
		pause();
		_exit(0);
	}
	usleep(50000);
	return child;
}

static void do_pass_fd(char **arg)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { .h = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};
	int pair[2], fd;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	if (fork() == 0) {
		fd = (int)must(open(arg[0], O_RDONLY | O_CLOEXEC), arg[0]);
		memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
		must(sendmsg(pair[0], &m, 0), "sendmsg");
		_exit(0);
	}
	must(recvmsg(pair[1], &m, 0), "recvmsg");
	memcpy(&fd, CMSG_DATA(&c.h), sizeof(fd));
	look_into(fd);
}

static void do_take_fd(char **arg)
{
	pid_t child = sitting(arg[0]);
	int pidfd = (int)must(syscall(SYS_pidfd_open, child, 0), "pidfd_open");
	long fd = syscall(SYS_pidfd_getfd, pidfd, 100, 0);

	kill(child, SIGKILL);
	look_into((int)must(fd, "pidfd_getfd"));
}

static void do_write_memory(char **arg)
{
	pid_t child = sitting(NULL);
	int other = 2;
	struct iovec local = { &other, sizeof(other) }, remote = { &word, sizeof(word) };
	char path[64];
	long n;

	if (strcmp(arg[0], "vm") == 0) {
		n = process_vm_writev(child, &local, 1, &remote, 1, 0);
	} else {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
		fd = (int)must(open(path, O_RDWR | O_CLOEXEC), path);
		n = pwrite(fd, &other, sizeof(other), (off_t)(uintptr_t)&word);
	}
	kill(child, SIGKILL);
	must(n, arg[0]);
}

static void do_unshare_user(char **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER) == -1) {
		fprintf(stderr, "evade: unshare: %s\n", strerror(errno));
		exit(CANNOT);
	}
}

static const struct {
	const char *name;
	int nargs;
	void (*run)(char **arg);
} actions[] = {
	{ "race-open", 1, do_race_open },
	{ "slow-connect", 0, do_slow_connect },
	{ "swapped-connect", 1, do_swapped_connect },
	{ "swapped-how", 2, do_swapped_how },
	{ "uring-open", 1, do_uring_open },
	{ "uring-open-apart", 1, do_uring_open_apart },
	{ "uring-open-direct", 1, do_uring_open_direct },
	{ "uring-open-silent", 1, do_uring_open_silent },
	{ "uring-open-overflow", 1, do_uring_open_overflow },
	{ "uring-open-overflow-apart", 1, do_uring_open_overflow_apart },
	{ "uring-rename", 2, do_uring_rename },
	{ "uring-link", 2, do_uring_link },
	{ "uring-unlink", 1, do_uring_unlink },
	{ "uring-connect", 1, do_uring_connect },
	{ "uring-connect-silent", 1, do_uring_connect_silent },
	{ "uring-connect-overflow", 1, do_uring_connect_overflow },
	{ "uring-connect-direct", 2, do_uring_connect_direct },
	{ "uring-send", 1, do_uring_send },
	{ "uring-pile", 1, do_uring_pile },
	{ "send-elsewhere", 1, do_send_elsewhere },
	{ "send-and-connect", 2, do_send_and_connect },
	{ "read", 1, do_read },
	{ "read-beside", 1, do_read_beside },
	{ "read-by-cwd", 1, do_read_by_cwd },
	{ "read-at", 1, do_read_at },
	{ "read-openat2", 1, do_read_openat2 },
	{ "read-by-handle", 1, do_read_by_handle },
	{ "load-from-memory", 1, do_load_from_memory },
	{ "read-32", 1, do_read_32 },
	{ "creat", 1, do_creat },
	{ "rename", 2, do_rename },
	{ "link", 2, do_link },
	{ "exchange", 2, do_exchange },
	{ "make-setuid", 2, do_make_setuid },
	{ "run-below", 1, do_run_below },
	{ "connect-as-input", 1, do_connect_as_input },
	{ "run-shared", 1, do_run_shared },
	{ "renamed-read", 2, do_renamed_read },
	{ "run-nameless", 2, do_run_nameless },
	{ "pass-fd", 1, do_pass_fd },
	{ "take-fd", 1, do_take_fd },
	{ "write-memory", 1, do_write_memory },
	{ "unshare-user", 0, do_unshare_user },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(argv[1], actions[i].name) != 0 || argc < 2 + actions[i].nargs)
			continue;
		actions[i].run(argv + 2);
		return 0;
	}
	fprintf(stderr, "usage: evade ACTION ARG...\n");
	return 2;
}
