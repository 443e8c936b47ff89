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

#define NS_PER_S 1e9

/* ---- what collectors say: metrics_sample.c ---- */

struct metric_sample metric_sample(void); /* without labels, with no value yet */
void metric_label(struct metric_sample *s, const char *name, const char *value);
void metric_take_uint(struct metric_out *out, struct metric_sample *s, uint64_t u);
void metric_take_real(struct metric_out *out, struct metric_sample *s, double d);

/* All of a sample that has no labels. */
void metric_plain(struct metric_out *out, uint64_t u);
void metric_plain_unless_zero(struct metric_out *out, uint64_t u);
void metric_plain_real(struct metric_out *out, double d);

/* 1, with what there is to say in a label; VALUE NULL: nothing. */
void metric_info(struct metric_out *out, const char *name, const char *value);

/* A word of a stage's counters, if that stage is known. */
void metric_plain_counter(struct metric_out *out, const struct metrics_view *v, enum stage_id id,
			  unsigned word);

/* H in seconds, with S's labels; as Prometheus has them, each bucket holds all that is below its bound. */
void metric_histogram(const struct histogram *h, struct metric_out *out, struct metric_sample *s);

#endif
