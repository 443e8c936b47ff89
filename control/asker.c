/* SPDX-License-Identifier: Apache-2.0
 *
 * asker.c -- the operator's program asks with nng, as anybody's can; the stages, which may
 * not have its threads and must bound who calls, answer and ask in its protocol by themselves
 * (common/control_server.c, common/control_socket.c).  Its threads are born with all signals blocked, so
 * that a signal always meets the one thread that is ours.
 */
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "asker.h"
#include "log.h"

#define URL_MAX 128 /* NNG_MAXADDRLEN */

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

/* ---- asking ---- */

/* Is anybody behind PATH?  Asked of the system, not of nng: that one would wait
 * for a greeting, and a process that is stopped sends none. */
static int knock(const char *path, struct asker_peer *ret)
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
		*ret = (struct asker_peer){ cred.pid, cred.uid };
	close(fd);
	return err;
}

struct asker {
	struct asker_peer peer;
	uint8_t *page;
	nng_socket socket;
	bool open;
};

static int client_dial(struct asker *c, const char *path, uint64_t timeout_ns)
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

int asker_open(const char *path, uint64_t timeout_ns, struct asker **ret)
{
	struct asker *c = calloc(1, sizeof(*c));
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
		asker_close(c);
		return err;
	}
	*ret = c;
	return 0;
}

void asker_close(struct asker *c)
{
	if (c == NULL)
		return;
	if (c->open)
		close_socket(c->socket);
	free(c->page);
	free(c);
}

struct asker_peer asker_peer(const struct asker *c)
{
	return c->peer;
}

int asker_ask(struct asker *c, const struct control_request *req, struct control_answer *ret)
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
		err = control_keep_page(&c->page, ret);
	nng_msg_free(msg);
	return err;
}

int asker_ask_once(const char *path, const struct control_request *req, uint64_t timeout_ns,
		   struct control_answer *ret)
{
	struct asker *c;
	int err = asker_open(path, timeout_ns, &c);

	if (err < 0)
		return err;
	err = asker_ask(c, req, ret);
	ret->page = SPAN_NONE; /* goes with the connection */
	asker_close(c);
	return err;
}
