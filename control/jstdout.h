/* SPDX-License-Identifier: Apache-2.0
 *
 * jstdout.h -- one JSON value on stdout: the commands' --json.
 */
#ifndef MEWS_JSTDOUT_H
#define MEWS_JSTDOUT_H

#include "jout.h"

struct jstdout {
	uint8_t buf[16384];
	struct line line;
	struct jout j;
};

/* The returned one is O's. */
struct jout *jstdout_begin(struct jstdout *o);

/* Ends the line; the command's exit code: all of it was written, or not. */
int jstdout_end(struct jstdout *o);

#endif
