/* SPDX-License-Identifier: Apache-2.0
 *
 * field_contmeta.c -- container.* and k8s.*: what the runtime told of a container.
 */
#include <stdlib.h>

#include "container_type.h"
#include "field_class.h"
#include "glob.h"

enum { SHORT_ID = 12 };

/* ---- what the JSON says ---- */

/* The text of the JSON value V; empty if it is no string, or there is no room. */
struct span field_json_text(const struct field_event *e, struct span v)
{
	bool escaped = v.n > 0 && memchr(v.p, '\\', v.n) != NULL;
	uint8_t *buf = escaped ? arena_get(e->arena, v.n) : NULL;
	struct span s;

	return (!escaped || buf != NULL) && jread_string(v, buf, &s) ? s : SPAN_NONE;
}

size_t field_json_count(struct span value)
{
	struct jread_walk w = jread_begin(value);
	struct span key, one;
	size_t n = 0;

	while (jread_next(&w, &key, &one))
		n++;
	return n;
}

static struct span member_text(const struct field_event *e, const struct contmeta *m,
			       enum contmeta_member which)
{
	return field_json_text(e, m->members[which]);
}

/* ---- mounts: "source:destination:mode:read/write:propagation" ---- */

struct mount {
	struct span source, destination, mode, writable, propagation;
};

static struct mount read_mount(const struct field_event *e, struct span object)
{
	return (struct mount){
		.source = field_json_text(e, jread_member(object, "Source")),
		.destination = field_json_text(e, jread_member(object, "Destination")),
		.mode = field_json_text(e, jread_member(object, "Mode")),
		.writable = span_str(jread_true(jread_member(object, "RW")) ? "true" : "false"),
		.propagation = field_json_text(e, jread_member(object, "Propagation")),
	};
}

static void put_mount(struct text *t, const struct mount *m)
{
	const struct span parts[] = { m->source, m->destination, m->mode, m->writable,
				      m->propagation };

	for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
		if (i > 0)
			text_char(t, ':');
		text_put(t, parts[i]);
	}
}

static struct span mount_text(const struct field_event *e, const struct mount *m)
{
	struct text t;

	text_begin(&t, e->arena);
	put_mount(&t, m);
	return text_end(&t);
}

static struct span all_mounts(const struct field_event *e, struct span array)
{
	struct mount *mounts = arena_get(e->arena, field_json_count(array) * sizeof(*mounts));
	struct jread_walk w = jread_begin(array);
	struct span key, object;
	struct text t;
	unsigned n = 0;

	while (mounts != NULL && jread_next(&w, &key, &object))
		mounts[n++] = read_mount(e, object);
	text_begin(&t, e->arena);
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			text_char(&t, ',');
		put_mount(&t, &mounts[i]);
	}
	return text_end(&t);
}

/* The mount that REF asks for: by number, or the first whose source is like its key;
 * who asks for the source says the destination. */
static bool find_mount(const struct field_ref *ref, const struct field_event *e, struct span array,
		       struct mount *ret)
{
	struct jread_walk w = jread_begin(array);
	struct span key, object;

	for (uint64_t i = 0; jread_next(&w, &key, &object); i++) {
		*ret = read_mount(e, object);
		if (ref->has_index
			    ? i == ref->index
			    : glob_match(ref->key,
					 ref->id == FIELD_container_mount_source ? ret->destination
										 : ret->source,
					 GLOB_EXACT))
			return true;
	}
	return false;
}

static bool mount_field(const struct field_ref *ref, const struct field_event *e, struct span array,
			struct value *ret)
{
	struct mount m;

	if (!find_mount(ref, e, array, &m))
		return false;
	switch (ref->id) {
	case FIELD_container_mount:
		return value_string(ret, mount_text(e, &m));
	case FIELD_container_mount_source:
		return value_string(ret, m.source);
	case FIELD_container_mount_dest:
		return value_string(ret, m.destination);
	case FIELD_container_mount_mode:
		return value_string(ret, m.mode);
	case FIELD_container_mount_rdwr:
		return value_string(ret, m.writable);
	default:
		return value_string(ret, m.propagation);
	}
}

/* ---- labels ---- */

static int by_key(const void *a, const void *b)
{
	const struct span x = ((const struct field_label *)a)->key,
			  y = ((const struct field_label *)b)->key;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

bool field_json_label(const struct field_event *e, struct span object, struct span name,
		      struct value *ret)
{
	struct jread_walk w = jread_begin(object);
	struct span key, value;

	while (w.is_object && jread_next(&w, &key, &value))
		if (span_eq(field_json_text(e, key), name))
			return value_string(ret, field_json_text(e, value));
	return false;
}

struct field_label *field_json_labels(const struct field_event *e, struct span object,
				      unsigned *ret_n)
{
	struct field_label *labels =
		arena_get(e->arena, field_json_count(object) * sizeof(*labels));
	struct jread_walk w = jread_begin(object);
	struct span key, value;
	unsigned n = 0;

	while (labels != NULL && w.is_object && jread_next(&w, &key, &value))
		labels[n++] =
			(struct field_label){ field_json_text(e, key), field_json_text(e, value) };
	if (n > 0)
		qsort(labels, n, sizeof(*labels), by_key);
	*ret_n = n;
	return labels;
}

static bool is_shown(struct span key)
{
	return !span_starts(key, span_str("annotation.")) &&
	       !span_starts(key, span_str("io.kubernetes."));
}

struct span field_json_labels_text(const struct field_event *e, struct span object)
{
	unsigned n, shown = 0;
	struct field_label *labels = field_json_labels(e, object, &n);
	struct text t;

	text_begin(&t, e->arena);
	for (unsigned i = 0; i < n; i++) {
		if (!is_shown(labels[i].key))
			continue;
		if (shown++ > 0)
			text_str(&t, ", ");
		text_put(&t, labels[i].key);
		if (labels[i].value.n > 0)
			text_char(&t, ':');
		text_put(&t, labels[i].value);
	}
	return text_end(&t);
}

/* ---- pods ---- */

/* Who knows of the pod's network: the container itself, or its pod's sandbox. */
static const struct contmeta *pod_meta(const struct field_event *e, const struct contmeta *own)
{
	struct span id = member_text(e, own, CONTMETA_SANDBOX_ID);
	const struct mirror_container *sandbox;

	if (id.n == 0 || member_text(e, own, CONTMETA_CNI_JSON).n > 0)
		return own;
	id.n = id.n > SHORT_ID ? SHORT_ID : id.n;
	sandbox = mirror_container(e->mirror, id);
	return sandbox != NULL && sandbox->frame.has_metadata ? sandbox->meta : own;
}

/* A sandbox's own labels are its pod's. */
static struct span pod_labels(const struct field_event *e, const struct contmeta *own)
{
	const struct contmeta *m = pod_meta(e, own);
	struct jread_walk w = jread_begin(m->members[CONTMETA_POD_LABELS]);
	struct span key, value;

	return m == own || jread_next(&w, &key, &value) ? m->members[CONTMETA_POD_LABELS]
							: m->members[CONTMETA_LABELS];
}

static bool pod_field(const struct field_ref *ref, const struct field_event *e,
		      const struct contmeta *m, struct value *ret)
{
	struct span s = member_text(e, m, CONTMETA_SANDBOX_ID);

	switch (ref->id) {
	case FIELD_k8s_pod_sandbox_id:
		return value_string(ret, span_of(s.p, s.n > SHORT_ID ? SHORT_ID : s.n));
	case FIELD_k8s_pod_full_sandbox_id:
		return value_string(ret, s);
	case FIELD_k8s_pod_label:
		return field_json_label(e, pod_labels(e, m), ref->key, ret);
	case FIELD_k8s_pod_labels:
		return value_string(ret, field_json_labels_text(e, pod_labels(e, m)));
	case FIELD_k8s_pod_ip:
		return value_string(ret, member_text(e, pod_meta(e, m), CONTMETA_IP));
	case FIELD_k8s_pod_cni_json:
		return value_string(ret, member_text(e, pod_meta(e, m), CONTMETA_CNI_JSON));
	default:
		return false;
	}
}

/* ---- all together ---- */

/* Fields that are one member, and what they are when it was not told. */
static const struct {
	uint16_t field;
	uint8_t member;
	enum { EMPTY_TEXT, MISSING_TEXT, FALSE_BOOL } otherwise;
} plain[] = {
	{ FIELD_container_name, CONTMETA_NAME, EMPTY_TEXT },
	{ FIELD_container_image, CONTMETA_IMAGE, EMPTY_TEXT },
	{ FIELD_container_image_id, CONTMETA_IMAGE_ID, EMPTY_TEXT },
	{ FIELD_container_image_repository, CONTMETA_IMAGE_REPOSITORY, EMPTY_TEXT },
	{ FIELD_container_image_tag, CONTMETA_IMAGE_TAG, EMPTY_TEXT },
	{ FIELD_container_image_digest, CONTMETA_IMAGE_DIGEST, EMPTY_TEXT },
	{ FIELD_container_ip, CONTMETA_IP, EMPTY_TEXT },
	{ FIELD_container_cni_json, CONTMETA_CNI_JSON, EMPTY_TEXT },
	{ FIELD_container_privileged, CONTMETA_PRIVILEGED, FALSE_BOOL },
	{ FIELD_container_host_pid, CONTMETA_HOST_PID, FALSE_BOOL },
	{ FIELD_container_host_network, CONTMETA_HOST_NETWORK, FALSE_BOOL },
	{ FIELD_container_host_ipc, CONTMETA_HOST_IPC, FALSE_BOOL },
	{ FIELD_k8s_pod_name, CONTMETA_POD_NAME, MISSING_TEXT },
	{ FIELD_k8s_ns_name, CONTMETA_POD_NAMESPACE, MISSING_TEXT },
	{ FIELD_k8s_pod_id, CONTMETA_POD_UID, MISSING_TEXT },
	{ FIELD_k8s_pod_uid, CONTMETA_POD_UID, MISSING_TEXT },
};

static bool plain_field(enum field_id id, const struct field_event *e, const struct contmeta *m,
			struct value *ret, bool *ret_known)
{
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
		struct span v = m->members[plain[i].member];

		if (plain[i].field != id)
			continue;
		*ret_known = plain[i].otherwise != MISSING_TEXT || v.n > 0;
		return plain[i].otherwise == FALSE_BOOL ? value_bool(ret, jread_true(v))
							: value_string(ret, field_json_text(e, v));
	}
	return false;
}

bool field_contmeta_get(const struct field_ref *ref, const struct field_event *e,
			const struct mirror_container *c, struct value *ret)
{
	const struct contmeta *m = c->meta;
	bool known;

	if (plain_field(ref->id, e, m, ret, &known))
		return known;
	switch (ref->id) {
	case FIELD_container_full_id:
		return value_string(ret, c->frame.full_id);
	case FIELD_container_type:
		return value_str(ret, container_type_name(c->frame.type));
	case FIELD_container_mounts:
		return value_string(ret, all_mounts(e, m->members[CONTMETA_MOUNTS]));
	case FIELD_container_mount:
	case FIELD_container_mount_source:
	case FIELD_container_mount_dest:
	case FIELD_container_mount_mode:
	case FIELD_container_mount_rdwr:
	case FIELD_container_mount_propagation:
		return mount_field(ref, e, m->members[CONTMETA_MOUNTS], ret);
	case FIELD_container_label:
		return field_json_label(e, m->members[CONTMETA_LABELS], ref->key, ret);
	case FIELD_container_labels:
		return value_string(ret, field_json_labels_text(e, m->members[CONTMETA_LABELS]));
	default:
		return pod_field(ref, e, m, ret);
	}
}
