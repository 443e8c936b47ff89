/* SPDX-License-Identifier: Apache-2.0
 *
 * mhd_calls.h -- libmicrohttpd, loaded where the web server is switched on and not before: with
 * what it needs it is megabytes.  Who includes this calls mhd.start_daemon() for
 * MHD_start_daemon().  Shell.
 */
#ifndef MEWS_MHD_CALLS_H
#define MEWS_MHD_CALLS_H

#include <microhttpd.h>

#define MHD_CALLS(CALL)                                                                            \
	CALL(start_daemon)                                                                         \
	CALL(stop_daemon)                                                                          \
	CALL(create_response_from_buffer)                                                          \
	CALL(add_response_header)                                                                  \
	CALL(queue_response)                                                                       \
	CALL(destroy_response)                                                                     \
	CALL(lookup_connection_value)                                                              \
	CALL(get_connection_info)

struct mhd_calls {
#define CALL(name) __typeof__(MHD_##name) *name;
	MHD_CALLS(CALL)
#undef CALL
};

/* To be used behind mhd_calls_load() alone. */
extern struct mhd_calls mhd;

/* Before the jail, in which there are no libraries to be found.  -ENOENT: there is none. */
int mhd_calls_load(void);

#endif
