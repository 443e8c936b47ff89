/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread table: families, groups, reapers, removal, and what is said to change.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "proctab.h"

static struct slab slab;
static struct fdtab ft;
static struct proctab pt;
static unsigned gone;

static void count_gone(void *ctx, struct thread *th)
{
	(void)ctx;
	(void)th;
	gone++;
}

static void setup(void)
{
	slab_init(&slab, (size_t)64 << 20);
	fdtab_init(&ft, &slab, 100, 42);
	cr_assert_eq(proctab_init(&pt, &slab, &ft, 64, 42), 0);
	pt.gone = count_gone;
}

static void teardown(void)
{
	proctab_release(&pt);
	slab_release(&slab);
}

TestSuite(proctab, .init = setup, .fini = teardown);

static struct thread *add(int64_t tid, int64_t pid, int64_t ptid)
{
	struct thread *th = proctab_add(&pt, tid);

	cr_assert_not_null(th);
	th->f.pid = pid;
	th->f.ptid = ptid;
	th->f.vtid = tid;
	th->f.vpid = pid;
	if (tid != pid)
		th->f.flags = CL_FILES | CL_THREAD;
	proctab_link(&pt, th);
	return th;
}

static void end(struct thread *th)
{
	proctab_mark_dead(th);
	proctab_remove(&pt, th);
}

Test(proctab, a_thread_with_an_unknown_parent_has_none)
{
	cr_assert(eq(i64, add(10, 10, 77)->f.ptid, 0));
}

Test(proctab, orphans_go_to_init)
{
	struct thread *child;

	add(1, 1, 0);
	add(10, 10, 1);
	child = add(11, 11, 10);
	cr_assert(eq(i64, child->f.ptid, 10));
	end(proctab_find(&pt, 10));
	cr_assert_null(proctab_find(&pt, 10));
	cr_assert(eq(i64, child->f.ptid, 1));
}

/* A task of a list is put in its group before anybody knows its family. */
Test(proctab, init_gets_orphans_if_its_group_was_there_before)
{
	struct thread *init = proctab_add(&pt, 1), *child;

	init->f.vtid = init->f.vpid = 1;
	proctab_regroup(&pt, init, 1);
	proctab_link(&pt, init);
	add(10, 10, 1);
	child = add(11, 11, 10);
	end(proctab_find(&pt, 10));
	cr_assert(eq(i64, child->f.ptid, 1));
}

Test(proctab, orphans_go_to_the_nearest_subreaper)
{
	struct thread *child;

	add(1, 1, 0);
	add(5, 5, 1)->group->reaper = true;
	add(10, 10, 5);
	child = add(11, 11, 10);
	end(proctab_find(&pt, 10));
	cr_assert(eq(i64, child->f.ptid, 5));
}

Test(proctab, orphans_go_to_whom_the_kernel_named_and_it_is_a_reaper_from_then_on)
{
	struct thread *child, *named;

	add(1, 1, 0);
	named = add(7, 7, 1);
	add(10, 10, 1);
	child = add(11, 11, 10);
	proctab_find(&pt, 10)->reaper_tid = 7;
	end(proctab_find(&pt, 10));
	cr_assert(eq(i64, child->f.ptid, 7));
	cr_assert(named->group->reaper);
}

Test(proctab, a_thread_leaves_its_children_to_a_sibling)
{
	struct thread *child;

	add(1, 1, 0);
	add(10, 10, 1);
	add(12, 10, 1);
	child = add(20, 20, 12);
	end(proctab_find(&pt, 12));
	cr_assert(eq(i64, child->f.ptid, 10));
}

Test(proctab, a_dead_main_thread_stays_while_its_group_lives)
{
	struct thread *main = add(10, 10, 0), *other = add(11, 10, 0);

	cr_assert(eq(uint, thread_group_alive(main), 2));
	end(main);
	cr_assert_eq(proctab_find(&pt, 10), main);
	cr_assert(main->dead);
	cr_assert(eq(uint, thread_group_alive(main), 1));
	end(other);
	cr_assert_null(proctab_find(&pt, 10));
	cr_assert_null(proctab_find(&pt, 11));
	cr_assert(eq(u32, pt.count, 0));
}

Test(proctab, an_execve_leaves_the_main_thread_alone)
{
	struct thread *main = add(10, 10, 0);

	add(11, 10, 0);
	add(12, 10, 0);
	proctab_remove_siblings(&pt, main);
	cr_assert(eq(u32, pt.count, 1));
	cr_assert(eq(uint, thread_group_alive(main), 1));
}

Test(proctab, no_parent_is_found_across_a_loop)
{
	struct thread *a = add(10, 10, 0), *b = add(11, 11, 10);

	a->f.ptid = 11;
	add(12, 12, 11);
	end(b);
	cr_assert(eq(i64, proctab_find(&pt, 12)->f.ptid, 0));
}

Test(proctab, a_full_table_refuses_and_counts)
{
	for (int64_t tid = 1; tid <= 64; tid++)
		add(tid, tid, 0);
	cr_assert_null(proctab_add(&pt, 65));
	cr_assert(eq(u64, pt.refused, 1));
	proctab_evict(&pt, proctab_find(&pt, 5));
	cr_assert_not_null(proctab_add(&pt, 65));
}

Test(proctab, keys_are_never_used_again)
{
	uint64_t key = add(10, 10, 0)->key;

	end(proctab_find(&pt, 10));
	cr_assert(lt(u64, key, add(10, 10, 0)->key));
}

Test(proctab, only_changes_are_remembered)
{
	struct thread *th = add(10, 10, 0);

	proctab_settle(&pt, th);
	th->dirty = 0;
	THREAD_SET(&pt, th, uid, th->f.uid);
	THREAD_SET_BYTES(&pt, th, comm, SPAN_NONE);
	cr_assert_null(pt.touched_first);
	THREAD_SET_BYTES(&pt, th, comm, span_str("sh"));
	THREAD_SET(&pt, th, uid, 1000);
	cr_assert_eq(pt.touched_first, th);
	cr_assert(eq(u64, th->dirty, PROCESS_BIT(comm) | PROCESS_BIT(uid)));
}

Test(proctab, the_end_of_an_entry_is_told_only_if_it_was_sent)
{
	add(10, 10, 0);
	end(proctab_find(&pt, 10));
	cr_assert(eq(uint, gone, 0));
	add(10, 10, 0)->sent = true;
	end(proctab_find(&pt, 10));
	cr_assert(eq(uint, gone, 1));
}

Test(proctab, who_goes_with_all_others_is_told_too)
{
	add(1, 1, 0)->sent = true;
	add(10, 10, 1)->sent = true;
	add(12, 10, 1)->sent = true;
	add(20, 20, 12);
	proctab_clear(&pt);
	cr_assert(eq(uint, gone, 3));
	cr_assert(eq(u32, pt.count, 0));
	cr_assert_null(proctab_next(&pt, NULL));
	cr_assert(eq(u32, add(10, 10, 0)->group->alive, 1));
}

Test(proctab, threads_use_the_main_threads_files_and_directory)
{
	struct thread *main = add(10, 10, 0), *other = add(11, 10, 0);

	THREAD_SET_BYTES(&pt, main, cwd, span_str("/tmp/"));
	cr_assert_eq(proctab_fds(&pt, other), &main->fds);
	cr_assert(span_is(proctab_cwd(&pt, other), "/tmp/"));
	proctab_evict(&pt, main);
	cr_assert_null(proctab_fds(&pt, other));
	cr_assert(span_is(proctab_cwd(&pt, other), "./"));
}
