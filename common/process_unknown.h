/* SPDX-License-Identifier: Apache-2.0
 *
 * process_unknown.h -- the numbers of an entry of the thread table of which nothing is known but its thread
 * id: for the initializer of a struct that has the members of process.def.
 */
#ifndef MEWS_PROCESS_UNKNOWN_H
#define MEWS_PROCESS_UNKNOWN_H

#include <stdint.h>

/* It is nobody's: what is not known to be root's is not. */
#define PROCESS_UNKNOWN                                                                            \
	.pid = -1, .ptid = -1, .sid = -1, .vtid = -1, .vpid = -1, .vpgid = -1, .pgid = -1,         \
	.uid = UINT32_MAX, .gid = UINT32_MAX, .loginuid = UINT32_MAX, .fdlimit = -1

#endif
