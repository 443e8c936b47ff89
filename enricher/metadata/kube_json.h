/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_json.h -- what an API server sends, read by jansson and cut down to what is
 * used of it.  Trusts nothing: names, labels and texts are bounded, and an object
 * that makes no sense is refused.  Core.
 */
#ifndef MEWS_KUBE_JSON_H
#define MEWS_KUBE_JSON_H

#include <jansson.h>

#include "span.h"

enum kube_kind {
	KUBE_NONE,
	KUBE_POD,
	KUBE_SERVICE,
	KUBE_NAMESPACE,
	KUBE_REPLICASET,
	KUBE_DEPLOYMENT,
	KUBE_CONTROLLER, /* ReplicationController */
	KUBE_JOB,
	KUBE_KIND_COUNT
};

/* A row per kind: where it lives, and what it is there for. */
struct kube_kind_row {
	const char *kind;   /* as owner references have it */
	const char *prefix; /* "/api/v1" */
	const char *plural; /* "pods" */
	const char *group;  /* API group; "" for the core */
	const char *why;
};
const struct kube_kind_row *kube_kind_row(enum kube_kind kind);
enum kube_kind kube_kind_of(const char *kind); /* by its name; KUBE_NONE */

enum {
	KUBE_NAME_MAX = 253,
	KUBE_UID_MAX = 64,
	KUBE_VERSION_MAX = 64,	  /* of a resourceVersion */
	KUBE_CONTINUE_MAX = 4096, /* of a list's continue */
	KUBE_LABELS_MAX = 64,
	KUBE_LABELS_BYTES = 8 << 10,
	KUBE_LABEL_KEY_MAX = 320,
	KUBE_LABEL_VALUE_MAX = 256,
};

/* One object, cut down.  What a pod is, as far as anybody asks:
 *   { "name", "namespace", "uid", "labels": {}, "owner": { "kind", "name", "uid" },
 *     pods: "ip", "node", "created", "cgroup" (its uid in cgroup paths);
 *     services: "selector": {} }
 * All but the name, and the uid, may be missing.  NULL: refused. */
json_t *kube_object(enum kube_kind kind, const json_t *object);

/* A member's text; "" if there is none. */
const char *kube_text(const json_t *object, const char *member);

/* An event of a watch. */
enum kube_event_type {
	KUBE_EVENT_NONE, /* none that makes sense */
	KUBE_ADDED,
	KUBE_MODIFIED,
	KUBE_DELETED,
	KUBE_BOOKMARK,
	KUBE_ERROR,
};

/* What the server says of how it went: a Status object, in an answer or an event. */
struct kube_status {
	int code; /* 0: it is no Status */
	unsigned retry_after_s;
	char message[256];		/* printable; cut */
	char resume[KUBE_CONTINUE_MAX]; /* with 410: the rest of the list, inconsistently; "" */
};

struct kube_event {
	enum kube_event_type type;
	json_t *object; /* cut down; of the first three types; the caller's to let go */
	char version[KUBE_VERSION_MAX];
	struct kube_status status; /* of an ERROR */
};

/* False: no event that makes sense, or an object that was refused. */
bool kube_event_read(struct span text, enum kube_kind kind, struct kube_event *ret);

/* An item of a list, or an object that was asked for by name. */
json_t *kube_item_read(struct span text, enum kube_kind kind);

/* A list's head, or what came in its place. */
struct kube_head {
	bool is_list;
	char version[KUBE_VERSION_MAX], more[KUBE_CONTINUE_MAX]; /* MORE: its "continue" */
	struct kube_status status;
};
bool kube_head_read(struct span text, struct kube_head *ret);

#endif
