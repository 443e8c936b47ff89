/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_source.c -- the API server of Kubernetes as a source of metadata: carries the
 * core's requests and the server's answers, each in its slot, and says how it goes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "kube.h"
#include "kube_access.h"
#include "log.h"
#include "meta_source.h"

#define CONNECT_NS (5 * NS_PER_SEC)

/* Found before the jail, used by the one source that there is. */
static struct kube_access access_found;
static uint64_t wish_ns; /* of a wish; a little less than an event waits */

struct carrier {
	struct kube_source *k;
	unsigned slot;
	bool stream;
	struct fetch *fetch; /* NULL: nothing is under way */
};

struct kube_source {
	struct source *s;
	struct kube_access *access;
	struct kube *core;
	struct carrier slots[KUBE_SLOTS];
	struct kube_request request; /* the one that is being made */
	char url[KUBE_SERVER_MAX + KUBE_PATH_MAX], authorization[KUBE_TOKEN_MAX + 32];
	unsigned failing; /* slots whose last answer was none, as bits; all look-ups are one */
};

static void find(const struct conf *conf, struct source_places *ret)
{
	kube_access_close(&access_found);
	kube_access_open(conf, &access_found);
	wish_ns = (conf->metadata_wait_ms != 0 ? conf->metadata_wait_ms : 1000) * NS_PER_MSEC / 10 *
		  9;
	if (!access_found.found)
		return;
	ret->count = 1;
	snprintf(ret->place[0], sizeof(ret->place[0]), "%.*s", SOURCE_PLACE_MAX - 1,
		 access_found.server[0] != '\0' ? access_found.server : "no server");
}

bool source_kubernetes_found(void)
{
	return access_found.found;
}

static const char *reads(void)
{
	return access_found.token_place[0] == '\0' ? NULL : access_found.token_place;
}

/* It is somewhere in the network: who asks will see. */
static bool is_there(const char *place)
{
	(void)place;
	return true;
}

/* ---- from the core ---- */

static bool tell(struct kube_source *k, enum meta_kind kind, struct span uid, struct span json)
{
	return metadata_tell(k->s->md,
			     &(struct meta_update){ .kind = kind, .id = uid, .text = json });
}

static bool tell_pod(void *ctx, struct span uid, struct span json)
{
	return tell(ctx, META_POD, uid, json);
}

static bool tell_gone(void *ctx, struct span uid)
{
	return tell(ctx, META_POD_GONE, uid, SPAN_NONE);
}

static bool tell_absent(void *ctx, struct span uid)
{
	return tell(ctx, META_POD_ABSENT, uid, SPAN_NONE);
}

static bool wish(struct source *s, const struct meta_wish *w, struct mono now)
{
	struct kube_source *k = s->self;

	if (k->access->error[0] != '\0')
		return false; /* it never will be asked */
	source_hurry(s, now);
	return kube_wish(k->core, span_str(w->id), mono_after(now, wish_ns));
}

/* ---- answers ---- */

static unsigned bit_of(unsigned slot)
{
	return 1u << (slot < KUBE_SLOT_LOOKUP ? slot : KUBE_SLOT_LOOKUP);
}

static int take_piece(void *ctx, unsigned status, struct span bytes)
{
	struct carrier *c = ctx;
	struct mono now = mono_now();

	source_hurry(c->k->s, now); /* what came is told there */
	source_heard(c->k->s, now, c->k->s->status.latency_ns);
	if (c->stream && status == 200)
		c->k->failing &= ~bit_of(c->slot); /* its end may be far away */
	return kube_feed(c->k->core, c->slot, status, bytes, now);
}

static void say(struct kube_source *k, const struct kube_outcome *o, const struct fetch_end *end)
{
	const char *why = o->text[0] != '\0' ? o->text : end->text;

	if (o->result == KUBE_FORBIDDEN)
		source_set(k->s, SOURCE_FAILING, "may not %s: see deploy/kubernetes (%s)", o->wants,
			   why);
	else if (o->result == KUBE_WHO_ARE_YOU)
		source_set(k->s, SOURCE_FAILING, "does not know us: %s", why);
	else if (o->result == KUBE_SLOW_DOWN)
		source_set(k->s, SOURCE_FAILING, "is asked too often: %s", why);
	else
		source_set(k->s, SOURCE_FAILING, "%s",
			   why[0] != '\0' ? why : "no answer that makes sense");
}

/* Who is refused may have a new token by now. */
static void look_at_token(struct kube_source *k, enum kube_result result, struct mono now)
{
	enum kube_why why = result == KUBE_WHO_ARE_YOU ? KUBE_WAS_REFUSED : KUBE_BY_TIME;

	if (kube_access_refresh(k->access, why, now) && why == KUBE_WAS_REFUSED)
		kube_hurry(k->core, now);
}

static void take_end(void *ctx, const struct fetch_end *end)
{
	struct carrier *c = ctx;
	struct kube_source *k = c->k;
	struct mono now = mono_now();
	struct kube_outcome o;
	unsigned after = end->retry_after_s < 86400 ? (unsigned)end->retry_after_s : 86400;

	c->fetch = NULL;
	/* No body, but an answer all the same. */
	if (end->status != 0)
		(void)kube_feed(k->core, c->slot, end->status, SPAN_NONE, now);
	kube_end(k->core, c->slot, end->err == -ECANCELED ? 0 : end->err, after, now, &o);
	look_at_token(k, o.result, now);
	if (end->status != 0)
		source_heard(k->s, now, k->s->status.latency_ns);
	if (o.result == KUBE_OK || o.result == KUBE_TOO_OLD) {
		k->failing &= ~bit_of(c->slot);
		if (!c->stream)
			k->s->status.latency_ns = end->took_ns;
	} else {
		k->failing |= bit_of(c->slot);
		k->s->status.misses++;
		say(k, &o, end);
	}
	source_hurry(k->s, now);
}

/* ---- requests ---- */

static void begin(struct kube_source *k, struct mono now)
{
	const struct kube_request *r = &k->request;
	struct carrier *c = &k->slots[r->slot];
	struct fetch_params p = {
		.url = k->url,
		.ca_pem = k->access->ca,
		.cert_pem = k->access->cert,
		.key_pem = k->access->key,
		.insecure = k->access->insecure,
		.connect_timeout_ns = CONNECT_NS,
		.timeout_ns = r->patience.timeout_ns,
		.silence_ns = r->patience.silence_ns,
		.ctx = c,
		.piece = take_piece,
		.done = take_end,
	};
	static char accept[160]; /* one thread, and one source */
	struct kube_outcome o;

	snprintf(accept, sizeof(accept), "Accept: %s", r->accept);
	p.headers[0] = accept;
	snprintf(k->url, sizeof(k->url), "%s%s", k->access->server, r->path);
	if (k->access->token[0] != '\0') {
		snprintf(k->authorization, sizeof(k->authorization), "Authorization: Bearer %s",
			 k->access->token);
		p.headers[1] = k->authorization;
	}
	c->stream = r->stream;
	k->s->status.asked++;
	if (fetch_start(metadata_fetcher(k->s->md), &p, &c->fetch) < 0) {
		c->fetch = NULL;
		kube_end(k->core, r->slot, -ENOMEM, 0, now, &o);
	}
	explicit_bzero(k->authorization, sizeof(k->authorization));
}

static void show(struct kube_source *k)
{
	struct kube_numbers n;

	kube_numbers(k->core, &n);
	k->s->status.objects = n.pods;
	k->s->status.reconnects = n.lists + n.watches > 2 ? n.lists + n.watches - 2 : 0;
	if (n.watching && k->failing == 0)
		source_set(k->s, SOURCE_CONNECTED, "%s", "");
}

static struct mono step(struct source *s, struct mono now)
{
	struct kube_source *k = s->self;
	struct mono next;

	if (k->access->error[0] != '\0') {
		source_set(s, SOURCE_FAILED, "%s", k->access->error);
		return mono_after(now, 3600 * NS_PER_SEC);
	}
	(void)kube_access_refresh(k->access, KUBE_BY_TIME, now);
	next = kube_step(k->core, now);
	while (kube_ask(k->core, now, &k->request))
		begin(k, now);
	show(k);
	return next.ns > now.ns ? next : mono_after(now, NS_PER_MSEC);
}

static int start(struct source *s)
{
	struct kube_source *k = calloc(1, sizeof(*k));
	struct kube_params p = { .node = access_found.node,
				 .sink = { k, tell_pod, tell_gone, tell_absent } };
	size_t hash_seed = 0;
	int err;

	if (k == NULL)
		return -ENOMEM;
	s->self = k;
	k->s = s;
	k->access = &access_found;
	for (unsigned i = 0; i < KUBE_SLOTS; i++)
		k->slots[i] = (struct carrier){ .k = k, .slot = i };
	if (getrandom(&p.seed, sizeof(p.seed), 0) != sizeof(p.seed) ||
	    getrandom(&hash_seed, sizeof(hash_seed), 0) != sizeof(hash_seed))
		return -EIO;
	json_object_seed(hash_seed); /* nobody makes collisions; it is taken once */
	err = kube_new(&p, &k->core);
	return err;
}

static void stop(struct source *s)
{
	struct kube_source *k = s->self;

	if (k == NULL)
		return;
	for (unsigned i = 0; i < KUBE_SLOTS; i++)
		fetch_cancel(k->slots[i].fetch);
	kube_free(k->core);
	free(k);
	s->self = NULL;
}

const struct source_ops source_kubernetes = {
	.name = "kubernetes",
	.setting = "kubernetes.mode",
	.needs_network = true,
	.find = find,
	.reads = reads,
	.is_there = is_there,
	.start = start,
	.step = step,
	.wishes = WISH_POD,
	.wish = wish,
	.stop = stop,
};
