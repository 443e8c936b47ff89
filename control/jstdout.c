/* SPDX-License-Identifier: Apache-2.0
 *
 * jstdout.c -- see jstdout.h.
 */
#include "jstdout.h"

#include <stdio.h>

#include "log.h"

static bool to_stdout(void *ctx, struct span bytes)
{
	(void)ctx;
	return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n;
}

struct jout *jstdout_begin(struct jstdout *o)
{
	line_init_drained(&o->line, o->buf, sizeof(o->buf), to_stdout, NULL);
	jout_init(&o->j, &o->line);
	return &o->j;
}

int jstdout_end(struct jstdout *o)
{
	line_put_char(&o->line, '\n');
	return line_finish(&o->line) == 0 && fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}
