/* SPDX-License-Identifier: Apache-2.0
 *
 * notify.h -- what a stage tells whoever started it, on the datagram socket that
 * $NOTIFY_SOCKET names: systemd's READY=1, and words of ours that systemd passes
 * over.  Numbers are decimal, with a space between them.
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

#endif
