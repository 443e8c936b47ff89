/* SPDX-License-Identifier: Apache-2.0
 *
 * in_line.c -- see in_line.h.
 */
#include "in_line.h"

#define DOOR_BUDGET ((size_t)64 * 1024 * 1024) /* beside the ring */

size_t in_line_budget(const struct in_line *l)
{
	return l->budget > 0 ? l->budget : DOOR_BUDGET;
}

bool in_line_tell(struct in_line *l, struct outlet *out, uint64_t gap_ns, struct mono now, int *ret)
{
	struct outlet_status ring;

	if (now.ns < l->next.ns)
		return false;
	outlet_status(out, &ring);
	if (!ring.has_reader || ring.used > ring.size / 4)
		return false;
	l->next = mono_after(now, gap_ns);
	l->budget = ring.size / 2;
	*ret = outlet_snapshot(out);
	l->budget = 0;
	return true;
}
