/* SPDX-License-Identifier: Apache-2.0
 *
 * mute_rules.h -- may opens be left out for which no rule can match?  Whoever evaluates such an open
 * loses nothing by it.  But later it is not known that the file is open, and in later events it has the name
 * by which the kernel knows it, which may not be the one that it was opened by.  So it is asked whether rules
 * look at what is open, or at names there.
 *
 * Of streams that are made the same holds: the next event tells what they are.  Core; at load only.
 */
#ifndef MEWS_MUTE_RULES_H
#define MEWS_MUTE_RULES_H

#include "ruleset.h"

/* Do rules that want EXTRAS (field_wants()) and the events WANTED ask how much is open, or what? */
bool mute_minds_extras(uint64_t extras, const struct codes *wanted);

/* Which opens: those by the name that the kernel has for the file, or all. */
enum mute_which { MUTE_OWN_NAMES, MUTE_ALL };

/* *RET: the first of the N RULES, of those in force at PRIORITY, that would miss the names of WHICH in later events; NULL:
 * none does.  M is P's, and used.  False: no room. */
bool mute_who_minds(const struct program *p, struct program_memo *m,
		    const struct ruleset_rule *rules, unsigned n, unsigned priority,
		    enum mute_which which, const struct ruleset_rule **ret);

/* *RET: can none of these rules match when a stream of the families unix, inet and inet6 is made?  False: no room. */
bool mute_common_sockets(const struct program *p, struct program_memo *m,
			 const struct ruleset_rule *rules, unsigned n, unsigned priority,
			 bool *ret);

/* The same of fcntl when it fails, or does another thing than to duplicate a descriptor or to set its flags. */
bool mute_common_fcntls(const struct program *p, struct program_memo *m,
			const struct ruleset_rule *rules, unsigned n, unsigned priority, bool *ret);

#endif
