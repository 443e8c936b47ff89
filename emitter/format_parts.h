/* SPDX-License-Identifier: Apache-2.0
 *
 * format_parts.h -- the pieces of an alert's forms, for other forms made of them: the bodies
 * that each kind of receiver wants.  None ends with a newline.  Those that are bool say false
 * for an alert that cannot be said.  Core.
 */
#ifndef MEWS_FORMAT_PARTS_H
#define MEWS_FORMAT_PARTS_H

#include "cursor.h"
#include "format.h"

bool format_is_internal(const struct alert_frame *a); /* of mews itself */

/* The whole: a JSON object, whatever F->json says; the line of text. */
bool format_put_object(struct line *t, const struct format *f, const struct alert_frame *a);
bool format_put_text(struct line *t, const struct format *f, const struct alert_frame *a);

/* An object for one that is too long, or cannot be said: what must not be missing. */
void format_put_short(struct line *t, const struct format *f, const struct alert_frame *a);

/* "<time>: <Priority> ", none of which needs escaping. */
void format_put_prefix(struct line *t, const struct format *f, const struct alert_frame *a);

void format_put_date(struct line *t, uint64_t ts_ns, char between);    /* in UTC */
void format_put_utc(struct line *t, uint64_t ts_ns, const char *zone); /* the zone as text */

bool format_put_value(struct line *t, const struct alert_value *v); /* as JSON */
void format_put_tags(struct line *t, const struct alert_frame *a);  /* as JSON, sorted, each once */

/* The tags with commas between; PUT: line_put() and the like. */
typedef void format_put_bytes(struct line *t, struct span bytes);
void format_put_tag_names(struct line *t, const struct alert_frame *a, format_put_bytes *put);

/* The next element of a list, C begun with cursor_start() and not at its end.  What is no
 * scalar fails the cursor. */
struct alert_value format_list_next(struct cursor *c);

/* Fields by name, of equal names the last one only: later ones replace earlier ones. */
struct format_fields {
	unsigned n;
	const struct alert_field *by_name[ALERT_MAX_FIELDS + 1];
};
void format_fields_of(struct format_fields *fs, const struct alert_frame *a);

/* The field NAME, the last one of that name; NULL: there is none. */
const struct alert_value *format_field(const struct alert_frame *a, struct span name);

#endif
