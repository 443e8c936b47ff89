/* SPDX-License-Identifier: Apache-2.0
 *
 * Control groups' paths tell the pod, whichever driver made them.
 */
#include <criterion/criterion.h>

#include "pod_uid.h"

#define UID    "4348581d-93ad-4c9c-93fd-c71bd2cb4d20"
#define UID_   "4348581d_93ad_4c9c_93fd_c71bd2cb4d20"
#define DIGEST "8d87af73b131a859b23cfbd1082c50d8"
#define HEX64  "3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"

static const struct {
	const char *cgroups, *uid; /* "": none */
} rows[] = {
	{ "cpu=/kubepods/burstable/pod" UID "/" HEX64, UID },
	{ "cpu=/kubepods/pod" UID, UID },
	{ "cpu=/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
	  ".slice/cri-containerd-" HEX64 ".scope",
	  UID },
	{ "cpu=/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" HEX64 ".scope", UID },
	{ "cpu=/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
	  ".slice:cri-containerd:" HEX64,
	  UID },
	{ "cpu=/kubepods/besteffort/pod" DIGEST "/" HEX64, DIGEST },
	{ "cpu=/../../pod" UID "/x", UID },
	{ "cpu=/podman/pod1/kubepods/pod" UID, UID },
	{ "", "" },
	{ "pod" UID, "" },
	{ "cpu=/", "" },
	{ "cpu=/kubepods/besteffort", "" },
	{ "cpu=/kubepods/pod", "" },
	{ "cpu=/kubepods/po", "" },
	{ "cpu=/kubepods/podx" UID, "" },
	{ "cpu=/kubepods/xpod" UID, "" },
	{ "cpu=/kubepods/pod" UID "0/x", "" },
	{ "cpu=/kubepods/pod4348581d-93ad/x", "" },
	{ "cpu=/machine.slice/libpod-" HEX64 ".scope", "" },
};

Test(pod_uid, each_layout_of_a_path_gives_its_pod_and_others_none)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t buf[POD_UID_MAX];
		struct span uid = cgroup_pod_uid(span_str(rows[i].cgroups), buf);

		cr_assert(span_is(uid, rows[i].uid), "%s: '%.*s'", rows[i].cgroups, (int)uid.n,
			  (const char *)uid.p);
	}
}

Test(pod_uid, the_first_controller_that_says_it_is_believed)
{
	static const char cgroups[] =
		"cpu=/\0memory=/kubepods/pod" UID "/a\0pids=/kubepods/pod" DIGEST;
	uint8_t buf[POD_UID_MAX];

	cr_assert(span_is(cgroup_pod_uid(span_of((const uint8_t *)cgroups, sizeof(cgroups)), buf),
			  UID));
}
