/* SPDX-License-Identifier: Apache-2.0
 *
 * field_pod.c -- k8smeta.*: what Kubernetes told of the pod that the thread is in, and of
 * what the pod belongs to.  What was not told is missing; but the pod's uid is known
 * from the control groups, before anybody tells anything.
 */
#include "field_class.h"
#include "pod_uid.h"

enum { UUID_LENGTH = 36, SERVICES_MAX = 64 };

enum part { PART_NAME, PART_UID, PART_LABEL, PART_LABELS };

/* A row per field, in the order of field.def; services are apart, they may be many. */
static const struct {
	uint16_t field;
	uint8_t thing, part;
} rows[] = {
	{ FIELD_k8smeta_pod_name, PODMETA_POD, PART_NAME },
	{ FIELD_k8smeta_pod_uid, PODMETA_POD, PART_UID },
	{ FIELD_k8smeta_pod_label, PODMETA_POD, PART_LABEL },
	{ FIELD_k8smeta_pod_labels, PODMETA_POD, PART_LABELS },
	{ FIELD_k8smeta_ns_name, PODMETA_NS, PART_NAME },
	{ FIELD_k8smeta_ns_uid, PODMETA_NS, PART_UID },
	{ FIELD_k8smeta_ns_label, PODMETA_NS, PART_LABEL },
	{ FIELD_k8smeta_ns_labels, PODMETA_NS, PART_LABELS },
	{ FIELD_k8smeta_deployment_name, PODMETA_DEPLOYMENT, PART_NAME },
	{ FIELD_k8smeta_deployment_uid, PODMETA_DEPLOYMENT, PART_UID },
	{ FIELD_k8smeta_deployment_label, PODMETA_DEPLOYMENT, PART_LABEL },
	{ FIELD_k8smeta_deployment_labels, PODMETA_DEPLOYMENT, PART_LABELS },
	{ FIELD_k8smeta_rs_name, PODMETA_RS, PART_NAME },
	{ FIELD_k8smeta_rs_uid, PODMETA_RS, PART_UID },
	{ FIELD_k8smeta_rs_label, PODMETA_RS, PART_LABEL },
	{ FIELD_k8smeta_rs_labels, PODMETA_RS, PART_LABELS },
	{ FIELD_k8smeta_rc_name, PODMETA_RC, PART_NAME },
	{ FIELD_k8smeta_rc_uid, PODMETA_RC, PART_UID },
	{ FIELD_k8smeta_rc_label, PODMETA_RC, PART_LABEL },
	{ FIELD_k8smeta_rc_labels, PODMETA_RC, PART_LABELS },
};

/* ---- of one object ---- */

static bool told_text(const struct field_event *e, struct span json, struct value *ret)
{
	struct span s = field_json_text(e, json);

	return s.n > 0 && value_string(ret, s);
}

/* An empty label is a label. */
static bool label_value(const struct field_ref *ref, const struct field_event *e,
			struct span labels, struct value *ret)
{
	return field_json_label(e, labels, ref->key, ret);
}

static bool list_value(struct value *ret, const struct value *items, unsigned n)
{
	*ret = (struct value){ .kind = VALUE_LIST, .type = PT_CHARBUF };
	ret->list.items = items;
	ret->list.n = n;
	return n > 0;
}

/* "key:value" of each label to ITEMS; how many. */
static unsigned put_labels(const struct field_event *e, struct span object, struct value *items)
{
	unsigned n;
	struct field_label *labels = field_json_labels(e, object, &n);

	for (unsigned i = 0; i < n; i++) {
		struct text t;

		text_begin(&t, e->arena);
		text_put(&t, labels[i].key);
		text_char(&t, ':');
		text_put(&t, labels[i].value);
		value_string(&items[i], text_end(&t));
	}
	return n;
}

static bool labels_value(const struct field_event *e, struct span object, struct value *ret)
{
	size_t n = field_json_count(object);
	struct value *items = arena_get(e->arena, n * sizeof(*items));

	return items != NULL && list_value(ret, items, put_labels(e, object, items));
}

/* ---- of the services ---- */

static bool service_value(const struct field_ref *ref, const struct field_event *e,
			  const struct podmeta_names *names, struct value *ret)
{
	switch (ref->id) {
	case FIELD_k8smeta_svc_name:
		return told_text(e, names->name, ret);
	case FIELD_k8smeta_svc_uid:
		return told_text(e, names->uid, ret);
	default:
		return label_value(ref, e, names->labels, ret);
	}
}

/* The names, uids or values of one label, of all that have one. */
static bool services_value(const struct field_ref *ref, const struct field_event *e,
			   struct span services, struct value *ret)
{
	struct value *items = arena_get(e->arena, SERVICES_MAX * sizeof(*items));
	struct jread_walk w = jread_begin(services);
	struct podmeta_names names;
	struct span key, object;
	unsigned n = 0;

	while (items != NULL && !w.is_object && n < SERVICES_MAX && jread_next(&w, &key, &object)) {
		podmeta_names_read(&names, object);
		n += service_value(ref, e, &names, &items[n]);
	}
	return list_value(ret, items, n);
}

static bool services_labels(const struct field_event *e, struct span services, struct value *ret)
{
	struct jread_walk w = jread_begin(services), again = w;
	struct podmeta_names names;
	struct span key, object;
	struct value *items;
	size_t most = 0;
	unsigned n = 0;

	while (!w.is_object && jread_next(&w, &key, &object))
		most += field_json_count(jread_member(object, "labels"));
	items = arena_get(e->arena, most * sizeof(*items));
	while (items != NULL && !again.is_object && jread_next(&again, &key, &object)) {
		podmeta_names_read(&names, object);
		if (field_json_count(names.labels) <= most - n)
			n += put_labels(e, names.labels, items + n);
	}
	return list_value(ret, items, n);
}

/* ---- all together ---- */

static bool thing_value(const struct field_ref *ref, const struct field_event *e,
			const struct podmeta *m, struct value *ret)
{
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const struct podmeta_names *names = &m->things[rows[i].thing];

		if (rows[i].field != ref->id)
			continue;
		switch ((enum part)rows[i].part) {
		case PART_NAME:
			return told_text(e, names->name, ret);
		case PART_UID:
			return told_text(e, names->uid, ret);
		case PART_LABEL:
			return label_value(ref, e, names->labels, ret);
		case PART_LABELS:
			return labels_value(e, names->labels, ret);
		}
	}
	return false;
}

/* Nobody has told of the pod UID. */
static bool unknown_pod(enum field_id id, const struct field_event *e, struct span uid,
			struct value *ret)
{
	uint8_t *copy;

	/* A digest is not what the pod's uid is. */
	if (id != FIELD_k8smeta_pod_uid || uid.n != UUID_LENGTH)
		return false;
	copy = arena_get(e->arena, uid.n);
	if (copy == NULL)
		return false;
	memcpy(copy, uid.p, uid.n);
	return value_string(ret, span_of(copy, uid.n));
}

const struct mirror_pod *field_pod(const struct field_event *e, struct span *ret_uid,
				   uint8_t buf[POD_UID_MAX])
{
	const struct mirror_pod *p;

	*ret_uid = e->process != NULL ? cgroup_pod_uid(e->process->info.cgroups, buf) : SPAN_NONE;
	p = ret_uid->n > 0 ? mirror_pod(e->mirror, *ret_uid) : NULL;
	return p != NULL && p->frame.json.n > 0 ? p : NULL;
}

bool field_pod_in_container(const struct field_ref *ref, const struct field_event *e,
			    struct value *ret)
{
	uint8_t buf[POD_UID_MAX];
	const struct podmeta_names *pod;
	const struct mirror_pod *p;
	struct span uid;

	p = field_pod(e, &uid, buf);
	if (p == NULL)
		return false;
	pod = &p->meta->things[PODMETA_POD];
	switch (ref->id) {
	case FIELD_k8s_pod_name:
		return told_text(e, pod->name, ret);
	case FIELD_k8s_ns_name:
		return told_text(e, p->meta->things[PODMETA_NS].name, ret);
	case FIELD_k8s_pod_id:
	case FIELD_k8s_pod_uid:
		return told_text(e, pod->uid, ret);
	case FIELD_k8s_pod_label:
		return label_value(ref, e, pod->labels, ret);
	case FIELD_k8s_pod_labels:
		return value_string(ret, field_json_labels_text(e, pod->labels));
	case FIELD_k8s_pod_ip:
		return told_text(e, p->meta->ip, ret);
	default:
		return false;
	}
}

bool field_pod_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	uint8_t buf[POD_UID_MAX];
	const struct mirror_pod *p;
	struct span uid;

	p = field_pod(e, &uid, buf);
	if (p == NULL)
		return uid.n > 0 && unknown_pod(ref->id, e, uid, ret);
	switch (ref->id) {
	case FIELD_k8smeta_pod_ip:
		return told_text(e, p->meta->ip, ret);
	case FIELD_k8smeta_svc_name:
	case FIELD_k8smeta_svc_uid:
	case FIELD_k8smeta_svc_label:
		return services_value(ref, e, p->meta->services, ret);
	case FIELD_k8smeta_svc_labels:
		return services_labels(e, p->meta->services, ret);
	default:
		return thing_value(ref, e, p->meta, ret);
	}
}
