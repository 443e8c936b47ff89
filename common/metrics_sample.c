/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_sample.c -- what most rows have to say, said once.
 */
#include <stdio.h>

#include "metrics_rows.h"

struct metric_sample metric_sample(void)
{
	return (struct metric_sample){ .suffix = "" };
}

void metric_label(struct metric_sample *s, const char *name, const char *value)
{
	s->label[s->nlabels++] = (struct metric_label){ name, span_str(value) };
}

void metric_take_uint(struct metric_out *out, struct metric_sample *s, uint64_t u)
{
	s->is_real = false;
	s->u = u;
	out->take(out, s);
}

void metric_take_real(struct metric_out *out, struct metric_sample *s, double d)
{
	s->is_real = true;
	s->d = d;
	out->take(out, s);
}

void metric_plain(struct metric_out *out, uint64_t u)
{
	struct metric_sample s = metric_sample();

	metric_take_uint(out, &s, u);
}

void metric_plain_unless_zero(struct metric_out *out, uint64_t u)
{
	if (u != 0)
		metric_plain(out, u);
}

void metric_plain_real(struct metric_out *out, double d)
{
	struct metric_sample s = metric_sample();

	metric_take_real(out, &s, d);
}

void metric_info(struct metric_out *out, const char *name, const char *value)
{
	struct metric_sample s = metric_sample();

	if (value == NULL)
		return;
	metric_label(&s, name, value);
	metric_take_uint(out, &s, 1);
}

void metric_plain_counter(struct metric_out *out, const struct metrics_view *v, enum stage_id id,
			  unsigned word)
{
	if (v->stage[id] != NULL)
		metric_plain(out, v->stage[id]->counts.v[word]);
}

void metric_histogram(const struct histogram *h, struct metric_out *out, struct metric_sample *s)
{
	struct metric_sample bucket = *s;
	uint64_t sum = 0;
	unsigned at = 0;

	while (at < s->nlabels && strcmp(s->label[at].name, "le") < 0)
		at++;
	memmove(&bucket.label[at + 1], &s->label[at], (s->nlabels - at) * sizeof(s->label[0]));
	bucket.nlabels++;
	bucket.suffix = "_bucket";
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		char le[32] = "+Inf";

		if (i < HISTOGRAM_BOUNDS)
			snprintf(le, sizeof(le), "%g", (double)histogram_bounds[i] / NS_PER_S);
		sum += h->count[i];
		bucket.label[at] = (struct metric_label){ "le", span_str(le) };
		metric_take_uint(out, &bucket, sum);
	}
	s->suffix = "_sum";
	metric_take_real(out, s, (double)h->sum_ns / NS_PER_S);
	s->suffix = "_count";
	metric_take_uint(out, s, sum);
}
