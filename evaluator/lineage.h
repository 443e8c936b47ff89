/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage.h -- where an alert's event comes from: its process, the ancestors of that, its container
 * and pod, for who looks at alerts on the web page.  Core.
 */
#ifndef MEWS_LINEAGE_H
#define MEWS_LINEAGE_H

#include "field.h"

/* A->lineage of the process of E, with texts in E's arena and in the mirror; none, if there is no
 * process. */
void lineage_put(const struct field_event *e, struct alert_frame *a);

/* A->place: which container and pod that process is in, as far as it is known. */
void lineage_put_place(struct field_event *e, struct alert_frame *a);

#endif
