/* SPDX-License-Identifier: Apache-2.0
 *
 * top.h -- what `mews top` shows: two readings of a pipeline, a moment apart, as lines of text.
 * Core.
 */
#ifndef MEWS_TOP_H
#define MEWS_TOP_H

#include "picture.h"

enum { TOP_ITEMS = 32, TOP_RULES = 1024, TOP_COLUMNS = 240, TOP_LINES = 200 };

/* A process, a container, a rule. */
struct top_item {
	char name[96]; /* as it may be shown */
	char more[112];
	uint64_t count; /* events in the last second; a rule's matches in all */
	uint64_t ns;	/* that a rule took in all */
};

struct top_sample {
	uint64_t at_ns; /* of any clock */
	struct picture picture;
	unsigned nprocesses, ncontainers, nrules;
	struct top_item processes[TOP_ITEMS], containers[TOP_ITEMS], rules[TOP_RULES];
};

/* The lines that the evaluator gives of activity or of rules; what makes no sense is passed over. */
void top_take_page(struct top_sample *s, struct span page);

enum top_style { TOP_PLAIN, TOP_TITLE, TOP_WARNING, TOP_BAD, TOP_DIM };

struct top_line {
	enum top_style style;
	char text[TOP_COLUMNS + 1];
};

/* At most ROWS lines.  BEFORE: an earlier sample; the rates are those since then. */
unsigned top_lines(const struct top_sample *before, const struct top_sample *now, unsigned rows,
		   struct top_line ret[TOP_LINES]);

#endif
