/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_freeze.c -- a mirror of one entry and of those around it, as they are now.
 */
#include "mirror_core.h"

enum { FREEZE_MAX = 64 };

/* Put P in the list, if it is neither there nor too much. */
static void list_once(const struct slot **list, unsigned *n, const struct mirror_process *p)
{
	const struct slot *s = (const struct slot *)p;

	if (p == NULL || *n == FREEZE_MAX)
		return;
	for (unsigned i = 0; i < *n; i++)
		if (list[i] == s)
			return;
	list[(*n)++] = s;
}

static unsigned list_around(const struct mirror *m, const struct mirror_process *p,
			    const struct slot *list[FREEZE_MAX])
{
	unsigned n = 0;

	list_once(list, &n, p);
	list_once(list, &n, mirror_process_by_tid(m, p->info.sid));
	list_once(list, &n, mirror_process_by_tid(m, p->info.pgid));
	for (unsigned i = 0; p != NULL && i < FREEZE_MAX; i++) {
		list_once(list, &n, mirror_main(m, p));
		p = mirror_parent(m, p);
	}
	return n;
}

static void freeze_slot(struct mirror *to, const struct slot *from)
{
	struct slot *s = slot_take(to, from->p.key);

	s->p = from->p;
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		s->text[i] = blob_get(from->text[i]);
	slot_link_tid(to, s);
}

struct mirror *mirror_freeze(struct mirror *m, const struct mirror_process *p)
{
	const struct slot *list[FREEZE_MAX];
	unsigned n = list_around(m, p, list);
	struct mirror_limits limits = { .processes = n, .seed = m->limits.seed };
	struct mirror *frozen;

	if (mirror_tables_new(&limits, m, &frozen) < 0)
		return NULL;
	while (n-- > 0)
		freeze_slot(frozen, list[n]);
	return frozen;
}
