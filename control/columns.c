/* SPDX-License-Identifier: Apache-2.0
 *
 * columns.c -- see columns.h.  A byte counts as a column: names and words are
 * ASCII but for what rules bring, which may then stand a little short.
 */
#include "columns.h"

static void put_blanks(struct line *t, size_t n)
{
	while (n-- > 0)
		line_put_char(t, ' ');
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span next_word(struct span *text)
{
	struct span word;

	while (text->n > 0 && is_blank(text->p[0]))
		*text = span_of(text->p + 1, text->n - 1);
	word = span_of(text->p, 0);
	while (word.n < text->n && !is_blank(word.p[word.n]))
		word.n++;
	if (word.n > 0)
		*text = span_of(text->p + word.n, text->n - word.n);
	return word;
}

void columns_put(struct line *t, struct span name, struct span text, unsigned indent,
		 unsigned width)
{
	size_t column = 0;
	struct span word;

	line_put_visible(t, name);
	if (name.n < indent) {
		put_blanks(t, indent - name.n);
	} else {
		line_put_char(t, '\n');
		put_blanks(t, indent);
	}
	while ((word = next_word(&text)).n > 0) {
		if (column > 0 && column + 1 + word.n > width) {
			line_put_char(t, '\n');
			put_blanks(t, indent);
			column = 0;
		}
		if (column > 0)
			line_put_char(t, ' ');
		line_put_visible(t, word);
		column += word.n + (column > 0);
	}
	line_put_char(t, '\n');
}
