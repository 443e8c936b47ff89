/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts under /proc with names in them that programs chose.  The first byte says
 * which text; whatever it holds, what comes out lies in the text or the buffer.
 */
#include <stdlib.h>

#include "procfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span all;

static void inside(struct span s)
{
	if (s.n > 0 && (s.p < all.p || s.n > all.n || s.p + s.n > all.p + all.n))
		abort();
}

static void stat_text(struct span text)
{
	struct procfs_stat st;

	if (procfs_parse_stat(text, &st) == 0)
		inside(st.comm);
}

static void status_text(struct span text)
{
	struct procfs_status st;

	if (procfs_parse_status(text, &st) == 0 && st.pid < 0)
		abort();
}

static void cgroup_text(struct span text)
{
	struct span unified, got;
	uint8_t buf[256];

	got = procfs_cgroups(text, span_str("memory pids"), buf, sizeof(buf), &unified);
	inside(unified);
	if (got.n > sizeof(buf) || (got.n > 0 && buf[got.n - 1] != 0))
		abort();
}

static void fdinfo_text(struct span text)
{
	struct procfs_fdinfo info;

	if (procfs_parse_fdinfo(text, &info) == 0)
		procfs_open_flags(info.flags);
}

static void net_text(struct span text)
{
	struct procfs_inet inet;
	struct procfs_unix un;
	struct span line;
	uint64_t ino;

	while (procfs_line(&text, &line)) {
		inside(line);
		if (procfs_parse_inet(line, &inet) == 0 && inet.width != 4 && inet.width != 16)
			abort();
		if (procfs_parse_unix(line, &un) == 0)
			inside(un.name);
		procfs_parse_netlink(line, &ino);
	}
}

static void other_text(struct span text)
{
	int64_t n;

	procfs_parse_fdlimit(text);
	procfs_parse_memory(text);
	inside(procfs_find_cgroup2(text));
	procfs_listed(text, 3);
	procfs_number(text, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct span) = {
		stat_text, status_text, cgroup_text, fdinfo_text, net_text, other_text,
	};

	if (size == 0)
		return 0;
	all = span_of(data + 1, size - 1);
	readers[data[0] % ARRAY_LEN(readers)](all);
	return 0;
}
