/* SPDX-License-Identifier: Apache-2.0
 *
 * conttab.h -- the containers that processes were seen in, by short id.  Fixed
 * slots; a new one in a full table takes the oldest's place.  Core.
 */
#ifndef MEWS_CONTTAB_H
#define MEWS_CONTTAB_H

#include "span.h"

#define CONTAINER_ID_MAX 255

struct container {
	uint8_t id[CONTAINER_ID_MAX];
	uint8_t id_len; /* 0: a free slot */
	uint32_t type;
	uint32_t hash_next; /* index + 1; 0: the end */
};

struct conttab {
	struct container *slots;
	uint32_t *hash; /* index + 1 */
	uint32_t max, count, oldest, hash_mask;
	uint64_t seed;
};

int conttab_init(struct conttab *ct, uint32_t max, uint64_t seed);
void conttab_release(struct conttab *ct);

const struct container *conttab_find(const struct conttab *ct, struct span id);

/* ID is new.  Who had to go for it is in *RET_OLD (id_len 0: nobody).  NULL: ID is
 * empty or too long. */
const struct container *conttab_add(struct conttab *ct, struct span id, uint32_t type,
				    struct container *ret_old);

static inline struct span container_id(const struct container *c)
{
	return span_of(c->id, c->id_len);
}

#endif
