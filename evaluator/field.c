/* SPDX-License-Identifier: Apache-2.0
 *
 * field.c -- the field table, how a reference to a field is read, and which
 * class answers for it.
 */
#include <errno.h>

#include "field_class.h"
#include "suggest.h"

static const struct field_info fields[FIELD_COUNT] = {
#define FIELD(id, name, type, flags, print, cls, text)                                             \
	[FIELD_##id] = { name, cls, text, flags, PT_##type, PF_##print },
#include "field.def"
#undef FIELD
};

enum { SHOWN_MAX = 200 }; /* bytes of a text in a message */

/* The classes are ranges of the table. */
enum {
	PROC_FIRST = FIELD_proc_exe,
	USER_FIRST = FIELD_user_uid,
	FD_FIRST = FIELD_fd_num,
	PATH_FIRST = FIELD_fs_path_name,
	UTIL_FIRST = FIELD_util_cnt,
	FDLIST_FIRST = FIELD_fdlist_nums,
	CONTAINER_FIRST = FIELD_container_id,
	K8S_FIRST = FIELD_k8s_pod_name,
	POD_FIRST = FIELD_k8smeta_pod_name,
};
_Static_assert(PROC_FIRST < USER_FIRST && USER_FIRST < FD_FIRST && FD_FIRST < PATH_FIRST &&
		       PATH_FIRST < UTIL_FIRST && UTIL_FIRST < FDLIST_FIRST &&
		       FDLIST_FIRST < CONTAINER_FIRST && CONTAINER_FIRST < K8S_FIRST &&
		       K8S_FIRST < POD_FIRST,
	       "the classes stand in this order in field.def");

const struct field_info *field_info(enum field_id id)
{
	return id > FIELD_NONE && id < FIELD_COUNT ? &fields[id] : NULL;
}

/* ---- references ---- */

static enum field_id find(struct span name)
{
	for (unsigned id = FIELD_NONE + 1; id < FIELD_COUNT; id++)
		if (span_is_name(name, fields[id].name))
			return id;
	return FIELD_NONE;
}

static int unknown(struct span text, struct diag *diag)
{
	diag_set(diag, "filter_check called with nonexistent field %.*s", (int)text.n,
		 (const char *)text.p);
	return -ENOENT;
}

/* Decimal digits, whole, no leading zero, 64 bits. */
static bool number(struct span s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = s.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

/* The longest name of an event parameter that begins REST, and the type that
 * the first event in the table gives it. */
static struct span longest_param(struct span rest, uint8_t *ret_type)
{
	struct span best = SPAN_NONE;

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);

		for (unsigned i = 0; i < info->nparams; i++) {
			struct span name = span_str(info->params[i].name);

			if (name.n > best.n && span_starts(rest, name)) {
				best = name;
				*ret_type = info->params[i].type;
			}
		}
	}
	return best;
}

static int parse_param(struct field_ref *r, struct span rest, struct diag *diag)
{
	uint8_t type = PT_NONE;
	struct span name = longest_param(rest, &type);

	if (name.n == 0 || name.n != rest.n)
		return unknown(r->text, diag);
	r->has_key = true;
	r->key = rest;
	if (r->id == FIELD_evt_rawarg)
		r->type = type;
	return 0;
}

/* evt.type.is.NAME: the code of the first event of that name; .N: just that code. */
static int parse_type_is(struct field_ref *r, struct span rest, struct diag *diag)
{
	r->key = rest;
	if (number(rest, &r->index)) {
		r->has_index = true;
		return 0;
	}
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		if (span_is_name(rest, event_info(code)->name)) {
			r->has_key = true;
			r->index = code;
			return 0;
		}
	}
	diag_set(diag, "unknown event type %.*s", (int)rest.n, (const char *)rest.p);
	return -EINVAL;
}

static bool is_subsystem(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') && s.p[i] != '_')
			return false;
	return s.n > 0;
}

/* Names that go on behind the field's own: evt.arg.NAME and the like. */
static int parse_dotted(struct field_ref *r, struct span text, struct diag *diag)
{
	static const struct {
		const char *prefix;
		enum field_id id;
	} dotted[] = {
		{ "evt.arg.", FIELD_evt_arg },
		{ "evt.rawarg.", FIELD_evt_rawarg },
		{ "evt.type.is.", FIELD_evt_type_is },
		{ "evt.abspath.", FIELD_evt_abspath },
		{ "thread.cgroup.", FIELD_thread_cgroup },
		{ "static.", FIELD_static_field },
	};

	for (size_t i = 0; i < ARRAY_LEN(dotted); i++) {
		struct span prefix = span_str(dotted[i].prefix), rest;

		if (!span_starts(text, prefix))
			continue;
		rest = span_of(text.p + prefix.n, text.n - prefix.n);
		r->id = dotted[i].id;
		r->type = fields[r->id].type;
		switch (r->id) {
		case FIELD_evt_type_is:
			return parse_type_is(r, rest, diag);
		case FIELD_static_field:
			/* In an output a full stop may follow it. */
			if (rest.n == 0 || rest.p[rest.n - 1] == '.')
				return unknown(text, diag);
			r->has_key = true;
			r->key = rest;
			return 0;
		case FIELD_evt_abspath:
		case FIELD_thread_cgroup:
			if (r->id == FIELD_evt_abspath
				    ? !span_is(rest, "src") && !span_is(rest, "dst")
				    : !is_subsystem(rest))
				return unknown(text, diag);
			r->has_key = true;
			r->key = rest;
			return 0;
		default:
			return parse_param(r, rest, diag);
		}
	}
	return unknown(text, diag);
}

/* How a field takes what stands in brackets. */
enum bracket { BRACKET_NONE, BRACKET_INDEX, BRACKET_KEY, BRACKET_EITHER };

static enum bracket bracket_of(enum field_id id)
{
	switch (id) {
	case FIELD_evt_arg:
	case FIELD_evt_around:
	case FIELD_proc_aname:
	case FIELD_proc_aexe:
	case FIELD_proc_aexepath:
	case FIELD_proc_acmdline:
	case FIELD_proc_aargs:
	case FIELD_proc_apid:
	case FIELD_proc_args:
	case FIELD_fd_types:
		return BRACKET_INDEX;
	case FIELD_proc_env:
		return BRACKET_KEY;
	case FIELD_proc_aenv:
		return BRACKET_EITHER;
	default:
		if ((fields[id].flags & FF_ARG_INDEX) && (fields[id].flags & FF_ARG_KEY))
			return BRACKET_EITHER;
		return fields[id].flags & FF_ARG_INDEX ? BRACKET_INDEX
		       : fields[id].flags & FF_ARG_KEY ? BRACKET_KEY
						       : BRACKET_NONE;
	}
}

/* ARG between the brackets of R. */
static int parse_bracket(struct field_ref *r, struct span arg, struct diag *diag)
{
	enum bracket takes = bracket_of(r->id);
	bool is_number;

	if (r->id == FIELD_evt_rawarg) {
		diag_set(diag, "evt.arg fields must be expressed explicitly");
		return -EINVAL;
	}
	if (takes == BRACKET_NONE)
		return unknown(r->text, diag);
	if (arg.n >= 2 && (arg.p[0] == '"' || arg.p[0] == '\'') && arg.p[arg.n - 1] == arg.p[0])
		arg = span_of(arg.p + 1, arg.n - 2);
	is_number = takes != BRACKET_KEY && number(arg, &r->index);
	if (takes == BRACKET_INDEX && !is_number)
		return unknown(r->text, diag);
	if (arg.n == 0) {
		diag_set(diag, "field '%s' has an empty argument", fields[r->id].name);
		return -EINVAL;
	}
	r->has_index = is_number;
	r->has_key = takes != BRACKET_INDEX;
	if (takes == BRACKET_EITHER && r->id == FIELD_proc_aenv)
		r->has_key = !is_number;
	r->key = arg;
	return 0;
}

int field_parse(struct span text, struct field_ref *ret, struct diag *diag)
{
	const uint8_t *open = text.n > 0 ? memchr(text.p, '[', text.n) : NULL;
	struct span name = span_of(text.p, open != NULL ? (size_t)(open - text.p) : text.n);
	struct field_ref r = { .text = text };
	int err = 0;

	r.id = find(name);
	if (r.id == FIELD_NONE) {
		if (open != NULL)
			return unknown(text, diag);
		err = parse_dotted(&r, text, diag);
	} else if (open != NULL) {
		if (text.p[text.n - 1] != ']')
			return unknown(text, diag);
		r.type = fields[r.id].type;
		err = parse_bracket(&r, span_of(open + 1, text.n - name.n - 2), diag);
	} else {
		r.type = fields[r.id].type;
		if ((fields[r.id].flags & FF_ARG_REQUIRED) && r.id != FIELD_evt_abspath) {
			diag_set(diag, "field '%s' needs an argument", fields[r.id].name);
			err = -EINVAL;
		}
	}
	if (err < 0)
		return err;
	r.is_list = (fields[r.id].flags & FF_IS_LIST) != 0;
	*ret = r;
	return 0;
}

bool field_is_undefined(const struct field_ref *ref, const struct static_fields *statics)
{
	struct span value;

	return ref->id == FIELD_static_field && statics != NULL &&
	       !static_fields_find(statics, ref->key, &value);
}

int field_param(const struct field_ref *ref, unsigned code)
{
	const struct event_info *info;

	if (ref->has_key)
		return event_param_index(code, ref->key);
	info = event_info(code);
	return info != NULL && ref->has_index && ref->index < info->nparams ? (int)ref->index : -1;
}

/* As somebody writes it who errs in the name: without argument and full stop behind it. */
static struct span name_of(struct span text)
{
	const uint8_t *bracket = text.n == 0 ? NULL : memchr(text.p, '[', text.n);

	if (bracket != NULL)
		text.n = (size_t)(bracket - text.p);
	while (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	return text;
}

void field_unknown(struct span text, struct diag *diag)
{
	const char *near = field_suggest(name_of(text));

	diag_set(diag, "filter_check called with nonexistent field %.*s%s%s%s",
		 (int)(text.n < SHOWN_MAX ? text.n : SHOWN_MAX), (const char *)text.p,
		 near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
		 near == NULL ? "" : "'?");
}

const char *field_suggest(struct span text)
{
	const char *best = NULL;
	unsigned least = suggest_limit(text.n) + 1;

	for (unsigned id = FIELD_NONE + 1; id < FIELD_COUNT; id++) {
		unsigned d = suggest_distance(text, span_str(fields[id].name), least - 1);

		if (d < least) {
			least = d;
			best = fields[id].name;
		}
	}
	return best;
}

uint64_t field_wants(const struct field_ref *ref)
{
	switch (ref->id) {
	case FIELD_proc_fdopencount:
	case FIELD_proc_fdusage:
	case FIELD_proc_ppid_duration:
		return UINT64_C(1) << WANT_FD_COUNT;
	case FIELD_proc_stdin_type:
	case FIELD_proc_stdout_type:
	case FIELD_proc_stderr_type:
	case FIELD_proc_stdin_name:
	case FIELD_proc_stdout_name:
	case FIELD_proc_stderr_name:
		return UINT64_C(1) << WANT_STDIO;
	case FIELD_fd_types:
		if (ref->has_index && ref->index > 2)
			return want_fd(ref->index);
		return UINT64_C(1) << (ref->has_index ? WANT_STDIO : WANT_FD_TYPES);
	case FIELD_proc_nthreads:
	case FIELD_proc_nchilds:
		return UINT64_C(1) << WANT_THREADS;
	case FIELD_proc_vmsize:
	case FIELD_proc_vmrss:
	case FIELD_proc_vmswap:
	case FIELD_thread_vmsize:
	case FIELD_thread_vmrss:
	case FIELD_thread_vmsize_b:
	case FIELD_thread_vmrss_b:
		return WANT_MEMORY;
	/* A list of polled descriptors is written with their types. */
	case FIELD_evt_args:
	case FIELD_evt_info:
	case FIELD_evt_arg:
		return UINT64_C(1) << WANT_FDLIST;
	default:
		return ref->id >= (enum field_id)FDLIST_FIRST &&
				       ref->id < (enum field_id)CONTAINER_FIRST
			       ? UINT64_C(1) << WANT_FDLIST
			       : 0;
	}
}

bool field_is_of_process(const struct field_ref *ref)
{
	switch (ref->id) {
	/* These look at the event's time, at what rides in it, or at its kind. */
	case FIELD_proc_duration:
	case FIELD_proc_ppid_duration:
	case FIELD_thread_exectime:
	case FIELD_thread_totexectime:
	case FIELD_thread_cpu:
	case FIELD_thread_cpu_user:
	case FIELD_thread_cpu_system:
	case FIELD_container_duration:
		return false;
	default:
		return (field_wants(ref) & ~WANT_MEMORY) == 0 &&
		       ((ref->id >= (enum field_id)PROC_FIRST &&
			 ref->id < (enum field_id)FD_FIRST) ||
			ref->id >= (enum field_id)CONTAINER_FIRST);
	}
}

uint8_t field_metadata(const struct field_ref *ref)
{
	switch (ref->id) {
	/* These come from the kernel. */
	case FIELD_container_id:
	case FIELD_container_start_ts:
	case FIELD_container_duration:
		return 0;
	/* Not the API server's. */
	case FIELD_k8s_pod_sandbox_id:
	case FIELD_k8s_pod_full_sandbox_id:
	case FIELD_k8s_pod_cni_json:
		return METADATA_CONTAINER;
	default:
		if (ref->id >= (enum field_id)POD_FIRST)
			return METADATA_POD;
		if (ref->id >= (enum field_id)K8S_FIRST)
			return METADATA_EITHER;
		return ref->id >= (enum field_id)CONTAINER_FIRST ? METADATA_CONTAINER : 0;
	}
}

bool field_is_of_name(const struct field_ref *ref)
{
	switch (ref->id) {
	case FIELD_fd_name:
	case FIELD_fd_nameraw:
	case FIELD_fd_directory:
	case FIELD_fd_filename:
		return true;
	default:
		return false;
	}
}

bool field_is_host_name(const struct field_ref *ref)
{
	return ref->id == FIELD_fd_cip_name || ref->id == FIELD_fd_sip_name ||
	       ref->id == FIELD_fd_lip_name || ref->id == FIELD_fd_rip_name;
}

bool field_is_path(const struct field_ref *ref)
{
	switch (ref->id) {
	case FIELD_fd_name:
	case FIELD_fd_directory:
	case FIELD_fd_filename:
	case FIELD_fd_containername:
	case FIELD_fd_containerdirectory:
	case FIELD_fs_path_name:
	case FIELD_fs_path_source:
	case FIELD_fs_path_target:
		return true;
	default:
		return false;
	}
}

bool field_process_is_told(unsigned code)
{
	switch (code) {
	case EVENT_CONTAINER_JSON_2_E:
	case EVENT_USER_ADDED_E:
	case EVENT_USER_DELETED_E:
	case EVENT_GROUP_ADDED_E:
	case EVENT_GROUP_DELETED_E:
	case EVENT_ASYNCEVENT_E:
		return true;
	default:
		return false;
	}
}

bool field_is_of_code(const struct field_ref *ref, unsigned code)
{
	const struct event_info *info = event_info(code);

	switch (ref->id) {
	case FIELD_evt_type:
	case FIELD_syscall_type: /* these say by a parameter what they are */
		return code != EVENT_GENERIC_E && code != EVENT_GENERIC_X &&
		       code != EVENT_ASYNCEVENT_E;
	case FIELD_evt_dir:
	case FIELD_evt_type_is:
		return true;
	case FIELD_evt_arg:
	case FIELD_evt_rawarg:
		return field_param(ref, code) < 0;
	case FIELD_evt_is_open_read:
	case FIELD_evt_is_open_write:
	case FIELD_evt_is_open_exec:
	case FIELD_evt_is_open_create:
		return !event_is_open(code) && code != EVENT_SYSCALL_CREAT_X;
	default:
		return ref->id >= (enum field_id)FD_FIRST && ref->id < (enum field_id)PATH_FIRST &&
		       !(info->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD));
	}
}

bool field_is_stateful(const struct field_ref *ref)
{
	switch (ref->id) {
	case FIELD_evt_deltatime:
	case FIELD_evt_deltatime_s:
	case FIELD_evt_deltatime_ns:
	case FIELD_thread_exectime:
	case FIELD_util_cnt:
		return true;
	default:
		return false;
	}
}

/* ---- at an event ---- */

static bool util_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_uint(ret, PT_UINT64, e->context != NULL ? ++e->context->util_count : 0);
}

static bool static_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct span value;

	return e->context != NULL && static_fields_find(&e->context->statics, ref->key, &value) &&
	       value_string(ret, value);
}

field_getter *field_getter_of(const struct field_ref *ref)
{
	unsigned id = ref->id;

	if (id < PROC_FIRST)
		return field_evt_getter(ref->id);
	if (id < USER_FIRST)
		return field_proc_getter(ref->id);
	if (id < FD_FIRST)
		return field_user_get;
	if (id < PATH_FIRST)
		return field_fd_getter(ref->id);
	if (id < UTIL_FIRST)
		return field_path_get;
	if (id < FDLIST_FIRST)
		return id == FIELD_static_field ? static_get : util_get;
	if (id < CONTAINER_FIRST)
		return field_fdlist_get;
	return id < POD_FIRST ? field_container_get : field_pod_get;
}

bool field_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	return field_getter_of(ref)(ref, e, ret);
}

bool field_is_any(const struct field_ref *ref)
{
	switch (ref->id) {
	case FIELD_proc_aname:
	case FIELD_proc_aexe:
	case FIELD_proc_aexepath:
	case FIELD_proc_acmdline:
	case FIELD_proc_apid:
	case FIELD_proc_aenv:
		return !ref->has_index && !ref->has_key;
	case FIELD_fd_ip:
	case FIELD_fd_port:
	case FIELD_fd_proto:
	case FIELD_fd_net:
		return true;
	default:
		return field_is_host_name(ref);
	}
}

_Static_assert(ADDRESS_MAX_NAMES <= FIELD_ANY_MAX, "all names of an address are compared");

unsigned field_get_any(const struct field_ref *ref, struct field_event *e,
		       struct value out[FIELD_ANY_MAX])
{
	if (!field_is_any(ref))
		return field_get(ref, e, out) ? 1 : 0;
	return ref->id < (enum field_id)USER_FIRST ? field_proc_get_any(ref, e, out)
						   : field_fd_get_any(ref, e, out);
}
