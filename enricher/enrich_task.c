/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_task.c -- the state that ring raw brings as frames: tasks and their files
 * of a snapshot.  A snapshot replaces what we believed: entries that it has too
 * keep their keys, entries that it has not are gone, families are put together at
 * its end, when everybody is there.  That of a capture's section begins with nobody.
 */
#include <errno.h>

#include "enrich_core.h"

static void take_fields(struct enrich *en, struct thread *th, const struct process_info *info)
{
	struct proctab *pt = &en->proctab;

	/* Who belongs to whom is proctab_link()'s to say, the container ours. */
#define PROC_I64(member, text)                                                                     \
	if (PROCESS_##member != PROCESS_tid && PROCESS_##member != PROCESS_pid &&                  \
	    PROCESS_##member != PROCESS_ptid)                                                      \
		THREAD_SET(pt, th, member, info->member);
#define PROC_U64(member, text)                                                                     \
	if (PROCESS_##member != PROCESS_flags)                                                     \
		THREAD_SET(pt, th, member, info->member);
#define PROC_BYTES(member, text)                                                                   \
	if (PROCESS_##member != PROCESS_container_id && PROCESS_##member != PROCESS_cwd)           \
		THREAD_SET_BYTES(pt, th, member, info->member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
}

static void take_cwd(struct enrich *en, struct thread *th, struct span cwd)
{
	if (cwd.n > 0 && cwd.n < PATH_CAP && cwd.p[cwd.n - 1] != '/') {
		memcpy(en->text, cwd.p, cwd.n);
		en->text[cwd.n] = '/';
		cwd = span_of(en->text, cwd.n + 1);
	}
	THREAD_SET_BYTES(&en->proctab, th, cwd, cwd);
}

/* Has it ended, so that /proc has no more to say of it than that?  Events of its last moments may still be on
 * their way. */
static bool has_ended(const struct thread *th, const struct process_info *info)
{
	return info->exe_ino == 0 && info->exepath.n == 0 && th->f.exe_ino != 0;
}

/* What goes with a process's memory, files and control group. */
static void keep_what_ended(const struct thread *th, struct process_info *info)
{
	info->comm = blob_span(th->f.comm);
	info->exe = blob_span(th->f.exe);
	info->args = blob_span(th->f.args);
	info->env = blob_span(th->f.env);
	info->exepath = blob_span(th->f.exepath);
	info->cwd = blob_span(th->f.cwd);
	info->root = blob_span(th->f.root);
	info->cgroups = blob_span(th->f.cgroups);
	info->exe_ino = th->f.exe_ino;
	info->exe_ctime = th->f.exe_ctime;
	info->exe_mtime = th->f.exe_mtime;
	info->fdlimit = th->f.fdlimit;
	info->loginuid = th->f.loginuid;
	info->tty = th->f.tty;
}

/* It stays as it was known where /proc cannot say it, or says less: what a program is called by its
 * own wish, or was by the kernel when it was executed. */
static void keep_untold(const struct thread *th, struct process_info *info)
{
	bool same_file = info->exe_ino != 0 && th->f.exe_ino == info->exe_ino &&
			 th->f.exe_ctime == info->exe_ctime;

	if (th->f.clone_ts != 0)
		info->clone_ts = th->f.clone_ts;
	if (info->pidns_init_start_ts == 0)
		info->pidns_init_start_ts = th->f.pidns_init_start_ts;
	if (!same_file)
		return;
	info->exe_flags = th->f.exe_flags;
	info->lastexec_ts = th->f.lastexec_ts;
	if (blob_is(th->f.exe, info->exe) && blob_is(th->f.args, info->args))
		info->comm = blob_span(th->f.comm);
}

/* The entry that the frame is about: the one we have, if it is the same thread. */
static struct thread *entry_for(struct enrich *en, const struct task_frame *f)
{
	struct proctab *pt = &en->proctab;
	struct thread *th = proctab_find(pt, f->info.tid);

	if (th != NULL && !thread_same_start(th->start_ns, f->start_ns)) {
		proctab_evict(pt, th);
		th = NULL;
	}
	return th != NULL ? th : proctab_add(pt, f->info.tid);
}

int take_task(struct enrich *en, struct span payload)
{
	struct proctab *pt = &en->proctab;
	struct task_frame f;
	struct thread *th;
	bool ended = false;
	uint64_t flags;

	if (wire_decode_task(payload, &f) < 0 || f.info.tid < 0)
		return -EPROTO;
	if (!en->in_snapshot)
		fold_leftovers(en);
	f.info.cgroups = cgroup_rename(f.info.cgroups, en->scratch, WIRE_MAX_PAYLOAD);
	th = entry_for(en, &f);
	if (th == NULL)
		return 0; /* the table is full, and has counted it */
	th->snapshot = en->snapshot;
	th->told = en->gaps;
	th->gone_ns = 0;
	if (!thread_is_invalid(th)) {
		ended = has_ended(th, &f.info);
		if (ended)
			keep_what_ended(th, &f.info);
		keep_untold(th, &f.info);
	}
	if (th->start_ns == 0)
		th->start_ns = f.start_ns;
	th->cgroup_id = f.cgroup_id;
	flags = f.info.flags;
	if (f.info.pid != f.info.tid)
		flags |= CL_THREAD | CL_FILES;
	if (f.info.pid >= 0 && th->f.pid != f.info.pid)
		proctab_regroup(pt, th, f.info.pid);
	proctab_resurrect(th);
	take_fields(en, th, &f.info);
	if (th->f.clone_ts != 0 && th->f.exe_ctime != 0)
		THREAD_SET(pt, th, exe_ctime_to_clone, th->f.clone_ts - th->f.exe_ctime);
	take_cwd(en, th, f.info.cwd);
	THREAD_SET(pt, th, flags, flags);
	if (th->parent == NULL || th->parent->f.tid != f.info.ptid)
		THREAD_SET(pt, th, ptid, f.info.ptid);
	if (!ended)
		again_stash_files(en, th);
	thread_find_container(en, th);
	if (!en->in_snapshot)
		proctab_link(pt, th);
	return 0;
}

/* ---- files ---- */

static bool is_server_type(unsigned type)
{
	return type == FILE_IPV4_SERVER || type == FILE_IPV6_SERVER;
}

static bool is_ip_type(unsigned type)
{
	return type == FILE_IPV4 || type == FILE_IPV6;
}

/* Text of an ip socket that came without a name. */
static void name_socket(struct enrich *en, struct file *f)
{
	struct net_tuple t = { .sport = f->sport, .dport = f->dport };

	memcpy(t.sip, f->sip, 16);
	memcpy(t.dip, f->dip, 16);
	file_set_name(&en->fdtab, f,
		      span_of(en->text, net_tuple_text((char *)en->text, &t, f->type, f->l4proto)));
}

static struct file *file_from_record(struct enrich *en, const struct file_info *r)
{
	struct file *f = file_new(&en->fdtab, r->type);

	if (f == NULL)
		return NULL;
	f->l4proto = r->l4proto;
	f->flags = r->flags & (FILE_ROLE_CLIENT | FILE_ROLE_SERVER | FILE_CONNECTED |
			       FILE_UPPER_LAYER | FILE_LOWER_LAYER);
	f->open_flags = r->open_flags;
	f->dev = r->dev;
	f->ino = r->ino;
	f->mnt_id = r->mnt_id;
	f->sport = r->sport;
	f->dport = r->dport;
	f->source = r->source;
	f->dest = r->dest;
	memcpy(f->sip, r->sip, 16);
	memcpy(f->dip, r->dip, 16);
	f->name = file_text(&en->fdtab, r->name, NULL);
	f->name_raw = file_text(&en->fdtab, r->name_raw, f->name);
	f->resolved = file_text(&en->fdtab, r->resolved, f->name);
	if (is_server_type(f->type)) {
		en->server_ports[f->dport / 64] |= UINT64_C(1) << f->dport % 64;
		f->flags |= FILE_ROLE_SERVER;
		name_socket(en, f);
	} else if (is_ip_type(f->type)) {
		if (f->l4proto == L4_TCP)
			f->flags |= FILE_CONNECTED;
		name_socket(en, f);
	}
	return f;
}

/* The record that we had of the file that R is about: it says under which name it was opened. */
static struct file *same_file(const struct enrich *en, const struct thread *th,
			      const struct file_info *r)
{
	const struct fd_slot *slot = again_stashed(en, th, r->fd);
	unsigned type;

	if (slot == NULL || slot->file->name == NULL)
		return NULL;
	type = slot->file->type == FILE_REGULAR_V2 ? FILE_REGULAR : slot->file->type;
	if (type != r->type || r->ino == 0 || slot->file->ino != r->ino ||
	    slot->file->dev != r->dev)
		return NULL;
	slot->file->refs++;
	return slot->file;
}

int take_task_file(struct enrich *en, struct span payload)
{
	struct task_file_frame tf;
	struct thread *th;
	struct file *file;
	uint16_t flags;

	if (wire_decode_task_file(payload, &tf) < 0 || tf.file.type >= FILE_TYPE_COUNT)
		return -EPROTO;
	th = proctab_find(&en->proctab, tf.tid);
	if (th == NULL)
		return 0;
	flags = tf.file.flags & FILE_CLOEXEC;
	if ((tf.file.open_flags & O_BIT_CLOEXEC) != 0)
		flags |= FILE_CLOEXEC;
	file = same_file(en, th, &tf.file);
	if (file == NULL)
		file = file_from_record(en, &tf.file);
	fds_put(&en->fdtab, &th->fds, tf.file.fd, file, flags);
	return 0;
}

/* Sockets found open: whose local port is a server's is the server's end. */
static void set_role(struct enrich *en, struct file *f)
{
	uint8_t ip[16];
	uint16_t port = f->sport;

	if (!is_ip_type(f->type) || (f->flags & (FILE_ROLE_CLIENT | FILE_ROLE_SERVER)) != 0)
		return;
	if ((en->server_ports[port / 64] >> port % 64 & 1) == 0) {
		f->flags |= FILE_ROLE_CLIENT;
		return;
	}
	memcpy(ip, f->sip, 16);
	memcpy(f->sip, f->dip, 16);
	memcpy(f->dip, ip, 16);
	f->sport = f->dport;
	f->dport = port;
	f->flags |= FILE_ROLE_SERVER;
	name_socket(en, f);
}

/* ---- begin, end ---- */

/* Of a capture a section begins, which has nothing to do with the one before: it may be of another machine. */
static void begin_section(struct enrich *en)
{
	proctab_clear(&en->proctab);
	memset(en->exits, 0, sizeof(en->exits));
	en->in_capture_start = true;
}

void take_snapshot_begin(struct enrich *en)
{
	if (en->capture)
		begin_section(en);
	en->in_snapshot = true;
	again_forget_asks(en);
	en->snapshot++;
	en->snapshot_key = en->proctab.next_key;
	memset(en->server_ports, 0, sizeof(en->server_ports));
}

/* The snapshot has no word of TH.  Live it may have ended just before somebody looked, with its last events
 * still on their way: so it goes a little later.  One that began meanwhile was not there to be looked at. */
static void was_not_there(struct enrich *en, struct thread *th)
{
	if (th->key >= en->snapshot_key)
		return;
	if (th->dead || thread_is_invalid(th))
		proctab_evict(&en->proctab, th);
	else
		again_gone(en, th);
}

void take_snapshot_end(struct enrich *en)
{
	struct proctab *pt = &en->proctab;

	if (!en->in_snapshot)
		return;
	en->in_snapshot = false;
	again_drop_stash(en);
	for (struct thread *th = proctab_next(pt, NULL), *next; th != NULL; th = next) {
		next = proctab_next(pt, th);
		if (th->snapshot != en->snapshot)
			was_not_there(en, th);
	}
	for (struct thread *th = proctab_next(pt, NULL); th != NULL; th = proctab_next(pt, th)) {
		const struct fd_slot *slot;
		uint32_t pos = 0;

		proctab_link(pt, th);
		while ((slot = fds_next(&th->fds, &pos)) != NULL)
			set_role(en, slot->file);
	}
}
