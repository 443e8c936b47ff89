/* SPDX-License-Identifier: Apache-2.0
 *
 * kube.h -- what to ask of an API server, and what to make of its answers: the
 * node's pods and the services are listed and watched, what pods refer to is asked
 * for by name.  The shell carries requests and answers, each by the number of its
 * slot.  Core; the clock and the random numbers are handed in.
 */
#ifndef MEWS_KUBE_H
#define MEWS_KUBE_H

#include "kube_reflector.h"
#include "kube_store.h"

enum {
	KUBE_SLOT_PODS,
	KUBE_SLOT_SERVICES,
	KUBE_SLOT_LOOKUP, /* the first of them */
	KUBE_LOOKUPS = 6,
	KUBE_SLOTS = KUBE_SLOT_LOOKUP + KUBE_LOOKUPS,
};

struct kube_params {
	struct kube_limits limits; /* zeros: 1024, 8192, 4096 */
	const char *node;	   /* whose pods; "": of all nodes */
	struct kube_sink sink;
	uint32_t seed;
};

struct kube_request {
	unsigned slot;
	bool stream; /* its end may be far away */
	const char *accept;
	struct kube_patience patience;
	char path[KUBE_PATH_MAX]; /* with the query; without the server */
};

struct kube_outcome {
	enum kube_result result;
	unsigned http_status; /* 0: there was none */
	char text[320];	      /* what went wrong, for people; "" */
	char wants[96];	      /* KUBE_FORBIDDEN: the right that is missing: "list pods" */
};

struct kube;

int kube_new(const struct kube_params *p, struct kube **ret);
void kube_free(struct kube *k);

/* The next request that is due; false: none. */
bool kube_ask(struct kube *k, struct mono now, struct kube_request *ret);

/* Negative: the answer of that slot is not worth more of anybody's time. */
int kube_feed(struct kube *k, unsigned slot, unsigned http_status, struct span bytes,
	      struct mono now);

/* The answer is over, or (ERR) there is none. */
void kube_end(struct kube *k, unsigned slot, int err, unsigned retry_after_s, struct mono now,
	      struct kube_outcome *ret);

/* Somebody is in the pod that cgroup paths call UID: tell it as soon as it is known, or by UNTIL that
 * it is not.  False: that cannot be promised.  kube_step() is due. */
bool kube_wish(struct kube *k, struct span uid, struct mono until);

/* Tell pods.  When to come again, at the latest; kube_ask() goes behind it. */
struct mono kube_step(struct kube *k, struct mono now);

/* Credentials are new: ask again at once. */
void kube_hurry(struct kube *k, struct mono now);

struct kube_numbers {
	unsigned pods, services, references;
	uint64_t refused; /* objects that made no sense, were too long, or found no room */
	uint64_t lists, watches, expired, lookups;
	bool listed; /* the pods, once */
	bool watching;
};
void kube_numbers(const struct kube *k, struct kube_numbers *ret);

#endif
