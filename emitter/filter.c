/* SPDX-License-Identifier: Apache-2.0
 *
 * filter.c -- see filter.h.
 */
#include "filter.h"

/* Only the last star can need another try: what stood before it has matched already. */
bool filter_matches(const char *pattern, struct span name)
{
	const char *star = NULL;
	size_t i = 0, behind_star = 0;

	while (i < name.n) {
		if (*pattern == '*') {
			star = pattern++;
			behind_star = i;
		} else if (*pattern != '\0' &&
			   (*pattern == '?' || (uint8_t)*pattern == name.p[i])) {
			pattern++;
			i++;
		} else if (star != NULL) {
			pattern = star + 1;
			i = ++behind_star;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool has_tag(const struct conf_output *o, const struct alert_frame *alert)
{
	for (unsigned i = 0; i < o->tags.count; i++)
		for (unsigned k = 0; k < alert->ntags; k++)
			if (span_is(alert->tags[k], o->tags.item[i]))
				return true;
	return false;
}

static bool has_rule(const struct conf_output *o, const struct alert_frame *alert)
{
	for (unsigned i = 0; i < o->rules.count; i++)
		if (filter_matches(o->rules.item[i], alert->rule))
			return true;
	return false;
}

bool filter_passes(const struct conf_output *o, const struct alert_frame *alert)
{
	return alert->priority <= o->minimum_priority &&
	       (o->rules.count == 0 || has_rule(o, alert)) &&
	       (o->tags.count == 0 || has_tag(o, alert));
}
