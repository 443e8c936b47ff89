/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate.h -- a file's bytes, uncompressed if it is gzip, as they are if not.
 * Shell; inflate.c is the only file that knows the library.
 */
#ifndef MEWS_INFLATE_H
#define MEWS_INFLATE_H

#include <sys/types.h>

#include "span.h"

struct inflate;

/* FD stays the caller's.  -ENOMEM, or what reading said. */
int inflate_open(int fd, struct inflate **ret);
void inflate_close(struct inflate *in); /* takes NULL */

/* Again from the file's first byte. */
int inflate_rewind(struct inflate *in);

/* Up to CAP bytes, fewer only at the end; 0: that was all.  -EBADMSG: what is compressed
 * is damaged from here on, -ENODATA: it is cut off; both come behind the good bytes.
 * Another negative errno: it could not be read. */
ssize_t inflate_read(struct inflate *in, uint8_t *buf, size_t cap);

/* How much of the file was read, as it is on the disk. */
uint64_t inflate_position(const struct inflate *in);

#endif
