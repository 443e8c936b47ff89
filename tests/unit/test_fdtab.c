/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptor tables: shared by forks, copied when changed, bounded.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "fdtab.h"

static struct slab slab;
static struct fdtab ft;

static void setup(void)
{
	slab_init(&slab, (size_t)64 << 20);
	fdtab_init(&ft, &slab, 100, 42);
}

static void teardown(void)
{
	slab_release(&slab);
}

TestSuite(fdtab, .init = setup, .fini = teardown);

static struct file *named(const char *name)
{
	struct file *f = file_new(&ft, FILE_REGULAR_V2);

	file_set_name(&ft, f, span_str(name));
	return f;
}

static bool has_name(const struct fds *fds, int64_t fd, const char *name)
{
	const struct fd_slot *s = fds_find(&ft, fds, fd);

	return s != NULL && blob_is(s->file->name, span_str(name));
}

Test(fdtab, what_was_put_is_found_until_it_is_removed)
{
	struct fds fds = { 0 };

	for (int fd = 0; fd < 100; fd++)
		cr_assert_not_null(fds_put(&ft, &fds, fd * 7, named("/f"), 0));
	cr_assert(eq(u32, fds_count(&fds), 100));
	for (int fd = 0; fd < 100; fd += 2)
		fds_remove(&ft, &fds, fd * 7);
	cr_assert(eq(u32, fds_count(&fds), 50));
	cr_assert(eq(u64, ft.held, 50));
	cr_assert(eq(u64, ft.added, 100));
	cr_assert(eq(u64, ft.removed, 50));
	for (int fd = 0; fd < 100; fd++)
		cr_assert_eq(fds_find(&ft, &fds, fd * 7) != NULL, fd % 2 == 1, "%d", fd);
	fds_clear(&ft, &fds);
	cr_assert(eq(u32, fds_count(&fds), 0));
	cr_assert(eq(u64, ft.held, 0));
}

Test(fdtab, numbers_that_are_no_descriptors_are_refused)
{
	struct fds fds = { 0 };

	cr_assert_null(fds_put(&ft, &fds, -1, named("/f"), 0));
	cr_assert_null(fds_put(&ft, &fds, INT64_C(1) << 40, named("/f"), 0));
	cr_assert_null(fds_find(&ft, &fds, -100));
	cr_assert(eq(u64, ft.evicted, 2));
}

Test(fdtab, a_full_table_lets_new_ones_go_and_counts_them)
{
	struct fds fds = { 0 };

	for (int fd = 0; fd < 150; fd++)
		fds_put(&ft, &fds, fd, named("/f"), 0);
	cr_assert(eq(u32, fds_count(&fds), 100));
	cr_assert(eq(u64, ft.evicted, 50));
	cr_assert_not_null(fds_put(&ft, &fds, 3, named("/g"), 0),
			   "a place that is there is usable");
}

Test(fdtab, a_fork_sees_its_parents_files_as_cloned_and_changes_only_its_own)
{
	struct fds parent = { 0 }, child = { 0 };

	fds_put(&ft, &parent, 1, named("/one"), 0);
	fds_put(&ft, &parent, 2, named("/two"), FILE_CLOEXEC);
	fds_fork(&child, &parent);
	cr_assert_eq(child.table, parent.table);
	cr_assert(eq(u64, ft.held, 2), "a table that is shared counts once");
	cr_assert_neq(fds_flags(&child, fds_find(&ft, &child, 1)) & FILE_CLONED, 0);
	cr_assert_eq(fds_flags(&parent, fds_find(&ft, &parent, 1)) & FILE_CLONED, 0);

	fds_remove(&ft, &child, 1);
	cr_assert(eq(u64, ft.held, 3));
	cr_assert_null(fds_find(&ft, &child, 1));
	cr_assert(has_name(&parent, 1, "/one"));
	cr_assert_neq(fds_flags(&child, fds_find(&ft, &child, 2)) & FILE_CLONED, 0);

	file_set_name(&ft, fds_own(&ft, &child, 2), span_str("/other"));
	cr_assert(has_name(&parent, 2, "/two"));
	cr_assert(has_name(&child, 2, "/other"));
}

Test(fdtab, an_execve_drops_what_is_to_be_closed)
{
	struct fds fds = { 0 };

	for (int fd = 0; fd < 40; fd++)
		fds_put(&ft, &fds, fd, named("/f"), fd % 3 == 0 ? FILE_CLOEXEC : 0);
	fds_exec(&ft, &fds);
	for (int fd = 0; fd < 40; fd++)
		cr_assert_eq(fds_find(&ft, &fds, fd) == NULL, fd % 3 == 0, "%d", fd);
}

Test(fdtab, close_range_takes_a_range_or_marks_it)
{
	struct fds fds = { 0 };

	for (int fd = 0; fd < 30; fd++)
		fds_put(&ft, &fds, fd, named("/f"), 0);
	fds_remove_range(&ft, &fds, 10, 19);
	cr_assert(eq(u32, fds_count(&fds), 20));
	cr_assert_not_null(fds_find(&ft, &fds, 9));
	cr_assert_null(fds_find(&ft, &fds, 10));
	cr_assert_null(fds_find(&ft, &fds, 19));
	cr_assert_not_null(fds_find(&ft, &fds, 20));
	fds_cloexec_range(&ft, &fds, 25, UINT32_MAX);
	fds_exec(&ft, &fds);
	cr_assert(eq(u32, fds_count(&fds), 15));
}

Test(fdtab, a_full_table_gives_one_up_where_ends_are_not_told)
{
	struct fds fds = { 0 };

	ft.replaces = true;
	for (int fd = 0; fd < 10000; fd++)
		cr_assert_not_null(fds_put(&ft, &fds, fd, named("/f"), 0));
	cr_assert(eq(u32, fds_count(&fds), 100));
	cr_assert(eq(u64, ft.evicted, 9900));
	for (int fd = 0; fd < 3; fd++)
		cr_assert_not_null(fds_find(&ft, &fds, fd), "every program has these");
	cr_assert_not_null(fds_find(&ft, &fds, 9999), "the last one is there");
	fds_clear(&ft, &fds);
}

Test(fdtab, memory_comes_back_when_tables_go)
{
	size_t bytes = 0;

	for (int round = 0; round < 50; round++) {
		struct fds parent = { 0 }, child = { 0 };

		for (int fd = 0; fd < 90; fd++)
			fds_put(&ft, &parent, fd, named("/some/name"), 0);
		fds_fork(&child, &parent);
		fds_remove(&ft, &child, 4);
		fds_clear(&ft, &parent);
		fds_clear(&ft, &child);
		if (round == 0)
			bytes = slab.bytes;
	}
	cr_assert(eq(sz, slab.bytes, bytes));
}

Test(fdtab, without_memory_descriptors_are_left_out_not_fatal)
{
	struct fds fds = { 0 };

	slab_release(&slab);
	slab_init(&slab, 0);
	cr_assert_null(file_new(&ft, FILE_FIFO));
	cr_assert_null(fds_put(&ft, &fds, 1, NULL, 0));
	cr_assert(lt(u64, 0, slab.refused));
}
