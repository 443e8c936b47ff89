/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_store.h -- what an API server told: the node's pods, the services, and what
 * pods refer to (namespaces, owners), which is asked for by name when a pod is there
 * that needs it.  Put together for each pod, it goes out as one JSON object, again
 * whenever that changes:
 *
 *   { "name", "namespace", "uid", "ip", "node", "labels": {},
 *     "ns": { "name", "uid", "labels": {} }, "rs", "deployment", "rc": the same,
 *     "svc": [ { "name", "uid", "labels" } ],
 *     "workload": { "kind", "name" } }
 *
 * A pod is first told when all that it refers to has been answered for, or a second
 * has gone by, or the time of whoever wishes for it is up.  One that was deleted stays for a while: events of its last moments may
 * still be under way.  Bounded; what finds no room is counted.  Core.
 */
#ifndef MEWS_KUBE_STORE_H
#define MEWS_KUBE_STORE_H

#include "clock.h"
#include "kube_json.h"

struct kube_limits {
	unsigned pods, services, references;
};

/* Where pods go, by the uid that cgroup paths have.  False: not now, try again. */
struct kube_sink {
	void *ctx;
	bool (*pod)(void *ctx, struct span uid, struct span json);
	bool (*gone)(void *ctx, struct span uid);
	bool (*absent)(void *ctx, struct span uid); /* it was wished for, and is not here in time */
};

struct kube_pod;
struct kube_reference;
struct kube_wish;

struct kube_store {
	struct kube_limits limits;
	struct kube_sink sink;
	char node[KUBE_NAME_MAX + 1]; /* ours; "": any */
	struct kube_pod *pods;
	unsigned npods;
	json_t *services; /* { namespace: { name: object } } */
	unsigned nservices;
	struct kube_reference **references;
	unsigned nreferences;
	struct kube_wish *wishes; /* as many as pods */
	unsigned nwishes;
	uint64_t pod_sweep, service_sweep; /* count lists */
	uint64_t refused, told;
};

int kube_store_init(struct kube_store *s, const struct kube_limits *limits, const char *node,
		    struct kube_sink sink);
void kube_store_release(struct kube_store *s);

/* A whole list of pods or services: begin, put each, end: what was not in it is gone. */
void kube_store_list_begin(struct kube_store *s, enum kube_kind kind);
void kube_store_list_end(struct kube_store *s, enum kube_kind kind, struct mono now);

/* KIND is KUBE_POD or KUBE_SERVICE; OBJECT is lent. */
void kube_store_put(struct kube_store *s, enum kube_kind kind, json_t *object, struct mono now);
void kube_store_delete(struct kube_store *s, enum kube_kind kind, const json_t *object,
		       struct mono now);

/* The next thing to ask for by name; NULL: none.  It is under way from then on, until
 * the answer: OBJECT (lent), or NULL and when to ask again. */
struct kube_reference *kube_store_wanted(struct kube_store *s);
void kube_reference_path(const struct kube_reference *r, char *buf, size_t cap);
enum kube_kind kube_reference_kind(const struct kube_reference *r);
void kube_store_answer(struct kube_store *s, struct kube_reference *r, json_t *object,
		       uint64_t again_ns, struct mono now);

/* Somebody is in the pod that cgroup paths call UID: it is told, or said to be absent, by UNTIL.
 * False: no room. */
bool kube_store_wish(struct kube_store *s, struct span uid, struct mono until);

/* Tell what changed, let go what is over.  When there may be something to do next. */
struct mono kube_store_step(struct kube_store *s, struct mono now);

#endif
