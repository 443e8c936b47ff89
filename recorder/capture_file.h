/* SPDX-License-Identifier: Apache-2.0
 *
 * capture_file.h -- where captures are put: files in one directory, which is opened while
 * there is still the privilege to reach it, named PREFIX_TIME_NUMBER.scap.  Shell.
 *
 * A file belongs to the recorder's user and is for nobody else: it holds what programs were
 * given.  One that is there already is not touched.
 */
#ifndef MEWS_CAPTURE_FILE_H
#define MEWS_CAPTURE_FILE_H

#include <limits.h>

#include "capture.h"

struct gzip_file;

struct capture_place {
	char dir[PATH_MAX];	  /* with no slash at its end, but for the root */
	char base[NAME_MAX - 63]; /* two numbers of 20 digits and the rest come behind it */
	int dir_fd;		  /* -1: it could not be opened */
	uint64_t most_bytes;	  /* of a file; 0: any */

	/* the file that is open */
	struct gzip_file *out; /* NULL: none */
	char name[NAME_MAX + 1];
	struct mono synced;
};

/* Where files go that begin with PREFIX, a path.  Says what is wrong with it; -EINVAL: it is no
 * beginning of a file's path.  A directory that is not there is no error here: each file is one. */
int capture_place_open(struct capture_place *p, const char *prefix, uint64_t most_bytes);

/* Behind the jail: can files be made there?  Says it if not. */
void capture_place_check(const struct capture_place *p);
void capture_place_close(struct capture_place *p);

/* For struct capture_files, with the place as CTX. */
int capture_file_open(void *ctx, const struct capture_frame *match);
int capture_file_write(void *ctx, struct span bytes);
int capture_file_close(void *ctx, uint64_t *ret_size);

/* Now and then: what was written is to be read from the disk even if this process is killed. */
void capture_file_sync(struct capture_place *p, struct mono now);

#endif
