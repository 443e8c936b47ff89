/* SPDX-License-Identifier: Apache-2.0
 *
 * reply.h -- an answer of the web server: it is written as a line, and grows as it is.  Shell.
 */
#ifndef MEWS_REPLY_H
#define MEWS_REPLY_H

#include "line.h"
#include "mhd_calls.h"

struct reply_header {
	const char *name, *value;
};

struct reply {
	unsigned status;
	const char *type;
	const struct reply_header *headers; /* besides those that all have; NULL name last */
	const char *etag;		    /* of what may be kept; NULL: nothing may */

	struct span lent; /* what is said, if it outlives the server; else: */
	struct line line;
	uint8_t *bytes;
	size_t n, cap;
	uint8_t buf[4096];
};

/* An empty one; R->line is to be written to. */
void reply_begin(struct reply *r, unsigned status, const char *type);

/* R is used up. */
enum MHD_Result reply_send(struct reply *r, struct MHD_Connection *c);

/* One with TEXT alone. */
enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *text);

#endif
