/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_samples.h -- every frame type as a row: how to encode, decode and bound
 * it through untyped memory, and a sample.  Tests, fuzz target and bench walk
 * the same rows, so a frame type that is added here is covered by all of them.
 */
#ifndef MEWS_WIRE_SAMPLES_H
#define MEWS_WIRE_SAMPLES_H

#include "wire.h"

/* Large enough for any frame struct. */
union any_frame {
	struct raw_event raw_event;
	struct task_frame task;
	struct task_file_frame task_file;
	struct process_frame process;
	struct process_gone_frame process_gone;
	struct task_read_frame task_read;
	struct event_frame event;
	struct gap_frame gap;
	struct host_frame host;
	struct user_frame user;
	struct group_frame group;
	struct container_frame container;
	struct span container_gone;
	struct pod_frame pod;
	struct span pod_gone;
	struct address_frame address;
	struct alert_frame alert;
	struct capture_frame capture;
};

struct wire_sample {
	const char *name;
	unsigned type; /* enum frame_type */
	ssize_t (*encode)(uint8_t *buf, size_t cap, const union any_frame *f);
	int (*decode)(struct span payload, union any_frame *ret);
	size_t (*bound)(const union any_frame *f);
	void (*fill)(union any_frame *f);
	const char *seen; /* the sample as msgpack-c prints it, written by hand */
};

extern const struct wire_sample wire_samples[];
extern const unsigned wire_sample_count;

/* An openat of /etc/shadow with everything that the kernel knew. */
void wire_sample_openat(struct raw_event *ev);

#endif
