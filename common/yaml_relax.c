/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml_relax.c -- one pass over the text, token by token, as yaml-cpp sees them: what
 * may be changed depends on whether it stands between tokens or in one, and in which.
 * What is wrong for yaml-cpp too is left as it is, for libyaml to refuse.
 */
#include "yaml_relax.h"

#include "utf8.h"

/* ---- the window ---- */

/* Of the two private planes.  In one: the bytes, of which 0 stands for nothing, and the characters
 * of several bytes that libyaml refuses or takes for the end of a line. */
#define PRIVATE_FIRST 0xf0000u
#define PRIVATE_LAST  0x10ffffu
#define WINDOW_SIZE   512u
#define WINDOWS	      ((PRIVATE_LAST + 1 - PRIVATE_FIRST) / WINDOW_SIZE)

enum { NOTHING = 0, FIRST_SPECIAL = 256 };

static const uint16_t specials[] = {
	0x0080, 0x0081, 0x0082, 0x0083, 0x0084, 0x0085, 0x0086, 0x0087, 0x0088, 0x0089,
	0x008a, 0x008b, 0x008c, 0x008d, 0x008e, 0x008f, 0x0090, 0x0091, 0x0092, 0x0093,
	0x0094, 0x0095, 0x0096, 0x0097, 0x0098, 0x0099, 0x009a, 0x009b, 0x009c, 0x009d,
	0x009e, 0x009f, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff,
};

_Static_assert(FIRST_SPECIAL + ARRAY_LEN(specials) <= WINDOW_SIZE, "all fit into a window");

static void mark_used(bool used[WINDOWS], uint32_t number)
{
	if (number >= PRIVATE_FIRST && number <= PRIVATE_LAST)
		used[(number - PRIVATE_FIRST) / WINDOW_SIZE] = true;
}

static bool hex_digit(uint8_t c, uint32_t *number)
{
	uint8_t lower = c | 0x20;

	if (c >= '0' && c <= '9')
		*number = *number << 4 | (uint32_t)(c - '0');
	else if (lower >= 'a' && lower <= 'f')
		*number = *number << 4 | (uint32_t)(lower - 'a' + 10);
	else
		return false;
	return true;
}

/* What \UXXXXXXXX at S stands for; 0: it is no such thing. */
static uint32_t escaped_number(struct span s)
{
	uint32_t number = 0;

	if (s.n < 10 || s.p[1] != 'U')
		return 0;
	for (unsigned i = 2; i < 10; i++)
		if (!hex_digit(s.p[i], &number))
			return 0;
	return number;
}

/* The first character of a window of which TEXT has none, not even escaped; 0: there is none. */
static uint32_t free_window(struct span text)
{
	bool used[WINDOWS] = { false };
	bool valid;

	for (size_t i = 0, n; i < text.n; i += n) {
		n = 1;
		if (text.p[i] == '\\')
			mark_used(used, escaped_number(span_of(text.p + i, text.n - i)));
		if (text.p[i] < 0x80)
			continue;
		n = utf8_length(text.p + i, text.n - i, &valid);
		if (valid)
			mark_used(used, utf8_number(text.p + i, n));
	}
	for (uint32_t i = 0; i < WINDOWS; i++)
		if (!used[i])
			return PRIVATE_FIRST + i * WINDOW_SIZE;
	return 0;
}

/* ---- character by character ---- */

struct relax {
	struct span in;
	size_t at;
	uint8_t *out;
	size_t n;
	uint32_t window;
	bool changed;
	int column;

	unsigned flow;	 /* lists and maps in brackets that are open */
	bool after_json; /* in them: behind what ends with a quote or bracket, ":" needs no blank */

	/* Outside of them. */
	int indent;	  /* column of the innermost list or map; -1: none */
	bool line_begins; /* no token yet on this line */
	int node;	  /* column where on this line what may be a key begins; -1: nowhere */
	struct {
		size_t in, out, n;
	} tabs;	      /* white space with tabs on this line, before the node; n == 0: none */
	size_t ended; /* where in OUT the "..." of the last document is, + 1; 0: nowhere */
};

/* The byte N places ahead; 0 behind the end, which no text has in it. */
static uint8_t peek(const struct relax *r, size_t n)
{
	return n < r->in.n - r->at ? r->in.p[r->at + n] : 0;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_break(uint8_t c)
{
	return c == '\n' || c == '\r';
}

static bool is_space(uint8_t c) /* or the end */
{
	return is_blank(c) || is_break(c) || c == 0;
}

static bool is_flow_end(uint8_t c)
{
	return c == ',' || c == ']' || c == '}';
}

size_t yaml_character(const uint8_t *p, size_t n)
{
	bool valid;
	size_t length = utf8_length(p, n, &valid);

	return valid ? length : 1;
}

/* Which of the window stands for the LENGTH bytes at P, one character; NOTHING: they stay. */
static uint32_t hidden_as(const uint8_t *p, size_t length)
{
	uint32_t number;

	if (length == 1)
		return (p[0] < ' ' && !is_space(p[0])) || p[0] >= 0x7f ? p[0] : NOTHING;
	number = utf8_number(p, length);
	for (uint32_t i = 0; i < ARRAY_LEN(specials); i++)
		if (specials[i] == number)
			return FIRST_SPECIAL + i;
	return NOTHING;
}

/* One of the window stands for the next LENGTH bytes. */
static void step_hidden(struct relax *r, size_t length, uint32_t index)
{
	r->n += utf8_put(r->out + r->n, r->window + index);
	r->at += length;
	r->column++;
	r->changed = true;
}

/* To the next character, which is no line break. */
static void step(struct relax *r)
{
	size_t length = yaml_character(r->in.p + r->at, r->in.n - r->at);
	uint32_t index = hidden_as(r->in.p + r->at, length);

	if (index != NOTHING) {
		step_hidden(r, length, index);
		return;
	}
	memcpy(r->out + r->n, r->in.p + r->at, length);
	r->n += length;
	r->at += length;
	r->column++;
}

/* Over what is there, a line break. */
static void step_line(struct relax *r)
{
	size_t length = peek(r, 0) == '\r' && peek(r, 1) == '\n' ? 2 : 1;

	memcpy(r->out + r->n, r->in.p + r->at, length);
	r->n += length;
	r->at += length;
	r->column = 0;
	if (r->flow > 0)
		return;
	r->line_begins = true;
	r->node = -1;
	r->tabs.n = 0;
}

static void step_to_line_end(struct relax *r)
{
	while (peek(r, 0) != 0 && !is_break(peek(r, 0)))
		step(r);
}

/* Blanks and tabs, as they are. */
static void step_blanks(struct relax *r)
{
	while (is_blank(peek(r, 0)))
		step(r);
}

/* Blanks, and tabs as such. */
static void step_as_blanks(struct relax *r)
{
	size_t at = r->at, from = r->n;
	bool has_tabs = false;

	while (is_blank(peek(r, 0))) {
		has_tabs |= peek(r, 0) == '\t';
		r->out[r->n++] = ' ';
		r->at++;
		r->column++;
	}
	r->changed |= has_tabs;
	if (has_tabs && r->flow == 0 && r->node < 0) {
		r->tabs.in = at;
		r->tabs.out = from;
		r->tabs.n = r->n - from;
	}
}

/* ---- between tokens ---- */

/* There is an indicator behind tabs on its line, where yaml-cpp wants none: the tabs come back, for
 * libyaml to refuse them. */
static void restore_tabs(struct relax *r)
{
	memcpy(r->out + r->tabs.out, r->in.p + r->tabs.in, r->tabs.n);
	r->tabs.n = 0;
}

/* To the next token, or the end. */
static void step_between(struct relax *r)
{
	for (;;) {
		step_as_blanks(r);
		if (peek(r, 0) == '#')
			step_to_line_end(r);
		if (!is_break(peek(r, 0)))
			return;
		step_line(r);
	}
}

/* ---- texts ---- */

static bool is_marker(const struct relax *r, const char *marker)
{
	struct span rest = span_of(r->in.p + r->at, r->in.n - r->at);

	return r->column == 0 && span_starts(rest, span_str(marker)) && is_space(peek(r, 3));
}

/* Is a key before what is here, and its value behind? */
static bool is_value(const struct relax *r)
{
	return peek(r, 0) == ':' &&
	       (is_space(peek(r, 1)) || (r->flow > 0 && is_flow_end(peek(r, 1))));
}

static bool ends_plain(const struct relax *r)
{
	uint8_t c = peek(r, 0);

	if (is_space(r->in.p[r->at - 1]) && c == '#')
		return true;
	return is_value(r) || (r->flow > 0 && (is_flow_end(c) || c == '[' || c == '{'));
}

/* Line breaks, and the white space before and behind them; tabs are as good as blanks in brackets
 * only.  Does a plain text go on there? */
static bool step_fold(struct relax *r)
{
	while (is_space(peek(r, 0)) && peek(r, 0) != 0) {
		if (is_break(peek(r, 0)))
			step_line(r);
		else if (r->flow > 0)
			step_as_blanks(r);
		else
			step_blanks(r);
	}
	return peek(r, 0) != 0 && (r->flow > 0 || r->column > r->indent) && !is_marker(r, "---") &&
	       !is_marker(r, "...") && !ends_plain(r);
}

static void step_plain(struct relax *r)
{
	if (r->flow > 0 && peek(r, 0) == ':')
		step_hidden(r, 1, ':');
	else
		step(r);
	while (peek(r, 0) != 0 && !ends_plain(r)) {
		if (!is_break(peek(r, 0)))
			step(r);
		else if (!step_fold(r))
			return;
	}
}

/* In quotes, what is no line break. */
static void step_any(struct relax *r)
{
	if (is_break(peek(r, 0)))
		step_line(r);
	else if (peek(r, 0) != 0)
		step(r);
}

static void step_escape(struct relax *r)
{
	if (peek(r, 1) == '\'')
		step_hidden(r, 1, NOTHING);
	else
		step(r);
	step_any(r);
}

static void step_quoted(struct relax *r)
{
	uint8_t quote = peek(r, 0), c;

	step(r);
	while ((c = peek(r, 0)) != 0) {
		if (c == '\\' && quote == '"') {
			step_escape(r);
			continue;
		}
		step_any(r);
		if (c != quote)
			continue;
		if (quote == '"' || peek(r, 0) != '\'')
			return;
		step(r);
	}
}

/* "|" or ">" and the rest of its line; the column where its lines begin, -1 if the first one is to
 * say. */
static int step_block_header(struct relax *r)
{
	int column = -1;

	for (step(r); !is_space(peek(r, 0)); step(r))
		if (peek(r, 0) >= '1' && peek(r, 0) <= '9')
			column = (r->indent < 0 ? 0 : r->indent) + peek(r, 0) - '0';
	step_to_line_end(r);
	return column;
}

static void step_block(struct relax *r)
{
	int least = r->indent < 0 ? 1 : r->indent + 1, column = step_block_header(r);

	while (is_break(peek(r, 0))) {
		step_line(r);
		while (peek(r, 0) == ' ' && (column < 0 || r->column < column))
			step(r);
		if (is_break(peek(r, 0)))
			continue;
		if (column < 0)
			column = r->column < least ? least : r->column;
		if (r->column < column)
			break;
		step_to_line_end(r);
	}
	(void)step_fold(r); /* tabs right behind it are wrong */
}

/* ---- tokens ---- */

static void step_marker(struct relax *r, size_t ended)
{
	r->ended = ended;
	for (unsigned i = 0; i < 3; i++)
		step(r);
	r->indent = -1;
}

static void step_flow_indicator(struct relax *r, bool after_json)
{
	r->after_json = after_json;
	step(r);
}

/* An anchor, an alias or a tag. */
static void step_property(struct relax *r)
{
	step(r);
	while (!is_space(peek(r, 0)) && (r->flow == 0 || !is_flow_end(peek(r, 0))))
		step(r);
}

static void step_flow_token(struct relax *r)
{
	uint8_t c = peek(r, 0);

	if (c == '[' || c == '{') {
		r->flow++;
		step_flow_indicator(r, false);
	} else if (c == ']' || c == '}') {
		r->flow--;
		step_flow_indicator(r, true);
	} else if (c == ',' || is_value(r) || (c == ':' && r->after_json)) {
		step_flow_indicator(r, false);
	} else if (c == '"' || c == '\'') {
		step_quoted(r);
		r->after_json = true;
	} else if (c == '&' || c == '*' || c == '!') {
		step_property(r);
	} else {
		step_plain(r);
		r->after_json = false;
	}
}

static void step_indicator(struct relax *r, int indent)
{
	restore_tabs(r);
	r->indent = indent;
	r->node = -1;
	step(r);
}

static void step_node(struct relax *r)
{
	uint8_t c = peek(r, 0);

	if (r->node < 0)
		r->node = r->column;
	if (c == '[' || c == '{')
		step_flow_token(r);
	else if (c == '"' || c == '\'')
		step_quoted(r);
	else if (c == '|' || c == '>')
		step_block(r);
	else if (c == '&' || c == '*' || c == '!')
		step_property(r);
	else
		step_plain(r);
}

static void step_block_token(struct relax *r)
{
	if (r->line_begins && r->column <= r->indent)
		r->indent = r->column - 1;
	r->line_begins = false;
	if (is_value(r))
		step_indicator(r, r->node < 0 ? r->column : r->node);
	else if ((peek(r, 0) == '-' || peek(r, 0) == '?') && is_space(peek(r, 1)))
		step_indicator(r, r->column);
	else
		step_node(r);
}

/* What is here begins a document, behind the end of one: "..." becomes "---", which it needs. */
static void begin_document(struct relax *r)
{
	if (r->ended == 0)
		return;
	memcpy(r->out + r->ended - 1, "---", 3);
	r->ended = 0;
	r->changed = true;
}

static void step_token(struct relax *r)
{
	if (is_marker(r, "---")) {
		step_marker(r, 0);
	} else if (is_marker(r, "...")) {
		step_marker(r, r->n + 1);
	} else if (r->column == 0 && peek(r, 0) == '%') {
		step_to_line_end(r);
	} else if (r->flow > 0) {
		step_flow_token(r);
	} else {
		begin_document(r);
		step_block_token(r);
	}
}

/* ---- the whole ---- */

/* What may become a character of the window may become four bytes of one. */
size_t yaml_relax_room(struct span text)
{
	size_t room = text.n;

	for (size_t i = 0; i < text.n; i++)
		if (hidden_as(text.p + i, 1) != NOTHING || text.p[i] == ':' || text.p[i] == '\\')
			room += UTF8_MAX_BYTES - 1;
	return room;
}

/* NUL ends texts in too many places, EOT ends the file for yaml-cpp, and what begins so is no
 * UTF-8 for either. */
static bool is_hopeless(struct span text)
{
	return text.n == 0 || memchr(text.p, 0, text.n) != NULL ||
	       memchr(text.p, 4, text.n) != NULL || span_starts(text, span_str("\xff\xfe")) ||
	       span_starts(text, span_str("\xfe\xff"));
}

static void step_mark(struct relax *r)
{
	if (!span_starts(r->in, span_str("\xef\xbb\xbf")))
		return;
	memcpy(r->out, r->in.p, 3);
	r->n = r->at = 3;
}

bool yaml_relax(struct span text, uint8_t *room, struct yaml_relaxed *ret)
{
	struct relax r = { .in = text, .out = room, .indent = -1, .line_begins = true, .node = -1 };

	r.window = is_hopeless(text) ? 0 : free_window(text);
	if (r.window == 0)
		return false;
	step_mark(&r);
	for (step_between(&r); peek(&r, 0) != 0; step_between(&r))
		step_token(&r);
	*ret = (struct yaml_relaxed){ span_of(room, r.n), r.window };
	return r.changed;
}

size_t yaml_unrelax(const struct yaml_relaxed *r, uint8_t *text, size_t n)
{
	size_t made = 0;
	bool valid;

	if (r->window == 0)
		return n;
	for (size_t i = 0, length; i < n; i += length) {
		uint32_t index = WINDOW_SIZE;

		length = utf8_length(text + i, n - i, &valid);
		if (valid && length == UTF8_MAX_BYTES)
			index = utf8_number(text + i, length) - r->window;
		if (index >= FIRST_SPECIAL + ARRAY_LEN(specials)) {
			memmove(text + made, text + i, length);
			made += length;
		} else if (index >= FIRST_SPECIAL) {
			made += utf8_put(text + made, specials[index - FIRST_SPECIAL]);
		} else if (index != NOTHING) {
			text[made++] = (uint8_t)index;
		}
	}
	return made;
}
