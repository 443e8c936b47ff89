/* SPDX-License-Identifier: Apache-2.0
 *
 * inode_names.h -- files that rules name exactly (fd.name = /etc/shadow), by device and
 * inode: whoever opens such a file by another name, a hard link or another mount of it,
 * is seen as if he had named it.
 *
 * Learnt from whoever looks at the names at start, then from events that open a file under such
 * a name; forgotten when the name is given to another file.  An inode number is used again when
 * its file is gone, so an entry counts only for a file that has several names, or is seen through
 * another mount than the one that it was learnt through.
 *
 * Bounded: a new entry takes an old one's place.  Core; nothing is allocated at an event.
 */
#ifndef MEWS_INODE_NAMES_H
#define MEWS_INODE_NAMES_H

#include "ast.h"
#include "program.h"
#include "strmap.h"

struct inode_names;

/* NULL: no room. */
struct inode_names *inode_names_new(struct pool *pool);

/* Take the names over that TREE, compiled into P, asks for.  False: no room. */
bool inode_names_add(struct inode_names *x, const struct program *p, const struct node *tree);

/* How many there are, and the one with number I: valid as long as the pool. */
unsigned inode_names_count(const struct inode_names *x);
struct span inode_names_at(const struct inode_names *x, unsigned i);

/* The file that is now called name I.  MNT_ID 0: not known. */
void inode_names_learn(struct inode_names *x, unsigned i, uint32_t dev, uint64_t ino,
		       uint64_t mnt_id);

/* What E says of the names: opened, replaced, removed. */
void inode_names_follow(struct inode_names *x, struct field_event *e);

/* The name by which rules know F's inode; false: none, or it may be another file's by now. */
bool inode_names_find(const struct inode_names *x, const struct file_info *f, struct span *ret);

/* Is there nothing to be learnt from F, nor to be found by it: called by none of the names, nor by another one than is
 * known of its inode? */
bool inode_names_is_settled(const struct inode_names *x, const struct file_info *f);

/* How often it has changed which files these are. */
unsigned inode_names_changes(const struct inode_names *x);

/* Events that inode_names_follow() wants beside those that rules ask for. */
extern const uint16_t inode_names_codes[];
extern const unsigned inode_names_ncodes;

#endif
