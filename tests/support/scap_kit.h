/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_kit.h -- captures put together byte by byte, for tests of what reads them.
 */
#ifndef MEWS_SCAP_KIT_H
#define MEWS_SCAP_KIT_H

#include <stdlib.h>

#include "scap_read.h"

enum {
	SHB = 0x0A0D0D0A,
	MI = 0x201,
	IL = 0x205,
	IL_V2 = 0x219,
	UL = 0x206,
	UL_V2 = 0x220,
	PL_V1 = 0x202,
	PL_V9 = 0x215,
	FDL = 0x203,
	FDL_V2 = 0x218,
	EV = 0x204,
	EV_V2 = 0x216,
	EV_V2_LARGE = 0x221,
	EVF = 0x208,
	EVF_V2 = 0x217,
	EVF_V2_LARGE = 0x222,
};

struct kit {
	uint8_t b[1u << 21];
	size_t n;
	size_t block, entry; /* where they began */
};

static inline void kit_put(struct kit *k, const void *bytes, size_t n)
{
	if (n > sizeof(k->b) - k->n)
		abort();
	if (n > 0)
		memcpy(k->b + k->n, bytes, n);
	k->n += n;
}

static inline void kit_int(struct kit *k, uint64_t v, unsigned size)
{
	kit_put(k, &v, size); /* little-endian, as captures are */
}

static inline void kit_text(struct kit *k, const char *s)
{
	kit_int(k, strlen(s), 2);
	kit_put(k, s, strlen(s));
}

static inline void kit_begin(struct kit *k, uint32_t type)
{
	k->block = k->n;
	kit_int(k, type, 4);
	kit_int(k, 0, 4);
}

static inline void kit_end(struct kit *k)
{
	uint32_t total;

	while ((k->n - k->block) % 4 != 0)
		kit_int(k, 0, 1);
	total = (uint32_t)(k->n - k->block + 4);
	memcpy(k->b + k->block + 4, &total, 4);
	kit_int(k, total, 4);
}

/* An entry that says how long it is. */
static inline void kit_begin_entry(struct kit *k)
{
	k->entry = k->n;
	kit_int(k, 0, 4);
}

/* BESIDES: of its bytes that the length does not count. */
static inline void kit_end_entry(struct kit *k, uint32_t besides)
{
	uint32_t len = (uint32_t)(k->n - k->entry) - besides;

	memcpy(k->b + k->entry, &len, 4);
}

static inline void kit_section(struct kit *k)
{
	kit_begin(k, SHB);
	kit_int(k, 0x1A2B3C4D, 4);
	kit_int(k, 1, 2);
	kit_int(k, 2, 2);
	kit_int(k, UINT64_MAX, 8);
	kit_end(k);
}

static inline void kit_machine(struct kit *k, const char *hostname)
{
	char name[128] = "";

	kit_begin(k, MI);
	kit_int(k, 4, 4);
	kit_int(k, 8589934592, 8);
	kit_int(k, 4194304, 8);
	memcpy(name, hostname, strlen(hostname));
	kit_put(k, name, sizeof(name));
	kit_int(k, 1700000000000000000, 8);
	kit_int(k, 0, 8);
	kit_int(k, 0, 8);
	kit_int(k, 0, 8);
	kit_end(k);
}

struct kit_param {
	const void *p;
	size_t n;
};

#define KIT_TEXT(s)   ((struct kit_param){ s, sizeof(s) })
#define KIT_INT(t, v) ((struct kit_param){ (t[]){ v }, sizeof(t) })
#define KIT_NONE      ((struct kit_param){ "", 0 })

/* An event in a block of TYPE; WIDTH of its lengths. */
static inline void kit_event(struct kit *k, uint32_t type, uint16_t code, int64_t tid,
			     const struct kit_param *params, unsigned n, unsigned width)
{
	bool has_flags = type == EVF || type == EVF_V2 || type == EVF_V2_LARGE;
	bool is_v1 = type == EV || type == EVF || type == 0x8010ABCD;
	uint32_t len = is_v1 ? 22 : 26;

	for (unsigned i = 0; i < n; i++)
		len += (uint32_t)params[i].n + width;
	kit_begin(k, type);
	kit_int(k, 3, 2);
	if (has_flags)
		kit_int(k, 1, 4);
	kit_int(k, 1700000000123456789, 8);
	kit_int(k, (uint64_t)tid, 8);
	kit_int(k, len, 4);
	kit_int(k, code, 2);
	if (!is_v1)
		kit_int(k, n, 4);
	for (unsigned i = 0; i < n; i++)
		kit_int(k, params[i].n, width);
	for (unsigned i = 0; i < n; i++)
		kit_put(k, params[i].p, params[i].n);
	kit_end(k);
}

/* The smallest event there is that means something: close(FD) = 0. */
static inline void kit_close_event(struct kit *k, int64_t fd)
{
	struct kit_param params[] = { KIT_INT(int64_t, 0), { &fd, sizeof(fd) } };

	kit_event(k, EV_V2, EVENT_SYSCALL_CLOSE_X, 42, params, 2, 2);
}

#endif
