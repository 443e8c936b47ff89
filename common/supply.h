/* SPDX-License-Identifier: Apache-2.0
 *
 * supply.h -- how settings and rules come from the supervisor to a stage: as a sealed
 * memfd with a bundle, over a socket that both hold since the stage was started.  No
 * stage needs to read a file for it, or to be somebody who could.  Shell.
 */
#ifndef MEWS_SUPPLY_H
#define MEWS_SUPPLY_H

#include "span.h"

#define SUPPLY_TEXT_MAX 1024

enum supply_kind {
	SUPPLY_NONE,
	/* to the stage */
	SUPPLY_START,  /* with the bundle: the first message there is */
	SUPPLY_RELOAD, /* with the bundle that is to be in force from now on */
	SUPPLY_FAILED, /* a reload came to nothing before it reached anybody; the text says why */
	/* from it: what came of a reload */
	SUPPLY_DONE,
	SUPPLY_REFUSED,
	SUPPLY_KIND_COUNT
};

struct supply_message {
	enum supply_kind kind;
	int fd; /* -1: none; else the receiver's to close */
	char text[SUPPLY_TEXT_MAX];
};

/* Both ends, close-on-exec, not blocking. */
int supply_pair(int ret[2]);

int supply_send(int socket, enum supply_kind kind, int fd, const char *text);

/* -EAGAIN: nothing is there; -EPIPE: nobody is; -EPROTO: it makes no sense. */
int supply_receive(int socket, struct supply_message *ret);

/* BYTES in sealed memory; the descriptor, or negative errno. */
int supply_seal(struct span bytes);

/* All of FD, which must be sealed; to be freed. */
int supply_read(int fd, struct span *ret);

#endif
