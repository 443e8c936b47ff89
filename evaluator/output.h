/* SPDX-License-Identifier: Apache-2.0
 *
 * output.h -- a rule's output: text with %fields, read once at load, filled in
 * at a match.  Core.
 */
#ifndef MEWS_OUTPUT_H
#define MEWS_OUTPUT_H

#include "field.h"

struct output;

/* Read TEXT.  DIAG's column counts from the text's first byte (1).  The result
 * copies what it keeps; output_free() takes NULL. */
int output_parse(struct span text, struct output **ret, struct diag *diag);
void output_free(struct output *o);

/* The field references in it, in order of appearance. */
unsigned output_fields(const struct output *o, const struct field_ref **ret_refs);

/* The message, fields filled in ("<NA>" where missing); in the event's arena. */
struct span output_message(const struct output *o, struct field_event *e);

/* output_fields: one per reference, names as written; appended to ALERT's. */
void output_alert_fields(const struct output *o, struct field_event *e, struct alert_frame *alert);

#endif
