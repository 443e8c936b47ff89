/* SPDX-License-Identifier: Apache-2.0
 *
 * page_state.h -- how the pipeline is, as the web page asks for it (docs/web-page.md).  Core.
 */
#ifndef MEWS_PAGE_STATE_H
#define MEWS_PAGE_STATE_H

#include "line.h"
#include "metrics.h"

void page_state_put(struct line *t, const struct metrics_view *v);

#endif
