/* SPDX-License-Identifier: Apache-2.0
 *
 * field_proc.c -- proc.* and thread.*: what the mirror knows of the event's
 * thread, its process, its ancestors and its leaders.
 */
#include "field_class.h"
#include "names.h"

/* Steps up a chain of parents at most; the enricher could tell us a loop. */
enum { ANCESTORS_MAX = 128, AENV_STEPS = 20 };

/* ---- strings that end in NUL, one behind the other ---- */

/* The next string of LIST, taken off; false at the end. */
static bool next_string(struct span *list, struct span *ret)
{
	const uint8_t *nul;

	if (list->n == 0)
		return false;
	nul = memchr(list->p, 0, list->n);
	ret->p = list->p;
	ret->n = nul != NULL ? (size_t)(nul - list->p) : list->n;
	list->p += nul != NULL ? ret->n + 1 : ret->n;
	list->n -= nul != NULL ? ret->n + 1 : ret->n;
	return true;
}

/* The arguments; one empty argument alone counts as none. */
static struct span args_of(const struct process_info *p)
{
	return p->args.n == 1 && p->args.p[0] == 0 ? SPAN_NONE : p->args;
}

static void put_joined(struct text *t, struct span list)
{
	struct span s;

	for (bool first = true; next_string(&list, &s); first = false) {
		if (!first)
			text_char(t, ' ');
		text_put(t, s);
	}
}

static bool joined(const struct field_event *e, struct span list, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	put_joined(&t, list);
	return value_string(ret, text_end(&t));
}

/* The value of NAME in LIST of NAME=VALUE; false: it is not there. */
static bool named(struct span list, struct span name, struct span *ret)
{
	struct span s;

	while (next_string(&list, &s)) {
		if (s.n > name.n && s.p[name.n] == '=' && span_starts(s, name)) {
			*ret = span_of(s.p + name.n + 1, s.n - name.n - 1);
			return true;
		}
	}
	return false;
}

static bool nth_string(struct span list, uint64_t n, struct value *ret)
{
	struct span s;

	while (next_string(&list, &s))
		if (n-- == 0)
			return value_string(ret, s);
	return value_str(ret, "");
}

static void put_cmdline(struct text *t, const struct process_info *p)
{
	struct span args = args_of(p), s;

	text_put(t, p->comm);
	while (next_string(&args, &s)) {
		text_char(t, ' ');
		text_put(t, s);
	}
}

static bool cmdline(const struct field_event *e, const struct process_info *p, struct value *ret)
{
	struct text t;

	if (args_of(p).n == 0)
		return value_string(ret, p->comm);
	text_begin(&t, e->arena);
	put_cmdline(&t, p);
	return value_string(ret, text_end(&t));
}

static bool exeline(const struct field_event *e, const struct process_info *p, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	text_put(&t, p->exe);
	text_char(&t, ' ');
	put_joined(&t, args_of(p));
	return value_string(ret, text_end(&t));
}

static uint64_t args_count(struct span args)
{
	uint64_t n = 0;
	struct span s;

	while (next_string(&args, &s))
		n++;
	return n;
}

static uint64_t args_length(struct span args)
{
	uint64_t n = 0;
	struct span s;

	while (next_string(&args, &s))
		n += s.n;
	return n;
}

/* ---- ancestors ---- */

/* A walk up the chain of parents: bounded, and it stops in a loop. */
struct walk {
	const struct mirror *m;
	const struct mirror_process *p, *mark;
	unsigned steps, next_mark;
};

static struct walk walk_from(const struct field_event *e)
{
	return (struct walk){ e->mirror, e->process, e->process, 0, 1 };
}

/* The next ancestor; NULL at the end. */
static const struct mirror_process *walk_up(struct walk *w)
{
	if (w->p == NULL || w->steps >= ANCESTORS_MAX)
		return NULL;
	w->p = mirror_parent(w->m, w->p);
	if (w->p == w->mark)
		w->p = NULL; /* seen before */
	if (++w->steps == w->next_mark) {
		w->mark = w->p;
		w->next_mark *= 2;
	}
	return w->p;
}

/* Ancestor N; 0 is the process itself, by its main thread. */
static const struct mirror_process *ancestor(const struct field_event *e, uint64_t n)
{
	const struct mirror_process *p = mirror_main(e->mirror, e->process);
	struct walk w = walk_from(e);

	if (p->info.tid != p->info.pid || n > ANCESTORS_MAX)
		return NULL;
	while (n-- > 0 && p != NULL)
		p = walk_up(&w);
	return p;
}

/* A number beyond 32 bits is none: Falco's replays of some sources make them up. */
static bool host_id(struct value *ret, int64_t id)
{
	return id >= -1 && id <= UINT32_MAX && value_int(ret, PT_INT64, id);
}

/* What an ancestor field says of one ancestor. */
static bool of_ancestor(enum field_id id, const struct field_event *e,
			const struct mirror_process *p, struct value *ret)
{
	switch (id) {
	case FIELD_proc_aname:
		return value_string(ret, p->info.comm);
	case FIELD_proc_aexe:
		return value_string(ret, p->info.exe);
	case FIELD_proc_aexepath:
		return value_string(ret, p->info.exepath);
	case FIELD_proc_acmdline:
		return cmdline(e, &p->info, ret);
	case FIELD_proc_aargs:
		return joined(e, args_of(&p->info), ret);
	case FIELD_proc_aenv:
		return joined(e, p->info.env, ret);
	default:
		return host_id(ret, p->info.pid);
	}
}

/* All ancestors' values joined by spaces, nearest first; missing when there is
 * nothing to say. */
static bool of_all_ancestors(enum field_id id, const struct field_event *e, struct value *ret)
{
	struct walk w = walk_from(e);
	const struct mirror_process *p;
	struct text t;
	struct span all;

	text_begin(&t, e->arena);
	while ((p = walk_up(&w)) != NULL) {
		if (t.n > 0)
			text_char(&t, ' ');
		if (id == FIELD_proc_aname)
			text_put(&t, p->info.comm);
		else if (id == FIELD_proc_aexe)
			text_put(&t, p->info.exe);
		else if (id == FIELD_proc_aexepath)
			text_put(&t, p->info.exepath);
		else if (id == FIELD_proc_acmdline)
			put_cmdline(&t, &p->info);
		else
			put_joined(&t, args_of(&p->info));
	}
	all = text_end(&t);
	return all.n > 0 && value_string(ret, all);
}

/* The first value of NAME that is not empty, among the nearest ancestors. */
static bool env_of_ancestors(const struct field_event *e, struct span name, struct value *ret)
{
	struct walk w = walk_from(e);
	const struct mirror_process *p;
	struct span s;

	for (unsigned i = 0; i < AENV_STEPS && (p = walk_up(&w)) != NULL; i++)
		if (named(p->info.env, name, &s) && s.n > 0)
			return value_string(ret, s);
	return value_str(ret, "");
}

static bool ancestor_field(const struct field_ref *ref, const struct field_event *e,
			   struct value *ret)
{
	const struct mirror_process *p;

	if (ref->id == FIELD_proc_aenv && ref->has_key)
		return env_of_ancestors(e, ref->key, ret);
	if (ref->has_index) {
		p = ancestor(e, ref->index);
		return p != NULL && of_ancestor(ref->id, e, p, ret);
	}
	/* In outputs these two speak of the process itself. */
	if (ref->id == FIELD_proc_apid) {
		p = ancestor(e, 0);
		return p != NULL && host_id(ret, p->info.pid);
	}
	if (ref->id == FIELD_proc_aenv)
		return joined(e, mirror_main(e->mirror, e->process)->info.env, ret);
	return of_all_ancestors(ref->id, e, ret);
}

unsigned field_proc_get_any(const struct field_ref *ref, struct field_event *e, struct value *out)
{
	struct walk w = walk_from(e);
	const struct mirror_process *p;
	unsigned n = 0;

	while (n < FIELD_ANY_MAX && (p = walk_up(&w)) != NULL)
		if (of_ancestor(ref->id, e, p, &out[n]))
			n++;
	return n;
}

static bool parent_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	const struct mirror_process *p = mirror_parent(e->mirror, e->process);
	uint64_t count;

	if (p == NULL)
		return false;
	switch (id) {
	case FIELD_proc_pname:
		return value_string(ret, p->info.comm);
	case FIELD_proc_pexe:
		return value_string(ret, p->info.exe);
	case FIELD_proc_pexepath:
		return value_string(ret, p->info.exepath);
	case FIELD_proc_pcmdline:
		return cmdline(e, &p->info, ret);
	case FIELD_proc_ppid:
		return host_id(ret, p->info.pid);
	case FIELD_proc_pvpid:
		return p->info.vpid != -1 && value_int(ret, PT_INT64, p->info.vpid);
	case FIELD_proc_ppid_ts:
		return value_uint(ret, PT_RELTIME, p->info.clone_ts);
	case FIELD_proc_ppid_duration:
		if (p->info.clone_ts != 0)
			return value_uint(ret, PT_RELTIME, e->ev->ts_ns - p->info.clone_ts);
		/* As in Falco: what stands here then is the count of open files. */
		return wire_extra_get_fd_count(e->ev->extra, &count) &&
		       value_uint(ret, PT_RELTIME, count);
	default:
		return false;
	}
}

/* ---- session and group leaders ---- */

static int64_t leader_id(enum field_id id, const struct process_info *p)
{
	return id >= FIELD_proc_pgid ? p->pgid : id >= FIELD_proc_vpgid ? p->vpgid : p->sid;
}

/* The leader of the session or group; NULL if it is not known.  Ids of a pid
 * namespace cannot be looked up: then it is the eldest in an unbroken line of
 * ancestors that share the id. */
static const struct mirror_process *leader(enum field_id id, const struct field_event *e)
{
	const struct process_info *self = &e->process->info;
	int64_t wanted = leader_id(id, self);
	const struct mirror_process *p, *eldest = NULL;
	struct walk w = walk_from(e);

	if (wanted < 0)
		return NULL;
	if (id >= FIELD_proc_pgid || self->tid == self->vtid) {
		p = mirror_process_by_tid(e->mirror, wanted);
		if (p != NULL)
			return p;
	}
	while ((p = walk_up(&w)) != NULL && leader_id(id, &p->info) == wanted)
		eldest = p;
	return eldest;
}

static bool leader_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	const struct mirror_process *p = leader(id, e);

	if (p == NULL)
		return value_str(ret, "");
	switch (id) {
	case FIELD_proc_sname:
	case FIELD_proc_vpgid_name:
	case FIELD_proc_pgid_name:
		return value_string(ret, p->info.comm);
	case FIELD_proc_sid_exe:
	case FIELD_proc_vpgid_exe:
	case FIELD_proc_pgid_exe:
		return value_string(ret, p->info.exe);
	default:
		return value_string(ret, p->info.exepath);
	}
}

static bool login_shell(const struct field_event *e, struct value *ret)
{
	const struct mirror_process *p = mirror_main(e->mirror, e->process), *shell = NULL;
	struct walk w = walk_from(e);

	for (; p != NULL; p = walk_up(&w))
		if (span_ends(p->info.comm, span_str("sh")))
			shell = p;
	return shell != NULL && value_int(ret, PT_INT64, shell->info.pid);
}

/* ---- what rides in the event ---- */

static bool open_files_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	int64_t limit = e->process->info.fdlimit;
	uint64_t count;

	if (!wire_extra_get_fd_count(e->ev->extra, &count))
		return false;
	if (id == FIELD_proc_fdopencount)
		return value_uint(ret, PT_UINT64, count);
	return value_double(ret, limit > 0 ? 100.0 * (double)count / (double)limit : 0.0);
}

static bool stdio_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	struct wire_stdio stdio[3];
	bool is_name = id >= FIELD_proc_stdin_name;
	unsigned n = id - (is_name ? FIELD_proc_stdin_name : FIELD_proc_stdin_type);

	if (!wire_extra_get_stdio(e->ev->extra, stdio) || !stdio[n].is_open)
		return false;
	return is_name ? value_string(ret, stdio[n].name)
		       : value_str(ret, file_type_text(stdio[n].type));
}

static bool threads_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	uint64_t live, others;

	return wire_extra_get_threads(e->ev->extra, &live, &others) &&
	       value_uint(ret, PT_UINT64, id == FIELD_proc_nthreads ? live : others);
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
		if (!next_string(cgroups, &s))
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

static bool exe_file_field(enum field_id id, const struct process_info *p, struct value *ret)
{
	uint64_t pidns = field_pidns_start(p);

	switch (id) {
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

static bool thread_field(const struct field_ref *ref, const struct field_event *e,
			 struct value *ret)
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
	case FIELD_thread_totexectime:
		return value_uint(ret, PT_RELTIME, 0);
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
static bool number_field(enum field_id id, const struct field_event *e, struct value *ret)
{
	const struct process_info *p = &e->process->info;

	switch (id) {
	case FIELD_proc_cmdnargs:
		return value_uint(ret, PT_UINT64, args_count(args_of(p)));
	case FIELD_proc_cmdlenargs:
		return value_uint(ret, PT_UINT64, args_length(args_of(p)));
	case FIELD_proc_tty:
		return value_uint(ret, PT_UINT32, p->tty);
	case FIELD_proc_pid:
		return host_id(ret, p->pid);
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

static bool bool_field(enum field_id id, const struct process_info *p, struct value *ret)
{
	switch (id) {
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

static bool env_field(const struct field_ref *ref, const struct field_event *e, struct value *ret)
{
	struct span env = mirror_main(e->mirror, e->process)->info.env, s;

	if (!ref->has_key)
		return joined(e, env, ret);
	return named(env, ref->key, &s) ? value_string(ret, s) : value_str(ret, "");
}

/* Longer than others: one case per group of fields, each of which only calls. */
bool field_proc_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct process_info *p;

	if (ref->id == FIELD_thread_tid)
		return host_id(ret, e->ev->tid);
	if (ref->id == FIELD_thread_exectime)
		return value_uint(ret, PT_RELTIME, 0);
	if (e->process == NULL)
		return false;
	p = &e->process->info;
	switch (ref->id) {
	case FIELD_proc_name:
		return value_string(ret, p->comm);
	case FIELD_proc_exe:
		return value_string(ret, p->exe);
	case FIELD_proc_exepath:
		return value_string(ret, p->exepath);
	case FIELD_proc_cmdline:
		return cmdline(e, p, ret);
	case FIELD_proc_exeline:
		return exeline(e, p, ret);
	case FIELD_proc_args:
		return ref->has_index ? nth_string(args_of(p), ref->index, ret)
				      : joined(e, args_of(p), ret);
	case FIELD_proc_env:
		return env_field(ref, e, ret);
	case FIELD_proc_cwd:
		return value_string(ret, field_cwd(e));
	case FIELD_proc_aname:
	case FIELD_proc_aexe:
	case FIELD_proc_aexepath:
	case FIELD_proc_acmdline:
	case FIELD_proc_aargs:
	case FIELD_proc_apid:
	case FIELD_proc_aenv:
		return ancestor_field(ref, e, ret);
	case FIELD_proc_pname:
	case FIELD_proc_pexe:
	case FIELD_proc_pexepath:
	case FIELD_proc_pcmdline:
	case FIELD_proc_ppid:
	case FIELD_proc_pvpid:
	case FIELD_proc_ppid_ts:
	case FIELD_proc_ppid_duration:
		return parent_field(ref->id, e, ret);
	case FIELD_proc_sname:
	case FIELD_proc_sid_exe:
	case FIELD_proc_sid_exepath:
	case FIELD_proc_vpgid_name:
	case FIELD_proc_vpgid_exe:
	case FIELD_proc_vpgid_exepath:
	case FIELD_proc_pgid_name:
	case FIELD_proc_pgid_exe:
	case FIELD_proc_pgid_exepath:
		return leader_field(ref->id, e, ret);
	case FIELD_proc_loginshellid:
		return login_shell(e, ret);
	case FIELD_proc_is_exe_writable:
	case FIELD_proc_is_exe_upper_layer:
	case FIELD_proc_is_exe_lower_layer:
	case FIELD_proc_is_exe_from_memfd:
	case FIELD_proc_is_sid_leader:
	case FIELD_proc_is_vpgid_leader:
	case FIELD_proc_is_pgid_leader:
		return bool_field(ref->id, p, ret);
	case FIELD_proc_exe_ino:
	case FIELD_proc_exe_ino_ctime:
	case FIELD_proc_exe_ino_mtime:
	case FIELD_proc_exe_ino_ctime_duration_proc_start:
	case FIELD_proc_exe_ino_ctime_duration_pidns_start:
		return exe_file_field(ref->id, p, ret);
	case FIELD_proc_fdopencount:
	case FIELD_proc_fdusage:
		return open_files_field(ref->id, e, ret);
	case FIELD_proc_stdin_type:
	case FIELD_proc_stdout_type:
	case FIELD_proc_stderr_type:
	case FIELD_proc_stdin_name:
	case FIELD_proc_stdout_name:
	case FIELD_proc_stderr_name:
		return stdio_field(ref->id, e, ret);
	case FIELD_proc_nthreads:
	case FIELD_proc_nchilds:
		return threads_field(ref->id, e, ret);
	default:
		return ref->id >= FIELD_proc_pidns_init_start_ts &&
				       field_info(ref->id)->name[0] == 't'
			       ? thread_field(ref, e, ret)
			       : number_field(ref->id, e, ret);
	}
}
