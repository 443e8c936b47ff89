/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich.h -- the enricher's core: one frame of ring raw in, state folded, frames
 * of ring enriched out through a sink.  What it does with each event is what the
 * state notes say, event by event; what a live kernel adds (identities, files) is
 * used to put right what losses made wrong, and a capture has none of it.
 *
 * Trusts nothing that it reads: a frame that makes no sense is refused and
 * counted, and what does not fit in the tables is left out and counted.  No I/O,
 * no clock; memory comes from one slab with a ceiling.  One thread.
 */
#ifndef MEWS_ENRICH_H
#define MEWS_ENRICH_H

#include "counter.h"
#include "ring.h"
#include "wire.h"

struct enrich;

/* Where frames go.  RESERVE gives room for CAP bytes, waiting as long as it takes;
 * NULL: the stage is told to stop.  Each reserve is followed by one of the others. */
struct enrich_sink {
	void *ctx;
	uint8_t *(*reserve)(void *ctx, size_t cap);
	void (*submit)(void *ctx, uint16_t type, size_t len);
	void (*abandon)(void *ctx);
};

/* A container, or a pod, that a thread is in and of which nothing else is known. */
struct container_wish {
	bool is_pod;
	struct span id;	   /* as long as its control group's path has it; a pod's uid */
	struct span space; /* of containerd, the namespace; else empty */
	uint32_t type;
};

struct enrich_params {
	struct enrich_sink sink;
	/* Called once for each; true: an answer may come.  NULL: there is nobody to ask. */
	bool (*ask)(void *ctx, const struct container_wish *wish);
	/* Ask the collector: FRAME_TASK_READ ends its answer.  False: it cannot be asked now.
	 * NULL: never. */
	bool (*read_again)(void *ctx, const struct ring_ask *ask);
	void *ask_ctx;
	/* Of the sink, and with its ctx: where the next frame begins, and up to where a reader has read, in bytes since
	 * it was made.  NULL: no reader ever starts in the middle. */
	uint64_t (*written)(void *ctx);
	uint64_t (*read)(void *ctx);
	uint64_t *counts;	  /* ENRICHER_COUNTERS words; the core counts there */
	uint64_t first_key;	  /* no predecessor's entry had one as great; 0: 1 */
	uint64_t seed;		  /* of the hashes: random, so that nobody can make collisions */
	uint32_t threads;	  /* at most; 0: 262144 */
	uint32_t fds_per_process; /* 0: 16384 */
	uint32_t users;		  /* users and groups together; 0: 65536 */
	uint32_t containers;	  /* 0: 16384 */
	uint32_t pods;		  /* 0: 1024 */
	size_t memory_bytes;	  /* of all that is variable; 0: 512 MiB */
	bool capture; /* events are named by their number in a capture, not by their frame */
};

/* -ENOMEM, -EINVAL. */
int enrich_new(const struct enrich_params *p, struct enrich **ret);
void enrich_free(struct enrich *en);

/* What the evaluator wants; before the first call: every event that rules may see. */
void enrich_want(struct enrich *en, const struct ring_wants *wants);

/* Take one frame of ring raw, of the ring with that GENERATION.  0; -EPROTO: it
 * was refused; -ECANCELED: the sink says stop, and the frame is not done.  Of a frame that was dealt with
 * already (RING_FRAME_AGAIN) only the state is made: it is neither counted nor passed on. */
int enrich_frame(struct enrich *en, const struct ring_frame *frame, uint64_t generation);

/* The state as frames, SNAPSHOT_BEGIN to SNAPSHOT_END, through PUT (as frame_sink_put()): 0 or its
 * error.  For a reader that goes on to read at FROM, a position as enrich_params.written says it: as it was there,
 * if that is what was read.  UINT64_MAX: as it is now. */
int enrich_snapshot(struct enrich *en, uint64_t from,
		    int (*put)(void *ctx, uint16_t type, struct span payload), void *ctx);

/* The same as frames of ring raw, which another enricher, or a capture's reader, makes this
 * state of; users and groups first.  Not in the middle of a snapshot.  -ENOMEM too. */
int enrich_raw_snapshot(struct enrich *en,
			int (*put)(void *ctx, uint16_t type, struct span payload), void *ctx);

/* A whole snapshot was taken. */
bool enrich_has_state(const struct enrich *en);

/* SNAPSHOT_BEGIN was taken, and SNAPSHOT_END not yet. */
bool enrich_in_snapshot(const struct enrich *en);

/* The generation of all events of a capture, whichever ring brought them: a replay that
 * starts over gives each event the same name. */
#define ENRICH_CAPTURE_GENERATION 1

/* The host's users and groups, as its files say now.  False for captures: they
 * bring their own. */
void enrich_host_users(struct enrich *en, struct span passwd, struct span group);

/* What a runtime told, at any time between two frames: an object with the members of
 * Falco's container event, id among them. */
void enrich_container(struct enrich *en, struct span json);

/* Nobody who was asked about container ID knows it. */
void enrich_container_absent(struct enrich *en, struct span id);

/* The runtime has container ID no more.  It goes as soon as no thread is in it. */
void enrich_container_gone(struct enrich *en, struct span id);

/* Ask for some of what is doubted, though nobody needs it now: called each turn. */
void enrich_look_again(struct enrich *en);

/* Let go of those, and of threads that are found gone, now and then. */
void enrich_sweep(struct enrich *en);

/* A page of what is known of containers, a line of JSON for each, from number *FROM on, which
 * becomes where the next page begins; 0: this was the last.  The bytes in BUF. */
size_t enrich_list_containers(const struct enrich *en, uint64_t *from, uint8_t *buf, size_t cap);

/* The same of pods.  One that goes meanwhile may hide another. */
size_t enrich_list_pods(const struct enrich *en, uint64_t *from, uint8_t *buf, size_t cap);

/* What Kubernetes told of the pod that control groups call UID: an object, as
 * metadata/kube_store.h makes it. */
void enrich_pod(struct enrich *en, struct span uid, struct span json);
void enrich_pod_gone(struct enrich *en, struct span uid);

/* It was asked about, and not told of in time. */
void enrich_pod_absent(struct enrich *en, struct span uid);

/* The host names that rules ask for now; what was told of others holds no more. */
void enrich_want_names(struct enrich *en, const struct host_names *names);

/* What a resolver says of one of them: ADDRESSES in the form of nametab.h, "": it has none. */
void enrich_name(struct enrich *en, struct span name, struct span addresses);

/* A table: entries in use, at most, and what one takes without what hangs on it. */
struct enrich_table {
	uint32_t used, max, entry_bytes;
};

struct enrich_status {
	struct enrich_table threads, users, containers, pods;
	uint32_t fds_per_process;
	uint64_t fds; /* in all tables; one that processes share since a fork counts once */
	size_t memory_bytes, memory_max; /* of texts and descriptors */
};
void enrich_status(const struct enrich *en, struct enrich_status *ret);

/* Bytes until every table is full, and all texts are there that there is room for. */
uint64_t enrich_may_grow(const struct enrich *en);

/* The time of the event that came last. */
uint64_t enrich_last_ts(const struct enrich *en);

#endif
