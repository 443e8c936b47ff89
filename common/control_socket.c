/* SPDX-License-Identifier: Apache-2.0
 *
 * control_socket.c -- control messages over nng's REQ/REP, and nothing else of
 * nng anywhere.  Its threads are born with all signals blocked, so that a signal
 * always meets the one thread that is ours.
 *
 * A peer can make us answer a few questions per turn, each of bounded size, and
 * no more: nothing here waits for it.
 */
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "log.h"

#define PER_POLL 4
#define URL_MAX	 128 /* NNG_MAXADDRLEN */

/* nng 1.5 takes EPIPE for "this socket is being closed": one client that hangs up
 * before it is greeted, and its listener accepts nobody ever again, while its
 * poller spins.  It calls this function instead of libc's, and is told of a
 * connection that was reset, which it understands.  tests/unit/test_control_socket.c
 * has the case. */
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	long n = syscall(SYS_sendmsg, fd, msg, flags);

	if (n == -1 && errno == EPIPE)
		errno = ECONNRESET;
	return (ssize_t)n;
}

/* Of a caller of the group who is neither root nor us. */
static bool is_stranger(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid != (uid_t)-1 &&
	       cred.uid != 0 && cred.uid != geteuid();
}

/* nng takes every connection that comes, and keeps it as long as the peer likes.  The peer may be any of
 * the group, and is not to leave us without descriptors: half of them are not for strangers.  The
 * system gives the lowest number that is free.  nng calls this function instead of libc's, and is told
 * of a caller who went away again. */
int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int got = (int)syscall(SYS_accept, fd, addr, len);
	struct rlimit open;

	if (got == -1 || getrlimit(RLIMIT_NOFILE, &open) == -1 || (rlim_t)got < open.rlim_cur / 2 ||
	    !is_stranger(got))
		return got;
	close(got);
	errno = ECONNABORTED;
	return -1;
}

struct control_server {
	nng_socket socket;
	bool open;
	int fd;
	uid_t owner;
	uint8_t out[CONTROL_MAX_MESSAGE];
};

/* ---- closing ---- */

#define CLOSE_NS  (500 * NS_PER_MSEC)
#define MAX_STUCK 4

static void *close_now(void *arg)
{
	nng_close((nng_socket){ (uint32_t)(uintptr_t)arg });
	return NULL;
}

/* nng waits until all connections are closed, and loses count of them when a peer breaks one off at the
 * right moment: for ever, then.  So somebody else waits; what he waits for too long is left as it is. */
static void close_socket(nng_socket socket)
{
	static _Atomic unsigned stuck;
	struct timespec until;
	pthread_t closer;
	sigset_t all, old;
	int err;

	if (stuck >= MAX_STUCK)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&closer, NULL, close_now, (void *)(uintptr_t)socket.id);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err != 0)
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)CLOSE_NS;
	until.tv_sec += until.tv_nsec / (long)NS_PER_SEC;
	until.tv_nsec %= (long)NS_PER_SEC;
	if (pthread_timedjoin_np(closer, NULL, &until) == 0)
		return;
	pthread_detach(closer);
	stuck++;
	log_debug("a control socket does not close, left open");
}

static int to_errno(int err)
{
	switch (err) {
	case 0:
		return 0;
	case NNG_ENOMEM:
		return -ENOMEM;
	case NNG_ETIMEDOUT:
	case NNG_EAGAIN:
		return -ETIMEDOUT;
	case NNG_EADDRINUSE:
		return -EADDRINUSE;
	case NNG_ECONNREFUSED:
		return -ECONNREFUSED;
	case NNG_ENOENT:
		return -ENOENT;
	case NNG_EPERM:
		return -EPERM;
	case NNG_EADDRINVAL:
	case NNG_EINVAL:
		return -EINVAL;
	default:
		return (err & NNG_ESYSERR) != 0 ? -(err & ~NNG_ESYSERR) : -EPROTO;
	}
}

static int url_of(const char *path, char *url)
{
	return snprintf(url, URL_MAX, "ipc://%s", path) >= URL_MAX ? -ENAMETOOLONG : 0;
}

static int server_listen(struct control_server *s, const char *path)
{
	char url[URL_MAX];
	nng_listener listener;
	int err = url_of(path, url);

	if (err < 0)
		return err;
	if ((err = nng_rep0_open(&s->socket)) != 0)
		return to_errno(err);
	s->open = true;
	if ((err = nng_socket_set_size(s->socket, NNG_OPT_RECVMAXSZ, CONTROL_MAX_MESSAGE)) != 0 ||
	    (err = nng_listener_create(&listener, s->socket, url)) != 0 ||
	    (err = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0660)) != 0 ||
	    (err = nng_listener_start(listener, 0)) != 0 ||
	    (err = nng_socket_get_int(s->socket, NNG_OPT_RECVFD, &s->fd)) != 0)
		return to_errno(err);
	return 0;
}

int control_server_open(const char *path, struct control_server **ret)
{
	struct control_server *s = calloc(1, sizeof(*s));
	sigset_t all, old;
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->owner = geteuid();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = server_listen(s, path);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err < 0) {
		control_server_close(s);
		return err;
	}
	*ret = s;
	return 0;
}

void control_server_close(struct control_server *s)
{
	if (s == NULL)
		return;
	if (s->open)
		close_socket(s->socket);
	free(s);
}

int control_server_fd(const struct control_server *s)
{
	return s->fd;
}

/* The file mode lets in root, us and our group; the message's kind decides
 * which of them may ask for it. */
static bool permitted(const struct control_server *s, nng_msg *msg, enum control_kind kind)
{
	uint64_t uid;

	if (control_permission(kind) == CONTROL_WHO_ANY)
		return true;
	return nng_pipe_get_uint64(nng_msg_get_pipe(msg), NNG_OPT_IPC_PEER_UID, &uid) == 0 &&
	       (uid == 0 || uid == (uint64_t)s->owner);
}

static void refuse(struct control_answer *a, int err, const char *why)
{
	*a = (struct control_answer){ .result = err };
	snprintf(a->text, sizeof(a->text), "%s", why);
}

/* Turn the request in MSG into the answer in MSG. */
static int answer_one(struct control_server *s, nng_msg *msg,
		      void (*answer)(void *ctx, const struct control_request *req,
				     struct control_answer *ret),
		      void *ctx)
{
	struct control_request req;
	struct control_answer a = { 0 };
	ssize_t n;
	int err = control_decode_request(span_of(nng_msg_body(msg), nng_msg_len(msg)), &req);

	if (err == -EOPNOTSUPP)
		refuse(&a, err, "not known here");
	else if (err < 0)
		refuse(&a, err, "not a request");
	else if (!permitted(s, msg, req.kind))
		refuse(&a, -EPERM, "only root and the pipeline's owner may ask for that");
	else
		answer(ctx, &req, &a);
	n = control_encode_answer(s->out, sizeof(s->out), &a);
	if (n < 0)
		return (int)n;
	nng_msg_clear(msg);
	return to_errno(nng_msg_append(msg, s->out, (size_t)n));
}

void control_server_poll(struct control_server *s,
			 void (*answer)(void *ctx, const struct control_request *req,
					struct control_answer *ret),
			 void *ctx)
{
	for (unsigned i = 0; i < PER_POLL; i++) {
		struct pollfd ready = { .fd = s->fd, .events = POLLIN };
		nng_msg *msg;
		int err;

		/* One system call in the usual case; nng would take many. */
		if (poll(&ready, 1, 0) != 1)
			return;
		err = nng_recvmsg(s->socket, &msg, NNG_FLAG_NONBLOCK);

		if (err != 0) {
			if (err != NNG_EAGAIN)
				log_rationed(LOG_LEVEL_WARNING, "control socket: %s, events go on",
					     nng_strerror(err));
			return;
		}
		/* An answer that cannot go now is dropped: the asker has a time-out. */
		if (answer_one(s, msg, answer, ctx) < 0 ||
		    nng_sendmsg(s->socket, msg, NNG_FLAG_NONBLOCK) != 0)
			nng_msg_free(msg);
	}
}

/* Is anybody behind PATH?  Asked of the system, not of nng: that one would wait
 * for a greeting, and a process that is stopped sends none. */
static int knock(const char *path, struct control_peer *ret)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd, err = 0;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 && errno != EAGAIN)
		err = -errno;
	else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
		*ret = (struct control_peer){ cred.pid, cred.uid };
	close(fd);
	return err;
}

struct control_client {
	struct control_peer peer;
	uint8_t *page;
	nng_socket socket;
	bool open;
};

static int client_dial(struct control_client *c, const char *path, uint64_t timeout_ns)
{
	nng_duration ms = (nng_duration)(timeout_ns / NS_PER_MSEC);
	char url[URL_MAX];
	int err = url_of(path, url);

	if (err < 0 || (err = knock(path, &c->peer)) < 0)
		return err;
	if ((err = nng_req0_open(&c->socket)) != 0)
		return to_errno(err);
	c->open = true;
	/* The dial goes on by itself; sending waits for it, no longer than its time-out. */
	if ((err = nng_socket_set_ms(c->socket, NNG_OPT_SENDTIMEO, ms)) != 0 ||
	    (err = nng_socket_set_ms(c->socket, NNG_OPT_RECVTIMEO, ms)) != 0 ||
	    (err = nng_socket_set_size(c->socket, NNG_OPT_RECVMAXSZ, CONTROL_MAX_MESSAGE)) != 0 ||
	    (err = nng_dial(c->socket, url, NULL, NNG_FLAG_NONBLOCK)) != 0)
		return to_errno(err);
	return 0;
}

int control_client_open(const char *path, uint64_t timeout_ns, struct control_client **ret)
{
	struct control_client *c = calloc(1, sizeof(*c));
	sigset_t all, old;
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->peer.uid = (uid_t)-1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = client_dial(c, path, timeout_ns);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err < 0) {
		control_client_close(c);
		return err;
	}
	*ret = c;
	return 0;
}

void control_client_close(struct control_client *c)
{
	if (c == NULL)
		return;
	if (c->open)
		close_socket(c->socket);
	free(c->page);
	free(c);
}

struct control_peer control_client_peer(const struct control_client *c)
{
	return c->peer;
}

/* The answer's page outlives the message that it came in. */
static int keep_page(struct control_client *c, struct control_answer *a)
{
	struct span page = a->page;

	a->page = SPAN_NONE;
	free(c->page);
	c->page = NULL;
	if (page.n == 0)
		return 0;
	c->page = malloc(page.n);
	if (c->page == NULL)
		return -ENOMEM;
	memcpy(c->page, page.p, page.n);
	a->page = span_of(c->page, page.n);
	return 0;
}

int control_client_ask(struct control_client *c, const struct control_request *req,
		       struct control_answer *ret)
{
	uint8_t out[512];
	ssize_t n = control_encode_request(out, sizeof(out), req);
	nng_msg *msg = NULL;
	int err;

	if (n < 0)
		return (int)n;
	if ((err = nng_msg_alloc(&msg, 0)) != 0)
		return to_errno(err);
	if ((err = nng_msg_append(msg, out, (size_t)n)) != 0 ||
	    (err = nng_sendmsg(c->socket, msg, 0)) != 0) {
		nng_msg_free(msg);
		return to_errno(err);
	}
	if ((err = nng_recvmsg(c->socket, &msg, 0)) != 0)
		return to_errno(err);
	err = control_decode_answer(span_of(nng_msg_body(msg), nng_msg_len(msg)), ret);
	if (err == 0)
		err = keep_page(c, ret);
	nng_msg_free(msg);
	return err;
}

int control_ask(const char *path, const struct control_request *req, uint64_t timeout_ns,
		struct control_answer *ret)
{
	struct control_client *c;
	int err = control_client_open(path, timeout_ns, &c);

	if (err < 0)
		return err;
	err = control_client_ask(c, req, ret);
	ret->page = SPAN_NONE; /* goes with the connection */
	control_client_close(c);
	return err;
}
