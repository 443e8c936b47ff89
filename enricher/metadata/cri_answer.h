/* SPDX-License-Identifier: Apache-2.0
 *
 * cri_answer.h -- what runtimes answer by Kubernetes' runtime interface (CRI v1) and by
 * containerd's own: messages in, what they tell out; and the questions.  Core.
 */
#ifndef MEWS_CRI_ANSWER_H
#define MEWS_CRI_ANSWER_H

#include <sys/types.h>

#include "json_bounded.h"

/* ---- questions: a whole frame in BUF; its length ---- */

#define CRI_QUESTION_MAX 512
size_t cri_ask_nothing(uint8_t buf[CRI_QUESTION_MAX]);
size_t cri_ask_status(uint8_t buf[CRI_QUESTION_MAX], const char *id);
size_t cri_ask_image(uint8_t buf[CRI_QUESTION_MAX], struct span image); /* 0: too long */
size_t native_ask(uint8_t buf[CRI_QUESTION_MAX], struct span id);	/* a container, an image */

/* ---- runtime.v1 ---- */

/* The number of Falco's container type that the runtime's name stands for.  False: no answer. */
bool cri_read_version(struct span message, uint32_t *ret_type);

/* A pod's sandbox.  NULL: no answer, or no memory. */
struct cri_sandbox;
struct cri_sandbox *cri_read_sandbox(struct span message);
void cri_sandbox_free(struct cri_sandbox *s);
const char *cri_sandbox_id(const struct cri_sandbox *s);
/* True if nothing more will come to be known of it: it has its address, or needs none. */
bool cri_sandbox_is_settled(const struct cri_sandbox *s);

struct cri_container;
struct cri_container *cri_read_container(struct span message);
void cri_container_free(struct cri_container *c);
struct span cri_container_id(const struct cri_container *c);
struct span cri_container_sandbox(const struct cri_container *c); /* its id; empty: not told */
struct span cri_container_image(const struct cri_container *c);	  /* to ask for it by */

/* ImageStatus: its names, digests, and "Id". */
json_t *cri_read_image(struct span message);

/* Falco's container event; S and NAMES may be NULL.  The length in BUF, or -ENOSPC, -ENOMEM. */
ssize_t cri_write(const struct cri_container *c, const struct cri_sandbox *s, const json_t *names,
		  uint32_t type, uint8_t *buf, size_t cap);
/* The same of the sandbox itself, which is a container with a process of its own. */
ssize_t cri_write_sandbox(const struct cri_sandbox *s, const json_t *names, uint32_t type,
			  uint8_t *buf, size_t cap);
struct span cri_sandbox_image(const struct cri_sandbox *s);

/* ---- events ---- */

enum cri_action { CRI_OTHER, CRI_CAME, CRI_CHANGED, CRI_WENT };
struct cri_event {
	enum cri_action action;
	char space[64]; /* containerd's namespace; "" of runtime.v1 */
	char id[80];
};
bool cri_read_event(struct span message, struct cri_event *ret);    /* GetContainerEvents */
bool native_read_event(struct span message, struct cri_event *ret); /* containerd's Subscribe */

/* ---- containerd's own containers ---- */

struct native_container;
struct native_container *native_read_container(struct span message);
void native_container_free(struct native_container *c);
struct span native_container_image(const struct native_container *c);
bool native_read_digest(struct span message, char ret[128]); /* of an image */
ssize_t native_write(const struct native_container *c, const char *digest, uint8_t *buf,
		     size_t cap);

#endif
