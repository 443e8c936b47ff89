/* SPDX-License-Identifier: Apache-2.0
 *
 * suggest.c -- edit distance, bounded; see suggest.h.
 */
#include "suggest.h"

enum { LONGEST = 64 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned suggest_distance(struct span a, struct span b, unsigned limit)
{
	unsigned rows[3][LONGEST + 1];
	size_t apart = a.n > b.n ? a.n - b.n : b.n - a.n;

	if (a.n > LONGEST || b.n > LONGEST || apart > limit)
		return limit + 1;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned d = up[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			d = least(d, least(up[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				d = least(d, up2[j - 2] + 1);
			row[j] = d;
		}
	}
	return least(rows[a.n % 3][b.n], limit + 1);
}

unsigned suggest_limit(size_t n)
{
	return n <= 4 ? 1 : n <= 9 ? 2 : 3;
}
