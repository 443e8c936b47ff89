/* SPDX-License-Identifier: Apache-2.0
 *
 * selection.h -- what is collected: what somebody behind asks for, and what the state
 * there is folded from (state_set.h).  Core.
 *
 * Closing is the half of all that programs do with files, and nothing follows from it that the
 * next event on the same number does not say: what makes a descriptor replaces what was
 * there, and the kernel tells with each event which file is behind the descriptors that it
 * names.  So closes are collected if somebody asks for them, or for what is only right with
 * them: how many descriptors there are, and of what kinds.
 */
#ifndef MEWS_SELECTION_H
#define MEWS_SELECTION_H

#include "state_set.h"

struct selection {
	struct event_set events; /* all that is collected */
	struct event_set spared; /* of those: only where a call changes what the state says */
};

/* What WANTS ask for (NULL, or nothing was said yet: all that bears state, whole). */
void selection_fill(struct selection *s, const struct ring_wants *wants);

/* TO has all of something of which FROM had only what mattered: state that was folded from FROM
 * is not what it would be. */
bool selection_grows(const struct selection *from, const struct selection *to);

#endif
