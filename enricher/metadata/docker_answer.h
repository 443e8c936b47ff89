/* SPDX-License-Identifier: Apache-2.0
 *
 * docker_answer.h -- answers of Docker's API, which Podman speaks as well: bytes in,
 * what they tell out.  Core.
 */
#ifndef MEWS_DOCKER_ANSWER_H
#define MEWS_DOCKER_ANSWER_H

#include <sys/types.h>

#include "json_bounded.h"

/* "/containers/json": each container's id, valid during the call.  False: it is no list. */
bool docker_read_list(struct span json, void (*each)(void *ctx, struct span id), void *ctx);

/* A line of "/events". */
enum docker_action { DOCKER_OTHER, DOCKER_CAME, DOCKER_CHANGED, DOCKER_WENT };
struct docker_event {
	enum docker_action action;
	char id[80];
	json_t *attributes; /* what it tells of the container; NULL: nothing.  To be json_decref()ed */
};
bool docker_read_event(struct span line, struct docker_event *ret);

/* Falco's container event of container ID, of which there is nothing but the attributes of its
 * event: name, image, labels. */
ssize_t docker_write_event(struct span id, const json_t *attributes, uint32_t type, uint8_t *buf,
			   size_t cap);

/* "/images/ID/json": of it, the names and digests alone.  NULL: no memory, or no image. */
json_t *docker_read_image(struct span json);

/* The image that INSPECT, "/containers/ID/json", is of; empty: it says none. */
struct span docker_image_id(const json_t *inspect);

/* Falco's container event of INSPECT, with NAMES from docker_read_image() or NULL.  The length
 * in BUF; -EPROTO: it is no container. */
ssize_t docker_write(const json_t *inspect, const json_t *names, uint32_t type, uint8_t *buf,
		     size_t cap);

#endif
