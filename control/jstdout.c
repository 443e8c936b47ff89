/* SPDX-License-Identifier: Apache-2.0
 *
 * jstdout.c -- see jstdout.h.
 */
#include "jstdout.h"

#include "line_file.h"
#include "log.h"

struct jout *jstdout_begin(struct jstdout *o)
{
	line_init_drained(&o->line, o->buf, sizeof(o->buf), line_to_file, stdout);
	jout_init(&o->j, &o->line);
	return &o->j;
}

int jstdout_end(struct jstdout *o)
{
	line_put_char(&o->line, '\n');
	return line_finish(&o->line) == 0 && fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}
