/* SPDX-License-Identifier: Apache-2.0
 *
 * name_memo.h -- what came of a name: files with few names are opened over and over,
 * and mostly no rule is interested.  Remembered for one class of events, one outcome of
 * its guards, one list of rules that can still match for the process, and one type of
 * file: which of them can match?
 *
 * A cache of fixed size; longer names are not kept.  Core; nothing is allocated once it
 * is made.
 */
#ifndef MEWS_NAME_MEMO_H
#define MEWS_NAME_MEMO_H

#include "pool.h"

#define NAME_MEMO_MAX 107 /* bytes of both names */

/* What the rules hold for, beside the name. */
struct name_key {
	/* process_memo_list(); 0: the class asks nothing of the process */
	uint32_t list;
	uint16_t class;
	uint8_t outcome, file; /* enum file_type; UINT8_MAX: the event has none */
};

/* As a list: whoever the process is, can any rule match?  Then the memo has many, else none. */
#define NAME_OF_ANYBODY UINT32_MAX

enum { NAME_MEMO_RULES = 4, NAME_IS_NEW = UINT8_MAX, NAME_HAS_MANY = UINT8_MAX - 1 };

struct name_memo {
	struct name_key key;
	uint16_t rules[NAME_MEMO_RULES]; /* places in the class: no other can match */
	uint8_t nrules; /* NAME_IS_NEW: whoever finds out writes it down; NAME_HAS_MANY: too many */
	uint8_t n, nraw; /* bytes of NAME: the name's, and behind it the raw name's */
	uint8_t name[NAME_MEMO_MAX];
};

struct name_memos;

/* NULL: no room. */
struct name_memos *name_memos_new(struct pool *pool);

/* The place for NAME, RAW (empty: the same) and KEY, until the next call; it is new if it is
 * not theirs yet.  NULL: they are too long. */
struct name_memo *name_memo_get(struct name_memos *m, const struct name_key *key, struct span name,
				struct span raw);

/* Forget all. */
void name_memos_clear(struct name_memos *m);

#endif
