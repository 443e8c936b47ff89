/* SPDX-License-Identifier: Apache-2.0
 *
 * delivered.c -- see delivered.h.
 */
#include "delivered.h"

static bool is_after(struct alert_name a, struct alert_name b)
{
	if (a.generation != b.generation)
		return a.generation > b.generation;
	if (a.seq != b.seq)
		return a.seq > b.seq;
	return a.rule > b.rule;
}

static bool is_recent(const struct delivered *d, struct alert_name name)
{
	for (unsigned i = 0; i < DELIVERED_RECENT; i++)
		if (d->recent[i].generation == name.generation && d->recent[i].seq == name.seq &&
		    d->recent[i].rule == name.rule)
			return true;
	return false;
}

/* NAME is not behind the last one.  Far before it nobody goes back: then the last name was a lie, behind
 * which nothing would be delivered any more. */
static bool is_again(const struct delivered *d, struct alert_name name)
{
	return d->from_start ||
	       (name.generation == d->last.generation && d->last.seq - name.seq < DELIVERED_SPAN) ||
	       is_recent(d, name);
}

bool delivered_before(struct delivered *d, struct alert_name name, bool late)
{
	if (name.generation == 0)
		return false;
	if (!late && !is_after(name, d->last) && is_again(d, name))
		return true;
	/* Of two evaluators one may have held what the other decided at once. */
	if ((late || !is_after(name, d->last_late)) && is_recent(d, name))
		return true;
	if (!late)
		d->last = name;
	else if (is_after(name, d->last_late))
		d->last_late = name;
	d->recent[d->next] = name;
	d->next = (d->next + 1) % DELIVERED_RECENT;
	return false;
}
