/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_setup.c -- the live source from nothing to programs that are attached, in its order; and what an operator
 * can do when that fails.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "log.h"
#include "own_pid.h"
#include "sensor_core.h"

#define WINDOW_NS NS_PER_MSEC

enum { DATA_CARRIED = 80 }; /* bytes of what is read and written: Falco's snaplen */

void sensor_explain(const char *step, int err)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == -1)
		log_error("cannot see system calls: this kernel has no type information "
			  "('/sys/kernel/btf/vmlinux': %s); it needs CONFIG_DEBUG_INFO_BTF=y",
			  strerror(errno));
	else if (err == -EPERM || err == -EACCES)
		log_error("cannot %s: no permission, the collector needs root or the capabilities "
			  "CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE",
			  step);
	else
		log_error("cannot %s: %s; a kernel of 5.15 or later is needed, and "
			  "-o log_level=debug shows what it says",
			  step, strerror(-err));
}

int sensor_fill_families(struct sensor *s)
{
	static const char *const names[] = {
#define FAMILY(name, program) [FAMILY_##name] = #program,
#include "family.def"
#undef FAMILY
	};
	int map = programs_map(&s->programs, "families");

	for (__u32 i = 0; i < ARRAY_LEN(names); i++) {
		const struct bpf_program *program = programs_find(&s->programs, names[i]);
		int fd = program == NULL ? -1 : bpf_program__fd(program);

		if (fd < 0) /* a gap: nothing asks for it */
			continue;
		if (bpf_map_update_elem(map, &i, &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

static int programs_open(struct sensor *s)
{
	uint64_t bytes = sensor_buffer_size(s->params.buffer_bytes);
	struct sensor_settings settings = {
		.bulk_limit = bytes / 4 * 3,
		.quiet_limit = bytes / 8 * 7,
		.cpus = s->ncpus,
		.snaplen = s->params.snaplen != 0 ? s->params.snaplen : DATA_CARRIED,
		.drop_failed = s->params.drop_failed,
		.own_pid = s->source.own_pid > 0 ? (__u32)s->source.own_pid : 0,
	};
	int like = -1, err;

	if (getrandom(settings.mute_key, sizeof(settings.mute_key), 0) != sizeof(settings.mute_key))
		return -EAGAIN; /* cannot be: so few bytes come whole */
	for (unsigned i = 0; i < s->nrings && like == -1; i++)
		like = s->memory[i].is_own ? s->memory[i].fd : -1;
	settings.buffer_mask = (like != -1 ? bytes : MIN_BUFFER) - 1;
	programs_init(&s->programs, &settings, &s->coverage);
	s->programs.is_whole = s->params.at_once;
	s->programs.buffer = like != -1 ? like : sensor_new_buffer(MIN_BUFFER);
	if (s->programs.buffer < 0)
		return s->programs.buffer;
	err = programs_load(&s->programs, PROGRAMS_FIRST);
	if (like == -1)
		close(s->programs.buffer);
	return err;
}

static int arrays_new(struct sensor *s)
{
	s->memory = calloc(s->nrings, sizeof(*s->memory));
	s->rings = calloc(s->nrings, sizeof(*s->rings));
	s->heap = calloc(s->nrings, sizeof(*s->heap));
	s->in_heap = calloc(s->nrings, sizeof(*s->in_heap));
	/* Of this only what was lost is ever touched. */
	s->told = calloc((size_t)s->ncpus * COUNTS_PER_CPU, sizeof(*s->told));
	if (s->memory == NULL || s->rings == NULL || s->heap == NULL || s->in_heap == NULL ||
	    s->told == NULL)
		return -ENOMEM;
	return 0;
}

int sensor_set_up(struct sensor *s, const char **failed_step)
{
	char proc[HOST_PROC_MAX];
	int err;

	*failed_step = "read /proc";
	host_proc(proc);
	err = snapshot_open(proc, &s->source.unread, &s->snapshot);
	if (err < 0)
		return err;
	*failed_step = "count the processors";
	err = libbpf_num_possible_cpus();
	if (err < 0)
		return err;
	s->ncpus = (unsigned)err;
	s->per_ring = s->params.cpus_per_buffer == 0 || s->params.cpus_per_buffer > s->ncpus
			      ? s->ncpus
			      : (unsigned)s->params.cpus_per_buffer;
	s->nrings = (s->ncpus + s->per_ring - 1) / s->per_ring;
	err = arrays_new(s);
	if (err < 0)
		return err;
	sensor_plan_rings(s);
	*failed_step = "load the kernel side";
	err = programs_open(s);
	if (err < 0)
		return err;
	*failed_step = "make the kernel's buffers";
	if ((err = sensor_open_rings(s)) < 0 || (err = sensor_open_maps(s)) < 0 ||
	    (err = sensor_fill_families(s)) < 0)
		return err;
	sensor_open_traces(s);
	sensor_open_entries(s);
	merge_init(&s->merge, s->rings, s->nrings, s->heap, s->in_heap, WINDOW_NS);
	*failed_step = "attach to the kernel's trace points";
	sensor_prepare_rest(s);
	return programs_attach(&s->programs);
}
