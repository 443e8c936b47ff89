/* SPDX-License-Identifier: Apache-2.0
 *
 * kube.c -- see kube.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube.h"

#define LOOKUP_TIMEOUT_NS (10 * NS_PER_SEC)
#define ABSENT_NS	  (60 * NS_PER_SEC)
#define FAILED_NS	  (15 * NS_PER_SEC)

/* Metadata is enough of what is asked for by name. */
#define ACCEPT_ALL  "application/json"
#define ACCEPT_META "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

enum { LOOKUP_BYTES = 2 << 20 };

struct lookup {
	struct kube_reference *reference; /* NULL: free */
	unsigned http_status;
	struct kube_bytes body;
};

struct kube {
	struct kube_store store;
	struct kube_reflector pods, services;
	struct lookup lookups[KUBE_LOOKUPS];
	struct mono now; /* of the call at hand */
	struct mono lookups_due;
	uint64_t nlookups, refused;
	uint32_t random;
};

static uint32_t next_random(struct kube *k)
{
	k->random ^= k->random << 13;
	k->random ^= k->random >> 17;
	k->random ^= k->random << 5;
	return k->random;
}

/* ---- from the reflectors to the store ---- */

static void pods_begin(void *ctx)
{
	kube_store_list_begin(&((struct kube *)ctx)->store, KUBE_POD);
}

static void pod_put(void *ctx, json_t *object)
{
	struct kube *k = ctx;

	kube_store_put(&k->store, KUBE_POD, object, k->now);
}

static void pod_gone(void *ctx, const json_t *object)
{
	struct kube *k = ctx;

	kube_store_delete(&k->store, KUBE_POD, object, k->now);
}

static void pods_end(void *ctx)
{
	struct kube *k = ctx;

	kube_store_list_end(&k->store, KUBE_POD, k->now);
}

static void services_begin(void *ctx)
{
	kube_store_list_begin(&((struct kube *)ctx)->store, KUBE_SERVICE);
}

static void service_put(void *ctx, json_t *object)
{
	struct kube *k = ctx;

	kube_store_put(&k->store, KUBE_SERVICE, object, k->now);
}

static void service_gone(void *ctx, const json_t *object)
{
	struct kube *k = ctx;

	kube_store_delete(&k->store, KUBE_SERVICE, object, k->now);
}

static void services_end(void *ctx)
{
	struct kube *k = ctx;

	kube_store_list_end(&k->store, KUBE_SERVICE, k->now);
}

int kube_new(const struct kube_params *p, struct kube **ret)
{
	struct kube_limits limits = p->limits;
	char selector[KUBE_NAME_MAX + 64] = "";
	struct kube *k = calloc(1, sizeof(*k));
	int err;

	if (k == NULL)
		return -ENOMEM;
	limits.pods = limits.pods != 0 ? limits.pods : 1024;
	limits.services = limits.services != 0 ? limits.services : 8192;
	limits.references = limits.references != 0 ? limits.references : 4096;
	k->random = p->seed != 0 ? p->seed : 1;
	err = kube_store_init(&k->store, &limits, p->node, p->sink);
	if (err < 0) {
		kube_free(k);
		return err;
	}
	if (p->node[0] != '\0')
		snprintf(selector, sizeof(selector), "fieldSelector=spec.nodeName%%3D%s", p->node);
	kube_reflector_init(&k->pods, KUBE_POD, selector,
			    (struct kube_taker){ k, pods_begin, pod_put, pod_gone, pods_end });
	kube_reflector_init(
		&k->services, KUBE_SERVICE, "",
		(struct kube_taker){ k, services_begin, service_put, service_gone, services_end });
	*ret = k;
	return 0;
}

void kube_free(struct kube *k)
{
	if (k == NULL)
		return;
	kube_store_release(&k->store);
	kube_reflector_release(&k->pods);
	kube_reflector_release(&k->services);
	for (unsigned i = 0; i < KUBE_LOOKUPS; i++)
		free(k->lookups[i].body.p);
	free(k);
}

/* ---- asking ---- */

static struct kube_reflector *reflector_of(struct kube *k, unsigned slot)
{
	return slot == KUBE_SLOT_PODS ? &k->pods : slot == KUBE_SLOT_SERVICES ? &k->services : NULL;
}

static bool ask_lookup(struct kube *k, unsigned i, struct kube_request *ret)
{
	struct lookup *l = &k->lookups[i];

	if (l->reference != NULL || k->now.ns < k->lookups_due.ns)
		return false;
	l->reference = kube_store_wanted(&k->store);
	if (l->reference == NULL)
		return false;
	l->http_status = 0;
	l->body.n = 0;
	k->nlookups++;
	kube_reference_path(l->reference, ret->path, sizeof(ret->path));
	ret->patience = (struct kube_patience){ .timeout_ns = LOOKUP_TIMEOUT_NS };
	ret->accept = ACCEPT_META;
	ret->stream = false;
	return true;
}

bool kube_ask(struct kube *k, struct mono now, struct kube_request *ret)
{
	k->now = now;
	for (unsigned slot = 0; slot < KUBE_SLOTS; slot++) {
		struct kube_reflector *r = reflector_of(k, slot);

		ret->slot = slot;
		if (r == NULL) {
			if (ask_lookup(k, slot - KUBE_SLOT_LOOKUP, ret))
				return true;
			continue;
		}
		ret->accept = ACCEPT_ALL;
		ret->stream = r->stage == KUBE_WATCHING;
		if (kube_reflector_ask(r, now, next_random(k), ret->path, &ret->patience))
			return true;
	}
	return false;
}

/* ---- answers ---- */

static int feed_lookup(struct lookup *l, unsigned http_status, struct span bytes)
{
	uint8_t *p;

	if (l->reference == NULL)
		return -EPROTO;
	l->http_status = http_status;
	if (bytes.n > LOOKUP_BYTES - l->body.n)
		return -EMSGSIZE;
	if (l->body.n + bytes.n > l->body.cap) {
		size_t cap = l->body.n + bytes.n + 4096;

		p = realloc(l->body.p, cap);
		if (p == NULL)
			return -ENOMEM;
		l->body.p = p;
		l->body.cap = cap;
	}
	if (bytes.n > 0)
		memcpy(l->body.p + l->body.n, bytes.p, bytes.n);
	l->body.n += bytes.n;
	return 0;
}

int kube_feed(struct kube *k, unsigned slot, unsigned http_status, struct span bytes,
	      struct mono now)
{
	struct kube_reflector *r = reflector_of(k, slot);

	k->now = now;
	if (r != NULL)
		return kube_reflector_feed(r, http_status, bytes);
	return slot < KUBE_SLOTS
		       ? feed_lookup(&k->lookups[slot - KUBE_SLOT_LOOKUP], http_status, bytes)
		       : -EPROTO;
}

static void say(struct kube_outcome *o, const struct kube_status *said, const char *verb,
		enum kube_kind kind)
{
	const struct kube_kind_row *row = kube_kind_row(kind);

	if (o->result == KUBE_OK)
		return;
	if (said->message[0] != '\0')
		snprintf(o->text, sizeof(o->text), "%d %s", said->code, said->message);
	else if (o->http_status != 0)
		snprintf(o->text, sizeof(o->text), "HTTP %u", o->http_status);
	if (o->result == KUBE_FORBIDDEN)
		snprintf(o->wants, sizeof(o->wants), "%s %s%s%s", verb, row->plural,
			 row->group[0] != '\0' ? "." : "", row->group);
}

static void end_reflector(struct kube *k, struct kube_reflector *r, int err, unsigned retry_after_s,
			  struct kube_outcome *ret)
{
	const char *verb = r->stage == KUBE_WATCHING ? "watch" : "list";

	ret->http_status = r->http_status;
	ret->result = kube_reflector_end(r, err, retry_after_s, k->now, next_random(k));
	say(ret, &r->said, verb, r->kind);
}

/* What is not there now may be later. */
static uint64_t ask_again(enum kube_result result)
{
	return result == KUBE_OK || result == KUBE_FORBIDDEN ? ABSENT_NS : FAILED_NS;
}

/* 404 is an answer like others: there is none. */
static enum kube_result lookup_result(const struct lookup *l, int err)
{
	switch (l->http_status) {
	case 401:
		return KUBE_WHO_ARE_YOU;
	case 403:
		return KUBE_FORBIDDEN;
	case 429:
		return KUBE_SLOW_DOWN;
	case 404:
		return KUBE_OK;
	case 200:
		return err < 0 ? KUBE_FAILED : KUBE_OK;
	default:
		return KUBE_FAILED;
	}
}

static void end_lookup(struct kube *k, struct lookup *l, int err, unsigned retry_after_s,
		       struct kube_outcome *ret)
{
	enum kube_kind kind = kube_reference_kind(l->reference);
	struct kube_head head = { 0 };
	json_t *object = NULL;

	ret->http_status = l->http_status;
	ret->result = lookup_result(l, err);
	if (ret->result == KUBE_OK && l->http_status == 200) {
		object = kube_item_read(span_of(l->body.p, l->body.n), kind);
		k->refused += object == NULL;
	} else if (err == 0) {
		(void)kube_head_read(span_of(l->body.p, l->body.n), &head);
	}
	say(ret, &head.status, "get", kind);
	if (ret->result == KUBE_SLOW_DOWN || ret->result == KUBE_FAILED) {
		retry_after_s = retry_after_s > 60 ? 60 : retry_after_s;
		k->lookups_due = mono_after(k->now, (retry_after_s + 1) * NS_PER_SEC);
	}
	kube_store_answer(&k->store, l->reference, object, ask_again(ret->result), k->now);
	json_decref(object);
	l->reference = NULL;
}

void kube_end(struct kube *k, unsigned slot, int err, unsigned retry_after_s, struct mono now,
	      struct kube_outcome *ret)
{
	struct kube_reflector *r = reflector_of(k, slot);

	k->now = now;
	*ret = (struct kube_outcome){ 0 };
	if (r != NULL)
		end_reflector(k, r, err, retry_after_s, ret);
	else if (slot < KUBE_SLOTS && k->lookups[slot - KUBE_SLOT_LOOKUP].reference != NULL)
		end_lookup(k, &k->lookups[slot - KUBE_SLOT_LOOKUP], err, retry_after_s, ret);
}

bool kube_wish(struct kube *k, struct span uid, struct mono until)
{
	return kube_store_wish(&k->store, uid, until);
}

struct mono kube_step(struct kube *k, struct mono now)
{
	struct mono next = kube_store_step(&k->store, now);
	const struct kube_reflector *both[] = { &k->pods, &k->services };

	for (unsigned i = 0; i < ARRAY_LEN(both); i++)
		if (!both[i]->in_flight && both[i]->due.ns < next.ns)
			next.ns = both[i]->due.ns;
	if (k->lookups_due.ns > now.ns && k->lookups_due.ns < next.ns)
		next.ns = k->lookups_due.ns;
	return next;
}

void kube_hurry(struct kube *k, struct mono now)
{
	kube_reflector_hurry(&k->pods, now);
	kube_reflector_hurry(&k->services, now);
	k->lookups_due = now;
}

void kube_numbers(const struct kube *k, struct kube_numbers *ret)
{
	const struct kube_reflector *p = &k->pods, *s = &k->services;

	*ret = (struct kube_numbers){
		.pods = k->store.npods,
		.services = k->store.nservices,
		.references = k->store.nreferences,
		.refused = k->refused + k->store.refused + p->refused + p->too_long + s->refused +
			   s->too_long,
		.lists = p->lists + s->lists,
		.watches = p->watches + s->watches,
		.expired = p->expired + s->expired,
		.lookups = k->nlookups,
		.listed = p->listed,
		.watching = p->stage == KUBE_WATCHING && p->in_flight && p->http_status == 200,
	};
}
