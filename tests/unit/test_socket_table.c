/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets are found by inode, and whoever puts a line break into the name of his can neither
 * name another's nor make another socket of it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "socket_table.h"

/* Lines as they are in /proc/net/unix: of sockets at /run/true and /run/other, of one without a name, and, where
 * FALSE stands for them, of one called "x" and what comes behind its line break. */
#define HEADING "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define TRUE	"000000000000000a: 00000002 00000000 00010000 0001 01   500 /run/true\n"
#define OTHER	"000000000000000b: 00000002 00000000 00010000 0001 01   501 /run/other\n"
#define NONE	"000000000000000c: 00000003 00000000 00000000 0001 03   502\n"
#define FALSE_(ino, path)                                                                          \
	"000000000000000d: 00000002 00000000 00010000 0001 01   400 x\n"                           \
	"000000000000000e: 00000002 00000000 00010000 0001 01   " ino " " path "\n"

static struct socket_entry table[16];
static size_t count;

static void add_unix(const char *text)
{
	struct span rest = span_str(text), line;
	struct procfs_unix un;

	while (procfs_line(&rest, &line))
		if (procfs_parse_unix(line, &un) == 0)
			table[count++] = (struct socket_entry){ .ino = un.ino,
								.kind = SOCKET_UNIX,
								.address = un.address,
								.name = un.name };
}

static bool is_called(uint64_t ino, const char *name)
{
	const struct socket_entry *e = socket_table_find(table, count, ino);

	return e != NULL && e->kind == SOCKET_UNIX && span_is(e->name, name);
}

Test(socket_table, each_is_found_by_its_inode)
{
	add_unix(HEADING OTHER NONE TRUE);
	count = socket_table_settle(table, count);
	cr_assert(eq(sz, count, 3));
	cr_assert(is_called(500, "/run/true"));
	cr_assert(is_called(501, "/run/other"));
	cr_assert(is_called(502, ""));
	cr_assert(eq(ptr, (void *)socket_table_find(table, count, 499), NULL));
	cr_assert(eq(ptr, (void *)socket_table_find(table, count, 503), NULL));
}

Test(socket_table, an_empty_one_has_nothing)
{
	cr_assert(eq(sz, socket_table_settle(NULL, 0), 0));
	cr_assert(eq(ptr, (void *)socket_table_find(NULL, 0, 1), NULL));
}

Test(socket_table, a_line_in_a_name_names_no_other_socket)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "behind the true one", TRUE OTHER FALSE_("500", "/run/false") },
		{ "before the true one", FALSE_("500", "/run/false") TRUE OTHER },
		{ "twice", FALSE_("500", "/run/a") TRUE FALSE_("500", "/run/b") OTHER },
		{ "twice the same", FALSE_("500", "/run/a") FALSE_("500", "/run/a") TRUE OTHER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		count = 0;
		add_unix(rows[i].text);
		count = socket_table_settle(table, count);
		cr_expect(is_called(500, ""), "%s", rows[i].name);
		cr_expect(eq(u64, socket_table_find(table, count, 500)->address, 0), "%s",
			  rows[i].name);
		cr_expect(is_called(501, "/run/other"), "%s", rows[i].name);
	}
}

Test(socket_table, a_socket_without_a_name_is_given_none)
{
	add_unix(NONE FALSE_("502", "/run/false"));
	count = socket_table_settle(table, count);
	cr_assert(is_called(502, ""));
}

Test(socket_table, the_same_line_twice_is_no_contradiction)
{
	add_unix(TRUE OTHER TRUE);
	count = socket_table_settle(table, count);
	cr_assert(is_called(500, "/run/true"));
}

Test(socket_table, a_line_in_a_name_makes_no_unix_socket_of_a_connection)
{
	const struct socket_entry *e;

	add_unix(FALSE_("600", "/run/false") FALSE_("601", "/run/false"));
	table[count++] = (struct socket_entry){ .ino = 600, .kind = SOCKET_INET, .l4proto = 2 };
	table[count++] = (struct socket_entry){ .ino = 601, .kind = SOCKET_NETLINK };
	count = socket_table_settle(table, count);
	e = socket_table_find(table, count, 600);
	cr_assert(eq(int, e->kind, SOCKET_INET));
	cr_assert(eq(int, e->l4proto, 2));
	cr_assert(eq(int, socket_table_find(table, count, 601)->kind, SOCKET_NETLINK));
}
