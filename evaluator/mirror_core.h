/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_core.h -- what the files of a mirror share among themselves: nobody else includes it.
 *
 *   slots[]     entries of the thread table, handed out from the front, then from a free list
 *   by_key[]    heads of chains of slots, by key        (slot number + 1; 0: end)
 *   by_tid[]    the same by tid; the youngest entry of a tid (greatest key) wins
 *
 * Strings are counted blobs: a clone shares its parent's, and an exec that tells
 * an unchanged string again keeps the old one.  Users, groups, containers and addresses
 * are few and lie in one chained table of records that own a copy of their frame.
 */
#ifndef MEWS_MIRROR_CORE_H
#define MEWS_MIRROR_CORE_H

#include "mirror.h"

struct blob {
	uint32_t refs, n;
	uint8_t bytes[];
};

enum process_text {
#define PROC_I64(member, text)
#define PROC_U64(member, text)
#define PROC_BYTES(member, text) TEXT_##member,
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	TEXT_COUNT
};

struct slot {
	struct mirror_process p; /* first: a pointer to it is a pointer to the slot */
	struct blob *text[TEXT_COUNT];
	uint32_t key_next, tid_next;
	uint32_t second, events, events_before; /* in that second, and in the one before */
	bool looked_at; /* an ancestor or leader of somebody: its change matters to others */
	bool former;	/* of a state that was replaced */
};

enum record_kind {
	RECORD_USER,
	RECORD_GROUP,
	RECORD_CONTAINER,
	RECORD_POD,
	RECORD_ADDRESS,
	RECORD_KIND_COUNT
};

/* A user, a group, a container, a pod or an address, with its frame's bytes behind it. */
struct record {
	struct record *next;
	uint8_t kind;
	uint32_t number; /* uid, gid; 0 for the others */
	size_t size;	 /* of it all */
	struct span id;	 /* the container's; the pod's uid; the address */
	union {
		struct user_frame user;
		struct group_frame group;
		struct mirror_container container;
		struct mirror_pod pod;
		const struct address_frame *address; /* behind the bytes: it is large */
	};
	uint8_t bytes[];
};

enum {
	RECORD_BUCKETS = 4096,
	ADDRESSES_MAX = 16384 /* that have names at a time */
};

struct mirror {
	struct mirror *frozen_of; /* whose memory and records these are; NULL: its own */
	struct mirror_limits limits;
	struct slot *slots;
	uint32_t *by_key, *by_tid;
	uint32_t mask;	     /* of both */
	uint32_t used, free; /* slots handed out from the front; head of the free list + 1 */
	unsigned count, formers;
	size_t bytes; /* of all texts and records */
	uint64_t cut; /* texts that found no room below the ceiling */
	uint64_t epoch;
	uint64_t missed[64]; /* bits by hash: tids that somebody looked for in vain */
	struct record **records;
	unsigned nrecords[RECORD_KIND_COUNT];
	unsigned awaited; /* containers and pods of which more may be told */
	uint64_t metadata_version;
	struct host_frame host;
	uint8_t *host_bytes;
	bool has_host;
};

/* ---- mirror_bytes.c ---- */

/* NULL: there is none, or the ceiling is reached.  The last eighth is for small
 * texts: names outlive a flood of environments. */
void *mirror_get_bytes(struct mirror *m, size_t n);
void mirror_put_bytes(struct mirror *m, void *p, size_t n);

struct blob *blob_get(struct blob *b);
void blob_put(struct mirror *m, struct blob *b);

/* A blob of S: OLD's if it says the same.  NULL: S is empty, or there is no room,
 * and the entry goes without. */
struct blob *blob_of(struct mirror *m, struct span s, struct blob *old);

static inline struct span blob_span(const struct blob *b)
{
	return b == NULL ? SPAN_NONE : span_of(b->bytes, b->n);
}

/* ---- mirror_table.c ---- */

static inline uint64_t mirror_hash(const struct mirror *m, uint64_t x)
{
	x = (x ^ m->limits.seed) * UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	return x * UINT64_C(0xd6e8feb86659fd93) >> 32;
}

/* Keys and tids are given in turn, and neighbours are met together: they share a cache
 * line of sixteen buckets.  Which line is nobody's to choose. */
static inline uint32_t mirror_bucket(const struct mirror *m, uint64_t x)
{
	return (uint32_t)(mirror_hash(m, x >> 4) << 4 | (x & 15)) & m->mask;
}

static inline uint32_t *key_bucket(const struct mirror *m, uint64_t key)
{
	return &m->by_key[mirror_bucket(m, key)];
}

static inline uint32_t *tid_bucket(const struct mirror *m, int64_t tid)
{
	return &m->by_tid[mirror_bucket(m, (uint64_t)tid)];
}

static inline struct slot *slot_find(const struct mirror *m, uint64_t key)
{
	for (uint32_t at = *key_bucket(m, key); at != 0; at = m->slots[at - 1].key_next)
		if (m->slots[at - 1].p.key == key)
			return &m->slots[at - 1];
	return NULL;
}

static inline uint32_t slot_number(const struct mirror *m, const struct slot *s)
{
	return (uint32_t)(s - m->slots) + 1;
}

/* A tid's bit among the missed ones. */
static inline uint64_t *missed_word(const struct mirror *m, int64_t tid, uint64_t *ret_bit)
{
	uint64_t h = mirror_hash(m, (uint64_t)tid) >> 8;

	*ret_bit = UINT64_C(1) << (h & 63);
	return (uint64_t *)&m->missed[h >> 6 & 63];
}

/* The youngest entry of TID, of this state or of the one before. */
static inline struct slot *slot_of_tid(const struct mirror *m, int64_t tid, bool former)
{
	struct slot *best = NULL;

	for (uint32_t at = *tid_bucket(m, tid); at != 0; at = m->slots[at - 1].tid_next) {
		struct slot *s = &m->slots[at - 1];

		if (s->p.info.tid == tid && s->former == former &&
		    (best == NULL || s->p.key > best->p.key))
			best = s;
	}
	return best;
}

/* There must be room. */
struct slot *slot_take(struct mirror *m, uint64_t key);
void slot_remove(struct mirror *m, struct slot *s);

/* Under the tid that it has by its info. */
void slot_link_tid(struct mirror *m, struct slot *s);
void slot_unlink_tid(struct mirror *m, struct slot *s);

/* Others may rest on S. */
void slot_changed(struct mirror *m, struct slot *s);

/* A mirror with nothing in it; FROZEN_OF's records are its own, if that is not NULL. */
int mirror_tables_new(const struct mirror_limits *limits, struct mirror *frozen_of,
		      struct mirror **ret);

/* ---- frames: 0, or why they could not be taken ---- */

int mirror_apply_process(struct mirror *m, struct span payload);
int mirror_apply_process_gone(struct mirror *m, struct span payload);
int mirror_apply_user(struct mirror *m, struct span payload);
int mirror_apply_group(struct mirror *m, struct span payload);
int mirror_apply_container(struct mirror *m, struct span payload);
int mirror_apply_container_gone(struct mirror *m, struct span payload);
int mirror_apply_pod(struct mirror *m, struct span payload);
int mirror_apply_pod_gone(struct mirror *m, struct span payload);
int mirror_apply_address(struct mirror *m, struct span payload);

/* ---- mirror_record.c ---- */

/* The one that *AT points to, if there is one. */
void record_remove(struct mirror *m, struct record **at);

/* ---- mirror_former.c ---- */

/* All entries are the former state's from here on. */
void mirror_make_former(struct mirror *m);

/* Those of TID go: somebody else is told to have it. */
void mirror_drop_former(struct mirror *m, int64_t tid);

/* Of a thread that an enricher was never told of it only knows the number, and of whom it is; of one that had ended
 * when it asked, little more.  If its predecessor knew more, that was told here: then F says less. */
struct slot *mirror_former_of(const struct mirror *m, struct process_frame *f);

#endif
