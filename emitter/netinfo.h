/* SPDX-License-Identifier: Apache-2.0
 *
 * netinfo.h -- the addresses of the host's interfaces, for the snapshot of metrics.  Shell.
 */
#ifndef MEWS_NETINFO_H
#define MEWS_NETINFO_H

#include "metrics.h"

/* Before the jail, which may leave no network to ask.  By interface and protocol, without lo; what is
 * behind CAP is left out.  How many there are. */
unsigned netinfo_read(struct metrics_addresses *all, unsigned cap);

#endif
