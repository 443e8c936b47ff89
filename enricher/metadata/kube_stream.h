/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_stream.h -- an API server's answer as it comes, cut into objects: the items
 * of a list, or the events of a watch.  No more than one of them is held at a time,
 * so an answer may be as long as it likes.  It is cut by brackets and quotation marks
 * alone; whether what comes out is JSON, its reader says.  Core.
 */
#ifndef MEWS_KUBE_STREAM_H
#define MEWS_KUBE_STREAM_H

#include "json_bounded.h"

enum kube_shape {
	KUBE_LIST,  /* one object; each element of its "items" is given by itself */
	KUBE_WATCH, /* objects one behind the other */
};

enum {
	KUBE_ITEM_MAX = 2 << 20, /* etcd takes no object of more than 1.5 MiB */
	KUBE_HEAD_MAX = 64 << 10,
};

struct kube_bytes {
	uint8_t *p;
	size_t n, cap;
};

struct kube_stream {
	enum kube_shape shape;
	unsigned depth;
	bool in_string, escaped;
	bool in_items;	  /* of a list */
	bool after_items; /* the last key at the top was "items" */
	bool is_key;	  /* the next string at the top is one */
	bool skipping;	  /* the item at hand is too long */
	bool broken;
	char key[8]; /* of the last string at the top; cut */
	unsigned key_n;
	struct kube_bytes item, head; /* HEAD: the list without its items */
	uint64_t items, too_long;
};

void kube_stream_begin(struct kube_stream *s, enum kube_shape shape);
void kube_stream_release(struct kube_stream *s);

/* Take the next BYTES; each item is given to TAKE, whole, until it says no.  0;
 * -EPROTO: this is no such answer, and nothing more will be taken; -ENOMEM; or
 * what TAKE returned. */
int kube_stream_feed(struct kube_stream *s, struct span bytes,
		     int (*take)(void *ctx, struct span item), void *ctx);

/* The answer is at its end.  A list's head, with "items":[] in their place; valid until
 * the release.  False: it broke off. */
bool kube_stream_end(const struct kube_stream *s, struct span *ret_head);

#endif
