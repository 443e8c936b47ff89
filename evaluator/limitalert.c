/* SPDX-License-Identifier: Apache-2.0
 *
 * limitalert.c -- see limitalert.h.
 */
#include "limitalert.h"

#include "own_alert.h"

#define RULE "Falco internal: capture size limit reached"

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

bool limitalert_make(struct limitalert *l, uint64_t max_mb, uint64_t now_ns, struct alert_frame *a)
{
	uint64_t bytes = l->pending_files == 0 ? 0 : l->pending_bytes / l->pending_files;

	if (l->pending_files == 0)
		return false;
	l->pending_files--;
	l->pending_bytes -= bytes;
	own_alert_begin(a, RULE, PRIORITY_INFORMATIONAL, now_ns, span_str(RULE));
	own_alert_uint(a, "max_file_size_mb", max_mb);
	own_alert_uint(a, "written_bytes", bytes);
	return true;
}
