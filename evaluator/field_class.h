/* SPDX-License-Identifier: Apache-2.0
 *
 * field_class.h -- between field.c and the files that extract the fields of one
 * class each; nobody else includes it.
 */
#ifndef MEWS_FIELD_CLASS_H
#define MEWS_FIELD_CLASS_H

#include "field.h"
#include "mirror.h"
#include "path.h"
#include "pod_uid.h"
#include "text.h"

/* One per class: the value of REF at E; false: missing. */
bool field_user_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_fd_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_path_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_fdlist_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_container_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

bool field_pod_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

/* The pod that the thread is in, as control groups call it ("": none), in BUF; NULL: nobody
 * has told of it. */
const struct mirror_pod *field_pod(const struct field_event *e, struct span *ret_uid,
				   uint8_t buf[POD_UID_MAX]);

/* k8s.* of a container that no runtime has told of: what Kubernetes told of its pod is the
 * same. */
bool field_pod_in_container(const struct field_ref *ref, const struct field_event *e,
			    struct value *ret);

/* Of what the runtime told of container C. */
bool field_contmeta_get(const struct field_ref *ref, const struct field_event *e,
			const struct mirror_container *c, struct value *ret);

/* At a container's own event: the user that it runs as. */
bool field_container_user(const struct field_event *e, struct value *ret);

/* The text of the JSON value V; empty if it is no string, or there is no room. */
struct span field_json_text(const struct field_event *e, struct span v);

/* How many elements or members the JSON value V has. */
size_t field_json_count(struct span v);

/* A JSON object's members that are texts, by their names; NULL: none, or no room. */
struct field_label {
	struct span key, value;
};
struct field_label *field_json_labels(const struct field_event *e, struct span object,
				      unsigned *ret_n);
/* "key:value, key:value", without those that are not the user's. */
struct span field_json_labels_text(const struct field_event *e, struct span object);
bool field_json_label(const struct field_event *e, struct span object, struct span key,
		      struct value *ret);

/* Of those whose fields have functions of their own. */
field_getter *field_evt_getter(enum field_id id);
field_getter *field_proc_getter(enum field_id id);
field_getter *field_fd_getter(enum field_id id);

/* field_ancestor.c: of an event that has a process. */
bool field_ancestor_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_parent_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_leader_get(const struct field_ref *ref, struct field_event *e, struct value *ret);
bool field_loginshell_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

/* The fields with several values. */
unsigned field_proc_get_any(const struct field_ref *ref, struct field_event *e, struct value *out);
unsigned field_fd_get_any(const struct field_ref *ref, struct field_event *e, struct value *out);

/* ---- values ---- */

static inline bool value_string(struct value *v, struct span s)
{
	*v = (struct value){ .kind = VALUE_STRING, .type = PT_CHARBUF, .s = s };
	return true;
}

static inline bool value_str(struct value *v, const char *s)
{
	return value_string(v, span_str(s));
}

static inline bool value_int(struct value *v, unsigned type, int64_t i)
{
	*v = (struct value){ .kind = VALUE_INT, .type = (uint8_t)type, .i = i };
	return true;
}

static inline bool value_uint(struct value *v, unsigned type, uint64_t u)
{
	*v = (struct value){ .kind = VALUE_UINT, .type = (uint8_t)type, .u = u };
	return true;
}

static inline bool value_bool(struct value *v, bool b)
{
	*v = (struct value){ .kind = VALUE_BOOL, .type = PT_BOOL, .b = b };
	return true;
}

static inline bool value_double(struct value *v, double d)
{
	*v = (struct value){ .kind = VALUE_DOUBLE, .type = PT_DOUBLE, .d = d };
	return true;
}

/* The id of a process; a number beyond 32 bits is none: Falco's replays of some sources make them up. */
static inline bool value_host_id(struct value *v, int64_t id)
{
	return id >= -1 && id <= UINT32_MAX && value_int(v, PT_INT64, id);
}

/* ADDR: 4 or 16 bytes, network order. */
static inline bool value_ip(struct value *v, unsigned type, unsigned family, const uint8_t *addr)
{
	*v = (struct value){ .kind = VALUE_IP, .type = (uint8_t)type };
	v->ip.family = (uint8_t)family;
	memcpy(v->ip.addr, addr, family == 4 ? 4 : 16);
	return true;
}

/* ---- the event's parameters ---- */

static inline const struct param *event_param(const struct field_event *e, int index)
{
	return index >= 0 && index < e->ev->nparams && e->ev->params[index].kind != PARAM_EMPTY
		       ? &e->ev->params[index]
		       : NULL;
}

/* The parameter as bytes, without NULs at the end; as a number.  False: it is
 * empty, or of the other kind. */
static inline bool event_param_span(const struct field_event *e, int index, struct span *ret)
{
	const struct param *p = event_param(e, index);

	if (p == NULL || p->kind != PARAM_BYTES)
		return false;
	*ret = span_chomp(p->s);
	return true;
}

static inline bool event_param_int(const struct field_event *e, int index, int64_t *ret)
{
	const struct param *p = event_param(e, index);

	if (p == NULL || p->kind != PARAM_INT)
		return false;
	*ret = p->i;
	return true;
}

/* The number that the system call gave back: the parameter `res` or `fd`. */
bool field_event_result(const struct field_event *e, int64_t *ret);

/* open, openat, openat2, open_by_handle_at, at their exit. */
bool event_is_open(unsigned code);

static inline const struct file_info *event_files(const struct field_event *e)
{
	return e->files != NULL ? e->files : e->ev->files;
}

/* The file of the event's own descriptor; NULL: it is not in the table. */
static inline const struct file_info *event_file(const struct field_event *e)
{
	return e->ev->fd_file >= 0 && e->ev->fd_file < e->ev->nfiles
		       ? &event_files(e)[e->ev->fd_file]
		       : NULL;
}

/* The file behind descriptor FD, as far as the event carries it. */
const struct file_info *field_event_file(const struct field_event *e, int64_t fd);

/* The main thread's working directory; "./" if that thread is not known. */
struct span field_cwd(const struct field_event *e);

/* When the thread's pid namespace began; 0: not known, or it is the host's. */
uint64_t field_pidns_start(const struct process_info *p);

/* DIR and NAME put together (common/path.h), in the arena. */
struct span field_join_path(const struct field_event *e, struct span dir, struct span name);

/* The directory behind DIRFD as text in front of a relative name: the working
 * directory, the descriptor's name with a slash (then in BUF), or "<UNKNOWN>". */
struct span field_dirfd_text(const struct field_event *e, int64_t dirfd, uint8_t buf[PATH_CAP]);

/* What a recording of the parameter PATH (relative to DIRFD, if it is an
 * FSRELPATH) means: absolute and normalised.  False: empty. */
bool field_param_path(const struct field_event *e, int index, struct span *ret);

bool field_abspath(const struct field_ref *ref, struct field_event *e, struct value *ret);

/* evt.infra.docker.*. */
bool field_infra_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

/* ---- time ---- */

/* evt.time and its kin. */
bool field_time_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

/* thread.exectime. */
bool field_exectime_get(const struct field_ref *ref, struct field_event *e, struct value *ret);

enum {
	FORM_DATE = 1 << 0, /* 2026-11-23, too */
	FORM_NS = 1 << 1,
	FORM_UTC = 1 << 2,
	FORM_ISO = 1 << 3, /* T between, +0000 behind */
};

/* TS as text of that form; local if there is a local time and it is not to be UTC. */
void field_put_time(struct text *t, const struct field_event *e, uint64_t ts_ns, unsigned form);

/* ---- files ---- */

const char *file_type_text(unsigned type); /* "ipv4"; "<NA>" */
char file_type_char(unsigned type);
bool file_is_ip(const struct file_info *f);
bool file_is_ip_server(const struct file_info *f);
bool file_is_ipv6(const struct file_info *f);

/* L4_* as Falco shows it: not before the socket has a role, unless it is raw. */
unsigned file_l4proto(const struct file_info *f);

/* AT_FDCWD as the events have it. */
#define AT_FDCWD_PPM (-100)

#endif
