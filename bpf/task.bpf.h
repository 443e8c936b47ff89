/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * task.bpf.h -- what process events tell of a task: arguments, environment,
 * control groups, memory, namespaces.
 */
#ifndef MEWS_TASK_BPF_H
#define MEWS_TASK_BPF_H

#include "build.bpf.h"
#include "ppm.h"

enum { RLIMIT_NOFILE_INDEX = 7, PAGE_KB = 4 };

/* The texts from START to END of the current task's memory: the first is `exe`, the rest `args`.
 * Two parameters, together at most TEXT_MAX bytes. */
static __always_inline void put_exe_and_args(struct build *b, unsigned long start,
					     unsigned long end)
{
	long n = bpf_probe_read_user_str(text_room(b), TEXT_MAX, (void *)start);
	__u64 rest;

	if (n <= 0) {
		put_empty(b);
		put_empty(b);
		return;
	}
	n &= 2 * TEXT_MAX - 1;
	put_var_len(b, n - 1);
	rest = end - start - n;
	if (start + n >= end || n >= TEXT_MAX) {
		put_empty(b);
		return;
	}
	if (rest > (__u64)(TEXT_MAX - n)) {
		rest = TEXT_MAX - n;
		truncated(b);
	}
	put_user_bytes(b, (void *)(start + n), rest);
}

/* The texts from START to END, as they are. */
static __always_inline void put_user_range(struct build *b, unsigned long start, unsigned long end)
{
	__u64 n = end > start ? end - start : 0;

	if (n > TEXT_MAX)
		truncated(b);
	put_user_bytes(b, (void *)start, n);
}

/* ---- control groups ---- */

enum { CGROUP_NAMES = 24, CGROUP_TURNS = 6 };

enum cgroup_subsys_id { cpuset_cgrp_id, cpu_cgrp_id, cpuacct_cgrp_id, io_cgrp_id, memory_cgrp_id };

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(kn->__parent))
		return LOOK(struct kernfs_node, kn, __parent);
	return LOOK(struct kernfs_node___6_14, kn, parent);
}

/* One name of a control group's path; false: there is none. */
static __always_inline bool walk_up_cgroup(struct scratch *s)
{
	struct walk *w = &s->walk;
	struct kernfs_node *kn = w->node, *parent = kernfs_parent(kn);
	__u8 *name = s->path + PATH_MASK + 1;
	__u32 pos = w->pos;
	long n;

	if (parent == NULL || pos < 257)
		return false;
	/* Its length is known only once it is read: into the slack first. */
	n = bpf_probe_read_kernel_str(name, 256, LOOK(struct kernfs_node, kn, name));
	if (n <= 1)
		return false;
	n = (n - 1) & 0xff;
	pos -= n;
	bpf_probe_read_kernel(s->path + (pos & PATH_MASK), n, name);
	pos--;
	s->path[pos & PATH_MASK] = '/';
	w->pos = pos;
	w->node = parent;
	return true;
}

/* The next names of CPU's walk, for run_turns(). */
__noinline int walk_on_cgroup(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);

	if (s == NULL)
		return 0;
	for (int i = 0; i < CGROUP_TURNS; i++)
		if (!walk_up_cgroup(s))
			return 0;
	return 1;
}

/* Write the path of KN to the end of the path scratch; where it starts is in walk.pos. */
static __always_inline void cgroup_path(struct scratch *s, __u32 cpu, struct kernfs_node *kn)
{
	struct walk *w = &s->walk;

	w->pos = PATH_MASK;
	w->node = kn;
	run_turns(walk_on_cgroup, cpu, CGROUP_NAMES / CGROUP_TURNS);
	if (w->pos == PATH_MASK) {
		w->pos = PATH_MASK - 1;
		s->path[PATH_MASK - 1] = '/';
	}
}

/* Write `subsys=path` of the hierarchy that CSS, an address, is of, with its NUL, at OFF of what
 * CPU builds; where it ends. */
__noinline int append_cgroup(__u32 cpu, __u64 css, __u32 off)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);
	struct kernfs_node *kn;
	const char *name;
	__u32 pos, len;
	long n;

	if (s == NULL)
		return off;
	kn = LOOK(struct cgroup, LOOK(struct cgroup_subsys_state, (void *)css, cgroup), kn);
	name = LOOK(struct cgroup_subsys, LOOK(struct cgroup_subsys_state, (void *)css, ss), name);
	if (kn != s->walk.last_node) { /* hierarchies are often one and the same */
		s->walk.last_node = kn;
		cgroup_path(s, cpu, kn);
	}
	n = bpf_probe_read_kernel_str(s->build + (off & BUILD_MASK), 32, name);
	if (n <= 1)
		return off;
	off += (n - 1) & 31;
	s->build[off++ & BUILD_MASK] = '=';
	pos = s->walk.pos;
	len = (PATH_MASK - pos) & (TEXT_MAX / 2 - 1);
	bpf_probe_read_kernel(s->build + (off & BUILD_MASK), len, s->path + (pos & PATH_MASK));
	off += len;
	s->build[off++ & BUILD_MASK] = 0;
	return off;
}

#define APPEND_CGROUP(b, subsys, id)                                                               \
	do {                                                                                       \
		struct cgroup_subsys_state *css_ = NULL;                                           \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id) &&                       \
		    bpf_probe_read_kernel(                                                         \
			    &css_, sizeof(css_),                                                   \
			    (subsys) + bpf_core_enum_value(enum cgroup_subsys_id, id)) == 0 &&     \
		    css_ != NULL)                                                                  \
			(b)->off = append_cgroup((b)->cpu, (__u64)css_, (b)->off);                 \
		move_to(b, forget(b, (b)->off));                                                   \
	} while (0)

/* The five hierarchies that Falco tells of, by its names and in its order. */
static __always_inline void put_cgroups(struct build *b, const struct task_struct *task)
{
	struct css_set *set = task->cgroups;
	struct cgroup_subsys_state **subsys = (void *)__builtin_preserve_access_index(&set->subsys);
	__u32 start = b->off, len;

	b->s->walk.last_node = NULL;
	APPEND_CGROUP(b, subsys, cpuset_cgrp_id);
	APPEND_CGROUP(b, subsys, cpu_cgrp_id);
	APPEND_CGROUP(b, subsys, cpuacct_cgrp_id);
	APPEND_CGROUP(b, subsys, io_cgrp_id);
	APPEND_CGROUP(b, subsys, memory_cgrp_id);
	len = b->off - start;
	move_to(b, start);
	put_var_len(b, len);
}

/* ---- memory ---- */

static __always_inline __u32 rss_pages(struct mm_struct *mm, int kind)
{
	struct mm_struct___5 *old = (void *)mm;
	unsigned long at;
	__s64 n = 0;

	/* Asked of a type that every kernel has: for one that it has not, libbpf goes through all of
	 * its modules as well. */
	if (bpf_core_field_exists(old->rss_stat.count)) {
		at = (unsigned long)__builtin_preserve_access_index(&old->rss_stat.count);
		bpf_probe_read_kernel(&n, sizeof(n), (void *)(at + kind * sizeof(n)));
	} else {
		at = (unsigned long)__builtin_preserve_access_index(&mm->rss_stat);
		at += kind * bpf_core_type_size(struct percpu_counter);
		n = LOOK(struct percpu_counter, (void *)at, count);
	}
	return n < 0 ? 0 : n;
}

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

/* The sizes of TASK's memory in kB: all, present, swapped out.  Three parameters. */
static __always_inline void put_vm(struct build *b, const struct task_struct *task)
{
	struct mm_struct *mm = task->mm;

	if (mm == NULL) {
		put_u32(b, 0);
		put_u32(b, 0);
		put_u32(b, 0);
		return;
	}
	put_u32(b, mm->total_vm * PAGE_KB);
	put_u32(b, (rss_pages(mm, MM_FILEPAGES) + rss_pages(mm, MM_ANONPAGES) +
		    rss_pages(mm, MM_SHMEMPAGES)) *
			   PAGE_KB);
	put_u32(b, rss_pages(mm, MM_SWAPENTS) * PAGE_KB);
}

/* Page faults, and these sizes: five parameters. */
static __always_inline void put_memory(struct build *b, const struct task_struct *task)
{
	put_u64(b, task->maj_flt);
	put_u64(b, task->min_flt);
	put_vm(b, task);
}

/* ---- ids ---- */

static __always_inline struct pid *process_group_of(const struct task_struct *task)
{
	return LOOK(struct signal_struct, task->signal, pids[PIDTYPE_PGID]);
}

static __always_inline __u32 loginuid_of(const struct task_struct *task)
{
	if (bpf_core_field_exists(task->loginuid))
		return task->loginuid.val;
	return -1;
}

#endif
