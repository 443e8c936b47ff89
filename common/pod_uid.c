/* SPDX-License-Identifier: Apache-2.0
 *
 * pod_uid.c -- see pod_uid.h:
 *
 *   /kubepods/burstable/pod4348581d-93ad-4c9c-93fd-c71bd2cb4d20/ID
 *   /kubepods.slice/kubepods-pod4348581d_93ad_4c9c_93fd_c71bd2cb4d20.slice/...
 */
#include "pod_uid.h"

static bool is_uid_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == '-' || c == '_';
}

/* A UUID, or the digest that stands in for it where the pod is a file of the node's. */
static bool is_uid_length(size_t n)
{
	return n == 36 || n == 32;
}

/* Behind "pod" at AT: how long the uid is that is copied to BUF. */
static size_t copy_uid(struct span cgroups, size_t at, uint8_t buf[POD_UID_MAX])
{
	size_t n = 0;

	while (at + n < cgroups.n && n < POD_UID_MAX && is_uid_char(cgroups.p[at + n])) {
		buf[n] = cgroups.p[at + n] == '_' ? '-' : cgroups.p[at + n];
		n++;
	}
	return n;
}

struct span cgroup_pod_uid(struct span cgroups, uint8_t buf[POD_UID_MAX])
{
	static const char word[] = "pod";
	size_t at = 1; /* something stands before it */

	while (at + sizeof(word) - 1 <= cgroups.n) {
		const uint8_t *p = memchr(cgroups.p + at, 'p', cgroups.n - at - 2);
		size_t n;

		if (p == NULL)
			break;
		at = (size_t)(p - cgroups.p) + 1;
		if (memcmp(p, word, sizeof(word) - 1) != 0 || (p[-1] != '/' && p[-1] != '-'))
			continue;
		n = copy_uid(cgroups, at + sizeof(word) - 2, buf);
		if (is_uid_length(n))
			return span_of(buf, n);
	}
	return SPAN_NONE;
}
