/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_rows.h -- between the table of metrics and who collects their values.
 */
#ifndef MEWS_METRICS_ROWS_H
#define MEWS_METRICS_ROWS_H

#include "metrics.h"

#define METRIC(symbol, ...)                                                                        \
	void collect_##symbol(const struct metrics_view *v, struct metric_out *out);
#include "metrics.def"
#undef METRIC

#endif
