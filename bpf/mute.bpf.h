/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * mute.bpf.h -- is an open worth a record?  See struct mutes in record.h.  The hash is taken while the
 * record is made: of the path first, then of the name, then of the rest.
 */
#ifndef MEWS_MUTE_BPF_H
#define MEWS_MUTE_BPF_H

#include "path.bpf.h"

enum { FMT_REGULAR = 0100000, FMT_CHARACTERS = 0020000, LAST_STANDARD = 2 };

struct mute {
	__u64 sum;
	__u32 name_len, path_len;
	bool can; /* there may be one */
};

static __always_inline void mute_begin(struct mute *m, long fd)
{
	m->sum = 0;
	m->name_len = m->path_len = 0;
	m->can = muting != 0 && fd > LAST_STANDARD;
}

/* Take WORD in as number I. */
static __always_inline void mute_word(struct mute *m, __u64 word, __u32 i)
{
	__u32 low = (__u32)word + settings.mute_key[2 * i];
	__u32 high = (__u32)(word >> 32) + settings.mute_key[2 * i + 1];

	m->sum += (__u64)low * high;
}

/* Take the text of N bytes at TEXT in, behind which there are zeros up to a multiple of eight, as the words from number
 * FIRST on. */
static __always_inline void mute_text(struct mute *m, const __u8 *text, __u32 n, __u32 first)
{
#pragma unroll
	for (__u32 i = 0; i < MUTE_TEXT / 8; i++) {
		if (8 * i >= n)
			break;
		mute_word(m, *(const __u64 *)(text + 8 * i), first + i);
	}
}

/* The record's file, whose path of N bytes is where the walk has left it. */
static __always_inline void mute_file(struct build *b, struct mute *m, __u32 n)
{
	const struct record_file *rf = FILE_OF(b);
	__u32 format = rf->mode & FMT_MASK;
	__u32 pos = b->s->walk.pos;

	if (!m->can)
		return;
	m->path_len = n;
	m->can = n != 0 && n <= MUTE_TEXT && n == PATH_MASK - pos && rf->nlink == 1 &&
		 (format == FMT_REGULAR || format == FMT_CHARACTERS);
	if (m->can)
		mute_text(m, b->s->path + (pos & PATH_MASK), n, 0);
}

/* put_user_name() of the file's name. */
static __always_inline void put_file_name(struct build *b, struct mute *m, const void *user)
{
	const __u8 *name = b->at;
	__u32 before = b->off;

	put_user_name(b, user);
	if (!m->can)
		return;
	m->name_len = (b->off - before) & (2 * TEXT_MAX - 1);
	m->can = m->name_len < SHORT_TEXT && name[0] == '/';
	if (m->can)
		mute_text(m, name, m->name_len, MUTE_TEXT / 8);
}

/* Is the open with the native FLAGS muted?  If not, the record says how it would be. */
static __always_inline bool is_muted(struct build *b, struct mute *m, __u32 flags)
{
	const struct mutes *row;
	__u32 at;

	if (!m->can || flags & (NATIVE_O_CREAT | NATIVE___O_TMPFILE) ||
	    HEADER_OF(b)->flags & RECORD_TRUNCATED)
		return false;
	mute_word(m,
		  flags | (__u64)b->code << 32 | (__u64)m->name_len << 48 |
			  (__u64)m->path_len << 56,
		  MUTE_WORDS - 1);
	HEADER_OF(b)->mute = m->sum;
	at = mute_row(m->sum);
	row = bpf_map_lookup_elem(&mutes, &at);
	return row != NULL && m->sum != 0 && (row->mute[0] == m->sum || row->mute[1] == m->sum);
}

/* Count it in place of sending it. */
static __always_inline void count_muted(struct build *b)
{
	__u32 key = b->cpu * COUNTS_PER_CPU + (b->code & (COUNTS_PER_CPU - 1));
	struct kernel_counts *count = bpf_map_lookup_elem(&counts, &key);

	if (count != NULL)
		count->muted++;
}

#endif
