/* SPDX-License-Identifier: Apache-2.0
 *
 * sockets.h -- the sockets of one network namespace by inode, as
 * /proc/PID/net/ of a process in it lists them.  Descriptors of sockets show an
 * inode and nothing else, so a snapshot reads these tables once for each
 * namespace that it meets.  Shell.
 */
#ifndef MEWS_SOCKETS_H
#define MEWS_SOCKETS_H

#include "socket_table.h"
#include "unread.h"

/* All namespaces that one snapshot met. */
struct sockets;

/* UNREAD: where is counted what cannot be read. */
struct sockets *sockets_new(struct unread *unread);
void sockets_free(struct sockets *s); /* takes NULL */

/* What these can take at most, whatever sockets the host has. */
uint64_t sockets_most_bytes(void);

/* The socket INO of the process whose directory under /proc is PID_DIR; NULL: not
 * known.  Valid until sockets_free(). */
const struct socket_entry *sockets_find(struct sockets *s, int pid_dir, uint64_t ino);

#endif
