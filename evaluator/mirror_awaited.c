/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_awaited.c -- what is told of an entry's container and pod, and what somebody is still asked.
 */
#include "mirror_core.h"
#include "pod_uid.h"

static void note_wait(struct mirror_metadata *ret, uint8_t bit, bool told, unsigned wait)
{
	if (told)
		ret->told |= bit;
	else if (wait == CONTAINER_AWAITED)
		ret->awaited |= bit;
	else if (wait == CONTAINER_UNANSWERED)
		ret->unanswered |= bit;
}

void mirror_metadata(const struct mirror *m, const struct mirror_process *p,
		     struct mirror_metadata *ret)
{
	const struct mirror_container *c;
	const struct mirror_pod *pod;
	uint8_t buf[POD_UID_MAX];
	struct span uid;

	*ret = (struct mirror_metadata){ 0 };
	if (p == NULL || p->info.container_id.n == 0)
		return;
	c = mirror_container(m, p->info.container_id);
	if (c != NULL)
		note_wait(ret, METADATA_CONTAINER, c->frame.has_metadata, c->frame.wait);
	uid = cgroup_pod_uid(p->info.cgroups, buf);
	pod = uid.n > 0 ? mirror_pod(m, uid) : NULL;
	if (pod != NULL)
		note_wait(ret, METADATA_POD, pod->frame.json.n > 0, pod->frame.wait);
	if (ret->told != 0)
		ret->told |= METADATA_EITHER;
	else if (ret->awaited != 0)
		ret->awaited |= METADATA_EITHER;
	else if (ret->unanswered != 0)
		ret->unanswered |= METADATA_EITHER;
}

unsigned mirror_awaited(const struct mirror *m, const struct mirror_process *p)
{
	struct mirror_metadata now;

	if (m->awaited == 0)
		return 0;
	mirror_metadata(m, p, &now);
	return now.awaited;
}

uint64_t mirror_metadata_version(const struct mirror *m)
{
	return m->metadata_version;
}
