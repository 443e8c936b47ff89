/* SPDX-License-Identifier: Apache-2.0
 *
 * line_file.h -- where lines without end go: to a file of the C library.  Shell.
 */
#ifndef MEWS_LINE_FILE_H
#define MEWS_LINE_FILE_H

#include <stdio.h>

#include "line.h"

/* A line_drain: CTX is the FILE. */
bool line_to_file(void *ctx, struct span bytes);

/* BYTES that a stage says, as line_put_visible() has them: JSON stays the JSON that it is. */
void line_show(FILE *f, struct span bytes);

#endif
