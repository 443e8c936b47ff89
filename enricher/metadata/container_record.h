/* SPDX-License-Identifier: Apache-2.0
 *
 * container_record.h -- what any runtime tells of a container, in one shape, and that
 * as JSON with the members of Falco's container event.  Core.
 */
#ifndef MEWS_CONTAINER_RECORD_H
#define MEWS_CONTAINER_RECORD_H

#include <sys/types.h>

#include "span.h"

#define RECORD_PAIRS_MAX  256
#define RECORD_MOUNTS_MAX 256
#define RECORD_JSON_MAX	  ((size_t)64 << 10)

struct record_pair {
	struct span key, value;
};

struct record_mount {
	struct span source, destination, mode, propagation;
	bool writable;
};

struct container_record {
	uint32_t type;	     /* enum container_type */
	struct span full_id; /* the short one is its beginning */
	struct span name, image, image_id, image_repository, image_tag, image_digest;
	struct span user, ip, cni_json, sandbox_id;
	bool privileged, host_pid, host_network, host_ipc, is_sandbox;
	unsigned nlabels, npod_labels, nmounts;
	struct record_pair labels[RECORD_PAIRS_MAX], pod_labels[RECORD_PAIRS_MAX];
	struct record_mount mounts[RECORD_MOUNTS_MAX];
};

/* Its length in BUF.  What is too much for CAP is left out: first the CNI's result, then the
 * labels and the mounts.  -ENOSPC: even the rest is. */
ssize_t container_record_write(const struct container_record *r, uint8_t *buf, size_t cap);

/* "registry:5000/path/name:tag@digest" apart; what is not there is empty.  False: it is no
 * name but the digest of an image. */
struct image_name {
	struct span repository, tag, digest;
};
bool image_name_split(struct span image, struct image_name *ret);

/* ID without the digest's algorithm before it. */
struct span image_id_plain(struct span id);

#endif
