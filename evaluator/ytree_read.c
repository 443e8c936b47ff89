/* SPDX-License-Identifier: Apache-2.0
 *
 * ytree_read.c -- libyaml's events to nodes.  Its own loader is not used: that
 * one builds all before anybody can say that it is too much, and looks through
 * all anchors for each.
 */
#include "ytree_read.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

#include "strmap.h"
#include "yaml_relax.h"

enum { MAX_DIRECTIVES = 64 }; /* libyaml holds each against all others */

/* An open sequence or mapping. */
struct level {
	struct ynode *node;
	struct pool_vec items; /* struct ynode * */
	uint32_t anchor;       /* its entry in ANCHORED + 1; 0: none */
};

struct reader {
	struct pool *pool;
	struct diag *diag;
	const struct yaml_relaxed *relaxed; /* NULL: the text is the file's own */
	struct strmap anchors;		    /* to index + 1 in ANCHORED; of this document */
	struct pool_vec anchored;	    /* struct ynode *, NULL while it is open */
	unsigned depth;
	struct level levels[YTREE_MAX_NESTING];
	struct pool_vec documents; /* struct ynode * */
	unsigned nodes;
};

static int refuse(struct reader *r, const yaml_mark_t *at, int err, const char *why)
{
	diag_set(r->diag, "%s", why);
	r->diag->line = (uint32_t)at->line + 1;
	r->diag->column = (uint32_t)at->column + 1;
	return err;
}

static int no_room(struct reader *r, const yaml_mark_t *at)
{
	return refuse(r, at, -ENOMEM, r->pool->starved ? "no memory" : "the file is too large");
}

static struct yplace place_of(const yaml_mark_t *m)
{
	return (struct yplace){ (uint32_t)m->line, (uint32_t)m->column, (uint32_t)m->index };
}

/* ---- lines ---- */

static bool index_lines(struct yfile *f, struct pool *pool)
{
	uint32_t *lines;
	unsigned n = 1;

	for (size_t i = 0; i < f->bytes.n; i++)
		n += f->bytes.p[i] == '\n';
	lines = pool_array(pool, n, sizeof(*lines));
	if (lines == NULL)
		return false;
	f->nlines = n;
	f->lines = lines;
	*lines++ = 0;
	for (size_t i = 0; i < f->bytes.n; i++)
		if (f->bytes.p[i] == '\n')
			*lines++ = (uint32_t)i + 1;
	return true;
}

static unsigned count_directives(const struct yfile *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->nlines; i++)
		n += f->lines[i] < f->bytes.n && f->bytes.p[f->lines[i]] == '%';
	return n;
}

/* ---- nodes ---- */

static bool is_null(const yaml_event_t *e)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	struct span s = span_of(e->data.scalar.value, e->data.scalar.length);

	if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(s, words[i]))
			return true;
	return false;
}

static enum ynode_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YSTYLE_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YSTYLE_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return YSTYLE_BLOCK;
	default:
		return YSTYLE_PLAIN;
	}
}

/* N is complete: it goes where the open collection, or the document, wants it. */
static int put_node(struct reader *r, const yaml_event_t *e, struct ynode *n)
{
	struct pool_vec *to = r->depth > 0 ? &r->levels[r->depth - 1].items : &r->documents;
	struct ynode **slot = pool_push(r->pool, to, sizeof(*slot));

	if (slot == NULL)
		return no_room(r, &e->start_mark);
	*slot = n;
	if (r->depth > 0)
		r->levels[r->depth - 1].node->size += n->size;
	return 0;
}

/* N more nodes. */
static int count_nodes(struct reader *r, const yaml_event_t *e, unsigned n)
{
	if (n > YTREE_MAX_NODES - r->nodes)
		return refuse(r, &e->start_mark, -E2BIG,
			      "too many nodes, what aliases stand for included");
	r->nodes += n;
	return 0;
}

static struct ynode *new_node(struct reader *r, const yaml_event_t *e, enum ynode_kind kind)
{
	struct ynode *n = pool_get(r->pool, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->kind = kind;
	n->size = 1;
	n->from = place_of(&e->start_mark);
	n->to = place_of(&e->end_mark);
	return n;
}

/* ANCHOR (NULL: none) is what N will be called; *RET its number.  A later node of
 * that name takes its place. */
static int put_anchor(struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor,
		      struct ynode *n, uint32_t *ret)
{
	struct strmap_entry *entry;
	struct ynode **slot;
	struct span name;

	*ret = 0;
	if (anchor == NULL)
		return 0;
	name = pool_copy(r->pool, span_str((const char *)anchor));
	entry = name.p == NULL ? NULL : strmap_entry(&r->anchors, name);
	slot = entry == NULL ? NULL : pool_push(r->pool, &r->anchored, sizeof(*slot));
	if (slot == NULL)
		return no_room(r, &e->start_mark);
	*slot = n;
	*ret = entry->value = r->anchored.n;
	return 0;
}

/* A scalar's text, as the file has it. */
static struct span copy_text(struct reader *r, const yaml_event_t *e)
{
	struct span read = span_of(e->data.scalar.value, e->data.scalar.length);

	if (r->relaxed != NULL)
		read.n = yaml_unrelax(r->relaxed, e->data.scalar.value, read.n);
	return pool_copy(r->pool, read);
}

static int on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct ynode *n = new_node(r, e, YNODE_SCALAR);
	int err = count_nodes(r, e, 1);
	uint32_t anchor;

	if (err < 0)
		return err;
	if (n == NULL)
		return no_room(r, &e->start_mark);
	n->style = style_of(e->data.scalar.style);
	n->null = is_null(e);
	n->text = copy_text(r, e);
	if (n->text.p == NULL)
		return no_room(r, &e->start_mark);
	err = put_anchor(r, e, e->data.scalar.anchor, n, &anchor);
	return err < 0 ? err : put_node(r, e, n);
}

static int on_begin(struct reader *r, const yaml_event_t *e, enum ynode_kind kind,
		    const yaml_char_t *anchor)
{
	struct level *level = &r->levels[r->depth];
	int err = count_nodes(r, e, 1);

	if (err < 0)
		return err;
	if (r->depth == YTREE_MAX_NESTING)
		return refuse(r, &e->start_mark, -ELOOP, "nested too deeply");
	*level = (struct level){ .node = new_node(r, e, kind) };
	if (level->node == NULL)
		return no_room(r, &e->start_mark);
	err = put_anchor(r, e, anchor, NULL, &level->anchor);
	if (err == 0)
		r->depth++;
	return err;
}

static int on_end(struct reader *r, const yaml_event_t *e)
{
	struct level *level = &r->levels[--r->depth];
	struct ynode *n = level->node;

	n->to = place_of(&e->end_mark);
	n->items = level->items.items;
	n->n = n->kind == YNODE_MAPPING ? level->items.n / 2 : level->items.n;
	if (level->anchor != 0)
		((struct ynode **)r->anchored.items)[level->anchor - 1] = n;
	return put_node(r, e, n);
}

static int on_alias(struct reader *r, const yaml_event_t *e)
{
	uint32_t found = strmap_find(&r->anchors, span_str((const char *)e->data.alias.anchor));
	struct ynode *n = found == 0 ? NULL : ((struct ynode **)r->anchored.items)[found - 1];
	int err;

	if (found == 0)
		return refuse(r, &e->start_mark, -EINVAL, "found undefined alias");
	if (n == NULL)
		return refuse(r, &e->start_mark, -ELOOP, "the alias stands in what it is for");
	err = count_nodes(r, e, n->size);
	return err < 0 ? err : put_node(r, e, n);
}

static int on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		r->anchors = (struct strmap){ .pool = r->pool };
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_begin(r, e, YNODE_SEQUENCE, e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_begin(r, e, YNODE_MAPPING, e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(r, e);
	case YAML_ALIAS_EVENT:
		return on_alias(r, e);
	default:
		return 0;
	}
}

/* ---- the file ---- */

static int parser_problem(struct reader *r, const yaml_parser_t *parser)
{
	const char *why = parser->problem != NULL ? parser->problem : "not YAML";

	if (parser->error == YAML_MEMORY_ERROR) {
		pool_starve(r->pool);
		return no_room(r, &parser->mark);
	}
	diag_set(r->diag, "%s%s%s", why, parser->context != NULL ? ", " : "",
		 parser->context != NULL ? parser->context : "");
	r->diag->line = (uint32_t)parser->problem_mark.line + 1;
	r->diag->column = (uint32_t)parser->problem_mark.column + 1;
	return -EINVAL;
}

static int read_events(struct reader *r, yaml_parser_t *parser)
{
	bool end = false;
	int err = 0;

	while (err == 0 && !end) {
		yaml_event_t event;

		if (yaml_parser_parse(parser, &event) == 0)
			return parser_problem(r, parser);
		end = event.type == YAML_STREAM_END_EVENT;
		err = on_event(r, &event);
		yaml_event_delete(&event);
	}
	return err;
}

/* The documents of TEXT, which is F's, or RELAXED. */
static int read_text(struct yfile *f, struct span text, const struct yaml_relaxed *relaxed,
		     struct pool *pool, struct diag *diag)
{
	struct reader r = {
		.pool = pool, .diag = diag, .relaxed = relaxed, .anchors = { .pool = pool }
	};
	const yaml_mark_t top = { 0, 0, 0 };
	yaml_parser_t parser;
	int err;

	if (yaml_parser_initialize(&parser) == 0) {
		pool_starve(pool);
		return no_room(&r, &top);
	}
	yaml_parser_set_input_string(&parser, text.p, text.n);
	err = read_events(&r, &parser);
	yaml_parser_delete(&parser);
	f->n = r.documents.n;
	f->documents = r.documents.items;
	return err;
}

/* DIAG says why F was refused: once more, as yaml-cpp would read it.  What is refused then as well
 * is wrong; if it is no further on, the first reason stays. */
static int read_relaxed(struct yfile *f, struct pool *pool, struct diag *diag)
{
	struct diag first = *diag;
	struct yaml_relaxed relaxed;
	uint8_t *room = malloc(yaml_relax_room(f->bytes) + 1);
	int err = -EINVAL;

	if (room == NULL) {
		pool_starve(pool);
		diag_set(diag, "no memory");
		return -ENOMEM;
	}
	if (yaml_relax(f->bytes, room, &relaxed))
		err = read_text(f, relaxed.text, &relaxed, pool, diag);
	free(room);
	if (err == -EINVAL && !diag_is_behind(diag, &first))
		*diag = first;
	return err;
}

int ytree_read(struct yfile *f, struct pool *pool, struct diag *diag)
{
	struct reader r = { .pool = pool, .diag = diag };
	const yaml_mark_t top = { 0, 0, 0 };
	int err;

	if (!index_lines(f, pool))
		return no_room(&r, &top);
	if (count_directives(f) > MAX_DIRECTIVES)
		return refuse(&r, &top, -E2BIG, "too many directives: lines that begin with %");
	err = read_text(f, f->bytes, NULL, pool, diag);
	return err == -EINVAL ? read_relaxed(f, pool, diag) : err;
}
