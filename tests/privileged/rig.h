/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.h -- the kernel side alone, for tests and measurements: loads it, asks for
 * events, and hands out the records that come, checked for their lengths.  It
 * does by hand what the collector does, so that the one can be tested without
 * the other.
 */
#ifndef MEWS_RIG_H
#define MEWS_RIG_H

#include "event.h"
#include "record.h"

struct rig;

struct rig_record {
	struct record head;
	struct record_file file; /* all zero without RECORD_HAS_FILE */
	struct span path, tuple;
	struct record_file more[RECORD_MORE_FILES];
	struct span more_path[RECORD_MORE_FILES];
	struct span param[EVENT_MAX_PARAMS];
	void *bytes;
};

/* Load and attach; NULL and a reason in REASON if that is not possible here. */
struct rig *rig_open(char *reason, size_t cap);
void rig_close(struct rig *rig);

/* Bytes of each CPU's buffer from now on; before rig_open(). */
void rig_set_buffer(size_t bytes);

/* Ask for event CODE; false if the kernel side cannot make it. */
bool rig_want(struct rig *rig, unsigned code);
/* Ask for what the collector asks for when rules want no more. */
void rig_want_state(struct rig *rig);

/* Of CODE only what the state is made of. */
void rig_spare(struct rig *rig, unsigned code);
void rig_want_all(struct rig *rig);
void rig_want_none(struct rig *rig);

/* Look at the mutes from now on, or not; forgets them all. */
void rig_muting(struct rig *rig, bool on);
/* No more records like R, which has a mute. */
void rig_mute(struct rig *rig, const struct rig_record *r);

/* Take what has come.  Records stay valid until rig_clear(); bad ones are counted. */
void rig_collect(struct rig *rig);
void rig_clear(struct rig *rig);
unsigned rig_bad(const struct rig *rig);
unsigned rig_count(const struct rig *rig);
const struct rig_record *rig_get(const struct rig *rig, unsigned i);

/* The first record of event CODE by thread TID at or behind *FROM, which is moved behind it. */
const struct rig_record *rig_find(const struct rig *rig, unsigned code, uint32_t tid,
				  unsigned *from);

/* The counts of CODE over all CPUs. */
struct kernel_counts rig_counts(const struct rig *rig, unsigned code);

/* A parameter as a number of its own length, with its sign. */
int64_t rig_number(const struct rig_record *r, unsigned i);

/* One record as a line of text on stdout. */
void rig_print(const struct rig_record *r);

#endif
