/* SPDX-License-Identifier: Apache-2.0
 *
 * field_container.c -- container.* and k8s.*: the identity, which is there from
 * the first event, and what the runtime told later.  Outside containers most
 * of them are empty rather than missing, as if the host were a container.
 */
#include "field_class.h"

enum { CONTAINER_TYPE_HOST = 0xfffe };

static const char *type_text(uint32_t type)
{
	static const char *const names[] = { "docker", "lxc",	"libvirt-lxc", "mesos", "rkt",
					     "",       "cri",	"containerd",  "cri-o", "bpm",
					     "",       "podman" };

	if (type == CONTAINER_TYPE_HOST)
		return "host";
	return type < ARRAY_LEN(names) ? names[type] : "";
}

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

bool field_container_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct container_frame *c;
	const struct process_info *p;

	if (e->process == NULL)
		return false;
	p = &e->process->info;
	if (ref->id == FIELD_container_start_ts || ref->id == FIELD_container_duration)
		return times(ref->id, e, p, ret);
	if (p->container_id.n == 0)
		return of_host(ref->id, ret);
	if (ref->id == FIELD_container_id)
		return value_string(ret, p->container_id);
	c = mirror_container(e->mirror, p->container_id);
	if (c == NULL || !c->has_metadata)
		return false;
	switch (ref->id) {
	case FIELD_container_full_id:
		return value_string(ret, c->full_id);
	case FIELD_container_type:
		return value_str(ret, type_text(c->type));
	default:
		return false;
	}
}
