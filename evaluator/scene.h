/* SPDX-License-Identifier: Apache-2.0
 *
 * scene.h -- one event and the machine around it, told by somebody who tests a
 * rule: some fields are said, the rest is as on a quiet machine.  The result is
 * the frames that an enricher would have sent, so that the rules meet what they
 * meet in service.  Core; memory from a pool.
 *
 *   chain[0] <- chain[1] <- ... <- systemd, pid 1      the process and its ancestors
 *   leader[]                                           of its session and groups, if said
 *   file                                               behind the event's descriptor
 */
#ifndef MEWS_SCENE_H
#define MEWS_SCENE_H

#include "field.h"
#include "pod_uid.h"
#include "pool.h"
#include "ytree.h"

enum { SCENE_CHAIN = 16 };

enum scene_leader { LEADER_SESSION, LEADER_VGROUP, LEADER_GROUP, LEADER_COUNT };

/* What was said of the event's file. */
enum {
	SAID_FD_NUM = 1 << 0,
	SAID_FD_TYPE = 1 << 1,
	SAID_FD_NAME = 1 << 2,
	SAID_FD_NAMERAW = 1 << 3,
	SAID_FD_SIP = 1 << 4,
	SAID_FD_DIP = 1 << 5,
	SAID_FD_SPORT = 1 << 6,
	SAID_FD_DPORT = 1 << 7,
	SAID_FD_L4 = 1 << 8,
	SAID_FD_OTHER = 1 << 9,
	SAID_FD_NONE = 1 << 10, /* there is no file behind the descriptor */
};

struct scene_process {
	struct process_info info;
	uint64_t said; /* bits of enum process_field */
};

struct scene_account {
	struct span name, home, shell;
};

/* One thing that a runtime or Kubernetes tells. */
struct scene_told {
	uint8_t object, part; /* enum told_object, told_part */
	uint8_t index;	      /* of a service */
	bool is_true;
	struct span key, text;
};

struct scene {
	struct pool *pool;
	uint16_t code, cpu;
	uint16_t sc; /* of a system call without an event of its own */
	const struct event_info *info;
	uint64_t ts_ns, num;
	uint64_t since_ns; /* how long after the test's first event */

	struct scene_process chain[SCENE_CHAIN];
	unsigned depth; /* entries of the chain that were spoken of, at least 1 */
	bool is_orphan; /* nobody is above chain[depth - 1] */
	struct scene_process leader[LEADER_COUNT];
	uint8_t has_leader; /* bit per enum scene_leader */
	bool truncated;	    /* EVENT_TRUNCATED */

	int64_t tid;
	bool said_tid;

	struct scene_account user, login;
	struct span group;

	struct file_info file; /* fd -1: none */
	uint32_t file_said;    /* SAID_FD_* */
	uint16_t flags_said;   /* bits of file.flags */
	bool has_file;	       /* scene_finish(): it is in the table */
	struct scene_names {
		unsigned n;
		struct span name[2]; /* by what is local, and by who began */
	} source_names, dest_names;  /* of the file's ends */

	struct param params[EVENT_MAX_PARAMS];
	uint32_t params_said; /* bit per parameter */

	struct container_frame container;
	bool said_container;
	struct pool_vec told; /* struct scene_told */

	uint64_t fd_count, threads, other_threads;
	struct wire_stdio stdio[3];
	struct span hostname;
};

/* An event of CODE (of system call SC where CODE is generic), nothing said. */
void scene_init(struct scene *s, struct pool *pool, unsigned code, unsigned sc);

/* The event that people mean by NAME (the exit of a system call; a system call
 * without an event of its own).  False: there is none. */
bool scene_event_code(struct span name, unsigned *ret_code, unsigned *ret_sc);

/* ---- what is said (scene_field.c) ---- */

/* FIELD is to be what VALUE says; null: missing.  -EINVAL with DIAG's message;
 * -EAGAIN: it is a path that scene_place_path() is to put where it belongs. */
int scene_set(struct scene *s, struct span field, const struct ynode *value, struct diag *diag);

/* Fields that others build on are to be set first: smaller numbers. */
unsigned scene_field_order(struct span field);

/* Does the event have what VALUE says?  -EINVAL with DIAG's message: what FIELD is instead. */
int scene_check(struct span field, const struct ynode *value, struct field_event *e,
		struct diag *diag);

/* ---- parameters (scene_param.c) ---- */

/* The parameter NAME of S's event: its index, or -1 with DIAG's message. */
int scene_find_param(const struct scene *s, struct span name, struct diag *diag);

/* VALUE as people write it -- numbers, names of flags, O_RDONLY|O_CREAT, errors,
 * addresses -- is parameter INDEX.  -EINVAL with DIAG's message. */
int scene_set_param(struct scene *s, unsigned index, const struct ynode *value, struct diag *diag);

void scene_put_param_int(struct scene *s, unsigned index, int64_t v);
void scene_put_param_bytes(struct scene *s, unsigned index, struct span bytes);

/* ---- what nobody said (scene_finish.c, scene_event.c) ---- */

/* Fill it in.  Once, behind all that is said. */
void scene_finish(struct scene *s);

/* Its parts: who acts; what the event is about. */
void scene_finish_processes(struct scene *s);
void scene_finish_event(struct scene *s);

/* Where there is something told, somebody is in a container, or in a pod (scene_metadata.c). */
void scene_finish_metadata(struct scene *s);

/* What is told of the container, as JSON; -ENOMEM, -E2BIG. */
int scene_container_json(const struct scene *s, struct span *ret);

/* The same of the pod.  -ENOENT: nothing is. */
int scene_pod(const struct scene *s, struct pod_frame *ret, uint8_t uid[POD_UID_MAX]);

/* ---- frames (scene_frames.c) ---- */

/* What was sent before in the same test. */
struct scene_sent {
	int64_t tid;
	uint64_t key, version;
	struct span frame; /* as it was sent, with key and version 0 */
};

struct scene_frame {
	uint16_t type; /* enum frame_type */
	struct span payload;
};

/* State that is not of a process. */
enum scene_slot {
	SLOT_HOST,
	SLOT_LOGIN,
	SLOT_USER,
	SLOT_GROUP,
	SLOT_CONTAINER,
	SLOT_POD,
	SLOT_SOURCE,
	SLOT_DEST,
	SLOT_COUNT
};

struct scene_frames {
	struct pool *pool;
	uint64_t *next_key;	      /* shared by all tests: keys are never used twice */
	uint64_t first_ns;	      /* when the test's first event was */
	struct pool_vec sent;	      /* struct scene_sent */
	struct span last[SLOT_COUNT]; /* what was sent of each */
	struct pool_vec out;	      /* struct scene_frame: the event is the last */
};

/* Append the frames of S, finished; what the reader knows already is not sent
 * again.  -ENOMEM; -E2BIG: a frame would be too long. */
int scene_emit(const struct scene *s, struct scene_frames *f);

#endif
