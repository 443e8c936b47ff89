/* SPDX-License-Identifier: Apache-2.0
 *
 * static_fields.c -- see static_fields.h.
 */
#include "static_fields.h"

bool static_fields_find(const struct static_fields *s, struct span name, struct span *ret)
{
	for (unsigned i = s == NULL ? 0 : s->n; i > 0; i--) {
		struct span pair = span_str(s->pair[i - 1]);

		if (pair.n <= name.n || pair.p[name.n] != STATIC_FIELD_JOINT ||
		    !span_starts(pair, name))
			continue;
		*ret = span_of(pair.p + name.n + 1, pair.n - name.n - 1);
		return true;
	}
	return false;
}
