/* SPDX-License-Identifier: Apache-2.0
 *
 * nametab.h -- the host names that rules ask for, and the addresses that a resolver gave them.  They
 * are some dozens and change some times an hour: an array that is looked through.  Bounded.  Core.
 */
#ifndef MEWS_NAMETAB_H
#define MEWS_NAMETAB_H

#include "slab.h"
#include "wire.h"

#define NAMED_MAX_ADDRESSES 32

/* Addresses one behind the other, each once: a byte that is 4 or 16, and as many. */
#define NAMED_MAX_BYTES (NAMED_MAX_ADDRESSES * 17)

struct named {
	struct blob *name;
	struct blob *addresses; /* NULL: none are known */
};

struct nametab {
	struct slab *slab;
	struct named *names; /* HOST_NAMES_MAX of them */
	unsigned count;
};

int nametab_init(struct nametab *nt, struct slab *slab); /* -ENOMEM */
void nametab_release(struct nametab *nt);

struct named *nametab_find(const struct nametab *nt, struct span name);

/* NULL: there is no room. */
struct named *nametab_add(struct nametab *nt, struct span name);
void nametab_remove(struct nametab *nt, struct named *n); /* the last one takes its place */

/* The next of ADDRESSES, which then begins behind it; empty: that was the last, or what follows is none. */
static inline struct span named_next(struct span *addresses)
{
	struct span ret = SPAN_NONE;
	size_t n = addresses->n == 0 ? 0 : addresses->p[0];

	if ((n == 4 || n == 16) && addresses->n > n) {
		ret = span_of(addresses->p + 1, n);
		*addresses = span_of(addresses->p + 1 + n, addresses->n - 1 - n);
	}
	return ret;
}

static inline bool named_has(struct span addresses, struct span address)
{
	struct span one;

	while ((one = named_next(&addresses)).n > 0)
		if (span_eq(one, address))
			return true;
	return false;
}

/* All names of ADDRESS, or as many as a frame has room for. */
void nametab_frame(const struct nametab *nt, struct span address, struct address_frame *ret);

#endif
