/* SPDX-License-Identifier: Apache-2.0
 *
 * notify.h -- what a stage tells whoever started it, on the datagram socket that
 * $NOTIFY_SOCKET names: systemd's words, and words of ours that systemd passes
 * over.  Numbers are decimal, with a space between them.  Shell.
 */
#ifndef MEWS_NOTIFY_H
#define MEWS_NOTIFY_H

#define NOTIFY_READY	"READY=1"
#define NOTIFY_PROGRESS "X_MEWS_PROGRESS=" /* bytes that were read, of how many, events */
#define NOTIFY_COUNTS	"X_MEWS_COUNTS="   /* RING_COUNTS words: all is done */
#define NOTIFY_CAPTURES "X_MEWS_CAPTURES=" /* 1: rules ask for captures, 0: none does */
#define NOTIFY_RELOAD                                                                              \
	"X_MEWS_RELOAD=1" /* somebody told the stage to reload: it is for all of them */
#define NOTIFY_MAX 2048

/* Keep the descriptors that come with it, or let go of those of that name (keep.h). */
#define NOTIFY_STORE	"FDSTORE=1\nFDNAME="
#define NOTIFY_FORGET	"FDSTOREREMOVE=1\nFDNAME="
#define NOTIFY_NAME_MAX 32 /* bytes of a name, with the NUL */
#define NOTIFY_FDS	2

/* The socket, connected: it works behind the jail as well.  -1: nobody wants to know how we are. */
int notify_open(void);

/* 0 or a negative errno.  Waits for room, a second at most. */
int notify_say(int fd, const char *text);

/* With the descriptors FDS, at most NOTIFY_FDS. */
int notify_say_with(int fd, const char *text, const int *fds, unsigned nfds);

/* Where there is no room it is not said. */
void notify_try(int fd, const char *text);

#endif
