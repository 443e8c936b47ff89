/* SPDX-License-Identifier: Apache-2.0
 *
 * secret_file.h -- a small file that proves who we are or who others are: a token, a
 * certificate, a key.  It is read with privilege and kept; who renews it makes a new file, which
 * is read again if the emitter's user may.  Shell.
 */
#ifndef MEWS_SECRET_FILE_H
#define MEWS_SECRET_FILE_H

#include <sys/types.h>
#include <time.h>

#include "span.h"

#define SECRET_FILE_MAX ((size_t)4 << 20)

struct secret_file {
	const char *path; /* lent */
	char *text;	  /* with a NUL behind it; NULL: never read */
	size_t n;
	dev_t dev;
	ino_t ino;
	struct timespec mtime;
	off_t size;
	bool is_stale; /* it changed, and could not be read; said once */
};

/* Negative errno; -EMSGSIZE: it is too large. */
int secret_file_open(struct secret_file *f, const char *path);
void secret_file_close(struct secret_file *f);

/* True: it was renewed, and F holds what is new.  Cheap. */
bool secret_file_renewed(struct secret_file *f);

static inline struct span secret_file_text(const struct secret_file *f)
{
	return span_of(f->text, f->n);
}

#endif
