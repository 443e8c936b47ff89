/* SPDX-License-Identifier: Apache-2.0
 *
 * process_memo.h -- what the rules know of a process: the truth of predicates that
 * look at the process alone, and per class of events the rules that can still match
 * for it.  Valid for one version of the process and one epoch of the mirror.
 *
 * A cache of fixed size: a process whose place another takes is worked out again.
 * Core; nothing is allocated once it is made.
 */
#ifndef MEWS_PROCESS_MEMO_H
#define MEWS_PROCESS_MEMO_H

#include "mirror.h"
#include "pool.h"

struct process_memo {
	uint64_t key, version, epoch;
	uint64_t *known, *truth; /* a bit per predicate of processes */
	uint32_t *lists;	 /* per class of events: a list's number; 0: not worked out */
};

struct process_memos;

/* For PREDICATES predicates of processes, CLASSES classes of events.  NULL: no room. */
struct process_memos *process_memos_new(struct pool *pool, unsigned predicates, unsigned classes);

/* What is known of P; mostly nothing if it was not met before. */
struct process_memo *process_memo_get(struct process_memos *m, const struct mirror_process *p,
				      uint64_t epoch);

/* Forget all, lists too. */
void process_memos_clear(struct process_memos *m);

/* A list of rules, equal ones being one.  Its number; 0: there is no room for more until all
 * is forgotten. */
uint32_t process_memo_list(struct process_memos *m, const uint32_t *rules, unsigned n);
const uint32_t *process_memo_rules(const struct process_memos *m, uint32_t list, unsigned *ret_n);

#endif
