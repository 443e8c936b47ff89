/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_stream.c -- see kube_stream.h.  One turn per byte; where a byte goes is
 * said by the depth that it is at:
 *
 *   list   0 { 1 "kind": ..., "items": [ 2 { 3 ... } , { ... } ] , "metadata": ... }
 *   watch  0 { 1 ... } { ... }
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_bounded.h"
#include "kube_stream.h"

/* More memory than this is not kept from answer to answer. */
enum { KUBE_ITEM_KEPT = 256 << 10 };

void kube_stream_begin(struct kube_stream *s, enum kube_shape shape)
{
	struct kube_bytes item = s->item, head = s->head;

	if (item.cap > KUBE_ITEM_KEPT) {
		free(item.p);
		item = (struct kube_bytes){ 0 };
	}
	item.n = head.n = 0;
	*s = (struct kube_stream){ .shape = shape, .item = item, .head = head };
}

void kube_stream_release(struct kube_stream *s)
{
	free(s->item.p);
	free(s->head.p);
	*s = (struct kube_stream){ 0 };
}

static int put(struct kube_bytes *b, uint8_t c, size_t most)
{
	if (b->n == b->cap) {
		size_t cap = b->cap == 0 ? 4096 : b->cap * 2;
		uint8_t *p;

		if (b->n >= most)
			return -EMSGSIZE;
		p = realloc(b->p, cap);
		if (p == NULL)
			return -ENOMEM;
		b->p = p;
		b->cap = cap;
	}
	b->p[b->n++] = c;
	return 0;
}

static unsigned item_depth(const struct kube_stream *s)
{
	return s->shape == KUBE_WATCH ? 0 : 2;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* ---- the head of a list ---- */

static int to_head(struct kube_stream *s, uint8_t c)
{
	int err = put(&s->head, c, KUBE_HEAD_MAX);

	return err == -EMSGSIZE ? -EPROTO : err;
}

/* Which member is this?  Known when its value begins. */
static void note_key(struct kube_stream *s, uint8_t c)
{
	if (s->key_n < sizeof(s->key))
		s->key[s->key_n++] = (char)c;
}

static void at_top(struct kube_stream *s, uint8_t c)
{
	if (c == ':') {
		s->after_items = s->key_n == 5 && memcmp(s->key, "items", 5) == 0;
		s->is_key = false;
	} else if (c == ',') {
		s->after_items = false;
		s->is_key = true;
	}
}

/* ---- items ---- */

static int to_item(struct kube_stream *s, uint8_t c)
{
	int err = s->skipping ? 0 : put(&s->item, c, KUBE_ITEM_MAX);

	if (err != -EMSGSIZE)
		return err;
	s->skipping = true;
	s->too_long++;
	return 0;
}

static int end_item(struct kube_stream *s, int (*take)(void *ctx, struct span item), void *ctx)
{
	int err = s->skipping ? 0 : take(ctx, span_of(s->item.p, s->item.n));

	s->items++;
	s->skipping = false;
	s->item.n = 0;
	return err;
}

/* ---- one byte ---- */

static int open_bracket(struct kube_stream *s, uint8_t c)
{
	bool item = s->shape == KUBE_WATCH || s->in_items;

	if (s->depth == JSON_DEPTH_MAX)
		return -EPROTO;
	if (s->depth == item_depth(s) && item && c != '{')
		return -EPROTO;
	if (s->shape == KUBE_LIST && s->depth == 0 && (c != '{' || s->head.n > 0))
		return -EPROTO; /* not an object, or one too many */
	if (s->shape == KUBE_LIST && s->depth == 1 && s->after_items && c == '[')
		s->in_items = true;
	s->is_key = ++s->depth == 1 && s->shape == KUBE_LIST;
	return item ? to_item(s, c) : to_head(s, c);
}

static int close_bracket(struct kube_stream *s, uint8_t c, int (*take)(void *ctx, struct span item),
			 void *ctx)
{
	bool item = s->shape == KUBE_WATCH || s->in_items;
	int err;

	if (s->depth == 0)
		return -EPROTO;
	s->depth--;
	if (s->in_items && s->depth == 1) {
		s->in_items = s->after_items = false;
		return c == ']' ? to_head(s, c) : -EPROTO;
	}
	if (!item)
		return to_head(s, c);
	err = to_item(s, c);
	return err < 0 || s->depth != item_depth(s) ? err : end_item(s, take, ctx);
}

static int take_string_byte(struct kube_stream *s, uint8_t c)
{
	bool item = s->shape == KUBE_WATCH || s->in_items;

	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->in_string = false;
	if (!item && s->depth == 1 && s->is_key && s->in_string)
		note_key(s, c);
	return item ? to_item(s, c) : to_head(s, c);
}

static int take_byte(struct kube_stream *s, uint8_t c, int (*take)(void *ctx, struct span item),
		     void *ctx)
{
	bool item = s->shape == KUBE_WATCH || s->in_items;

	if (s->in_string)
		return take_string_byte(s, c);
	if (c == '{' || c == '[')
		return open_bracket(s, c);
	if (c == '}' || c == ']')
		return close_bracket(s, c, take, ctx);
	if (s->depth == 0 || (item && s->depth == item_depth(s)))
		return is_space(c) || (s->depth > 0 && c == ',') ? 0 : -EPROTO;
	if (c == '"') {
		s->in_string = true;
		if (s->is_key)
			s->key_n = 0;
	} else if (!item && s->depth == 1) {
		at_top(s, c);
	}
	return item ? to_item(s, c) : to_head(s, c);
}

int kube_stream_feed(struct kube_stream *s, struct span bytes,
		     int (*take)(void *ctx, struct span item), void *ctx)
{
	int err = s->broken ? -EPROTO : 0;

	for (size_t i = 0; i < bytes.n && err == 0; i++)
		err = take_byte(s, bytes.p[i], take, ctx);
	s->broken = err < 0;
	return err;
}

bool kube_stream_end(const struct kube_stream *s, struct span *ret_head)
{
	*ret_head = span_of(s->head.p, s->head.n);
	return !s->broken && s->depth == 0 && (s->shape == KUBE_WATCH || s->head.n > 0);
}
