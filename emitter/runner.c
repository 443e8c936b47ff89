/* SPDX-License-Identifier: Apache-2.0
 *
 * runner.c -- see runner.h.  The two speak in small packets over a socket pair; the end of one is
 * the end of the other's.
 *
 * The process is a pair: one that does as it is asked, and one that starts it anew when it dies.  The
 * latter inherits its programs, which go on, and says when they end.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "jail.h"
#include "log.h"

#define LAST_ENDED 8

enum { ASK_START = 's', ASK_KILL = 'k', SAY_STARTED = 'S', SAY_ENDED = 'E', SAY_AGAIN = 'A' };

struct packet {
	char what;
	int32_t pid, status; /* STATUS of SAY_STARTED: an errno */
};

struct runner {
	int fd;
	/* Programs that have ended, as far as it was said and nobody asked yet. */
	struct packet ended[LAST_ENDED];
	unsigned nended;
};

/* ---- the process ---- */

_Noreturn static void be_program(const char *command, int input)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	if (dup2(input, STDIN_FILENO) == -1)
		_exit(126);
	(void)syscall(SYS_close_range, 3u, ~0u, 0u);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void answer(int fd, const struct packet *p, int pass)
{
	struct iovec iov = { (void *)(uintptr_t)p, sizeof(*p) };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (pass != -1) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	/* Who waits for an answer waits for good: it is not dropped. */
	while (sendmsg(fd, &msg, MSG_NOSIGNAL) == -1) {
		static const struct timespec pause = { 0, 10 * (long)NS_PER_MSEC };

		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS && errno != ENOMEM &&
		    errno != ETOOMANYREFS)
			_exit(0);
		nanosleep(&pause, NULL);
	}
}

static void start_one(int fd, const char *command)
{
	struct packet p;
	int ends[2] = { -1, -1 };
	pid_t pid = -1;

	memset(&p, 0, sizeof(p));
	p.what = SAY_STARTED;
	if (pipe2(ends, O_CLOEXEC) == 0) {
		pid = fork();
		if (pid == 0)
			be_program(command, ends[0]);
	}
	p.pid = pid;
	p.status = pid == -1 ? errno : 0;
	answer(fd, &p, pid == -1 ? -1 : ends[1]);
	if (ends[0] != -1) {
		close(ends[0]);
		close(ends[1]);
	}
}

static void tell_ended(int fd)
{
	struct packet p;
	int status;
	pid_t pid;

	memset(&p, 0, sizeof(p));
	p.what = SAY_ENDED;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid == -1 && errno == EINTR)) {
		if (pid == -1)
			continue;
		p.pid = pid;
		p.status = status;
		answer(fd, &p, -1);
	}
}

/* What the emitter asks; false: it is gone. */
static bool listen_to(int fd, const char *command)
{
	struct packet p;
	ssize_t n = recv(fd, &p, sizeof(p), 0);

	if (n == -1 && errno == EINTR)
		return true;
	if (n != sizeof(p))
		return false;
	if (p.what == ASK_START)
		start_one(fd, command);
	else if (p.what == ASK_KILL && p.pid > 1)
		(void)kill(-p.pid, SIGKILL);
	return true;
}

/* Do as the emitter asks. */
_Noreturn static void serve(const char *command)
{
	struct pollfd pfds[2] = { { .fd = 4, .events = POLLIN }, { .events = POLLIN } };
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	pfds[1].fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	if (pfds[1].fd == -1)
		_exit(1); /* and another one tries */
	for (;;) {
		struct signalfd_siginfo info;

		if (poll(pfds, 2, -1) == -1 && errno != EINTR)
			_exit(1);
		if (pfds[1].revents != 0 && read(pfds[1].fd, &info, sizeof(info)) > 0)
			tell_ended(4);
		if (pfds[0].revents != 0 && !listen_to(4, command))
			_exit(0);
	}
}

static void say(char what, pid_t pid, int status)
{
	struct packet p;

	memset(&p, 0, sizeof(p));
	p.what = what;
	p.pid = pid;
	p.status = status;
	answer(4, &p, -1);
}

/* Start who serves; one that died left programs, and maybe an answer that nobody will give. */
_Noreturn static void keep_serving(const char *command)
{
	static const struct timespec pause = { 0, 100 * (long)NS_PER_MSEC };
	int status = 0;

	for (;;) {
		pid_t server = fork(), pid;

		if (server == 0)
			serve(command);
		while (server != -1 && (pid = waitpid(-1, &status, 0)) != server)
			if (pid > 0)
				say(SAY_ENDED, pid, status);
		if (server != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0); /* the emitter is gone */
		nanosleep(&pause, NULL);
		say(SAY_AGAIN, 0, 0);
	}
}

_Noreturn static void be_runner(int fd, const char *command)
{
	sigset_t all;

	/* Nothing of the emitter's but what its programs may write to. */
	if (dup2(fd, 4) == -1 || fcntl(4, F_SETFD, FD_CLOEXEC) == -1 ||
	    (fd != 3 && close(3) == -1 && errno != EBADF) ||
	    syscall(SYS_close_range, 5u, ~0u, 0u) == -1 || (fd == 3 && close(3) == -1))
		_exit(1);
	prctl(PR_SET_NAME, "mews-runner");
	if (jail_enter(JAIL_RUNNER, NULL) < 0)
		_exit(1);
	/* Its end is that of the socket: what a terminal sends to all is not meant for it. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	(void)signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keep_serving(command);
}

/* ---- our end ---- */

int runner_open(const char *command, struct runner **ret)
{
	struct runner *r = calloc(1, sizeof(*r));
	int ends[2];
	pid_t pid;

	if (r == NULL)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) {
		free(r);
		return -errno;
	}
	pid = fork();
	if (pid == 0)
		be_runner(ends[1], command);
	close(ends[1]);
	if (pid == -1) {
		int err = -errno;

		close(ends[0]);
		free(r);
		return err;
	}
	r->fd = ends[0];
	*ret = r;
	return 0;
}

static int ask(struct runner *r, char what, pid_t pid)
{
	struct packet p;

	memset(&p, 0, sizeof(p));
	p.what = what;
	p.pid = pid;
	return send(r->fd, &p, sizeof(p), MSG_NOSIGNAL) == sizeof(p) ? 0 : -EPIPE;
}

static void note_ended(struct runner *r, const struct packet *p)
{
	/* More than we start at once: the oldest was not asked for. */
	if (r->nended == LAST_ENDED)
		memmove(&r->ended[0], &r->ended[1], --r->nended * sizeof(r->ended[0]));
	r->ended[r->nended++] = *p;
}

/* The next packet, in time.  1, 0: none, -EPIPE.  *RET_FD: what came along, or -1. */
static int hear(struct runner *r, int timeout_ms, struct packet *ret, int *ret_fd)
{
	struct pollfd pfd = { .fd = r->fd, .events = POLLIN };
	struct iovec iov = { ret, sizeof(*ret) };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c;

	*ret_fd = -1;
	if (poll(&pfd, 1, timeout_ms) <= 0)
		return 0;
	if (recvmsg(r->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(*ret))
		return -EPIPE;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return 1;
}

/* What was said since nobody listened. */
static void take_rest(struct runner *r)
{
	struct packet p;
	int fd;

	while (hear(r, 0, &p, &fd) == 1) {
		if (p.what == SAY_ENDED)
			note_ended(r, &p);
		if (fd != -1)
			close(fd); /* of a start that was too late: the program reads its end */
	}
}

int runner_start(struct runner *r, pid_t *ret_pid, int *ret_fd)
{
	int err;

	take_rest(r);
	err = ask(r, ASK_START, 0);

	while (err == 0) {
		struct packet p;
		int fd;

		err = hear(r, 10000, &p, &fd);
		if (err == 0)
			return -ETIMEDOUT;
		if (err < 0)
			break;
		err = 0;
		if (p.what == SAY_ENDED) {
			note_ended(r, &p);
			continue;
		}
		if (p.what == SAY_AGAIN)
			return -EAGAIN; /* who was asked is dead, another is there */
		if (p.status != 0 || fd == -1)
			return p.status != 0 ? -p.status : -EPROTO;
		*ret_pid = p.pid;
		*ret_fd = fd;
		return 0;
	}
	return err;
}

static bool take_ended(struct runner *r, pid_t pid, int *ret_status)
{
	for (unsigned i = 0; i < r->nended; i++) {
		if (r->ended[i].pid != pid)
			continue;
		*ret_status = r->ended[i].status;
		r->ended[i] = r->ended[--r->nended];
		return true;
	}
	return false;
}

int runner_wait(struct runner *r, pid_t pid, uint64_t timeout_ms, int *ret_status)
{
	struct mono deadline = mono_after(mono_now(), timeout_ms * NS_PER_MSEC);

	for (;;) {
		struct mono now = mono_now();
		struct packet p;
		int fd, n;

		if (take_ended(r, pid, ret_status))
			return 1;
		n = hear(r,
			 now.ns < deadline.ns ? (int)((deadline.ns - now.ns) / NS_PER_MSEC) + 1 : 0,
			 &p, &fd);
		if (n == 1 && p.what == SAY_ENDED)
			note_ended(r, &p);
		if (fd != -1)
			close(fd); /* of a start that was too late */
		if (n < 0 || (n == 0 && mono_now().ns >= deadline.ns))
			return n;
	}
}

void runner_kill(struct runner *r, pid_t pid)
{
	(void)ask(r, ASK_KILL, pid);
}

void runner_close(struct runner *r)
{
	if (r == NULL)
		return;
	close(r->fd);
	free(r);
}
