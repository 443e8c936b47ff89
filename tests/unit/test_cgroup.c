/* SPDX-License-Identifier: Apache-2.0
 *
 * Control groups' paths tell the container, as Falco's plugin reads them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "cgroup.h"

#define HEX64 "3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"
#define ID12  "3f5ae0a1b2c3"

static const struct {
	const char *name, *path, *id;
	uint32_t type;
} good[] = {
	{ "podman unit", "/machine.slice/libpod-" HEX64 ".scope", ID12, CONTAINER_PODMAN },
	{ "podman inner", "/machine.slice/libpod-" HEX64 ".scope/container", ID12,
	  CONTAINER_PODMAN },
	{ "podman plain", "/libpod_parent/libpod-" HEX64, ID12, CONTAINER_PODMAN },
	{ "podman payload", "/x/libpod-payload-" HEX64, ID12, CONTAINER_PODMAN },
	{ "docker v1", "/docker/" HEX64, ID12, CONTAINER_DOCKER },
	{ "docker unit", "/system.slice/docker-" HEX64 ".scope", ID12, CONTAINER_DOCKER },
	{ "kubernetes plain", "/kubepods/besteffort/pod1b7f6a0c-0000-4a5b-8d1c-2f3e4a5b6c7d/" HEX64,
	  ID12, CONTAINER_DOCKER },
	{ "cri-containerd unit",
	  "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" HEX64 ".scope", ID12,
	  CONTAINER_CRI },
	{ "crio unit", "/kubepods.slice/kubepods-pod1.slice/crio-" HEX64 ".scope", ID12,
	  CONTAINER_CRI },
	{ "crio plain", "/kubepods/pod1/crio-" HEX64, ID12, CONTAINER_CRI },
	{ "cri with colons", "/system.slice/kubepods-pod1.slice:cri-containerd:" HEX64, ID12,
	  CONTAINER_CRI },
	{ "nerdctl unit", "/system.slice/nerdctl-" HEX64 ".scope", ID12, CONTAINER_CRI },
	{ "containerd", "/default/my-long-container-name", "my-long-cont", CONTAINER_CONTAINERD },
	{ "containerd short", "/k8s.io/abc", "abc", CONTAINER_CONTAINERD },
	{ "lxc payload dot", "/lxc.payload.web", "web", CONTAINER_LXC },
	{ "bpm unit", "bpm-job.process.scope", "job.process", CONTAINER_BPM },
	{ "libvirt unit", "machine-lxc\\x2dvm1.scope", "vm1", CONTAINER_LIBVIRT_LXC },
	{ "podman of a user",
	  "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX64 ".scope", ID12,
	  CONTAINER_PODMAN },
	{ "podman of a user, version 2",
	  "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX64
	  ".scope/container",
	  ID12, CONTAINER_PODMAN },
	{ "docker of a user",
	  "/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" HEX64 ".scope", ID12,
	  CONTAINER_DOCKER },
	{ "docker in docker", "/docker/" HEX64 "/docker/" HEX64, ID12, CONTAINER_DOCKER },
	{ "cri-dockerd unit",
	  "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-"
	  "pod1b7f6a0c_0000_4a5b_8d1c_2f3e4a5b6c7d.slice/docker-" HEX64 ".scope",
	  ID12, CONTAINER_DOCKER },
	{ "kubelet in a container",
	  "/docker/" HEX64 "/kubelet/kubepods/pod1b7f6a0c-0000-4a5b-8d1c-2f3e4a5b6c7d/" HEX64, ID12,
	  CONTAINER_DOCKER },
	{ "lxc, by the matcher that comes first", "/lxc/web", "web", CONTAINER_CONTAINERD },
	{ "lxc payload", "/lxc.payload/web/init.scope", "web", CONTAINER_LXC },
};

Test(cgroup, each_layout_of_a_path_gives_its_container)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct span id = SPAN_NONE;
		uint32_t type = 0;

		cr_assert(cgroup_match(span_str(good[i].path), &id, &type), "%s", good[i].name);
		cr_assert(span_is(id, good[i].id), "%s: %.*s", good[i].name, (int)id.n, id.p);
		cr_assert_eq(type, good[i].type, "%s: %u", good[i].name, type);
	}
}

static const char *const none[] = {
	"",
	"/",
	"/user.slice",
	"/hostwork.slice",
	"/user.slice/user-0.slice/session-1.scope",
	"/system.slice/docker.service",
	"/init.scope",
	"/machine.slice/systemd-nspawn@web.service",
	"/machine.slice/machine-web.scope",
	"/bpm-bad id",
};

Test(cgroup, paths_of_the_host_are_no_container)
{
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct span id;
		uint32_t type;

		cr_assert_not(cgroup_match(span_str(none[i]), &id, &type), "%s", none[i]);
	}
}

Test(cgroup, an_id_of_sixty_four_must_be_hexadecimal)
{
	struct span id;
	uint32_t type;
	char path[] = "/system.slice/docker-" HEX64 ".scope";

	path[40] = 'g';
	cr_assert_not(cgroup_match(span_str(path), &id, &type));
}

Test(cgroup, the_first_path_that_matches_counts)
{
	static const char pairs[] = "cpuset=/\0cpu=/docker/" HEX64 "\0memory=/lxc/other\0";
	struct span id;
	uint32_t type;

	cr_assert(cgroup_container(span_of(pairs, sizeof(pairs) - 1), &id, &type));
	cr_assert(span_is(id, ID12));
	cr_assert(eq(u32, type, CONTAINER_DOCKER));
	cr_assert_not(cgroup_container(span_str("cpuset=/"), &id, &type));
	cr_assert_not(cgroup_container(span_str("no pair"), &id, &type));
}

Test(cgroup, the_renamed_controller_has_its_old_name)
{
	static const char in[] = "cpu=/\0io=/io=x\0memory=/\0io=",
			  want[] = "cpu=/\0blkio=/io=x\0memory=/\0blkio=";
	uint8_t buf[128];
	struct span s = cgroup_rename(span_of(in, sizeof(in) - 1), buf, sizeof(buf));

	cr_assert(span_eq(s, span_of(want, sizeof(want) - 1)));
	s = cgroup_rename(span_str("cpu=/io=/"), buf, sizeof(buf));
	cr_assert(span_is(s, "cpu=/io=/"));
	s = cgroup_rename(span_str("io=/long"), buf, 5);
	cr_assert(le(sz, s.n, 5));
}

static const struct {
	const char *cgroups, *whole, *space;
} whole[] = {
	{ "cpu=/docker/" HEX64, HEX64, "" },
	{ "cpu=/system.slice/docker-" HEX64 ".scope", HEX64, "" },
	{ "cpu=/machine.slice/libpod-" HEX64 ".scope/container", HEX64, "" },
	{ "cpu=/default/my-long-container-name", "my-long-container-name", "default" },
	{ "cpu=/my.space/web", "web", "my.space" },
	{ "cpu=/lxc.payload.web", "web", "" },
};

Test(cgroup, a_runtime_is_asked_by_the_whole_id)
{
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		struct span all = span_of(whole[i].cgroups, strlen(whole[i].cgroups) + 1), id, got,
			    space;
		uint32_t type;

		cr_assert(cgroup_container(all, &id, &type), "%s", whole[i].cgroups);
		got = cgroup_whole_id(all, id, type, &space);
		cr_assert(span_is(got, whole[i].whole), "%s: %.*s", whole[i].cgroups, (int)got.n,
			  got.p);
		cr_assert(span_is(space, whole[i].space), "%s: %.*s", whole[i].cgroups,
			  (int)space.n, space.p);
	}
}
