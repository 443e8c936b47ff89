/* SPDX-License-Identifier: Apache-2.0
 *
 * podtab.h -- the pods of this node that Kubernetes told of, by the uid that control
 * groups have, with what it told; and those that it was asked about, because somebody is
 * in them.  They are some hundred and change some times a second: an array that is looked
 * through.  Bounded: one that was not told of makes room for one that is.  Core.
 */
#ifndef MEWS_PODTAB_H
#define MEWS_PODTAB_H

#include "slab.h"
#include "wire.h"

struct pod {
	struct blob *uid;  /* shared with the containers in it that asked */
	struct blob *json; /* NULL: it was not told of */
	uint8_t wait;	   /* enum container_wait, as long as it was not */
};

struct podtab {
	struct slab *slab;
	struct pod *pods;
	uint32_t max, count;
	uint32_t told; /* how many of them were told of */
};

int podtab_init(struct podtab *pt, struct slab *slab, uint32_t max);
void podtab_release(struct podtab *pt);

struct pod *podtab_find(const struct podtab *pt, struct span uid);

/* UID, that is new, is asked about.  NULL: there is no room. */
struct pod *podtab_ask(struct podtab *pt, struct span uid);

/* One that was not told of, and has to go before another can be told of; NULL: there is room, or
 * there is none. */
struct pod *podtab_victim(struct podtab *pt);

/* What is told of UID now.  NULL: it finds no room, and that is counted. */
struct pod *podtab_put(struct podtab *pt, struct span uid, struct span json);
void podtab_remove(struct podtab *pt, struct pod *p);

struct pod_frame pod_frame(const struct pod *p);

#endif
