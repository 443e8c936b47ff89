/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_state.h -- what a capture says before its events, as frames of ring raw: the
 * host and its people, then SNAPSHOT_BEGIN, the tasks with their files, SNAPSHOT_END.
 * A capture may have several sections; each one's tasks replace all before, even if
 * there are none, and its people those of the last list.  Core.
 */
#ifndef MEWS_SCAP_STATE_H
#define MEWS_SCAP_STATE_H

#include "scap_read.h"

/* Of people of one list so many are remembered until the next list. */
#define SCAP_MAX_PEOPLE 65536u

struct scap_person {
	uint32_t id;
	bool is_group;
};

struct scap_state {
	struct host_frame host; /* its texts are below */
	char hostname[128];
	char names[HOST_MAX_ADDRS][64];
	bool lacks_addrs;  /* the last one found no room */
	bool is_host_told; /* as it is now */
	bool in_snapshot;
	bool had_event;	  /* of any section */
	bool begins_anew; /* a later section, which has told of no tasks yet: who was, is no more */
	struct scap_person *people; /* of the last list */
	uint32_t npeople, max_people;
	bool no_memory; /* for one of them: who goes on would say what is not so */
	unsigned due;	/* frames of the item that was met last */
};

void scap_state_init(struct scap_state *s);
void scap_state_release(struct scap_state *s);

/* Does an event that is met now make frames? */
static inline bool scap_state_is_open(const struct scap_state *s)
{
	return s->in_snapshot || !s->is_host_told;
}

/* ITEM was read. */
void scap_state_meet(struct scap_state *s, const struct scap_item *item);

/* The next frame that ITEM makes, before itself if it is an event: its length in BUF, which
 * has WIRE_MAX_PAYLOAD bytes; 0: no more; negative: as the encoders say, there are others
 * behind it all the same. */
ssize_t scap_state_next(struct scap_state *s, const struct scap_item *item, uint8_t *buf,
			uint16_t *ret_type);

#endif
