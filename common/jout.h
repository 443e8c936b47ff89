/* SPDX-License-Identifier: Apache-2.0
 *
 * jout.h -- JSON put together on a line, piece by piece: commas, quotation marks
 * and escapes come by themselves.  Whoever calls sees to it that what is opened
 * is closed, and that members of objects have keys.  Core.
 */
#ifndef MEWS_JOUT_H
#define MEWS_JOUT_H

#include "line.h"

#define JOUT_MAX_DEPTH 32

struct jout {
	struct line *line;
	unsigned depth;
	bool some[JOUT_MAX_DEPTH]; /* at each depth: something is there, so a comma follows */
	char close[JOUT_MAX_DEPTH];
};

void jout_init(struct jout *j, struct line *line);

/* KEY: the member's name in an object; NULL in an array, and at the top. */
void jout_object(struct jout *j, const char *key);
void jout_array(struct jout *j, const char *key);
void jout_end(struct jout *j); /* of the innermost object or array */

void jout_string(struct jout *j, const char *key, struct span value);
void jout_str(struct jout *j, const char *key, const char *value);
void jout_int(struct jout *j, const char *key, int64_t value);
void jout_uint(struct jout *j, const char *key, uint64_t value);
void jout_double(struct jout *j, const char *key, double value);
void jout_bool(struct jout *j, const char *key, bool value);
void jout_null(struct jout *j, const char *key);

#endif
