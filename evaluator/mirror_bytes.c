/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_bytes.c -- the memory behind a mirror's texts and records, with its ceiling.
 */
#include <stdlib.h>

#include "mirror_core.h"

enum { SMALL_BYTES = 512 };

void *mirror_get_bytes(struct mirror *m, size_t n)
{
	size_t limit = m->limits.bytes - (n > SMALL_BYTES ? m->limits.bytes / 8 : 0);
	void *p = NULL;

	if (n <= limit && m->bytes <= limit - n)
		p = malloc(n);
	if (p != NULL)
		m->bytes += n;
	return p;
}

void mirror_put_bytes(struct mirror *m, void *p, size_t n)
{
	if (m->frozen_of != NULL)
		m = m->frozen_of;
	if (p != NULL)
		m->bytes -= n;
	free(p);
}

static struct blob *blob_new(struct mirror *m, struct span s)
{
	struct blob *b = mirror_get_bytes(m, sizeof(*b) + s.n);

	if (b == NULL) {
		m->cut++;
		return NULL;
	}
	b->refs = 1;
	b->n = (uint32_t)s.n;
	memcpy(b->bytes, s.p, s.n);
	return b;
}

struct blob *blob_get(struct blob *b)
{
	if (b != NULL)
		b->refs++;
	return b;
}

void blob_put(struct mirror *m, struct blob *b)
{
	if (b != NULL && --b->refs == 0)
		mirror_put_bytes(m, b, sizeof(*b) + b->n);
}

struct blob *blob_of(struct mirror *m, struct span s, struct blob *old)
{
	if (s.n == 0)
		return NULL;
	if (old != NULL && span_eq(blob_span(old), s))
		return blob_get(old);
	return blob_new(m, s);
}
