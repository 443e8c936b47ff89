/* SPDX-License-Identifier: Apache-2.0
 *
 * format_parts.h -- the pieces of an alert's forms, for other forms made of them: the bodies
 * that each kind of receiver wants.  None ends with a newline.  Those that are bool say false
 * for an alert that cannot be said.  Core.
 */
#ifndef MEWS_FORMAT_PARTS_H
#define MEWS_FORMAT_PARTS_H

#include "format.h"

bool format_is_internal(const struct alert_frame *a); /* of mews itself */

/* The whole: a JSON object, whatever F->json says; the line of text. */
bool format_put_object(struct line *t, const struct format *f, const struct alert_frame *a);
bool format_put_text(struct line *t, const struct format *f, const struct alert_frame *a);

/* "<time>: <Priority> ", none of which needs escaping. */
void format_put_prefix(struct line *t, const struct format *f, const struct alert_frame *a);

void format_put_date(struct line *t, uint64_t ts_ns, char between);    /* in UTC */
void format_put_utc(struct line *t, uint64_t ts_ns, const char *zone); /* the zone as text */

bool format_put_value(struct line *t, const struct alert_value *v); /* as JSON */
void format_put_tags(struct line *t, const struct alert_frame *a);  /* as JSON, sorted, each once */

#endif
