/* SPDX-License-Identifier: Apache-2.0
 *
 * cursor_file.h -- where an output stands in the journal, and what became of the alerts before that:
 * a file of its own, mapped, so that a process that is killed leaves it as it was.  Two places
 * are written in turn, each with a sum: one of them is whole at any time.  Shell.
 */
#ifndef MEWS_CURSOR_FILE_H
#define MEWS_CURSOR_FILE_H

#include "span.h"

/* journal number = begun + delivered + filtered + lost + refused. */
struct output_place {
	uint64_t begun;	 /* the first record that was for it */
	uint64_t number; /* the next one */
	uint64_t delivered, filtered, lost, refused;
	uint64_t retries;
	uint64_t last_ns; /* since the epoch: the last delivery */
};

struct cursor_file {
	struct output_place place;
	void *map; /* NULL: it is kept in memory only */
	uint64_t version;
};

/* DIR/NAME.cursor, made for NUMBER if it is not there or says nothing.  DIR -1: memory only.
 * *RET_NEW: it was not there. */
void cursor_file_open(struct cursor_file *c, int dir, const char *name, uint64_t number,
		      bool *ret_new);

/* Write c->place. */
void cursor_file_save(struct cursor_file *c);

void cursor_file_close(struct cursor_file *c);

/* Take away the files of outputs that are not among the N of NAMES, and say what waited for them: NEXT is
 * the number of the record that comes next. */
void cursor_file_sweep(int dir, uint64_t next, const char *const *names, unsigned n);

#endif
