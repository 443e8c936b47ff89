/* SPDX-License-Identifier: Apache-2.0
 *
 * fault.h -- one call that fails: whatever is linked with fault.c and the linker's --wrap for each row of
 * fault.def asks here before each such call of its own.  Calls that libraries make among themselves are not asked for,
 * but for those by which libbpf asks the kernel (kernel_calls.c).
 *
 * A *site* is a call with those that led to it, as they stand in the program (and the phase in which it was
 * made); a *point* is the n-th call at a site, with an error.  The page with the plan and with what was
 * seen is shared: with a driver that started the program with its descriptor in $MEWS_FAULTS, or between a
 * parent and its children.
 */
#ifndef MEWS_FAULT_H
#define MEWS_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { FAULT_FRAMES = 6, FAULT_SITES = 4096, FAULT_ERRORS = 3, FAULT_WHAT = 24 };

enum fault_row {
#define FAULT(kind, type, name, params, args, bad, ...) FAULT_##name,
#include "fault.def"
#undef FAULT
	/* those that fault.c has by hand */
	FAULT_write,
	FAULT_open,
	FAULT_openat,
	FAULT_fcntl,
	FAULT_asprintf,
	FAULT_yaml_load,
	FAULT_yaml_parse,
	FAULT_json_set,
	FAULT_json_append,
	FAULT_bpf,
	FAULT_getdents64,
	FAULT_ROWS
};

struct fault_site {
	_Atomic uint64_t name; /* of row, phase and frames; 0: not used */
	_Atomic uint32_t count;
	uint32_t row, phase;
	uint32_t frame[FAULT_FRAMES]; /* from the program's start; 0: no further */
	char what[FAULT_WHAT];	      /* of several things that are done there; "" */
};

struct fault_plan {
	uint64_t site; /* 0: none */
	uint32_t nth;  /* 0 is the first */
	uint32_t error;
	bool lasts; /* all calls of its kind fail from then on, until LIFTED */
};

struct fault_page {
	struct fault_plan plan;
	_Atomic uint32_t phase; /* 0: nothing is counted */
	_Atomic uint32_t at_site, fired, lifted;
	uint32_t fired_row;
	uintptr_t root;	       /* the function from which on callers do not count; 0: all do */
	_Atomic uint32_t lost; /* sites for which there was no room */
	struct fault_site sites[FAULT_SITES];
};

/* NULL as long as nobody has given one. */
extern struct fault_page *fault_page;

/* Shared memory for the page, all 0.  NULL: there is none. */
struct fault_page *fault_page_new(int *ret_fd);

/* 0, or the error with which the call of ROW about WHAT, from the code at FROM, is to fail. */
int fault_at(unsigned row, void *from, const char *what);

const char *fault_row_name(unsigned row);
/* The I-th error of ROW; 0: there are no more. */
int fault_row_error(unsigned row, unsigned i);
/* Calls of this row may fail all at once: memory, descriptors, room on the disk. */
bool fault_row_lasts(unsigned row);

/* "ROW in FUNCTION, FUNCTION, ..." of PROGRAM. */
void fault_site_print(const struct fault_site *s, const char *program, FILE *to);

#endif
