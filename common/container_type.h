/* SPDX-License-Identifier: Apache-2.0
 *
 * container_type.h -- Falco's numbers and words for who runs a container.  Core.
 */
#ifndef MEWS_CONTAINER_TYPE_H
#define MEWS_CONTAINER_TYPE_H

#include "span.h"

enum container_type {
	CONTAINER_DOCKER = 0,
	CONTAINER_LXC = 1,
	CONTAINER_LIBVIRT_LXC = 2,
	CONTAINER_CRI = 6,
	CONTAINER_CONTAINERD = 7,
	CONTAINER_CRIO = 8,
	CONTAINER_BPM = 9,
	CONTAINER_PODMAN = 11,
	CONTAINER_HOST = 0xfffe,
	CONTAINER_UNKNOWN = 0xffff,
};

/* "": it has none. */
static inline const char *container_type_name(uint32_t type)
{
	static const char *const names[] = { "docker", "lxc",	"libvirt-lxc", "mesos", "rkt",
					     "",       "cri",	"containerd",  "cri-o", "bpm",
					     "",       "podman" };

	if (type == CONTAINER_HOST)
		return "host";
	return type < ARRAY_LEN(names) ? names[type] : "";
}

#endif
