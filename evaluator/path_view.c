/* SPDX-License-Identifier: Apache-2.0
 *
 * path_view.c -- an event by other paths of its files.
 */
#include "path_view.h"

/* ---- conditions ---- */

/* What an expression reads. */
enum { READS_PATHS = 1, READS_STATE = 2 };

static unsigned expr_reads(const struct program *p, uint32_t i)
{
	const struct expr *e = program_expr(p, i);
	unsigned reads = 0;

	if (e->kind == EXPR_FIELD)
		return (field_is_path(&e->field) ? READS_PATHS : 0u) |
		       (field_is_stateful(&e->field) ? READS_STATE : 0u);
	for (unsigned k = 0; k < e->n; k++)
		reads |= expr_reads(p, e->items[k]);
	return reads;
}

static unsigned tree_reads(const struct program *p, const struct node *n)
{
	const struct predicate *q;
	unsigned reads = 0;

	for (unsigned i = 0; i < n->n; i++)
		reads |= tree_reads(p, n->child[i]);
	if (n->kind != NODE_CHECK)
		return reads;
	q = program_predicate(p, n->predicate - 1);
	reads |= expr_reads(p, q->left);
	if (q->kind == PREDICATE_FIELDS)
		reads |= expr_reads(p, q->right);
	return reads;
}

bool path_view_is_for(const struct program *p, const struct node *tree)
{
	return tree_reads(p, tree) == READS_PATHS;
}

/* ---- events ---- */

static bool has_other(const struct file_info *f)
{
	if (f->resolved.n == 0 || span_eq(f->resolved, f->name))
		return false;
	return f->type == FILE_REGULAR || f->type == FILE_REGULAR_V2 || f->type == FILE_DIRECTORY;
}

void path_view_name(struct path_view *v, const struct field_event *e, struct span name)
{
	memcpy(v->files, e->ev->files, e->ev->nfiles * sizeof(*v->files));
	v->files[e->ev->fd_file].name = name;
	v->event = *e;
	v->event.files = v->files;
}

bool path_view_open(struct path_view *v, const struct field_event *e, struct span *ret_path)
{
	const struct file_info *files = e->ev->files;
	unsigned n = e->ev->nfiles < EVENT_MAX_FILES ? e->ev->nfiles : EVENT_MAX_FILES;
	int first = -1;

	for (unsigned i = 0; i < n; i++)
		if (has_other(&files[i]) && (first < 0 || (int)i == e->ev->fd_file))
			first = (int)i;
	if (first < 0)
		return false;
	memcpy(v->files, files, n * sizeof(*files));
	for (unsigned i = 0; i < n; i++)
		if (has_other(&files[i]))
			v->files[i].name = files[i].resolved;
	v->event = *e;
	v->event.files = v->files;
	*ret_path = files[first].resolved;
	return true;
}
