/* SPDX-License-Identifier: Apache-2.0
 *
 * podtab.h -- the pods of this node that Kubernetes told of, by the uid that control
 * groups have, with what it told.  They are some hundred and change some times a second:
 * an array that is looked through.  Bounded.  Core.
 */
#ifndef MEWS_PODTAB_H
#define MEWS_PODTAB_H

#include "slab.h"
#include "wire.h"

struct pod {
	struct blob *uid, *json;
};

struct podtab {
	struct slab *slab;
	struct pod *pods;
	uint32_t max, count;
};

int podtab_init(struct podtab *pt, struct slab *slab, uint32_t max);
void podtab_release(struct podtab *pt);

struct pod *podtab_find(const struct podtab *pt, struct span uid);

/* What is told of UID now.  NULL: it finds no room, and that is counted. */
struct pod *podtab_put(struct podtab *pt, struct span uid, struct span json);
void podtab_remove(struct podtab *pt, struct pod *p);

struct pod_frame pod_frame(const struct pod *p);

#endif
