/* SPDX-License-Identifier: Apache-2.0
 *
 * roster.h -- the containers that one source knows of, and what is to be done about
 * each: asked about now, first if somebody waits for it; asked again later, if that
 * came to nothing; let go of some time after its end, since its events may still be on
 * their way.  Bounded: at the end of the room the rest is left to wishes, and counted.
 * Core: it is told what time it is.
 */
#ifndef MEWS_ROSTER_H
#define MEWS_ROSTER_H

#include "clock.h"
#include "span.h"

#define ROSTER_ID_MAX 80 /* with its end */

struct roster_entry {
	char id[ROSTER_ID_MAX];
	uint32_t chain;	     /* index + 1, in its bucket or among the free */
	uint32_t next, prev; /* index + 1, in the one list that it is in */
	uint32_t round;	     /* of the list that had it last */
	uint8_t state;
	uint8_t tries;
	bool is_told, is_wished, is_over;
	bool again; /* ask once more when the answer is there */
	struct mono due;
};

struct roster_list {
	uint32_t first, last;
};

struct roster {
	struct roster_entry *slots;
	uint32_t *hash;
	uint32_t max, size, count, fresh, free, hash_mask;
	uint32_t round;
	uint64_t seed;
	uint64_t refused;
	struct roster_list queue, later, leaving;
	uint64_t later_ns, leaving_ns;
};

/* MAX entries, whose memory comes as they do.  LATER_NS: between tries; LEAVING_NS: from a
 * container's end to when it is let go of. */
void roster_init(struct roster *r, uint32_t max, uint64_t seed, uint64_t later_ns,
		 uint64_t leaving_ns);
void roster_release(struct roster *r);

/* It is there: to be asked about, if it was not, or if AGAIN. */
enum roster_ask { ROSTER_IF_NEW, ROSTER_AGAIN, ROSTER_WISHED };
bool roster_see(struct roster *r, struct span id, enum roster_ask how); /* false: no room */

/* Its end was seen; it is there no more, unless it comes again. */
void roster_leave(struct roster *r, struct span id, struct mono now);

/* A list of all that are there: see each in between; at the end who was not seen leaves. */
void roster_list_begin(struct roster *r);
void roster_list_end(struct roster *r, struct mono now);

/* Who is to be asked about next; it counts as being asked.  NULL: nobody. */
const char *roster_next(struct roster *r, struct mono now);

/* What came of it.  ABSENT: the source has no such container; NOT_YET: it may have it soon. */
enum roster_answer { ROSTER_TOLD, ROSTER_ABSENT, ROSTER_NOT_YET, ROSTER_FAILED };
/* True: somebody had wished for it, and nothing more will come of that. */
bool roster_answered(struct roster *r, struct span id, enum roster_answer what, struct mono now);

/* A container to be let go of now, in RET; false: none. */
bool roster_gone(struct roster *r, struct mono now, char ret[ROSTER_ID_MAX]);

/* Nobody is being asked any more: ask about them all again. */
void roster_reset(struct roster *r);

/* When something is due: NOW if somebody is to be asked about; UINT64_MAX: never. */
struct mono roster_due(const struct roster *r, struct mono now);

#endif
