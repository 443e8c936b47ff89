/* SPDX-License-Identifier: Apache-2.0
 *
 * web_text.h -- what the web server says of health and versions.  Core.
 */
#ifndef MEWS_WEB_TEXT_H
#define MEWS_WEB_TEXT_H

#include "line.h"
#include "metrics.h"

/* Is all of the pipeline there?  True: {"status": "ok"}, as Falco says it; false: why not. */
bool web_text_health(const struct metrics_view *v, struct line *t);

/* Falco's object. */
void web_text_versions(const char *version, struct line *t);

#endif
