/* SPDX-License-Identifier: Apache-2.0
 *
 * mhd_calls.c -- see mhd_calls.h.
 */
#include "mhd_calls.h"

#include <dlfcn.h>
#include <errno.h>

struct mhd_calls mhd;

int mhd_calls_load(void)
{
	void *lib = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return -ENOENT;
#define CALL(name)                                                                                 \
	mhd.name = (__typeof__(MHD_##name) *)dlsym(lib, "MHD_" #name);                             \
	if (mhd.name == NULL)                                                                      \
		return -ENOENT;
	MHD_CALLS(CALL)
#undef CALL
	return 0;
}
