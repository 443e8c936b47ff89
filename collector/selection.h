/* SPDX-License-Identifier: Apache-2.0
 *
 * selection.h -- what is collected: what somebody behind asks for, what the state
 * there is folded from (state_set.h), and what the settings base_syscalls.* make of both.  Core.
 *
 *   rules' calls  +  base: those of the state, or custom_set's, or with repair the
 *   fewest of the state's that the rules need  -  custom_set's with a `!`
 *
 * Who begins, executes and ends is told in any case: no system call need be watched for that.
 *
 * Closing is the half of all that programs do with files, and nothing follows from it that the
 * next event on the same number does not say: what makes a descriptor replaces what was
 * there, and the kernel tells with each event which file is behind the descriptors that it
 * names.  So closes are collected if somebody asks for them, or for what is only right with
 * them: how many descriptors there are, and of what kinds.  With streams that are made it is the same.
 */
#ifndef MEWS_SELECTION_H
#define MEWS_SELECTION_H

#include "state_set.h"

/* A bit per system call, by Falco's number. */
struct call_set {
	uint64_t bits[ARRAY_LEN(((struct ring_wants *)0)->syscalls)];
};
_Static_assert(SC_COUNT <= 64 * ARRAY_LEN(((struct call_set *)0)->bits), "each call has a bit");

static inline bool call_set_has(const struct call_set *s, unsigned sc)
{
	return sc < SC_COUNT && (s->bits[sc / 64] >> (sc % 64) & 1) != 0;
}

static inline void call_set_add(struct call_set *s, unsigned sc)
{
	s->bits[sc / 64] |= UINT64_C(1) << (sc % 64);
}

/* The settings base_syscalls.*; all zero: what is the standard. */
struct base_syscalls {
	struct call_set with, without; /* custom_set: the names, and those behind a `!` */
	bool has_with, repair;
};

/* NAME, of custom_set; false: there is no such system call. */
bool base_syscalls_add(struct base_syscalls *b, const char *name);

struct selection {
	struct event_set events; /* all that is collected */
	struct event_set urgent; /* of those: what somebody looks at, not only the state's */
	struct event_set spared; /* of those: only where a call changes what the state says */
	struct call_set calls;	 /* the system calls among them */

	struct call_set asked; /* rules' calls that BASE takes away */
	struct call_set
		missing; /* calls that the state is folded from and that are not collected */
	unsigned ncalls, nasked; /* calls that are watched, and of those the rules' */
	bool mutes; /* somebody says which opens need not be told of, and nobody needs all */
};

/* What WANTS ask for (NULL, or nothing was said yet: all that bears state, whole).  BASE may be
 * NULL. */
void selection_fill(struct selection *s, const struct ring_wants *wants,
		    const struct base_syscalls *base);

/* The event CODE, by whatever calls it is made. */
void selection_add(struct selection *s, unsigned code);

/* TO has all of something of which FROM had only what mattered: state that was folded from FROM
 * is not what it would be. */
bool selection_grows(const struct selection *from, const struct selection *to);

/* The exit event of system call SC, which may be one that only 32-bit programs have. */
unsigned selection_event_of(unsigned sc);

/* "open, openat, ... and 3 more". */
void call_set_names(const struct call_set *s, char *buf, size_t cap);

#endif
