/* SPDX-License-Identifier: Apache-2.0
 *
 * curl_calls.c -- see curl_calls.h.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "curl_calls.h"

struct curl_calls curl;

static int load_status = -ENOENT;

static void load(void)
{
	void *lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return;
#define CALL(name)                                                                                 \
	curl.name = (__typeof__(curl_##name) *)dlsym(lib, "curl_" #name);                          \
	if (curl.name == NULL)                                                                     \
		return;
	CURL_CALLS(CALL)
#undef CALL
	load_status = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;
}

int curl_calls_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return load_status;
}
