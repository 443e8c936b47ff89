/* SPDX-License-Identifier: Apache-2.0
 *
 * runtime.h -- what is the same for every source that runs containers: a connection that
 * begins with following events and listing what is there, a roster, some requests at a time
 * about single containers, back-off when it fails.  A protocol is a table of what differs.
 */
#ifndef MEWS_RUNTIME_H
#define MEWS_RUNTIME_H

#include "backoff.h"
#include "container_record.h"
#include "json_bounded.h"
#include "meta_source.h"
#include "roster.h"

#define RUNTIME_ANSWER_NS    (3 * NS_PER_SEC)
#define RUNTIME_LIST_NS	     (15 * NS_PER_SEC)
#define RUNTIME_LIST_BYTES   ((size_t)32 << 20)
#define RUNTIME_ANSWER_BYTES ((size_t)2 << 20)

enum { RUNTIME_ASKS = 8 };

struct runtime;

/* One container that is being asked about, in one request or several. */
struct ask {
	struct runtime *rt;
	bool is_used;
	struct fetch *fetch; /* the request under way */
	char id[ROSTER_ID_MAX];
	void *held[2]; /* the protocol's, between requests */
};

struct runtime_ops {
	size_t bytes; /* of the protocol's own, rt->self */

	/* Begin: follow events (rt->events), and list (rt->list), which ends with
	 * runtime_listed(). */
	void (*connect)(struct runtime *rt, struct mono now);

	/* Begin to ask about A->id; it ends with runtime_answered(). */
	void (*ask)(struct ask *a, struct mono now);
	void (*let_go)(struct ask *a); /* of what it holds */

	bool (*takes)(const struct runtime *rt, const struct meta_wish *w);
	/* What its roster calls the container that W is about, "SPACE/ID" or the id, maybe in
	 * BUF. */
	struct span (*name)(const struct meta_wish *w, char buf[ROSTER_ID_MAX]);
	void (*close)(struct runtime *rt); /* let go of rt->self's contents */
};

struct runtime {
	const struct runtime_ops *ops;
	struct source *s;
	struct roster roster;
	struct fetch *events, *list;
	bool is_connected, is_listed;
	bool has_no_events;    /* it lists again every now and then instead */
	struct mono next_list; /* ns 0: never */
	struct mono retry_at;
	struct backoff backoff;
	unsigned misses; /* in a row */
	struct ask asks[RUNTIME_ASKS];
	void *self;
	uint8_t out[RECORD_JSON_MAX];
};

int runtime_start(struct source *s, const struct runtime_ops *ops);
struct mono runtime_step(struct source *s, struct mono now);
bool runtime_wish(struct source *s, const struct meta_wish *w, struct mono now);
void runtime_stop(struct source *s);

/* The connection is of no use any more: WHAT failed, and WHY. */
void runtime_fail(struct runtime *rt, struct mono now, const char *what, const char *why);

/* Nobody is there who speaks this protocol; come back in a while, and do not complain. */
void runtime_not_spoken(struct runtime *rt, struct mono now, const char *why);

/* Something of use came, and took so long. */
void runtime_heard(struct runtime *rt, struct mono now, uint64_t took_ns);

/* The list is there, its containers are on the roster. */
void runtime_listed(struct runtime *rt, struct mono now);

/* N bytes of rt->out are what there is to tell of container ID (negative: nothing came of it),
 * which ends A. */
void runtime_tell(struct ask *a, struct span id, ssize_t n, struct mono now);
void runtime_answered(struct ask *a, enum roster_answer what, struct mono now);

/* What END, not 2xx, is for people; in BUF, if need be. */
const char *runtime_reason(const struct fetch_end *end, char buf[64]);

/* Images that were asked about, by id; the oldest go. */
enum { RUNTIME_IMAGES = 64 };
struct image_cache {
	struct {
		char id[256];
		json_t *names;
	} of[RUNTIME_IMAGES];
	unsigned next;
};
const json_t *image_cache_find(const struct image_cache *c, struct span id);
void image_cache_put(struct image_cache *c, struct span id, json_t *names); /* takes NAMES */
void image_cache_clear(struct image_cache *c);

#endif
