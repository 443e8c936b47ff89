/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_count.c -- what the kernel side saw, and what of it was lost, by cause, processor and event.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "sensor_core.h"

#define MISS_LOOK_NS NS_PER_SEC

/* Whom the kernel calls: those, and the programs that are always attached. */
void sensor_open_entries(struct sensor *s)
{
	static const struct entry always[] = {
		{ .code = LOSS_ANY_CODE, .name = "sys_exit" },
		{ .code = EVENT_SYSCALL_CLONE_20_X, .name = "process_fork" },
		{ .code = EVENT_SYSCALL_EXECVE_19_X, .name = "process_exec" },
		{ .code = EVENT_PROCEXIT_1_E, .name = "process_exit" },
	};

	_Static_assert(ARRAY_LEN(always) == ENTRY_COUNT - TRACE_COUNT, "each has its place");
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		s->entries[i] = (struct entry){ .code = s->traces[i].code != 0 ? s->traces[i].code
									       : LOSS_ANY_CODE,
						.name = s->traces[i].name };
	memcpy(&s->entries[TRACE_COUNT], always, sizeof(always));
}

/* Calls at which the kernel did not run our programs, because one of them was running already on that
 * processor.  To ask is a system call for each. */
static uint64_t count_passed_over(struct sensor *s, source_lose *lose, void *ctx)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ENTRY_COUNT; i++) {
		struct entry *e = &s->entries[i];
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		struct loss loss = { .cause = GAP_PASSED_OVER,
				     .cpu = LOSS_ANY_CPU,
				     .code = (uint16_t)e->code };
		const struct bpf_program *program = programs_find(&s->programs, e->name);
		int fd = program == NULL ? -1 : bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
		    info.recursion_misses > e->passed_over) {
			loss.count = info.recursion_misses - e->passed_over;
			e->passed_over = info.recursion_misses;
			lose(ctx, &loss);
		}
		sum += e->passed_over;
	}
	return sum;
}

/* How much COUNT has grown since *TOLD, to whoever wants to know. */
static void tell(source_lose *lose, void *ctx, struct loss loss, uint64_t count, uint64_t *told)
{
	loss.count = count - *told;
	*told = count;
	if (loss.count > 0)
		lose(ctx, &loss);
}

uint64_t sensor_count(struct source *source, source_lose *lose, void *ctx)
{
	struct sensor *s = sensor_of(source);
	uint64_t now = boot_now(), seen = 0;

	if (now >= s->next_miss_look) {
		s->next_miss_look = now + MISS_LOOK_NS;
		s->passed_over = count_passed_over(s, lose, ctx);
	}
	for (unsigned cpu = 0; cpu < s->ncpus; cpu++) {
		for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
			unsigned at = cpu * COUNTS_PER_CPU + code;
			const volatile struct kernel_counts *k = &s->counts[at];
			uint64_t lost = k->lost, failed = k->failed;
			struct loss loss = { .cpu = (uint16_t)cpu, .code = (uint16_t)code };

			/* Looked at behind the others: it grows before they do. */
			seen += k->seen;
			if (lost + failed == 0)
				continue;
			loss.cause = GAP_KERNEL_BUFFER;
			tell(lose, ctx, loss, lost, &s->told[at].lost);
			loss.cause = GAP_NOT_MADE;
			tell(lose, ctx, loss, failed, &s->told[at].failed);
		}
	}
	return seen + s->passed_over;
}
