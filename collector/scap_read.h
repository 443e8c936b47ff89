/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_read.h -- a capture file, uncompressed, as the things that stand in it: the
 * machine, its interfaces and users, its tasks and their open files, then events.
 *
 * The reader is given bytes as they come and takes whole things off their front;
 * of a list's block (which may be as long as a machine has tasks) it needs one
 * entry at a time, of an event the whole block.  Nothing in a capture is trusted:
 * each length is held against the block, each block against its own second length.
 * Core: no I/O, no allocation.
 */
#ifndef MEWS_SCAP_READ_H
#define MEWS_SCAP_READ_H

#include "wire.h"

/* No thing that is taken as one is longer; what is, is SCAP_OVERSIZE. */
#define SCAP_MAX_ITEM (1u << 20)

enum scap_kind {
	SCAP_NOTHING,
	SCAP_SECTION,	 /* a new capture begins: what the last one said of its machine is over */
	SCAP_MACHINE,	 /* host */
	SCAP_INTERFACES, /* a list begins, which replaces the one before */
	SCAP_INTERFACE,	 /* addr */
	SCAP_PEOPLE,	 /* a list begins, which replaces the one before */
	SCAP_USER,	 /* user */
	SCAP_GROUP,	 /* group */
	SCAP_TASKS,	 /* a list begins */
	SCAP_TASK,	 /* task */
	SCAP_TASK_FILE,	 /* file */
	SCAP_EVENT,	 /* event */
	SCAP_OVERSIZE,	 /* an event that is too long for us, passed over */
};

/* An event as it stands in the file, of whatever version.  Its NPARAMS lengths fit
 * into it, the parameters themselves may not: scap_param_len() and DATA.n say. */
struct scap_event {
	uint64_t ts_ns;
	int64_t tid;
	uint16_t code; /* there is one of this code */
	uint16_t cpu;
	bool state_only;
	bool wide; /* lengths of 4 bytes, else of 2 */
	uint32_t nparams;
	const uint8_t *lens;
	struct span data; /* the parameters, one behind the other, and perhaps more */
};

/* Spans point into what was given, and live until the next scap_give(). */
struct scap_item {
	enum scap_kind kind;
	union {
		struct scap_event event;
		struct host_frame host; /* without addresses */
		struct interface_addr addr;
		struct user_frame user;
		struct group_frame group;
		struct task_frame task;
		struct {
			struct task_file_frame file;
			char name[24]; /* of a type that is not known */
		};
	};
};

struct scap_reader {
	struct span in;	 /* given and not yet taken */
	bool is_last;	 /* nothing comes behind it */
	uint64_t offset; /* of IN in the uncompressed file */

	/* the block that IN is inside of, if LEFT is not 0: its second length and all */
	uint64_t block; /* its number, from 1; of the last one, when between blocks */
	uint64_t block_offset;
	uint32_t type, total;
	uint64_t left;
	uint64_t skip;	 /* of LEFT, to be passed over before anything is read again */
	int64_t fds_of;	 /* the task whose files these are */
	bool had_header; /* the file is a capture */
	bool had_event;	 /* of this section */

	/* after -EPROTO */
	char why[160];
};

void scap_reader_init(struct scap_reader *r);

/* BYTES begin where the rest of the bytes before, R->in, began: whoever moves that
 * rest puts the new bytes behind it. */
void scap_give(struct scap_reader *r, struct span bytes, bool is_last);

/* The next thing, and off IN with it.  1; 0: there are not enough bytes for it, or,
 * when they were the last, there is nothing more; -EPROTO: the file is not what it
 * should be, R->why says how and block_offset where. */
int scap_read(struct scap_reader *r, struct scap_item *ret);

/* The length of parameter I. */
static inline size_t scap_param_len(const struct scap_event *ev, unsigned i)
{
	const uint8_t *p = ev->lens + (ev->wide ? 4 : 2) * (size_t)i;
	size_t n = p[0] | (size_t)p[1] << 8;

	return ev->wide ? n | (size_t)p[2] << 16 | (size_t)p[3] << 24 : n;
}

#endif
