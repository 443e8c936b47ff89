/* SPDX-License-Identifier: Apache-2.0
 *
 * resolv_conf.c -- see resolv_conf.h.
 */
#include "resolv_conf.h"

#include <stdlib.h>
#include <string.h>

bool resolv_conf_dir(char dir[PATH_MAX])
{
	if (realpath("/etc/resolv.conf", dir) == NULL)
		return false;
	*strrchr(dir, '/') = '\0';
	return dir[0] != '\0' && strrchr(dir, '/') != dir;
}
