/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_value.h -- texts of a test file as values: numbers that must fit, errors
 * by name, addresses, lists of strings.  For the parts of the scene only.
 */
#ifndef MEWS_SCENE_VALUE_H
#define MEWS_SCENE_VALUE_H

#include "scene.h"

/* AT_FDCWD as the events have it. */
#define SCENE_AT_FDCWD (-100)

/* Who accepts, or waits for those who connect, is the server. */
bool scene_is_serving(const struct scene *s);

struct span scene_trim(struct span s); /* without blanks around it */

/* A whole number, decimal or 0x..., that a value of TYPE (enum param_type) can
 * hold; of unsigned types as two's complement.  UID and GID may be -1. */
bool scene_number(struct span s, unsigned type, int64_t *ret);

/* Octal: 0755, 755, 0o755. */
bool scene_octal(struct span s, int64_t *ret);

/* SUCCESS, ENOENT and the like: 0 or the negative number. */
bool scene_result(struct span s, int64_t *ret);

/* ns since the epoch: a number, or 2026-01-02T03:04:05.678Z. */
bool scene_time(struct span s, uint64_t *ret);

struct scene_endpoint {
	struct ip_addr ip;
	uint16_t port;
};

bool scene_ip(struct span s, struct ip_addr *ret);
bool scene_endpoint(struct span s, struct scene_endpoint *ret);
/* "10.0.0.1:4000->10.0.0.2:80", both of one family. */
bool scene_connection(struct span s, struct scene_endpoint *ret_from,
		      struct scene_endpoint *ret_to);

/* Parameters as captures have them; SPAN_NONE: no room. */
struct span scene_sockaddr(struct pool *pool, const struct ip_addr *ip, uint16_t port);
struct span scene_tuple(struct pool *pool, const struct ip_addr *sip, uint16_t sport,
			const struct ip_addr *dip, uint16_t dport);
struct span scene_unix_path(struct pool *pool, struct span path, bool is_tuple);

/* A list of texts, or one text split at its blanks; or NAME: value pairs: each
 * ended by NUL.  -EINVAL with DIAG's message; -ENOMEM. */
int scene_strings(struct pool *pool, const struct ynode *value, struct span *ret,
		  struct diag *diag);

/* All of a list's texts, or the text, with BETWEEN between them. */
struct span scene_join(struct pool *pool, const struct ynode *value, const char *between);

#endif
