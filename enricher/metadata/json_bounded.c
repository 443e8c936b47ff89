/* SPDX-License-Identifier: Apache-2.0
 *
 * json_bounded.c -- see json_bounded.h.
 */
#include "json_bounded.h"

/* How deep TEXT goes, brackets in strings aside; what is no JSON may give any number. */
static unsigned depth_of(struct span text)
{
	unsigned depth = 0, most = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			most = ++depth > most ? depth : most;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return most;
}

json_t *json_bounded_read(struct span text)
{
	json_error_t where;

	if (text.n == 0 || depth_of(text) > JSON_DEPTH_MAX)
		return NULL;
	return json_loadb((const char *)text.p, text.n, 0, &where);
}
