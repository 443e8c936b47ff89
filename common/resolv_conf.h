/* SPDX-License-Identifier: Apache-2.0
 *
 * resolv_conf.h -- where the C library reads which name servers to ask.  Shell.
 */
#ifndef MEWS_RESOLV_CONF_H
#define MEWS_RESOLV_CONF_H

#include <limits.h>
#include <stdbool.h>

/* The directory that /etc/resolv.conf is in behind all links, for a jail to leave readable.  False:
 * there is no such file, or it lies right below the root or one of its directories: all of /run is too
 * much to leave, and /etc is left anyway. */
bool resolv_conf_dir(char dir[PATH_MAX]);

#endif
