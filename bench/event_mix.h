/* SPDX-License-Identifier: Apache-2.0
 *
 * event_mix.h -- a stretch of a busy machine for benchmarks of rules: shells,
 * tools and servers, on the host and in a container, and what they do, in the
 * proportions of a recorded hour of short commands, HTTP and UDP.
 */
#ifndef MEWS_EVENT_MIX_H
#define MEWS_EVENT_MIX_H

#include "field.h"
#include "mirror.h"

#define EVENT_MIX_COUNT 512

struct event_mix {
	struct mirror *mirror;
	struct arena arena;
	struct field_event events[EVENT_MIX_COUNT];
	struct event_frame frames[EVENT_MIX_COUNT];
	_Alignas(16) uint8_t block[256 * 1024];
};

/* Ends the program when there is no memory. */
struct event_mix *event_mix_new(void);
void event_mix_free(struct event_mix *m);

#endif
