/* SPDX-License-Identifier: Apache-2.0
 *
 * conttab.c -- containers; see conttab.h.  Slots are used in turn, so the next
 * one to use is always the oldest.
 */
#include <errno.h>
#include <stdlib.h>

#include "conttab.h"

int conttab_init(struct conttab *ct, uint32_t max, uint64_t seed)
{
	uint32_t buckets = 16;

	*ct = (struct conttab){ 0 };
	if (max == 0 || max > 1u << 20)
		return -EINVAL;
	while (buckets < max)
		buckets *= 2;
	*ct = (struct conttab){ .max = max, .hash_mask = buckets - 1, .seed = seed };
	ct->slots = calloc(max, sizeof(*ct->slots));
	ct->hash = calloc(buckets, sizeof(*ct->hash));
	if (ct->slots == NULL || ct->hash == NULL) {
		conttab_release(ct);
		return -ENOMEM;
	}
	return 0;
}

void conttab_release(struct conttab *ct)
{
	free(ct->slots);
	free(ct->hash);
	*ct = (struct conttab){ 0 };
}

static uint32_t *bucket_of(const struct conttab *ct, struct span id)
{
	uint64_t h = ct->seed ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * UINT64_C(0x100000001b3);
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return &ct->hash[(uint32_t)(h >> 32) & ct->hash_mask];
}

const struct container *conttab_find(const struct conttab *ct, struct span id)
{
	for (uint32_t i = *bucket_of(ct, id); i != 0; i = ct->slots[i - 1].hash_next)
		if (span_eq(container_id(&ct->slots[i - 1]), id))
			return &ct->slots[i - 1];
	return NULL;
}

static void unlink_slot(struct conttab *ct, uint32_t index)
{
	uint32_t *at = bucket_of(ct, container_id(&ct->slots[index]));

	while (*at != 0 && *at != index + 1)
		at = &ct->slots[*at - 1].hash_next;
	if (*at != 0)
		*at = ct->slots[index].hash_next;
	ct->count--;
}

const struct container *conttab_add(struct conttab *ct, struct span id, uint32_t type,
				    struct container *ret_old)
{
	uint32_t index = ct->oldest, *bucket;
	struct container *c = &ct->slots[index];

	if (id.n == 0 || id.n > CONTAINER_ID_MAX)
		return NULL;
	*ret_old = *c;
	if (c->id_len != 0)
		unlink_slot(ct, index);
	ct->oldest = (index + 1) % ct->max;
	bucket = bucket_of(ct, id);
	*c = (struct container){ .id_len = (uint8_t)id.n, .type = type, .hash_next = *bucket };
	memcpy(c->id, id.p, id.n);
	*bucket = index + 1;
	ct->count++;
	return c;
}
