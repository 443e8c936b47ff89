/* SPDX-License-Identifier: Apache-2.0
 *
 * lex.c -- character classes and the tokens made of them.
 */
#include "lex.h"

#include <errno.h>

static bool is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(uint8_t c)
{
	return is_alpha(c) || is_digit(c) || c == '_';
}

/* What the lexer skips between tokens ... */
static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

/* ... and the class [:space:], which ends bare words.  They differ. */
static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_bare(uint8_t c)
{
	return c != 0 && strchr("()\"'=,", c) == NULL && !is_space(c);
}

static bool is_field_arg(uint8_t c)
{
	return c != 0 && strchr("[]\"'", c) == NULL && !is_space(c);
}

static int hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte N places ahead; 0 behind the end, which no token holds. */
static uint8_t peek(const struct lex *l, size_t n)
{
	return n < l->text.n - l->at ? l->text.p[l->at + n] : 0;
}

static void take(struct lex *l, size_t n, struct span *ret)
{
	*ret = span_of(l->text.p + l->at, n);
	l->at += n;
}

struct lex_place lex_place(struct span text, size_t at)
{
	struct lex_place place = { (uint32_t)at, 1, 1 };

	for (size_t i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n' || text.p[i] == '\r') {
			place.line++;
			place.column = 1;
		} else {
			place.column++;
		}
	}
	return place;
}

bool lex_blank(struct lex *l)
{
	size_t from = l->at;

	while (is_blank(peek(l, 0)))
		l->at++;
	return l->at > from;
}

bool lex_literal(struct lex *l, const char *s)
{
	struct span rest = span_of(l->text.p + l->at, l->text.n - l->at);

	if (!span_starts(rest, span_str(s)))
		return false;
	l->at += strlen(s);
	return true;
}

bool lex_word(struct lex *l, const char *s)
{
	size_t from = l->at;

	if (lex_literal(l, s) && lex_blank(l))
		return true;
	l->at = from;
	return false;
}

bool lex_not(struct lex *l)
{
	size_t n = 3;

	if (peek(l, 0) != 'n' || peek(l, 1) != 'o' || peek(l, 2) != 't' || !is_space(peek(l, 3)))
		return false;
	while (is_space(peek(l, n)))
		n++;
	l->at += n;
	return true;
}

static size_t identifier_length(const struct lex *l, size_t from)
{
	size_t n = 0;

	if (!is_alpha(peek(l, from)))
		return 0;
	while (is_word(peek(l, from + n)))
		n++;
	return n;
}

bool lex_at_identifier(const struct lex *l)
{
	return identifier_length(l, 0) > 0;
}

bool lex_identifier(struct lex *l, struct span *ret)
{
	size_t n = identifier_length(l, 0);

	if (n == 0)
		return false;
	take(l, n, ret);
	return true;
}

bool lex_field_name(struct lex *l, struct span *ret)
{
	size_t n = identifier_length(l, 0), more;
	unsigned dots = 0;

	if (n == 0)
		return false;
	while (peek(l, n) == '.' && (more = identifier_length(l, n + 1)) > 0) {
		n += 1 + more;
		dots++;
	}
	if (dots == 0)
		return false;
	take(l, n, ret);
	return true;
}

bool lex_field_arg(struct lex *l, struct span *ret)
{
	size_t n = 0;

	while (is_field_arg(peek(l, n)))
		n++;
	if (n == 0)
		return false;
	take(l, n, ret);
	return true;
}

static size_t hex_length(const struct lex *l)
{
	size_t n = 2;

	if (peek(l, 0) != '0' || (peek(l, 1) != 'x' && peek(l, 1) != 'X'))
		return 0;
	while (hex_digit(peek(l, n)) >= 0)
		n++;
	return n > 2 ? n : 0;
}

static size_t decimal_length(const struct lex *l)
{
	size_t n = peek(l, 0) == '+' || peek(l, 0) == '-', digits = n;

	while (is_digit(peek(l, n)))
		n++;
	if (n == digits)
		return 0;
	if (peek(l, n) == '.')
		n++;
	while (is_digit(peek(l, n)))
		n++;
	if ((peek(l, n) == 'e' || peek(l, n) == 'E') &&
	    (peek(l, n + 1) == '+' || peek(l, n + 1) == '-') && is_digit(peek(l, n + 2))) {
		n += 3;
		while (is_digit(peek(l, n)))
			n++;
	}
	return n;
}

bool lex_number(struct lex *l, struct span *ret)
{
	size_t n = hex_length(l);

	if (n == 0)
		n = decimal_length(l);
	if (n == 0)
		return false;
	take(l, n, ret);
	return true;
}

bool lex_bare(struct lex *l, struct span *ret)
{
	size_t n = 0;

	while (is_bare(peek(l, n)))
		n++;
	if (n == 0)
		return false;
	take(l, n, ret);
	return true;
}

bool lex_quoted(struct lex *l, struct span *ret)
{
	uint8_t quote = peek(l, 0);

	if (quote != '"' && quote != '\'')
		return false;
	/* Only the byte before counts: "a\\" is not at its end there. */
	for (size_t n = 1; peek(l, n) != 0; n++) {
		if (peek(l, n) == quote && peek(l, n - 1) != '\\') {
			take(l, n + 1, ret);
			return true;
		}
	}
	return false;
}

/* One escape behind its backslash, at S.  Its length, or -EINVAL. */
static int unescape_one(struct span s, uint8_t quote, uint8_t *ret, struct diag *diag)
{
	static const char from[] = "bfnrt/\\ ", to[] = "\b\f\n\r\t/\\\\";
	uint8_t c = s.p[0];
	const char *at = strchr(from, c);

	if (c != 0 && at != NULL) {
		*ret = (uint8_t)to[at - from];
		return 1;
	}
	if (c == '"' || c == '\'') {
		if (c != quote) {
			diag_set(diag, "invalid \\%c escape in %c-quoted string", c, quote);
			return -EINVAL;
		}
		*ret = c;
		return 1;
	}
	if (c == 'x') {
		if (s.n < 3) {
			diag_set(diag, "truncated hex char escape sequence");
			return -EINVAL;
		}
		if (hex_digit(s.p[1]) < 0 || hex_digit(s.p[2]) < 0) {
			diag_set(diag, "invalid hex char escape sequence: \\x%c%c", s.p[1], s.p[2]);
			return -EINVAL;
		}
		*ret = (uint8_t)(hex_digit(s.p[1]) * 16 + hex_digit(s.p[2]));
		return 3;
	}
	diag_set(diag, "unsupported string escape sequence: \\%c", c);
	return -EINVAL;
}

int lex_unescape(struct span raw, struct pool *pool, struct span *ret, struct diag *diag)
{
	uint8_t quote = raw.p[0];
	struct span in = span_of(raw.p + 1, raw.n - 2);
	uint8_t *out = pool_get(pool, in.n + 1);
	size_t n = 0;

	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < in.n;) {
		int len;

		if (in.p[i] != '\\') {
			out[n++] = in.p[i++];
			continue;
		}
		if (++i == in.n)
			break; /* a lone backslash at the end counts for nothing */
		len = unescape_one(span_of(in.p + i, in.n - i), quote, &out[n], diag);
		if (len < 0)
			return len;
		n++;
		i += (size_t)len;
	}
	out[n] = 0;
	*ret = span_of(out, n);
	return 0;
}

bool lex_escape(struct span s, struct pool_text *to)
{
	static const char special[] = "\b\f\n\r\t\\\"", letter[] = "bfnrt\\\"";
	bool quote = false;

	for (size_t i = 0; i < s.n; i++)
		quote |= s.p[i] == 0 || strchr("\b\f\n\r\t =\\\"'", s.p[i]) != NULL;
	if (!quote)
		return pool_text_add(to, s);
	pool_text_str(to, "\"");
	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] == 0 ? NULL : strchr(special, s.p[i]);

		if (at != NULL) {
			char pair[2] = { '\\', letter[at - special] };

			pool_text_add(to, span_of(pair, 2));
		} else {
			pool_text_add(to, span_of(s.p + i, 1));
		}
	}
	return pool_text_str(to, "\"");
}

bool lex_is_identifier(struct span s)
{
	struct lex l = { s, 0 };
	struct span whole;

	return lex_identifier(&l, &whole) && l.at == s.n;
}

bool lex_is_bare(struct span s)
{
	struct lex l = { s, 0 };
	struct span whole;

	return lex_bare(&l, &whole) && l.at == s.n;
}
