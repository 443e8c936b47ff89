/* SPDX-License-Identifier: Apache-2.0
 *
 * recording.c -- see recording.h.
 */
#include "recording.h"

#include <errno.h>
#include <stdlib.h>

enum {
	OUT_BYTES = WIRE_MAX_PAYLOAD + 4096, /* that wait to be written: any event fits */
	PEOPLE_BYTES = 16 << 20,	     /* of users and groups, at most */
	FIRST_BYTES = 256 * 1024,	     /* of a list that grows */
};

/* A list that grows to what it may, then leaves out. */
struct growing {
	struct scap_buf buf;
	size_t most;
};

struct recording {
	struct recording_params p;
	struct recording_counts counts;
	bool in_section; /* there is a head in the file */

	struct scap_buf out;
	uint8_t bytes[OUT_BYTES];

	/* what the next section's head says */
	uint8_t host_bytes[WIRE_MAX_PAYLOAD];
	struct span host; /* as it came */
	struct growing people;
	bool people_written; /* those that come now are another list */

	/* the snapshot that is being read */
	bool in_snapshot, has_tasks;
	struct growing tasks, files;
	bool in_files; /* a task's list is open */
	int64_t files_of;
	size_t files_start;

	struct task_frame task;
	struct task_file_frame file;
	struct host_frame head;
};

static bool grow(struct growing *g)
{
	size_t cap = g->buf.cap == 0 ? FIRST_BYTES : 2 * g->buf.cap;
	uint8_t *p;

	if (cap > g->most)
		cap = g->most;
	if (cap <= g->buf.cap || (p = realloc(g->buf.p, cap)) == NULL)
		return false;
	g->buf.p = p;
	g->buf.cap = cap;
	return true;
}

int recording_new(const struct recording_params *p, struct recording **ret)
{
	struct recording *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->p = *p;
	r->out = (struct scap_buf){ r->bytes, 0, sizeof(r->bytes) };
	r->people.most = PEOPLE_BYTES;
	r->tasks.most = r->files.most = p->state_bytes;
	*ret = r;
	return 0;
}

void recording_free(struct recording *r)
{
	if (r == NULL)
		return;
	free(r->people.buf.p);
	free(r->tasks.buf.p);
	free(r->files.buf.p);
	free(r);
}

const struct recording_counts *recording_counts(const struct recording *r)
{
	return &r->counts;
}

/* ---- out ---- */

int recording_flush(struct recording *r)
{
	int err = r->out.n == 0 ? 0 : r->p.write(r->p.ctx, span_of(r->bytes, r->out.n));

	r->out.n = 0;
	return err;
}

static int write_list(struct recording *r, const struct scap_buf *list)
{
	int err = recording_flush(r);

	return err < 0 || list->n == 0 ? err : r->p.write(r->p.ctx, span_of(list->p, list->n));
}

/* ---- lists ---- */

/* One entry, with room made for it.  False: it is left out. */
#define WITH_ROOM(r, g, call)                                                                      \
	({                                                                                         \
		int err_;                                                                          \
		while ((err_ = (call)) == -ENOSPC && grow(g))                                      \
			;                                                                          \
		(r)->counts.left_out += err_ < 0;                                                  \
		err_ == 0;                                                                         \
	})

/* The list of people as a block, open until it is written. */
static bool begin_people(struct recording *r)
{
	size_t start;

	if (r->people_written)
		r->people.buf.n = 0;
	r->people_written = false;
	return r->people.buf.n > 0 ||
	       WITH_ROOM(r, &r->people, scap_begin_list(&r->people.buf, SCAP_BLOCK_USERS, &start));
}

void recording_user(struct recording *r, const struct user_frame *u)
{
	if (u->container_id.n == 0 && !u->gone && begin_people(r))
		(void)WITH_ROOM(r, &r->people, scap_write_user(&r->people.buf, u));
}

void recording_group(struct recording *r, const struct group_frame *g)
{
	if (g->container_id.n == 0 && !g->gone && begin_people(r))
		(void)WITH_ROOM(r, &r->people, scap_write_group(&r->people.buf, g));
}

static void end_files(struct recording *r)
{
	if (r->in_files)
		(void)WITH_ROOM(r, &r->files, scap_end_list(&r->files.buf, r->files_start));
	r->in_files = false;
}

static void begin_snapshot(struct recording *r)
{
	size_t start;

	r->tasks.buf.n = r->files.buf.n = 0;
	r->in_files = false;
	r->in_snapshot = r->has_tasks = true;
	(void)WITH_ROOM(r, &r->tasks, scap_begin_list(&r->tasks.buf, SCAP_BLOCK_TASKS, &start));
}

static void add_file(struct recording *r, const struct task_file_frame *f)
{
	if (r->in_files && r->files_of != f->tid)
		end_files(r);
	if (!r->in_files) {
		r->files_of = f->tid;
		r->in_files = WITH_ROOM(r, &r->files,
					scap_begin_files(&r->files.buf, f->tid, &r->files_start));
	}
	if (r->in_files)
		(void)WITH_ROOM(r, &r->files, scap_write_file(&r->files.buf, &f->file));
}

/* ---- a section ---- */

static int write_machine(struct recording *r)
{
	int err;

	if (r->host.n == 0 || wire_decode_host(r->host, &r->head) < 0)
		return 0; /* the reader does without */
	err = scap_write_machine(&r->out, &r->head, r->p.max_pid);
	return err < 0 ? err : scap_write_interfaces(&r->out, &r->head);
}

static int write_people(struct recording *r)
{
	if (r->people.buf.n == 0)
		return 0;
	if (!r->people_written && !WITH_ROOM(r, &r->people, scap_end_list(&r->people.buf, 0)))
		return 0;
	r->people_written = true;
	return write_list(r, &r->people.buf);
}

static int begin_section(struct recording *r)
{
	int err = recording_flush(r);

	if (err < 0 || (err = scap_write_section(&r->out)) < 0 || (err = write_machine(r)) < 0 ||
	    (err = write_people(r)) < 0)
		return err;
	r->in_section = true;
	r->counts.sections++;
	if (!r->has_tasks)
		return 0;
	end_files(r);
	if (WITH_ROOM(r, &r->tasks, scap_end_list(&r->tasks.buf, 0)) &&
	    (err = write_list(r, &r->tasks.buf)) < 0)
		return err;
	r->has_tasks = false;
	return write_list(r, &r->files.buf);
}

static int end_snapshot(struct recording *r)
{
	if (!r->in_snapshot)
		return 0;
	r->in_snapshot = false;
	return begin_section(r);
}

/* ---- frames ---- */

static void take_host(struct recording *r, struct span payload)
{
	if (payload.n > sizeof(r->host_bytes) || wire_decode_host(payload, &r->head) < 0) {
		r->counts.refused++;
		return;
	}
	memcpy(r->host_bytes, payload.p, payload.n);
	r->host = span_of(r->host_bytes, payload.n);
}

static void take_gap(struct recording *r, struct span payload)
{
	struct gap_frame gap;

	if (wire_decode_gap(payload, &gap) < 0) {
		r->counts.refused++;
		return;
	}
	r->counts.lost += gap.count;
	r->counts.gaps_unknown += gap.count == 0;
}

static void take_user(struct recording *r, struct span payload)
{
	struct user_frame u;

	if (wire_decode_user(payload, &u) < 0)
		r->counts.refused++;
	else
		recording_user(r, &u);
}

static void take_group(struct recording *r, struct span payload)
{
	struct group_frame g;

	if (wire_decode_group(payload, &g) < 0)
		r->counts.refused++;
	else
		recording_group(r, &g);
}

static void take_task(struct recording *r, struct span payload)
{
	if (!r->in_snapshot)
		return; /* read again, where the format has no place for it */
	if (wire_decode_task(payload, &r->task) < 0)
		r->counts.refused++;
	else
		(void)WITH_ROOM(r, &r->tasks, scap_write_task(&r->tasks.buf, &r->task.info));
}

static void take_file(struct recording *r, struct span payload)
{
	if (!r->in_snapshot)
		return;
	if (wire_decode_task_file(payload, &r->file) < 0)
		r->counts.refused++;
	else
		add_file(r, &r->file);
}

int recording_state(struct recording *r, uint16_t type, struct span payload)
{
	switch (type) {
	case FRAME_HOST:
		take_host(r, payload);
		return 0;
	case FRAME_SNAPSHOT_BEGIN:
		begin_snapshot(r);
		return 0;
	case FRAME_SNAPSHOT_END:
		return end_snapshot(r);
	case FRAME_TASK:
		take_task(r, payload);
		return 0;
	case FRAME_TASK_FILE:
		take_file(r, payload);
		return 0;
	case FRAME_USER:
		take_user(r, payload);
		return 0;
	case FRAME_GROUP:
		take_group(r, payload);
		return 0;
	case FRAME_GAP:
		take_gap(r, payload);
		return 0;
	default:
		return 0;
	}
}

void recording_refused(struct recording *r)
{
	r->counts.refused++;
}

int recording_event(struct recording *r, const struct raw_event *ev)
{
	int err;

	if (ev->flags & EVENT_HEARTBEAT)
		return 0; /* nobody's but ours */
	err = end_snapshot(r);
	if (err == 0 && !r->in_section)
		err = begin_section(r);
	if (err < 0)
		return err;
	err = scap_write_event(&r->out, ev);
	if (err == -ENOSPC) {
		err = recording_flush(r);
		if (err < 0)
			return err;
		err = scap_write_event(&r->out, ev);
	}
	r->counts.events += err == 0;
	r->counts.state_only += err == 0 && (ev->flags & EVENT_STATE_ONLY);
	r->counts.refused += err == -EINVAL;
	r->counts.too_long += err == -EMSGSIZE || err == -ENOSPC;
	return 0;
}
