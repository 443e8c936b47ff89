/* SPDX-License-Identifier: Apache-2.0
 *
 * contmeta.h -- what a runtime told of a container: the members of its JSON that
 * fields show, found once when it comes.  They lie in the JSON.  Core.
 */
#ifndef MEWS_CONTMETA_H
#define MEWS_CONTMETA_H

#include "jread.h"

/* Each is the text of a JSON value; empty: it was not told. */
enum contmeta_member {
	CONTMETA_NAME,
	CONTMETA_USER,
	CONTMETA_IMAGE,
	CONTMETA_IMAGE_ID,
	CONTMETA_IMAGE_REPOSITORY,
	CONTMETA_IMAGE_TAG,
	CONTMETA_IMAGE_DIGEST,
	CONTMETA_IP,
	CONTMETA_CNI_JSON,
	CONTMETA_PRIVILEGED,
	CONTMETA_HOST_PID,
	CONTMETA_HOST_NETWORK,
	CONTMETA_HOST_IPC,
	CONTMETA_MOUNTS,
	CONTMETA_LABELS,
	CONTMETA_SANDBOX_ID,
	CONTMETA_POD_LABELS,
	/* Labels that have fields of their own. */
	CONTMETA_POD_NAME,
	CONTMETA_POD_NAMESPACE,
	CONTMETA_POD_UID,
	CONTMETA_COUNT
};

struct contmeta {
	struct span members[CONTMETA_COUNT];
};

void contmeta_read(struct contmeta *m, struct span json);

#endif
