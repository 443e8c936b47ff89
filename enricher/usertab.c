/* SPDX-License-Identifier: Apache-2.0
 *
 * usertab.c -- users and groups; see usertab.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "usertab.h"

int usertab_init(struct usertab *ut, struct slab *slab, uint32_t max, uint64_t seed)
{
	uint32_t buckets = 64;

	*ut = (struct usertab){ 0 };
	if (max == 0 || max > 1u << 24)
		return -EINVAL;
	while (buckets < max)
		buckets *= 2;
	*ut = (struct usertab){ .slab = slab, .max = max, .hash_mask = buckets - 1, .seed = seed };
	ut->slots = calloc(max, sizeof(*ut->slots));
	ut->hash = calloc(buckets, sizeof(*ut->hash));
	if (ut->slots == NULL || ut->hash == NULL) {
		usertab_release(ut);
		return -ENOMEM;
	}
	return 0;
}

void usertab_release(struct usertab *ut)
{
	free(ut->slots);
	free(ut->hash);
	*ut = (struct usertab){ 0 };
}

static struct user_entry **bucket_of(const struct usertab *ut, bool is_group, struct span container,
				     uint32_t id)
{
	uint64_t h = ut->seed ^ id ^ ((uint64_t)is_group << 32);

	for (size_t i = 0; i < container.n; i++)
		h = (h ^ container.p[i]) * UINT64_C(0x100000001b3);
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return &ut->hash[(uint32_t)(h >> 32) & ut->hash_mask];
}

static struct user_entry *find(const struct usertab *ut, bool is_group, struct span container,
			       uint32_t id)
{
	struct user_entry *e = *bucket_of(ut, is_group, container, id);

	while (e != NULL &&
	       (e->id != id || e->is_group != is_group || !blob_is(e->container_id, container)))
		e = e->hash_next;
	return e;
}

static struct user_entry *add(struct usertab *ut, bool is_group, struct span container, uint32_t id)
{
	struct user_entry **bucket = bucket_of(ut, is_group, container, id), *e = ut->free;
	struct blob *name = blob_new(ut->slab, container, NULL);

	if (name == NULL && container.n > 0)
		return NULL; /* it is part of the key */
	if (e != NULL)
		ut->free = e->hash_next;
	else if (ut->fresh < ut->max)
		e = &ut->slots[ut->fresh++];
	if (e == NULL) {
		blob_drop(ut->slab, name);
		return NULL;
	}
	*e = (struct user_entry){ .is_group = is_group, .in_use = true, .id = id };
	e->container_id = name;
	e->hash_next = *bucket;
	*bucket = e;
	ut->count++;
	return e;
}

static void remove_entry(struct usertab *ut, struct user_entry *e)
{
	struct user_entry **at = bucket_of(ut, e->is_group, blob_span(e->container_id), e->id);

	while (*at != NULL && *at != e)
		at = &(*at)->hash_next;
	if (*at == e)
		*at = e->hash_next;
	blob_drop(ut->slab, e->container_id);
	blob_drop(ut->slab, e->name);
	blob_drop(ut->slab, e->home);
	blob_drop(ut->slab, e->shell);
	*e = (struct user_entry){ .hash_next = ut->free };
	ut->free = e;
	ut->count--;
}

static bool set(struct usertab *ut, struct blob **member, struct span value)
{
	struct blob *b;

	if (blob_is(*member, value))
		return false;
	b = blob_new(ut->slab, value, NULL);
	blob_drop(ut->slab, *member);
	*member = b;
	return true;
}

/* Find or make; 1 in *RET_NEW if made. */
static struct user_entry *entry_for(struct usertab *ut, bool is_group, struct span container,
				    uint32_t id, int *ret_new)
{
	struct user_entry *e = find(ut, is_group, container, id);

	*ret_new = e == NULL;
	if (e == NULL)
		e = add(ut, is_group, container, id);
	if (e != NULL)
		e->seen = true;
	else
		ut->refused++;
	return e;
}

static int remove_named(struct usertab *ut, bool is_group, struct span container, uint32_t id)
{
	struct user_entry *e = find(ut, is_group, container, id);

	if (e == NULL)
		return 0;
	remove_entry(ut, e);
	return 1;
}

static bool is_second(const struct usertab *ut, bool is_group, struct span container, uint32_t id)
{
	const struct user_entry *e = ut->rereading ? find(ut, is_group, container, id) : NULL;

	return e != NULL && e->seen;
}

int usertab_user(struct usertab *ut, const struct user_frame *u)
{
	struct user_entry *e;
	int changed;

	if (u->gone)
		return remove_named(ut, false, u->container_id, u->uid);
	if (is_second(ut, false, u->container_id, u->uid))
		return 0;
	e = entry_for(ut, false, u->container_id, u->uid, &changed);
	if (e == NULL)
		return -ENOSPC;
	changed |= e->gid != u->gid;
	e->gid = u->gid;
	changed |= set(ut, &e->name, u->name);
	changed |= set(ut, &e->home, u->home);
	changed |= set(ut, &e->shell, u->shell);
	return changed;
}

int usertab_group(struct usertab *ut, const struct group_frame *g)
{
	struct user_entry *e;
	int changed;

	if (g->gone)
		return remove_named(ut, true, g->container_id, g->gid);
	if (is_second(ut, true, g->container_id, g->gid))
		return 0;
	e = entry_for(ut, true, g->container_id, g->gid, &changed);
	if (e == NULL)
		return -ENOSPC;
	changed |= set(ut, &e->name, g->name);
	return changed;
}

struct user_entry *usertab_next(const struct usertab *ut, const struct user_entry *e)
{
	uint32_t i = e == NULL ? 0 : (uint32_t)(e - ut->slots) + 1;

	for (; i < ut->fresh; i++)
		if (ut->slots[i].in_use)
			return &ut->slots[i];
	return NULL;
}

void usertab_clear(struct usertab *ut)
{
	for (uint32_t i = 0; i < ut->fresh; i++)
		if (ut->slots[i].in_use)
			remove_entry(ut, &ut->slots[i]);
}

void usertab_reread_begin(struct usertab *ut)
{
	ut->rereading = true;
	for (uint32_t i = 0; i < ut->fresh; i++)
		ut->slots[i].seen = false;
}

void usertab_reread_end(struct usertab *ut, void (*gone)(void *ctx, const struct user_entry *e),
			void *ctx)
{
	ut->rereading = false;
	for (uint32_t i = 0; i < ut->fresh; i++) {
		struct user_entry *e = &ut->slots[i];

		if (!e->in_use || e->seen || e->container_id != NULL)
			continue;
		gone(ctx, e);
		remove_entry(ut, e);
	}
}

struct user_frame user_entry_user(const struct user_entry *e)
{
	return (struct user_frame){ .container_id = blob_span(e->container_id),
				    .uid = e->id,
				    .gid = e->gid,
				    .name = blob_span(e->name),
				    .home = blob_span(e->home),
				    .shell = blob_span(e->shell) };
}

struct group_frame user_entry_group(const struct user_entry *e)
{
	return (struct group_frame){ .container_id = blob_span(e->container_id),
				     .gid = e->id,
				     .name = blob_span(e->name) };
}

/* ---- the files' lines ---- */

/* Cut the next piece up to SEP off *REST. */
static struct span cut(struct span *rest, uint8_t sep)
{
	const uint8_t *end = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
	struct span piece = *rest;

	if (end == NULL) {
		*rest = SPAN_NONE;
		return piece;
	}
	piece.n = (size_t)(end - rest->p);
	*rest = span_of(end + 1, rest->n - piece.n - 1);
	return piece;
}

static bool parse_id(struct span s, uint32_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	if (v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* Split a line at its colons; how many pieces there were, at most N. */
static unsigned split(struct span line, struct span *piece, unsigned n)
{
	unsigned k = 0;

	while (k < n && line.p != NULL)
		piece[k++] = cut(&line, ':');
	return k;
}

void usertab_parse_passwd(struct span text, void (*put)(void *ctx, const struct user_frame *u),
			  void *ctx)
{
	while (text.n > 0) {
		struct span f[7];
		struct user_frame u = { 0 };

		if (split(cut(&text, '\n'), f, 7) < 7 || f[0].n == 0 || !parse_id(f[2], &u.uid) ||
		    !parse_id(f[3], &u.gid))
			continue;
		u.name = f[0];
		u.home = f[5];
		u.shell = f[6];
		put(ctx, &u);
	}
}

void usertab_parse_group(struct span text, void (*put)(void *ctx, const struct group_frame *g),
			 void *ctx)
{
	while (text.n > 0) {
		struct span f[4];
		struct group_frame g = { 0 };

		if (split(cut(&text, '\n'), f, 4) < 3 || f[0].n == 0 || !parse_id(f[2], &g.gid))
			continue;
		g.name = f[0];
		put(ctx, &g);
	}
}
