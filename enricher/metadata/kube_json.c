/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_json.c -- see kube_json.h.
 */
#include <stdio.h>
#include <string.h>

#include "json_bounded.h"
#include "kube_json.h"

/* The kubelet names static pods in cgroup paths by the first, not by the uid that the server gave
 * their mirrors, and has it stand in mirrors once more as the second.  Who may change pods can write
 * the first whenever he likes; the second the server takes with a new pod alone, which no kubelet
 * runs then. */
#define CONFIG_HASH   "kubernetes.io/config.hash"
#define CONFIG_MIRROR "kubernetes.io/config.mirror"

static const struct kube_kind_row rows[KUBE_KIND_COUNT] = {
	[KUBE_NONE] = { "", "", "", "", "" },
	[KUBE_POD] = { "Pod", "/api/v1", "pods", "", "the pods of this node" },
	[KUBE_SERVICE] = { "Service", "/api/v1", "services", "", "which services select a pod" },
	[KUBE_NAMESPACE] = { "Namespace", "/api/v1", "namespaces", "", "a pod's namespace" },
	[KUBE_REPLICASET] = { "ReplicaSet", "/apis/apps/v1", "replicasets", "apps",
			      "a pod's owner" },
	[KUBE_DEPLOYMENT] = { "Deployment", "/apis/apps/v1", "deployments", "apps",
			      "a replica set's owner" },
	[KUBE_CONTROLLER] = { "ReplicationController", "/api/v1", "replicationcontrollers", "",
			      "a pod's owner" },
	[KUBE_JOB] = { "Job", "/apis/batch/v1", "jobs", "batch", "a pod's owner, and its own" },
};

const struct kube_kind_row *kube_kind_row(enum kube_kind kind)
{
	return &rows[kind < KUBE_KIND_COUNT ? kind : KUBE_NONE];
}

enum kube_kind kube_kind_of(const char *kind)
{
	for (unsigned i = KUBE_NONE + 1; i < KUBE_KIND_COUNT; i++)
		if (strcmp(kind, rows[i].kind) == 0)
			return (enum kube_kind)i;
	return KUBE_NONE;
}

/* ---- texts ---- */

const char *kube_text(const json_t *object, const char *member)
{
	const char *s = json_string_value(json_object_get(object, member));

	return s != NULL ? s : "";
}

/* Names go into paths: these are the characters that the server allows in them. */
static bool is_name(const char *s, size_t most)
{
	size_t n = strlen(s);

	if (n == 0 || n > most || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && strchr("-._:", s[i]) == NULL)
			return false;
	return true;
}

static bool copy(char *to, size_t cap, const char *s)
{
	size_t n = strlen(s);

	if (n >= cap)
		return false;
	memcpy(to, s, n + 1);
	return true;
}

static void copy_printable(char *to, size_t cap, const char *s)
{
	size_t n = 0;

	for (; s[n] != '\0' && n + 1 < cap; n++)
		to[n] = s[n] >= ' ' && s[n] <= '~' ? s[n] : '?';
	to[n] = '\0';
}

/* ---- objects ---- */

/* FROM's member, if it is a name. */
static bool keep_name(json_t *to, const char *key, const json_t *from, const char *member,
		      size_t most)
{
	const char *s = kube_text(from, member);

	return is_name(s, most) && json_object_set_new(to, key, json_string(s)) == 0;
}

/* Texts of a map, as many as the bounds leave. */
static json_t *texts(const json_t *map)
{
	json_t *ret = json_object();
	size_t n = 0, bytes = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)map, key, value)
	{
		const char *s = json_string_value(value);

		if (s == NULL || strlen(key) > KUBE_LABEL_KEY_MAX ||
		    strlen(s) > KUBE_LABEL_VALUE_MAX)
			continue;
		bytes += strlen(key) + strlen(s);
		if (n++ == KUBE_LABELS_MAX || bytes > KUBE_LABELS_BYTES)
			break;
		json_object_set_new(ret, key, json_string(s));
	}
	return ret;
}

/* The one that controls it. */
static void keep_owner(json_t *to, const json_t *meta)
{
	const json_t *references = json_object_get(meta, "ownerReferences");
	json_t *reference, *owner;
	size_t i;

	json_array_foreach(references, i, reference)
	{
		if (!json_is_true(json_object_get(reference, "controller")))
			continue;
		owner = json_object();
		if (keep_name(owner, "kind", reference, "kind", KUBE_NAME_MAX) &&
		    keep_name(owner, "name", reference, "name", KUBE_NAME_MAX) &&
		    keep_name(owner, "uid", reference, "uid", KUBE_UID_MAX))
			json_object_set(to, "owner", owner);
		json_decref(owner);
		return;
	}
}

/* Or without both. */
static bool is_mirror(const json_t *annotations)
{
	return strcmp(kube_text(annotations, CONFIG_MIRROR), kube_text(annotations, CONFIG_HASH)) ==
	       0;
}

static void keep_pod(json_t *to, const json_t *object)
{
	const json_t *annotations =
		json_object_get(json_object_get(object, "metadata"), "annotations");
	const json_t *status = json_object_get(object, "status");

	keep_name(to, "ip", status, "podIP", KUBE_UID_MAX);
	keep_name(to, "node", json_object_get(object, "spec"), "nodeName", KUBE_NAME_MAX);
	keep_name(to, "created", json_object_get(object, "metadata"), "creationTimestamp",
		  KUBE_UID_MAX);
	if (!is_mirror(annotations) ||
	    !keep_name(to, "cgroup", annotations, CONFIG_HASH, KUBE_UID_MAX))
		keep_name(to, "cgroup", to, "uid", KUBE_UID_MAX);
}

/* Without a selector it selects nothing. */
static void keep_service(json_t *to, const json_t *object)
{
	const json_t *selector = json_object_get(json_object_get(object, "spec"), "selector");

	if (json_object_size(selector) > 0 && json_object_size(selector) <= KUBE_LABELS_MAX)
		json_object_set_new(to, "selector", texts(selector));
	/* One that was cut would select more than it does. */
	if (json_object_size(json_object_get(to, "selector")) != json_object_size(selector))
		json_object_del(to, "selector");
}

json_t *kube_object(enum kube_kind kind, const json_t *object)
{
	const json_t *meta = json_object_get(object, "metadata");
	json_t *to = json_object();

	if (!keep_name(to, "name", meta, "name", KUBE_NAME_MAX) ||
	    !keep_name(to, "uid", meta, "uid", KUBE_UID_MAX) ||
	    (kind != KUBE_NAMESPACE &&
	     !keep_name(to, "namespace", meta, "namespace", KUBE_NAME_MAX))) {
		json_decref(to);
		return NULL;
	}
	json_object_set_new(to, "labels", texts(json_object_get(meta, "labels")));
	keep_owner(to, meta);
	if (kind == KUBE_POD)
		keep_pod(to, object);
	else if (kind == KUBE_SERVICE)
		keep_service(to, object);
	return to;
}

/* ---- what is around them ---- */

static unsigned seconds(const json_t *n)
{
	json_int_t i = json_integer_value(n);

	return i > 0 && i < 86400 ? (unsigned)i : 0;
}

static void read_status(const json_t *object, struct kube_status *ret)
{
	const json_t *details = json_object_get(object, "details");
	json_int_t code = json_integer_value(json_object_get(object, "code"));

	*ret = (struct kube_status){ 0 };
	if (strcmp(kube_text(object, "kind"), "Status") != 0 || code < 100 || code > 999)
		return;
	ret->code = (int)code;
	ret->retry_after_s = seconds(json_object_get(details, "retryAfterSeconds"));
	copy_printable(ret->message, sizeof(ret->message), kube_text(object, "message"));
	if (!copy(ret->resume, sizeof(ret->resume),
		  kube_text(json_object_get(object, "metadata"), "continue")))
		ret->resume[0] = '\0';
}

static json_t *load(struct span text)
{
	json_t *top = json_bounded_read(text);

	if (!json_is_object(top)) {
		json_decref(top);
		return NULL;
	}
	return top;
}

static enum kube_event_type type_of(const char *name)
{
	static const char *const names[] = {
		[KUBE_EVENT_NONE] = "",	      [KUBE_ADDED] = "ADDED",
		[KUBE_MODIFIED] = "MODIFIED", [KUBE_DELETED] = "DELETED",
		[KUBE_BOOKMARK] = "BOOKMARK", [KUBE_ERROR] = "ERROR",
	};

	for (unsigned i = KUBE_EVENT_NONE + 1; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum kube_event_type)i;
	return KUBE_EVENT_NONE;
}

static bool read_event(const json_t *top, enum kube_kind kind, struct kube_event *ret)
{
	const json_t *object = json_object_get(top, "object");

	ret->type = type_of(kube_text(top, "type"));
	switch (ret->type) {
	case KUBE_EVENT_NONE:
		return false;
	case KUBE_ERROR:
		read_status(object, &ret->status);
		return ret->status.code != 0;
	default:
		break;
	}
	if (!copy(ret->version, sizeof(ret->version),
		  kube_text(json_object_get(object, "metadata"), "resourceVersion")))
		return false;
	if (ret->type == KUBE_BOOKMARK)
		return ret->version[0] != '\0';
	ret->object = kube_object(kind, object);
	return ret->object != NULL;
}

bool kube_event_read(struct span text, enum kube_kind kind, struct kube_event *ret)
{
	json_t *top = load(text);
	bool good;

	*ret = (struct kube_event){ 0 };
	good = top != NULL && read_event(top, kind, ret);
	json_decref(top);
	return good;
}

json_t *kube_item_read(struct span text, enum kube_kind kind)
{
	json_t *top = load(text), *object = top != NULL ? kube_object(kind, top) : NULL;

	json_decref(top);
	return object;
}

bool kube_head_read(struct span text, struct kube_head *ret)
{
	json_t *top = load(text);
	const json_t *meta = json_object_get(top, "metadata");
	bool good = top != NULL;

	*ret = (struct kube_head){ 0 };
	if (good) {
		read_status(top, &ret->status);
		ret->is_list = json_is_array(json_object_get(top, "items"));
		good = copy(ret->version, sizeof(ret->version),
			    kube_text(meta, "resourceVersion")) &&
		       copy(ret->more, sizeof(ret->more), kube_text(meta, "continue"));
	}
	json_decref(top);
	return good;
}
