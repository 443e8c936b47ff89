/* SPDX-License-Identifier: Apache-2.0
 *
 * known.h -- what of a rule set's predicates is known of all events of a kind, before there is one.
 * Core; at load only.
 */
#ifndef MEWS_KNOWN_H
#define MEWS_KNOWN_H

#include "program.h"
#include "rule_cover.h"

/* KNOWN, one enum cover_known per predicate of P: what the event code CODE alone settles. */
void known_of_code(const struct program *p, struct program_memo *m, struct arena *arena,
		   unsigned code, uint8_t *known);

/* Further, what is settled where the event's descriptor is a regular file. */
void known_of_file(const struct program *p, struct program_memo *m, struct arena *arena,
		   unsigned code, uint8_t *known);

/* Further, what is settled where the event, of CODE, has V as its parameter number I. */
void known_of_param(const struct program *p, struct program_memo *m, struct arena *arena,
		    unsigned code, unsigned i, uint64_t v, uint8_t *known);

/* Further, what is settled where the call has failed with each of the errors that calls have. */
void known_of_failure(const struct program *p, struct program_memo *m, struct arena *arena,
		      unsigned code, uint8_t *known);

#endif
