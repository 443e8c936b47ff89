/* SPDX-License-Identifier: Apache-2.0
 *
 * line_writer.h -- whole lines into a descriptor, which may be slow, full or gone.
 */
#ifndef MEWS_LINE_WRITER_H
#define MEWS_LINE_WRITER_H

#include "sink.h"

/* Zero-initialised but for FD. */
struct line_writer {
	int fd;
	bool is_broken;	 /* the last line was cut: begin with a newline */
	bool is_stuck;	 /* of one that gives up: do not wait again before it is writable */
	bool is_gone;	 /* EPIPE: nobody reads it any more */
	bool is_patient; /* waits as long as it takes */
	uint64_t skip;	 /* bytes of what comes that are there already */
	uint64_t done;	 /* bytes that went there, with those that were skipped */
	char why[96];	 /* of the last failure */
};

/* The lines of B, in TIMEOUT_MS.  If the last one had to be cut, its rest comes first next time:
 * unless GIVES_UP, when another line follows, behind a newline. */
struct sink_result line_writer_put(struct line_writer *w, const struct batch *b,
				   uint64_t timeout_ms, bool gives_up);

#endif
