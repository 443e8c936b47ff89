/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h -- what live events need of the host before anything is started.  Shell.
 */
#ifndef MEWS_HOST_H
#define MEWS_HOST_H

#include <stdbool.h>
#include <stddef.h>

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

struct host_capability {
	int number;
	const char *name, *use; /* "CAP_BPF"; what it is for */
	bool is_optional;	/* without it less is known, but all runs */
};

/* Those that are of use; their number in *RET_COUNT. */
const struct host_capability *host_capabilities(size_t *ret_count);

bool host_has(const struct host_capability *c);

/* Can live events be had here?  EXIT_OK or EXIT_HOST, after it has said what is missing. */
int host_check_live(void);

#endif
