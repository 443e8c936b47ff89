/* SPDX-License-Identifier: Apache-2.0
 *
 * fdtab.h -- descriptor tables: number -> open file.  A fork shares its
 * parent's table until one of the two changes it (most execute a program first
 * and drop it), and tables share the files in them; a file that has several
 * holders is copied before it changes, as Falco's entries are copies.
 *
 * Bounded: descriptors per table, and all of it by the slab's ceiling; what does
 * not fit is left out and counted.  Where nobody tells of descriptors that are closed
 * (see selection.h) a full table is mostly such ones: then another one goes.  Core.
 */
#ifndef MEWS_FDTAB_H
#define MEWS_FDTAB_H

#include "slab.h"
#include "wire.h"

/* An open file: what a record on the wire has, with blobs for the spans. */
struct file {
	uint32_t refs;
	uint8_t type, l4proto;
	uint16_t flags; /* FILE_ROLE_*, FILE_CONNECTED, FILE_*_LAYER */
	uint32_t open_flags;
	uint32_t dev;
	uint16_t sport, dport;
	uint64_t ino, mnt_id;
	uint64_t source, dest;
	struct blob *name, *name_raw, *resolved;
	uint8_t sip[16], dip[16];
};

struct fd_slot {
	int32_t fd;	/* -1: free */
	uint16_t flags; /* FILE_CLOEXEC, FILE_CLONED: the descriptor's, not the file's */
	struct file *file;
};

struct fd_table {
	uint32_t refs, count, cap; /* cap: power of two */
	struct fd_slot slot[];
};

/* All tables of all processes. */
struct fdtab {
	struct slab *slab;
	uint32_t per_table;
	uint64_t seed;
	uint64_t evicted; /* descriptors that found no room, or made some */
	uint64_t added, removed;
	uint64_t held; /* in all tables now; a table that is shared counts once */
	bool replaces; /* a full table gives one up for a new one */
};

/* One process's view: the table, and whether it came by a fork. */
struct fds {
	struct fd_table *table; /* NULL: empty */
	bool all_cloned;	/* shared by a fork and not changed since: all are FILE_CLONED */
};

#define FDTAB_MAX_FD   INT32_MAX
#define FILE_MAX_BYTES 4096u /* of each of its strings; longer ones are cut */

void fdtab_init(struct fdtab *ft, struct slab *slab, uint32_t per_table, uint64_t seed);

/* The descriptor; NULL if it is not there.  Valid until the table changes. */
const struct fd_slot *fds_find(const struct fdtab *ft, const struct fds *fds, int64_t fd);
uint32_t fds_count(const struct fds *fds);

/* The flags as a reader should see them. */
uint16_t fds_flags(const struct fds *fds, const struct fd_slot *slot);

/* Put FILE (its one reference goes to the table, also when there is no room) at
 * FD, in place of what is there.  NULL: FD is no descriptor, or no room. */
struct file *fds_put(struct fdtab *ft, struct fds *fds, int64_t fd, struct file *file,
		     uint16_t flags);

/* FD's file, safe to change: the only one of its kind.  NULL: not there, no room. */
struct file *fds_own(struct fdtab *ft, struct fds *fds, int64_t fd);

void fds_set_cloexec(struct fdtab *ft, struct fds *fds, int64_t fd, bool on);
void fds_remove(struct fdtab *ft, struct fds *fds, int64_t fd);

/* close_range: all from FIRST to LAST go, or get FILE_CLOEXEC. */
void fds_remove_range(struct fdtab *ft, struct fds *fds, uint32_t first, uint32_t last);
void fds_cloexec_range(struct fdtab *ft, struct fds *fds, uint32_t first, uint32_t last);

/* A program was executed: what is FILE_CLOEXEC goes. */
void fds_exec(struct fdtab *ft, struct fds *fds);

/* CHILD (empty) gets a copy of PARENT's, as a fork makes it. */
void fds_fork(struct fds *child, const struct fds *parent);
void fds_clear(struct fdtab *ft, struct fds *fds);

/* Walk: *POS from 0; NULL at the end. */
const struct fd_slot *fds_next(const struct fds *fds, uint32_t *pos);

/* ---- files ---- */

struct file *file_new(struct fdtab *ft, enum file_type type); /* one reference; NULL: no room */
struct file *file_copy(struct fdtab *ft, const struct file *from);
void file_drop(struct fdtab *ft, struct file *f);
struct blob *file_text(struct fdtab *ft, struct span text, struct blob *same); /* bounded */
void file_set_name(struct fdtab *ft, struct file *f, struct span name);

#endif
