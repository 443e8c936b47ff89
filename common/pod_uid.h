/* SPDX-License-Identifier: Apache-2.0
 *
 * pod_uid.h -- which pod of Kubernetes a process belongs to, from the paths of its
 * control groups.  Reads foreign bytes (whoever may make a cgroup names it).  Core; pure.
 */
#ifndef MEWS_POD_UID_H
#define MEWS_POD_UID_H

#include "span.h"

/* The uid of the pod that CGROUPS ("SUBSYSTEM=PATH" each ended by NUL) belong to, as
 * Kubernetes writes it, in BUF; the drivers of control groups differ in how.  Of a pod that is
 * a file of the node's, it is a digest without dashes.  Empty: none. */
#define POD_UID_MAX 63
struct span cgroup_pod_uid(struct span cgroups, uint8_t buf[POD_UID_MAX]);

#endif
