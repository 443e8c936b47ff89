/* SPDX-License-Identifier: Apache-2.0
 *
 * field_proc.c -- proc.* and thread.*: what the mirror knows of the event's
 * thread and its process; field_ancestor.c has what it knows of those around.
 */
#include "field_class.h"
#include "field_words.h"
#include "names.h"

/* ---- what it runs ---- */

static bool name_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_string(ret, e->process->info.comm);
}

static bool exe_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_string(ret, e->process->info.exe);
}

static bool exepath_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_string(ret, e->process->info.exepath);
}

static bool cwd_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_string(ret, field_cwd(e));
}

static bool cmdline_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return process_cmdline(e, &e->process->info, ret);
}

static bool exeline_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p = &e->process->info;
	struct text t;

	(void)ref;
	text_begin(&t, e->arena);
	text_put(&t, p->exe);
	text_char(&t, ' ');
	words_put(&t, process_args(p));
	return value_string(ret, text_end(&t));
}

static bool args_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct span args = process_args(&e->process->info);

	return ref->has_index ? words_nth(args, ref->index, ret) : words_joined(e, args, ret);
}

static uint64_t args_count(struct span args)
{
	uint64_t n = 0;
	struct span s;

	while (words_next(&args, &s))
		n++;
	return n;
}

static uint64_t args_length(struct span args)
{
	uint64_t n = 0;
	struct span s;

	while (words_next(&args, &s))
		n += s.n;
	return n;
}

static bool env_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct span env = mirror_main(e->mirror, e->process)->info.env, s;

	if (!ref->has_key)
		return words_joined(e, env, ret);
	return words_named(env, ref->key, &s) ? value_string(ret, s) : value_str(ret, "");
}

/* ---- what rides in the event ---- */

static bool open_files_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int64_t limit = e->process->info.fdlimit;
	uint64_t count;

	if (!wire_extra_get_fd_count(e->ev->extra, &count))
		return false;
	if (ref->id == FIELD_proc_fdopencount)
		return value_uint(ret, PT_UINT64, count);
	return value_double(ret, limit > 0 ? 100.0 * (double)count / (double)limit : 0.0);
}

static bool stdio_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	struct wire_stdio stdio[3];
	bool is_name = ref->id >= FIELD_proc_stdin_name;
	unsigned n = ref->id - (is_name ? FIELD_proc_stdin_name : FIELD_proc_stdin_type);

	if (!wire_extra_get_stdio(e->ev->extra, stdio) || !stdio[n].is_open)
		return false;
	return is_name ? value_string(ret, stdio[n].name)
		       : value_str(ret, file_type_text(stdio[n].type));
}

static bool threads_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	uint64_t live, others;

	return wire_extra_get_threads(e->ev->extra, &live, &others) &&
	       value_uint(ret, PT_UINT64, ref->id == FIELD_proc_nthreads ? live : others);
}

/* ---- the thread's own ---- */

/* Subsystems go by their old names. */
static const struct {
	const char *now, *shown;
} subsystems[] = { { "io", "blkio" }, { "mem", "memory" }, { "perf", "perf_event" } };

static struct span subsystem_shown(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(subsystems); i++)
		if (span_is(name, subsystems[i].now))
			return span_str(subsystems[i].shown);
	return name;
}

/* The next SUBSYSTEM=PATH of CGROUPS. */
static bool next_cgroup(struct span *cgroups, struct span *ret_name, struct span *ret_path)
{
	const uint8_t *equal;
	struct span s;

	do {
		if (!words_next(cgroups, &s))
			return false;
		equal = s.n > 0 ? memchr(s.p, '=', s.n) : NULL;
	} while (equal == NULL);
	*ret_name = subsystem_shown(span_of(s.p, (size_t)(equal - s.p)));
	*ret_path = span_of(equal + 1, s.n - (size_t)(equal - s.p) - 1);
	return true;
}

static bool all_cgroups(const struct field_event *e, struct value *ret)
{
	struct span cgroups = e->process->info.cgroups, name, path;
	struct text t;

	text_begin(&t, e->arena);
	while (next_cgroup(&cgroups, &name, &path)) {
		if (t.n > 0)
			text_char(&t, ' ');
		text_put(&t, name);
		text_char(&t, '=');
		text_put(&t, path);
	}
	return value_string(ret, text_end(&t)) && ret->s.n > 0;
}

static bool one_cgroup(const struct field_event *e, struct span wanted, struct value *ret)
{
	struct span cgroups = e->process->info.cgroups, name, path;

	while (next_cgroup(&cgroups, &name, &path))
		if (span_eq(name, wanted))
			return value_string(ret, path);
	return false;
}

static bool capabilities(const struct field_event *e, uint64_t set, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = set >> bit & 1 ? name_of_capability(bit) : NULL;

		if (name == NULL)
			continue;
		if (t.n > 0)
			text_char(&t, ' ');
		text_str(&t, name);
	}
	return value_string(ret, text_end(&t));
}

static bool nonzero(struct value *ret, unsigned type, uint64_t v)
{
	return v != 0 && value_uint(ret, type, v);
}

uint64_t field_pidns_start(const struct process_info *p)
{
	return p->tid != p->vtid && p->vtid != -1 ? p->pidns_init_start_ts : 0;
}

static bool exe_file_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p = &e->process->info;
	uint64_t pidns = field_pidns_start(p);

	switch (ref->id) {
	case FIELD_proc_exe_ino:
		return p->exe_ino != 0 && value_int(ret, PT_INT64, (int64_t)p->exe_ino);
	case FIELD_proc_exe_ino_ctime:
		return nonzero(ret, PT_ABSTIME, p->exe_ctime);
	case FIELD_proc_exe_ino_mtime:
		return nonzero(ret, PT_ABSTIME, p->exe_mtime);
	case FIELD_proc_exe_ino_ctime_duration_proc_start:
		return nonzero(ret, PT_ABSTIME, p->exe_ctime_to_clone);
	default:
		return pidns != 0 && p->exe_ctime > pidns &&
		       value_uint(ret, PT_ABSTIME, p->exe_ctime - pidns);
	}
}

static bool thread_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p = &e->process->info;
	bool is_main = p->tid == p->pid;
	struct text t;

	switch (ref->id) {
	case FIELD_thread_cap_permitted:
		return capabilities(e, p->cap_permitted, ret);
	case FIELD_thread_cap_inheritable:
		return capabilities(e, p->cap_inheritable, ret);
	case FIELD_thread_cap_effective:
		return capabilities(e, p->cap_effective, ret);
	case FIELD_thread_pfmajor:
		return value_uint(ret, PT_UINT64, p->pfmajor);
	case FIELD_thread_pfminor:
		return value_uint(ret, PT_UINT64, p->pfminor);
	case FIELD_thread_ismain:
		return value_bool(ret, is_main);
	case FIELD_thread_vtid:
		return p->vtid != -1 && value_int(ret, PT_INT64, p->vtid);
	case FIELD_thread_nametid:
		text_begin(&t, e->arena);
		text_put(&t, p->comm);
		text_signed(&t, e->ev->tid);
		return value_string(ret, text_end(&t));
	case FIELD_thread_cgroups:
		return all_cgroups(e, ret);
	case FIELD_thread_cgroup:
		return one_cgroup(e, ref->key, ret);
	case FIELD_thread_cpu:
	case FIELD_thread_cpu_user:
	case FIELD_thread_cpu_system:
		return e->ev->code == EVENT_PROCINFO_E && value_double(ret, 0.0);
	case FIELD_thread_vmsize:
	case FIELD_thread_vmsize_b:
		return value_uint(ret, PT_UINT64,
				  is_main ? p->vmsize * (ref->id == FIELD_thread_vmsize ? 1 : 1024)
					  : 0);
	case FIELD_thread_vmrss:
	case FIELD_thread_vmrss_b:
		return value_uint(ret, PT_UINT64,
				  is_main ? p->vmrss * (ref->id == FIELD_thread_vmrss ? 1 : 1024)
					  : 0);
	default:
		return false;
	}
}

/* The ids, times and sizes of the entry. */
static bool number_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p = &e->process->info;

	switch (ref->id) {
	case FIELD_proc_cmdnargs:
		return value_uint(ret, PT_UINT64, args_count(process_args(p)));
	case FIELD_proc_cmdlenargs:
		return value_uint(ret, PT_UINT64, args_length(process_args(p)));
	case FIELD_proc_tty:
		return value_uint(ret, PT_UINT32, p->tty);
	case FIELD_proc_pid:
		return value_host_id(ret, p->pid);
	case FIELD_proc_vpid:
		return p->vpid != -1 && value_int(ret, PT_INT64, p->vpid);
	case FIELD_proc_sid:
		return value_int(ret, PT_INT64, p->sid);
	case FIELD_proc_vpgid:
		return value_int(ret, PT_INT64, p->vpgid);
	case FIELD_proc_pgid:
		return value_int(ret, PT_INT64, p->pgid);
	case FIELD_proc_duration:
		return p->clone_ts != 0 && value_uint(ret, PT_RELTIME, e->ev->ts_ns - p->clone_ts);
	case FIELD_proc_pid_ts:
		return nonzero(ret, PT_RELTIME, p->clone_ts);
	case FIELD_proc_pidns_init_start_ts:
		return nonzero(ret, PT_UINT64, field_pidns_start(p));
	case FIELD_proc_fdlimit:
		return value_int(ret, PT_INT64, p->fdlimit);
	case FIELD_proc_vmsize:
		return value_uint(ret, PT_UINT64, p->vmsize);
	case FIELD_proc_vmrss:
		return value_uint(ret, PT_UINT64, p->vmrss);
	case FIELD_proc_vmswap:
		return value_uint(ret, PT_UINT64, p->vmswap);
	default:
		return false;
	}
}

enum { EXE_WRITABLE = 1, EXE_UPPER_LAYER = 2, EXE_FROM_MEMFD = 4, EXE_LOWER_LAYER = 8 };

static bool is_group(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p = &e->process->info;

	switch (ref->id) {
	case FIELD_proc_is_exe_writable:
		return value_bool(ret, p->exe_flags & EXE_WRITABLE);
	case FIELD_proc_is_exe_upper_layer:
		return value_bool(ret, p->exe_flags & EXE_UPPER_LAYER);
	case FIELD_proc_is_exe_lower_layer:
		return value_bool(ret, p->exe_flags & EXE_LOWER_LAYER);
	case FIELD_proc_is_exe_from_memfd:
		return value_bool(ret, p->exe_flags & EXE_FROM_MEMFD);
	case FIELD_proc_is_sid_leader:
		return value_bool(ret, p->sid == p->vpid);
	case FIELD_proc_is_vpgid_leader:
		return value_bool(ret, p->vpgid == p->vpid);
	default:
		return value_bool(ret, p->pgid == p->pid);
	}
}

/* Nobody sums it up. */
static bool no_time_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	(void)e;
	return value_uint(ret, PT_RELTIME, 0);
}

/* ---- all of them ---- */

/* Of an event that has a process. */
static field_getter *const getters[FIELD_user_uid] = {
	[FIELD_proc_exe] = exe_get,
	[FIELD_proc_pexe] = field_parent_get,
	[FIELD_proc_aexe] = field_ancestor_get,
	[FIELD_proc_exepath] = exepath_get,
	[FIELD_proc_pexepath] = field_parent_get,
	[FIELD_proc_aexepath] = field_ancestor_get,
	[FIELD_proc_name] = name_get,
	[FIELD_proc_pname] = field_parent_get,
	[FIELD_proc_aname] = field_ancestor_get,
	[FIELD_proc_args] = args_get,
	[FIELD_proc_aargs] = field_ancestor_get,
	[FIELD_proc_cmdline] = cmdline_get,
	[FIELD_proc_pcmdline] = field_parent_get,
	[FIELD_proc_acmdline] = field_ancestor_get,
	[FIELD_proc_cmdnargs] = number_group,
	[FIELD_proc_cmdlenargs] = number_group,
	[FIELD_proc_exeline] = exeline_get,
	[FIELD_proc_env] = env_get,
	[FIELD_proc_aenv] = field_ancestor_get,
	[FIELD_proc_cwd] = cwd_get,
	[FIELD_proc_loginshellid] = field_loginshell_get,
	[FIELD_proc_tty] = number_group,
	[FIELD_proc_pid] = number_group,
	[FIELD_proc_ppid] = field_parent_get,
	[FIELD_proc_apid] = field_ancestor_get,
	[FIELD_proc_vpid] = number_group,
	[FIELD_proc_pvpid] = field_parent_get,
	[FIELD_proc_sid] = number_group,
	[FIELD_proc_sname] = field_leader_get,
	[FIELD_proc_sid_exe] = field_leader_get,
	[FIELD_proc_sid_exepath] = field_leader_get,
	[FIELD_proc_vpgid] = number_group,
	[FIELD_proc_vpgid_name] = field_leader_get,
	[FIELD_proc_vpgid_exe] = field_leader_get,
	[FIELD_proc_vpgid_exepath] = field_leader_get,
	[FIELD_proc_pgid] = number_group,
	[FIELD_proc_pgid_name] = field_leader_get,
	[FIELD_proc_pgid_exe] = field_leader_get,
	[FIELD_proc_pgid_exepath] = field_leader_get,
	[FIELD_proc_duration] = number_group,
	[FIELD_proc_ppid_duration] = field_parent_get,
	[FIELD_proc_pid_ts] = number_group,
	[FIELD_proc_ppid_ts] = field_parent_get,
	[FIELD_proc_is_exe_writable] = is_group,
	[FIELD_proc_is_exe_upper_layer] = is_group,
	[FIELD_proc_is_exe_lower_layer] = is_group,
	[FIELD_proc_is_exe_from_memfd] = is_group,
	[FIELD_proc_is_sid_leader] = is_group,
	[FIELD_proc_is_vpgid_leader] = is_group,
	[FIELD_proc_is_pgid_leader] = is_group,
	[FIELD_proc_exe_ino] = exe_file_group,
	[FIELD_proc_exe_ino_ctime] = exe_file_group,
	[FIELD_proc_exe_ino_mtime] = exe_file_group,
	[FIELD_proc_exe_ino_ctime_duration_proc_start] = exe_file_group,
	[FIELD_proc_exe_ino_ctime_duration_pidns_start] = exe_file_group,
	[FIELD_proc_pidns_init_start_ts] = number_group,
	[FIELD_thread_cap_permitted] = thread_group,
	[FIELD_thread_cap_inheritable] = thread_group,
	[FIELD_thread_cap_effective] = thread_group,
	[FIELD_proc_fdopencount] = open_files_group,
	[FIELD_proc_fdlimit] = number_group,
	[FIELD_proc_fdusage] = open_files_group,
	[FIELD_proc_vmsize] = number_group,
	[FIELD_proc_vmrss] = number_group,
	[FIELD_proc_vmswap] = number_group,
	[FIELD_thread_pfmajor] = thread_group,
	[FIELD_thread_pfminor] = thread_group,
	[FIELD_thread_ismain] = thread_group,
	[FIELD_thread_vtid] = thread_group,
	[FIELD_thread_nametid] = thread_group,
	[FIELD_thread_totexectime] = no_time_get,
	[FIELD_thread_cgroups] = thread_group,
	[FIELD_thread_cgroup] = thread_group,
	[FIELD_proc_nthreads] = threads_group,
	[FIELD_proc_nchilds] = threads_group,
	[FIELD_thread_cpu] = thread_group,
	[FIELD_thread_cpu_user] = thread_group,
	[FIELD_thread_cpu_system] = thread_group,
	[FIELD_thread_vmsize] = thread_group,
	[FIELD_thread_vmrss] = thread_group,
	[FIELD_thread_vmsize_b] = thread_group,
	[FIELD_thread_vmrss_b] = thread_group,
	[FIELD_proc_stdin_type] = stdio_group,
	[FIELD_proc_stdout_type] = stdio_group,
	[FIELD_proc_stderr_type] = stdio_group,
	[FIELD_proc_stdin_name] = stdio_group,
	[FIELD_proc_stdout_name] = stdio_group,
	[FIELD_proc_stderr_name] = stdio_group,
};

static bool of_process(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	return e->process != NULL && getters[ref->id](ref, e, ret);
}

static bool tid_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	(void)ref;
	return value_host_id(ret, e->ev->tid);
}

field_getter *field_proc_getter(enum field_id id)
{
	if (id == FIELD_thread_tid)
		return tid_get;
	if (id == FIELD_thread_exectime)
		return field_exectime_get;
	return getters[id] != NULL ? of_process : NULL; /* none is: tests/unit/test_field.c */
}
