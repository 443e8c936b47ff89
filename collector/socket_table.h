/* SPDX-License-Identifier: Apache-2.0
 *
 * socket_table.h -- the sockets of one network namespace, to be found by inode.  The texts that they are
 * from can lie: a unix socket's path stands in /proc/net/unix as it is, so a line break in it begins a line
 * that whoever named the socket has written, of any socket that he likes.  Core.
 */
#ifndef MEWS_SOCKET_TABLE_H
#define MEWS_SOCKET_TABLE_H

#include "procfs.h"

enum socket_kind { SOCKET_INET, SOCKET_UNIX, SOCKET_NETLINK };

struct socket_entry {
	uint64_t ino;
	uint8_t kind;	   /* enum socket_kind */
	uint8_t l4proto;   /* L4_* of wire.h */
	bool is_listening; /* waits for peers: type *_SERVER */
	bool is_accepted;  /* its local port is one that somebody listens on */
	struct procfs_inet inet;
	uint64_t address; /* unix: the kernel's pointer */
	struct span name; /* unix */
};

/* Sort the COUNT entries at TABLE by inode and leave one of each; how many these are.  A socket of another kind is
 * none of unix's, whatever stands there; of one that is called differently by two lines, one of which is
 * a lie, there is neither name nor address. */
size_t socket_table_settle(struct socket_entry *table, size_t count);

/* The socket INO in a TABLE that is settled; NULL: there is none. */
const struct socket_entry *socket_table_find(const struct socket_entry *table, size_t count,
					     uint64_t ino);

#endif
