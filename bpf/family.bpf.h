/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * family.bpf.h -- what every file of exit programs starts with.
 */
#ifndef MEWS_FAMILY_BPF_H
#define MEWS_FAMILY_BPF_H

#include "build.bpf.h"

#include <bpf/bpf_tracing.h>

#include "ppm.h"

/* Start the record of the system call that REGS belong to; its row in `wanted`,
 * NULL if there is nothing to do. */
static __always_inline const struct wanted *begin_exit(struct build *b, struct pt_regs *regs)
{
	__u32 nr = REGS_NR(regs);
	const struct wanted *w = bpf_map_lookup_elem(&wanted, &nr);

	if (w == NULL || !begin(b, bpf_get_current_task_btf(), w->code, w->flags & WANTED_STATE))
		return NULL;
	return w;
}

#endif
