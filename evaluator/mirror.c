/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror.c -- see mirror.h: a mirror as a whole; its parts are files mirror_*.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "mirror_core.h"

static int apply_host(struct mirror *m, struct span payload)
{
	struct host_frame host;
	uint8_t *bytes = malloc(payload.n + 1);
	int err;

	if (bytes == NULL)
		return -ENOMEM;
	if (payload.n > 0)
		memcpy(bytes, payload.p, payload.n);
	err = wire_decode_host(span_of(bytes, payload.n), &host);
	if (err < 0) {
		free(bytes);
		return err;
	}
	free(m->host_bytes);
	m->host_bytes = bytes;
	m->host = host;
	m->has_host = true;
	m->epoch++;
	return 0;
}

static void forget_all(struct mirror *m)
{
	mirror_make_former(m);
	if (m->frozen_of != NULL)
		return;
	for (unsigned i = 0; i < RECORD_BUCKETS; i++)
		while (m->records[i] != NULL)
			record_remove(m, &m->records[i]);
	free(m->host_bytes);
	m->host_bytes = NULL;
	m->has_host = false;
	m->epoch++;
}

int mirror_new(const struct mirror_limits *limits, struct mirror **ret)
{
	return mirror_tables_new(limits, NULL, ret);
}

void mirror_free(struct mirror *m)
{
	if (m == NULL)
		return;
	if (m->slots != NULL && m->by_key != NULL && m->by_tid != NULL && m->records != NULL) {
		forget_all(m);
		mirror_forget_former(m);
	}
	if (m->frozen_of == NULL)
		free(m->records);
	free(m->slots);
	free(m->by_key);
	free(m->by_tid);
	free(m);
}

int mirror_apply(struct mirror *m, uint16_t frame_type, struct span payload)
{
	switch (frame_type) {
	case FRAME_PROCESS:
		return mirror_apply_process(m, payload);
	case FRAME_PROCESS_GONE:
		return mirror_apply_process_gone(m, payload);
	case FRAME_USER:
		return mirror_apply_user(m, payload);
	case FRAME_GROUP:
		return mirror_apply_group(m, payload);
	case FRAME_CONTAINER:
		return mirror_apply_container(m, payload);
	case FRAME_CONTAINER_GONE:
		return mirror_apply_container_gone(m, payload);
	case FRAME_POD:
		return mirror_apply_pod(m, payload);
	case FRAME_POD_GONE:
		return mirror_apply_pod_gone(m, payload);
	case FRAME_ADDRESS:
		return mirror_apply_address(m, payload);
	case FRAME_HOST:
		return apply_host(m, payload);
	case FRAME_SNAPSHOT_BEGIN:
		forget_all(m);
		return 0;
	case FRAME_SNAPSHOT_END:
		return 0;
	default:
		return -EPROTO;
	}
}

uint64_t mirror_epoch(const struct mirror *m)
{
	return m->epoch;
}

const struct host_frame *mirror_host(const struct mirror *m)
{
	if (m->frozen_of != NULL)
		m = m->frozen_of;
	return m->has_host ? &m->host : NULL;
}

void mirror_status(const struct mirror *m, struct mirror_status *ret)
{
	*ret = (struct mirror_status){ .processes = m->count,
				       .processes_max = m->limits.processes,
				       .process_bytes = sizeof(struct slot),
				       .bytes = m->bytes,
				       .bytes_max = m->limits.bytes };
}

uint64_t mirror_take_cut(struct mirror *m)
{
	uint64_t cut = m->cut;

	m->cut = 0;
	return cut;
}
