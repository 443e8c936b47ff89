/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_pod.c -- what Kubernetes tells of pods.  Which of them a thread is in, its
 * control groups say, wherever they are looked at: nothing is folded into threads.  The
 * first thread of a container has its pod asked about, if nothing is known of that.
 */
#include "enrich_core.h"
#include "pod_uid.h"

static void leave(struct enrich *en, struct pod *p)
{
	emit_pod_gone(en, p);
	podtab_remove(&en->podtab, p);
}

void container_find_pod(struct enrich *en, struct container *c, struct span cgroups)
{
	uint8_t buf[POD_UID_MAX];
	struct container_wish wish = { .is_pod = true };
	struct pod *p;

	c->knows_pod = true;
	if (en->ask == NULL || (wish.id = cgroup_pod_uid(cgroups, buf)).n == 0)
		return;
	p = podtab_find(&en->podtab, wish.id);
	if (p == NULL && en->podtab.count < en->podtab.max && en->ask(en->ask_ctx, &wish)) {
		p = podtab_ask(&en->podtab, wish.id);
		if (p == NULL)
			return;
		p->wait = CONTAINER_AWAITED;
		emit_pod(en, p);
	}
	c->pod = p != NULL ? blob_hold(p->uid) : NULL;
}

static void unanswered(struct enrich *en, struct pod *p)
{
	if (p == NULL || p->json != NULL || p->wait != CONTAINER_AWAITED)
		return;
	p->wait = CONTAINER_UNANSWERED;
	emit_pod(en, p);
}

void enrich_pod(struct enrich *en, struct span uid, struct span json)
{
	struct pod *victim =
		podtab_find(&en->podtab, uid) == NULL ? podtab_victim(&en->podtab) : NULL;
	struct pod *p;

	if (victim != NULL)
		leave(en, victim);
	p = podtab_put(&en->podtab, uid, json);
	if (p != NULL)
		emit_pod(en, p);
	else
		unanswered(en, podtab_find(&en->podtab, uid));
}

void enrich_pod_absent(struct enrich *en, struct span uid)
{
	unanswered(en, podtab_find(&en->podtab, uid));
}

void enrich_pod_gone(struct enrich *en, struct span uid)
{
	struct pod *p = podtab_find(&en->podtab, uid);

	if (p != NULL)
		leave(en, p);
}

/* Those that were asked about for containers that are gone, and never told of. */
void pods_sweep(struct enrich *en)
{
	struct podtab *pt = &en->podtab;

	for (uint32_t i = 0; pt->told < pt->count && i < pt->count;) {
		struct pod *p = &pt->pods[i];

		if (p->json == NULL && p->wait != CONTAINER_AWAITED && p->uid->refs == 1)
			leave(en, p); /* the last one takes its place */
		else
			i++;
	}
}
