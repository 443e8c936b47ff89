/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip_file.h -- bytes into a file, compressed.  Shell; gzip_file.c is the only file of
 * its directory that knows the library.
 */
#ifndef MEWS_GZIP_FILE_H
#define MEWS_GZIP_FILE_H

#include "span.h"

struct gzip_file;

/* FD is the gzip_file's from here on, whatever is returned.  -ENOMEM. */
int gzip_file_open(int fd, struct gzip_file **ret);

/* Negative errno: what writing said; the file is of no use then. */
int gzip_file_write(struct gzip_file *z, struct span bytes);

/* What was written so far can be read, if nothing comes behind it.  Costs a few bytes. */
int gzip_file_sync(struct gzip_file *z);

/* What its size is at most when MORE bytes are written and it is finished then.  The compressor
 * holds some of what it was given, and how small that becomes is not known before it lets
 * go of it: behind gzip_file_sync() this is near the truth. */
uint64_t gzip_file_bound(const struct gzip_file *z, size_t more);

/* All that was written is in the file, and the file whole.  Negative errno. */
int gzip_file_finish(struct gzip_file *z);

/* So far, as it is on the disk. */
uint64_t gzip_file_size(const struct gzip_file *z);

void gzip_file_free(struct gzip_file *z); /* takes NULL */

#endif
