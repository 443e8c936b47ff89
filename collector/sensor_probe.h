/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_probe.h -- mews-collector --probe: the kernel side is loaded and attached as ever, and
 * what came of each program goes to stdout as JSON; `mews doctor` reads it.  Shell.
 */
#ifndef MEWS_SENSOR_PROBE_H
#define MEWS_SENSOR_PROBE_H

#include <stdint.h>

/* Everything that was loaded is gone when it returns; the exit code. */
struct sensor_params;
int sensor_probe(const struct sensor_params *params);

#endif
