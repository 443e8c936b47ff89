/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_load.h -- loading and attaching the kernel side so that a program that this
 * kernel does not take costs its own events and no others.
 *
 * libbpf loads an object as a whole and once.  So when that fails, whoever tries finds
 * out here which program it was, makes the object anew, and tries again without it, until
 * it loads, an essential program is refused, or TRIES are over.  Shell, for the live source.
 */
#ifndef MEWS_SENSOR_LOAD_H
#define MEWS_SENSOR_LOAD_H

#include "coverage.h"

enum { LOADER_TRIES = 16 };

struct bpf_object;
struct bpf_program;

/* A program that was not loaded, and all that the verifier said: its last 64 KiB. */
struct refused {
	char program[CONTROL_GAP_PROGRAM];
	char reason[CONTROL_GAP_REASON];
	char *log; /* NULL: none */
};

struct loader {
	struct coverage *coverage;
	unsigned tries;
	bool said; /* what loading failed for, for good */
	unsigned nrefused;
	struct refused refused[LOADER_TRIES];
	char *logs; /* where the verifier writes: LOG_ROOM for each program */
	size_t nlogs;
};

void loader_init(struct loader *l, struct coverage *coverage);
void loader_release(struct loader *l);

/* Before the object is loaded: what is in no use or was refused is left out. */
int loader_begin(struct loader *l, struct bpf_object *o);

/* Behind it: ERR is what loading said.  0, -EAGAIN: make the object anew and try again,
 * or ERR, when it is for good. */
int loader_end(struct loader *l, struct bpf_object *o, int err);

/* PROGRAM's trace point is not there: it is not loaded, which is a gap. */
void loader_leave_out(struct loader *l, struct bpf_program *program, const char *reason);

/* What libbpf says goes to the log from now on. */
void loader_listen(void);

#endif
