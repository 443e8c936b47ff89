/* SPDX-License-Identifier: Apache-2.0
 *
 * page_asset.h -- the files of emitter/page/, which are in the program.  Core.
 */
#ifndef MEWS_PAGE_ASSET_H
#define MEWS_PAGE_ASSET_H

#include "span.h"

struct page_asset {
	const char *path; /* by which it is asked for */
	const char *type;
	const uint8_t *begin, *end;
};

unsigned page_asset_count(void);
const struct page_asset *page_asset_at(unsigned i);

static inline struct span page_asset_bytes(const struct page_asset *a)
{
	return span_of(a->begin, (size_t)(a->end - a->begin));
}

#endif
