/* SPDX-License-Identifier: Apache-2.0
 *
 * conttab.h -- the containers that processes were seen in or that a runtime told
 * of, by short id, with what it told.  Fixed slots; when they are full, one that no
 * thread is in has to go, or else the one that is there for longest.  Core.
 */
#ifndef MEWS_CONTTAB_H
#define MEWS_CONTTAB_H

#include "slab.h"
#include "wire.h"

#define CONTAINER_ID_MAX 255

struct container {
	struct blob *id;   /* shared with the threads that are in it; NULL: a free slot */
	struct blob *json; /* NULL: only the identity is known */
	struct blob *pod;  /* whose uid was asked about for it; NULL: none */
	uint32_t type;
	uint32_t next; /* index + 1, in its bucket or among the free; 0: the end */
	uint8_t ip[4];
	bool has_ip;
	uint8_t wait;	/* enum container_wait: whoever asks about it says so */
	bool is_gone;	/* the runtime has it no more */
	bool knows_pod; /* it was looked which one it is in */
};

struct conttab {
	struct slab *slab;
	struct container *slots;
	uint32_t *hash; /* index + 1 */
	uint32_t max, count, fresh, free, hand, hash_mask;
	uint32_t gone; /* how many of them are is_gone */
	uint64_t seed;
};

int conttab_init(struct conttab *ct, struct slab *slab, uint32_t max, uint64_t seed);
void conttab_release(struct conttab *ct);

struct container *conttab_find(const struct conttab *ct, struct span id);

/* Who has to go before another can come; NULL: there is room. */
struct container *conttab_victim(struct conttab *ct);
void conttab_remove(struct conttab *ct, struct container *c);

/* ID is new, and there is room.  NULL: ID is empty or too long, or no memory. */
struct container *conttab_add(struct conttab *ct, struct span id, uint32_t type);

/* What the runtime tells of C: an object with the members of Falco's container
 * event.  Those that no field shows are not kept.  BUF holds at least JSON.n bytes. */
void conttab_describe(struct conttab *ct, struct container *c, struct span json, uint8_t *buf);

/* True if no thread is in C. */
static inline bool container_is_empty(const struct container *c)
{
	return c->id->refs == 1;
}

/* C's frame; FULL_ID is where its text may go. */
struct container_frame container_frame(const struct container *c,
				       uint8_t full_id[CONTAINER_ID_MAX]);

#endif
