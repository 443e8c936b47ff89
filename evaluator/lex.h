/* SPDX-License-Identifier: Apache-2.0
 *
 * lex.h -- the tokens of the condition language.  There is no tokenizer: each
 * production of the grammar tries its own tokens at the cursor (a word is an
 * identifier here and a string there), and most tokens need no boundary behind
 * them.  Core; looks, never allocates but for unescaped text.
 */
#ifndef MEWS_LEX_H
#define MEWS_LEX_H

#include "diag.h"
#include "pool.h"

struct lex {
	struct span text;
	size_t at;
};

/* Line and column of byte AT, both from 1; CR and LF each start a line. */
struct lex_place {
	uint32_t at, line, column;
};
struct lex_place lex_place(struct span text, size_t at);

bool lex_blank(struct lex *l); /* skips blanks; true if there was one */
bool lex_literal(struct lex *l, const char *s);
bool lex_word(struct lex *l, const char *s); /* and at least one blank behind it */
bool lex_not(struct lex *l);		     /* "not" and white space */

/* Each takes its token and returns it; false: there is none here. */
bool lex_identifier(struct lex *l, struct span *ret);
bool lex_field_name(struct lex *l, struct span *ret);
bool lex_field_arg(struct lex *l, struct span *ret);
bool lex_number(struct lex *l, struct span *ret); /* hexadecimal first */
bool lex_bare(struct lex *l, struct span *ret);

/* A quoted string with its quotes: the raw text; lex_unescape() reads it. */
bool lex_quoted(struct lex *l, struct span *ret);

/* True if an identifier starts here. */
bool lex_at_identifier(const struct lex *l);

/* What the quoted RAW (quotes included) stands for, from POOL.  -EINVAL with
 * DIAG's message: a bad escape; -ENOMEM. */
int lex_unescape(struct span raw, struct pool *pool, struct span *ret, struct diag *diag);

/* S as a condition shows it: bare, or quoted and escaped where it must be. */
bool lex_escape(struct span s, struct pool_text *to);

/* Whole-text tests for names in rule files. */
bool lex_is_identifier(struct span s);
bool lex_is_bare(struct span s);

#endif
