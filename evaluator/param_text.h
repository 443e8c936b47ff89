/* SPDX-License-Identifier: Apache-2.0
 *
 * param_text.h -- the parameters of an event as text: raw ("3"), resolved
 * ("<f>/etc/passwd"), and all of them in a row ("fd=3(<f>/etc/passwd) ...").
 * Core.
 */
#ifndef MEWS_PARAM_TEXT_H
#define MEWS_PARAM_TEXT_H

#include "field.h"
#include "text.h"

/* Parameter INDEX of E's event: its raw form; its resolved form, nothing if it
 * has none; the one that evt.arg shows: resolved, or else raw. */
void param_text_put_raw(struct text *t, const struct field_event *e, int index);
void param_text_put_resolved(struct text *t, const struct field_event *e, int index);
void param_text_put(struct text *t, const struct field_event *e, int index);

/* evt.args. */
void param_text_put_all(struct text *t, const struct field_event *e);

/* The descriptors of poll's list.  False: the event has none, or it ends. */
struct param_fdlist {
	struct span rest;
	unsigned left;
	int64_t fd;
	uint16_t events;
};

bool param_fdlist_start(const struct field_event *e, struct param_fdlist *ret);
bool param_fdlist_next(struct param_fdlist *list);

#endif
