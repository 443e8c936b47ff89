/* SPDX-License-Identifier: Apache-2.0
 *
 * line_file.c -- see line_file.h.
 */
#include "line_file.h"

bool line_to_file(void *ctx, struct span bytes)
{
	return fwrite(bytes.p, 1, bytes.n, (FILE *)ctx) == bytes.n;
}

void line_show(FILE *f, struct span bytes)
{
	uint8_t buf[1024];
	struct line line;

	line_init_drained(&line, buf, sizeof(buf), line_to_file, f);
	line_put_visible(&line, bytes);
	(void)line_finish(&line); /* it shows when F is flushed */
}
