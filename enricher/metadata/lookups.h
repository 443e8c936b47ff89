/* SPDX-License-Identifier: Apache-2.0
 *
 * lookups.h -- when which host name is looked up, and what the last answers were.  Names are found again
 * each minute, since addresses change; those that cannot be looked up sooner, and less and less often.  Core.
 */
#ifndef MEWS_LOOKUPS_H
#define MEWS_LOOKUPS_H

#include "clock.h"
#include "nametab.h"

enum lookup_end {
	LOOKUP_FOUND,
	LOOKUP_NONE,   /* the answer is that there is no such name, or that it has no address */
	LOOKUP_FAILED, /* no answer: what was known holds */
};

/* Addresses in the form of nametab.h. */
struct lookup_answer {
	enum lookup_end end;
	unsigned n;	   /* bytes */
	unsigned count;	   /* addresses */
	unsigned too_many; /* of them that found no room */
	uint8_t bytes[NAMED_MAX_BYTES];
};

struct lookup {
	char name[HOST_NAME_LONGEST + 1];
	bool is_said; /* since the last lookups_keep() */
	bool is_wanted;
	bool is_new; /* not looked up since it is wanted */
	bool is_failing;
	unsigned failures; /* in a row */
	struct mono due;   /* UINT64_MAX ns: not yet, as long as not all are said */
	struct lookup_answer
		answer; /* the last one that was any; LOOKUP_FAILED: there was none yet */
};

/* Whoever says the names could tell secrets to whom he likes in them, so new ones are looked up at once only as
 * long as there are few: HOST_NAMES_MAX of them, and one each minute since ALLOWED_AT.  He could also have the names
 * of who comes after him wait, so what was found of one that nobody wants any more is kept while there is room. */
struct lookups {
	unsigned count, used; /* USED of those that are allowed, and so many more wait */
	struct mono allowed_at;
	struct lookup all[4 * HOST_NAMES_MAX]; /* old and new ones, and as many known ones */
};

/* Of those that are wanted. */
struct lookup_numbers {
	unsigned names, found, failing;
	unsigned unasked; /* there was no answer yet, and it is due */
	unsigned waiting; /* is new, and not due */
};

/* False: there is no room, or NAME is none.  *RET_KNOWN is what was found of one that was not wanted just before;
 * NULL: nothing. */
bool lookups_want(struct lookups *l, const char *name, const struct lookup **ret_known);

/* Those that were wanted since the last call are all that are wanted: the others go, and new ones may be looked up. */
void lookups_keep(struct lookups *l, struct mono now);

/* The one that is looked up now; NULL: none.  *RET_DUE is when there is one, UINT64_MAX ns if never. */
const struct lookup *lookups_next(struct lookups *l, struct mono now, struct mono *ret_due);

/* One more address for A, of N bytes. */
void lookup_add(struct lookup_answer *a, const uint8_t *address, unsigned n);

/* What came of NAME.  The entry if its addresses are others than before; NULL: nothing is new, or nobody wants to
 * know. */
const struct lookup *lookups_answer(struct lookups *l, const char *name, struct lookup_answer *a,
				    struct mono now);

struct lookup_numbers lookups_numbers(const struct lookups *l, struct mono now);

#endif
