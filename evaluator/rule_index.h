/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_index.h -- from an event to the few rules that are worth looking at.
 *
 *   event code     the rules that can match this kind of event: a class of codes
 *                  for which the same rules are left
 *   process        of these, once per version of the process: which can still match for it
 *   event          of these, by one look-up per field: which are woken by its values
 *
 * A rule that is not woken is false at the event (rule_cover.h); one that is woken
 * must be looked at.  Core; built once, nothing is allocated at an event.
 */
#ifndef MEWS_RULE_INDEX_H
#define MEWS_RULE_INDEX_H

#include "program.h"
#include "ruleset.h"

struct rule_index;

/* Of those of the N RULES that are named by ORDER, NORDER of them, and in that order.  All memory is POOL's.
 * -ENOMEM. */
int rule_index_new(struct pool *pool, const struct program *p, const struct ruleset_rule *rules,
		   unsigned n, const uint32_t *order, unsigned norder, struct rule_index **ret);

/* Is any rule looked at for events of CODE? */
bool rule_index_has(const struct rule_index *x, unsigned code);

/* Wake what W's event wakes.  M belongs to that event. */
void rule_index_begin(struct rule_index *x, struct program_memo *m, struct ruleset_walk *w);

/* Opens are alike that are by the same name, of the same path and with the same flags.  What is remembered of those
 * like E: nrules is NAME_IS_NEW, NAME_HAS_MANY, 0.  NULL: nothing can be.  M belongs to E. */
struct name_memo *rule_index_open_memo(struct rule_index *x, struct program_memo *m,
				       struct field_event *e);

/* Can one like E match for anybody? */
bool rule_index_open_matters(const struct rule_index *x, struct program_memo *m,
			     struct field_event *e);

/* The next rule that is worth looking at, in order; false: no more. */
static inline bool rule_index_next(struct ruleset_walk *w, uint32_t *ret_rule)
{
	for (; w->word < w->nwords; w->word++) {
		uint64_t bits = w->woken[w->word];

		if (bits == 0)
			continue;
		w->woken[w->word] = bits & (bits - 1);
		*ret_rule = w->rules[w->word * 64 + (unsigned)__builtin_ctzll(bits)];
		return true;
	}
	return false;
}

#endif
