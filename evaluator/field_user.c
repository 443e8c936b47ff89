/* SPDX-License-Identifier: Apache-2.0
 *
 * field_user.c -- user.* and group.*: the thread's ids, and their names by the
 * table of its container.  "<NA>" and "root" stand for what no table knows.
 */
#include "field_class.h"

/* Parameters of the events that tell a user or a group. */
enum {
	USER_UID = 0,
	USER_NAME = 2,
	USER_HOME = 3,
	USER_SHELL = 4,
	GROUP_GID = 0,
	GROUP_NAME = 1,
};

static bool named_or_na(struct span s, bool known, const char *of_root, struct value *ret)
{
	if (known)
		return value_string(ret, s);
	return value_str(ret, of_root != NULL ? of_root : "<NA>");
}

static bool user_of_event(enum field_id id, const struct field_event *e, struct value *ret)
{
	struct span s;
	int64_t uid;

	switch (id) {
	case FIELD_user_uid:
		return event_param_int(e, USER_UID, &uid) &&
		       value_uint(ret, PT_UINT32, (uint32_t)uid);
	case FIELD_user_name:
		return event_param_span(e, USER_NAME, &s) && value_string(ret, s);
	case FIELD_user_homedir:
		return event_param_span(e, USER_HOME, &s) && value_string(ret, s);
	case FIELD_user_shell:
		return event_param_span(e, USER_SHELL, &s) && value_string(ret, s);
	default:
		return false;
	}
}

static bool group_of_event(enum field_id id, const struct field_event *e, struct value *ret)
{
	struct span s;
	int64_t gid;

	if (id == FIELD_group_gid)
		return event_param_int(e, GROUP_GID, &gid) &&
		       value_uint(ret, PT_UINT32, (uint32_t)gid);
	return event_param_span(e, GROUP_NAME, &s) && value_string(ret, s);
}

bool field_user_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	bool is_group = ref->id == FIELD_group_gid || ref->id == FIELD_group_name;
	const struct process_info *p;
	const struct user_frame *u;
	const struct group_frame *g;
	uint32_t login;

	if (e->ev->code == EVENT_USER_ADDED_E || e->ev->code == EVENT_USER_DELETED_E) {
		if (!is_group)
			return user_of_event(ref->id, e, ret);
	} else if (e->ev->code == EVENT_GROUP_ADDED_E || e->ev->code == EVENT_GROUP_DELETED_E) {
		if (is_group)
			return group_of_event(ref->id, e, ret);
	}
	if (ref->id == FIELD_user_name && field_container_user(e, ret))
		return true;
	if (e->process == NULL)
		return false;
	p = &e->process->info;
	login = (uint32_t)p->loginuid;
	switch (ref->id) {
	case FIELD_user_uid:
		return value_uint(ret, PT_UINT32, (uint32_t)p->uid);
	case FIELD_user_name:
		u = mirror_user(e->mirror, p->container_id, (uint32_t)p->uid);
		return named_or_na(u != NULL ? u->name : SPAN_NONE, u != NULL,
				   p->uid == 0 ? "root" : NULL, ret);
	case FIELD_user_homedir:
		u = mirror_user(e->mirror, p->container_id, (uint32_t)p->uid);
		return named_or_na(u != NULL ? u->home : SPAN_NONE, u != NULL,
				   p->uid == 0 ? "/root" : NULL, ret);
	case FIELD_user_shell:
		u = mirror_user(e->mirror, p->container_id, (uint32_t)p->uid);
		return named_or_na(u != NULL ? u->shell : SPAN_NONE, u != NULL, NULL, ret);
	case FIELD_user_loginuid:
		return value_int(ret, PT_INT64, login == UINT32_MAX ? -1 : (int64_t)login);
	case FIELD_user_loginname:
		u = login == UINT32_MAX ? NULL : mirror_user(e->mirror, p->container_id, login);
		return named_or_na(u != NULL ? u->name : SPAN_NONE, u != NULL,
				   login == 0 ? "root" : NULL, ret);
	case FIELD_group_gid:
		return value_uint(ret, PT_UINT32, (uint32_t)p->gid);
	case FIELD_group_name:
		g = mirror_group(e->mirror, p->container_id, (uint32_t)p->gid);
		return named_or_na(g != NULL ? g->name : SPAN_NONE, g != NULL,
				   p->gid == 0 ? "root" : NULL, ret);
	default:
		return false;
	}
}
