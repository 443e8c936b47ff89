/* SPDX-License-Identifier: Apache-2.0
 *
 * usertab.h -- users and groups by (container, id): of the host from its passwd
 * and group files (or a capture), of containers from what events say.  Bounded
 * by the slab and a number of entries; what does not fit is left out.  Core.
 */
#ifndef MEWS_USERTAB_H
#define MEWS_USERTAB_H

#include "slab.h"
#include "wire.h"

struct user_entry {
	bool is_group, in_use, seen;
	uint32_t id, gid;
	struct blob *container_id, *name, *home, *shell;
	struct user_entry *hash_next;
};

struct usertab {
	struct slab *slab;
	struct user_entry *slots, *free;
	struct user_entry **hash;
	uint32_t max, count, fresh, hash_mask;
	uint64_t seed;
	uint64_t refused; /* entries that found no room */
	bool rereading;	  /* of several entries for one id the first counts */
};

int usertab_init(struct usertab *ut, struct slab *slab, uint32_t max, uint64_t seed);
void usertab_release(struct usertab *ut);
void usertab_clear(struct usertab *ut);

/* Put or (gone) remove.  1: that changed something, 0: it did not, -ENOSPC. */
int usertab_user(struct usertab *ut, const struct user_frame *u);
int usertab_group(struct usertab *ut, const struct group_frame *g);

/* A new reading of the host's files: begin, put all, end.  GONE is called for
 * each host entry that was not put in between, before it is removed. */
void usertab_reread_begin(struct usertab *ut);
void usertab_reread_end(struct usertab *ut, void (*gone)(void *ctx, const struct user_entry *e),
			void *ctx);

struct user_entry *usertab_next(const struct usertab *ut, const struct user_entry *e);

/* The entry as its frame; spans live as long as the entry. */
struct user_frame user_entry_user(const struct user_entry *e);
struct group_frame user_entry_group(const struct user_entry *e);

/* The lines of a passwd or group file; bad ones are passed over. */
void usertab_parse_passwd(struct span text, void (*put)(void *ctx, const struct user_frame *u),
			  void *ctx);
void usertab_parse_group(struct span text, void (*put)(void *ctx, const struct group_frame *g),
			 void *ctx);

#endif
