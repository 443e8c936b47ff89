/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.h -- descriptors that are not what they are said to be.
 */
#ifndef MEWS_HOSTILE_MEMORY_H
#define MEWS_HOSTILE_MEMORY_H

#include "door_message.h"

/* A descriptor that is nothing that a peer should take for a ring, a cursor or a snapshot (or hardly):
 * without seals, of a wrong size or owner, sparse, a file, a device, a pipe, a directory, a socket.  The
 * caller's; -1: none was to be had. */
int memory_bad(void);

/* A snapshot of frames of TYPES, sealed as it must be; what stands in it is good, bent or noise. */
int memory_snapshot(const uint16_t *types);

/* Keep a copy of FD, which is a peer's, to hand it out later in place of one's own. */
void memory_remember(int fd);

/* A door's message of nonsense over FD, with descriptors or without. */
void memory_send_noise(int fd);

/* M over FD with N descriptors, as many as there is room for. */
int memory_send(int fd, const void *m, size_t len, const int *fds, unsigned n);

#endif
