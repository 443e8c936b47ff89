/* SPDX-License-Identifier: Apache-2.0
 *
 * thread.h -- metadata as the event loop sees it: sources are found before the
 * jail, one thread of their own talks to them, updates come by a mailbox and
 * wishes go by another.  The thread is there only if somebody is there to be asked; the
 * loop never waits for it.  Shell.
 */
#ifndef MEWS_METADATA_THREAD_H
#define MEWS_METADATA_THREAD_H

#include <sys/types.h>

#include "clock.h"
#include "conf.h"
#include "control.h"
#include "mailbox.h"

struct metadata;

/* Before the jail, behind which no library can be loaded: which sources there may be.  -ENOMEM. */
int metadata_open(const struct conf *conf, struct metadata **ret);
void metadata_close(struct metadata *md); /* takes NULL; the thread ends first */

/* RING is called, by the thread, whenever there is mail. */
void metadata_bell(struct metadata *md, void (*ring)(void *ctx), void *ctx);

/* The groups that the sockets which are there belong to, and that may use them. */
unsigned metadata_groups(const struct metadata *md, gid_t *ret, unsigned max);

/* Is one of them asked over the network? */
bool metadata_needs_network(const struct metadata *md);

/* The directories that they read behind the jail, MAX at most; how many.  As long as MD lives; it may be
 * NULL. */
unsigned metadata_reads(const struct metadata *md, const char **ret, unsigned max);

/* Behind the jail, and every second or two from then on: start the thread as soon as a
 * source is there. */
void metadata_look(struct metadata *md);

/* Does metadata_take() have anything?  One word; MD may be NULL. */
bool metadata_has_mail(const struct metadata *md);
struct meta_update *metadata_take(struct metadata *md); /* the caller's to free() */

/* Is there anybody for such wishes, or may there be? */
bool metadata_takes(const struct metadata *md, enum wish_kind kind);

/* Ask now.  False: there is nobody to ask, or no room. */
bool metadata_wish(struct metadata *md, const struct meta_wish *w);

/* All places where somebody may be. */
unsigned metadata_status(const struct metadata *md, struct mono now, struct source_status *ret,
			 unsigned max);

#endif
