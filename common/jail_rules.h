/* SPDX-License-Identifier: Apache-2.0
 *
 * jail_rules.h -- jail_calls.def as a table.  Between jail_calls.c and the test of the table; includes
 * nothing of what its rows name.
 */
#ifndef MEWS_JAIL_RULES_H
#define MEWS_JAIL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "jail.h"

#define JAIL_ANY (-1)

/* How glibc starts a thread.  Nobody here starts a process. */
#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* Who may make call NR; if ARG is not JAIL_ANY, only with (argument & MASK) == VALUE. */
struct jail_rule {
	int nr; /* below zero: this architecture does not have it */
	unsigned rows;
	int arg;
	uint64_t mask, value;
	bool is_self; /* VALUE is the own process's number */
	bool is_rare; /* the tests may do without */
};

#define C   (1u << STAGE_COLLECTOR)
#define P   (1u << JAIL_REPLAY)
#define N   (1u << STAGE_ENRICHER)
#define V   (1u << STAGE_EVALUATOR)
#define M   (1u << STAGE_EMITTER)
#define R   (1u << STAGE_RECORDER)
#define ALL (C | P | N | V | M | R)

static const struct jail_rule jail_rules[] = {
#define CALL(name, rows) { SCMP_SYS(name), rows, JAIL_ANY, 0, 0, false, false },
#define CALL_IF(name, rows, arg, value)                                                            \
	{ SCMP_SYS(name), rows, arg, UINT32_MAX, value, false, false },
#define CALL_MASKED(name, rows, arg, mask, value)                                                  \
	{ SCMP_SYS(name), rows, arg, mask, value, false, false },
#define RARE(name, rows) { SCMP_SYS(name), rows, JAIL_ANY, 0, 0, false, true },
#define RARE_IF(name, rows, arg, value)                                                            \
	{ SCMP_SYS(name), rows, arg, UINT32_MAX, value, false, true },
#define RARE_SELF(name, rows, arg) { SCMP_SYS(name), rows, arg, UINT32_MAX, 0, true, true },
#define DEADLY(name)
#include "jail_calls.def"
};

/* They end the process. */
static const int jail_deadly[] = {
#define CALL(name, rows)
#define CALL_IF(name, rows, arg, value)
#define CALL_MASKED(name, rows, arg, mask, value)
#define RARE(name, rows)
#define RARE_IF(name, rows, arg, value)
#define RARE_SELF(name, rows, arg)
#define DEADLY(name) SCMP_SYS(name),
#include "jail_calls.def"
};

#endif
