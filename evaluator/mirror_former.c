/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_former.c -- the state that was replaced: entries that a writer has told who died, until its
 * successor's snapshot has said all.
 */
#include "mirror_core.h"

/* What /proc has no word of when a process has ended, and its parent does not know yet. */
#define GONE_WITH_IT                                                                               \
	(PROCESS_BIT(comm) | PROCESS_BIT(exe) | PROCESS_BIT(args) | PROCESS_BIT(env) |             \
	 PROCESS_BIT(exepath) | PROCESS_BIT(cwd) | PROCESS_BIT(root) | PROCESS_BIT(cgroups) |      \
	 PROCESS_BIT(container_id) | PROCESS_BIT(exe_ino) | PROCESS_BIT(exe_ctime) |               \
	 PROCESS_BIT(exe_mtime) | PROCESS_BIT(exe_flags))

void mirror_drop_former(struct mirror *m, int64_t tid)
{
	struct slot *s;

	while (m->formers > 0 && (s = slot_of_tid(m, tid, true)) != NULL)
		slot_remove(m, s);
}

void mirror_forget_former(struct mirror *m)
{
	for (uint32_t i = 0; i < m->used && m->formers > 0; i++)
		if (m->slots[i].former)
			slot_remove(m, &m->slots[i]);
}

void mirror_make_former(struct mirror *m)
{
	mirror_forget_former(m);
	for (uint32_t i = 0; i < m->used; i++) {
		if (m->slots[i].p.key == 0)
			continue;
		slot_changed(m, &m->slots[i]);
		m->slots[i].former = true;
	}
	m->formers = m->count;
	m->count = 0;
}

struct slot *mirror_former_of(const struct mirror *m, struct process_frame *f)
{
	bool is_number = f->info.pid < 0, has_ended = f->info.exe_ino == 0 && f->info.exe.n == 0;
	struct slot *former;

	if (m->formers == 0 || f->base != 0 || (!is_number && !has_ended))
		return NULL;
	former = slot_of_tid(m, f->info.tid, true);
	if (former == NULL)
		return NULL;
	if (!is_number)
		f->mask &= ~GONE_WITH_IT;
	else
		f->mask = f->info.uid == UINT32_MAX ? 0 : PROCESS_BIT(uid) | PROCESS_BIT(gid);
	return former;
}
