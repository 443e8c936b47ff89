/* SPDX-License-Identifier: Apache-2.0
 *
 * procfs.c -- see procfs.h.  One cursor over a span does it all: words, numbers
 * and lines, each checked for its end.
 */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>

bool procfs_line(struct span *text, struct span *ret)
{
	const uint8_t *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	*ret = span_of(text->p, end == NULL ? text->n : (size_t)(end - text->p));
	text->p += end == NULL ? text->n : ret->n + 1;
	text->n -= end == NULL ? text->n : ret->n + 1;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next word of *S; false: there is none. */
static bool word(struct span *s, struct span *ret)
{
	size_t from = 0, to;

	while (from < s->n && is_blank(s->p[from]))
		from++;
	to = from;
	while (to < s->n && !is_blank(s->p[to]))
		to++;
	*ret = span_of(s->p + from, to - from);
	s->p += to;
	s->n -= to;
	return ret->n > 0;
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* All of S as a number in BASE. */
static bool number(struct span s, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)digit(s.p[i]);

		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*ret = v;
	return true;
}

static bool integer(struct span s, int64_t *ret)
{
	bool minus = s.n > 1 && s.p[0] == '-';
	uint64_t v;

	if (minus)
		s = span_of(s.p + 1, s.n - 1);
	if (!number(s, 10, &v) || v > INT64_MAX)
		return false;
	*ret = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

bool procfs_number(struct span text, int64_t *ret)
{
	return integer(text, ret);
}

static bool next_number(struct span *s, unsigned base, uint64_t *ret)
{
	struct span w;

	return word(s, &w) && number(w, base, ret);
}

static bool next_integer(struct span *s, int64_t *ret)
{
	struct span w;

	return word(s, &w) && integer(w, ret);
}

/* ---- stat ---- */

#define PF_KTHREAD 0x00200000u

int procfs_parse_stat(struct span text, struct procfs_stat *ret)
{
	const uint8_t *open = text.n == 0 ? NULL : memchr(text.p, '(', text.n);
	const uint8_t *close = text.n == 0 ? NULL : memrchr(text.p, ')', text.n);
	/* Fields from the third on: state ppid pgrp session tty tpgid flags minflt
	 * cminflt majflt ... num_threads is the 18th of them, starttime the 20th. */
	int64_t f[20];
	struct span rest, state;

	if (open == NULL || close == NULL || close < open)
		return -EPROTO;
	rest = span_of(close + 1, text.n - (size_t)(close + 1 - text.p));
	if (rest.n > 0 && rest.p[rest.n - 1] == '\n')
		rest.n--;
	if (!word(&rest, &state))
		return -EPROTO;
	for (unsigned i = 1; i < ARRAY_LEN(f); i++)
		if (!next_integer(&rest, &f[i]))
			return -EPROTO;
	*ret = (struct procfs_stat){
		.comm = span_of(open + 1, (size_t)(close - open - 1)),
		.ppid = f[1],
		.pgid = f[2],
		.sid = f[3],
		.tty = (uint32_t)f[4],
		.is_kernel_thread = (uint64_t)f[6] & PF_KTHREAD,
		.is_dead = span_is(state, "Z") || span_is(state, "X"),
		.pfminor = (uint64_t)f[7],
		.pfmajor = (uint64_t)f[9],
		.threads = (uint64_t)f[17],
		.start_ticks = (uint64_t)f[19],
	};
	return 0;
}

/* ---- status ---- */

enum status_form { ONE_INTEGER, SECOND_ID, INNERMOST, LEVELS, KILOBYTES, HEX };

static const struct status_row {
	const char *key;
	uint16_t at; /* in struct procfs_status */
	uint8_t form;
} status_rows[] = {
#define ROW(key, member, form) { key ":", offsetof(struct procfs_status, member), form },
	ROW("Tgid", pid, ONE_INTEGER) ROW("PPid", ppid, ONE_INTEGER) ROW(
		"Uid", euid, SECOND_ID) ROW("Gid", egid, SECOND_ID) ROW("NSpid", vtid, INNERMOST)
		ROW("NSpid", pidns_level, LEVELS) ROW("NStgid", vpid, INNERMOST) ROW(
			"NSpgid", vpgid, INNERMOST) ROW("NSsid", vsid, INNERMOST)
			ROW("VmSize", vmsize_kb, KILOBYTES) ROW("VmRSS", vmrss_kb, KILOBYTES) ROW(
				"VmSwap", vmswap_kb, KILOBYTES) ROW("CapInh", cap_inheritable, HEX)
				ROW("CapPrm", cap_permitted, HEX) ROW("CapEff", cap_effective, HEX)
#undef ROW
};

/* The values of one line into MEMBER; false: it has not the shape. */
static bool status_value(const struct status_row *row, struct span line, void *member)
{
	uint64_t u;
	int64_t i;

	switch (row->form) {
	case ONE_INTEGER:
		return next_integer(&line, member);
	case SECOND_ID:
		if (!next_number(&line, 10, &u) || !next_number(&line, 10, &u) || u > UINT32_MAX)
			return false;
		*(uint32_t *)member = (uint32_t)u;
		return true;
	case INNERMOST:
		if (!next_integer(&line, &i))
			return false;
		do {
			*(int64_t *)member = i;
		} while (next_integer(&line, &i));
		return true;
	case LEVELS:
		if (!next_integer(&line, &i))
			return false;
		for (*(unsigned *)member = 0; next_integer(&line, &i);)
			++*(unsigned *)member;
		return true;
	case KILOBYTES:
		return next_number(&line, 10, member);
	case HEX:
		return next_number(&line, 16, member);
	}
	return false;
}

int procfs_parse_status(struct span text, struct procfs_status *ret)
{
	struct procfs_status st = {
		.pid = -1, .ppid = -1, .vtid = -1, .vpid = -1, .vpgid = -1, .vsid = -1
	};
	struct span line, key;

	while (procfs_line(&text, &line)) {
		struct span values = line;

		if (!word(&values, &key))
			continue;
		for (unsigned i = 0; i < ARRAY_LEN(status_rows); i++) {
			const struct status_row *row = &status_rows[i];

			if (span_is(key, row->key) &&
			    !status_value(row, values, (uint8_t *)&st + row->at))
				return -EPROTO;
		}
	}
	if (st.pid < 0)
		return -EPROTO;
	*ret = st;
	return 0;
}

/* ---- cgroup ---- */

struct buffer {
	uint8_t *p;
	size_t n, cap;
};

static void put_cgroup(struct buffer *b, struct span subsystem, struct span path)
{
	size_t n = subsystem.n + 1 + path.n + 1;
	uint8_t *p = b->p + b->n;

	if (n > b->cap - b->n)
		return;
	memcpy(p, subsystem.p, subsystem.n);
	p[subsystem.n] = '=';
	memcpy(p + subsystem.n + 1, path.p, path.n);
	p[n - 1] = 0;
	b->n += n;
}

/* Up to SEPARATOR; *S moves behind it.  False: there is no separator. */
static bool field(struct span *s, uint8_t separator, struct span *ret)
{
	const uint8_t *end = s->n == 0 ? NULL : memchr(s->p, separator, s->n);

	if (end == NULL)
		return false;
	*ret = span_of(s->p, (size_t)(end - s->p));
	s->p += ret->n + 1;
	s->n -= ret->n + 1;
	return true;
}

static void put_unified(struct buffer *b, struct span controllers, struct span path)
{
	struct span name, line;
	bool any = false;

	if (procfs_line(&controllers, &line))
		for (; word(&line, &name); any = true)
			put_cgroup(b, name, path);
	if (!any)
		put_cgroup(b, span_str("unified"), path);
}

struct span procfs_cgroups(struct span text, struct span unified, uint8_t *buf, size_t cap,
			   struct span *ret_unified)
{
	struct buffer b = { buf, 0, cap };
	struct span line, id, names, name;

	*ret_unified = SPAN_NONE;
	while (procfs_line(&text, &line)) {
		if (!field(&line, ':', &id) || !field(&line, ':', &names))
			continue;
		if (names.n == 0) {
			*ret_unified = line;
			put_unified(&b, unified, line);
			continue;
		}
		while (field(&names, ',', &name))
			put_cgroup(&b, name, line);
		put_cgroup(&b, names, line);
	}
	return span_of(buf, b.n);
}

/* ---- limits, fdinfo ---- */

int64_t procfs_parse_fdlimit(struct span text)
{
	static const char key[] = "Max open files ";
	struct span line;
	int64_t v;

	while (procfs_line(&text, &line)) {
		if (!span_starts(line, span_str(key)))
			continue;
		line = span_of(line.p + sizeof(key) - 1, line.n - (sizeof(key) - 1));
		return next_integer(&line, &v) ? v : -1;
	}
	return -1;
}

int procfs_parse_fdinfo(struct span text, struct procfs_fdinfo *ret)
{
	struct procfs_fdinfo info = { 0 };
	bool has_flags = false;
	struct span line, key;
	uint64_t u;

	while (procfs_line(&text, &line)) {
		if (!word(&line, &key))
			continue;
		if (span_is(key, "flags:")) {
			if (!next_number(&line, 8, &u) || u > UINT32_MAX)
				return -EPROTO;
			info.flags = (uint32_t)u;
			has_flags = true;
		} else if (span_is(key, "mnt_id:") && !next_number(&line, 10, &info.mnt_id)) {
			return -EPROTO;
		} else if (span_is(key, "Pid:") && !next_integer(&line, &info.pid)) {
			return -EPROTO;
		}
	}
	if (!has_flags)
		return -EPROTO;
	*ret = info;
	return 0;
}

/* The kernel sets it on every open of a 64-bit program; glibc's O_LARGEFILE is 0 there. */
#ifdef __aarch64__
#define KERNEL_LARGEFILE 0400000u
#else
#define KERNEL_LARGEFILE 0100000u
#endif

uint32_t procfs_open_flags(uint32_t flags)
{
	static const struct {
		uint32_t from, mask, to;
	} rows[] = {
		{ O_RDONLY, O_ACCMODE, 0x1 },
		{ O_WRONLY, O_ACCMODE, 0x2 },
		{ O_RDWR, O_ACCMODE, 0x3 },
		{ O_CREAT, O_CREAT, 0x4 },
		{ O_APPEND, O_APPEND, 0x8 },
		{ O_DSYNC, O_DSYNC, 0x10 },
		{ O_EXCL, O_EXCL, 0x20 },
		{ O_NONBLOCK, O_NONBLOCK, 0x40 },
		{ O_SYNC, O_SYNC, 0x80 },
		{ O_TRUNC, O_TRUNC, 0x100 },
		{ O_DIRECT, O_DIRECT, 0x200 },
		{ O_DIRECTORY, O_DIRECTORY, 0x400 },
		{ O_CLOEXEC, O_CLOEXEC, 0x1000 },
		{ O_TMPFILE, O_TMPFILE, 0x2000 },
		{ KERNEL_LARGEFILE, KERNEL_LARGEFILE, 0x800 },
	};
	uint32_t ret = 0;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		if ((flags & rows[i].mask) == rows[i].from)
			ret |= rows[i].to;
	return ret;
}

/* ---- net ---- */

/* "0100007F:0016": words of 32 bits in the machine's order, each in hex. */
static bool endpoint(struct span *line, uint8_t *ret_addr, uint8_t *ret_width, uint16_t *ret_port)
{
	struct span w, addr;
	uint64_t u;

	if (!word(line, &w) || !field(&w, ':', &addr) || !number(w, 16, &u) || u > UINT16_MAX)
		return false;
	if (addr.n != 8 && addr.n != 32)
		return false;
	*ret_port = (uint16_t)u;
	*ret_width = (uint8_t)(addr.n / 2);
	for (size_t i = 0; i < addr.n; i += 8) {
		uint32_t part;

		if (!number(span_of(addr.p + i, 8), 16, &u))
			return false;
		part = (uint32_t)u;
		memcpy(ret_addr + i / 2, &part, sizeof(part));
	}
	return true;
}

static bool skip_words(struct span *line, unsigned n)
{
	struct span w;

	while (n-- > 0)
		if (!word(line, &w))
			return false;
	return true;
}

int procfs_parse_inet(struct span line, struct procfs_inet *ret)
{
	struct procfs_inet s = { 0 };
	uint8_t width = 0;
	uint64_t state;

	/* sl local remote st queues timer retransmits uid timeout inode ... */
	if (!skip_words(&line, 1) || !endpoint(&line, s.local, &s.width, &s.local_port) ||
	    !endpoint(&line, s.remote, &width, &s.remote_port) || width != s.width ||
	    !next_number(&line, 16, &state) || state > UINT8_MAX || !skip_words(&line, 5) ||
	    !next_number(&line, 10, &s.ino))
		return -EPROTO;
	s.state = (uint8_t)state;
	*ret = s;
	return 0;
}

int procfs_parse_unix(struct span line, struct procfs_unix *ret)
{
	struct procfs_unix s = { 0 };
	struct span address;

	/* Num: RefCount Protocol Flags Type St Inode Path, the path up to the line's end */
	if (!word(&line, &address) || address.n < 2 || address.p[address.n - 1] != ':' ||
	    !number(span_of(address.p, address.n - 1), 16, &s.address) || !skip_words(&line, 5) ||
	    !next_number(&line, 10, &s.ino))
		return -EPROTO;
	if (line.n > 1)
		s.name = span_of(line.p + 1, line.n - 1);
	*ret = s;
	return 0;
}

int procfs_parse_netlink(struct span line, uint64_t *ret_ino)
{
	/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
	return skip_words(&line, 9) && next_number(&line, 10, ret_ino) ? 0 : -EPROTO;
}

/* ---- the machine ---- */

uint64_t procfs_parse_memory(struct span text)
{
	struct span line, key;
	uint64_t kb;

	while (procfs_line(&text, &line))
		if (word(&line, &key) && span_is(key, "MemTotal:"))
			return next_number(&line, 10, &kb) && kb < UINT64_MAX / 1024 ? kb * 1024
										     : 0;
	return 0;
}

struct span procfs_find_cgroup2(struct span text)
{
	struct span line, dir, w, type;

	/* id parent major:minor root MOUNTPOINT options [optional]... - TYPE source options */
	while (procfs_line(&text, &line)) {
		if (!skip_words(&line, 4) || !word(&line, &dir))
			continue;
		while (word(&line, &w) && !span_is(w, "-"))
			;
		if (word(&line, &type) && span_is(type, "cgroup2"))
			return dir;
	}
	return SPAN_NONE;
}

bool procfs_listed(struct span list, unsigned n)
{
	struct span item, first;
	uint64_t from, to;

	if (list.n > 0 && list.p[list.n - 1] == '\n')
		list.n--;
	while (list.n > 0) {
		if (!field(&list, ',', &item)) {
			item = list;
			list = SPAN_NONE;
		}
		if (!field(&item, '-', &first))
			first = item;
		if (number(first, 10, &from) && number(item, 10, &to) && n >= from && n <= to)
			return true;
	}
	return false;
}
