/* SPDX-License-Identifier: Apache-2.0
 *
 * What yaml-cpp takes and libyaml does not: what becomes of it, that no character moves,
 * and that it can be turned back.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "utf8.h"
#include "yaml_relax.h"

static uint8_t *room;
static struct yaml_relaxed relaxed;

static void teardown(void)
{
	free(room);
	room = NULL;
}

TestSuite(yaml_relax, .fini = teardown);

static bool relax(struct span text)
{
	size_t cap = yaml_relax_room(text);
	bool changed;

	free(room);
	room = malloc(cap + 1);
	changed = yaml_relax(text, room, &relaxed);
	if (changed)
		cr_assert(relaxed.text.n <= cap);
	return changed;
}

/* The relaxed text as a string, in which "@" stands for what is private. */
static const char *shown(void)
{
	static char out[256];
	size_t n = 0;

	for (size_t i = 0, length; i < relaxed.text.n && n + UTF8_MAX_BYTES < sizeof(out);
	     i += length) {
		length = yaml_character(relaxed.text.p + i, relaxed.text.n - i);
		memcpy(out + n, relaxed.text.p + i, length);
		if (length == UTF8_MAX_BYTES)
			out[n] = '@';
		n += length == UTF8_MAX_BYTES ? 1 : length;
	}
	out[n] = '\0';
	return out;
}

struct row {
	const char *text, *want; /* NULL: there is nothing to change */
};

static void expect(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool changed = relax(span_str(rows[i].text));

		cr_expect(eq(int, changed, rows[i].want != NULL), "%s", rows[i].text);
		if (changed && rows[i].want != NULL)
			cr_expect_str_eq(shown(), rows[i].want, "%s", rows[i].text);
	}
}

#define EXPECT(rows) expect(rows, ARRAY_LEN(rows))

Test(yaml_relax, a_colon_that_begins_a_text_in_brackets_is_hidden)
{
	static const struct row rows[] = {
		{ "- [::1, a]\n", "- [@:1, a]\n" },
		{ "- [a, ::/0]\n", "- [a, @:/0]\n" },
		{ "- [[::1], ::ffff:1.2.3.4]\n", "- [[@:1], @:ffff:1.2.3.4]\n" },
		{ "- {::1: ::2}\n", "- {@:1: @:2}\n" },
		{ "- {\"a\"::1}\n", "- {\"a\":@1}\n" },
		{ "- [\n  # it's\n  ::1 ]\n", "- [\n  # it's\n  @:1 ]\n" },
		{ "- ::1\n- a: ::1\n- [a::1, b]\n- [a\n :b]\n", NULL },
		{ "- {a: b, : c, :, d:}\n- {\"a\":b}\n- ['::1', \"[::1\"]\n", NULL },
		{ "- a [::1]\n- |\n [::1]\n- b\n  [::1]\n# [::1]\n", NULL },
	};

	EXPECT(rows);
}

Test(yaml_relax, tabs_between_tokens_become_blanks)
{
	static const struct row rows[] = {
		{ "\t\n\t# c\n- a\n", " \n # c\n- a\n" },
		{ "- [a]\n \t\n- 'b'\n\t\n", "- [a]\n  \n- 'b'\n \n" },
		{ "- a # c\n\t\n- b", "- a # c\n \n- b" },
		{ "-\ta\n", "- a\n" },
		{ "- [\n\ta,\n\t\tb c\n\t]\n\t", "- [\n a,\n  b c\n ]\n " },
		{ "- |2\n   x\n # c\n\t\n", "- |2\n   x\n # c\n \n" },
		{ "- |\n   x\n # c\n\t\n", "- |\n   x\n # c\n \n" },
		{ "- >\n\n   x\n\n    y\n # c\n\t\n", "- >\n\n   x\n\n    y\n # c\n \n" },
	};

	EXPECT(rows);
}

Test(yaml_relax, tabs_in_texts_and_directly_behind_them_stay)
{
	static const struct row rows[] = {
		{ "- a\tb\n- c: d\t\n", NULL },		 { "- a\n\t\n- b\n", NULL },
		{ "- |\n  a\n\t\n- b\n", NULL },	 { "- |\n  a\n  \tb\n", NULL },
		{ "- 'a\n\tb'\n- \"c\n\t'd\"\n", NULL },
	};

	EXPECT(rows);
}

Test(yaml_relax, tabs_before_an_indicator_stay_wrong)
{
	static const char *const texts[] = {
		"\ta: b\n- [::1]", "-\ta: b\n- [::1]",	 "-\t- a\n- [::1]",
		"-\t\"a\": b\n",   "-\t[a]: b\n- [::1]", "- x: [y]\n\tz: a\n- [::1]",
	};

	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		const char *tab = strchr(texts[i], '\t');

		cr_assert(relax(span_str(texts[i])));
		cr_assert(eq(int, relaxed.text.p[tab - texts[i]], '\t'), "%s", texts[i]);
	}
}

Test(yaml_relax, a_backslash_before_an_apostrophe_goes_in_double_quotes)
{
	static const struct row rows[] = {
		{ "- \"it\\'s\"\n", "- \"it@'s\"\n" },
		{ "- [\"\\'\", '\\']\n", "- [\"@'\", '\\']\n" },
		{ "- \"\\\\'\"\n- it\\'s\n- 'a''b\\'\n- |\n \"\\'\"\n# \"\\'\"\n", NULL },
	};

	EXPECT(rows);
}

Test(yaml_relax, a_document_may_follow_the_end_of_another)
{
	static const struct row rows[] = {
		{ "- a\n...\n- b\n", "- a\n---\n- b\n" },
		{ "- a\n...\n\n...\n# c\n- b\n", "- a\n...\n\n---\n# c\n- b\n" },
		{ "- a\n...\n---\n- b\n...\n", NULL },
		{ "- a\n...\n%YAML 1.1\n---\n- b\n", NULL },
		{ "- |\n  a\n  ...\n- ...\n- a\n  ...\n", NULL },
	};

	EXPECT(rows);
}

/* How many characters TEXT has, and line breaks. */
static void count(struct span text, size_t *ret_n, size_t *ret_lines)
{
	*ret_n = *ret_lines = 0;
	for (size_t i = 0; i < text.n; i += yaml_character(text.p + i, text.n - i)) {
		*ret_lines += text.p[i] == '\n';
		++*ret_n;
	}
}

/* TEXT relaxed has as many characters, all of which libyaml takes, and is TEXT again. */
static void expect_exact(struct span text)
{
	size_t n, lines, want_n, want_lines, length;

	cr_assert(relax(text));
	count(text, &want_n, &want_lines);
	count(relaxed.text, &n, &lines);
	cr_assert(n == want_n && lines == want_lines);
	for (size_t i = 0; i < relaxed.text.n; i += length) {
		const uint8_t *p = relaxed.text.p + i;
		bool valid;

		length = utf8_length(p, relaxed.text.n - i, &valid);
		cr_assert(valid && (*p >= ' ' || *p == '\n' || *p == '\t' || *p == '\r') &&
			  *p != 0x7f);
	}
	n = yaml_unrelax(&relaxed, room, relaxed.text.n);
	cr_assert(n == text.n && memcmp(room, text.p, n) == 0);
}

Test(yaml_relax, bytes_are_turned_back_as_they_were)
{
	uint8_t text[600] = "# ";
	size_t n = 2;

	for (unsigned c = 1; c < 256; c++) {
		if (c == '\r' || c == 4)
			continue;
		text[n++] = (uint8_t)c;
		text[n++] = ' ';
	}
	expect_exact(span_of(text, n));
	expect_exact(span_str("- caf\xe9 \x93x\x94 \xe2\x80 \xc3\xa9 \xe9"));
	expect_exact(span_str(
		"- a \xe2\x80\xa8 \xe2\x80\xa9 \xc2\x85 \xc2\x9b \xef\xbb\xbf \xef\xbf\xbf"));
	expect_exact(span_str("\xef\xbb\xbf- \x1b[0m"));
}

Test(yaml_relax, characters_of_the_text_are_never_taken_for_private_ones)
{
	expect_exact(span_str("- \xf3\xb0\x80\x80 \xf3\xb0\x87\xbf \xe9"));
	cr_assert(eq(u32, relaxed.window, 0xf0200));
	expect_exact(span_str("- \"\\U000F00ff \\U000f0200\" \xf3\xb0\x90\x80 \xe9"));
	cr_assert(eq(u32, relaxed.window, 0xf0600));
}

Test(yaml_relax, without_a_window_there_is_no_help)
{
	uint8_t text[4096] = "- \xe9 ";
	size_t n = 4;

	for (uint32_t i = 0; i < 255; i++)
		n += utf8_put(text + n, 0xf0000 + i * 512);
	cr_assert(relax(span_of(text, n)));
	n += utf8_put(text + n, 0x10ffff);
	cr_assert_not(relax(span_of(text, n)));
}

Test(yaml_relax, nul_and_utf16_are_left_alone)
{
	cr_assert_not(relax(span_of("- [::1]\0\n", 9)));
	cr_assert_not(relax(span_str("\xff\xfe- [::1]\n")));
	cr_assert_not(relax(SPAN_NONE));
}

/* Whatever it ends with: no byte behind it is read, and no room is missing. */
Test(yaml_relax, a_text_may_end_anywhere)
{
	static const char text[] =
		"- [::1, \"\\'\", 'x']\n-\t\n- |2\n   x\n # c\n...\n"
		"\t- {a: *b, !c d: e\xe9\n \t}\n? >-\n \xe2\x80\xa8\r\n: x\n  y\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, text, n);
		(void)relax(span_of(copy, n));
		free(copy);
	}
}
