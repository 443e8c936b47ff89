/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror.h -- the state as the enricher's frames told it: the thread table,
 * users, groups, containers, pods, the names of addresses, the host.  Bounded: what does not
 * fit is refused with -ENOSPC.  Core.
 */
#ifndef MEWS_MIRROR_H
#define MEWS_MIRROR_H

#include "contmeta.h"
#include "podmeta.h"
#include "wire.h"

struct mirror;

struct mirror_process {
	uint64_t key, version;
	struct process_info info; /* spans live until the entry changes */
};

struct mirror_container {
	struct container_frame frame;
	const struct contmeta *meta; /* of frame.json */
};

struct mirror_pod {
	struct pod_frame frame;
	const struct podmeta *meta; /* of frame.json */
};

/* What somebody else than the kernel tells, as bits: a container's runtime of it, the API server of
 * a pod, and what either of them may tell. */
enum {
	METADATA_CONTAINER = 1,
	METADATA_POD = 2,
	METADATA_EITHER = 4,
	METADATA_ALL = 7,
};

/* How far that is with the container and the pod of a process. */
struct mirror_metadata {
	uint8_t told, awaited;
	uint8_t unanswered; /* those who were asked do not know it */
};

struct mirror_limits {
	unsigned processes, users, groups;
	unsigned containers; /* and as many pods */
	uint64_t seed;	     /* of the hashes: random, from the shell */
	size_t bytes;	     /* of all texts and records; 0: 1 GiB */
};

int mirror_new(const struct mirror_limits *limits, struct mirror **ret);
void mirror_free(struct mirror *m);

/* Take one state frame (PROCESS, PROCESS_GONE, USER, GROUP, CONTAINER,
 * CONTAINER_GONE, POD, POD_GONE, ADDRESS, HOST, SNAPSHOT_BEGIN, SNAPSHOT_END).  0; -EPROTO:
 * refused; -ENOENT: it builds on an entry that is not there (the entry is made all the
 * same, from its parent's or from defaults); -ENOSPC: table or memory full; -ENOMEM.  A text that
 * finds no room is left out of its entry, and counted. */
int mirror_apply(struct mirror *m, uint16_t frame_type, struct span payload);

/* A snapshot that replaces the state is another writer's: what that one never knew of threads, the former state
 * tells, of those that have not come since.  Let that go: what was on its way is read by now. */
void mirror_forget_former(struct mirror *m);

/* Never 0.  It grows when something changed that may matter to what was
 * remembered of an entry although that entry itself did not change: an ancestor
 * that was looked at, a user, a group, a container, the host.  The names of addresses are nothing
 * that is remembered of a process. */
uint64_t mirror_epoch(const struct mirror *m);

/* NULL if there is none.  Valid until the next mirror_apply(). */
const struct mirror_process *mirror_process(const struct mirror *m, uint64_t key);
const struct mirror_process *mirror_process_by_tid(const struct mirror *m, int64_t tid);

/* The main thread's entry; the entry itself if the main thread is not there. */
const struct mirror_process *mirror_main(const struct mirror *m, const struct mirror_process *p);

/* The main thread of the parent: one step up.  NULL at the end of the chain.
 * A chain may be a loop: whoever walks bounds the walk. */
const struct mirror_process *mirror_parent(const struct mirror *m, const struct mirror_process *p);

const struct user_frame *mirror_user(const struct mirror *m, struct span container_id,
				     uint32_t uid);
const struct group_frame *mirror_group(const struct mirror *m, struct span container_id,
				       uint32_t gid);
const struct mirror_container *mirror_container(const struct mirror *m, struct span id);
const struct mirror_pod *mirror_pod(const struct mirror *m, struct span uid);
const struct host_frame *mirror_host(const struct mirror *m);

/* The names that ADDRESS (4 or 16 bytes) has, one at least; NULL: none. */
const struct address_frame *mirror_address(const struct mirror *m, struct span address);

/* P may be NULL. */
void mirror_metadata(const struct mirror *m, const struct mirror_process *p,
		     struct mirror_metadata *ret);

/* What of it may still come: METADATA_*.  Next to nothing to ask as long as nobody is waited for. */
unsigned mirror_awaited(const struct mirror *m, const struct mirror_process *p);

/* Grows whenever something is told of a container or a pod. */
uint64_t mirror_metadata_version(const struct mirror *m);

/* An event of P came in SECOND, of whatever clock.  P is of this mirror. */
void mirror_count_event(struct mirror *m, const struct mirror_process *p, uint32_t second);

/* How many came in the second before SECOND. */
uint32_t mirror_events(const struct mirror_process *p, uint32_t second);

/* All entries, one by one; *AT is 0 at first.  NULL: that was the last one. */
const struct mirror_process *mirror_each(const struct mirror *m, uint32_t *at);

/* P as it is now, with its ancestors and the leaders of its groups, whatever becomes of them; users
 * and containers are M's own, as they will be.  It takes no frames, and ends before M.  NULL: no
 * memory. */
struct mirror *mirror_freeze(struct mirror *m, const struct mirror_process *p);

struct mirror_status {
	unsigned processes, processes_max;
	size_t process_bytes; /* of one entry, without its texts */
	size_t bytes, bytes_max;
};
void mirror_status(const struct mirror *m, struct mirror_status *ret);

/* How many texts were left out since it was last asked. */
uint64_t mirror_take_cut(struct mirror *m);

#endif
