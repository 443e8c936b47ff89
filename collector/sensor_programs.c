/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_programs.c -- see sensor_programs.h.
 */
#include "sensor_programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "timeline.h"

#include "mews.skel.h" /* needs record.h before it */

/* ---- which part a program is of ---- */

/* What is named nowhere in family.def is what all others are reached through. */
static enum programs_part part_of(const char *name)
{
	static const char *const rest[] = {
#define FAMILY(family, program) #program,
#define TRACE(event, program)	#program,
#define RING(program)		#program,
#include "family.def"
#undef FAMILY
#undef TRACE
#undef RING
	};
	static const char *const first[] = {
#define FIRST(program) #program,
#include "family.def"
#undef FIRST
	};

	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		if (strcmp(first[i], name) == 0)
			return PROGRAMS_FIRST;
	for (size_t i = 0; i < ARRAY_LEN(rest); i++)
		if (strcmp(rest[i], name) == 0)
			return PROGRAMS_REST;
	return PROGRAMS_FIRST;
}

/* Programs of families are reached by tail call, and attached to nothing; others that family.def names
 * are attached while they are wanted. */
static bool is_attached_always(const char *name)
{
	struct event_set events = coverage_events(name);

	for (size_t i = 0; i < EVENT_SET_WORDS; i++)
		if (events.bits[i] != 0)
			return false;
	return true;
}

/* Of all programs, load those of PART that can be. */
static void choose(struct programs *p, struct bpf_object *o, enum programs_part part)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, o)
	{
		const char *name = bpf_program__name(program);

		if ((part_of(name) != part && !p->is_whole) ||
		    coverage_has_gap(p->loader.coverage, name))
			(void)bpf_program__set_autoload(program, false);
		(void)bpf_program__set_autoattach(program, is_attached_always(name));
	}
}

/* ---- what the kernel has ---- */

/* Does the kernel have this function for BPF programs? */
static bool kernel_has(const struct btf *btf, const char *function)
{
	return btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) > 0;
}

/* Has the kernel all that the programs of RING look at? */
static bool kernel_has_rings(const struct btf *btf)
{
	static const char *const types[] = { "io_kiocb",  "io_cqe",  "io_open",	 "io_rename",
					     "io_unlink", "io_link", "io_mkdir", "io_connect",
					     "io_sr_msg", "filename" };

	for (unsigned i = 0; i < ARRAY_LEN(types); i++)
		if (btf__find_by_name_kind(btf, types[i], BTF_KIND_STRUCT) <= 0)
			return false;
	return btf__find_by_name_kind(btf, "btf_trace_io_uring_submit_req", BTF_KIND_TYPEDEF) > 0;
}

/* A trace point that this kernel has not is one event less, and no reason to see nothing. */
static void leave_out_traces(struct programs *p, struct bpf_object *o, const struct btf *btf)
{
	static const struct {
		const char *name;
		bool of_ring;
	} rows[] = {
#define TRACE(event, program) { #program, false },
#define RING(program)	      { #program, true },
#include "family.def"
#undef TRACE
#undef RING
	};
	bool rings = kernel_has_rings(btf);

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(o, rows[i].name);
		const char *point = strchr(bpf_program__section_name(program), '/') + 1;
		char type[64], reason[CONTROL_GAP_REASON];

		snprintf(type, sizeof(type), "btf_trace_%s", point);
		snprintf(reason, sizeof(reason), "this kernel has no trace point %s", point);
		if (rows[i].of_ring && !rings)
			loader_leave_out(&p->loader, program,
					 "this kernel's io_uring is made another way");
		else if (btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) <= 0)
			loader_leave_out(&p->loader, program, reason);
	}
}

/* What the kernel has, and what is left out for it. */
static int look_at_features(struct programs *p, struct bpf_object *o)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (btf == NULL)
		return -errno;
	p->settings.casts = kernel_has(btf, "bpf_rdonly_cast");
	p->is_whole = p->is_whole || !p->settings.casts;
	leave_out_traces(p, o, btf);
	btf__free(btf);
	return 0;
}

/* ---- loading ---- */

static int fill_first(struct programs *p, struct mews *skel)
{
	int err = look_at_features(p, skel->obj);

	if (err < 0)
		return err;
	skel->rodata->settings = p->settings;
	err = bpf_map__set_max_entries(skel->maps.rings, p->settings.cpus);
	if (err == 0)
		err = bpf_map__set_max_entries(skel->maps.buffers, p->settings.cpus);
	if (err == 0)
		err = bpf_map__set_inner_map_fd(skel->maps.buffers, p->buffer);
	if (err == 0)
		err = bpf_map__set_max_entries(skel->maps.scratch, p->settings.cpus);
	if (err == 0)
		err = bpf_map__set_max_entries(skel->maps.counts,
					       p->settings.cpus * COUNTS_PER_CPU);
	return err;
}

/* The maps of the first part, settings among them. */
static int share_maps(struct programs *p, struct mews *skel)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, skel->obj)
	{
		int err = bpf_map__reuse_fd(map, programs_map(p, bpf_map__name(map)));

		if (err < 0)
			return err;
	}
	return 0;
}

static int try_to_load(struct programs *p, enum programs_part part)
{
	/* Said where they are, libbpf takes the kernel's types from there alone; else it looks for one that
	 * is not there among those of the modules, which it may not behind the jail. */
	LIBBPF_OPTS(bpf_object_open_opts, types, .btf_custom_path = "/sys/kernel/btf/vmlinux");
	struct mews *skel = mews__open_opts(part == PROGRAMS_REST ? &types : NULL);
	int err;

	p->skel[part] = skel;
	if (skel == NULL)
		return -errno;
	err = part == PROGRAMS_FIRST ? fill_first(p, skel) : share_maps(p, skel);
	if (err < 0)
		return err;
	choose(p, skel->obj, part);
	err = loader_begin(&p->loader, skel->obj);
	if (err < 0)
		return err;
	err = loader_end(&p->loader, skel->obj, mews__load(skel));
	/* libbpf has found that the memory of maps cannot be shared, or could not find out. */
	return err == 0 && part == PROGRAMS_FIRST && skel->bss == NULL ? -EOPNOTSUPP : err;
}

int programs_load(struct programs *p, enum programs_part part)
{
	uint64_t begun = boot_now();
	int err;

	if (part == PROGRAMS_REST && p->is_whole)
		return 0;
	while ((err = try_to_load(p, part)) == -EAGAIN) {
		mews__destroy(p->skel[part]);
		p->skel[part] = NULL;
	}
	p->loaded_ns[part] = boot_now();
	p->load_ns += p->loaded_ns[part] - begun;
	return err;
}

int programs_attach(struct programs *p)
{
	return mews__attach(p->skel[PROGRAMS_FIRST]);
}

void programs_init(struct programs *p, const struct sensor_settings *settings,
		   struct coverage *coverage)
{
	*p = (struct programs){ .settings = *settings };
	loader_init(&p->loader, coverage);
}

void programs_close(struct programs *p)
{
	if (p->has_thread)
		(void)programs_end_rest(p);
	for (unsigned part = PROGRAMS_PARTS; part-- > 0;)
		mews__destroy(p->skel[part]);
	loader_release(&p->loader);
}

/* ---- the rest, in a thread ---- */

/* It is in nobody's way: whoever reads events goes before it. */
static void *thread_main(void *arg)
{
	struct programs *p = arg;

	(void)setpriority(PRIO_PROCESS, 0, 0); /* of this thread alone */
	p->result = programs_load(p, PROGRAMS_REST);
	atomic_store_explicit(&p->is_done, true, memory_order_release);
	p->done(p->done_ctx);
	return NULL;
}

int programs_begin_rest(struct programs *p, void (*done)(void *ctx), void *ctx)
{
	sigset_t all, old;
	int err;

	p->done = done;
	p->done_ctx = ctx;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&p->thread, NULL, thread_main, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	p->has_thread = err == 0;
	return err;
}

bool programs_rest_is_done(const struct programs *p)
{
	return atomic_load_explicit(&p->is_done, memory_order_acquire);
}

int programs_end_rest(struct programs *p)
{
	pthread_join(p->thread, NULL);
	p->has_thread = false;
	return p->result;
}

/* ---- what is there ---- */

void programs_put_off(const struct programs *p, struct coverage *c)
{
	struct bpf_program *program;

	if (p->is_whole)
		return;
	bpf_object__for_each_program(program, p->skel[PROGRAMS_FIRST]->obj)
	{
		const char *name = bpf_program__name(program);

		if (part_of(name) == PROGRAMS_REST)
			coverage_put_off(c, name);
	}
}

struct bpf_object *programs_object(const struct programs *p, enum programs_part part)
{
	bool is_there;

	if (p->is_whole)
		part = PROGRAMS_FIRST;
	is_there = p->skel[part] != NULL && !(part == PROGRAMS_REST && p->has_thread);

	return is_there ? p->skel[part]->obj : NULL;
}

struct bpf_program *programs_find(const struct programs *p, const char *name)
{
	struct bpf_object *o = programs_object(p, part_of(name));

	return o == NULL ? NULL : bpf_object__find_program_by_name(o, name);
}

int programs_map(const struct programs *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->skel[PROGRAMS_FIRST]->obj, name);
}

volatile struct sensor_waking *programs_waking(const struct programs *p)
{
	return &p->skel[PROGRAMS_FIRST]->bss->waking;
}

volatile struct sensor_beat *programs_beat(const struct programs *p)
{
	return &p->skel[PROGRAMS_FIRST]->bss->beat;
}

volatile uint32_t *programs_muting(const struct programs *p)
{
	return &p->skel[PROGRAMS_FIRST]->bss->muting;
}

volatile uint32_t *programs_wake_me(const struct programs *p)
{
	return &p->skel[PROGRAMS_FIRST]->bss->wake_me;
}
