/* SPDX-License-Identifier: Apache-2.0
 *
 * output.h -- a rule's output: text with %fields, read once at load, filled in
 * at a match.  Core.
 */
#ifndef MEWS_OUTPUT_H
#define MEWS_OUTPUT_H

#include "field.h"

struct output;

/* Read TEXT.  DIAG's column counts from the text's first byte (1).  -ENOENT: what follows a % is nothing that can
 * be shown; -EINVAL: nothing follows it, or a limit is passed; -ENOMEM.  The result copies what it keeps;
 * output_free() takes NULL. */
int output_parse(struct span text, struct output **ret, struct diag *diag);
void output_free(struct output *o);

/* Let alerts have one field more: NAME with the text of FORMAT, or field NAME as it
 * is.  It takes the place of one of the same name.  Negative errno with DIAG's message. */
int output_add_text(struct output *o, const char *name, const char *format, struct diag *diag);
int output_add_field(struct output *o, const char *name, struct diag *diag);

/* -ENOENT with DIAG's message: it names a field static.* that is none of STATICS. */
int output_check_statics(const struct output *o, const struct static_fields *statics,
			 struct diag *diag);

/* The field references in it, in order of appearance; behind them those of what was added. */
unsigned output_fields(const struct output *o, const struct field_ref **ret_refs);

/* How many of these are in its own text. */
unsigned output_own_fields(const struct output *o);

/* The name of the first field from *POS on that was added as a text; NULL: there is no more.  *POS from 0. */
const char *output_next_text(const struct output *o, unsigned *pos);

/* The message, fields filled in ("<NA>" where missing); in the event's arena. */
struct span output_message(const struct output *o, struct field_event *e);

/* output_fields: one per reference, names as written, and what was added; appended
 * to ALERT's. */
void output_alert_fields(const struct output *o, struct field_event *e, struct alert_frame *alert);

#endif
