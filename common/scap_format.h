/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_format.h -- what reader and writer of captures both know of the format: its
 * numbers, bounds and layouts' sizes.
 *
 * A file is a row of blocks:
 *
 *   u32 type | u32 length of it all | body | up to 3 bytes | u32 length again
 *
 * Numbers are in the byte order of the machine that wrote them; ours is little-endian,
 * and so is every machine that captures are written on.
 */
#ifndef MEWS_SCAP_FORMAT_H
#define MEWS_SCAP_FORMAT_H

#include "event.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are taken as they are");

#define SCAP_MAGIC	   0x1A2B3C4Du
#define SCAP_MAGIC_SWAPPED 0x4D3C2B1Au

enum {
	SCAP_MAJOR = 1,
	SCAP_MINOR = 2,

	SCAP_BLOCK_HEADER = 8,
	SCAP_BLOCK_FRAME = 12, /* header and the second length */
	SCAP_SECTION_BODY = 16,
	SCAP_MACHINE_BODY = 180,
	SCAP_HOSTNAME_SIZE = 128,
	SCAP_EVENT_MAX_BLOCK = 65536, /* of one that is not large: all but the header */
	SCAP_EVENT_HEADER_V1 = 22,
	SCAP_EVENT_HEADER = 26,

	/* bounds of strings */
	SCAP_MAX_PATH = 1024,
	SCAP_MAX_ARGS = 4096,
	SCAP_MAX_NAME = 256,
	SCAP_MAX_TEXT = UINT16_MAX,
};

/* An event's version, from its block's type. */
enum { SCAP_HAS_FLAGS = 1 << 0, SCAP_IS_V2 = 1 << 1, SCAP_IS_LARGE = 1 << 2 };

/* An event's flags. */
enum { SCAP_STATE_ONLY = 1 << 0 };

/* The numbers of blocks that are written today. */
enum scap_block {
#define SCAP_BLOCK(name, number, class, version) SCAP_BLOCK_##name = number,
#define SCAP_BLOCK_OLD(number, class, version)
#include "scap_block.def"
#undef SCAP_BLOCK
#undef SCAP_BLOCK_OLD
};

/* An entry in a list of interfaces. */
enum {
	SCAP_ADDRESS_V4 = 1,
	SCAP_ADDRESS_V6,
	SCAP_ADDRESS_V4_OLD, /* without the link's speed */
	SCAP_ADDRESS_V6_OLD,
};

/* An entry in a list of users. */
enum { SCAP_ENTRY_USER, SCAP_ENTRY_GROUP };

/* What a task's entry says in bytes of their own, as bits of exe_flags. */
enum {
	SCAP_EXE_WRITABLE = 1,
	SCAP_EXE_UPPER_LAYER = 2,
	SCAP_EXE_FROM_MEMFD = 4,
	SCAP_EXE_LOWER_LAYER = 8,
};

/* Parameters that have a NUL at their end in a capture. */
static inline bool scap_is_text(unsigned type)
{
	return type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH;
}

#endif
