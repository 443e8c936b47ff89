/* SPDX-License-Identifier: Apache-2.0
 *
 * jout.c -- see jout.h.
 */
#include "jout.h"

#include <stdlib.h>

void jout_init(struct jout *j, struct line *line)
{
	*j = (struct jout){ .line = line };
}

/* What stands before a value. */
static void begin_value(struct jout *j, const char *key)
{
	if (j->some[j->depth])
		line_put_char(j->line, ',');
	j->some[j->depth] = true;
	if (key == NULL)
		return;
	line_put_string(j->line, span_str(key));
	line_put_char(j->line, ':');
}

static void open_level(struct jout *j, const char *key, char open, char close)
{
	begin_value(j, key);
	line_put_char(j->line, open);
	if (++j->depth >= JOUT_MAX_DEPTH)
		abort(); /* the shapes are ours, and none is so deep */
	j->some[j->depth] = false;
	j->close[j->depth] = close;
}

void jout_object(struct jout *j, const char *key)
{
	open_level(j, key, '{', '}');
}

void jout_array(struct jout *j, const char *key)
{
	open_level(j, key, '[', ']');
}

void jout_end(struct jout *j)
{
	line_put_char(j->line, j->close[j->depth--]);
}

void jout_string(struct jout *j, const char *key, struct span value)
{
	begin_value(j, key);
	line_put_string(j->line, value);
}

void jout_str(struct jout *j, const char *key, const char *value)
{
	jout_string(j, key, span_str(value));
}

void jout_int(struct jout *j, const char *key, int64_t value)
{
	begin_value(j, key);
	line_put_int(j->line, value);
}

void jout_uint(struct jout *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	line_put_uint(j->line, value);
}

void jout_double(struct jout *j, const char *key, double value)
{
	begin_value(j, key);
	line_put_double(j->line, value);
}

void jout_bool(struct jout *j, const char *key, bool value)
{
	begin_value(j, key);
	line_puts(j->line, value ? "true" : "false");
}

void jout_null(struct jout *j, const char *key)
{
	begin_value(j, key);
	line_puts(j->line, "null");
}
