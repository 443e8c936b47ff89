/* SPDX-License-Identifier: Apache-2.0
 *
 * runtime.c -- see runtime.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime.h"

#define LATER_NS      (300 * NS_PER_MSEC)
#define LEAVING_NS    (30 * NS_PER_SEC)
#define BACKOFF_NS    (50 * NS_PER_MSEC)
#define BACKOFF_MAX   (2 * NS_PER_SEC)
#define NOT_SPOKEN_NS (30 * NS_PER_SEC)
#define LIST_AGAIN_NS (30 * NS_PER_SEC)
#define CONTAINERS    16384
#define MISSES_MAX    16

/* ---- the connection ---- */

static void end_ask(struct ask *a)
{
	a->rt->ops->let_go(a);
	*a = (struct ask){ .rt = a->rt };
}

static void disconnect(struct runtime *rt)
{
	fetch_cancel(rt->events);
	fetch_cancel(rt->list);
	rt->events = rt->list = NULL;
	for (unsigned i = 0; i < RUNTIME_ASKS; i++) {
		if (!rt->asks[i].is_used)
			continue;
		fetch_cancel(rt->asks[i].fetch);
		end_ask(&rt->asks[i]);
	}
	rt->is_connected = rt->is_listed = false;
	rt->misses = 0;
	roster_reset(&rt->roster);
}

void runtime_fail(struct runtime *rt, struct mono now, const char *what, const char *why)
{
	disconnect(rt);
	rt->s->status.misses++;
	rt->s->status.reconnects++;
	rt->retry_at = mono_after(now, backoff_next(&rt->backoff));
	source_set(rt->s, SOURCE_FAILING, "%s: %s", what, why);
	source_hurry(rt->s, rt->retry_at);
}

void runtime_not_spoken(struct runtime *rt, struct mono now, const char *why)
{
	disconnect(rt);
	rt->retry_at = mono_after(now, NOT_SPOKEN_NS);
	source_set(rt->s, SOURCE_ABSENT, "%s", why);
}

const char *runtime_reason(const struct fetch_end *end, char buf[64])
{
	if (end->err == -EACCES)
		return "permission denied: its directory and group must let mews-enricher in "
		       "(started again, for a new group)";
	if (end->err == -EMSGSIZE)
		return "the answer is too long";
	if (end->err < 0)
		return end->text[0] != '\0' ? end->text : strerror(-end->err);
	snprintf(buf, 64, "HTTP status %u", end->status);
	return buf;
}

void runtime_heard(struct runtime *rt, struct mono now, uint64_t took_ns)
{
	source_heard(rt->s, now, took_ns);
	rt->misses = 0;
}

void runtime_listed(struct runtime *rt, struct mono now)
{
	rt->is_listed = true;
	backoff_clear(&rt->backoff);
	rt->next_list = rt->has_no_events ? mono_after(now, LIST_AGAIN_NS) : (struct mono){ 0 };
	source_set(rt->s, SOURCE_CONNECTED, "%s",
		   rt->has_no_events ? "no events, lists are read again" : "");
	source_hurry(rt->s, now);
}

/* ---- one container ---- */

/* Without what the protocol's name() put before it. */
static const char *plain_id(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash == NULL ? id : slash + 1;
}

void runtime_answered(struct ask *a, enum roster_answer what, struct mono now)
{
	struct runtime *rt = a->rt;
	char id[ROSTER_ID_MAX];

	memcpy(id, a->id, sizeof(id));
	end_ask(a);
	if (roster_answered(&rt->roster, span_str(id), what, now) && what != ROSTER_TOLD)
		metadata_absent(rt->s->md, plain_id(id));
	source_hurry(rt->s, now);
	if (what != ROSTER_FAILED)
		return;
	rt->s->status.misses++;
	if (++rt->misses >= MISSES_MAX)
		runtime_fail(rt, now, "containers", "it does not answer");
}

void runtime_tell(struct ask *a, struct span id, ssize_t n, struct mono now)
{
	struct runtime *rt = a->rt;

	if (n >= 0)
		metadata_tell(rt->s->md,
			      &(struct meta_update){ .kind = META_CONTAINER,
						     .id = id,
						     .text = span_of(rt->out, (size_t)n) });
	runtime_answered(a, n >= 0 ? ROSTER_TOLD : ROSTER_FAILED, now);
}

static struct ask *free_ask(struct runtime *rt)
{
	for (unsigned i = 0; i < RUNTIME_ASKS; i++)
		if (!rt->asks[i].is_used)
			return &rt->asks[i];
	return NULL;
}

static void ask_some(struct runtime *rt, struct mono now)
{
	struct ask *a;
	const char *id;

	/* As many as there are places: who ends at once is not a reason to go on for ever. */
	for (unsigned i = 0; i < RUNTIME_ASKS && rt->is_connected; i++) {
		if ((a = free_ask(rt)) == NULL || (id = roster_next(&rt->roster, now)) == NULL)
			return;
		a->is_used = true;
		memcpy(a->id, id, sizeof(a->id));
		rt->ops->ask(a, now);
	}
}

/* ---- the source ---- */

int runtime_start(struct source *s, const struct runtime_ops *ops)
{
	struct runtime *rt = calloc(1, sizeof(*rt));

	s->self = rt;
	if (rt == NULL)
		return -ENOMEM;
	rt->ops = ops;
	rt->s = s;
	rt->backoff = (struct backoff){ .least_ns = BACKOFF_NS,
					.most_ns = BACKOFF_MAX,
					.random = mono_now().ns };
	for (unsigned i = 0; i < RUNTIME_ASKS; i++)
		rt->asks[i].rt = rt;
	roster_init(&rt->roster, CONTAINERS, mono_now().ns, LATER_NS, LEAVING_NS);
	rt->self = calloc(1, ops->bytes);
	return rt->self == NULL ? -ENOMEM : 0;
}

void runtime_stop(struct source *s)
{
	struct runtime *rt = s->self;

	s->self = NULL;
	if (rt == NULL)
		return;
	disconnect(rt);
	roster_release(&rt->roster);
	if (rt->self != NULL)
		rt->ops->close(rt);
	free(rt->self);
	free(rt);
}

struct mono runtime_step(struct source *s, struct mono now)
{
	struct runtime *rt = s->self;
	struct mono due;
	char gone[ROSTER_ID_MAX];

	while (roster_gone(&rt->roster, now, gone))
		metadata_tell(s->md, &(struct meta_update){ .kind = META_CONTAINER_GONE,
							    .id = span_str(plain_id(gone)) });
	s->status.objects = rt->roster.count;
	if (!rt->is_connected && now.ns >= rt->retry_at.ns) {
		rt->is_connected = true; /* until something fails */
		rt->ops->connect(rt, now);
	}
	if (!rt->is_connected)
		return rt->retry_at;
	if (!rt->is_listed)
		return mono_after(now, NS_PER_SEC);
	if (rt->next_list.ns != 0 && now.ns >= rt->next_list.ns && rt->list == NULL) {
		rt->next_list = (struct mono){ 0 };
		rt->ops->connect(rt, now);
	}
	ask_some(rt, now);
	due = roster_due(&rt->roster, now);
	/* With all places taken, the answers say when to go on. */
	if (due.ns <= now.ns && free_ask(rt) == NULL)
		due = mono_after(now, NS_PER_SEC);
	return rt->next_list.ns != 0 && rt->next_list.ns < due.ns ? rt->next_list : due;
}

bool runtime_wish(struct source *s, const struct meta_wish *w, struct mono now)
{
	struct runtime *rt = s->self;
	char buf[ROSTER_ID_MAX];

	if (w->kind != WISH_CONTAINER || s->status.state == SOURCE_ABSENT || !rt->ops->takes(rt, w))
		return false;
	/* Who is not connected yet asks when he is. */
	if (!roster_see(&rt->roster, rt->ops->name(w, buf), ROSTER_WISHED))
		return false;
	source_hurry(s, now);
	return true;
}

/* ---- images ---- */

const json_t *image_cache_find(const struct image_cache *c, struct span id)
{
	for (unsigned i = 0; i < RUNTIME_IMAGES; i++)
		if (c->of[i].names != NULL && span_is(id, c->of[i].id))
			return c->of[i].names;
	return NULL;
}

void image_cache_put(struct image_cache *c, struct span id, json_t *names)
{
	unsigned at = c->next++ % RUNTIME_IMAGES;

	json_decref(c->of[at].names);
	c->of[at].names = NULL;
	if (id.n >= sizeof(c->of[at].id)) {
		json_decref(names);
		return;
	}
	memcpy(c->of[at].id, id.p, id.n);
	c->of[at].id[id.n] = '\0';
	c->of[at].names = names;
}

void image_cache_clear(struct image_cache *c)
{
	for (unsigned i = 0; i < RUNTIME_IMAGES; i++)
		json_decref(c->of[i].names);
	*c = (struct image_cache){ 0 };
}
