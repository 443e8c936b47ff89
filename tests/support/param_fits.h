/* SPDX-License-Identifier: Apache-2.0
 *
 * param_fits.h -- is a parameter one that its type can have?  For fuzz targets of what
 * makes them.
 */
#ifndef MEWS_PARAM_FITS_H
#define MEWS_PARAM_FITS_H

#include "wire.h"

static inline bool param_is_text(unsigned type)
{
	return type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH;
}

static inline bool param_int_fits(const struct param *p, unsigned type)
{
	unsigned bits = 8 * param_type_size(type);

	if (bits == 0 || bits > 64)
		return false;
	if (bits == 64)
		return true;
	if (param_type_is_signed(type))
		return p->i >= -(INT64_C(1) << (bits - 1)) && p->i < INT64_C(1) << (bits - 1);
	return p->u < UINT64_C(1) << bits;
}

static inline bool param_fits(const struct param *p, unsigned type)
{
	switch (p->kind) {
	case PARAM_BYTES:
		return !param_is_text(type) || p->s.n == 0 || memchr(p->s.p, 0, p->s.n) == NULL;
	case PARAM_INT:
		return param_int_fits(p, type);
	default:
		return p->kind == PARAM_EMPTY;
	}
}

#endif
