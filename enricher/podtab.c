/* SPDX-License-Identifier: Apache-2.0
 *
 * podtab.c -- see podtab.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "pod_uid.h"
#include "podtab.h"

enum { LONGEST_JSON = 64 << 10 };

int podtab_init(struct podtab *pt, struct slab *slab, uint32_t max)
{
	*pt = (struct podtab){ .slab = slab, .max = max };
	pt->pods = calloc(max, sizeof(*pt->pods));
	return pt->pods == NULL ? -ENOMEM : 0;
}

/* The slab goes with all that is in it. */
void podtab_release(struct podtab *pt)
{
	free(pt->pods);
	*pt = (struct podtab){ 0 };
}

struct pod *podtab_find(const struct podtab *pt, struct span uid)
{
	for (uint32_t i = 0; i < pt->count; i++)
		if (blob_is(pt->pods[i].uid, uid))
			return &pt->pods[i];
	return NULL;
}

struct pod *podtab_ask(struct podtab *pt, struct span uid)
{
	struct blob *own =
		pt->count < pt->max && uid.n <= POD_UID_MAX ? blob_new(pt->slab, uid, NULL) : NULL;

	if (own == NULL)
		return NULL;
	pt->pods[pt->count] = (struct pod){ .uid = own };
	return &pt->pods[pt->count++];
}

struct pod *podtab_victim(struct podtab *pt)
{
	for (uint32_t i = 0; pt->count == pt->max && i < pt->count; i++)
		if (pt->pods[i].json == NULL)
			return &pt->pods[i];
	return NULL;
}

struct pod *podtab_put(struct podtab *pt, struct span uid, struct span json)
{
	struct blob *text = json.n <= LONGEST_JSON ? blob_new(pt->slab, json, NULL) : NULL;
	struct pod *p = podtab_find(pt, uid);

	if (p == NULL && text != NULL)
		p = podtab_ask(pt, uid);
	if (p == NULL || text == NULL) {
		blob_drop(pt->slab, text);
		pt->slab->refused++;
		return NULL;
	}
	pt->told += p->json == NULL;
	blob_drop(pt->slab, p->json);
	p->json = text;
	p->wait = CONTAINER_NOT_AWAITED;
	return p;
}

void podtab_remove(struct podtab *pt, struct pod *p)
{
	pt->told -= p->json != NULL;
	blob_drop(pt->slab, p->uid);
	blob_drop(pt->slab, p->json);
	*p = pt->pods[--pt->count];
	pt->pods[pt->count] = (struct pod){ 0 };
}

struct pod_frame pod_frame(const struct pod *p)
{
	return (struct pod_frame){ .uid = blob_span(p->uid),
				   .json = blob_span(p->json),
				   .wait = p->wait };
}
