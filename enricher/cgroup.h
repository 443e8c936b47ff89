/* SPDX-License-Identifier: Apache-2.0
 *
 * cgroup.h -- which container a process belongs to, from the paths of its
 * control groups alone.  The matchers and their order are Falco's container
 * plugin's.  Reads foreign bytes (whoever may make a cgroup names it).  Core; pure.
 */
#ifndef MEWS_CGROUP_H
#define MEWS_CGROUP_H

#include "container_type.h"

/* The container of one path: its id (part of PATH) and type.  False: none. */
bool cgroup_match(struct span path, struct span *ret_id, uint32_t *ret_type);

/* The same for CGROUPS, "SUBSYSTEM=PATH" each ended by NUL: the first that matches. */
bool cgroup_container(struct span cgroups, struct span *ret_id, uint32_t *ret_type);

/* ID, that cgroup_container() found in CGROUPS, as long as the path has it: a runtime is
 * asked by it.  RET_SPACE: of a container of containerd, the namespace, else empty. */
struct span cgroup_whole_id(struct span cgroups, struct span id, uint32_t type,
			    struct span *ret_space);

/* CGROUPS with Falco's name for the one controller that version 2 renamed: io is
 * blkio.  CGROUPS itself if there is none, else in BUF; cut to what fits in CAP. */
struct span cgroup_rename(struct span cgroups, uint8_t *buf, size_t cap);

#endif
