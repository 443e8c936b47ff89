/* SPDX-License-Identifier: Apache-2.0
 *
 * host_names.h -- the host names that rules ask for, as text for tests to compare.
 */
#ifndef MEWS_HOST_NAMES_H
#define MEWS_HOST_NAMES_H

#include <stdio.h>
#include <string.h>

#include "ruleset.h"

/* With blanks between, and how many were left out at the end.  Good until the next call. */
static inline const char *host_names_of(const struct ruleset *rules)
{
	static char text[1024];
	struct host_names names;
	unsigned missing = ruleset_host_names(rules, &names);

	text[0] = '\0';
	for (unsigned i = 0; i < names.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s ",
			 (int)names.name[i].n, (const char *)names.name[i].p);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u", missing);
	return text;
}

#endif
