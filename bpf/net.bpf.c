/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * net.bpf.c -- sockets are made, named, connected, and carry data.
 */
#include "family.bpf.h"

enum { EINPROGRESS_NUMBER = 115 };

/* ---- making and naming ---- */

static __always_inline void put_socketpair(struct build *b, long ret)
{
	struct sock *sk = NULL;
	struct file *file;
	int pair[2];

	put_u64(b, ret);
	if (ret < 0 || bpf_probe_read_user(pair, sizeof(pair), user_arg(b, 3)) != 0) {
		put_u64(b, -1);
		put_u64(b, -1);
		put_u64(b, 0);
		put_u64(b, 0);
		return;
	}
	put_int(b, pair[0]);
	put_int(b, pair[1]);
	file = file_of_fd(b->task, pair[0]);
	if (file != NULL)
		sk = sock_of_file(file,
				  LOOK(struct inode, LOOK(struct file, file, f_inode), i_mode));
	put_u64(b, (__u64)sk);
	put_u64(b, sk == NULL ? 0 : (__u64)LOOK(struct unix_sock, sk, peer));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_socketpair, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	params(&b, NPARAMS_SOCKET_SOCKETPAIR_X);
	put_socketpair(&b, ret);
	put_u32(&b, arg(&b, 0));
	put_u32(&b, arg(&b, 1));
	put_u32(&b, arg(&b, 2));
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_bind, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit_on_fd(&b))
		return 0;
	params(&b, NPARAMS_SOCKET_BIND_X);
	put_u64(&b, ret);
	put_user_address(&b, user_arg(&b, 1), arg(&b, 2));
	put_int(&b, arg(&b, 0));
	send(&b);
	return 0;
}

/* ---- connecting ---- */

/* What a thread's connect() has begun: the descriptor may be another file's, and the address another one, when
 * it ends, for it may wait, and other threads do not.  By the task's address. */
struct connecting {
	__u64 sk;
	__u64 start_ns; /* of the task */
	union user_address far;
};

enum { CONNECTING = 4096, STATE_SYN_SENT = 2, NR_IO_URING_ENTER = 426 };

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNECTING);
	__type(key, __u64);
	__type(value, struct connecting);
} connecting SEC(".maps");

static __always_inline void note_far(union user_address *far, const struct sock *sk)
{
	if (LOOK(struct sock, sk, __sk_common.skc_family) == FAMILY_INET) {
		far->family = FAMILY_INET;
		far->in.port = LOOK(struct sock, sk, __sk_common.skc_dport);
		far->in.ip = LOOK(struct sock, sk, __sk_common.skc_daddr);
	} else {
		far->family = FAMILY_INET6;
		far->in6.port = LOOK(struct sock, sk, __sk_common.skc_dport);
		bpf_core_read(far->in6.ip, sizeof(far->in6.ip), &sk->__sk_common.skc_v6_daddr);
	}
}

/* The descriptor that TASK's call is about. */
static __always_inline __s32 fd_of_call(struct task_struct *task, struct pt_regs *regs,
					const struct file *file)
{
	__s32 fd;

	if (!in_compat_syscall(task))
		return (__s32)REGS_ARG0(regs);
	fd = (__s32)NARROW_ARG0(regs);
	/* of socketcall the arguments are in memory */
	return file_of_fd(task, fd) == file
		       ? fd
		       : (__s32)user_u32((void *)(unsigned long)NARROW_ARG1(regs));
}

/* Tell of what C says has begun by another call than connect(): a send with MSG_FASTOPEN.  No call's end is waited for,
 * for nobody may want to see sends; so its own end may have no port yet, and what comes of it is not known.  Connections
 * of a ring's are told of by the ring's programs, and those of the kernel's sockets are no process's. */
static __always_inline void tell_begun(struct task_struct *task, struct pt_regs *regs,
				       const struct connecting *c)
{
	struct sock *sk = (struct sock *)c->sk;
	const struct socket *socket = LOOK(struct sock, sk, sk_socket);
	struct file *file = LOOK(struct socket, socket, file);
	struct build b;
	__s32 fd;

	if (file == NULL || (REGS_NR(regs) & ~X32_BIT) == NR_IO_URING_ENTER ||
	    task->flags & (PF_IO_WORKER_FLAG | PF_KTHREAD) ||
	    !begin(&b, task, EVENT_SOCKET_CONNECT_X, false))
		return;
	fd = fd_of_call(b.task, regs, file);
	put_file(&b, file, fd);
	put_kind_of_socket(&b, sk);
	params(&b, 4);
	put_u64(&b, -EINPROGRESS_NUMBER);
	put_var_len(&b, c->far.family == FAMILY_INET ? append_inet(&b, sk, TUPLE_OUT, NULL)
						     : append_inet6(&b, sk, TUPLE_OUT, NULL));
	put_int(&b, fd);
	put_address(&b, &c->far, NULL, sizeof(c->far));
	send(&b);
}

/* A stream's connection begins, within the call that asks for it.  Datagrams have no such state. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(connect_begun, const struct sock *sk, int before, int state)
{
	struct task_struct *task;
	struct connecting c = { 0 };
	const struct wanted *w;
	struct pt_regs *regs;
	enum call_abi abi;
	__u32 nr, cpu = bpf_get_smp_processor_id();
	struct scratch *s;
	__u64 key;

	if (state != STATE_SYN_SENT)
		return 0;
	task = bpf_get_current_task_btf();
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	nr = REGS_NR(regs);
	w = row_of_call(task, regs, bpf_map_lookup_elem(&wanted, &nr), &abi);
	s = bpf_map_lookup_elem(&scratch, &cpu);
	if (s == NULL || is_own(task))
		return 0;
	c.sk = address_in(s, sk);
	c.start_ns = task->start_boottime;
	note_far(&c.far, (const struct sock *)c.sk);
	if (w == NULL || w->code != EVENT_SOCKET_CONNECT_X) {
		tell_begun(task, regs, &c);
		return 0;
	}
	key = address_in(s, task);
	bpf_map_update_elem(&connecting, &key, &c, BPF_ANY);
	return 0;
}

/* The file of the socket that C is about; NULL if it is gone, or goes elsewhere by now. */
static __always_inline struct file *file_of_begun(const struct connecting *c)
{
	const struct sock *sk = (const struct sock *)c->sk;
	const struct socket *socket = LOOK(struct sock, sk, sk_socket);

	if ((__u64)LOOK(struct socket, socket, sk) != c->sk ||
	    LOOK(struct sock, sk, __sk_common.skc_dport) != c->far.in.port)
		return NULL;
	return LOOK(struct socket, socket, file);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_connect, struct pt_regs *regs, long ret)
{
	bool done = ret == 0 || ret == -EINPROGRESS_NUMBER;
	const struct connecting *c;
	union user_address far;
	struct sock *sk;
	struct build b;
	__u64 key;

	if (!begin_exit(&b)) {
		stay_on_stack(ctx);
		return 0;
	}
	key = b.s->call.task;
	c = bpf_map_lookup_elem(&connecting, &key);
	sk = put_file_of_fd(&b, arg(&b, 0));
	read_user_address(&far, user_arg(&b, 1), arg(&b, 2));
	if (done && c != NULL && c->start_ns == HEADER_OF(&b)->start_ns && c->sk != (__u64)sk) {
		struct file *file = file_of_begun(c);

		sk = file == NULL ? NULL : put_open_file(&b, file, (__s32)arg(&b, 0));
		far = c->far;
		if (sk == NULL)
			put_lost_socket(&b, (__s32)arg(&b, 0), far.family, TYPE_STREAM);
	} else if (done && sk == NULL) {
		put_lost_socket(&b, (__s32)arg(&b, 0), far.family, TYPE_DATAGRAM);
	}
	if (c != NULL)
		bpf_map_delete_elem(&connecting, &key);
	if (is_dropped(ret))
		return 0;
	params(&b, 4);
	put_u64(&b, ret);
	if (!done) /* no connection: the address alone is true */
		put_empty(&b);
	else if (sk == NULL)
		put_asked_tuple(&b, &far, user_arg(&b, 1), arg(&b, 2));
	else
		put_tuple(&b, sk, TUPLE_OUT, &far);
	put_int(&b, arg(&b, 0));
	put_address(&b, &far, user_arg(&b, 1), arg(&b, 2));
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_accept, struct pt_regs *regs, long ret)
{
	struct sock *sk = NULL, *listener = NULL;
	__u32 queued = 0, room = 0;
	struct file *file;
	struct build b;

	if (!begin_exit(&b))
		return 0;
	if (ret >= 0) {
		sk = put_file_of_fd(&b, ret);
		file = file_of_fd(b.task, (__s32)arg(&b, 0));
		if (file != NULL)
			listener = sock_of_file(
				file, LOOK(struct inode, LOOK(struct file, file, f_inode), i_mode));
	}
	if (listener != NULL) {
		queued = LOOK(struct sock, listener, sk_ack_backlog);
		room = LOOK(struct sock, listener, sk_max_ack_backlog);
	}
	params(&b, b.code == EVENT_SOCKET_ACCEPT4_6_X ? 6 : 5);
	put_u64(&b, ret);
	put_tuple(&b, sk, TUPLE_IN, NULL);
	put_u8(&b, room == 0 ? 0 : (__u64)queued * 100 / room);
	put_u32(&b, queued);
	put_u32(&b, room);
	if (b.code == EVENT_SOCKET_ACCEPT4_6_X)
		put_u32(&b, 0); /* flags: always 0 with Falco */
	send(&b);
	return 0;
}

/* ---- data ---- */

/* The first bytes of the N at USER that a read or write moved. */
static __always_inline void put_data(struct build *b, const void *user, long n)
{
	if (n > settings.snaplen)
		n = settings.snaplen;
	put_user_bytes(b, user, n > 0 ? n : 0);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_io, struct pt_regs *regs, long ret)
{
	const void *data;
	struct build b;

	if (!begin_exit_on_fd(&b))
		return 0;
	data = user_arg(&b, 1);
	switch (b.code) {
	case EVENT_SYSCALL_READ_X:
	case EVENT_SYSCALL_PREAD_X:
		params(&b, b.code == EVENT_SYSCALL_READ_X ? 4 : 5);
		put_u64(&b, ret);
		put_data(&b, data, ret);
		break;
	case EVENT_SYSCALL_WRITE_X:
	case EVENT_SYSCALL_PWRITE_X:
		/* What was not written is told too: it was meant to be. */
		params(&b, b.code == EVENT_SYSCALL_WRITE_X ? 4 : 5);
		put_u64(&b, ret);
		put_data(&b, data, ret > 0 ? ret : (long)arg(&b, 2));
		break;
	default:
		return 0;
	}
	put_int(&b, arg(&b, 0));
	put_u32(&b, arg(&b, 2));
	if (b.code == EVENT_SYSCALL_PREAD_X || b.code == EVENT_SYSCALL_PWRITE_X)
		put_u64(&b, position_arg(&b, 3));
	send(&b);
	return 0;
}

struct user_iovec {
	const void *base;
	unsigned long len;
};

struct user_msghdr {
	void *name;
	int name_len;
	struct user_iovec *iov;
	unsigned long iov_len;
	void *control;
	unsigned long control_len;
	unsigned int flags;
};

enum { IOVECS = 32, IOVEC_TURNS = 8 };

/* The same two as a 32-bit program has them. */
struct narrow_iovec {
	__u32 base, len;
};

struct narrow_msghdr {
	__u32 name, name_len, iov, iov_len, control, control_len, flags;
};

/* Take the next entry of the list at gather.at. */
static __always_inline bool read_iovec(struct scratch *s, struct user_iovec *v)
{
	struct gather *g = &s->gather;
	struct narrow_iovec narrow;

	if (!s->call.narrow) {
		if (bpf_probe_read_user(v, sizeof(*v), (void *)g->at) != 0)
			return false;
		g->at += sizeof(*v);
		return true;
	}
	if (bpf_probe_read_user(&narrow, sizeof(narrow), (void *)g->at) != 0)
		return false;
	g->at += sizeof(narrow);
	v->base = (void *)(unsigned long)narrow.base;
	v->len = narrow.len;
	return true;
}

/* The message header at USER; all zero if it cannot be read. */
static __always_inline void read_msghdr(struct build *b, struct user_msghdr *msg, const void *user)
{
	struct narrow_msghdr narrow = { 0 };

	__builtin_memset(msg, 0, sizeof(*msg));
	if (!b->s->call.narrow) {
		bpf_probe_read_user(msg, sizeof(*msg), user);
		return;
	}
	bpf_probe_read_user(&narrow, sizeof(narrow), user);
	msg->name = (void *)(unsigned long)narrow.name;
	msg->name_len = narrow.name_len;
	msg->iov = (void *)(unsigned long)narrow.iov;
	msg->iov_len = narrow.iov_len;
	msg->control = (void *)(unsigned long)narrow.control;
	msg->control_len = narrow.control_len;
}

/* What the next buffer of the list at gather.at holds of gather.moved bytes; false: there is none. */
static __always_inline bool gather_buffer(struct scratch *s)
{
	struct gather *g = &s->gather;
	__u32 off = g->off, have = off - g->start, take = settings.snaplen - have;
	__u64 moved = g->moved;
	struct user_iovec v;

	if (g->left == 0 || !read_iovec(s, &v))
		return false;
	g->left--;
	g->size += v.len;
	if (moved <= have || have >= settings.snaplen)
		return true;
	if (take > moved - have)
		take = moved - have;
	if (take > v.len)
		take = v.len;
	if (take <= TEXT_MAX &&
	    bpf_probe_read_user(s->build + (off & BUILD_MASK), take, v.base) == 0)
		g->off = off + take;
	return true;
}

/* The next buffers of CPU's list, for run_turns(). */
__noinline int gather_buffers(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);

	if (s == NULL)
		return 0;
	for (int i = 0; i < IOVEC_TURNS; i++)
		if (!gather_buffer(s))
			return 0;
	return 1;
}

/* The first bytes of what the N buffers at IOV hold, but not more than MOVED, as a parameter; their
 * size in all in *RET_SIZE. */
static __always_inline void put_iov_data(struct build *b, const struct user_iovec *iov,
					 unsigned long n, long moved, __u64 *ret_size)
{
	struct gather *g = &b->s->gather;

	g->at = (__u64)iov;
	g->left = n;
	g->moved = moved > 0 ? moved : 0;
	g->size = 0;
	g->start = g->off = b->off;
	run_turns(gather_buffers, b->cpu, IOVECS / IOVEC_TURNS);
	if (n > IOVECS)
		truncated(b); /* the size is that of the first ones */
	put_var_len(b, (g->off - g->start) & (2 * TEXT_MAX - 1));
	*ret_size = g->size;
}

/* sendto, recvfrom, send, recv */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_send, struct pt_regs *regs, long ret)
{
	const void *data;
	union user_address far;
	struct sock *sk;
	struct build b;
	__u32 far_len;

	if (!begin_exit(&b))
		return 0;
	sk = put_file_of_fd(&b, arg(&b, 0));
	if (ret < 0)
		sk = NULL;
	data = user_arg(&b, 1);
	far_len = arg(&b, 5);
	switch (b.code) {
	case EVENT_SOCKET_SENDTO_X:
	case EVENT_SOCKET_SEND_X:
		read_user_address(&far, user_arg(&b, 4),
				  b.code == EVENT_SOCKET_SENDTO_X ? far_len : 0);
		params(&b, 5);
		put_u64(&b, ret);
		put_data(&b, data, ret > 0 ? ret : (long)arg(&b, 2));
		put_int(&b, arg(&b, 0));
		put_u32(&b, arg(&b, 2));
		put_tuple(&b, sk, TUPLE_SENT, &far);
		break;
	case EVENT_SOCKET_RECVFROM_X: /* the length is behind a pointer, and has been set */
		far_len = 0;
		bpf_probe_read_user(&far_len, sizeof(far_len), user_arg(&b, 5));
		read_user_address(&far, user_arg(&b, 4), far_len);
		params(&b, 5);
		put_u64(&b, ret);
		put_data(&b, data, ret);
		put_tuple(&b, sk, TUPLE_IN, &far);
		put_int(&b, arg(&b, 0));
		put_u32(&b, arg(&b, 2));
		break;
	case EVENT_SOCKET_RECV_X:
		params(&b, 5);
		put_u64(&b, ret);
		put_data(&b, data, ret);
		put_int(&b, arg(&b, 0));
		put_u32(&b, arg(&b, 2));
		put_tuple(&b, sk, TUPLE_IN, NULL);
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

/* ---- data in many buffers ---- */

/* Put size and data, in either order: the size is known when the data has been gone through, so
 * its place is left open. */
static __always_inline void put_size_then_iov(struct build *b, const struct user_iovec *iov,
					      unsigned long n, long ret)
{
	__u64 size;

	put_u32(b, ret > 0 ? ret : 0);
	put_iov_data(b, iov, n, ret, &size);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_iov, struct pt_regs *regs, long ret)
{
	const struct user_iovec *iov;
	struct build b;
	__u64 size;

	if (!begin_exit_on_fd(&b))
		return 0;
	iov = user_arg(&b, 1);
	switch (b.code) {
	case EVENT_SYSCALL_READV_X:
	case EVENT_SYSCALL_PREADV_X:
		params(&b, b.code == EVENT_SYSCALL_READV_X ? 4 : 5);
		put_u64(&b, ret);
		put_size_then_iov(&b, iov, arg(&b, 2), ret);
		put_int(&b, arg(&b, 0));
		break;
	case EVENT_SYSCALL_WRITEV_X:
	case EVENT_SYSCALL_PWRITEV_X:
		params(&b, b.code == EVENT_SYSCALL_WRITEV_X ? 4 : 5);
		put_u64(&b, ret);
		put_iov_data(&b, iov, arg(&b, 2), ret > 0 ? ret : TEXT_MAX, &size);
		put_int(&b, arg(&b, 0));
		put_u32(&b, size);
		break;
	default:
		return 0;
	}
	if (b.code == EVENT_SYSCALL_PREADV_X || b.code == EVENT_SYSCALL_PWRITEV_X)
		put_u64(&b, halves_arg(&b, 3));
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_msg, struct pt_regs *regs, long ret)
{
	struct user_msghdr msg;
	union user_address far;
	struct sock *sk;
	struct build b;
	__u64 size;

	if (!begin_exit(&b))
		return 0;
	sk = put_file_of_fd(&b, arg(&b, 0));
	if (ret < 0)
		sk = NULL;
	read_msghdr(&b, &msg, user_arg(&b, 1));
	read_user_address(&far, msg.name, msg.name_len);
	switch (b.code) {
	case EVENT_SOCKET_SENDMSG_X:
		params(&b, 5);
		put_u64(&b, ret);
		put_iov_data(&b, msg.iov, msg.iov_len, ret > 0 ? ret : TEXT_MAX, &size);
		put_int(&b, arg(&b, 0));
		put_u32(&b, size);
		put_tuple(&b, sk, TUPLE_SENT, &far);
		break;
	case EVENT_SOCKET_RECVMSG_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_size_then_iov(&b, msg.iov, msg.iov_len, ret);
		put_tuple(&b, sk, TUPLE_IN, &far);
		put_user_bytes(&b, msg.control, ret < 0 ? 0 : msg.control_len);
		put_int(&b, arg(&b, 0));
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

/* ---- many messages at once ---- */

/* A program calls itself for each message, and the kernel lets it do so 33 times. */
enum { MESSAGES = 31, MMSGHDR_SIZE = 64, NARROW_MMSGHDR_SIZE = 32 };

/* The parameters of a call that moved nothing. */
static __always_inline void put_no_message(struct build *b, long ret)
{
	put_u64(b, ret);
	put_int(b, arg(b, 0));
	put_u32(b, 0);
	put_empty(b);
	put_empty(b);
	if (b->code == EVENT_SOCKET_RECVMMSG_X)
		put_empty(b);
}

/* Those of the message whose header is at USER: its own length is its result. */
static __always_inline void put_message(struct build *b, struct sock *sk, const void *user)
{
	bool received = b->code == EVENT_SOCKET_RECVMMSG_X;
	struct user_msghdr msg;
	union user_address far;
	__u64 size;
	__u32 len;

	read_msghdr(b, &msg, user);
	len = user_u32(user + (b->s->call.narrow ? sizeof(struct narrow_msghdr)
						 : sizeof(struct user_msghdr)));
	read_user_address(&far, msg.name, msg.name_len);
	put_u64(b, len);
	put_int(b, arg(b, 0));
	put_u32(b, len);
	put_iov_data(b, msg.iov, msg.iov_len, len, &size);
	put_tuple(b, sk, received ? TUPLE_IN : TUPLE_SENT, &far);
	if (received)
		put_user_bytes(b, msg.control, msg.control_len);
}

/* sendmmsg, recvmmsg: a record for each message. */
SEC("tp_btf/sys_exit")
int BPF_PROG(exit_mmsg, struct pt_regs *regs, long ret)
{
	struct sock *sk;
	struct build b;
	__u32 turn, stride;

	if (!begin_exit(&b))
		return 0;
	turn = b.s->call.turn;
	if (turn != 0 && turn >= ret)
		return 0;
	sk = put_file_of_fd(&b, arg(&b, 0));
	params(&b, b.code == EVENT_SOCKET_RECVMMSG_X ? 6 : 5);
	if (ret <= 0) {
		put_no_message(&b, ret);
		send(&b);
		return 0;
	}
	stride = b.s->call.narrow ? NARROW_MMSGHDR_SIZE : MMSGHDR_SIZE;
	put_message(&b, sk, user_arg(&b, 1) + turn * stride);
	if (turn == MESSAGES - 1 && ret > MESSAGES)
		truncated(&b); /* more are not told of */
	send(&b);
	if (turn >= MESSAGES - 1)
		return 0;
	b.s->call.turn = turn + 1;
	bpf_tail_call_static(ctx, &families, FAMILY_MMSG);
	return 0;
}

/* ---- options ---- */

/* sockopt_dynamic_param: what kind of value follows. */
enum { SOCKOPT_BYTES, SOCKOPT_ERRNO, SOCKOPT_U32, SOCKOPT_U64, SOCKOPT_TIME };

enum {
	OPTION_TYPE = 3,
	OPTION_ERROR = 4,
	OPTION_NO_CHECK = 11,
	OPTION_PRIORITY = 12,
	OPTION_LINGER = 13,
	OPTION_BSDCOMPAT = 14,
	OPTION_REUSEPORT = 15,
	OPTION_PASSCRED = 16,
	OPTION_PEERCRED = 17,
	OPTION_RCVTIMEO = 20,
	OPTION_SNDTIMEO = 21,
	OPTION_TIMESTAMP = 29,
	OPTION_RCVTIMEO_NEW = 66,
	OPTION_SNDTIMEO_NEW = 67,
	OPTION_COOKIE = 57,
};

/* The options of SOL_SOCKET that are one number, by bits. */
#define OPTION_BIT(n) (1ull << (n))
#define NUMBER_OPTIONS                                                                             \
	(0x1feull /* SO_DEBUG ... SO_RCVBUF */ | OPTION_BIT(9) | OPTION_BIT(10) |                  \
	 OPTION_BIT(OPTION_NO_CHECK) | OPTION_BIT(OPTION_PRIORITY) |                               \
	 OPTION_BIT(OPTION_BSDCOMPAT) | OPTION_BIT(OPTION_REUSEPORT) |                             \
	 OPTION_BIT(OPTION_PASSCRED) | OPTION_BIT(18) | OPTION_BIT(19) /* low water marks */ |     \
	 OPTION_BIT(OPTION_TIMESTAMP) | OPTION_BIT(30) /* SO_ACCEPTCONN */ | OPTION_BIT(32) |      \
	 OPTION_BIT(33) /* SO_SNDBUFFORCE, SO_RCVBUFFORCE */ | OPTION_BIT(34) | OPTION_BIT(35) |   \
	 OPTION_BIT(36) /* SO_MARK */ | OPTION_BIT(37) | OPTION_BIT(38) | OPTION_BIT(39) |         \
	 OPTION_BIT(40) | OPTION_BIT(41) | OPTION_BIT(42) | OPTION_BIT(43) | OPTION_BIT(44) |      \
	 OPTION_BIT(45) | OPTION_BIT(46) | OPTION_BIT(48) | OPTION_BIT(49))

static __always_inline void put_option_u64(struct build *b, __u8 kind, __u64 v)
{
	HERE(b, 0, __u8) = kind;
	HERE(b, 1, __u64) = v;
	put_len(b, 9);
}

/* struct timeval, of words of 32 bits where the program's are and the option is of old. */
static __always_inline bool read_timeval(struct build *b, const void *user, __u32 option,
					 __u64 *ret)
{
	__s64 wide[2];
	__s32 narrow[2];

	if (b->s->call.regs32 && option < OPTION_RCVTIMEO_NEW) {
		if (bpf_probe_read_user(narrow, sizeof(narrow), user) != 0)
			return false;
		wide[0] = narrow[0];
		wide[1] = narrow[1];
	} else if (bpf_probe_read_user(wide, sizeof(wide), user) != 0) {
		return false;
	}
	*ret = wide[0] * 1000000000 + wide[1] * 1000;
	return true;
}

static __always_inline void put_option_bytes(struct build *b, const void *user, __u32 len)
{
	__u64 n = len > settings.snaplen ? settings.snaplen : len;

	if (len > settings.snaplen)
		truncated(b);
	HERE(b, 0, __u8) = SOCKOPT_BYTES;
	if (n > TEXT_MAX)
		n = TEXT_MAX;
	if (n == 0 || bpf_probe_read_user(text_room(b) + 1, n, user) != 0)
		n = 0;
	put_var_len(b, 1 + n);
}

/* The value of LEN bytes at USER, in the form that goes with the option. */
static __always_inline void put_option(struct build *b, __u32 level, __u32 option, const void *user,
				       __u32 len)
{
	__u64 v = 0;

	if (level != 1) { /* SOL_SOCKET */
		put_option_bytes(b, user, len);
		return;
	}
	if ((option == OPTION_RCVTIMEO || option == OPTION_SNDTIMEO ||
	     option == OPTION_RCVTIMEO_NEW || option == OPTION_SNDTIMEO_NEW) &&
	    read_timeval(b, user, option, &v)) {
		put_option_u64(b, SOCKOPT_TIME, v);
	} else if (option == OPTION_COOKIE && len >= 8) {
		bpf_probe_read_user(&v, 8, user);
		put_option_u64(b, SOCKOPT_U64, v);
	} else if (option == OPTION_ERROR && len >= 4) {
		put_option_u64(b, SOCKOPT_ERRNO, -(__s64)(__s32)user_u32(user));
	} else if (option < 64 && (NUMBER_OPTIONS >> option & 1) && len >= 4) {
		HERE(b, 0, __u8) = SOCKOPT_U32;
		HERE(b, 1, __u32) = user_u32(user);
		put_len(b, 5);
	} else {
		put_option_bytes(b, user, len);
	}
	move_to(b, forget(b, b->off));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_sockopt, struct pt_regs *regs, long ret)
{
	__u32 level, option, len;
	struct build b;

	if (!begin_exit_on_fd(&b))
		return 0;
	level = arg(&b, 1);
	option = arg(&b, 2);
	/* Of what is asked for the length is behind a pointer, and has been set. */
	len = b.code == EVENT_SOCKET_GETSOCKOPT_X ? user_u32(user_arg(&b, 4)) : (__u32)arg(&b, 4);
	params(&b, NPARAMS_SOCKET_SETSOCKOPT_X);
	put_u64(&b, ret);
	put_int(&b, arg(&b, 0));
	put_u8(&b, ppm_sockopt_level(level));
	put_u8(&b, ppm_sockopt_option(level, option));
	put_option(&b, level, option, user_arg(&b, 3), len);
	put_u32(&b, len);
	send(&b);
	return 0;
}
