/* SPDX-License-Identifier: Apache-2.0
 *
 * own_pid.h -- this process as the kernel side names it.  Shell.
 */
#ifndef MEWS_OWN_PID_H
#define MEWS_OWN_PID_H

#include <stdint.h>

/* The number of process PID, of our namespace, in the initial one; -1: not known, as when we
 * are in another. */
int64_t pid_in_initial_namespace(int64_t pid);

/* The host's procfs: $HOST_ROOT/proc, where there is that; else /proc. */
#define HOST_PROC_MAX 4096
void host_proc(char ret[HOST_PROC_MAX]);

/* This process's own number there, also from another namespace, if the host's procfs is in sight; -1: not
 * known. */
int64_t own_pid_in_initial_namespace(void);

#endif
