/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle.c -- see bundle.h.
 */
#include "bundle.h"

#include <errno.h>
#include <stdlib.h>

enum { HEAD = 10 };

static void put_u32(uint8_t *p, size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static size_t get_u32(const uint8_t *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static int make_room(struct bundle *b, size_t more)
{
	size_t cap = b->cap == 0 ? 4096 : b->cap;
	uint8_t *grown;

	if (more > BUNDLE_MAX_BYTES - b->n)
		return -E2BIG;
	while (cap < b->n + more)
		cap *= 2;
	if (cap == b->cap)
		return 0;
	grown = realloc(b->p, cap);
	if (grown == NULL)
		return -ENOMEM;
	b->p = grown;
	b->cap = cap;
	return 0;
}

static void put_bytes(struct bundle *b, struct span bytes)
{
	if (bytes.n > 0)
		memcpy(b->p + b->n, bytes.p, bytes.n);
	b->n += bytes.n;
}

int bundle_add(struct bundle *b, const struct bundle_item *item)
{
	int err;

	if (item->name.n > BUNDLE_MAX_BYTES || item->text.n > BUNDLE_MAX_BYTES)
		return -E2BIG;
	err = make_room(b, HEAD + item->name.n + item->text.n);
	if (err < 0)
		return err;
	b->p[b->n] = (uint8_t)item->kind;
	b->p[b->n + 1] = item->strategy;
	put_u32(b->p + b->n + 2, item->name.n);
	put_u32(b->p + b->n + 6, item->text.n);
	b->n += HEAD;
	put_bytes(b, item->name);
	put_bytes(b, item->text);
	return 0;
}

void bundle_release(struct bundle *b)
{
	free(b->p);
	*b = (struct bundle){ .p = NULL };
}

int bundle_next(struct span *rest, struct bundle_item *ret)
{
	const uint8_t *p = rest->p;
	size_t name, text;

	if (rest->n == 0)
		return 0;
	if (rest->n < HEAD || p[0] == BUNDLE_NONE || p[0] >= BUNDLE_KIND_COUNT || p[1] > 2)
		return -EPROTO;
	name = get_u32(p + 2);
	text = get_u32(p + 6);
	if (name > rest->n - HEAD || text > rest->n - HEAD - name)
		return -EPROTO;
	*ret = (struct bundle_item){ .kind = p[0],
				     .strategy = p[1],
				     .name = span_of(p + HEAD, name),
				     .text = span_of(p + HEAD + name, text) };
	*rest = span_of(p + HEAD + name + text, rest->n - HEAD - name - text);
	return 1;
}
