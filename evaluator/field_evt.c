/* SPDX-License-Identifier: Apache-2.0
 *
 * field_evt.c -- evt.*: what the event itself says, its kind, its time, its
 * result and its parameters.
 */
#include "field_class.h"
#include "names.h"
#include "param_text.h"

/* Bits of file_flags (flag.def) that the fields look at. */
enum {
	OPEN_READ = 0x1,
	OPEN_WRITE = 0x2,
	OPEN_CREAT = 0x4,
	OPEN_TMPFILE = 0x2000,
	OPEN_CREATED = 0x4000,
	MODE_EXEC = 0111,
};

/* ---- the result ---- */

bool field_event_result(const struct field_event *e, int64_t *ret)
{
	const char *name = e->info->nparams > 0 ? e->info->params[0].name : "";

	if (!event_is_exit(e->ev->code) || e->info->source != ES_SYSCALL ||
	    e->ev->code == EVENT_GENERIC_X || (strcmp(name, "res") != 0 && strcmp(name, "fd") != 0))
		return false;
	return event_param_int(e, 0, ret);
}

bool event_is_open(unsigned code)
{
	return code == EVENT_SYSCALL_OPEN_X || code == EVENT_SYSCALL_OPENAT_2_X ||
	       code == EVENT_SYSCALL_OPENAT2_X || code == EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X;
}

static bool res_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const char *name;
	struct text t;
	int64_t res;

	(void)ref;
	if (!field_event_result(e, &res))
		return false;
	if (res >= 0)
		return value_str(ret, "SUCCESS");
	name = res > -4096 ? name_of_errno(-res) : NULL;
	if (name != NULL)
		return value_str(ret, name);
	text_begin(&t, e->arena);
	text_signed(&t, res);
	return value_string(ret, text_end(&t));
}

enum error_group { ERROR_FILE, ERROR_NET, ERROR_MEMORY, ERROR_OTHER };

static enum error_group error_group(const struct field_event *e)
{
	const struct file_info *f = event_file(e);
	unsigned code = e->ev->code;

	if (f != NULL) {
		if (f->type == FILE_REGULAR || f->type == FILE_REGULAR_V2 ||
		    f->type == FILE_DIRECTORY)
			return ERROR_FILE;
		if (file_is_ip(f) || f->type == FILE_UNIX)
			return ERROR_NET;
	} else if (event_is_open(code) || code == EVENT_SYSCALL_CREAT_X) {
		return ERROR_FILE;
	} else if (code == EVENT_SOCKET_ACCEPT_5_X || code == EVENT_SOCKET_ACCEPT4_6_X ||
		   code == EVENT_SOCKET_CONNECT_X) {
		return ERROR_NET;
	}
	return e->info->category == EC_MEMORY ? ERROR_MEMORY : ERROR_OTHER;
}

static bool result_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int64_t res;

	if (!field_event_result(e, &res))
		return false;
	switch (ref->id) {
	case FIELD_evt_rawres:
		return value_int(ret, PT_INT64, res);
	case FIELD_evt_failed:
		return value_bool(ret, res < 0);
	case FIELD_evt_count_error_memory:
		/* Whatever its descriptor is: an mmap of a file is of that group, too. */
		return e->info->category == EC_MEMORY && value_uint(ret, PT_UINT32, res < 0);
	case FIELD_evt_count_error_file:
	case FIELD_evt_count_error_net:
	case FIELD_evt_count_error_other:
		if (error_group(e) != ref->id - FIELD_evt_count_error_file + ERROR_FILE)
			return false;
		/* fallthrough */
	default:
		return value_uint(ret, PT_UINT32, res < 0);
	}
}
_Static_assert(FIELD_evt_count_error_other - FIELD_evt_count_error_file == ERROR_OTHER,
	       "the error fields stand in the order of the groups");

/* ---- bytes read and written ---- */

static bool is_io(const struct event_info *info)
{
	return info->category == EC_IO_READ || info->category == EC_IO_WRITE ||
	       info->category == EC_IO_OTHER;
}

static bool buflen_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct file_info *f = event_file(e);
	bool reads = e->info->category == EC_IO_READ, writes = e->info->category == EC_IO_WRITE;
	bool file = f != NULL && (f->type == FILE_REGULAR || f->type == FILE_REGULAR_V2);
	bool net = f != NULL && file_is_ip(f);
	bool applies = true;
	int64_t res;

	switch (ref->id) {
	case FIELD_evt_buflen_in:
		applies = reads;
		break;
	case FIELD_evt_buflen_out:
		applies = writes;
		break;
	case FIELD_evt_buflen_file:
		applies = file;
		break;
	case FIELD_evt_buflen_file_in:
		applies = file && reads;
		break;
	case FIELD_evt_buflen_file_out:
		applies = file && writes;
		break;
	case FIELD_evt_buflen_net:
		applies = net;
		break;
	case FIELD_evt_buflen_net_in:
		applies = net && reads;
		break;
	case FIELD_evt_buflen_net_out:
		applies = net && writes;
		break;
	default:
		break;
	}
	return applies && f != NULL && is_io(e->info) && field_event_result(e, &res) && res >= 0 &&
	       value_uint(ret, PT_UINT64, (uint64_t)res);
}

/* The parameter `data`, if it is a buffer. */
static bool buffer_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int i = event_param_index(e->ev->code, span_str("data"));

	(void)ref;
	if (i < 0 || i >= e->ev->nparams || e->info->params[i].type != PT_BYTEBUF)
		return false;
	*ret = (struct value){ .kind = VALUE_BYTES, .type = PT_BYTEBUF };
	if (e->ev->params[i].kind == PARAM_BYTES)
		ret->s = e->ev->params[i].s;
	return true;
}

/* ---- opening ---- */

/* 0 if the event has none. */
static uint64_t param_or_zero(const struct field_event *e, const char *name)
{
	int64_t v;

	return event_param_int(e, event_param_index(e->ev->code, span_str(name)), &v) ? (uint64_t)v
										      : 0;
}

/* Where the flags are: asked for at every open, so not looked for by name. */
static int open_flags_param(unsigned code)
{
	switch (code) {
	case EVENT_SYSCALL_OPEN_X:
	case EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X:
		return 2;
	case EVENT_SYSCALL_OPENAT_2_X:
	case EVENT_SYSCALL_OPENAT2_X:
		return 3;
	default:
		return -1;
	}
}

static int64_t open_flags(const struct field_event *e)
{
	int64_t flags = 0;

	event_param_int(e, open_flags_param(e->ev->code), &flags);
	return flags;
}

static bool is_open_read_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_bool(ret, open_flags(e) & OPEN_READ);
}

static bool is_open_write_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_bool(ret, open_flags(e) & OPEN_WRITE);
}

static bool is_open_exec_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	bool makes = (open_flags(e) & (OPEN_CREAT | OPEN_TMPFILE)) != 0 ||
		     e->ev->code == EVENT_SYSCALL_CREAT_X;

	(void)ref;
	return value_bool(ret, makes && (param_or_zero(e, "mode") & MODE_EXEC));
}

static bool is_open_create_get(const struct field_ref *ref, struct field_event *e,
			       struct value *ret)
{
	int64_t flags = open_flags(e), res;

	(void)ref;
	return value_bool(ret, (flags & OPEN_CREATED) || ((flags & OPEN_TMPFILE) &&
							  field_event_result(e, &res) && res >= 0));
}

/* ---- the kind ---- */

/* A system call without an event of its own. */
static const char *generic_name(const struct field_event *e)
{
	const struct syscall_info *info = NULL;
	int64_t sc = 0, native;

	if (event_param_int(e, 0, &sc) && sc > 0 && sc <= UINT16_MAX)
		info = syscall_info((unsigned)sc);
	if (info == NULL && event_param_int(e, 1, &native) && native >= 0 && native <= INT16_MAX)
		info = syscall_info(syscall_from_native((int)native));
	return info != NULL ? info->name : e->info->name;
}

static bool is_generic(unsigned code)
{
	return code == EVENT_GENERIC_E || code == EVENT_GENERIC_X;
}

static bool type_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct span name;

	(void)ref;
	if (is_generic(e->ev->code))
		return value_str(ret, generic_name(e));
	if (e->ev->code == EVENT_ASYNCEVENT_E && event_param_span(e, 1, &name))
		return value_string(ret, name);
	return value_str(ret, e->info->name);
}

static bool syscall_type_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	return e->info->source == ES_SYSCALL && type_get(ref, e, ret);
}

static bool asynctype_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	return e->info->source == ES_METAEVENT && type_get(ref, e, ret);
}

/* What an I/O event is depends on what it reads or writes. */
static const char *io_category(const struct file_info *f)
{
	if (f == NULL)
		return "unknown";
	switch (f->type) {
	case FILE_REGULAR:
	case FILE_REGULAR_V2:
	case FILE_DIRECTORY:
		return "file";
	case FILE_IPV4:
	case FILE_IPV6:
	case FILE_IPV4_SERVER:
	case FILE_IPV6_SERVER:
		return "net";
	case FILE_FIFO:
	case FILE_UNIX:
	case FILE_EVENT:
	case FILE_SIGNALFD:
	case FILE_INOTIFY:
	case FILE_USERFAULTFD:
		return "ipc";
	default:
		return "unknown";
	}
}

static const char *category(const struct field_event *e)
{
	static const char *const names[] = {
		[EC_UNKNOWN] = "unknown", [EC_OTHER] = "other",
		[EC_FILE] = "file",	  [EC_NET] = "net",
		[EC_IPC] = "IPC",	  [EC_MEMORY] = "memory",
		[EC_PROCESS] = "process", [EC_SLEEP] = "sleep",
		[EC_SYSTEM] = "system",	  [EC_SIGNAL] = "signal",
		[EC_USER] = "user",	  [EC_TIME] = "time",
		[EC_WAIT] = "wait",	  [EC_SCHEDULER] = "scheduler",
	};

	if (is_io(e->info))
		return io_category(event_file(e));
	if (e->info->category == EC_UNKNOWN && e->info->source == ES_METAEVENT)
		return "internal";
	return e->info->category < ARRAY_LEN(names) && names[e->info->category] != NULL
		       ? names[e->info->category]
		       : "unknown";
}

static bool type_is_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	unsigned code = e->ev->code;

	return value_uint(ret, PT_UINT32,
			  code == ref->index || (ref->has_key && code == ref->index + 1));
}

static bool category_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_str(ret, category(e));
}

static bool dir_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_str(ret, event_is_exit(e->ev->code) ? "<" : ">");
}

static bool num_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_uint(ret, PT_UINT64, e->ev->num);
}

static bool cpu_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_int(ret, PT_INT16, (int16_t)e->ev->cpu);
}

static bool truncated_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_bool(ret, e->ev->flags & EVENT_TRUNCATED);
}

static bool is_syslog(const struct field_event *e)
{
	const struct file_info *f = event_file(e);

	return (e->info->flags & EF_WRITES_TO_FD) && f != NULL && f->name.n > 0 &&
	       memmem(f->name.p, f->name.n, "/dev/log", 8) != NULL;
}

static bool flag_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	uint32_t flags = e->info->flags;

	switch (ref->id) {
	case FIELD_evt_is_io:
		return value_bool(ret, flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD));
	case FIELD_evt_is_io_read:
		return value_bool(ret, flags & EF_READS_FROM_FD);
	case FIELD_evt_is_io_write:
		return value_bool(ret, flags & EF_WRITES_TO_FD);
	case FIELD_evt_io_dir:
		if (!(flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD)))
			return false;
		return value_str(ret, flags & EF_WRITES_TO_FD ? "write" : "read");
	case FIELD_evt_is_wait:
		return value_bool(ret, flags & EF_WAITS);
	case FIELD_evt_is_async:
		return value_bool(ret, e->info->source == ES_METAEVENT);
	default:
		return value_bool(ret, is_syslog(e));
	}
}

/* ---- parameters ---- */

static bool args_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct text t;

	(void)ref;
	if (is_generic(e->ev->code))
		return value_str(ret, "");
	text_begin(&t, e->arena);
	param_text_put_all(&t, e);
	return value_string(ret, text_end(&t));
}

/* A parameter whose text is what it is already needs no copy. */
static bool is_plain_text(unsigned type)
{
	return type == PT_CHARBUF;
}

static bool arg_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int i = field_param(ref, e->ev->code);
	struct span s;
	struct text t;

	if (i < 0 || i >= e->ev->nparams)
		return false;
	if (is_plain_text(e->info->params[i].type) && event_param_span(e, i, &s) &&
	    !span_is(s, "(NULL)"))
		return value_string(ret, s);
	text_begin(&t, e->arena);
	/* As in Falco what a condition finds in a parameter does not depend on a setting of
	 * outputs; what it finds in evt.args does. */
	e->plain_buffers = !e->printing;
	param_text_put(&t, e, i);
	e->plain_buffers = false;
	return value_string(ret, text_end(&t));
}

static bool is_string_type(unsigned type)
{
	return type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH;
}

/* An empty number is missing, an empty string is what programs print for it. */
static bool rawarg_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int i = field_param(ref, e->ev->code);
	const struct param *p = event_param(e, i);
	unsigned type;

	if (i < 0 || i >= e->info->nparams || i >= e->ev->nparams)
		return false;
	type = e->info->params[i].type;
	if (is_string_type(type)) {
		if (p == NULL || p->kind != PARAM_BYTES || span_is(p->s, "(NULL)"))
			return value_str(ret, "<NA>");
		*ret = (struct value){ .kind = VALUE_STRING, .type = (uint8_t)type };
		ret->s = span_chomp(p->s);
		return true;
	}
	if (p == NULL)
		return false;
	if (p->kind == PARAM_INT) {
		if (type == PT_BOOL)
			return value_bool(ret, p->u != 0);
		return param_type_is_signed(type) ? value_int(ret, type, p->i)
						  : value_uint(ret, type, p->u);
	}
	if (p->s.n == 0)
		return false;
	*ret = (struct value){ .kind = VALUE_BYTES, .type = (uint8_t)type, .s = p->s };
	return true;
}

/* ms between the event and [T], rounded up: at most D means within D ms. */
static bool around_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	uint64_t ts = e->ev->ts_ns;
	uint64_t apart = ts > ref->index ? ts - ref->index : ref->index - ts;

	return value_uint(ret, PT_UINT64, apart / 1000000 + (apart % 1000000 != 0));
}

/* Events that a plugin made are of its source, and there are no plugins here. */
static bool source_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int64_t plugin = 0;

	(void)ref;
	if (e->ev->code == EVENT_PLUGINEVENT_E ||
	    (e->ev->code == EVENT_ASYNCEVENT_E && event_param_int(e, 0, &plugin) && plugin != 0))
		return false;
	return e->source != NULL && value_str(ret, e->source);
}

static bool hostname_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct host_frame *h = mirror_host(e->mirror);

	(void)ref;
	return h != NULL && value_string(ret, h->hostname);
}

/* ---- counts ---- */

static bool count_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	bool info = e->ev->code == EVENT_PROCINFO_E;

	switch (ref->id) {
	case FIELD_evt_count:
		return value_uint(ret, PT_UINT32, 1);
	case FIELD_evt_count_exit:
		return event_is_exit(e->ev->code) && value_uint(ret, PT_UINT32, 1);
	case FIELD_evt_count_procinfo:
		return value_uint(ret, PT_UINT32,
				  info && e->process != NULL &&
					  e->process->info.tid == e->process->info.pid);
	default:
		return value_uint(ret, PT_UINT32, info);
	}
}

/* ---- what there is nothing to say about ---- */

static bool latency_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)e;
	switch (ref->id) {
	case FIELD_evt_latency_quantized:
		return value_uint(ret, PT_UINT64, 0);
	case FIELD_evt_latency_human:
		return value_str(ret, "0ns");
	default:
		return value_uint(ret, PT_RELTIME, 0);
	}
}

/* mews has no plugins. */
static bool never_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	(void)e;
	(void)ret;
	return false;
}

/* ---- all of them ---- */

static field_getter *const getters[FIELD_proc_exe] = {
	[FIELD_evt_num] = num_get,
	[FIELD_evt_time] = field_time_get,
	[FIELD_evt_time_s] = field_time_get,
	[FIELD_evt_time_iso8601] = field_time_get,
	[FIELD_evt_datetime] = field_time_get,
	[FIELD_evt_datetime_s] = field_time_get,
	[FIELD_evt_rawtime] = field_time_get,
	[FIELD_evt_rawtime_s] = field_time_get,
	[FIELD_evt_rawtime_ns] = field_time_get,
	[FIELD_evt_reltime] = field_time_get,
	[FIELD_evt_reltime_s] = field_time_get,
	[FIELD_evt_reltime_ns] = field_time_get,
	[FIELD_evt_pluginname] = never_get,
	[FIELD_evt_plugininfo] = never_get,
	[FIELD_evt_source] = source_get,
	[FIELD_evt_is_async] = flag_group,
	[FIELD_evt_asynctype] = asynctype_get,
	[FIELD_evt_hostname] = hostname_get,
	[FIELD_evt_latency] = latency_group,
	[FIELD_evt_latency_s] = latency_group,
	[FIELD_evt_latency_ns] = latency_group,
	[FIELD_evt_latency_quantized] = latency_group,
	[FIELD_evt_latency_human] = latency_group,
	[FIELD_evt_deltatime] = field_time_get,
	[FIELD_evt_deltatime_s] = field_time_get,
	[FIELD_evt_deltatime_ns] = field_time_get,
	[FIELD_evt_outputtime] = field_time_get,
	[FIELD_evt_dir] = dir_get,
	[FIELD_evt_type] = type_get,
	[FIELD_evt_type_is] = type_is_get,
	[FIELD_syscall_type] = syscall_type_get,
	[FIELD_evt_category] = category_get,
	[FIELD_evt_cpu] = cpu_get,
	[FIELD_evt_args] = args_get,
	[FIELD_evt_arg] = arg_get,
	[FIELD_evt_rawarg] = rawarg_get,
	[FIELD_evt_info] = args_get,
	[FIELD_evt_buffer] = buffer_get,
	[FIELD_evt_buflen] = buflen_group,
	[FIELD_evt_res] = res_get,
	[FIELD_evt_rawres] = result_group,
	[FIELD_evt_failed] = result_group,
	[FIELD_evt_is_io] = flag_group,
	[FIELD_evt_is_io_read] = flag_group,
	[FIELD_evt_is_io_write] = flag_group,
	[FIELD_evt_io_dir] = flag_group,
	[FIELD_evt_is_wait] = flag_group,
	[FIELD_evt_wait_latency] = latency_group,
	[FIELD_evt_is_syslog] = flag_group,
	[FIELD_evt_count] = count_group,
	[FIELD_evt_count_error] = result_group,
	[FIELD_evt_count_error_file] = result_group,
	[FIELD_evt_count_error_net] = result_group,
	[FIELD_evt_count_error_memory] = result_group,
	[FIELD_evt_count_error_other] = result_group,
	[FIELD_evt_count_exit] = count_group,
	[FIELD_evt_count_procinfo] = count_group,
	[FIELD_evt_count_threadinfo] = count_group,
	[FIELD_evt_around] = around_get,
	[FIELD_evt_abspath] = field_abspath,
	[FIELD_evt_buflen_in] = buflen_group,
	[FIELD_evt_buflen_out] = buflen_group,
	[FIELD_evt_buflen_file] = buflen_group,
	[FIELD_evt_buflen_file_in] = buflen_group,
	[FIELD_evt_buflen_file_out] = buflen_group,
	[FIELD_evt_buflen_net] = buflen_group,
	[FIELD_evt_buflen_net_in] = buflen_group,
	[FIELD_evt_buflen_net_out] = buflen_group,
	[FIELD_evt_is_open_read] = is_open_read_get,
	[FIELD_evt_is_open_write] = is_open_write_get,
	[FIELD_evt_infra_docker_name] = field_infra_get,
	[FIELD_evt_infra_docker_container_id] = field_infra_get,
	[FIELD_evt_infra_docker_container_name] = field_infra_get,
	[FIELD_evt_infra_docker_container_image] = field_infra_get,
	[FIELD_evt_is_open_exec] = is_open_exec_get,
	[FIELD_evt_is_open_create] = is_open_create_get,
	[FIELD_evt_truncated] = truncated_get,
};

field_getter *field_evt_getter(enum field_id id)
{
	return getters[id]; /* none is missing: tests/unit/test_field.c */
}
