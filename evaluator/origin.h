/* SPDX-License-Identifier: Apache-2.0
 *
 * origin.h -- text that knows where it came from.  A condition is folded by
 * YAML, appended to, wrapped in exceptions, and its lists are written out;
 * still, an error in it is to be shown at the line and column of the file where
 * somebody wrote the wrong thing.  Core; at load only.
 */
#ifndef MEWS_ORIGIN_H
#define MEWS_ORIGIN_H

#include "pool.h"
#include "ytree.h"

struct origin {
	const struct yfile *file; /* NULL: unknown */
	uint32_t line, column;	  /* from 1, in bytes */
};

/* From byte AT on: columns go on counting from WHERE, or all bytes are there. */
struct origin_mark {
	uint32_t at;
	bool fixed;
	struct origin where;
};

struct origin_text {
	struct pool_text text;
	struct pool_vec marks; /* struct origin_mark, by AT */
};

void origin_init(struct origin_text *t, struct pool *pool);

/* The place of a YAML node. */
struct origin origin_of_node(const struct yfile *file, const struct ynode *n);

/* Append: a scalar as YAML read it; a piece of another text with its places; a
 * text that stands for something at WHERE. */
bool origin_add_scalar(struct origin_text *t, const struct yfile *file, const struct ynode *n);
bool origin_add_part(struct origin_text *t, const struct origin_text *from, size_t at, size_t n);
bool origin_add_fixed(struct origin_text *t, struct span s, struct origin where);

/* Drop the white space at the end; true if there was any. */
bool origin_trim(struct origin_text *t);
void origin_cut(struct origin_text *t, size_t n);

struct origin origin_find(const struct origin_text *t, size_t at);

static inline struct span origin_span(const struct origin_text *t)
{
	return pool_text_span(&t->text);
}

#endif
