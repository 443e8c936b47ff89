/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_write.h -- the blocks of a capture, as today's tools read them, into the caller's
 * memory.  The order in a file: section, machine, interfaces, users, tasks, the open
 * files of each task, then events.
 *
 * Each function appends one whole thing and returns 0; -ENOSPC: there is no room for it,
 * and nothing was appended.  Texts that are longer than the format allows are cut.
 * Core: pure functions.
 */
#ifndef MEWS_SCAP_WRITE_H
#define MEWS_SCAP_WRITE_H

#include "scap_format.h"
#include "wire.h"

struct scap_buf {
	uint8_t *p;
	size_t n, cap;
};

/* More than any entry of a list takes, or any event but a large one. */
#define SCAP_ENTRY_BOUND 131072u

int scap_write_section(struct scap_buf *b);

/* MAX_PID: the largest that the kernel gives. */
int scap_write_machine(struct scap_buf *b, const struct host_frame *h, uint64_t max_pid);
int scap_write_interfaces(struct scap_buf *b, const struct host_frame *h);

/* A list: begin, entries, end.  *RET_START is for end, which also returns -EMSGSIZE when
 * the list is longer than a block can say. */
int scap_begin_list(struct scap_buf *b, enum scap_block type, size_t *ret_start);
int scap_begin_files(struct scap_buf *b, int64_t tid, size_t *ret_start);
int scap_end_list(struct scap_buf *b, size_t start);

/* Entries in lists of their kind. */
int scap_write_user(struct scap_buf *b, const struct user_frame *u);
int scap_write_group(struct scap_buf *b, const struct group_frame *g);
int scap_write_task(struct scap_buf *b, const struct process_info *p);
int scap_write_file(struct scap_buf *b, const struct file_info *f);

/* -EMSGSIZE: it is longer than the format allows; -EINVAL: a parameter is not of its
 * type's kind, or there is no such event. */
int scap_write_event(struct scap_buf *b, const struct raw_event *ev);

#endif
