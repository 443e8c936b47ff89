/* SPDX-License-Identifier: Apache-2.0
 *
 * conttab.c -- containers; see conttab.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "conttab.h"
#include "jread.h"

enum { VICTIMS_LOOKED_AT = 64, LONGEST_JSON = 64 << 10 };

int conttab_init(struct conttab *ct, struct slab *slab, uint32_t max, uint64_t seed)
{
	uint32_t buckets = 16;

	*ct = (struct conttab){ 0 };
	if (max == 0 || max > 1u << 20)
		return -EINVAL;
	while (buckets < max)
		buckets *= 2;
	*ct = (struct conttab){ .slab = slab, .max = max, .hash_mask = buckets - 1, .seed = seed };
	ct->slots = calloc(max, sizeof(*ct->slots));
	ct->hash = calloc(buckets, sizeof(*ct->hash));
	if (ct->slots == NULL || ct->hash == NULL) {
		conttab_release(ct);
		return -ENOMEM;
	}
	return 0;
}

/* The slab goes with all that is in it. */
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

struct container *conttab_find(const struct conttab *ct, struct span id)
{
	for (uint32_t i = *bucket_of(ct, id); i != 0; i = ct->slots[i - 1].next)
		if (blob_is(ct->slots[i - 1].id, id))
			return &ct->slots[i - 1];
	return NULL;
}

/* ---- coming and going ---- */

/* The hand goes round as slots are used, so it points at the oldest, mostly. */
struct container *conttab_victim(struct conttab *ct)
{
	struct container *oldest = &ct->slots[ct->hand];

	if (ct->count < ct->max)
		return NULL;
	for (unsigned i = 0; i < VICTIMS_LOOKED_AT; i++) {
		struct container *c = &ct->slots[ct->hand];

		ct->hand = (ct->hand + 1) % ct->max;
		if (container_is_empty(c))
			return c;
	}
	return oldest;
}

void conttab_remove(struct conttab *ct, struct container *c)
{
	uint32_t *at = bucket_of(ct, blob_span(c->id)), number = (uint32_t)(c - ct->slots) + 1;

	while (*at != number)
		at = &ct->slots[*at - 1].next;
	*at = c->next;
	blob_drop(ct->slab, c->id);
	blob_drop(ct->slab, c->json);
	blob_drop(ct->slab, c->pod);
	ct->gone -= c->is_gone;
	*c = (struct container){ .next = ct->free };
	ct->free = number;
	ct->count--;
}

struct container *conttab_add(struct conttab *ct, struct span id, uint32_t type)
{
	struct blob *name = id.n <= CONTAINER_ID_MAX ? blob_new(ct->slab, id, NULL) : NULL;
	uint32_t *bucket = bucket_of(ct, id), number;
	struct container *c;

	if (name == NULL)
		return NULL;
	number = ct->free != 0 ? ct->free : ++ct->fresh;
	c = &ct->slots[number - 1];
	ct->free = ct->free != 0 ? c->next : 0;
	*c = (struct container){ .id = name, .type = type, .next = *bucket };
	*bucket = number;
	ct->count++;
	return c;
}

/* ---- what is told of them ---- */

/* An environment may hold secrets, and the rest nobody asks for. */
static bool is_kept(struct span key)
{
	static const char *const names[] = {
		"Mounts",
		"User",
		"cni_json",
		"full_id",
		"host_ipc",
		"host_network",
		"host_pid",
		"id",
		"image",
		"imagedigest",
		"imageid",
		"imagerepo",
		"imagetag",
		"ip",
		"is_pod_sandbox",
		"labels",
		"name",
		"pod_sandbox_id",
		"pod_sandbox_labels",
		"privileged",
		"type",
	};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (jread_is(key, span_str(names[i])))
			return true;
	return false;
}

static size_t put(uint8_t *buf, size_t n, struct span s)
{
	memcpy(buf + n, s.p, s.n);
	return n + s.n;
}

/* JSON with the members that are kept; never longer than it. */
static struct span keep_members(struct span json, uint8_t *buf)
{
	struct jread_walk w = jread_begin(json);
	struct span key, value;
	size_t n = 0;

	while (jread_next(&w, &key, &value)) {
		if (!is_kept(key))
			continue;
		n = put(buf, n, span_str(n == 0 ? "{" : ","));
		n = put(buf, n, key);
		n = put(buf, n, span_str(":"));
		n = put(buf, n, value);
	}
	return n == 0 ? SPAN_NONE : span_of(buf, put(buf, n, span_str("}")));
}

static bool read_ip(struct span value, uint8_t ret[4])
{
	char text[INET_ADDRSTRLEN];
	struct span s;

	if (value.n > sizeof(text) || !jread_string(value, (uint8_t *)text, &s))
		return false;
	memmove(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(AF_INET, text, ret) == 1;
}

void conttab_describe(struct conttab *ct, struct container *c, struct span json, uint8_t *buf)
{
	struct span kept = keep_members(json, buf);
	struct blob *old = c->json;
	uint64_t type;

	if (jread_uint(jread_member(json, "type"), &type) && type <= UINT32_MAX)
		c->type = (uint32_t)type;
	c->has_ip = read_ip(jread_member(json, "ip"), c->ip);
	if (kept.n > LONGEST_JSON) {
		ct->slab->refused++;
		kept = SPAN_NONE;
	}
	c->json = blob_new(ct->slab, kept, old);
	blob_drop(ct->slab, old);
}

struct container_frame container_frame(const struct container *c, uint8_t full_id[CONTAINER_ID_MAX])
{
	struct container_frame f = { .id = blob_span(c->id),
				     .type = c->type,
				     .has_metadata = c->json != NULL,
				     .wait = c->json != NULL ? CONTAINER_NOT_AWAITED : c->wait,
				     .json = blob_span(c->json) };
	struct span member = jread_member(f.json, "full_id");

	if (member.n > CONTAINER_ID_MAX || !jread_string(member, full_id, &f.full_id))
		f.full_id = SPAN_NONE;
	return f;
}
