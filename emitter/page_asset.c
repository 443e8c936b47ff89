/* SPDX-License-Identifier: Apache-2.0
 *
 * page_asset.c -- see page_asset.h.  The assembler puts the files in as they are; MEWS_PAGE_DIR is
 * where they lie when this is compiled.
 */
#include "page_asset.h"

#ifndef MEWS_PAGE_DIR /* who only reads this */
#define MEWS_PAGE_DIR "emitter/page"
#endif

#define HTML   "text/html; charset=utf-8"
#define CSS    "text/css; charset=utf-8"
#define SVG    "image/svg+xml"
#define SCRIPT "text/javascript; charset=utf-8"

#define ASSET(symbol, name, type)                                                                  \
	__asm__(".pushsection .rodata\n"                                                           \
		".global page_asset_" #symbol ", page_asset_" #symbol "_end\n"                     \
		"page_asset_" #symbol ": .incbin \"" MEWS_PAGE_DIR "/" name "\"\n"                 \
		"page_asset_" #symbol "_end: .byte 0\n"                                            \
		".popsection");                                                                    \
	extern const uint8_t page_asset_##symbol[], page_asset_##symbol##_end[];
#include "page_asset.def"
#undef ASSET

static const struct page_asset assets[] = {
	{ "/page", HTML, page_asset_index, page_asset_index_end },
	{ "/page/", HTML, page_asset_index, page_asset_index_end },
#define ASSET(symbol, name, type)                                                                  \
	{ "/page/" name, type, page_asset_##symbol, page_asset_##symbol##_end },
#include "page_asset.def"
#undef ASSET
};

unsigned page_asset_count(void)
{
	return ARRAY_LEN(assets);
}

const struct page_asset *page_asset_at(unsigned i)
{
	return &assets[i];
}
