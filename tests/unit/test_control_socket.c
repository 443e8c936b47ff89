/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket: questions are answered, and clients that hang up, lie, send too much or take
 * nothing take nothing away from the next one; no server can make a client wait.  nng, which has the
 * same protocol, understands both.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "support/few_fds.h"

static char dir[] = "/tmp/mews-control-XXXXXX";
static char path[128];
static struct control_server *server;
static atomic_bool ending;
static pthread_t thread;

static void answer(void *ctx, const struct control_request *req, struct control_answer *ret)
{
	(void)ctx;
	snprintf(ret->text, sizeof(ret->text), "%d %s", (int)req->kind, req->argument);
}

static void *serve(void *arg)
{
	(void)arg;
	while (!atomic_load(&ending)) {
		control_server_poll(server, answer, NULL);
		usleep(1000);
	}
	return NULL;
}

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.ctl", dir);
	cr_assert(eq(int, control_server_open(path, &server), 0));
	pthread_create(&thread, NULL, serve, NULL);
}

static void end(void)
{
	atomic_store(&ending, true);
	pthread_join(thread, NULL);
	control_server_close(server);
	unlink(path);
	rmdir(dir);
}

TestSuite(control_socket, .init = begin, .fini = end, .timeout = 30);

static int ask(const char *argument, struct control_answer *a)
{
	struct control_request req = { .kind = CONTROL_STATUS };

	snprintf(req.argument, sizeof(req.argument), "%s", argument);
	return control_ask(path, &req, 3 * NS_PER_SEC, a);
}

static int raw_client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(addr.sun_path, path, strlen(path));
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	return fd;
}

Test(control_socket, a_question_is_answered)
{
	struct control_answer a;

	cr_assert(eq(int, ask("hello", &a), 0));
	cr_assert_str_eq(a.text, "1 hello");
}

Test(control_socket, one_connection_takes_many_questions)
{
	struct control_request req = { .kind = CONTROL_STOP };
	struct control_client *c;
	struct control_answer a;

	cr_assert(eq(int, control_client_open(path, NS_PER_SEC, &c), 0));
	for (int i = 0; i < 50; i++) {
		cr_assert(eq(int, control_client_ask(c, &req, &a), 0));
		cr_assert_str_eq(a.text, "2 ");
	}
	control_client_close(c);
}

Test(control_socket, nobody_there_is_said_at_once)
{
	struct control_request req = { .kind = CONTROL_STATUS };
	struct control_answer a;

	cr_assert(eq(int, control_ask("/tmp/mews-nobody.ctl", &req, NS_PER_SEC, &a), -ENOENT));
}

Test(control_socket, a_second_server_at_the_same_place_is_refused)
{
	struct control_server *second;

	cr_assert(eq(int, control_server_open(path, &second), -EADDRINUSE));
}

Test(control_socket, clients_that_hang_up_before_the_greeting_stop_nobody)
{
	struct rusage before, after;
	struct control_answer a;

	for (int i = 0; i < 100; i++)
		close(raw_client());
	cr_assert(eq(int, ask("still there", &a), 0));
	cr_assert_str_eq(a.text, "1 still there");
	/* And nobody spins over what they have left. */
	getrusage(RUSAGE_SELF, &before);
	usleep(300000);
	getrusage(RUSAGE_SELF, &after);
	cr_assert(lt(long,
		     (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
		      before.ru_stime.tv_sec) *
				     1000000L +
			     after.ru_utime.tv_usec - before.ru_utime.tv_usec +
			     after.ru_stime.tv_usec - before.ru_stime.tv_usec,
		     200000L));
}

Test(control_socket, clients_that_say_nothing_or_nonsense_stop_nobody)
{
	static const uint8_t greeting[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	static const uint8_t huge[] = { 1, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t nonsense[] = { 1, 0, 0, 0, 0, 0, 0, 0, 8, 0x80, 0, 0, 1, 1, 2, 3, 4 };
	struct control_answer a;
	int silent = raw_client(), other = raw_client(), third = raw_client();

	cr_assert(eq(long, (long)write(other, greeting, sizeof(greeting)), sizeof(greeting)));
	cr_assert(eq(long, (long)write(other, huge, sizeof(huge)), sizeof(huge)));
	cr_assert(eq(long, (long)write(third, greeting, sizeof(greeting)), sizeof(greeting)));
	cr_assert(eq(long, (long)write(third, nonsense, sizeof(nonsense)), sizeof(nonsense)));
	cr_assert(eq(int, ask("still there", &a), 0));
	cr_assert_str_eq(a.text, "1 still there");
	close(silent);
	close(other);
	close(third);
	cr_assert(eq(int, ask("and now", &a), 0));
}

Test(control_socket, a_crowd_that_stays_shuts_nobody_out)
{
	struct control_answer a;
	int crowd[300];

	for (unsigned i = 0; i < ARRAY_LEN(crowd); i++) {
		crowd[i] = raw_client();
		usleep(200);
	}
	cr_assert(eq(int, ask("through the crowd", &a), 0));
	cr_assert_str_eq(a.text, "1 through the crowd");
	for (unsigned i = 0; i < ARRAY_LEN(crowd); i++)
		close(crowd[i]);
}

/* A question, as often as the socket takes it; no answer is ever taken. */
Test(control_socket, who_takes_no_answers_holds_up_nobody)
{
	static const uint8_t greeting[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	struct control_request req = { .kind = CONTROL_STATUS };
	uint8_t out[13 + 512] = { 1 };
	ssize_t n = control_encode_request(out + 13, 512, &req);
	struct control_answer a;
	int fd = raw_client();

	out[8] = (uint8_t)(n + 4);
	out[9] = 0x80;
	cr_assert(eq(long, (long)send(fd, greeting, sizeof(greeting), 0), sizeof(greeting)));
	for (unsigned i = 0, full = 0; i < 200000 && full < 20; i++)
		if (send(fd, out, (size_t)n + 13, MSG_DONTWAIT) == -1) {
			full++;
			usleep(2000);
		}
	cr_assert(eq(int, ask("after that", &a), 0));
	cr_assert_str_eq(a.text, "1 after that");
	close(fd);
}

Test(control_socket, a_server_that_came_anew_is_asked_by_the_same_client)
{
	struct control_request req = { .kind = CONTROL_STATUS };
	struct control_client *c;
	struct control_answer a;

	cr_assert(eq(int, control_client_open(path, NS_PER_SEC, &c), 0));
	cr_assert(eq(int, control_client_ask(c, &req, &a), 0));
	atomic_store(&ending, true);
	pthread_join(thread, NULL);
	control_server_close(server);
	cr_assert(lt(int, control_client_ask(c, &req, &a), 0));
	cr_assert(eq(int, control_server_open(path, &server), 0));
	atomic_store(&ending, false);
	pthread_create(&thread, NULL, serve, NULL);
	cr_assert(eq(int, control_client_ask(c, &req, &a), 0));
	control_client_close(c);
}

/* ---- nng ---- */

static const char *url(const char *name)
{
	static char text[200];

	snprintf(text, sizeof(text), "ipc://%s", name);
	return text;
}

Test(control_socket, nng_asks)
{
	struct control_request req = { .kind = CONTROL_STATUS, .argument = "by nng" };
	static struct control_answer a;
	uint8_t out[512];
	ssize_t n = control_encode_request(out, sizeof(out), &req);
	nng_socket s;
	nng_msg *msg;

	cr_assert(eq(int, nng_req0_open(&s), 0));
	nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 5000);
	cr_assert(eq(int, nng_dial(s, url(path), NULL, 0), 0));
	for (unsigned i = 0; i < 20; i++) {
		cr_assert(eq(int, nng_send(s, out, (size_t)n, 0), 0));
		cr_assert(eq(int, nng_recvmsg(s, &msg, 0), 0));
		cr_assert(
			eq(int,
			   control_decode_answer(span_of(nng_msg_body(msg), nng_msg_len(msg)), &a),
			   0));
		cr_assert_str_eq(a.text, "1 by nng");
		nng_msg_free(msg);
	}
	nng_close(s);
}

static void *answer_by_nng(void *arg)
{
	const nng_socket *s = arg;
	struct control_answer a = { .text = "nng says" };
	static uint8_t out[CONTROL_MAX_MESSAGE];
	ssize_t n = control_encode_answer(out, sizeof(out), &a);
	nng_msg *msg;

	while (nng_recvmsg(*s, &msg, 0) == 0) {
		nng_msg_clear(msg);
		nng_msg_append(msg, out, (size_t)n);
		if (nng_sendmsg(*s, msg, 0) != 0)
			nng_msg_free(msg);
	}
	return NULL;
}

Test(control_socket, nng_is_asked)
{
	struct control_request req = { .kind = CONTROL_STATUS };
	struct control_answer a;
	char other[160];
	pthread_t t;
	nng_socket s;

	snprintf(other, sizeof(other), "%s/nng.ctl", dir);
	cr_assert(eq(int, nng_rep0_open(&s), 0));
	cr_assert(eq(int, nng_listen(s, url(other), NULL, 0), 0));
	pthread_create(&t, NULL, answer_by_nng, &s);
	for (unsigned i = 0; i < 20; i++) {
		cr_assert(eq(int, control_ask(other, &req, 5 * NS_PER_SEC, &a), 0));
		cr_assert_str_eq(a.text, "nng says");
	}
	nng_close(s);
	pthread_join(t, NULL);
	unlink(other);
}

/* ---- servers that lie ---- */

static const uint8_t *lie;
static size_t lie_length;

static void *tell_lies(void *arg)
{
	int listener = *(int *)arg;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1)
			return NULL;
		(void)!send(fd, lie, lie_length, MSG_NOSIGNAL);
		/* and stays */
	}
}

static int ask_liar(const void *words, size_t n)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct control_request req = { .kind = CONTROL_STATUS };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), err;
	struct control_answer a;
	pthread_t t;

	lie = words;
	lie_length = n;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/liar.ctl", dir);
	cr_assert(eq(int, bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0));
	cr_assert(eq(int, listen(listener, 4), 0));
	pthread_create(&t, NULL, tell_lies, &listener);
	err = control_ask(addr.sun_path, &req, 200 * NS_PER_MSEC, &a);
	shutdown(listener, SHUT_RDWR);
	pthread_join(t, NULL);
	close(listener);
	unlink(addr.sun_path);
	return err;
}

Test(control_socket, a_server_that_lies_or_is_silent_makes_nobody_wait)
{
	static const uint8_t other[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	static const uint8_t huge[] = { 0, 'S',	 'P',  0,    0,	   0x31, 0,    0,   1,
					0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t foreign[] = { 0, 'S', 'P', 0, 0, 0x31, 0, 0, 1, 0, 0,
					   0, 0,   0,	0, 0, 4,    1, 2, 3, 4 };

	cr_assert(eq(int, ask_liar("", 0), -ETIMEDOUT));
	cr_assert(eq(int, ask_liar(other, sizeof(other)), -EPROTO));
	cr_assert(eq(int, ask_liar(huge, sizeof(huge)), -EPROTO));
	cr_assert(eq(int, ask_liar(huge, 12), -ETIMEDOUT));
	cr_assert(eq(int, ask_liar(foreign, sizeof(foreign)), -ETIMEDOUT));
}

static bool is_ready(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1;
}

/* A stage without descriptors is not kept busy by who waits to be let in. */
Test(control_socket, who_cannot_be_let_in_waits_and_is_let_in_later)
{
	struct control_server *other;
	struct rlimit all;
	char greeting[8];
	int client;

	snprintf(path, sizeof(path), "%s/y.ctl", dir);
	cr_assert(eq(int, control_server_open(path, &other), 0));
	client = raw_client();
	all = few_fds_begin();
	cr_assert(is_ready(control_server_fd(other), 1000));
	control_server_poll(other, answer, NULL);
	cr_assert_not(is_ready(control_server_fd(other), 0));
	cr_assert(lt(u64, control_server_due(other).ns, mono_after(mono_now(), NS_PER_SEC).ns));
	few_fds_end(&all);
	for (int i = 0; i < 100 && !is_ready(client, 0); i++) {
		usleep(20000);
		control_server_poll(other, answer, NULL);
	}
	cr_assert(eq(i64, read(client, greeting, sizeof(greeting)), 8));
	close(client);
	control_server_close(other);
	unlink(path);
	snprintf(path, sizeof(path), "%s/x.ctl", dir);
}
