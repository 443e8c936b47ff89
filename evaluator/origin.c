/* SPDX-License-Identifier: Apache-2.0
 *
 * origin.c -- a scalar's text is laid beside its source: bytes that are no
 * white space follow each other in both, whatever YAML folded between them.
 */
#include "origin.h"

#include "yaml_relax.h"

void origin_init(struct origin_text *t, struct pool *pool)
{
	*t = (struct origin_text){ .text = { .pool = pool } };
}

/* Where in FILE's bytes PLACE is: columns count characters. */
static size_t byte_of(const struct yfile *file, struct yplace place)
{
	size_t at = place.line < file->nlines ? file->lines[place.line] : file->bytes.n;

	for (uint32_t column = 0; column < place.column && at < file->bytes.n; column++)
		at += yaml_character(file->bytes.p + at, file->bytes.n - at);
	return at;
}

struct origin origin_of_node(const struct yfile *file, const struct ynode *n)
{
	struct origin o = { file, n->from.line + 1, n->from.column + 1 };

	return o;
}

static bool add_mark(struct origin_text *t, bool fixed, struct origin where)
{
	struct origin_mark *last =
		t->marks.n == 0 ? NULL : &((struct origin_mark *)t->marks.items)[t->marks.n - 1];

	if (last != NULL && last->fixed == fixed && last->where.file == where.file &&
	    last->where.line == where.line &&
	    where.column == last->where.column + (fixed ? 0 : t->text.n - last->at))
		return true;
	last = pool_push(t->text.pool, &t->marks, sizeof(*last));
	if (last == NULL)
		return false;
	*last = (struct origin_mark){ (uint32_t)t->text.n, fixed, where };
	return true;
}

static bool is_white(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A walk over a scalar's source. */
struct walk {
	struct span bytes;
	size_t at;
	struct origin where;
};

static uint8_t walk_peek(const struct walk *w)
{
	return w->at < w->bytes.n ? w->bytes.p[w->at] : 0;
}

static void walk_step(struct walk *w, size_t n)
{
	for (; n > 0 && w->at < w->bytes.n; n--) {
		if (w->bytes.p[w->at++] == '\n') {
			w->where.line++;
			w->where.column = 1;
		} else {
			w->where.column++;
		}
	}
}

/* How many source bytes stand for the next byte of the text. */
static size_t walk_length(const struct walk *w, enum ynode_style style)
{
	uint8_t next = w->at + 1 < w->bytes.n ? w->bytes.p[w->at + 1] : 0;

	if (style == YSTYLE_SINGLE && walk_peek(w) == '\'' && next == '\'')
		return 2;
	if (style != YSTYLE_DOUBLE || walk_peek(w) != '\\')
		return 1;
	return next == 'x' ? 4 : next == 'u' ? 6 : next == 'U' ? 10 : 2;
}

static void walk_begin(struct walk *w, const struct yfile *file, const struct ynode *n)
{
	size_t at = byte_of(file, n->from);
	size_t line = n->from.line < file->nlines ? file->lines[n->from.line] : at;

	*w = (struct walk){ file->bytes,
			    at,
			    { file, n->from.line + 1, (uint32_t)(at - line) + 1 } };
	if (n->style == YSTYLE_SINGLE || n->style == YSTYLE_DOUBLE)
		walk_step(w, 1);
	if (n->style == YSTYLE_BLOCK) /* "|-", ">" and what is behind them on the line */
		while (w->at < w->bytes.n && walk_peek(w) != '\n')
			walk_step(w, 1);
}

bool origin_add_scalar(struct origin_text *t, const struct yfile *file, const struct ynode *n)
{
	bool ok = true;
	struct walk w;

	walk_begin(&w, file, n);
	for (size_t i = 0; ok && i < n->text.n; i++) {
		bool white = is_white(n->text.p[i]);

		while (!white && w.at < w.bytes.n && is_white(walk_peek(&w)))
			walk_step(&w, 1);
		/* "\" at the end of a line in double quotes joins two lines */
		while (!white && n->style == YSTYLE_DOUBLE && walk_peek(&w) == '\\' &&
		       w.at + 1 < w.bytes.n && w.bytes.p[w.at + 1] == '\n') {
			walk_step(&w, 2);
			while (is_white(walk_peek(&w)))
				walk_step(&w, 1);
		}
		ok = add_mark(t, false, w.where) &&
		     pool_text_add(&t->text, span_of(n->text.p + i, 1));
		if (!white)
			walk_step(&w, walk_length(&w, n->style));
		else if (walk_peek(&w) == ' ')
			walk_step(&w, 1);
	}
	return ok && pool_text_str(&t->text, "");
}

/* How many marks stand at or before AT: the last of them is the one that counts. */
static unsigned marks_upto(const struct origin_text *t, size_t at)
{
	const struct origin_mark *marks = t->marks.items;
	unsigned low = 0, high = t->marks.n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (marks[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct origin place_at(const struct origin_mark *mark, size_t at)
{
	struct origin where = mark->where;

	if (!mark->fixed)
		where.column += (uint32_t)(at - mark->at);
	return where;
}

struct origin origin_find(const struct origin_text *t, size_t at)
{
	unsigned n = marks_upto(t, at);

	return n == 0 ? (struct origin){ NULL, 0, 0 }
		      : place_at((const struct origin_mark *)t->marks.items + n - 1, at);
}

bool origin_add_part(struct origin_text *t, const struct origin_text *from, size_t at, size_t n)
{
	const struct origin_mark *marks = from->marks.items;
	size_t end = at + n;

	for (unsigned i = marks_upto(from, at); at < end; i++) {
		size_t upto = i < from->marks.n && marks[i].at < end ? marks[i].at : end;
		struct origin where = { NULL, 0, 0 };

		if (i > 0)
			where = place_at(&marks[i - 1], at);
		if (!add_mark(t, i > 0 && marks[i - 1].fixed, where) ||
		    !pool_text_add(&t->text, span_of(from->text.p + at, upto - at)))
			return false;
		at = upto;
	}
	return true;
}

bool origin_add_fixed(struct origin_text *t, struct span s, struct origin where)
{
	return add_mark(t, true, where) && pool_text_add(&t->text, s);
}

void origin_cut(struct origin_text *t, size_t n)
{
	const struct origin_mark *marks = t->marks.items;

	if (n >= t->text.n)
		return;
	t->text.n = n;
	t->text.p[n] = 0;
	while (t->marks.n > 0 && marks[t->marks.n - 1].at >= n)
		t->marks.n--;
}

bool origin_trim(struct origin_text *t)
{
	size_t n = t->text.n;

	while (n > 0 && is_white(t->text.p[n - 1]))
		n--;
	if (n == t->text.n)
		return false;
	origin_cut(t, n);
	return true;
}
