/* SPDX-License-Identifier: Apache-2.0
 *
 * calls_seen.h -- what calls_seen.bpf.c counts by.
 */
#ifndef MEWS_CALLS_SEEN_H
#define MEWS_CALLS_SEEN_H

#define SEEN_NAME 16 /* a task's, with its end */

struct seen_call {
	char name[SEEN_NAME];
	unsigned nr;
	unsigned is_refused;
	unsigned has_arg; /* it does many things, by an argument: this one */
	unsigned arg;
};

#endif
