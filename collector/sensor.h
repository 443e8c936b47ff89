/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor.h -- the live source: the kernel side loaded, its buffers merged and
 * decoded, /proc for snapshots.  sensor.c is the only file that knows libbpf.
 */
#ifndef MEWS_SENSOR_H
#define MEWS_SENSOR_H

#include "source.h"

/* Load and attach; needs CAP_BPF and CAP_PERFMON.  BUFFER_BYTES: of kernel buffer
 * for each CPU.  0, or an exit code (log.h) after it has said what is missing.
 * What happens from here on is in the buffers; what is collected besides forks,
 * execs and exits says ops->want(). */
int sensor_open(uint64_t buffer_bytes, struct source **ret);

#endif
