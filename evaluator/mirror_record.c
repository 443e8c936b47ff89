/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_record.c -- users, groups, containers, pods and the names of addresses: few, in one chained
 * table of records that own a copy of their frame.
 */
#include <errno.h>
#include <stddef.h>

#include "mirror_core.h"

static struct record **record_at(const struct mirror *m, enum record_kind kind, struct span id,
				 uint32_t number)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ m->limits.seed;
	struct record *const *at;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * UINT64_C(0x100000001b3);
	h = mirror_hash(m, h ^ ((uint64_t)kind << 32 | number));
	at = &m->records[h % RECORD_BUCKETS];
	while (*at != NULL &&
	       !((*at)->kind == kind && (*at)->number == number && span_eq((*at)->id, id)))
		at = &(*at)->next;
	return (struct record **)at;
}

/* R, if it is a container's or a pod's, is there from now on, or is gone. */
static void count_awaited(struct mirror *m, const struct record *r, bool there)
{
	unsigned wait = r->kind == RECORD_CONTAINER ? r->container.frame.wait : r->pod.frame.wait;

	if (r->kind != RECORD_CONTAINER && r->kind != RECORD_POD)
		return;
	m->metadata_version++;
	if (wait == CONTAINER_AWAITED)
		m->awaited += there ? 1 : -1u;
}

/* Something that was remembered of a process may be otherwise: none knows addresses, whose names may change
 * every minute. */
static void records_changed(struct mirror *m, unsigned kind)
{
	if (kind != RECORD_ADDRESS)
		m->epoch++;
}

void record_remove(struct mirror *m, struct record **at)
{
	struct record *r = *at;

	if (r == NULL)
		return;
	count_awaited(m, r, false);
	*at = r->next;
	m->nrecords[r->kind]--;
	records_changed(m, r->kind);
	mirror_put_bytes(m, r, r->size);
}

/* Room for a record of KIND with a copy of PAYLOAD, in place of the one that
 * is there.  The caller decodes the copy into it. */
static int record_put(struct mirror *m, enum record_kind kind, unsigned limit, struct record *fresh)
{
	struct record **at = record_at(m, kind, fresh->id, fresh->number);

	record_remove(m, at);
	if (m->nrecords[kind] >= limit) {
		mirror_put_bytes(m, fresh, fresh->size);
		return -ENOSPC;
	}
	at = record_at(m, kind, fresh->id, fresh->number);
	fresh->next = *at;
	*at = fresh;
	count_awaited(m, fresh, true);
	m->nrecords[kind]++;
	records_changed(m, kind);
	return 0;
}

/* Where a record has what its frame says at length -- a container's or pod's JSON, the names of an address --:
 * behind the frame's bytes. */
static size_t meta_at(size_t payload_bytes)
{
	size_t align = _Alignof(max_align_t);

	return (sizeof(struct record) + payload_bytes + align - 1) / align * align;
}

static size_t record_size(enum record_kind kind, size_t payload_bytes)
{
	switch (kind) {
	case RECORD_CONTAINER:
		return meta_at(payload_bytes) + sizeof(struct contmeta);
	case RECORD_POD:
		return meta_at(payload_bytes) + sizeof(struct podmeta);
	case RECORD_ADDRESS:
		return meta_at(payload_bytes) + sizeof(struct address_frame);
	default:
		return sizeof(struct record) + payload_bytes;
	}
}

static struct record *record_new(struct mirror *m, enum record_kind kind, struct span payload)
{
	size_t size = record_size(kind, payload.n);
	struct record *r = mirror_get_bytes(m, size);

	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->kind = (uint8_t)kind;
	if (payload.n > 0)
		memcpy(r->bytes, payload.p, payload.n);
	return r;
}

/* ---- frames ---- */

int mirror_apply_user(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_USER, payload);
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_user(span_of(r->bytes, payload.n), &r->user);
	if (err < 0) {
		mirror_put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->user.container_id;
	r->number = r->user.uid;
	if (r->user.gone) {
		record_remove(m, record_at(m, RECORD_USER, r->id, r->number));
		mirror_put_bytes(m, r, r->size);
		return 0;
	}
	return record_put(m, RECORD_USER, m->limits.users, r);
}

int mirror_apply_group(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_GROUP, payload);
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_group(span_of(r->bytes, payload.n), &r->group);
	if (err < 0) {
		mirror_put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->group.container_id;
	r->number = r->group.gid;
	if (r->group.gone) {
		record_remove(m, record_at(m, RECORD_GROUP, r->id, r->number));
		mirror_put_bytes(m, r, r->size);
		return 0;
	}
	return record_put(m, RECORD_GROUP, m->limits.groups, r);
}

int mirror_apply_container(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_CONTAINER, payload);
	struct contmeta *meta;
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_container(span_of(r->bytes, payload.n), &r->container.frame);
	if (err < 0) {
		mirror_put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->container.frame.id;
	meta = (struct contmeta *)((uint8_t *)r + meta_at(payload.n));
	contmeta_read(meta, r->container.frame.json);
	r->container.meta = meta;
	return record_put(m, RECORD_CONTAINER, m->limits.containers, r);
}

int mirror_apply_container_gone(struct mirror *m, struct span payload)
{
	struct span id;
	int err = wire_decode_container_gone(payload, &id);

	if (err < 0)
		return err;
	record_remove(m, record_at(m, RECORD_CONTAINER, id, 0));
	return 0;
}

int mirror_apply_pod(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_POD, payload);
	struct podmeta *meta;
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_pod(span_of(r->bytes, payload.n), &r->pod.frame);
	if (err < 0) {
		mirror_put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->pod.frame.uid;
	meta = (struct podmeta *)((uint8_t *)r + meta_at(payload.n));
	podmeta_read(meta, r->pod.frame.json);
	r->pod.meta = meta;
	return record_put(m, RECORD_POD, m->limits.containers, r);
}

int mirror_apply_pod_gone(struct mirror *m, struct span payload)
{
	struct span uid;
	int err = wire_decode_pod_gone(payload, &uid);

	if (err < 0)
		return err;
	record_remove(m, record_at(m, RECORD_POD, uid, 0));
	return 0;
}

/* What has no names any more goes even if there is no memory for a copy of the frame. */
int mirror_apply_address(struct mirror *m, struct span payload)
{
	struct address_frame *frame, told;
	struct record *r;
	int err = wire_decode_address(payload, &told);

	if (err < 0)
		return err;
	if (told.nnames == 0) {
		record_remove(m, record_at(m, RECORD_ADDRESS, told.address, 0));
		return 0;
	}
	r = record_new(m, RECORD_ADDRESS, payload);
	if (r == NULL)
		return -ENOSPC;
	frame = (struct address_frame *)((uint8_t *)r + meta_at(payload.n));
	(void)wire_decode_address(span_of(r->bytes, payload.n), frame); /* the same bytes */
	r->id = frame->address;
	r->address = frame;
	return record_put(m, RECORD_ADDRESS, ADDRESSES_MAX, r);
}

/* ---- who is there ---- */

const struct user_frame *mirror_user(const struct mirror *m, struct span container_id, uint32_t uid)
{
	const struct record *r = *record_at(m, RECORD_USER, container_id, uid);

	return r != NULL ? &r->user : NULL;
}

const struct group_frame *mirror_group(const struct mirror *m, struct span container_id,
				       uint32_t gid)
{
	const struct record *r = *record_at(m, RECORD_GROUP, container_id, gid);

	return r != NULL ? &r->group : NULL;
}

const struct mirror_container *mirror_container(const struct mirror *m, struct span id)
{
	const struct record *r = *record_at(m, RECORD_CONTAINER, id, 0);

	return r != NULL ? &r->container : NULL;
}

const struct mirror_pod *mirror_pod(const struct mirror *m, struct span uid)
{
	const struct record *r = *record_at(m, RECORD_POD, uid, 0);

	return r != NULL ? &r->pod : NULL;
}

const struct address_frame *mirror_address(const struct mirror *m, struct span address)
{
	const struct record *r = *record_at(m, RECORD_ADDRESS, address, 0);

	return r != NULL ? r->address : NULL;
}
