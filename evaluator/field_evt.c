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

static bool result_text(const struct field_event *e, struct value *ret)
{
	const char *name;
	struct text t;
	int64_t res;

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

static bool result_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	int64_t res;

	if (!field_event_result(e, &res))
		return false;
	switch (id) {
	case FIELD_evt_rawres:
		return value_int(ret, PT_INT64, res);
	case FIELD_evt_failed:
		return value_bool(ret, res < 0);
	case FIELD_evt_count_error_file:
	case FIELD_evt_count_error_net:
	case FIELD_evt_count_error_memory:
	case FIELD_evt_count_error_other:
		if (error_group(e) != id - FIELD_evt_count_error_file + ERROR_FILE)
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

static bool buflen_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	const struct file_info *f = event_file(e);
	bool reads = e->info->category == EC_IO_READ, writes = e->info->category == EC_IO_WRITE;
	bool file = f != NULL && (f->type == FILE_REGULAR || f->type == FILE_REGULAR_V2);
	bool net = f != NULL && file_is_ip(f);
	bool applies = true;
	int64_t res;

	switch (id) {
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
static bool buffer(const struct field_event *e, struct value *ret)
{
	int i = event_param_index(e->ev->code, span_str("data"));

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

static bool open_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	unsigned code = e->ev->code;
	int64_t flags = 0, res;
	bool b;

	event_param_int(e, open_flags_param(code), &flags);
	switch (id) {
	case FIELD_evt_is_open_read:
		b = flags & OPEN_READ;
		break;
	case FIELD_evt_is_open_write:
		b = flags & OPEN_WRITE;
		break;
	case FIELD_evt_is_open_exec:
		b = ((flags & (OPEN_CREAT | OPEN_TMPFILE)) || code == EVENT_SYSCALL_CREAT_X) &&
		    (param_or_zero(e, "mode") & MODE_EXEC);
		break;
	default:
		b = (flags & OPEN_CREATED) ||
		    ((flags & OPEN_TMPFILE) && field_event_result(e, &res) && res >= 0);
	}
	return value_bool(ret, b);
}

/* ---- those that many rules look at ---- */

static bool open_read_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int64_t flags = 0;

	(void)ref;
	event_param_int(e, open_flags_param(e->ev->code), &flags);
	return value_bool(ret, flags & OPEN_READ);
}

static bool open_write_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int64_t flags = 0;

	(void)ref;
	event_param_int(e, open_flags_param(e->ev->code), &flags);
	return value_bool(ret, flags & OPEN_WRITE);
}

field_getter *field_evt_getter(enum field_id id)
{
	switch (id) {
	case FIELD_evt_is_open_read:
		return open_read_get;
	case FIELD_evt_is_open_write:
		return open_write_get;
	default:
		return field_evt_get;
	}
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

static bool type_name(const struct field_event *e, struct value *ret)
{
	struct span name;

	if (is_generic(e->ev->code))
		return value_str(ret, generic_name(e));
	if (e->ev->code == EVENT_ASYNCEVENT_E && event_param_span(e, 1, &name))
		return value_string(ret, name);
	return value_str(ret, e->info->name);
}

static bool async_type(const struct field_event *e, struct value *ret)
{
	return e->info->source == ES_METAEVENT && type_name(e, ret);
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

static bool type_is(const struct field_ref *ref, const struct field_event *e, struct value *ret)
{
	unsigned code = e->ev->code;

	return value_uint(ret, PT_UINT32,
			  code == ref->index || (ref->has_key && code == ref->index + 1));
}

static bool is_syslog(const struct field_event *e)
{
	const struct file_info *f = event_file(e);

	return (e->info->flags & EF_WRITES_TO_FD) && f != NULL && f->name.n > 0 &&
	       memmem(f->name.p, f->name.n, "/dev/log", 8) != NULL;
}

static bool flag_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	uint32_t flags = e->info->flags;

	switch (id) {
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

/* ---- time ---- */

/* Year, month and day of the day DAYS after 1970-01-01: eras of 400 years,
 * their years counted from March. */
static void civil_date(uint64_t days, struct tm *ret)
{
	uint64_t z = days + 719468;
	uint64_t era = z / 146097, of_era = z % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;

	ret->tm_mday = (int)(of_year - (153 * month + 2) / 5 + 1);
	ret->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
	ret->tm_year = (int)(year + era * 400 + (ret->tm_mon <= 1) - 1900);
}

static void utc(uint64_t epoch_s, struct tm *ret)
{
	civil_date(epoch_s / 86400, ret);
	ret->tm_hour = (int)(epoch_s / 3600 % 24);
	ret->tm_min = (int)(epoch_s / 60 % 60);
	ret->tm_sec = (int)(epoch_s % 60);
}

void field_put_time(struct text *t, const struct field_event *e, uint64_t ts_ns, unsigned form)
{
	struct tm tm = { 0 };

	if (!(form & FORM_UTC) && e->context != NULL && e->context->local != NULL)
		e->context->local(ts_ns / 1000000000, &tm);
	else
		utc(ts_ns / 1000000000, &tm);
	if (form & FORM_DATE) {
		text_padded(t, (uint64_t)(tm.tm_year + 1900), 4);
		text_char(t, '-');
		text_padded(t, (uint64_t)tm.tm_mon + 1, 2);
		text_char(t, '-');
		text_padded(t, (uint64_t)tm.tm_mday, 2);
		text_char(t, form & FORM_ISO ? 'T' : ' ');
	}
	text_padded(t, (uint64_t)tm.tm_hour, 2);
	text_char(t, ':');
	text_padded(t, (uint64_t)tm.tm_min, 2);
	text_char(t, ':');
	text_padded(t, (uint64_t)tm.tm_sec, 2);
	if (form & FORM_NS) {
		text_char(t, '.');
		text_padded(t, ts_ns % 1000000000, 9);
	}
	if (form & FORM_ISO)
		text_str(t, "+0000");
}

static bool time_text(const struct field_event *e, unsigned form, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	field_put_time(&t, e, e->ev->ts_ns, form);
	return value_string(ret, text_end(&t));
}

/* Since the first event of the machine or capture. */
static uint64_t relative(const struct field_event *e)
{
	const struct host_frame *h = mirror_host(e->mirror);

	return h != NULL && h->first_event_ns != 0 ? e->ev->ts_ns - h->first_event_ns
						   : e->ev->ts_ns;
}

/* ns since the event that this very reference saw last.  Outputs see 0: each
 * is an instance of its own that sees one event. */
static uint64_t delta(const struct field_ref *ref, struct field_event *e)
{
	struct field_context *c = e->context;
	uint64_t since;

	if (c == NULL || e->printing)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(c->delta); i++) {
		if (c->delta[i].ref != NULL && c->delta[i].ref != ref)
			continue;
		since = c->delta[i].ref == ref ? e->ev->ts_ns - c->delta[i].ts_ns : 0;
		c->delta[i].ref = ref;
		c->delta[i].ts_ns = e->ev->ts_ns;
		return since;
	}
	return 0;
}

static bool time_field(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	uint64_t ts = e->ev->ts_ns, s = UINT64_C(1000000000);
	uint64_t since;

	switch (ref->id) {
	case FIELD_evt_time:
	case FIELD_evt_outputtime:
		return time_text(e, FORM_NS, ret);
	case FIELD_evt_time_s:
		return time_text(e, 0, ret);
	case FIELD_evt_time_iso8601:
		return time_text(e, FORM_DATE | FORM_NS | FORM_UTC | FORM_ISO, ret);
	case FIELD_evt_datetime:
		return time_text(e, FORM_DATE | FORM_NS, ret);
	case FIELD_evt_datetime_s:
		return time_text(e, FORM_DATE, ret);
	case FIELD_evt_rawtime:
		return value_uint(ret, PT_ABSTIME, ts);
	case FIELD_evt_rawtime_s:
		return value_uint(ret, PT_ABSTIME, ts / s);
	case FIELD_evt_rawtime_ns:
		return value_uint(ret, PT_ABSTIME, ts % s);
	case FIELD_evt_reltime:
		return value_uint(ret, PT_RELTIME, relative(e));
	case FIELD_evt_reltime_s:
		return value_uint(ret, PT_RELTIME, relative(e) / s);
	case FIELD_evt_reltime_ns:
		return value_uint(ret, PT_RELTIME, relative(e) % s);
	default:
		since = delta(ref, e);
		if (ref->id == FIELD_evt_deltatime_s)
			since /= s;
		else if (ref->id == FIELD_evt_deltatime_ns)
			since %= s;
		return value_uint(ret, PT_RELTIME, since);
	}
}

/* ---- parameters ---- */

static bool args(const struct field_event *e, struct value *ret)
{
	struct text t;

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

static bool arg(const struct field_ref *ref, const struct field_event *e, struct value *ret)
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
	param_text_put(&t, e, i);
	return value_string(ret, text_end(&t));
}

static bool is_string_type(unsigned type)
{
	return type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH;
}

/* An empty number is missing, an empty string is what programs print for it. */
static bool raw_arg(const struct field_ref *ref, const struct field_event *e, struct value *ret)
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
static bool around(const struct field_ref *ref, const struct field_event *e, struct value *ret)
{
	uint64_t ts = e->ev->ts_ns;
	uint64_t apart = ts > ref->index ? ts - ref->index : ref->index - ts;

	return value_uint(ret, PT_UINT64, apart / 1000000 + (apart % 1000000 != 0));
}

/* Events that a plugin made are of its source, and there are no plugins here. */
static bool source(const struct field_event *e, struct value *ret)
{
	int64_t plugin = 0;

	if (e->ev->code == EVENT_PLUGINEVENT_E ||
	    (e->ev->code == EVENT_ASYNCEVENT_E && event_param_int(e, 0, &plugin) && plugin != 0))
		return false;
	return e->source != NULL && value_str(ret, e->source);
}

static bool hostname(const struct field_event *e, struct value *ret)
{
	const struct host_frame *h = mirror_host(e->mirror);

	return h != NULL && value_string(ret, h->hostname);
}

/* ---- counts ---- */

static bool count_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	bool info = e->ev->code == EVENT_PROCINFO_E;

	switch (id) {
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

/* Longer than others: one case per group of fields, each of which only calls. */
bool field_evt_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	switch (ref->id) {
	case FIELD_evt_truncated:
		return value_bool(ret, e->ev->flags & EVENT_TRUNCATED);
	case FIELD_evt_num:
		return value_uint(ret, PT_UINT64, e->ev->num);
	case FIELD_evt_type:
		return type_name(e, ret);
	case FIELD_syscall_type:
		return e->info->source == ES_SYSCALL && type_name(e, ret);
	case FIELD_evt_type_is:
		return type_is(ref, e, ret);
	case FIELD_evt_dir:
		return value_str(ret, event_is_exit(e->ev->code) ? "<" : ">");
	case FIELD_evt_category:
		return value_str(ret, category(e));
	case FIELD_evt_cpu:
		return value_int(ret, PT_INT16, (int16_t)e->ev->cpu);
	case FIELD_evt_source:
		return source(e, ret);
	case FIELD_evt_asynctype:
		return async_type(e, ret);
	case FIELD_evt_hostname:
		return hostname(e, ret);
	case FIELD_evt_args:
	case FIELD_evt_info:
		return args(e, ret);
	case FIELD_evt_arg:
		return arg(ref, e, ret);
	case FIELD_evt_rawarg:
		return raw_arg(ref, e, ret);
	case FIELD_evt_abspath:
		return field_abspath(ref, e, ret);
	case FIELD_evt_around:
		return around(ref, e, ret);
	case FIELD_evt_buffer:
		return buffer(e, ret);
	case FIELD_evt_buflen:
	case FIELD_evt_buflen_in:
	case FIELD_evt_buflen_out:
	case FIELD_evt_buflen_file:
	case FIELD_evt_buflen_file_in:
	case FIELD_evt_buflen_file_out:
	case FIELD_evt_buflen_net:
	case FIELD_evt_buflen_net_in:
	case FIELD_evt_buflen_net_out:
		return buflen_field(ref->id, e, ret);
	case FIELD_evt_res:
		return result_text(e, ret);
	case FIELD_evt_rawres:
	case FIELD_evt_failed:
	case FIELD_evt_count_error:
	case FIELD_evt_count_error_file:
	case FIELD_evt_count_error_net:
	case FIELD_evt_count_error_memory:
	case FIELD_evt_count_error_other:
		return result_field(ref->id, e, ret);
	case FIELD_evt_is_io:
	case FIELD_evt_is_io_read:
	case FIELD_evt_is_io_write:
	case FIELD_evt_io_dir:
	case FIELD_evt_is_wait:
	case FIELD_evt_is_async:
	case FIELD_evt_is_syslog:
		return flag_field(ref->id, e, ret);
	case FIELD_evt_count:
	case FIELD_evt_count_exit:
	case FIELD_evt_count_procinfo:
	case FIELD_evt_count_threadinfo:
		return count_field(ref->id, e, ret);
	case FIELD_evt_is_open_read:
	case FIELD_evt_is_open_write:
	case FIELD_evt_is_open_exec:
	case FIELD_evt_is_open_create:
		return open_field(ref->id, e, ret);
	case FIELD_evt_latency:
	case FIELD_evt_latency_s:
	case FIELD_evt_latency_ns:
	case FIELD_evt_wait_latency:
		return value_uint(ret, PT_RELTIME, 0);
	case FIELD_evt_latency_quantized:
		return value_uint(ret, PT_UINT64, 0);
	case FIELD_evt_latency_human:
		return value_str(ret, "0ns");
	case FIELD_evt_pluginname:
	case FIELD_evt_plugininfo:
	case FIELD_evt_infra_docker_name:
	case FIELD_evt_infra_docker_container_id:
	case FIELD_evt_infra_docker_container_name:
	case FIELD_evt_infra_docker_container_image:
		return false; /* mews has no plugins, and never makes these events */
	default:
		return time_field(ref, e, ret);
	}
}
