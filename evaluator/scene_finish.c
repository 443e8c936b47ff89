/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_finish.c -- who acts, as far as nobody said it: a program of a plain
 * user, started by systemd a second ago, on the host.
 */
#include "scene_value.h"
#include "text.h"

#define SECOND UINT64_C(1000000000)

enum {
	DEFAULT_PID = 4200, /* of the event's process; its ancestors' are smaller */
	DEFAULT_LEADER = 3900,
	DEFAULT_VPID = 40, /* in a container; its ancestors' are smaller */
	DEFAULT_UID = 1000,
	COMM_MAX = 15,
};

static bool said(const struct scene_process *p, uint64_t bits)
{
	return (p->said & bits) != 0;
}

/* ---- names ---- */

static struct span short_name(struct span path)
{
	struct span name = text_basename(path);

	if (name.n > COMM_MAX)
		name.n = COMM_MAX;
	return name;
}

static struct span below_usr_bin(struct pool *pool, struct span name)
{
	struct pool_text path = { .pool = pool };

	pool_text_str(&path, "/usr/bin/");
	pool_text_add(&path, name);
	return pool_text_span(&path);
}

/* Each of name, argv[0] and path by the others. */
static void finish_names(struct scene *s, struct scene_process *p)
{
	struct process_info *i = &p->info;

	if (!said(p, PROCESS_BIT(comm))) {
		if (said(p, PROCESS_BIT(exepath)) && i->exepath.n > 0)
			i->comm = short_name(i->exepath);
		else if (said(p, PROCESS_BIT(exe)) && i->exe.n > 0)
			i->comm = short_name(i->exe);
		else
			i->comm = span_str(i->pid == 1 ? "systemd" : "program");
	}
	if (!said(p, PROCESS_BIT(exe)))
		i->exe = said(p, PROCESS_BIT(exepath)) ? i->exepath : i->comm;
	if (!said(p, PROCESS_BIT(exepath)))
		i->exepath = below_usr_bin(s->pool, i->comm);
}

/* ---- numbers ---- */

static bool is_taken(const struct scene *s, int64_t pid)
{
	for (unsigned i = 0; i < s->depth; i++)
		if (said(&s->chain[i], PROCESS_BIT(pid)) && s->chain[i].info.pid == pid)
			return true;
	return false;
}

static int64_t free_pid(const struct scene *s, int64_t wanted)
{
	while (is_taken(s, wanted))
		wanted--;
	return wanted;
}

static void finish_pids(struct scene *s)
{
	int64_t next = DEFAULT_PID;

	for (unsigned i = 0; i < s->depth; i++) {
		struct scene_process *p = &s->chain[i];

		if (!said(p, PROCESS_BIT(pid)))
			p->info.pid = free_pid(s, next);
		next -= 10;
	}
	if (!s->said_tid)
		s->tid = s->chain[0].info.pid;
}

/* The chain ends at pid 1, unless somebody said that it ends before. */
static void finish_top(struct scene *s)
{
	if (s->is_orphan || s->depth == SCENE_CHAIN || s->chain[s->depth - 1].info.pid == 1)
		return;
	s->chain[s->depth].info.pid = 1;
	s->depth++;
}

static bool is_contained(const struct scene *s)
{
	return s->chain[0].info.container_id.n > 0 ||
	       said(&s->chain[0], PROCESS_BIT(pidns_init_start_ts) | PROCESS_BIT(vpid));
}

static int64_t own_or(const struct scene_process *p, uint64_t bit, int64_t said_value,
		      int64_t standard)
{
	if (!said(p, bit))
		return standard;
	return said_value;
}

static void finish_ids(struct scene *s, unsigned n)
{
	struct scene_process *p = &s->chain[n], *up = n + 1 < s->depth ? p + 1 : NULL;
	struct process_info *i = &p->info;
	bool inside = is_contained(s) && i->pid != 1;
	int64_t parent;

	i->tid = n == 0 ? s->tid : i->pid;
	i->ptid = up == NULL ? -1 : up->info.pid;
	i->vpid =
		own_or(p, PROCESS_BIT(vpid), i->vpid, inside ? DEFAULT_VPID - (int64_t)n : i->pid);
	i->vtid = own_or(p, PROCESS_BIT(vtid), i->vtid, i->vpid + (i->tid - i->pid));
	parent = up == NULL ? i->vpid : inside ? i->vpid - 1 : up->info.pid;
	i->sid = own_or(p, PROCESS_BIT(sid), i->sid, parent);
	i->vpgid = own_or(p, PROCESS_BIT(vpgid), i->vpgid, i->vpid);
	i->pgid = own_or(p, PROCESS_BIT(pgid), i->pgid, i->pid);
	if (i->sid == INT64_MIN)
		i->sid = i->vpid;
	if (i->vpgid == INT64_MIN)
		i->vpgid = i->vpid;
	if (i->pgid == INT64_MIN)
		i->pgid = i->pid;
}

/* ---- leaders ---- */

/* A leader is found by the number that the process has of it. */
static void finish_leader(struct scene *s, enum scene_leader which)
{
	static const uint64_t bits[LEADER_COUNT] = { PROCESS_BIT(sid), PROCESS_BIT(vpgid),
						     PROCESS_BIT(pgid) };
	struct process_info *self = &s->chain[0].info, *i = &s->leader[which].info;
	int64_t *id = which == LEADER_SESSION  ? &self->sid
		      : which == LEADER_VGROUP ? &self->vpgid
					       : &self->pgid;

	if ((s->has_leader >> which & 1) == 0)
		return;
	if (!said(&s->chain[0], bits[which]))
		*id = free_pid(s, DEFAULT_LEADER - (int64_t)which);
	i->pid = i->tid = i->vpid = i->vtid = i->sid = i->vpgid = i->pgid = *id;
	i->ptid = 1;
}

/* ---- the rest ---- */

static void finish_rest(struct scene *s, unsigned n)
{
	struct scene_process *p = &s->chain[n];
	struct process_info *i = &p->info;
	bool is_init = i->pid == 1;

	if (!said(p, PROCESS_BIT(uid)))
		i->uid = is_init ? 0 : n > 0 ? s->chain[0].info.uid : DEFAULT_UID;
	if (!said(p, PROCESS_BIT(gid)))
		i->gid = i->uid == 0 ? 0 : DEFAULT_UID;
	if (!said(p, PROCESS_BIT(loginuid)))
		i->loginuid = UINT32_MAX;
	if (!said(p, PROCESS_BIT(cwd)))
		i->cwd = span_str("/");
	if (!said(p, PROCESS_BIT(fdlimit)))
		i->fdlimit = 1024;
	if (!said(p, PROCESS_BIT(clone_ts)))
		i->clone_ts = s->ts_ns - s->since_ns - (n == 0 ? 1 : n < 2 ? 60 : 3600) * SECOND;
	i->root = span_str("/");
	i->lastexec_ts = i->clone_ts;
	if (n > 0 && !is_init)
		i->container_id = s->chain[0].info.container_id;
	if (!is_init && is_contained(s) && !said(p, PROCESS_BIT(pidns_init_start_ts)))
		i->pidns_init_start_ts = s->ts_ns - s->since_ns - 3600 * SECOND;
}

static void finish_account(struct scene_account *a, uint64_t uid)
{
	if (a->name.p == NULL)
		a->name = span_str(uid == 0 ? "root" : "user");
	if (a->home.p == NULL)
		a->home = span_str(uid == 0 ? "/root" : "/home/user");
	if (a->shell.p == NULL)
		a->shell = span_str("/bin/bash");
}

void scene_finish_processes(struct scene *s)
{
	finish_pids(s);
	finish_top(s);
	for (unsigned i = s->depth; i-- > 0;)
		finish_ids(s, i);
	for (unsigned i = 0; i < s->depth; i++) {
		finish_names(s, &s->chain[i]);
		finish_rest(s, i);
	}
	for (unsigned i = 0; i < LEADER_COUNT; i++) {
		finish_leader(s, i);
		finish_names(s, &s->leader[i]);
		s->leader[i].info.cwd = s->leader[i].info.root = span_str("/");
		s->leader[i].info.loginuid = UINT32_MAX;
	}
	finish_account(&s->user, s->chain[0].info.uid);
	finish_account(&s->login, s->chain[0].info.loginuid);
	if (s->group.p == NULL)
		s->group = span_str(s->chain[0].info.gid == 0 ? "root" : "user");
}

void scene_finish(struct scene *s)
{
	scene_finish_metadata(s);
	scene_finish_processes(s);
	scene_finish_event(s);
}
