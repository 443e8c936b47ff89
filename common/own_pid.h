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

#endif
