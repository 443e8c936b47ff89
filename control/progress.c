/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.c -- see progress.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "progress.h"

/* 950 -> "950", 12400000 -> "12.4 M". */
static void put_number(char *buf, size_t cap, double n)
{
	static const struct {
		double from;
		const char *unit;
	} units[] = { { 1e9, " G" }, { 1e6, " M" }, { 1e3, " k" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (n >= units[i].from) {
			snprintf(buf, cap, "%.1f%s", n / units[i].from, units[i].unit);
			return;
		}
	}
	snprintf(buf, cap, "%.0f ", n);
}

/* What is left, at the pace so far; "" as long as there is none to go by. */
static void put_left(char *buf, size_t cap, const struct progress *p, double seconds)
{
	double left;

	buf[0] = '\0';
	if (p->done == 0 || p->total <= p->done || seconds < 0.2)
		return;
	left = seconds * (double)(p->total - p->done) / (double)p->done;
	if (left < 360000)
		snprintf(buf, cap, ", %u:%02u left", (unsigned)left / 60, (unsigned)left % 60);
}

size_t progress_line(const struct progress *p, struct mono now, char line[PROGRESS_LINE])
{
	double seconds = (double)mono_since(p->began, now) / (double)NS_PER_SEC;
	char done[16], total[16], pace[16], left[24];
	unsigned percent = p->total == 0 ? 0
			   : p->done >= p->total
				   ? 100
				   : (unsigned)((double)p->done * 100 / (double)p->total);

	put_number(done, sizeof(done), (double)p->done);
	put_number(total, sizeof(total), (double)p->total);
	put_number(pace, sizeof(pace), seconds > 0 ? (double)p->events / seconds : 0);
	put_left(left, sizeof(left), p, seconds);
	return (size_t)snprintf(line, PROGRESS_LINE,
				"%sB of %sB, %u %%, %" PRIu64 " events, %s/s%s", done, total,
				percent, p->events, pace, left);
}
