/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle.h -- settings and rules as they were found good, in one piece of memory: the
 * texts of all files, each with its name.  The supervisor makes it, stages read it:
 * so all have the same, and what has become of the files meanwhile does not matter.
 *
 *   each item: kind u8, strategy u8, name's length u32, text's length u32, name, text
 *
 * Numbers are little-endian.  Core.
 */
#ifndef MEWS_BUNDLE_H
#define MEWS_BUNDLE_H

#include "span.h"

#define BUNDLE_MAX_BYTES (256u * 1024 * 1024)

enum bundle_kind {
	BUNDLE_NONE,
	BUNDLE_SETTINGS, /* a file of settings; the first is the one that names the others */
	BUNDLE_RULES,	 /* a file of rules */
	BUNDLE_KIND_COUNT
};

struct bundle_item {
	enum bundle_kind kind;
	uint8_t strategy; /* enum conf_strategy */
	struct span name, text;
};

/* A bundle that grows. */
struct bundle {
	uint8_t *p;
	size_t n, cap;
};

int bundle_add(struct bundle *b, const struct bundle_item *item);
void bundle_release(struct bundle *b);

/* The first item of *REST, which is what follows then: 1; 0: there is none; -EPROTO. */
int bundle_next(struct span *rest, struct bundle_item *ret);

#endif
