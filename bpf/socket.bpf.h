/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * socket.bpf.h -- sockets: both ends of one, as Falco's SOCKTUPLE, and an address
 * that a program gave, as its SOCKADDR.
 *
 *   SOCKADDR   u8 family | inet: ip, u16 port; inet6: ip, u16 port; unix: path NUL
 *   SOCKTUPLE  u8 family | inet, inet6: source ip, port, destination ip, port;
 *              unix: u64 destination socket, u64 source socket, path NUL
 *
 * Ports are in host order.  Other families are empty.
 */
#ifndef MEWS_SOCKET_BPF_H
#define MEWS_SOCKET_BPF_H

#include "build.bpf.h"

#include <bpf/bpf_endian.h>

enum { FAMILY_UNSPEC = 0, FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };
enum { TYPE_STREAM = 1, TYPE_DATAGRAM = 2, TYPE_RAW = 3 };
enum { SUN_PATH_MAX = 108 };

enum tuple_direction {
	TUPLE_OUT, /* the source is this end */
	TUPLE_IN,  /* the source is the other end */
	TUPLE_SENT, /* the source is this end, and something was sent to an address that was given with it */
};

/* struct sockaddr of the families that are told of */
union user_address {
	__u16 family;
	struct {
		__u16 family;
		__be16 port;
		__be32 ip;
	} in;
	struct {
		__u16 family;
		__be16 port;
		__be32 flow;
		__u64 ip[2];
	} in6;
};

/* The socket behind FILE, whose inode has MODE; NULL if it is none. */
static __always_inline struct sock *sock_of_file(struct file *file, __u32 mode)
{
	if ((mode & 0170000) != 0140000) /* S_IFSOCK */
		return NULL;
	return LOOK(struct socket, LOOK(struct file, file, private_data), sk);
}

/* Put at TO the name in SUN_PATH of up to ROOM bytes, with a NUL.  An abstract name starts behind its
 * NUL.  Bytes written. */
static __always_inline __u32 append_sun_path(__u8 *to, const void *sun_path, __u32 room, bool user)
{
	__u8 first = 0;
	long n;

	if (room > SUN_PATH_MAX)
		room = SUN_PATH_MAX;
	to[0] = 0;
	if (room == 0)
		return 1;
	if (user)
		bpf_probe_read_user(&first, 1, sun_path);
	else
		bpf_probe_read_kernel(&first, 1, sun_path);
	if (first == 0) {
		sun_path++;
		room--;
	}
	barrier_var(room); /* or the bound is kept in another register than is used */
	room &= 0x7f;
	n = user ? bpf_probe_read_user_str(to, room + 1, sun_path)
		 : bpf_probe_read_kernel_str(to, room + 1, sun_path);
	return n > 0 ? n & 0x7f : 1;
}

/* Is FAR, if one was given, the other end of SK, which is connected to PORT?  What needs no connection goes to the
 * address that it is sent to, whatever the socket is connected to; a stream does not. */
static __always_inline bool is_other_end(struct sock *sk, enum tuple_direction direction,
					 const union user_address *far, __u16 port)
{
	__u16 type;

	if (far == NULL)
		return false;
	if (port == 0)
		return true;
	if (direction != TUPLE_SENT)
		return false;
	type = LOOK(struct sock, sk, sk_type);
	return type == TYPE_DATAGRAM || type == TYPE_RAW;
}

static __always_inline __u32 append_inet(struct build *b, struct sock *sk,
					 enum tuple_direction direction, union user_address *far)
{
	__u32 here = LOOK(struct inet_sock, sk, inet_saddr);
	__u32 there = LOOK(struct sock, sk, __sk_common.skc_daddr);
	__u16 here_port = bpf_ntohs(LOOK(struct inet_sock, sk, inet_sport));
	__u16 there_port = bpf_ntohs(LOOK(struct sock, sk, __sk_common.skc_dport));

	/* To send to, the kernel takes an address without a family, too. */
	if (is_other_end(sk, direction, far, there_port) &&
	    (far->family == FAMILY_INET ||
	     (direction == TUPLE_SENT && far->family == FAMILY_UNSPEC &&
	      (far->in.ip != 0 || far->in.port != 0)))) {
		there = far->in.ip;
		there_port = bpf_ntohs(far->in.port);
	}
	HERE(b, 0, __u8) = FAMILY_INET;
	HERE(b, 1, __u32) = direction != TUPLE_IN ? here : there;
	HERE(b, 5, __u16) = direction != TUPLE_IN ? here_port : there_port;
	HERE(b, 7, __u32) = direction != TUPLE_IN ? there : here;
	HERE(b, 11, __u16) = direction != TUPLE_IN ? there_port : here_port;
	return 13;
}

static __always_inline __u32 append_inet6(struct build *b, struct sock *sk,
					  enum tuple_direction direction, union user_address *far)
{
	struct ipv6_pinfo *info = LOOK(struct inet_sock, sk, pinet6);
	__u16 here_port = bpf_ntohs(LOOK(struct inet_sock, sk, inet_sport));
	__u16 there_port = bpf_ntohs(LOOK(struct sock, sk, __sk_common.skc_dport));
	bool given = is_other_end(sk, direction, far, there_port);
	__u64 here[2] = { 0 }, there[2] = { 0 };

	bpf_core_read(here, sizeof(here), &info->saddr);
	if (given && far->family == FAMILY_INET6) {
		there[0] = far->in6.ip[0];
		there[1] = far->in6.ip[1];
		there_port = bpf_ntohs(far->in6.port);
	} else if (given && direction == TUPLE_SENT && far->family == FAMILY_INET) {
		there[1] = (__u64)far->in.ip << 32 | 0xffff0000; /* ::ffff:IP */
		there_port = bpf_ntohs(far->in.port);
	} else {
		bpf_core_read(there, sizeof(there), &sk->__sk_common.skc_v6_daddr);
	}
	HERE(b, 0, __u8) = FAMILY_INET6;
	HERE(b, 1, __u64) = direction != TUPLE_IN ? here[0] : there[0];
	HERE(b, 9, __u64) = direction != TUPLE_IN ? here[1] : there[1];
	HERE(b, 17, __u16) = direction != TUPLE_IN ? here_port : there_port;
	HERE(b, 19, __u64) = direction != TUPLE_IN ? there[0] : here[0];
	HERE(b, 27, __u64) = direction != TUPLE_IN ? there[1] : here[1];
	HERE(b, 35, __u16) = direction != TUPLE_IN ? there_port : here_port;
	return 37;
}

/* The other end stands first when this one is the source, and last when it is not: so both
 * ends of a connection show the same pair.  The path is that of the destination. */
static __always_inline __u32 append_unix(struct build *b, struct sock *sk,
					 enum tuple_direction direction)
{
	struct sock *peer = LOOK(struct unix_sock, sk, peer);
	struct sock *named = direction != TUPLE_IN ? peer : sk;
	struct unix_address *address = LOOK(struct unix_sock, named, addr);
	const void *sun_path = NULL;
	__u32 room = 0;
	int len;

	HERE(b, 0, __u8) = FAMILY_UNIX;
	HERE(b, 1, __u64) = (__u64)(direction != TUPLE_IN ? peer : sk);
	HERE(b, 9, __u64) = (__u64)(direction != TUPLE_IN ? sk : peer);
	if (named != NULL && address != NULL) {
		len = LOOK(struct unix_address, address, len);
		sun_path = (void *)__builtin_preserve_access_index(&address->name) + 2;
		room = len > 2 ? len - 2 : 0;
	}
	return 17 + append_sun_path(b->at + 17, sun_path, room, false);
}

/* Append both ends of SK behind the record's end; bytes, 0 for families that are not told of.
 * FAR is the address that was given with the data, or that it came from, or NULL. */
static __always_inline __u32 append_tuple(struct build *b, struct sock *sk,
					  enum tuple_direction direction, union user_address *far)
{
	switch (LOOK(struct sock, sk, __sk_common.skc_family)) {
	case FAMILY_INET:
		return append_inet(b, sk, direction, far);
	case FAMILY_INET6:
		return append_inet6(b, sk, direction, far);
	case FAMILY_UNIX:
		return append_unix(b, sk, direction);
	default:
		return 0;
	}
}

/* The address of LEN bytes at USER; family 0 if there is none.  Of one that is too short for its
 * family the rest is zero. */
static __always_inline void read_user_address(union user_address *a, const void *user, __u32 len)
{
	__builtin_memset(a, 0, sizeof(*a));
	if (user == NULL || len < sizeof(a->family))
		return;
	if (len >= sizeof(*a))
		bpf_probe_read_user(a, sizeof(*a), user);
	else if (len >= sizeof(a->in))
		bpf_probe_read_user(a, sizeof(a->in), user);
	else
		bpf_probe_read_user(a, sizeof(a->family), user);
}

/* The address A, which was read from the LEN bytes at USER, as a parameter. */
static __always_inline void put_address(struct build *b, const union user_address *a,
					const void *user, __u32 len)
{
	__u32 n = 0;

	switch (a->family) {
	case FAMILY_UNIX:
		HERE(b, 0, __u8) = FAMILY_UNIX;
		n = 1 + append_sun_path(b->at + 1, user + 2, len - 2, true);
		break;
	case FAMILY_INET:
		if (len < sizeof(a->in))
			break;
		HERE(b, 0, __u8) = FAMILY_INET;
		HERE(b, 1, __u32) = a->in.ip;
		HERE(b, 5, __u16) = bpf_ntohs(a->in.port);
		n = 7;
		break;
	case FAMILY_INET6:
		if (len < sizeof(a->in6))
			break;
		HERE(b, 0, __u8) = FAMILY_INET6;
		HERE(b, 1, __u64) = a->in6.ip[0];
		HERE(b, 9, __u64) = a->in6.ip[1];
		HERE(b, 17, __u16) = bpf_ntohs(a->in6.port);
		n = 19;
		break;
	}
	put_var_len(b, n);
}

static __always_inline void put_user_address(struct build *b, const void *user, __u32 len)
{
	union user_address a;

	read_user_address(&a, user, len);
	put_address(b, &a, user, len);
}

/* Where a socket that is not at hand was asked to connect to, as both ends: this one is not known. */
static __always_inline void put_asked_tuple(struct build *b, const union user_address *far,
					    const void *user, __u32 len)
{
	__u32 n = 0;

	HERE(b, 0, __u8) = far->family;
	switch (far->family) {
	case FAMILY_INET:
		HERE(b, 1, __u32) = 0;
		HERE(b, 5, __u16) = 0;
		HERE(b, 7, __u32) = far->in.ip;
		HERE(b, 11, __u16) = bpf_ntohs(far->in.port);
		n = 13;
		break;
	case FAMILY_INET6:
		HERE(b, 1, __u64) = 0;
		HERE(b, 9, __u64) = 0;
		HERE(b, 17, __u16) = 0;
		HERE(b, 19, __u64) = far->in6.ip[0];
		HERE(b, 27, __u64) = far->in6.ip[1];
		HERE(b, 35, __u16) = bpf_ntohs(far->in6.port);
		n = 37;
		break;
	case FAMILY_UNIX:
		HERE(b, 1, __u64) = 0;
		HERE(b, 9, __u64) = 0;
		n = 17 + append_sun_path(b->at + 17, user + 2, len - 2, true);
		break;
	}
	put_var_len(b, n);
}

/* Both ends as a parameter; empty without a socket. */
static __always_inline void put_tuple(struct build *b, struct sock *sk,
				      enum tuple_direction direction, union user_address *far)
{
	put_var_len(b, sk == NULL ? 0 : append_tuple(b, sk, direction, far));
}

#endif
