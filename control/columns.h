/* SPDX-License-Identifier: Apache-2.0
 *
 * columns.h -- text for people in two columns, as `falco -L` and `falco --list`
 * set them: a name, and beside it words that wrap.
 */
#ifndef MEWS_COLUMNS_H
#define MEWS_COLUMNS_H

#include "line.h"

/* NAME, then TEXT from column INDENT on, in lines of at most WIDTH columns beside
 * it; a NAME that is too long for its place has a line of its own. */
void columns_put(struct line *t, struct span name, struct span text, unsigned indent,
		 unsigned width);

#endif
