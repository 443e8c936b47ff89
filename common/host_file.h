/* SPDX-License-Identifier: Apache-2.0
 *
 * host_file.h -- a file in the host's /etc that anybody may read and that may change:
 * passwd, group.  $HOST_ROOT is where the host's root is seen.  Shell.
 */
#ifndef MEWS_HOST_FILE_H
#define MEWS_HOST_FILE_H

#include <sys/types.h>
#include <time.h>

#include "span.h"

#define HOST_PATH_MAX 4096

struct host_file {
	char path[HOST_PATH_MAX];
	struct timespec mtime;
	off_t size;
	ino_t ino;
};

/* /etc/NAME.  -EINVAL: $HOST_ROOT is too long. */
int host_file_init(struct host_file *f, const char *name);

/* It is another than when this was last asked (or was never). */
bool host_file_changed(struct host_file *f);

/* The whole file, of at most 8 MiB; free() it.  Empty if it cannot be read. */
struct span host_file_read(const struct host_file *f);

#endif
