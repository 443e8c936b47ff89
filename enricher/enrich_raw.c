/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_raw.c -- the state as the frames that it could have come from: those of a
 * snapshot in ring raw.  A capture that begins in the middle of things begins with it.
 *
 * Sockets go out as /proc would show them, the local end first, where whoever reads
 * them will turn them round again: if somebody listens on that port.
 */
#include <errno.h>
#include <stdlib.h>

#include "enrich_core.h"

struct raw_snapshot {
	struct enrich *en;
	int (*put)(void *ctx, uint16_t type, struct span payload);
	void *ctx;
	int err;
	uint64_t listened[65536 / 64]; /* ports */
};

static void give(struct raw_snapshot *s, uint16_t type, ssize_t len)
{
	if (s->err == 0 && len >= 0)
		s->err = s->put(s->ctx, type, span_of(s->en->scratch, (size_t)len));
}

static bool is_server_socket(const struct file *f)
{
	return f->type == FILE_IPV4_SERVER || f->type == FILE_IPV6_SERVER;
}

static void note_listened(struct raw_snapshot *s)
{
	const struct proctab *pt = &s->en->proctab;

	for (struct thread *th = proctab_next(pt, NULL); th != NULL; th = proctab_next(pt, th)) {
		const struct fd_slot *slot;
		uint32_t pos = 0;

		while ((slot = fds_next(&th->fds, &pos)) != NULL)
			if (is_server_socket(slot->file))
				s->listened[slot->file->dport / 64] |= UINT64_C(1)
								       << slot->file->dport % 64;
	}
}

static void turn_round(struct file_info *f)
{
	uint16_t port = f->sport;
	uint8_t ip[16];

	memcpy(ip, f->sip, sizeof(ip));
	memcpy(f->sip, f->dip, sizeof(ip));
	memcpy(f->dip, ip, sizeof(ip));
	f->sport = f->dport;
	f->dport = port;
}

static void give_file(struct raw_snapshot *s, const struct thread *th, const struct fd_slot *slot)
{
	struct task_file_frame f = { .tid = th->f.tid };

	s->en->th = NULL; /* nobody's event: nothing is said of whose addresses these are */
	file_record(s->en, &th->fds, slot, &f.file);
	if ((f.file.type == FILE_IPV4 || f.file.type == FILE_IPV6) &&
	    (f.file.flags & FILE_ROLE_SERVER) != 0 &&
	    (s->listened[f.file.dport / 64] >> f.file.dport % 64 & 1) != 0)
		turn_round(&f.file);
	f.file.flags &= (uint16_t) ~(FILE_ROLE_CLIENT | FILE_ROLE_SERVER); /* found out anew */
	give(s, FRAME_TASK_FILE, wire_encode_task_file(s->en->scratch, WIRE_MAX_PAYLOAD, &f));
}

static void give_task(struct raw_snapshot *s, const struct thread *th)
{
	struct task_frame f = { .start_ns = th->start_ns, .cgroup_id = th->cgroup_id };
	const struct fd_slot *slot;
	uint32_t pos = 0;

#define PROC_I64(member, text)	 f.info.member = th->f.member;
#define PROC_U64(member, text)	 f.info.member = th->f.member;
#define PROC_BYTES(member, text) f.info.member = blob_span(th->f.member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	f.info.cwd = proctab_cwd(&s->en->proctab, th);
	f.info.container_id = SPAN_NONE; /* the cgroups say it */
	give(s, FRAME_TASK, wire_encode_task(s->en->scratch, WIRE_MAX_PAYLOAD, &f));
	while (s->err == 0 && (slot = fds_next(&th->fds, &pos)) != NULL)
		give_file(s, th, slot);
}

static void give_people(struct raw_snapshot *s)
{
	struct enrich *en = s->en;

	for (struct user_entry *e = usertab_next(&en->usertab, NULL); e != NULL && s->err == 0;
	     e = usertab_next(&en->usertab, e)) {
		struct user_frame u = user_entry_user(e);
		struct group_frame g = user_entry_group(e);

		if (e->is_group)
			give(s, FRAME_GROUP, wire_encode_group(en->scratch, WIRE_MAX_PAYLOAD, &g));
		else
			give(s, FRAME_USER, wire_encode_user(en->scratch, WIRE_MAX_PAYLOAD, &u));
	}
}

/* Placeholders of threads that nobody told about are nothing to tell. */
static void give_tasks(struct raw_snapshot *s)
{
	const struct proctab *pt = &s->en->proctab;

	for (struct thread *th = proctab_next(pt, NULL); th != NULL && s->err == 0;
	     th = proctab_next(pt, th))
		if (!thread_is_invalid(th))
			give_task(s, th);
}

int enrich_raw_snapshot(struct enrich *en,
			int (*put)(void *ctx, uint16_t type, struct span payload), void *ctx)
{
	struct raw_snapshot *s = calloc(1, sizeof(*s));
	struct span host = blob_span(en->host);
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->en = en;
	s->put = put;
	s->ctx = ctx;
	note_listened(s);
	if (host.n > 0)
		s->err = put(ctx, FRAME_HOST, host);
	give_people(s);
	give(s, FRAME_SNAPSHOT_BEGIN, wire_encode_empty(en->scratch, WIRE_MAX_PAYLOAD));
	give_tasks(s);
	give(s, FRAME_SNAPSHOT_END, wire_encode_empty(en->scratch, WIRE_MAX_PAYLOAD));
	err = s->err;
	free(s);
	return err;
}

bool enrich_has_state(const struct enrich *en)
{
	return en->snapshot > 0 && !en->in_snapshot;
}

bool enrich_in_snapshot(const struct enrich *en)
{
	return en->in_snapshot;
}
