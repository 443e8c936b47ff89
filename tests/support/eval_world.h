/* SPDX-License-Identifier: Apache-2.0
 *
 * eval_world.h -- a small machine for tests of conditions and rules: a shell
 * whose parent is sshd, and an event of opening a file that it makes.
 */
#ifndef MEWS_EVAL_WORLD_H
#define MEWS_EVAL_WORLD_H

#include "mirror.h"
#include "ruleset.h"

struct eval_world {
	struct mirror *mirror;
	struct arena arena;
	struct field_context context;
	struct event_frame open; /* /etc/shadow, by bash (pid 42), fd 3 */
	struct field_event event;
	_Alignas(16) uint8_t bytes[256 * 1024];
};

void eval_world_init(struct eval_world *w);
void eval_world_release(struct eval_world *w);

/* Is CONDITION true at event E?  -1: it does not compile, with DIAG. */
int eval_ask(struct field_event *e, const char *condition, struct diag *diag);

/* The same at the world's event. */
int eval_world_ask(struct eval_world *w, const char *condition, struct diag *diag);

#endif
