/* SPDX-License-Identifier: Apache-2.0
 *
 * limitalert.c -- see limitalert.h.
 */
#include "limitalert.h"

#define RULE	    "Falco internal: capture size limit reached"
#define INFORMATION 6

void limitalert_look(struct limitalert *l, const struct ring_counts *counts)
{
	uint64_t files = counts->v[RECORDER_LIMITED], bytes = counts->v[RECORDER_LIMITED_BYTES];

	/* One that counts less is another: it has begun from nothing. */
	if (l->knows && files >= l->files && bytes >= l->bytes) {
		l->pending_files += files - l->files;
		l->pending_bytes += bytes - l->bytes;
	}
	/* It may say what it likes, and is not to make us flood the emitter. */
	if (l->pending_files > LIMITALERT_MOST)
		l->pending_files = LIMITALERT_MOST;
	l->knows = true;
	l->files = files;
	l->bytes = bytes;
}

static void put_number(struct alert_frame *a, const char *name, uint64_t value)
{
	struct alert_field *f = &a->fields[a->nfields++];

	f->name = span_str(name);
	f->value = (struct alert_value){ .kind = ALERT_UINT, .u = value };
}

bool limitalert_make(struct limitalert *l, uint64_t max_mb, uint64_t now_ns, struct alert_frame *a)
{
	uint64_t bytes = l->pending_files == 0 ? 0 : l->pending_bytes / l->pending_files;

	if (l->pending_files == 0)
		return false;
	l->pending_files--;
	l->pending_bytes -= bytes;
	a->origin_generation = a->origin_seq = 0; /* not an event's */
	a->rule_index = UINT32_MAX;
	a->priority = INFORMATION;
	a->ts_ns = now_ns;
	a->rule = span_str(RULE);
	a->source = span_str("internal");
	a->message = span_str(RULE);
	a->ruleset = SPAN_NONE;
	a->ntags = 0;
	a->nfields = 0;
	put_number(a, "max_file_size_mb", max_mb);
	put_number(a, "written_bytes", bytes);
	return true;
}
