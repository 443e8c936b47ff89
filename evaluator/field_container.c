/* SPDX-License-Identifier: Apache-2.0
 *
 * field_container.c -- container.* and k8s.*: of which container, or of the host.
 * Outside containers most of them are empty rather than missing, as if the host
 * were a container.
 */
#include "field_class.h"

enum { SHORT_ID = 12 };

static bool of_host(enum field_id id, struct value *ret)
{
	switch (id) {
	case FIELD_container_id:
	case FIELD_container_full_id:
	case FIELD_container_name:
	case FIELD_container_type:
		return value_str(ret, "host");
	case FIELD_container_image:
	case FIELD_container_image_id:
	case FIELD_container_image_repository:
	case FIELD_container_image_tag:
	case FIELD_container_image_digest:
	case FIELD_container_mounts:
	case FIELD_container_ip:
	case FIELD_container_cni_json:
	case FIELD_container_labels:
	case FIELD_k8s_pod_sandbox_id:
	case FIELD_k8s_pod_full_sandbox_id:
	case FIELD_k8s_pod_labels:
	case FIELD_k8s_pod_ip:
	case FIELD_k8s_pod_cni_json:
		return value_str(ret, "");
	case FIELD_container_privileged:
	case FIELD_container_host_pid:
	case FIELD_container_host_network:
	case FIELD_container_host_ipc:
		return value_bool(ret, false);
	default:
		return false;
	}
}

static bool times(enum field_id id, const struct field_event *e, const struct process_info *p,
		  struct value *ret)
{
	uint64_t start = p->container_id.n > 0 ? field_pidns_start(p) : 0;

	if (start == 0)
		return false;
	return id == FIELD_container_start_ts ? value_uint(ret, PT_ABSTIME, start)
					      : value_uint(ret, PT_RELTIME, e->ev->ts_ns - start);
}

/* The short id of the container that E itself tells of. */
static bool own_id(const struct field_event *e, struct span *ret)
{
	enum { ASYNC_NAME = 1, ASYNC_DATA, JSON = 0 };
	struct span name, text, object;

	if (e->ev->code == EVENT_ASYNCEVENT_E) {
		if (!event_param_span(e, ASYNC_NAME, &name) || !span_is(name, "container") ||
		    !event_param_span(e, ASYNC_DATA, &text))
			return false;
	} else if (e->ev->code != EVENT_CONTAINER_JSON_2_E || !event_param_span(e, JSON, &text)) {
		return false;
	}
	text = jread_value(text);
	object = jread_member(text, "container");
	*ret = field_json_text(e, jread_member(object.n > 0 ? object : text, "id"));
	ret->n = ret->n > SHORT_ID ? SHORT_ID : ret->n;
	return ret->n > 0;
}

bool field_container_user(const struct field_event *e, struct value *ret)
{
	const struct mirror_container *c;
	struct span id;

	if (!own_id(e, &id))
		return false;
	c = mirror_container(e->mirror, id);
	return c != NULL && c->frame.has_metadata && c->meta->members[CONTMETA_USER].n > 0 &&
	       value_string(ret, field_json_text(e, c->meta->members[CONTMETA_USER]));
}

bool field_container_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p = e->process != NULL ? &e->process->info : NULL;
	const struct mirror_container *c;
	struct span id;

	if (!own_id(e, &id)) {
		if (p == NULL)
			return false;
		if (ref->id == FIELD_container_start_ts || ref->id == FIELD_container_duration)
			return times(ref->id, e, p, ret);
		if (p->container_id.n == 0)
			return of_host(ref->id, ret);
		id = p->container_id;
	}
	if (ref->id == FIELD_container_id)
		return value_string(ret, id);
	c = mirror_container(e->mirror, id);
	return c != NULL && c->frame.has_metadata ? field_contmeta_get(ref, e, c, ret)
						  : field_pod_in_container(ref, e, ret);
}
