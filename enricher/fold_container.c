/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_container.c -- which container a thread is in, and what events tell of
 * containers: a capture's own, and those that follow a runtime.
 */
#include "enrich_core.h"
#include "jread.h"

enum { SHORT_ID = 12 };

/* Most threads share their cgroups with the one that they were cloned from: what was
 * found in them is remembered by the blob, which is held, so that it stays what it is. */
static struct cgroups_memo *remember(struct enrich *en, struct blob *cgroups)
{
	struct cgroups_memo *m =
		&en->cgroups_memo[((uintptr_t)cgroups >> SLAB_MIN_SHIFT) % CGROUPS_REMEMBERED];

	if (m->cgroups == cgroups)
		return m;
	blob_drop(&en->slab, m->cgroups);
	m->cgroups = blob_hold(cgroups);
	m->id = SPAN_NONE;
	(void)cgroup_container(blob_span(cgroups), &m->id, &m->type);
	return m;
}

/* ---- containers come and go ---- */

static void leave(struct enrich *en, struct container *c)
{
	emit_container_gone(en, c);
	conttab_remove(&en->conttab, c);
}

/* NULL: no room for it. */
static struct container *enter(struct enrich *en, struct span id, uint32_t type)
{
	struct container *c = conttab_find(&en->conttab, id), *old;

	if (c != NULL)
		return c;
	old = conttab_victim(&en->conttab);
	if (old != NULL) {
		en->counts[ENRICHER_CONTAINERS_EVICTED]++;
		leave(en, old);
	}
	return conttab_add(&en->conttab, id, type);
}

static void ask_about(struct enrich *en, struct container *c, const struct cgroups_memo *m)
{
	struct container_wish wish = { .type = m->type };

	if (en->ask == NULL)
		return;
	wish.id = cgroup_whole_id(blob_span(m->cgroups), m->id, m->type, &wish.space);
	c->wait = en->ask(en->ask_ctx, &wish) ? CONTAINER_AWAITED : CONTAINER_NOT_AWAITED;
}

/* A second witness, where control groups say nothing: who may write to them (a container with
 * power over the host) puts its processes where no container is, and they still are in its
 * namespace of processes.  So who is in one is where it was, or where its parent is.  Not for
 * captures, which are read as Falco reads them. */
static struct container *find_by_namespace(struct enrich *en, const struct thread *th)
{
	const struct thread *parent;
	struct blob *id = th->f.container_id;

	if (en->capture || th->f.vpid == th->f.pid || th->f.vpid <= 0)
		return NULL;
	if (id == NULL) {
		parent = proctab_find(&en->proctab, th->f.ptid);
		id = parent == NULL || parent->f.vpid == parent->f.pid ? NULL
								       : parent->f.container_id;
	}
	return id == NULL ? NULL : conttab_find(&en->conttab, blob_span(id));
}

void thread_find_container(struct enrich *en, struct thread *th)
{
	const struct cgroups_memo *m = remember(en, th->f.cgroups);
	struct container *c = m->id.n == 0 ? find_by_namespace(en, th) : NULL;

	if (m->id.n > 0 && (c = conttab_find(&en->conttab, m->id)) == NULL) {
		c = enter(en, m->id, m->type);
		if (c != NULL) {
			ask_about(en, c, m);
			emit_container(en, c);
		}
	}
	if (c != NULL && !c->knows_pod)
		container_find_pod(en, c, blob_span(m->cgroups));
	if (c != NULL)
		THREAD_SHARE_BYTES(&en->proctab, th, container_id, c->id);
	else
		THREAD_SET_BYTES(&en->proctab, th, container_id, m->id);
}

/* A container is over when the first process of its processes' namespace is, unless
 * that was a namespace inside of it.  Of one that a runtime told of or is asked about, the
 * runtime says when: what makes a container has namespaces of its own, too, and ends before it
 * begins; and a short one is over before the answer is there, for which its events wait. */
void container_left_by_init(struct enrich *en, struct blob *id)
{
	struct container *c = id != NULL ? conttab_find(&en->conttab, blob_span(id)) : NULL;

	blob_drop(&en->slab, id);
	if (c != NULL && container_is_empty(c) &&
	    (en->ask == NULL || (c->json == NULL && c->wait != CONTAINER_AWAITED)))
		leave(en, c);
}

/* ---- what events tell ---- */

/* The object that TEXT tells of a container in, and its id, in ID; an old capture's
 * container event has the members at its top. */
static struct span find_object(struct span text, uint8_t *buf, struct span *ret_id)
{
	struct span top = jread_value(text), object = jread_member(top, "container");

	if (jread_kind(object) != JREAD_OBJECT)
		object = top;
	if (!jread_string(jread_member(object, "id"), buf, ret_id) || ret_id->n == 0)
		return SPAN_NONE;
	if (ret_id->n > SHORT_ID)
		ret_id->n = SHORT_ID;
	return object;
}

static void tell(struct enrich *en, struct span text, bool gone)
{
	uint8_t short_id[SHORT_ID];
	struct span id, object = find_object(text, en->scratch, &id);
	struct container *c;

	if (object.n == 0)
		return;
	memcpy(short_id, id.p, id.n);
	id.p = short_id;
	c = gone ? conttab_find(&en->conttab, id) : enter(en, id, CONTAINER_UNKNOWN);
	if (c != NULL && gone) {
		leave(en, c);
	} else if (c != NULL) {
		en->conttab.gone -= c->is_gone;
		c->is_gone = false;
		conttab_describe(&en->conttab, c, object, en->scratch);
		emit_container(en, c);
	}
}

void fold_container(struct enrich *en)
{
	if (en->ev.code == EVENT_CONTAINER_JSON_2_E)
		tell(en, bytes_param(en, 0), false);
	else if (span_is(bytes_param(en, 1), "container"))
		tell(en, bytes_param(en, 2), false);
	else if (span_is(bytes_param(en, 1), "container_removed"))
		tell(en, bytes_param(en, 2), true);
}

/* ---- what a runtime tells ---- */

void enrich_container(struct enrich *en, struct span json)
{
	if (json.n < WIRE_MAX_PAYLOAD)
		tell(en, json, false);
}

/* As the tables have it. */
static struct container *find_short(struct enrich *en, struct span id)
{
	struct container *c = conttab_find(&en->conttab, id);

	return c != NULL || id.n <= SHORT_ID ? c
					     : conttab_find(&en->conttab, span_of(id.p, SHORT_ID));
}

/* It goes when nobody is in it any more. */
static void mark_gone(struct enrich *en, struct container *c)
{
	en->conttab.gone += !c->is_gone;
	c->is_gone = true;
}

void enrich_container_absent(struct enrich *en, struct span id)
{
	struct container *c = find_short(en, id);

	if (c == NULL || c->json != NULL || c->wait != CONTAINER_AWAITED)
		return;
	c->wait = CONTAINER_UNANSWERED;
	emit_container(en, c);
	if (container_is_empty(c))
		mark_gone(en, c);
}

void enrich_container_gone(struct enrich *en, struct span id)
{
	struct container *c = find_short(en, id);

	if (c == NULL)
		return;
	if (container_is_empty(c))
		leave(en, c);
	else
		mark_gone(en, c);
}

void enrich_sweep(struct enrich *en)
{
	struct conttab *ct = &en->conttab;

	again_sweep(en);
	pods_sweep(en);
	for (uint32_t i = 0; i < ct->fresh && ct->gone > 0; i++)
		if (ct->slots[i].is_gone && container_is_empty(&ct->slots[i]))
			leave(en, &ct->slots[i]);
}
