/* SPDX-License-Identifier: Apache-2.0
 *
 * contmeta.c -- see contmeta.h.
 */
#include "contmeta.h"

enum { FIRST_LABEL = CONTMETA_POD_NAME };

static const char *const names[] = {
	[CONTMETA_NAME] = "name",
	[CONTMETA_USER] = "User",
	[CONTMETA_IMAGE] = "image",
	[CONTMETA_IMAGE_ID] = "imageid",
	[CONTMETA_IMAGE_REPOSITORY] = "imagerepo",
	[CONTMETA_IMAGE_TAG] = "imagetag",
	[CONTMETA_IMAGE_DIGEST] = "imagedigest",
	[CONTMETA_IP] = "ip",
	[CONTMETA_CNI_JSON] = "cni_json",
	[CONTMETA_PRIVILEGED] = "privileged",
	[CONTMETA_HOST_PID] = "host_pid",
	[CONTMETA_HOST_NETWORK] = "host_network",
	[CONTMETA_HOST_IPC] = "host_ipc",
	[CONTMETA_MOUNTS] = "Mounts",
	[CONTMETA_LABELS] = "labels",
	[CONTMETA_SANDBOX_ID] = "pod_sandbox_id",
	[CONTMETA_POD_LABELS] = "pod_sandbox_labels",
	[CONTMETA_POD_NAME] = "io.kubernetes.pod.name",
	[CONTMETA_POD_NAMESPACE] = "io.kubernetes.pod.namespace",
	[CONTMETA_POD_UID] = "io.kubernetes.pod.uid",
};

/* The members FROM up to TO of OBJECT. */
static void find(struct contmeta *m, struct span object, unsigned from, unsigned to)
{
	struct jread_walk w = jread_begin(object);
	struct span key, value;

	while (w.is_object && jread_next(&w, &key, &value))
		for (unsigned i = from; i < to; i++)
			if (jread_is(key, span_str(names[i])))
				m->members[i] = value;
}

void contmeta_read(struct contmeta *m, struct span json)
{
	*m = (struct contmeta){ 0 };
	find(m, jread_value(json), 0, FIRST_LABEL);
	find(m, m->members[CONTMETA_LABELS], FIRST_LABEL, CONTMETA_COUNT);
}
