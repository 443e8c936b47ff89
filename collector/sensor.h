/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor.h -- the live source: the kernel side loaded, its buffers merged and
 * decoded, /proc for snapshots.  sensor*.c are the only files that know libbpf.
 */
#ifndef MEWS_SENSOR_H
#define MEWS_SENSOR_H

#include "record.h"
#include "source.h"

struct sensor_params {
	unsigned
		snaplen; /* bytes of what is read and written that events carry; 0: as Falco's default */
	uint64_t buffer_bytes;	  /* of each buffer in the kernel */
	uint64_t cpus_per_buffer; /* that share one; 0: all of them */
	bool drop_failed;	  /* no system calls that failed */
	bool beats;		  /* heartbeats are made */
	bool at_once;		  /* all is loaded before anything is seen: there is no rest */
	/* Users whose events are nothing to wake up for: the stages behind, which would be woken
	 * for what waking them took. */
	unsigned nquiet;
	uint32_t quiet_uids[WAKING_UIDS];
};

/* Load and attach; needs CAP_BPF and CAP_PERFMON.  0, or an exit code (log.h) after it has said what is missing.
 * What happens from here on is in the buffers; what is collected besides forks,
 * execs and exits says ops->want().  Some events are not seen before the rest is loaded:
 * ops->begin_rest(), or sensor_complete(). */
int sensor_open(const struct sensor_params *params, struct source **ret);

/* Load the rest now.  Same return. */
int sensor_complete(struct source *s);

/* What a live source is made of, for whoever reports on it; valid until it is closed. */
struct sensor_inside {
	const struct bpf_object *objects[2]; /* each has loaded some programs, and lists all */
	const struct loader *loader;
	uint64_t load_ns;      /* how long loading took, in all */
	uint64_t loaded_ns[2]; /* when (CLOCK_BOOTTIME) it was over, of each */
	uint64_t buffer_bytes; /* of all buffers */
	unsigned nbuffers;
};
void sensor_look_inside(const struct source *s, struct sensor_inside *ret);

#endif
