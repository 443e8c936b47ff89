/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_problem.c -- the table of codes, and problems with their snippets.
 */
#include "rule_problem.h"

#include <errno.h>
#include <stdio.h>

#include "utf8.h"

static const struct {
	const char *name, *short_text, *text;
	bool is_error;
} rows[PROBLEM_COUNT] = {
	[PROBLEM_NONE] = { "", "", "", false },
#define PROBLEM_ERROR(code, short_text, text) [PROBLEM_##code] = { #code, short_text, text, true },
#define PROBLEM_WARNING(code, short_text, text)                                                    \
	[PROBLEM_##code] = { #code, short_text, text, false },
#include "rule_problem.def"
#undef PROBLEM_ERROR
#undef PROBLEM_WARNING
};

enum { SNIPPET_COLUMNS = 160 };

const char *rule_problem_name(enum rule_problem_code code)
{
	return rows[code < PROBLEM_COUNT ? code : PROBLEM_NONE].name;
}

const char *rule_problem_short(enum rule_problem_code code)
{
	return rows[code < PROBLEM_COUNT ? code : PROBLEM_NONE].short_text;
}

const char *rule_problem_text(enum rule_problem_code code)
{
	return rows[code < PROBLEM_COUNT ? code : PROBLEM_NONE].text;
}

bool rule_problem_is_error(enum rule_problem_code code)
{
	return rows[code < PROBLEM_COUNT ? code : PROBLEM_NONE].is_error;
}

static bool is_inside_character(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* U+0080 ... U+009F are controls as well. */
static bool is_control(const uint8_t *p, size_t length)
{
	return length == 1 ? (p[0] < ' ' && p[0] != '\t') || p[0] == 0x7f
			   : length == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

/* LINE as a terminal shows it, one column for each character. */
static void put_line(struct pool_text *to, struct span line)
{
	bool valid;

	for (size_t i = 0, n; i < line.n; i += n) {
		n = utf8_length(line.p + i, line.n - i, &valid);
		pool_text_add(to,
			      is_control(line.p + i, n) ? span_str("?") : span_of(line.p + i, n));
	}
}

/* Below a line, behind what stands BEFORE the place in it; tabs stay: the caret stands right. */
static void put_caret(struct pool_text *to, struct span before)
{
	bool valid;

	for (size_t i = 0; i < before.n; i += utf8_length(before.p + i, before.n - i, &valid))
		pool_text_str(to, before.p[i] == '\t' ? "\t" : " ");
	pool_text_str(to, "^\n");
}

/* Where line NUMBER (from 0) of F ends. */
static size_t line_end(const struct yfile *f, uint32_t number)
{
	size_t end = number + 1 < f->nlines ? f->lines[number + 1] - 1 : f->bytes.n;

	return end > f->lines[number] && f->bytes.p[end - 1] == '\r' ? end - 1 : end;
}

/* The line of WHERE, or the part of it around the place, and a caret below. */
static struct span make_snippet(struct pool *pool, struct origin where)
{
	struct pool_text out = { .pool = pool };
	const struct yfile *f = where.file;
	const char *dots = "";
	size_t begin, end, caret;

	if (f == NULL || where.line == 0 || where.column == 0 || where.line > f->nlines)
		return SPAN_NONE;
	begin = f->lines[where.line - 1];
	end = line_end(f, where.line - 1);
	caret = where.column - 1 < end - begin ? begin + where.column - 1 : end;
	if (caret - begin > SNIPPET_COLUMNS / 2) {
		begin = caret - SNIPPET_COLUMNS / 2;
		while (begin < caret && is_inside_character(f->bytes.p[begin]))
			begin++;
		pool_text_str(&out, "...");
		dots = "   ";
	}
	if (end - begin > SNIPPET_COLUMNS) {
		end = begin + SNIPPET_COLUMNS;
		while (end > caret && is_inside_character(f->bytes.p[end]))
			end--;
	}
	put_line(&out, span_of(f->bytes.p + begin, end - begin));
	pool_text_str(&out, end < line_end(f, where.line - 1) ? "...\n" : "\n");
	pool_text_str(&out, dots);
	put_caret(&out, span_of(f->bytes.p + begin, caret - begin));
	return pool_text_span(&out);
}

int rule_problem_add(struct rule_problems *p, enum rule_problem_code code, struct origin where,
		     const struct rule_context *context, unsigned ncontext, const char *format, ...)
{
	bool is_error = rule_problem_is_error(code);
	struct rule_problem *problem;
	va_list ap;

	if (is_error)
		p->errors++;
	else if (p->warnings++ >= RULE_PROBLEMS_MAX)
		return 0;
	problem = pool_push(p->pool, &p->list, sizeof(*problem));
	if (problem == NULL)
		return is_error ? -EINVAL : 0; /* counted all the same */
	memset(problem, 0, sizeof(*problem));
	problem->code = (uint8_t)code;
	problem->diag.line = where.line;
	problem->diag.column = where.column;
	if (where.file != NULL)
		snprintf(problem->diag.file, sizeof(problem->diag.file), "%s", where.file->name);
	va_start(ap, format);
	if (vsnprintf(problem->diag.message, sizeof(problem->diag.message), format, ap) < 0)
		problem->diag.message[0] = '\0';
	va_end(ap);
	/* Who could not keep something says that there was too much of it. */
	if (is_error && p->defs != NULL && p->defs->starved)
		diag_set(&problem->diag, "no memory for the rules");
	problem->snippet = make_snippet(p->pool, where);
	problem->ncontext = ncontext < PROBLEM_MAX_CONTEXT ? ncontext : PROBLEM_MAX_CONTEXT;
	for (unsigned i = 0; i < problem->ncontext; i++)
		problem->context[i] = context[i];
	return is_error ? -EINVAL : 0;
}
