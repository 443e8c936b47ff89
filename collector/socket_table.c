/* SPDX-License-Identifier: Apache-2.0
 *
 * socket_table.c -- see socket_table.h.
 */
#include "socket_table.h"

#include <stdlib.h>

/* By inode, those of unix last. */
static int by_inode(const void *a, const void *b)
{
	const struct socket_entry *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return (x->kind == SOCKET_UNIX) - (y->kind == SOCKET_UNIX);
}

/* LAST stands for the one socket that both are of.  Which line is true cannot be told: a false one may come before
 * as well as behind. */
static void merge_entry(struct socket_entry *last, const struct socket_entry *e)
{
	if (last->kind != SOCKET_UNIX)
		return;
	if (last->address == e->address && span_eq(last->name, e->name))
		return;
	last->address = 0;
	last->name = SPAN_NONE;
}

size_t socket_table_settle(struct socket_entry *table, size_t count)
{
	size_t n = 0;

	if (count > 0)
		qsort(table, count, sizeof(table[0]), by_inode);
	for (size_t i = 0; i < count; i++) {
		if (n > 0 && table[n - 1].ino == table[i].ino)
			merge_entry(&table[n - 1], &table[i]);
		else
			table[n++] = table[i];
	}
	return n;
}

static int at_inode(const void *ino, const void *entry)
{
	uint64_t here = ((const struct socket_entry *)entry)->ino, wanted = *(const uint64_t *)ino;

	return wanted < here ? -1 : wanted > here;
}

const struct socket_entry *socket_table_find(const struct socket_entry *table, size_t count,
					     uint64_t ino)
{
	return count == 0 ? NULL : bsearch(&ino, table, count, sizeof(table[0]), at_inode);
}
