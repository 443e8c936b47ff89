/* SPDX-License-Identifier: Apache-2.0
 *
 * list.h -- the tables behind `mews list`: as text, and as the JSON that Falco
 * makes of them, with what it leaves out beside it.
 */
#ifndef MEWS_LIST_H
#define MEWS_LIST_H

#include "jout.h"

void list_fields_text(struct line *t);
void list_fields_json(struct jout *j);

void list_events_text(struct line *t);
void list_events_json(struct jout *j);

#endif
