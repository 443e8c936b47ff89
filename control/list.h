/* SPDX-License-Identifier: Apache-2.0
 *
 * list.h -- the tables behind `mews list`: as text and as JSON, in the forms that Falco
 * has, with what it leaves out if that is wanted.
 */
#ifndef MEWS_LIST_H
#define MEWS_LIST_H

#include "jout.h"

struct list_form {
	bool types; /* of fields, in text */
	bool all;   /* what is hidden, deprecated or old, too */
};

void list_fields_text(const struct list_form *form, struct line *t);
void list_fields_json(const struct list_form *form, struct jout *j);

void list_events_text(const struct list_form *form, struct line *t);
void list_events_json(const struct list_form *form, struct jout *j);

#endif
