/* SPDX-License-Identifier: Apache-2.0
 *
 * evade.h -- what the files of evade share: ends when something cannot be done, and the actions by a ring.
 */
#ifndef MEWS_EVADE_H
#define MEWS_EVADE_H

enum { CANNOT = 77 }; /* the exit code when this machine has no such thing */

/* Say WHAT failed with errno, and end: with CANNOT if the kernel does not know it. */
_Noreturn void die(const char *what);

/* RESULT, if it is not -1. */
long must(long result, const char *what);

/* Read something of FD, and close it. */
void look_into(int fd);

/* Connect a datagram socket of FAMILY to a port of loopback at which nobody is. */
void connect_to_nobody(int fd, int family);

void do_uring_open(char **arg);
void do_uring_open_apart(char **arg);
void do_uring_open_direct(char **arg);
void do_uring_open_silent(char **arg);
void do_uring_open_overflow(char **arg);
void do_uring_open_overflow_apart(char **arg);
void do_uring_rename(char **arg);
void do_uring_link(char **arg);
void do_uring_unlink(char **arg);
void do_uring_connect(char **arg);
void do_uring_connect_silent(char **arg);
void do_uring_connect_overflow(char **arg);
void do_uring_connect_direct(char **arg);
void do_uring_pile(char **arg);
void do_uring_send(char **arg);

#endif
