/* SPDX-License-Identifier: Apache-2.0
 *
 * curl_calls.h -- libcurl, loaded when somebody has a use for it and not before: it and
 * what it needs are several megabytes that most hosts never use.  Who includes this calls
 * curl.easy_init() for curl_easy_init().  Shell.
 */
#ifndef MEWS_CURL_CALLS_H
#define MEWS_CURL_CALLS_H

#define CURL_DISABLE_TYPECHECK /* its functions are called through pointers */
#include <curl/curl.h>

#define CURL_CALLS(CALL)                                                                           \
	CALL(global_init)                                                                          \
	CALL(multi_init)                                                                           \
	CALL(multi_setopt)                                                                         \
	CALL(multi_cleanup)                                                                        \
	CALL(multi_add_handle)                                                                     \
	CALL(multi_remove_handle)                                                                  \
	CALL(multi_perform)                                                                        \
	CALL(multi_poll)                                                                           \
	CALL(multi_wakeup)                                                                         \
	CALL(multi_info_read)                                                                      \
	CALL(easy_init)                                                                            \
	CALL(easy_setopt)                                                                          \
	CALL(easy_perform)                                                                         \
	CALL(easy_getinfo)                                                                         \
	CALL(easy_cleanup)                                                                         \
	CALL(easy_strerror)                                                                        \
	CALL(slist_append)                                                                         \
	CALL(slist_free_all)

struct curl_calls {
#define CALL(name) __typeof__(curl_##name) *name;
	CURL_CALLS(CALL)
#undef CALL
};

/* To be used behind curl_calls_load() alone. */
extern struct curl_calls curl;

/* From any thread, any number of times; starts no thread.  -ENOENT: there is no libcurl;
 * -ENOMEM. */
int curl_calls_load(void);

#endif
