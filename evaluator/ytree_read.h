/* SPDX-License-Identifier: Apache-2.0
 *
 * ytree_read.h -- YAML text to trees, through libyaml's events.  The text is
 * anybody's: what is nested too deeply, or takes more memory than the pool may
 * give, ends it where it is found.  No I/O, but libyaml is no core's to link.
 */
#ifndef MEWS_YTREE_READ_H
#define MEWS_YTREE_READ_H

#include "diag.h"
#include "pool.h"
#include "ytree.h"

#define YTREE_MAX_NESTING 64		     /* the rules language needs six */
#define YTREE_MAX_NODES	  (8u * 1024 * 1024) /* of a file, what aliases stand for included */

/* F->bytes to F's lines and documents, all from POOL.  0; -EINVAL: no good YAML;
 * -ELOOP: nested too deeply; -E2BIG: too much of something; -ENOMEM.  Then DIAG's
 * message, line and column say what and where; lines and earlier documents are there. */
int ytree_read(struct yfile *f, struct pool *pool, struct diag *diag);

#endif
