/* SPDX-License-Identifier: Apache-2.0
 *
 * pack.h -- msgpack-c's packer, writing straight into memory of the caller.
 *
 * msgpack-c offers its packer as a template whose output statement the user
 * gives; here it is a bounded copy, so that a packed integer costs a compare
 * and a store.  All functions of the template exist: pack_uint64(), pack_int64(),
 * pack_array(), pack_map(), pack_bin(), pack_nil(), pack_double(), ...
 * What does not fit is left out and makes pack_length() say -ENOSPC; so the
 * results of the single calls need not be looked at.
 */
#ifndef MEWS_PACK_H
#define MEWS_PACK_H

#include <errno.h>
#include <sys/types.h>

#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>

#include "span.h"

/* Inlined whole, so that the place to write to lives in a register: through memory,
 * each element would wait for the store of the one before it. */
#define PACK_INLINE static inline __attribute__((always_inline))

struct pack {
	uint8_t *start, *p, *end;
	bool full;
};

PACK_INLINE void pack_init(struct pack *pk, uint8_t *buf, size_t cap)
{
	*pk = (struct pack){ buf, buf, buf + cap, false };
}

PACK_INLINE int pack_bytes(struct pack *pk, const void *bytes, size_t n)
{
	if (__builtin_expect(n > (size_t)(pk->end - pk->p), 0)) {
		pk->end = pk->p; /* nothing after a hole */
		pk->full = true;
		return -ENOSPC;
	}
	if (n > 0)
		memcpy(pk->p, bytes, n);
	pk->p += n;
	return 0;
}

#define msgpack_pack_user			   struct pack *
#define msgpack_pack_inline_func(name)		   PACK_INLINE int pack##name
#define msgpack_pack_inline_func_cint(name)	   static inline int pack##name
#define msgpack_pack_inline_func_fixint(name)	   PACK_INLINE int pack_fix##name
#define msgpack_pack_append_buffer(user, buf, len) return pack_bytes(user, buf, len)
#include <msgpack/pack_template.h>

/* Numbers as wide as their type, whatever they are: pack_fix_uint16() and so on.  A
 * run of them has a known length N, and room for it is looked for once: between
 * begin and end the compiler knows that all fits.  False: there is no room. */
PACK_INLINE bool pack_run_begin(struct pack *pk, size_t n, uint8_t **ret_end)
{
	if (__builtin_expect(n > (size_t)(pk->end - pk->p), 0)) {
		pk->end = pk->p;
		pk->full = true;
		return false;
	}
	*ret_end = pk->end;
	pk->end = pk->p + n;
	return true;
}

PACK_INLINE void pack_run_end(struct pack *pk, uint8_t *end)
{
	pk->end = end;
}

/* The length of all that was packed, or -ENOSPC. */
static inline ssize_t pack_length(const struct pack *pk)
{
	return pk->full ? -ENOSPC : pk->p - pk->start;
}

/* A bin, also when it is empty. */
PACK_INLINE void pack_span(struct pack *pk, struct span s)
{
	pack_bin(pk, s.n);
	pack_bytes(pk, s.p, s.n);
}

/* A bin; nil when it is empty. */
PACK_INLINE void pack_span_or_nil(struct pack *pk, struct span s)
{
	if (s.n == 0)
		pack_nil(pk);
	else
		pack_span(pk, s);
}

PACK_INLINE void pack_bool(struct pack *pk, bool b)
{
	if (b)
		pack_true(pk);
	else
		pack_false(pk);
}

/* Upper bounds of packed lengths. */
enum {
	PACK_MAX_INT = 9,
	PACK_MAX_DOUBLE = 9,
	PACK_MAX_HEADER = 5, /* of a bin, array or map */
};

static inline size_t pack_span_bound(struct span s)
{
	return PACK_MAX_HEADER + s.n;
}

#endif
