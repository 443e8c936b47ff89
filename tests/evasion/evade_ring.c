/* SPDX-License-Identifier: Apache-2.0
 *
 * evade_ring.c -- the actions of evade that have the kernel do it by a ring of requests (io_uring).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "evade.h"

struct uring {
	int fd;
	uint8_t *sq, *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
	unsigned asked;
};

/* A ring with room to tell of ROOM requests, 0: as it has by itself. */
static void uring_open_with(struct uring *u, unsigned room)
{
	size_t n;

	memset(u, 0, sizeof(*u));
	u->p.flags = room > 0 ? IORING_SETUP_CQSIZE : 0;
	u->p.cq_entries = room;
	u->fd = (int)syscall(SYS_io_uring_setup, 4, &u->p);
	if (u->fd < 0) {
		fprintf(stderr, "evade: io_uring: %s\n", strerror(errno));
		exit(CANNOT);
	}
	n = u->p.sq_off.array + u->p.sq_entries * sizeof(unsigned);
	u->sq = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
		     IORING_OFF_SQ_RING);
	u->cq = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
		     IORING_OFF_CQ_RING);
	u->sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
		       IORING_OFF_SQES);
	if (u->sq == MAP_FAILED || u->cq == MAP_FAILED || (void *)u->sqes == MAP_FAILED)
		die("mmap");
}

static void uring_open(struct uring *u)
{
	uring_open_with(u, 0);
}

/* Put REQUEST where the kernel looks for the next one. */
static void uring_put(struct uring *u, struct io_uring_sqe request)
{
	unsigned at = u->asked++ % u->p.sq_entries;

	u->sqes[at] = request;
	((unsigned *)(void *)(u->sq + u->p.sq_off.array))[at] = at;
	atomic_store((_Atomic unsigned *)(void *)(u->sq + u->p.sq_off.tail), u->asked);
}

/* Have the kernel take up N requests and do the first WAIT of all. */
static void uring_enter(struct uring *u, unsigned n, unsigned wait)
{
	must(syscall(SYS_io_uring_enter, u->fd, n, wait, wait != 0 ? IORING_ENTER_GETEVENTS : 0,
		     NULL, 0),
	     "io_uring_enter");
}

/* Let the kernel do REQUEST, as each before it; what it gives back. */
static int uring_do(struct uring *u, struct io_uring_sqe request)
{
	const struct io_uring_cqe *cqes = (const void *)(u->cq + u->p.cq_off.cqes);

	uring_put(u, request);
	uring_enter(u, 1, u->asked);
	return cqes[u->asked - 1].res;
}

/* Let the ring do REQUEST; what comes of it. */
static int by_uring(struct io_uring_sqe request)
{
	struct uring u;
	int res;

	uring_open(&u);
	res = uring_do(&u, request);
	errno = res < 0 ? -res : 0;
	return (int)must(res < 0 ? -1 : res, "io_uring");
}

void do_uring_open(char **arg)
{
	look_into(by_uring((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
						  .fd = AT_FDCWD,
						  .addr = (uintptr_t)arg[0],
						  .open_flags = O_RDONLY }));
}

/* A thread of the kernel's does it. */
void do_uring_open_apart(char **arg)
{
	struct open_how how = { .flags = O_RDONLY };

	look_into(by_uring((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT2,
						  .flags = IOSQE_ASYNC,
						  .fd = AT_FDCWD,
						  .addr = (uintptr_t)arg[0],
						  .len = sizeof(how),
						  .off = (uintptr_t)&how }));
}

/* The file gets no descriptor, just a place in the ring. */
void do_uring_open_direct(char **arg)
{
	static int32_t none = -1;
	struct uring u;
	int res;

	uring_open(&u);
	must(syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_FILES, &none, 1), "register");
	res = uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
						  .fd = AT_FDCWD,
						  .addr = (uintptr_t)arg[0],
						  .file_index = 1,
						  .open_flags = O_RDONLY });
	errno = res < 0 ? -res : 0;
	must(res < 0 ? -1 : res, arg[0]);
}

/* Let the ring do REQUEST; nobody is told when it is done.  The ring's descriptor. */
static int silently(struct io_uring_sqe request)
{
	struct uring u;

	uring_open(&u);
	request.flags |= IOSQE_CQE_SKIP_SUCCESS;
	uring_put(&u, request);
	uring_enter(&u, 1, 0);
	return u.fd;
}

void do_uring_open_silent(char **arg)
{
	look_into(silently((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
						  .fd = AT_FDCWD,
						  .addr = (uintptr_t)arg[0],
						  .open_flags = O_RDONLY }) +
		  1);
}

/* Let the ring do REQUEST when it has no room left to say what came of it: as many others before it were
 * done as it has room for, and nobody looks. */
static void overflowing(struct io_uring_sqe request)
{
	struct uring u;
	unsigned room;

	uring_open(&u);
	memcpy(&room, u.cq + u.p.cq_off.ring_entries, sizeof(room));
	for (unsigned i = 0; i <= room; i++) {
		uring_put(&u,
			  i < room ? (struct io_uring_sqe){ .opcode = IORING_OP_NOP } : request);
		uring_enter(&u, 1, 0);
	}
	usleep(100000);
}

void do_uring_open_overflow(char **arg)
{
	int next = dup(0);

	close(next); /* where the file will be, for nobody says it: the ring is the next */
	overflowing((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
					   .fd = AT_FDCWD,
					   .addr = (uintptr_t)arg[0],
					   .open_flags = O_RDONLY });
	look_into(next + 1);
}

void do_uring_open_overflow_apart(char **arg)
{
	overflowing((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
					   .flags = IOSQE_ASYNC,
					   .fd = AT_FDCWD,
					   .addr = (uintptr_t)arg[0],
					   .open_flags = O_RDONLY });
}

void do_uring_rename(char **arg)
{
	by_uring((struct io_uring_sqe){ .opcode = IORING_OP_RENAMEAT,
					.fd = AT_FDCWD,
					.addr = (uintptr_t)arg[0],
					.len = (unsigned)AT_FDCWD,
					.off = (uintptr_t)arg[1] });
}

void do_uring_link(char **arg)
{
	by_uring((struct io_uring_sqe){ .opcode = IORING_OP_LINKAT,
					.fd = AT_FDCWD,
					.addr = (uintptr_t)arg[0],
					.len = (unsigned)AT_FDCWD,
					.off = (uintptr_t)arg[1] });
}

void do_uring_unlink(char **arg)
{
	by_uring((struct io_uring_sqe){
		.opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD, .addr = (uintptr_t)arg[0] });
}

/* Connect to a port of this machine's, and send something. */
void do_uring_connect(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(arg[0], NULL, 10)) };
	int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	by_uring((struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&to, .off = sizeof(to) });
	by_uring((struct io_uring_sqe){
		.opcode = IORING_OP_SEND, .fd = fd, .addr = (uintptr_t) "hello", .len = 5 });
}

void do_uring_connect_silent(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(arg[0], NULL, 10)) };
	int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	silently((struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&to, .off = sizeof(to) });
	must(send(fd, "hello", 5, 0), "send");
}

void do_uring_connect_overflow(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(arg[0], NULL, 10)) };
	int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	overflowing((struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&to, .off = sizeof(to) });
	must(send(fd, "hello", 5, 0), "send");
}

/* Connect a socket that is in the ring alone, and has no descriptor. */
void do_uring_connect_direct(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(arg[0], NULL, 10)) };
	struct io_uring_sqe make = {
		.opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM, .file_index = 1
	};
	struct io_uring_sqe reach = { .opcode = IORING_OP_CONNECT,
				      .flags = IOSQE_FIXED_FILE,
				      .fd = 0,
				      .addr = (uintptr_t)&to,
				      .off = sizeof(to) };
	static int32_t none = -1;
	struct uring u;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	uring_open(&u);
	must(syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_FILES, &none, 1), "register");
	if (strcmp(arg[1], "linked") == 0) { /* there is no socket yet when it is asked for */
		make.flags |= IOSQE_IO_LINK;
		reach.flags |= IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_LINK;
		uring_put(&u, make);
		uring_put(&u, reach);
		uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_NOP });
		uring_enter(&u, 3, 2);
	} else {
		uring_do(&u, make);
		if (strcmp(arg[1], "silent") == 0)
			reach.flags |= IOSQE_CQE_SKIP_SUCCESS;
		uring_put(&u, reach);
		uring_enter(&u, 1, reach.flags & IOSQE_CQE_SKIP_SUCCESS ? 1 : 2);
	}
	/* Whether it is connected only the ring can say. */
	memset((void *)(u.cq + u.p.cq_off.cqes), 0, sizeof(struct io_uring_cqe) * 8);
	uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_SEND,
					     .flags = IOSQE_FIXED_FILE,
					     .fd = 0,
					     .addr = (uintptr_t) "hello",
					     .len = 5 });
	uring_enter(&u, 1, 0);
	usleep(100000);
	for (unsigned i = 0; i < 8; i++) {
		const struct io_uring_cqe *cqes = (const void *)(u.cq + u.p.cq_off.cqes);

		if (cqes[i].res == 5)
			return;
	}
	errno = ENOTCONN;
	die("the ring");
}

/* Have ARG[0] requests to send wait all at once; then there is room for them. */
void do_uring_pile(char **arg)
{
	unsigned n = (unsigned)strtoul(arg[0], NULL, 10), done;
	static char much[65536];
	struct uring u;
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	while (send(pair[0], much, sizeof(much), MSG_DONTWAIT) > 0)
		;
	uring_open_with(&u, n);
	for (unsigned i = 0; i < n; i++) {
		uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_SEND,
						     .fd = pair[0],
						     .addr = (uintptr_t) "hello",
						     .len = 5 });
		uring_enter(&u, 1, 0);
	}
	for (unsigned i = 0; i < 2000; i++) {
		while (recv(pair[1], much, sizeof(much), MSG_DONTWAIT) > 0)
			;
		uring_enter(&u, 0, 0);
		memcpy(&done, u.cq + u.p.cq_off.tail, sizeof(done));
		if (done == n)
			return;
		usleep(1000);
	}
	errno = ETIME;
	die("the ring");
}

/* Send a datagram to a socket of this process's own, by a buffer or by a message, copied or not. */
void do_uring_send(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t n = sizeof(to);
	struct iovec iov = { (char[]){ "hello" }, 5 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	static const struct {
		const char *name;
		uint8_t op;
	} ways[] = { { "send", IORING_OP_SEND },
		     { "sendmsg", IORING_OP_SENDMSG },
		     { "send-zc", IORING_OP_SEND_ZC },
		     { "sendmsg-zc", IORING_OP_SENDMSG_ZC },
		     { "sendmsg-elsewhere", IORING_OP_SENDMSG } };
	int from = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	int at = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	char got[8];

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(at, (struct sockaddr *)&to, sizeof(to)), "bind");
	must(getsockname(at, (struct sockaddr *)&to, &n), "getsockname");
	if (strcmp(arg[0], "sendmsg-elsewhere") == 0) {
		connect_to_nobody(from, AF_INET);
		m.msg_name = &to;
		m.msg_namelen = sizeof(to);
	} else {
		must(connect(from, (struct sockaddr *)&to, sizeof(to)), "connect");
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		bool message =
			ways[i].op == IORING_OP_SENDMSG || ways[i].op == IORING_OP_SENDMSG_ZC;

		if (strcmp(arg[0], ways[i].name) != 0)
			continue;
		by_uring((struct io_uring_sqe){ .opcode = ways[i].op,
						.fd = from,
						.addr = message ? (uintptr_t)&m
								: (uintptr_t)iov.iov_base,
						.len = message ? 1 : 5 });
	}
	must(recv(at, got, sizeof(got), MSG_DONTWAIT), "recv");
	printf("%u\n", ntohs(to.sin_port));
}
