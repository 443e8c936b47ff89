/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * net.bpf.c -- sockets are made, named, connected, and carry data.
 */
#include "family.bpf.h"

enum { EINPROGRESS_NUMBER = 115 };

/* ---- making and naming ---- */

static __always_inline void put_socketpair(struct build *b, struct pt_regs *regs, long ret)
{
	struct sock *sk = NULL;
	struct file *file;
	int pair[2];

	put_u64(b, ret);
	if (ret < 0 || bpf_probe_read_user(pair, sizeof(pair), (void *)REGS_ARG3(regs)) != 0) {
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
int BPF_PROG(exit_socket, struct pt_regs *regs, long ret)
{
	struct build b;

	if (begin_exit(&b, regs) == NULL)
		return 0;
	switch (b.code) {
	case EVENT_SOCKET_SOCKET_X:
		if (ret >= 0)
			put_file_of_fd(&b, ret);
		params(&b, 5);
		put_u64(&b, ret);
		put_u32(&b, REGS_ARG0(regs));
		put_u32(&b, REGS_ARG1(regs));
		put_u32(&b, REGS_ARG2(regs));
		put_u32(&b, ppm_fd_flags(REGS_ARG1(regs)));
		break;
	case EVENT_SOCKET_SOCKETPAIR_X:
		params(&b, 8);
		put_socketpair(&b, regs, ret);
		put_u32(&b, REGS_ARG0(regs));
		put_u32(&b, REGS_ARG1(regs));
		put_u32(&b, REGS_ARG2(regs));
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_bind, struct pt_regs *regs, long ret)
{
	struct build b;

	if (begin_exit_on_fd(&b, regs, REGS_ARG0(regs)) == NULL)
		return 0;
	switch (b.code) {
	case EVENT_SOCKET_BIND_X:
		params(&b, 3);
		put_u64(&b, ret);
		put_user_address(&b, (void *)REGS_ARG1(regs), REGS_ARG2(regs));
		put_int(&b, REGS_ARG0(regs));
		break;
	case EVENT_SOCKET_LISTEN_X:
		params(&b, 3);
		put_u64(&b, ret);
		put_int(&b, REGS_ARG0(regs));
		put_u32(&b, REGS_ARG1(regs));
		break;
	case EVENT_SOCKET_SHUTDOWN_X:
		params(&b, 3);
		put_u64(&b, ret);
		put_int(&b, REGS_ARG0(regs));
		put_u8(&b, REGS_ARG1(regs));
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

/* ---- connecting ---- */

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_connect, struct pt_regs *regs, long ret)
{
	union user_address far;
	struct sock *sk;
	struct build b;

	if (begin_exit(&b, regs) == NULL)
		return 0;
	sk = put_file_of_fd(&b, REGS_ARG0(regs));
	if (ret != 0 && ret != -EINPROGRESS_NUMBER)
		sk = NULL; /* no connection: the address alone is true */
	read_user_address(&far, (void *)REGS_ARG1(regs), REGS_ARG2(regs));
	params(&b, 4);
	put_u64(&b, ret);
	put_tuple(&b, sk, TUPLE_OUT, &far);
	put_int(&b, REGS_ARG0(regs));
	put_user_address(&b, (void *)REGS_ARG1(regs), REGS_ARG2(regs));
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

	if (begin_exit(&b, regs) == NULL)
		return 0;
	if (ret >= 0) {
		sk = put_file_of_fd(&b, ret);
		file = file_of_fd(b.task, (__s32)REGS_ARG0(regs));
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
	const void *data = (void *)REGS_ARG1(regs);
	struct build b;

	if (begin_exit_on_fd(&b, regs, REGS_ARG0(regs)) == NULL)
		return 0;
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
		put_data(&b, data, ret > 0 ? ret : (long)REGS_ARG2(regs));
		break;
	default:
		return 0;
	}
	put_int(&b, REGS_ARG0(regs));
	put_u32(&b, REGS_ARG2(regs));
	if (b.code == EVENT_SYSCALL_PREAD_X || b.code == EVENT_SYSCALL_PWRITE_X)
		put_u64(&b, REGS_ARG3(regs));
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

/* What the next buffer of the list at gather.at holds of gather.moved bytes; false: there is none. */
static __always_inline bool gather_buffer(struct scratch *s)
{
	struct gather *g = &s->gather;
	__u32 off = g->off, have = off - g->start, take = settings.snaplen - have;
	__u64 moved = g->moved;
	struct user_iovec v;

	if (g->left == 0 || bpf_probe_read_user(&v, sizeof(v), (void *)g->at) != 0)
		return false;
	g->left--;
	g->at += sizeof(v);
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
	const void *data = (void *)REGS_ARG1(regs);
	union user_address far;
	struct sock *sk;
	struct build b;
	__u32 far_len;

	if (begin_exit(&b, regs) == NULL)
		return 0;
	sk = put_file_of_fd(&b, REGS_ARG0(regs));
	if (ret < 0)
		sk = NULL;
	far_len = REGS_ARG5(regs);
	switch (b.code) {
	case EVENT_SOCKET_SENDTO_X:
	case EVENT_SOCKET_SEND_X:
		read_user_address(&far, (void *)REGS_ARG4(regs),
				  b.code == EVENT_SOCKET_SENDTO_X ? far_len : 0);
		params(&b, 5);
		put_u64(&b, ret);
		put_data(&b, data, ret > 0 ? ret : (long)REGS_ARG2(regs));
		put_int(&b, REGS_ARG0(regs));
		put_u32(&b, REGS_ARG2(regs));
		put_tuple(&b, sk, TUPLE_OUT, &far);
		break;
	case EVENT_SOCKET_RECVFROM_X: /* the length is behind a pointer, and has been set */
		far_len = 0;
		bpf_probe_read_user(&far_len, sizeof(far_len), (void *)REGS_ARG5(regs));
		read_user_address(&far, (void *)REGS_ARG4(regs), far_len);
		params(&b, 5);
		put_u64(&b, ret);
		put_data(&b, data, ret);
		put_tuple(&b, sk, TUPLE_IN, &far);
		put_int(&b, REGS_ARG0(regs));
		put_u32(&b, REGS_ARG2(regs));
		break;
	case EVENT_SOCKET_RECV_X:
		params(&b, 5);
		put_u64(&b, ret);
		put_data(&b, data, ret);
		put_int(&b, REGS_ARG0(regs));
		put_u32(&b, REGS_ARG2(regs));
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
	const struct user_iovec *iov = (void *)REGS_ARG1(regs);
	struct build b;
	__u64 size;

	if (begin_exit_on_fd(&b, regs, REGS_ARG0(regs)) == NULL)
		return 0;
	switch (b.code) {
	case EVENT_SYSCALL_READV_X:
	case EVENT_SYSCALL_PREADV_X:
		params(&b, b.code == EVENT_SYSCALL_READV_X ? 4 : 5);
		put_u64(&b, ret);
		put_size_then_iov(&b, iov, REGS_ARG2(regs), ret);
		put_int(&b, REGS_ARG0(regs));
		break;
	case EVENT_SYSCALL_WRITEV_X:
	case EVENT_SYSCALL_PWRITEV_X:
		params(&b, b.code == EVENT_SYSCALL_WRITEV_X ? 4 : 5);
		put_u64(&b, ret);
		put_iov_data(&b, iov, REGS_ARG2(regs), ret > 0 ? ret : TEXT_MAX, &size);
		put_int(&b, REGS_ARG0(regs));
		put_u32(&b, size);
		break;
	default:
		return 0;
	}
	if (b.code == EVENT_SYSCALL_PREADV_X || b.code == EVENT_SYSCALL_PWRITEV_X)
		put_u64(&b, REGS_ARG3(regs));
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_msg, struct pt_regs *regs, long ret)
{
	struct user_msghdr msg = { 0 };
	union user_address far;
	struct sock *sk;
	struct build b;
	__u64 size;

	if (begin_exit(&b, regs) == NULL)
		return 0;
	sk = put_file_of_fd(&b, REGS_ARG0(regs));
	if (ret < 0)
		sk = NULL;
	bpf_probe_read_user(&msg, sizeof(msg), (void *)REGS_ARG1(regs));
	read_user_address(&far, msg.name, msg.name_len);
	switch (b.code) {
	case EVENT_SOCKET_SENDMSG_X:
		params(&b, 5);
		put_u64(&b, ret);
		put_iov_data(&b, msg.iov, msg.iov_len, ret > 0 ? ret : TEXT_MAX, &size);
		put_int(&b, REGS_ARG0(regs));
		put_u32(&b, size);
		put_tuple(&b, sk, TUPLE_OUT, &far);
		break;
	case EVENT_SOCKET_RECVMSG_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_size_then_iov(&b, msg.iov, msg.iov_len, ret);
		put_tuple(&b, sk, TUPLE_IN, &far);
		put_user_bytes(&b, msg.control, ret < 0 ? 0 : msg.control_len);
		put_int(&b, REGS_ARG0(regs));
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}
