/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_report.h -- results of tests as TAP (version 13) and as JUnit XML, as
 * CI servers take them.  Bytes of files can neither forge a line nor an element.
 * Core.
 */
#ifndef MEWS_RULETEST_REPORT_H
#define MEWS_RULETEST_REPORT_H

#include "line.h"
#include "ruletest.h"

struct ruletest_outcome {
	const struct ruletest *test;
	struct ruletest_result result;
	uint64_t took_ns;
};

void report_tap_begin(struct line *t, unsigned ntests);
void report_tap(struct line *t, unsigned number, const struct ruletest_outcome *o);

/* Nothing could be run; WHY is one line. */
void report_tap_bail_out(struct line *t, const char *why);

/* All OUTCOMES, those of one file one suite; TIMESTAMP: 2026-01-02T03:04:05. */
void report_junit(struct line *t, const struct ruletest_outcome *outcomes, unsigned n,
		  const char *timestamp);

/* Nothing could be run: one suite with one error. */
void report_junit_error(struct line *t, const char *why, const char *timestamp);

#endif
