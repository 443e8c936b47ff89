/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML text to trees: what is there, where it is, and what is refused before it
 * takes time or memory.
 */
#include <errno.h>
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ytree_read.h"

static struct pool pool;
static struct yfile file;
static struct diag diag;

static void teardown(void)
{
	pool_release(&pool);
}

TestSuite(ytree, .fini = teardown);

static int read_bytes(const void *bytes, size_t n)
{
	pool_release(&pool);
	pool_init(&pool, 64 * 1024 * 1024);
	diag = (struct diag){ .message = "" };
	file = (struct yfile){ .name = "f", .bytes = span_of(bytes, n) };
	return ytree_read(&file, &pool, &diag);
}

static int read_text(const char *yaml)
{
	return read_bytes(yaml, strlen(yaml));
}

static bool is_at(const struct ynode *n, uint32_t line, uint32_t column, uint32_t offset)
{
	return n->from.line == line && n->from.column == column && n->from.offset == offset;
}

Test(ytree, documents_nodes_and_their_places)
{
	const struct ynode *seq, *map;

	cr_assert(eq(int, read_text("- a: 'x'\n  b: [1, ~]\n---\n---\n- |\n  y\n"), 0));
	cr_assert(eq(uint, file.n, 3));
	seq = file.documents[0];
	cr_assert(seq->kind == YNODE_SEQUENCE && seq->n == 1 && seq->size == 8);
	map = seq->items[0];
	cr_assert(map->kind == YNODE_MAPPING && map->n == 2 && is_at(map, 0, 2, 2));
	cr_assert(span_is(map->items[1]->text, "x") && map->items[1]->style == YSTYLE_SINGLE);
	cr_assert(map->items[3]->n == 2 && is_at(map->items[3]->items[1], 1, 9, 18));
	cr_assert(map->items[3]->items[1]->null && !map->items[3]->items[0]->null);
	cr_assert(file.documents[1]->null);
	cr_assert(span_is(file.documents[2]->items[0]->text, "y\n"));
	cr_assert(file.documents[2]->items[0]->style == YSTYLE_BLOCK);
	cr_assert(eq(uint, file.nlines, 7));
}

Test(ytree, an_alias_is_the_last_node_of_that_name_in_its_document)
{
	const struct ynode *seq;

	cr_assert(eq(int, read_text("- &a [x]\n- *a\n- &a y\n- *a\n"), 0));
	seq = file.documents[0];
	cr_assert(seq->items[0] == seq->items[1]);
	cr_assert(seq->items[2] == seq->items[3]);
	cr_assert(eq(uint, seq->size, 7));
	cr_assert(eq(int, read_text("- &a x\n---\n- *a\n"), -EINVAL));
	cr_assert(eq(uint, diag.line, 3));
}

Test(ytree, an_alias_of_what_it_stands_in_is_refused)
{
	cr_assert(eq(int, read_text("- &a [x, {k: *a}]\n"), -ELOOP));
	cr_assert(diag.line == 1 && diag.column == 14);
}

Test(ytree, nesting_ends_where_it_is_too_deep)
{
	char yaml[2 * YTREE_MAX_NESTING + 3] = "";

	memset(yaml, '[', YTREE_MAX_NESTING);
	memset(yaml + YTREE_MAX_NESTING, ']', YTREE_MAX_NESTING);
	cr_assert(eq(int, read_text(yaml), 0));
	memset(yaml, '[', YTREE_MAX_NESTING + 1);
	memset(yaml + YTREE_MAX_NESTING + 1, ']', YTREE_MAX_NESTING + 1);
	cr_assert(eq(int, read_text(yaml), -ELOOP));
	cr_assert(diag.line == 1 && diag.column == YTREE_MAX_NESTING + 1);
}

Test(ytree, aliases_of_aliases_are_counted_written_out)
{
	char yaml[1024] = "- &a0 [x, x, x, x, x, x, x, x, x]\n";
	size_t n = strlen(yaml);

	for (unsigned i = 1; i < 9; i++)
		n += (size_t)snprintf(yaml + n, sizeof(yaml) - n,
				      "- &a%u [*a%u, *a%u, *a%u, *a%u, *a%u, *a%u, *a%u, *a%u]\n",
				      i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	cr_assert(eq(int, read_text(yaml), -E2BIG));
	cr_assert(diag.line > 5);
}

Test(ytree, lines_of_directives_are_bounded)
{
	char yaml[4096] = "";
	size_t n = 0;

	for (unsigned i = 0; i < 100; i++)
		n += (size_t)snprintf(yaml + n, sizeof(yaml) - n, "%%TAG !a%u! x\n", i);
	snprintf(yaml + n, sizeof(yaml) - n, "--- []\n");
	cr_assert(eq(int, read_text(yaml), -E2BIG));
	cr_assert(eq(int, read_text("%YAML 1.1\n--- []\n"), 0));
}

Test(ytree, what_does_not_fit_the_pool_is_said)
{
	static const char yaml[] = "- [a, b, c, d, e, f, g, h]\n";

	for (size_t room = 0; room < 4096; room += 64) {
		pool_release(&pool);
		pool_init(&pool, room);
		file = (struct yfile){ .name = "f", .bytes = span_str(yaml) };
		if (ytree_read(&file, &pool, &diag) == 0)
			return;
		cr_assert_str_eq(diag.message, "the file is too large");
	}
	cr_assert(false, "it never fits");
}

Test(ytree, bad_text_has_its_place)
{
	cr_assert(eq(int, read_text("- a\n- \"b\n"), -EINVAL));
	cr_assert(diag.line > 1 && diag.message[0] != '\0');
	cr_assert(eq(int, read_bytes("- a\0b\n", 6), -EINVAL));
	cr_assert(eq(int, read_text("- \t\xff\n\tb: [c\n"), -EINVAL));
}

/* The items of a list that libyaml alone refuses. */
static void expect_items(const char *yaml, const char *const *want, unsigned n)
{
	const struct ynode *seq;

	cr_assert(eq(int, read_text(yaml), 0), "%s: %s", yaml, diag.message);
	seq = file.documents[file.n - 1];
	cr_assert(eq(uint, seq->n, n), "%s", yaml);
	for (unsigned i = 0; i < n; i++)
		cr_expect(span_is(seq->items[i]->text, want[i]), "%s: %s", yaml, want[i]);
}

#define EXPECT_ITEMS(yaml, ...)                                                                    \
	expect_items(yaml, (const char *const[]){ __VA_ARGS__ },                                   \
		     ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

Test(ytree, what_yaml_cpp_takes_is_taken)
{
	EXPECT_ITEMS("[127.0.0.1, ::1, ::/0]\n", "127.0.0.1", "::1", "::/0");
	EXPECT_ITEMS("[::ffff:1.2.3.4]\n", "::ffff:1.2.3.4");
	EXPECT_ITEMS("\t\n\t# c\n-\ta\n- 'b'\n \t\n- c\n", "a", "b", "c");
	EXPECT_ITEMS("[\n\t\ta b\n\t\tc,\n\td\n\t]\n\t", "a b c", "d");
	EXPECT_ITEMS("# caf\xe9\n- \x93x\x94\n- a\x1b\x7f\x1a\xc2\x9b\n", "\x93x\x94",
		     "a\x1b\x7f\x1a\xc2\x9b");
	EXPECT_ITEMS("- a\xe2\x80\xa8y\n- |\n  c\xc2\x85\n  d\n", "a\xe2\x80\xa8y",
		     "c\xc2\x85\nd\n");
	EXPECT_ITEMS("- \"it\\'s\"\n- '\xf3\xb0\x80\x80\xff'\n", "it's", "\xf3\xb0\x80\x80\xff");
	EXPECT_ITEMS("- a\n...\n- b\n", "b");
	cr_assert(eq(uint, file.n, 2));
}

Test(ytree, what_yaml_cpp_takes_is_where_it_was)
{
	const struct ynode *map;

	cr_assert(eq(int, read_text("# \x93\n- [::1, \"\\'\xe9\", x]\n-\ty\n- \x93 k: v\n"), 0));
	cr_assert(is_at(file.documents[0]->items[0]->items[2], 1, 15, 19));
	cr_assert(is_at(file.documents[0]->items[1], 2, 2, 24));
	map = file.documents[0]->items[2];
	cr_assert(is_at(map->items[1], 3, 7, 33));
}

/* Of a text that is wrong for yaml-cpp too, the place where it is. */
Test(ytree, what_is_wrong_for_both_is_said)
{
	static const struct {
		const char *yaml;
		unsigned line, column;
	} rows[] = {
		{ "- a\n-\tb: c\n", 2, 2 },	     { "- a\n\tb: c\n", 2, 1 },
		{ "- [::1]\n- a\n\t\n- b\n", 3, 1 }, { "# caf\xe9\n- [a\n- b\n", 4, 1 },
		{ "- \"a\\'\"\n- \"\\q\"\n", 2, 4 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		cr_expect(eq(int, read_text(rows[i].yaml), -EINVAL), "%s", rows[i].yaml);
		cr_expect(diag.line == rows[i].line && diag.column == rows[i].column,
			  "%s: %u:%u %s", rows[i].yaml, diag.line, diag.column, diag.message);
	}
}
