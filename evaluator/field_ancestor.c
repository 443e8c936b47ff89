/* SPDX-License-Identifier: Apache-2.0
 *
 * field_ancestor.c -- proc.* of others than the event's process: its ancestors, its parent, the leaders of
 * its session and groups.
 */
#include "field_class.h"
#include "field_words.h"

/* Steps up a chain of parents at most; the enricher could tell us a loop. */
enum { ANCESTORS_MAX = 128, AENV_STEPS = 20 };

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
		return process_cmdline(e, &p->info, ret);
	case FIELD_proc_aargs:
		return words_joined(e, process_args(&p->info), ret);
	case FIELD_proc_aenv:
		return words_joined(e, p->info.env, ret);
	default:
		return value_host_id(ret, p->info.pid);
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
			process_put_cmdline(&t, &p->info);
		else
			words_put(&t, process_args(&p->info));
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
		if (words_named(p->info.env, name, &s) && s.n > 0)
			return value_string(ret, s);
	return value_str(ret, "");
}

bool field_ancestor_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
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
		return p != NULL && value_host_id(ret, p->info.pid);
	}
	if (ref->id == FIELD_proc_aenv)
		return words_joined(e, mirror_main(e->mirror, e->process)->info.env, ret);
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

bool field_parent_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct mirror_process *p = mirror_parent(e->mirror, e->process);
	uint64_t count;

	if (p == NULL)
		return false;
	switch (ref->id) {
	case FIELD_proc_pname:
		return value_string(ret, p->info.comm);
	case FIELD_proc_pexe:
		return value_string(ret, p->info.exe);
	case FIELD_proc_pexepath:
		return value_string(ret, p->info.exepath);
	case FIELD_proc_pcmdline:
		return process_cmdline(e, &p->info, ret);
	case FIELD_proc_ppid:
		return value_host_id(ret, p->info.pid);
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

bool field_leader_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct mirror_process *p = leader(ref->id, e);

	if (p == NULL)
		return value_str(ret, "");
	switch (ref->id) {
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

bool field_loginshell_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	const struct mirror_process *p = mirror_main(e->mirror, e->process), *shell = NULL;
	struct walk w = walk_from(e);

	(void)ref;
	for (; p != NULL; p = walk_up(&w))
		if (span_ends(p->info.comm, span_str("sh")))
			shell = p;
	return shell != NULL && value_int(ret, PT_INT64, shell->info.pid);
}
