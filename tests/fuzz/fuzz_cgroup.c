/* SPDX-License-Identifier: Apache-2.0
 *
 * Control groups' paths are named by whoever may make them: whatever they say, an
 * id that comes out is part of what went in, and not too long.
 */
#include <stdlib.h>

#include "cgroup.h"
#include "pod_uid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span id = SPAN_NONE;
	uint32_t type = CONTAINER_UNKNOWN;
	uint8_t uid[POD_UID_MAX];
	struct span pod;

	if (cgroup_container(span_of(data, size), &id, &type) &&
	    (id.n == 0 || id.n > 255 || id.p < data || id.p + id.n > data + size ||
	     type == CONTAINER_UNKNOWN))
		abort();
	pod = cgroup_pod_uid(span_of(data, size), uid);
	if (pod.n > 0 && (pod.p != uid || (pod.n != 36 && pod.n != 32)))
		abort();
	return 0;
}
