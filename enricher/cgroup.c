/* SPDX-License-Identifier: Apache-2.0
 *
 * cgroup.c -- cgroup path to container; see cgroup.h.  A row per matcher in the
 * order in which they are tried; most are a prefix and a suffix around 64 hex
 * digits, as runc names its groups.
 */
#include "cgroup.h"

enum { ID_FULL = 64, ID_SHORT = 12, ID_MAX = 255 };

#define NOT_FOUND SIZE_MAX

static size_t find(struct span s, struct span what, size_t from)
{
	for (size_t i = from; what.n <= s.n && i <= s.n - what.n; i++)
		if (memcmp(s.p + i, what.p, what.n) == 0)
			return i;
	return NOT_FOUND;
}

static size_t find_last(struct span s, struct span what)
{
	if (what.n == 0)
		return s.n;
	for (size_t i = what.n <= s.n ? s.n - what.n + 1 : 0; i-- > 0;)
		if (memcmp(s.p + i, what.p, what.n) == 0)
			return i;
	return NOT_FOUND;
}

static struct span part(struct span s, size_t from, size_t to)
{
	return span_of(s.p + from, to - from);
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- prefix, 64 hex digits, suffix ---- */

struct runc_layout {
	const char *prefix, *suffix;
};

static bool match_runc(struct span path, const struct runc_layout *l, struct span *ret_id)
{
	struct span prefix = span_str(l->prefix);
	size_t from = find_last(path, prefix), to = find_last(path, span_str(l->suffix));

	if (from == NOT_FOUND || to == NOT_FOUND)
		return false;
	from += prefix.n;
	if (to < from || to - from != ID_FULL)
		return false;
	for (size_t i = from; i < to; i++)
		if (!is_hex(path.p[i]))
			return false;
	*ret_id = part(path, from, from + ID_SHORT);
	return true;
}

static bool match_layouts(struct span path, const struct runc_layout *l, size_t n,
			  struct span *ret_id)
{
	for (size_t i = 0; i < n; i++)
		if (match_runc(path, &l[i], ret_id))
			return true;
	return false;
}

static bool match_podman(struct span path, struct span *ret_id)
{
	static const struct runc_layout layouts[] = {
		{ "/libpod-", ".scope" },
		{ "/libpod-", ".scope/container" },
		{ "/libpod-", "" },
		{ "/libpod-payload-", ".scope" },
		{ "/libpod-payload-", ".scope/container" },
		{ "/libpod-payload-", "" },
	};

	return match_layouts(path, layouts, ARRAY_LEN(layouts), ret_id);
}

static bool match_docker(struct span path, struct span *ret_id)
{
	static const struct runc_layout layouts[] = { { "/", "" }, { "/docker-", ".scope" } };

	return match_layouts(path, layouts, ARRAY_LEN(layouts), ret_id);
}

static bool match_cri(struct span path, struct span *ret_id)
{
	static const struct runc_layout layouts[] = {
		{ "/", "" },
		{ "/crio-", "" },
		{ "/cri-containerd-", ".scope" },
		{ "/crio-", ".scope" },
		{ ":cri-containerd:", "" },
		{ "/docker-", ".scope" },
		{ "/nerdctl-", ".scope" },
	};

	return match_layouts(path, layouts, ARRAY_LEN(layouts), ret_id);
}

/* ---- the others ---- */

/* Length of a containerd namespace at S: [A-Za-z0-9]+([._-][A-Za-z0-9]+)*. */
static size_t namespace_length(struct span s)
{
	size_t n = 0, good = 0;

	for (;;) {
		while (n < s.n && is_alnum(s.p[n]))
			n++;
		if (n == good)
			return good > 0 ? good - 1 : 0; /* the separator led nowhere */
		if (n == s.n || (s.p[n] != '.' && s.p[n] != '_' && s.p[n] != '-'))
			return n;
		good = ++n;
	}
}

static bool match_containerd(struct span path, struct span *ret_id)
{
	static const char *const units[] = { ".service", ".slice", ".scope" };

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (span_ends(path, span_str(units[i])))
			return false;
	for (size_t i = 0; i < path.n; i++) {
		size_t n, from;

		if (path.p[i] != '/')
			continue;
		n = namespace_length(part(path, i + 1, path.n));
		from = i + 1 + n;
		if (n == 0 || from >= path.n || path.p[from] != '/')
			continue;
		from++;
		if (path.n - from < 1 || path.n - from > ID_FULL)
			return false;
		*ret_id = part(path, from, path.n - from > ID_SHORT ? from + ID_SHORT : path.n);
		return true;
	}
	return false;
}

static bool match_lxc(struct span path, struct span *ret_id)
{
	static const char *const prefixes[] = { "/lxc/", "/lxc.payload/", "/lxc.payload." };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct span prefix = span_str(prefixes[i]);
		size_t from = find(path, prefix, 0), to;

		if (from == NOT_FOUND)
			continue;
		from += prefix.n;
		to = find(path, span_str("/"), from);
		*ret_id = part(path, from, to == NOT_FOUND ? path.n : to);
		return true;
	}
	return false;
}

static bool match_libvirt_lxc(struct span path, struct span *ret_id)
{
	struct span legacy = span_str(".libvirt-lxc"), unit = span_str("-lxc\\x2d"),
		    group = span_str("/libvirt/lxc/"), scope = span_str(".scope");
	size_t at, from;

	if (span_ends(path, legacy)) {
		from = find_last(path, span_str("/"));
		if (from != NOT_FOUND && from + 1 <= path.n - legacy.n) {
			*ret_id = part(path, from + 1, path.n - legacy.n);
			return true;
		}
	}
	from = find(path, unit, 0);
	at = from == NOT_FOUND ? NOT_FOUND : find(path, scope, from + unit.n);
	if (at != NOT_FOUND &&
	    (at + scope.n == path.n || span_is(part(path, at, path.n), ".scope/libvirt"))) {
		*ret_id = part(path, from + unit.n, at);
		return true;
	}
	from = find(path, group, 0);
	if (from == NOT_FOUND)
		return false;
	*ret_id = part(path, from + group.n, path.n);
	return true;
}

static bool match_bpm(struct span path, struct span *ret_id)
{
	struct span prefix = span_str("bpm-");
	size_t from = find(path, prefix, 0), to;

	if (from == NOT_FOUND)
		return false;
	from += prefix.n;
	to = find(path, span_str(".scope"), from);
	if (to == NOT_FOUND)
		to = path.n;
	for (size_t i = from; i < to; i++)
		if (!is_alnum(path.p[i]) && path.p[i] != '.' && path.p[i] != '_' &&
		    path.p[i] != '-')
			return false;
	*ret_id = part(path, from, to);
	return true;
}

static const struct {
	uint32_t type;
	bool (*match)(struct span path, struct span *ret_id);
} matchers[] = {
	{ CONTAINER_PODMAN, match_podman }, { CONTAINER_DOCKER, match_docker },
	{ CONTAINER_CRI, match_cri },	    { CONTAINER_CONTAINERD, match_containerd },
	{ CONTAINER_LXC, match_lxc },	    { CONTAINER_LIBVIRT_LXC, match_libvirt_lxc },
	{ CONTAINER_BPM, match_bpm },
};

bool cgroup_match(struct span path, struct span *ret_id, uint32_t *ret_type)
{
	struct span id;

	for (size_t i = 0; i < ARRAY_LEN(matchers); i++) {
		if (!matchers[i].match(path, &id) || id.n == 0 || id.n > ID_MAX)
			continue;
		*ret_id = id;
		*ret_type = matchers[i].type;
		return true;
	}
	return false;
}

bool cgroup_container(struct span cgroups, struct span *ret_id, uint32_t *ret_type)
{
	size_t at = 0;

	while (at < cgroups.n) {
		const uint8_t *end = memchr(cgroups.p + at, 0, cgroups.n - at);
		size_t to = end == NULL ? cgroups.n : (size_t)(end - cgroups.p);
		struct span pair = part(cgroups, at, to);
		size_t equal = find(pair, span_str("="), 0);

		if (equal != NOT_FOUND &&
		    cgroup_match(part(pair, equal + 1, pair.n), ret_id, ret_type))
			return true;
		at = to + 1;
	}
	return false;
}

/* ---- what more a path says ---- */

/* Containerd's own ids may be anything but a path's end; all others are digits. */
static bool is_of_id(uint8_t c, uint32_t type)
{
	return type == CONTAINER_CONTAINERD ? c != 0 : is_hex(c);
}

struct span cgroup_whole_id(struct span cgroups, struct span id, uint32_t type,
			    struct span *ret_space)
{
	size_t from = (size_t)(id.p - cgroups.p), to = from + id.n, before;

	*ret_space = SPAN_NONE;
	while (id.n == ID_SHORT && to < cgroups.n && to - from < ID_FULL &&
	       is_of_id(cgroups.p[to], type))
		to++;
	if (type == CONTAINER_CONTAINERD && from > 0) {
		before = find_last(part(cgroups, 0, from - 1), span_str("/"));
		if (before != NOT_FOUND)
			*ret_space = part(cgroups, before + 1, from - 1);
	}
	return part(cgroups, from, to);
}

/* Where the next pair that begins with "io=" is, from AT, the beginning of a pair. */
static size_t find_io(struct span cgroups, size_t at)
{
	struct span io = span_str("io=");

	while (at < cgroups.n) {
		const uint8_t *end = memchr(cgroups.p + at, 0, cgroups.n - at);

		if (span_starts(part(cgroups, at, cgroups.n), io))
			return at;
		if (end == NULL)
			break;
		at = (size_t)(end - cgroups.p) + 1;
	}
	return NOT_FOUND;
}

struct span cgroup_rename(struct span cgroups, uint8_t *buf, size_t cap)
{
	static const char prefix[] = "blk";
	size_t at = 0, n = 0, io = find_io(cgroups, 0);

	if (io == NOT_FOUND)
		return cgroups;
	while (io != NOT_FOUND && cap - n >= io - at + sizeof(prefix) - 1) {
		memcpy(buf + n, cgroups.p + at, io - at);
		n += io - at;
		memcpy(buf + n, prefix, sizeof(prefix) - 1);
		n += sizeof(prefix) - 1;
		at = io;
		io = find_io(cgroups, io + 1);
	}
	if (cgroups.n - at <= cap - n) {
		memcpy(buf + n, cgroups.p + at, cgroups.n - at);
		n += cgroups.n - at;
	}
	return span_of(buf, n);
}
