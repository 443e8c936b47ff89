/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket over real nng: questions are answered, and clients that
 * hang up, lie or send too much take nothing away from the next one.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
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

Test(control_socket, who_listens_is_asked_of_the_system)
{
	struct control_client *c;
	struct control_peer peer;

	cr_assert(eq(int, control_client_open(path, NS_PER_SEC, &c), 0));
	peer = control_client_peer(c);
	cr_assert(eq(int, (int)peer.pid, (int)getpid()));
	cr_assert(eq(int, (int)peer.uid, (int)geteuid()));
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
	/* And no thread of nng's spins over what they have left. */
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
